"""Every verb of the rule language: what it does, what evidence it needs, lines that are right and lines that are wrong.

docs/language.md is written from this, and a test reads every line over the words of tests/pairs/kinds.policy.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from upheld.core.policy.forms import FORMS
from upheld.core.policy.reading.build import find_verb

EVIDENCE = {
    "formal": "the compiled policy is asked every act in every state of knowledge; none goes against the rule",
    "rehearsed": "a throw-away copy of the site does it with an invented person: the forbidden is refused, the duty happens in time",
    "observed": "the ledger, or a look at the running site from outside, agrees",
    "attested": "a named person vouches for it, with a date and an end",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sort of evidence (a key of EVIDENCE) and what exactly it has to show."""

    sort: str
    shows: str


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `name` is what a Rule calls it, `written` how a line has it; `bad` pairs a line with its error code."""

    name: str
    written: str
    subject: str
    does: str
    evidence: tuple[Evidence, ...]
    good: tuple[str, ...]
    bad: tuple[tuple[str, str], ...]

    @property
    def forms(self) -> tuple[str, ...]:
        """The shapes of a line that have this verb, in the order of FORMS."""
        return tuple(form for form in FORMS if find_verb(form) == self.name)


def _formal(shows: str) -> Evidence:
    return Evidence("formal", shows)


def _rehearsed(shows: str) -> Evidence:
    return Evidence("rehearsed", shows)


def _observed(shows: str) -> Evidence:
    return Evidence("observed", shows)


def _attested(shows: str) -> Evidence:
    return Evidence("attested", shows)


ABOUT = "What the policy is about"
TAKING = "Taking in"
USING = "Using, showing, giving out"
KEEPING = "Keeping and erasing"
BANS = "Bans and claims"
CHOICES = "Choices and rights"
TELLING = "Telling, and changing the policy"
PROTECTING = "Protecting and vouching"
SUBJECTS = (ABOUT, TAKING, USING, KEEPING, BANS, CHOICES, TELLING, PROTECTING)

VERBS: tuple[Verb, ...] = (
    Verb(
        "state", "state", ABOUT,
        "Says that the sentence promises nothing that a rule could hold: an aim, an explanation, a disclaimer. It does nothing; it keeps a sentence from looking forgotten.",
        (),
        ("state", "(1) state [AL-01]"),
        (("state that we care", "P102"), ("state state", "P101")),
    ),
    Verb(
        "applies", "applies to", ABOUT,
        "Says which data, come by in which ways, this policy governs, or does not govern. Items that come in these ways carry the policy and its version.",
        (_observed("every item that came in one of these ways carries this policy; none of the others does"),),
        ("applies to everything about you by collection, receipt", "applies to anything by site at registration", "does not apply to anything by offline contact"),
        (("applies to anything", "P103"), ("applies to anything by pigeon", "P102")),
    ),
    Verb(
        "covers", "covers", ABOUT,
        "Says whom the policy protects: persons, companies, people whom others have named.",
        (_rehearsed("an invented subject of each sort gets the same answers from the gate"),),
        ("covers persons, companies, third persons",),
        (("covers people", "P102"), ("covers persons by site", "P101")),
    ),
    Verb(
        "counts", "counts … as us", ABOUT,
        "Lists the firms that count as the business itself. Whoever is not on the list is outside.",
        (_attested("each firm on the list belongs to the business"),),
        ("counts affiliates, medical corporation as us",),
        (("counts affiliates as them", "P102"), ("counts partners as us", "P107")),
    ),
    Verb(
        "leave", "leave out", ABOUT,
        "Lets an item be treated as outside the policy, but only on one of these grounds, written down each time.",
        (_rehearsed("leaving out without a ground is refused"), _observed("every item left out has its ground on record")),
        ("leave out public source, foreign company with a recorded ground",),
        (("leave out public source", "P103"), ("leave out with a recorded ground", "P101")),
    ),
    Verb(
        "collect", "collect", TAKING,
        "Permits taking what people give at a touchpoint, for a purpose, and using it for that purpose. The list of data at a touchpoint is closed without saying so. `only at` closes every other touchpoint for these data; `at … collect only` closes the touchpoint for all other data.",
        (_formal("it opens exactly these cells under exactly these conditions; with `only`, all others are closed"), _rehearsed("a form that sends one field more is refused"), _observed("no item came from anywhere else")),
        (
            "collect person.name, person.email at registration for account",
            "collect person at import for marketing.newsletter if proof of opt-in",
            "collect identity only at appointment, inquiry for request",
            "at registration collect only person, account.password for account",
        ),
        (("collect person for account", "P101"), ("collect person at registrations for account", "P102"), ("collect person from registration", "P101"), ("collect person at carriers", "P107")),
    ),
    Verb(
        "record", "record", TAKING,
        "The same for what is taken without anybody typing it: server logs, statistics, mail logs. Apart from `collect`, because people ask about the two apart.",
        (_formal("as for `collect`"), _observed("no column of a log holds anything that is not listed")),
        (
            "record visit.ip, visit.page, visit.time at visit for security",
            "record location at mobile for customise if device allows",
            "record visit only at visit for security, reporting",
            "at visit record only visit.browser, visit.system pseudonymous for metrics",
        ),
        (("record visit in aggregate at visit for metrics", "P101"), ("record visit at visit for metrics de-identified", "P101")),
    ),
    Verb(
        "mark", "mark", TAKING,
        "Says of a field whether a form needs it, why, and what cannot be done without it. The form shows the words and behaves so.",
        (_rehearsed("a form with every optional field empty goes through; without a required one only the named activity stops"), _observed("each field carries its mark")),
        (
            'mark person.phone as required at appointment because "we call to agree on a time"',
            'mark person.email as required at registration because "an account is opened with it", stopping registration',
            "mark person.address as optional at appointment",
        ),
        (("mark person.phone as needed at appointment", "P101"), ('mark person.phone as required because "we call"', "P101"), ('mark person.phone as required at appointment because "we call', "P106")),
    ),
    Verb(
        "set", "set cookie", TAKING,
        "Permits one cookie by its name: what is in it, what for, for how long, whose it is. A cookie that is not listed is not set.",
        (_observed("the cookies seen from outside are the listed ones, with these lifetimes and hosts"),),
        (
            "set cookie session for navigation, up to the end of the visit, first-party",
            "set cookie community holding account.id, account.community for customise, up to 365 days, first-party",
            "set cookie counter for metrics, up to 90 days, from analytics service, needed for checkout",
        ),
        (("set cookie session for navigation, first-party", "P101"), ("set cookie for navigation, up to 3 days, first-party", "P101")),
    ),
    Verb(
        "work", "work without", TAKING,
        "Promises that the site works without cookies, sign-in, scripts or trackers, but for the activities named.",
        (_rehearsed("a visitor without them can do everything except what is named"),),
        ("work without cookies except for checkout", "work without sign-in"),
        (("work without javascript", "P102"), ("work without cookies but checkout", "P101")),
    ),
    Verb(
        "require", "require age", TAKING,
        "Takes nothing at these touchpoints from a person who is known to be younger.",
        (_formal("at these touchpoints nothing is collected unless it is known that the person is no known minor"), _rehearsed("a date of birth below the limit leaves no row behind")),
        ("require age 18 at registration, checkout",),
        (("require age at registration", "P101"), ("require 18 at registration", "P102")),
    ),
    Verb(
        "honour", "honour", TAKING,
        "Counts a signal of the browser as a no to these choices: older than an explicit yes, it loses; newer than a default, it wins.",
        (_rehearsed("the same visit with and without the signal differs as said"),),
        ("honour gpc as no to sale, partner sharing",),
        (("honour gpc", "P103"), ("honour gpc as yes to sale", "P102")),
    ),
    Verb(
        "ignore", "ignore", TAKING,
        "Says openly that a signal of the browser changes nothing.",
        (_rehearsed("the same visit with and without the signal is the same"),),
        ("ignore dnt",),
        (("ignore cookies", "P107"), ("ignore dnt for metrics", "P101")),
    ),
    Verb(
        "use", "use", USING,
        "Permits using data inside the house for a purpose. `use X only for P`: X for nothing else. `for P use only X`: nothing else for P.",
        (_formal("it opens these cells and no others; with `only`, all others are closed"), _observed("every use in the ledger names one of these purposes")),
        (
            "use everything submitted but order for improve",
            "use visit in aggregate of 10 for customise unless refused new use",
            "use identity only for request if requested",
            "for marketing use only person.email",
            "use person for any purpose but sale if permitted",
        ),
        (("use person fulfil", "P101"), ("use person onlyfor fulfil", "P102"), ("use person for fulfil only", "P101")),
    ),
    Verb(
        "show", "show", USING,
        "Permits showing data to a role inside the house, or to the person (`self`, who needs no purpose). Followed by a part of a page it is a duty instead: the part stands at these touchpoints.",
        (_formal("nobody but these roles sees these data for these purposes"), _rehearsed("a member of staff without the role, the case or the reason is refused"), _observed("the part of the page is there")),
        (
            "show treatment to clinicians for care if assigned",
            "show visit in aggregate of 10 to analysts for reporting",
            "show everything about you to self",
            "show order to support for request.support, approved by 1 of privacy desk",
            "show message only to staff for request if assigned",
            "for reporting show only visit in aggregate of group-size to analysts",
            "show marketing question, inquiry form at registration",
            'show notice "Mail can be read on its way." at every email address',
            "show state notice document at policy if living in california or virginia",
        ),
        (("show treatment with clinicians for care", "P101"), ("show contact email to staff", "P101"), ("show treatment to carriers for care", "P107")),
    ),
    Verb(
        "allow", "allow", USING,
        "Permits a part of a page that need not be there: advertisements, links to others, forums.",
        (_observed("the part stands at these touchpoints at most, and not more of it than the limit says"),),
        ("allow advertisements at every page, up to 2", "allow outside links at every page"),
        (("allow advertisements", "P103"), ("allow person at every page", "P107")),
    ),
    Verb(
        "share", "share", USING,
        "Permits giving data to somebody outside, for a purpose. `with one of`: to the one who is responsible, and to no other. `, once`: the permission is used up. Approvals are counted before.",
        (_formal("nobody outside gets anything but this; with `only`, all others are closed"), _rehearsed("one field more, one recipient more, one approval less is refused"), _observed("every disclosure in the ledger has its condition on record"), _attested("the recipient is who it says it is")),
        (
            "share delivery.name, delivery.address with carriers for fulfil.delivery if requested",
            "share everything submitted with authorities for legal if in scope and demanded by court order or subpoena, approved by 2 of privacy desk",
            "share everything submitted with anyone for any purpose if permitted and named, once",
            "share person with one of distributors, consultants for request.follow-up if requested",
            "share order.payment only with clearing house for fulfil.payment",
            "for mailing share only person.name, person.email with mailers",
        ),
        (("share person with carrier for fulfil", "P102"), ("share person for fulfil with carriers", "P101"), ("share person to carriers", "P101"), ("share person with carriers for fulfil if requested if told", "P101")),
    ),
    Verb(
        "send", "send", USING,
        "Permits a class of message to the addresses of an audience; with `when` it is a duty as well, with `at most` a limit.",
        (_formal("the address may be used for this class under exactly these conditions"), _rehearsed("the event brings the message, a no does not"), _observed("no address got a class of message it should not, or too many")),
        (
            "send newsletter to subscribers if chosen mailing list, at most 4 in 30 days",
            "send proof of delivery to customers, delivery.email when order is delivered within 24 hours",
        ),
        (("send newsletter", "P103"), ("send news to subscribers", "P102"), ("send newsletter to sales", "P107")),
    ),
    Verb(
        "keep", "keep", KEEPING,
        "Permits keeping data for a time, until an event, or while something holds. When the time is over the data is neither used nor shown nor given out, even before it is swept. `keep … apart from` promises that nothing joins the two.",
        (_formal("once the time is over, or nobody knows whether it is, no act is permitted"), _rehearsed("with the clock put forward the data is gone, copies included"), _observed("no item is past its end; no key joins what is kept apart")),
        (
            "keep order 2555 days after order is delivered for fulfil.tax",
            "keep visit 30 days",
            "keep message until case is closed for operations",
            "keep request while dispute is open for disputes",
            "keep visit apart from everything submitted",
        ),
        (("keep order long after order is delivered", "P102"), ("keep order for 30 days", "P101"), ("keep visit separate from request", "P102")),
    ),
    Verb(
        "store", "store", KEEPING,
        "Permits a place where data lies. `only in` closes every other place.",
        (_formal("nothing is kept in a place that is not named"), _attested("the servers stand where it says")),
        ("store everything submitted in archive", "store anything only in united states, canada"),
        (("store anything at canada", "P101"), ("store anything in europe", "P102")),
    ),
    Verb(
        "erase", "erase", KEEPING,
        "Has data erased everywhere when something happens; two events joined by `and` both have to have happened.",
        (_rehearsed("after the events, and within the time, nothing of it can be read, backups included"), _observed("each erasure has its receipt, in time")),
        (
            "erase everything submitted when removal is asked and service is completed within 7 days",
            "erase anything unless parental consent when minor is known within 10 days",
        ),
        (("erase anything within 7 days", "P101"), ("erase anything when asked", "P101")),
    ),
    Verb(
        "never", "never", BANS,
        "Closes acts whatever else permits them. `unless F` lifts the ban once F is known to hold, `if F` once F is known not to; in doubt it stays. Where it names nobody it means everybody, the person included; `to anyone` leaves the person out. Techniques that are no acts (fingerprinting, hidden fields) are banned by `never employ`.",
        (_formal("no act that it names is permitted, unless what lifts it is known"), _rehearsed("trying it is refused"), _observed("it did not happen; the technique is not seen on the site")),
        (
            "never collect identity at visit",
            "never use treatment for marketing",
            "never show sensitive to anyone",
            "never share anything with anyone unless permitted, named or demanded",
            "never share viewing pseudonymous with partners unless chosen viewing sharing",
            "never keep anything in archive if known minor",
            "never employ fingerprinting, third-party scripts",
            "never show safe harbor certificate once expired",
        ),
        (("never sell person", "P102"), ("neveruse treatment for marketing", "P102"), ("never use person for fulfil when merging", "P101"), ("never employ enrichments", "P102")),
    ),
    Verb(
        "claim", "claim", BANS,
        "Asserts what holds in all cases. It permits and bans nothing, so it can be false; `upheld prove --formal` tries to refute it. Every ban should have one.",
        (_formal("no act in any state of knowledge goes against it; otherwise the act is shown"),),
        (
            "claim nobody outside gets anything for sale unless permitted",
            "claim advertisers never get anything de-identified",
            "claim only clinicians, self see treatment for care",
            "claim visit is used only for improve",
            "claim for marketing only person.email is used",
            "claim identity is collected only at appointment, inquiry",
            "claim at visit only visit is collected",
            "claim anything is stored only in united states",
            "claim visit leaves only in aggregate of 10 for reporting",
            "claim nothing collects anything at registration if known minor",
            "claim nothing uses treatment for marketing",
            "claim nothing shows message to staff unless assigned",
            "claim nothing keeps anything if known minor",
            "claim nothing employs fingerprinting",
            "claim nothing shows safe harbor certificate once expired",
            "claim most cookies last 30 days to 365 days",
        ),
        (("claim everything is fine", "P102"), ("claim nobody gets anything", "P101"), ("claim person is used for fulfil", "P101")),
    ),
    Verb(
        "choice", "choice", CHOICES,
        "Says of a choice what counts until somebody answers (`opt-in`: no, `opt-out`: yes), where it is asked, how it is changed and how fast, and what a no stops and does not stop.",
        (_formal("a no closes what it stops in all cases, and nothing that it does not stop"), _rehearsed("a no given there is in force in time, everywhere in the house"), _observed("nothing was sent or given out after a no")),
        (
            "choice marketing is opt-in, asked at registration",
            "choice partner sharing is opt-in per recipient, asked at inquiry",
            "choice marketing is changed at account, by message within 72 hours",
            "choice marketing stops promotional offer, newsletter, sharing with mailers",
            "choice marketing does not stop service announcement, receipt",
        ),
        (("choice marketing is opt-in", "P103"), ("choice marketing is yes", "P102"), ("choice newsletter stops marketing", "P107")),
    ),
    Verb(
        "put", "put", CHOICES,
        "Puts a part into messages: a link that stops them, instructions, names of partners.",
        (_rehearsed("each message of the class carries it, and the link works without signing in"),),
        ("put unsubscribe link at the end of promotional offer, newsletter", "put partner names in joint promotion", 'put "Nobody reads replies to this address." at the end of every email'),
        (("put unsubscribe link at the bottom of newsletter", "P102"), ("put unsubscribe link newsletter", "P101")),
    ),
    Verb(
        "let", "let", CHOICES,
        "Lets people change, remove, download or decline data themselves, at a page, within a time.",
        (_rehearsed("an invented person does it, and it shows at once or in time"),),
        ("let account holders change person at account within 24 hours", "let customers download everything about you at account", "let visitors decline identity at every form"),
        (("let customers delete person", "P102"), ("let staff change person", "P107")),
    ),
    Verb(
        "answer", "answer", CHOICES,
        "Promises an answer to a sort of request, by which ways it can come, and within which time.",
        (_rehearsed("a request of each sort, by each way, becomes a case with a deadline"), _observed("no case was closed late")),
        (
            "answer access, correction, removal requests by form or email within 30 days",
            "answer access requests about visit, location by form if living in california within 45 days",
        ),
        (("answer access requests", "P103"), ("answer access within 30 days", "P101"), ("answer access requests within 30 days by form", "P101")),
    ),
    Verb(
        "tell", "tell", TELLING,
        "Has people told of an event by one of the ways, with a last way if none arrives; within a time, or before something happens.",
        (_rehearsed("the event brings the notice; a bounce brings the next way"), _observed("everybody affected was told in time, with proof of delivery")),
        (
            "tell affected people by email or fax, then by letter when breach is believed within breach-clock",
            "tell customers by email or site notice when merging, merger-notice before the transfer",
            "tell account holders by email to primary address if chosen mailing list when material change, before it takes effect",
        ),
        (("tell customers when merging", "P101"), ("tell customers by pigeon when merging", "P102"), ("tell customers by email when merging if told", "P101")),
    ),
    Verb(
        "delay", "delay telling", TELLING,
        "Permits waiting with a notice while an event lasts, with a date for looking at it again.",
        (_rehearsed("without the event on record nothing waits; when it ends the notices go out"),),
        ("delay telling affected people when police ask, reviewed every 30 days, approved by 2 of privacy desk",),
        (("delay telling affected people when police ask", "P103"), ("delay affected people when police ask, reviewed every 30 days", "P101")),
    ),
    Verb(
        "change", "change takes effect", TELLING,
        "Says from when a new version binds a person; of several moments joined by `or`, the first. `material` and `small` changes can differ: material is what takes more, gives more or protects less.",
        (_rehearsed("the day before, the old version binds; the day after, the new one"),),
        ("change takes effect on posting", "material change takes effect on acceptance or 30 days after notice", "small change takes effect on posting", "change takes effect on first use after its date"),
        (("change takes effect", "P103"), ("big change takes effect on posting", "P102"), ("change takes effect after 30 days", "P101")),
    ),
    Verb(
        "protect", "protect", PROTECTING,
        "Names the safeguards of some data. Each is a word of the language with one meaning, so that it can be tried.",
        (_rehearsed("an attack on each safeguard fails"), _observed("it is on, seen from outside where that is possible")),
        ("protect account by password, hashed passwords", "protect order by encryption in transit at checkout"),
        (("protect account by hope", "P102"), ("protect account", "P103")),
    ),
    Verb(
        "bind", "bind", PROTECTING,
        "Gives a recipient nothing until their signed terms are on file and in force.",
        (_formal("they get nothing unless it is known that they are bound"), _attested("the contract says what it should")),
        ("bind providers by contract for hosting", "bind partners, mailers by contract, renewed every 365 days"),
        (("bind providers for hosting", "P101"), ("bind staff by contract", "P107")),
    ),
    Verb(
        "attest", "attest", PROTECTING,
        "Has a role vouch for what no machine can see, again and again; when it lapses, the page says so.",
        (_attested("signed, by as many as it says, and not lapsed"),),
        ('attest "premises are locked and supervised" by privacy desk every 90 days', 'attest "the server room is watched" by privacy desk every 90 days, signed by 2'),
        (("attest premises are locked by privacy desk every 90 days", "P102"), ('attest "premises are locked" by privacy desk', "P103")),
    ),
    Verb(
        "review", "review", PROTECTING,
        "Has a role look again at grants, attestations, recipients or holds, so that none lives on by itself.",
        (_observed("each was looked at in time"),),
        ("review grants by privacy desk every 90 days",),
        (("review staff by privacy desk every 90 days", "P107"), ("review grants every 90 days", "P101")),
    ),
    Verb(
        "tag", "tag", PROTECTING,
        "Has every item carry a mark from the start: version, purposes, method, ground, request or place.",
        (_observed("no item is without it"),),
        ("tag anything with version, purposes", "tag person with method at import"),
        (("tag anything", "P103"), ("tag anything with colour", "P102")),
    ),
)  # fmt: skip


def find_verb_entry(name: str) -> Verb | None:
    """The entry of a verb by the name that rules carry, or None."""
    return next((verb for verb in VERBS if verb.name == name), None)
