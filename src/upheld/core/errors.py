"""The errors of the whole house and how a person is shown one; knows nothing else.

UpheldError
|- PolicyError      a policy file cannot be used; carries all findings
|- GateError        a question the gate cannot read
|- RegisterError    the register of clauses or a document beside it cannot be used
|- SealError        sealed data, a key, an entry of the ledger or a proof is not what it says it is
|- VaultError       the vault is locked, a key is missing or destroyed, a permit is for something else
|- RefusedError     the gate said no; carries the sentences
|- ChannelError     a message was not sent, or nobody can say (in channels/base)
|- FormError        what was sent does not fit its form
|- AccountError     somebody cannot do that with an account, or not in this way
|- StaffError       staff asked for something that they may not, or that is not there
|- ShipmentError    a shipment cannot be booked, or be in the state that is reported
|- NoticeError      a notice cannot be written as it should be
`- SettingError     the server refuses to start
"""

from __future__ import annotations

from dataclasses import dataclass

_WIDEST_LINE = 240


@dataclass(frozen=True, slots=True)
class Code:
    """One stable error code: what it means and what to do about it."""

    code: str
    title: str
    advice: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: line and column count from 1, `length` is in characters."""

    file: str
    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong or doubtful at one place; `source` is the line to underline."""

    code: str
    level: str
    text: str
    place: Place | None = None
    hint: str | None = None
    source: str = ""


class UpheldError(Exception):
    """Anything Upheld refuses to do, said so that a person can act on it."""

    def __init__(self, code: str, text: str, hint: str | None = None, place: Place | None = None) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.hint = hint
        self.place = place

    def as_finding(self) -> Finding:
        """The same as a finding, for printing beside others."""
        return Finding(self.code, "error", self.text, self.place, self.hint)


class PolicyError(UpheldError):
    """A policy that cannot be used; `findings` holds everything that is wrong with it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        first = next(finding for finding in findings if finding.level == "error")
        super().__init__(first.code, first.text, first.hint, first.place)
        self.findings = findings


class GateError(UpheldError):
    """A question that cannot be put to the gate as it was written."""


class RegisterError(UpheldError):
    """The register of clauses, or the document laid beside it, cannot be used."""


class SealError(UpheldError):
    """Sealed data, a key, an entry of the ledger or a proof is not what it says it is."""


class VaultError(UpheldError):
    """The vault cannot do what it was asked: it is locked, or a key is not there, or the permit is for something else."""


class RefusedError(UpheldError):
    """The policy does not permit it; `because` holds the references of the sentences, empty when none speaks of it."""

    def __init__(self, act: str, because: tuple[str, ...] = ()) -> None:
        sentence = f"sentence `{because[0]}` says so" if because else "no sentence of the policy permits it"
        super().__init__("G405", f"the policy does not permit to {act}", sentence)
        self.act = act
        self.because = because


class FormError(UpheldError):
    """What was sent does not fit the form it answers; holds nothing of what was sent."""


class AccountError(UpheldError):
    """What somebody cannot do with an account, or not in this way; holds no address and no password."""


class ShipmentError(UpheldError):
    """What cannot be booked, reported or handed over in this way; repeats no value of a person."""


class NoticeError(UpheldError):
    """A notice that cannot be written as it should be, or may not be sent."""


class StaffError(UpheldError):
    """Staff asked for what they may not do, or what is not there; repeats no value of a person."""


class SettingError(UpheldError):
    """A setting is unknown, ill-typed or unsafe; the server does not start."""


def render_finding(finding: Finding) -> str:
    """The finding as text for a terminal: place, text, the piece underlined, the hint."""
    lines = []
    if finding.place is None:
        lines.append(f"{finding.level} {finding.code}: {finding.text}")
    else:
        place = finding.place
        lines.append(f"{place.file}:{place.line}:{place.column}: {finding.level} {finding.code}: {finding.text}")
        if finding.source:
            shown, column, length = _cut_line(finding.source.replace("\t", " "), place.column - 1, place.length)
            lines.append(f"    {shown}")
            lines.append("    " + " " * column + "^" * length)
    if finding.hint:
        lines.append(f"    hint: {finding.hint}")
    return "\n".join(lines)


def _cut_line(source: str, column: int, length: int) -> tuple[str, int, int]:
    """The part of a long line around the piece to underline, and where the piece stands in it."""
    length = max(1, length)
    if len(source) <= _WIDEST_LINE:
        return source, column, length
    start = max(0, column - _WIDEST_LINE // 3)
    piece = source[start : start + _WIDEST_LINE]
    before, after = "... " if start else "", " ..." if start + _WIDEST_LINE < len(source) else ""
    column += len(before) - start
    return before + piece + after, column, min(length, len(before) + _WIDEST_LINE - column)


def find_code(code: str) -> Code | None:
    """The entry of the table of codes, or None for a code nobody declared."""
    return next((entry for entry in CODES if entry.code == code), None)


CODES: tuple[Code, ...] = (
    # P0: the file
    Code("P001", "the file cannot be read", "check the path and the permissions"),
    Code("P002", "the file is not UTF-8", "save it as UTF-8; the place is the first byte that is not"),
    Code("P003", "the file is too large", "a policy is at most 1 MB; split what is not policy into documents"),
    Code(
        "P004",
        "a character that hides or turns text",
        "remove it; invisible and right-to-left marks make a line read as what it is not",
    ),
    Code("P005", "a tab", "use spaces; tabs make columns uncertain"),
    Code("P006", "no declarations", "start the file with a line `---`, the declarations, and another line `---`"),
    Code("P007", "a block that is not closed", "close the rules with a line of three backticks"),
    Code("P008", "rules without a sentence above them", "put the rules below the paragraph they uphold"),
    Code("P009", "a name that leads out of its folder", "a policy is named by letters, digits and hyphens"),
    Code("P010", "no policy here", "name a policy file, or a folder with one `.policy.md` file a version"),
    Code(
        "P011",
        "versions that do not fit together",
        "one folder holds the versions of one policy, each with its own date",
    ),
    Code(
        "P012", "a policy without a sentence", "write what you promise below the declarations, with its rules under it"
    ),
    Code("P013", "too many findings to show", "mend the ones above first; the rest is found then"),
    Code("P014", "conditions that multiply", "write one ban for an act, with all its exceptions, instead of several"),
    Code("P015", "the text of an announced version was changed", "put it back, and write what is new into a new file"),
    Code("P016", "a policy that cannot join the site it names", "the hint says which name or surface would do"),
    # P1: rules
    Code("P101", "a word that has no place here", "the hint names the words that fit"),
    Code("P102", "an unknown word", "declare it above, or use the nearest known one"),
    Code("P103", "a rule that stops too early", "the hint says what is still missing"),
    Code("P104", "a sentence number that does not exist", "count the sentences of the text above the rules"),
    Code("P105", "a reference that cannot be read", "write clause ids such as `LS-25`, or law articles after a comma"),
    Code("P106", "a text without its closing quote", "close the text with a double quote on the same line"),
    Code("P107", "a word of the wrong sort", "the hint says which sort belongs here"),
    # P2: declarations
    Code("P201", "the declarations are not YAML", "the place is where reading stopped"),
    Code("P202", "a key that does not exist", "use the nearest known key"),
    Code("P203", "a key that is missing", "add it"),
    Code("P204", "a value of the wrong kind", "the hint says what belongs here"),
    Code("P205", "a name declared twice", "keep one of the two"),
    Code(
        "P206",
        "a name that cannot be used",
        "use lower-case letters, digits and hyphens; words of the language are taken",
    ),
    Code("P207", "groups that contain each other", "break the circle"),
    Code("P208", "a declaration names something unknown", "declare it, or use the nearest known name"),
    Code("P209", "YAML anchors, aliases and tags are not read", "write the value out"),
    # P3: what the policy says
    Code("P301", "a sentence without a rule", "put a rule under it, or `state` when it promises nothing"),
    Code("P302", "a permission without a purpose", "add `for …`; `for any purpose` has to be written"),
    Code(
        "P303",
        "a permission that can never be used",
        "a `never` or an `only` cuts it in all cases; settle by name which sentence holds",
    ),
    Code(
        "P305",
        "a touchpoint of the other kind",
        "`collect` is for what people give, `record` for what is taken automatically",
    ),
    Code("P306", "duties that differ", "one thing, one time limit; settle by name which sentence holds"),
    Code(
        "P307",
        "a vague wording that nothing settles",
        "declare a parameter under `settle` and mark the rule `settled NAME`",
    ),
    Code("P308", "a document that is named and missing", "declare it under `documents`, or add its file"),
    Code("P309", "a contact that is named and missing", "add it under `contact`"),
    Code("P310", "a certificate that has expired", "renew it or stop claiming it"),
    Code("P311", "a literal reading that collides", "the hint names the settled reading"),
    Code("P312", "a parameter that nothing uses", "remove it, or mark the rule it settles"),
    Code("P313", "a choice that both stops and spares the same thing", "settle by name which sentence holds"),
    Code("P314", "a declared name that no rule uses", "remove it, or write the rule"),
    Code("P315", "data that has no end", "add `keep … days after …`"),
    Code("P316", "a ban without a claim", "add a `claim` that can be checked in all cases"),
    Code(
        "P317",
        "a sentence that says two things of one act",
        "the earlier or the stricter one has to be settled by name",
    ),
    Code("P318", "a message whose receivers have no address", "declare the address under `audiences`"),
    Code("P319", "a choice that nobody is asked", "add `choice NAME is opt-in, asked at …`"),
    Code("P321", "a claim that does not hold", "the counterexample shows the act that is permitted"),
    Code("P322", "protection that a promise undoes", "protect every place where the secret travels"),
    Code("P324", "data outside the scope", "add `applies to … by …`, so that the policy covers what it takes"),
    Code(
        "P326",
        "a change told by mail that no message can carry",
        "declare a class of message about the account, and send it",
    ),
    Code(
        "P327", "data kept apart that can be joined", "take out what leads to a person, and let the two come in apart"
    ),
    Code("P328", "a notice that comes no earlier than the change", "tell people by mail, or let the change wait"),
    Code("P329", "a request that nobody knows how to make", "add `by form`, `by email` or another way"),
    Code("P330", "a yes that is taken for granted and cannot be taken back", "add `choice NAME is changed …`"),
    Code("P331", "somebody who is both us and outside", "count them as us, or share with them, not both"),
    Code("P332", "a law that is claimed, and not said what it asks for", "add the rule that the hint names"),
    Code("P333", "a log that waits for what nobody can know", "say at which forms the ban holds"),
    Code("P334", "a banned technique that another rule works by", "do without it, or take the ban out"),
    Code("P335", "one document under two names", "call it by one name"),
    Code("P336", "something that works without what it needs", "name what does not work without it"),
    Code("P337", "a notice that nobody is known to have read", "tell people by a message as well"),
    Code("P325", "a value that cannot stand here", "a group has at least two people, a time is a number and a unit"),
    # G4: the gate
    Code("G401", "an act that cannot be read", "write for example `share person.email with carriers for fulfil`"),
    Code("G402", "a fact that cannot be read", "write for example `requested, marketing no, told unknown`"),
    Code("G404", "a version of the policy that is not there", "put its file back; versions are never taken away"),
    Code("G406", "a choice that the policy does not have", "ask for one that stands under `choices:`"),
    Code("G408", "a surface without its policy", "put the file of its policy back; data came in by it"),
    Code("G407", "an exclusion without its ground", "say where it can be seen that the exclusion applies"),
    Code("G405", "an act that the policy does not permit", "the hint names the sentence; change the act or the policy"),
    Code(
        "G403",
        "a word the policy does not know",
        "use a known word, or put the name in quotes to ask about somebody the policy does not name",
    ),
    # R5: register, coverage, align
    Code("R501", "the register cannot be read", "check the path; the register is `policies/register.csv`"),
    Code("R502", "a row of the register that cannot be read", "the place is the row"),
    Code("R503", "a clause that the register does not have", "check the id in the brackets"),
    Code("R504", "the document cannot be read", "give a text file in UTF-8"),
    Code("R505", "no policy of that name", "the hint names the policies that are there"),
    # F9: forms
    Code("F901", "something sent that the form does not ask for", "send only the fields that the form shows"),
    Code("F902", "a required field that is empty", "fill it in; the reason stands beside it"),
    Code("F903", "a text that is too long or too short", "the text names the limit"),
    Code("F904", "a character that cannot be kept", "type the text again, without control and direction marks"),
    Code("F905", "a text that is not what the field asks for", "the text says what it should be"),
    Code("F906", "one field sent more than once", "send each field once"),
    Code("F907", "an answer that was not offered", "pick one of the answers"),
    Code("F908", "a form that could not be stored", "look at the log and at the space on the disk; nothing was kept"),
    Code("F909", "too many forms from one network", "wait an hour"),
    Code("F910", "a form that does not fit the page it came from", "open the page again and send it from there"),
    Code("F911", "an address that changes only by a link", "ask for the link; it is sent to the new address"),
    Code("F921", "a permission that is not specific", "name one recipient, some categories, one purpose and an end"),
    # A1: accounts
    Code("A101", "a password that is not taken", "take a longer one that nobody else would think of"),
    Code("A102", "a link that does not work, or not any more", "ask for a new one where the link came from"),
    Code("A103", "a password that is not the account's", "type it again, or choose a new one by a link"),
    Code("A104", "only somebody who holds the company's account may do that", "ask who invited you"),
    Code("A105", "the only holder cannot leave", "make somebody else a holder first, or close the account"),
    Code("A106", "nobody of that id in the company", "look at the list of its people"),
    Code("A107", "too many invitations that are not answered", "withdraw one, or wait until one has expired"),
    # B1: shipments
    Code("B101", "an offer that the business does not have", "the hint names the offers"),
    Code("B102", "a weight that the offer does not carry", "the hint names the weights"),
    Code("B103", "a number of stops that cannot be booked", "the hint names the limit"),
    Code(
        "B104",
        "an order that lacks something, or says it in a way that cannot be taken",
        "the hint says what is needed",
    ),
    Code("B105", "too many addresses to tell, or one that is none", "the hint says which can be taken"),
    Code("B106", "no shipment of that number", "look at the number again"),
    Code(
        "B107", "a state that a shipment does not have, or that cannot follow", "the hint names those that can follow"
    ),
    Code("B108", "a moment that cannot be", "say when it happened: after the booking, and not in the future"),
    Code("B109", "a delivery without who received it", "give the name of whoever took the parcel"),
    Code("B110", "a recipient who does not carry", "choose one to whom the policy lets go what a delivery needs"),
    Code("B111", "no program of that id, or one that has ended", "look at the list of programs"),
    Code("B112", "a program that cannot be added so", "the hint says what is needed"),
    # S7: the server
    Code("S701", "a setting that does not exist", "use the nearest known setting"),
    Code("S702", "a setting of the wrong kind", "the hint says what belongs here"),
    Code("S703", "a setting that is not safe", "the hint says what would be"),
    Code("S704", "no site to serve", "name a folder with at least one policy that loads"),
    Code("S705", "the address is taken", "choose another port"),
    Code("S706", "a certificate that cannot be used", "give a chain and its key in PEM, or none for one made here"),
    Code("S707", "no top key", "put the key back where it was; the hint says where that is"),
    Code("S709", "a database that cannot be used", "the hint says what is missing"),
    Code("S710", "the key store does not do what is asked", "check that OpenBao is unsealed and what the token may do"),
    Code("S711", "a state folder in which nothing is held", "name the folder that the server was started with"),
    Code("S712", "a state folder that no demo made", "name another folder, or none"),
    Code("S713", "a file of invented people that cannot be used", "compare it with that of another policy"),
    Code("S714", "a part of the system is missing", "install what the hint names"),
    # V8: the vault, the ledger, proofs
    Code(
        "V801", "sealed data that was altered, or is not from here", "restore it from a backup and find out who wrote"
    ),
    Code("V802", "the wrong key", "give the key that this data was made with; the text names it"),
    Code("V803", "a receipt, export or checkpoint that does not verify", "the text says which step failed"),
    Code(
        "V804",
        "an entry that the ledger does not take",
        "use a kind of the list in docs/ledger.md, with its fields and nothing else",
    ),
    Code("V805", "a bundle of proofs that does not verify", "the text says which step failed; ask for it once more"),
    Code("V806", "evidence that is too old, or for something else", "ask for a bundle of the newest proof"),
    Code("V811", "a vault that is locked", "give the top key; docs/security.md says how it is kept"),
    Code("V812", "a keyring of another top key", "give the key that the text names"),
    Code("V813", "a key that is missing", "restore the keyring from its own backup"),
    Code("V814", "a key that was destroyed", "nothing can be done: what it sealed was erased on purpose"),
    Code("V815", "a permit for something else", "ask the gate about the item that is to be opened"),
    Code("V816", "an opening by staff without purpose or case", "name what it is for and the case it belongs to"),
    Code("V821", "a ledger with a piece missing", "compare it with a checkpoint that was kept elsewhere"),
    Code("V822", "a ledger that is not the one that was signed", "`upheld ledger verify` says where it differs"),
    Code("V823", "a ledger without a checkpoint", "wait until its lines are in the tree; the server does it by itself"),
    Code(
        "V824",
        "a ledger that was cut back, or written anew",
        "after a restore from a backup say so with `upheld ledger restored`; else find out who wrote",
    ),
    Code("V825", "a ledger that lacks nothing", "nothing: it goes on as it is"),
    Code("V826", "a proof of which no bundle can be made", "prove the policy again, and take the bundle of that proof"),
    Code("V827", "a proof that was overtaken by another", "wait for that one, or begin anew"),
    # M9: messages on their way; a channel knows only these four
    Code("M901", "a channel that cannot send as it is set up", "the hint says which setting; messages wait meanwhile"),
    Code("M902", "a message that was not taken over now", "nothing: it is tried again by itself"),
    Code("M903", "a message that will never be taken over", "look at the address or the text; it is not tried again"),
    Code(
        "M904",
        "a message that may have arrived or not",
        "ask the receiver or the mail server, then send it again or let it be in the console",
    ),
    Code("M905", "a message that was taken back just before it was handed over", "nothing: a no has come"),
    Code("M911", "a notice that cannot be written", "give what the text names"),
    Code(
        "M912", "a message without something that the policy puts into it", "give it, or send another class of message"
    ),
    Code("M921", "a campaign that cannot go to many people like this", "the hint says what to write in another way"),
    Code("M922", "a campaign that is not there, or not at that point", "look at the list of campaigns"),
    Code("M923", "a campaign that was not tested as it is now", "send a test and read it"),
    Code(
        "M924", "a campaign that would reach another number of people by now", "look at the new number and confirm it"
    ),
    Code("M925", "no address of the business for a test", "add `email` under `contact` in the policy"),
    Code("M926", "a moment for a campaign that has passed", "choose one that is still to come"),
    Code("M931", "a mailbox that cannot be read as it is set up", "the hint says which setting; messages wait in it"),
    Code("M932", "a mailbox that could not be read now", "nothing: it is looked into again by itself"),
    # W1: staff at work
    Code("W101", "a role that the policy does not have", "the hint names the roles"),
    Code("W102", "a grant without a reason", "write what the role is needed for"),
    Code("W103", "only the owner may do that", "ask the owner of the server"),
    Code("W104", "a name of staff that cannot be used", "the hint says which can"),
    Code("W105", "nobody of that name", "`upheld staff list` names everybody"),
    Code("W106", "no open case of that number", "look at the list of cases"),
    Code("W107", "an outcome that a case cannot have", "the hint names those it can have"),
    Code("W108", "a grant that is live already", "end that one first"),
    Code("W109", "a grant that is not there or has ended", "look at the list of grants"),
    Code("W110", "an opening without a purpose", "choose a purpose of the policy"),
    Code("W111", "nobody of that id", "look for them by an exact identifier"),
    Code("W112", "not clear who gives the grant", "name one of the owners"),
    Code("W113", "a role without a live grant", "the owner gives grants, the role that the policy names reviews them"),
    Code("W114", "a grant that is not theirs to review", "ask whoever holds the role that the policy names"),
    Code("W121", "a route that cannot be made like this", "the hint says what is wrong with it"),
    Code("W122", "no route of that number that is still open", "look at the list of routes"),
    Code("W131", "a recipient that is not in the register, or gets nothing more", "look at the register of recipients"),
    Code("W132", "a kind of recipient that the policy does not have", "the hint names the kinds"),
    Code("W133", "a recipient whose name cannot be used", "give the name of the organisation, once"),
    Code("W134", "a recipient without an address", "give an e-mail address or a postal one"),
    Code("W135", "no permission of that number that still counts", "look at the list of releases"),
    Code("W136", "nobody to be told of that", "look at the list of those who are still to be told"),
    Code("W141", "a demand that cannot be taken down like this", "the text says what is wrong with it"),
    Code("W142", "no demand of that number for which this can be done", "look at the list of demands"),
    Code("W143", "a demand without what its ground needs", "the text says what is missing"),
    Code("W144", "an approval that does not count", "each holder of the role has one voice, on what was put to them"),
    Code("W145", "nothing may stand in for a missing voice here", "somebody else of the role has to agree"),
    Code("W146", "a merger for which this cannot be done now", "the text says what comes first"),
    Code("W147", "a package that is not there any more", "release it under a new demand, if there is still a ground"),
    Code("W151", "a case that is with somebody else", "take the case first, or ask whoever has it"),
    Code("W152", "nobody who could be given the case", "name somebody who holds a live grant at this site"),
    Code("W153", "an answer that cannot be sent", "the text says why"),
    Code("W154", "a kind that a case cannot have", "the hint names the kinds"),
    Code(
        "W161",
        "a version that cannot be announced",
        "give the new version a day that has not passed, in a file of its own",
    ),
    Code("W162", "a way of telling people that the policy does not name", "the hint names those that it does"),
    Code("W163", "no version of that date is announced", "`upheld publish POLICY` shows how far each version has come"),
    Code("W171", "a statement that the policy in force does not have", "look at the list of what is vouched for"),
    Code("W172", "somebody without the role wanted to vouch", "ask somebody who holds it"),
    Code("W173", "nothing of theirs to take back", "each takes back what they signed themselves"),
    Code("W181", "no draft of that id", "look at the list of drafts: it was announced, thrown away, or too old"),
    Code("W182", "a draft that somebody else saved meanwhile", "keep your text as a draft of its own, or take theirs"),
    Code("W183", "a draft that is another text than was read", "read what it changes once more"),
    Code("W184", "a draft with errors", "mend them; the list below the text says where"),
    Code("W185", "more drafts than a site can have", "throw one away that nobody needs"),
    # C6: commands
    Code("C601", "the command cannot do that here", "the hint says what is missing"),
    Code("C602", "a file that would be overwritten", "choose another name, or remove it first"),
)
