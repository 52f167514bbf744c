"""The second reading, part three: one rule line read word by word from the left, longest declared name first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.model.names import Names
from tests.model.page import UnreadableError


@dataclass(frozen=True)
class Condition:
    """One fact (`kind` is "fact"), or several conditions of which "all" or "any" have to hold."""

    kind: str
    fact: str = ""
    inside: tuple[Condition, ...] = ()


# Lines that begin like this say nothing about acts.
SAYS_NOTHING = [
    "state", "applies to", "does not apply", "covers", "counts", "leave out", "mark", "set cookie", "work without",
    "honour", "ignore", "allow", "put", "let", "erase", "answer", "tell", "delay", "change takes", "material change",
    "small change", "protect", "attest", "review", "tag", "claim", "never employ", "show", "never show",
]  # fmt: skip

# What can follow data that is shown; anything else, such as `account link`, goes on with the name of a part of a page.
BEHIND_SHOWN_DATA = [
    ",", "but", "identified", "pseudonymous", "de-identified", "in", "only", "to", "for", "if", "unless", "settled",
    "literal", "beyond",
]  # fmt: skip


@dataclass
class Said:
    """What one line says, in its own names; nothing is opened yet. None: the line does not say."""

    form: str = ""
    data: list[str] = field(default_factory=list)
    data_but: list[str] = field(default_factory=list)
    degree: tuple[str, int] | None = None
    purposes: list[str] | None = None
    purposes_but: list[str] = field(default_factory=list)
    others: list[str] | None = None  # touchpoints, roles, recipients or places: whatever the verb takes
    if_: Condition | None = None
    unless: Condition | None = None
    approval: str | None = None
    one_of: bool = False
    mails: list[str] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    stopped_recipients: list[str] = field(default_factory=list)
    default: bool | None = None  # of the choices: whether who was not asked counts as having said yes
    settled: str | None = None
    literal: str | None = None


class Line:
    """A line as its words, and how far we have read."""

    def __init__(self, text: str, names: Names) -> None:
        text = re.sub(r"\[[^\]]*\]\s*$", "", text)  # the references
        self.text = text
        self.words = re.findall(r'"[^"]*"|,|[^\s,"]+', text)
        self.names = names
        self.here = 0

    def sees(self, phrase: str) -> bool:
        words = phrase.split()
        return self.words[self.here : self.here + len(words)] == words

    def takes(self, phrase: str) -> bool:
        if not self.sees(phrase):
            return False
        self.here += len(phrase.split())
        return True

    def needs(self, phrase: str) -> None:
        if not self.takes(phrase):
            raise UnreadableError(f"wanted `{phrase}` at word {self.here} of: {self.text}")

    def longest(self, *sorts: str, ahead: int = 0) -> str | None:
        """The longest name of these sorts that starts here (or some words ahead)."""
        rest = self.words[self.here + ahead :]
        seen = [
            name for sort in sorts for name in self.names.of_sort(sort) if rest[: len(name.split())] == name.split()
        ]
        return max(seen, key=lambda name: len(name.split()), default=None)

    def name(self, *sorts: str) -> str:
        name = self.longest(*sorts)
        if name is None:
            raise UnreadableError(f"no {' or '.join(sorts)} at word {self.here} of: {self.text}")
        self.here += len(name.split())
        return name

    def names_of(self, *sorts: str) -> list[str]:
        """`a, b, c`: a comma goes on when a name of these sorts stands behind it."""
        found = [self.name(*sorts)]
        while self.sees(",") and self.longest(*sorts, ahead=1):
            self.here += 1
            found.append(self.name(*sorts))
        return found

    def number(self) -> int:
        word = self.words[self.here] if self.here < len(self.words) else ""
        if not word.isdigit():
            raise UnreadableError(f"no number at word {self.here} of: {self.text}")
        self.here += 1
        return int(word)


def read_line(text: str, names: Names) -> Said:
    """What the line says. Raises Unreadable when it is not a line of the language as far as acts go."""
    line = Line(text, names)
    said = Said()
    if not read_beginning(line, said):
        said.form = "nothing"
        pass_over(line)
    read_layer(line, said)
    if line.here != len(line.words):
        raise UnreadableError(f"nothing should follow at word {line.here} of: {text}")
    return said


def read_beginning(line: Line, said: Said) -> bool:
    """Reads all but the layer; False, with nothing read, when the line says nothing about acts."""
    for start, read in BEGINNINGS:
        if line.sees(start) and not (start.endswith("show") and not shows_data(line, len(start.split()))):
            return read(line, said) is not False
    if any(line.sees(start) for start in SAYS_NOTHING):
        return False
    raise UnreadableError(f"no such line: {line.text}")


def shows_data(line: Line, ahead: int) -> bool:
    """Whether `show …` shows data to somebody, and not a part at a page or a certificate."""
    name = line.longest("data", ahead=ahead)
    if name is None:
        return False
    behind = line.words[line.here + ahead + len(name.split()) :]
    return not behind or behind[0] in BEHIND_SHOWN_DATA


def read_for(line: Line, said: Said) -> None:
    """`for P use only D`, `for P show only D to R`, `for P share only D with R`."""
    read_purposes(line, said)
    word = sort = ""
    if line.takes("show only"):
        said.form, word, sort = "for show only", "to", "role"
    elif line.takes("share only"):
        said.form, word, sort = "for share only", "with", "recipient"
    else:
        line.needs("use only")
        said.form = "for use only"
    read_data(line, said)
    read_degree(line, said)
    if word and line.takes(word):
        said.others = line.names_of(sort)
    read_conditions(line, said)


def read_at(line: Line, said: Said) -> None:
    """`at T collect only D for P`."""
    line.needs("at")
    said.form, said.others = "at collect only", line.names_of("touchpoint")
    if not line.takes("record only"):
        line.needs("collect only")
    read_data(line, said)
    read_degree(line, said)
    read_purposes(line, said)
    read_conditions(line, said)


def read_plain(line: Line, said: Said) -> None:
    """`VERB D [degree] [only] WORD names [for P] …` for collect, record, show and share."""
    verb = line.words[line.here]
    line.here += 1
    said.form, word, sort = {
        "collect": ("collect", "at", "touchpoint"),
        "record": ("collect", "at", "touchpoint"),
        "show": ("show", "to", "role"),
        "share": ("share", "with", "recipient"),
    }[verb]
    read_data(line, said)
    read_degree(line, said)
    if line.takes("only"):
        said.form += " only"
    line.needs(word)
    if said.form == "share" and not (line.longest(sort) or "").startswith("one of "):
        said.one_of = line.takes("one of")
    said.others = line.names_of(sort)
    read_purposes(line, said)
    read_conditions(line, said)


def read_use(line: Line, said: Said) -> None:
    """`use D [degree] [only] for P …`."""
    line.needs("use")
    said.form = "use"
    read_data(line, said)
    read_degree(line, said)
    if line.takes("only"):
        said.form = "use only"
    read_purposes(line, said)
    read_conditions(line, said)


def read_send(line: Line, said: Said) -> None:
    """`send M to X [if …] [when …]`; what stands behind `when` is about duties."""
    line.needs("send")
    said.form, said.mails = "send", line.names_of("mail")
    line.needs("to")
    for name in line.names_of("audience", "data"):
        (said.audiences if name in line.names.audiences else said.data).append(name)
    read_conditions(line, said)
    if line.sees("when") or line.sees(", at most"):
        pass_over(line)


def read_keep(line: Line, said: Said) -> bool:
    """`keep D TIME [after E] [for P]`, `keep D until E [for P]`, `keep D while C [for P]`; not `keep D apart from`."""
    start = line.here
    line.needs("keep")
    said.form = "keep"
    read_data(line, said)
    if line.takes("apart from"):
        line.here, said.data, said.data_but = start, [], []
        return False
    if line.takes("while"):
        said.form, said.if_ = "keep while", read_condition(line)
    elif line.takes("until"):
        line.name("event")
    else:
        read_duration(line)
        if line.takes("after"):
            line.name("event")
    read_purposes(line, said)
    read_conditions(line, said)
    return True


def read_store(line: Line, said: Said) -> None:
    """`store D [only] in L`."""
    line.needs("store")
    read_data(line, said)
    said.form = "store only" if line.takes("only") else "store"
    line.needs("in")
    said.others = line.names_of("place")


def read_never(line: Line, said: Said) -> None:
    """`never VERB D [degree] [at|to|with|in …] [for P] …`."""
    line.needs("never")
    verb, word, sort = next(
        row
        for row in (
            ("collect", "at", "touchpoint"), ("use", "", ""), ("show", "to", "role"), ("share", "with", "recipient"),
            ("keep", "in", "place"),
        )
        if line.takes(row[0])
    )  # fmt: skip
    said.form = f"never {verb}"
    read_data(line, said)
    if verb != "keep":
        read_degree(line, said)
    if word and line.takes(word):
        said.others = line.names_of(sort)
    read_purposes(line, said)
    read_conditions(line, said)


def read_age(line: Line, said: Said) -> None:
    """`require age N at T`."""
    line.needs("require age")
    line.number()
    line.needs("at")
    said.form, said.others = "require age", line.names_of("touchpoint")


def read_bind(line: Line, said: Said) -> None:
    """`bind R by contract [for P]`."""
    line.needs("bind")
    said.form, said.others = "bind", line.names_of("recipient")
    line.needs("by contract")
    read_purposes(line, said)
    if line.takes(", renewed every"):
        read_duration(line)


def read_choice(line: Line, said: Said) -> bool:
    """`choice C stops M, P, sharing with R` and `choice C is opt-out …`; the rest of choices is about duties."""
    line.needs("choice")
    said.choices = line.names_of("choice")
    if line.takes("stops"):
        said.form = "choice stops"
        read_target(line, said)
        while line.takes(","):
            read_target(line, said)
        return True
    if line.takes("is"):
        said.default = True if line.takes("opt-out") else False if line.takes("opt-in") else None
    return False


def read_target(line: Line, said: Said) -> None:
    name = line.longest("mail", "purpose")
    if line.sees("sharing with") and line.longest("recipient", ahead=2) and (name is None or len(name.split()) < 2):
        line.needs("sharing with")
        said.stopped_recipients.append(line.name("recipient"))
    elif line.name("mail", "purpose") in line.names.mail:
        said.mails.append(str(name))
    else:
        said.purposes = [*(said.purposes or []), str(name)]


def read_data(line: Line, said: Said) -> None:
    said.data = line.names_of("data")
    if line.takes("but"):
        said.data_but = line.names_of("data")


def read_purposes(line: Line, said: Said) -> None:
    if line.takes("for"):
        said.purposes = line.names_of("purpose")
        if line.takes("but"):
            said.purposes_but = line.names_of("purpose")


def read_degree(line: Line, said: Said) -> None:
    for name in ("identified", "pseudonymous", "de-identified"):
        if line.takes(name):
            said.degree = (name, 0)
    if line.takes("in aggregate of"):
        said.degree = ("aggregate", read_size(line))


def read_size(line: Line) -> int:
    """A number, or a parameter that is settled as one."""
    parameter = line.longest("parameter")
    if parameter is None:
        return line.number()
    line.here += len(parameter.split())
    return int(line.names.settled[parameter])


def read_duration(line: Line) -> None:
    if line.longest("parameter"):
        line.name("parameter")
        return
    line.number()
    if not any(line.takes(unit) for unit in ("minutes", "hours", "days", "business days", "months")):
        raise UnreadableError(f"no unit of time at word {line.here} of: {line.text}")


def read_conditions(line: Line, said: Said) -> None:
    if line.takes("if"):
        said.if_ = read_condition(line)
    if line.takes("unless"):
        said.unless = read_condition(line)
    if line.takes(", approved by"):
        count = line.number()
        line.needs("of")
        said.approval = f"approved by {count} of {line.name('role')}"
    line.takes(", once")


def read_condition(line: Line) -> Condition:
    """`a`, `a, b and c`, `a, b or c`."""
    terms = [read_term(line)]
    while line.sees(",") and not any(line.sees(end) for end in (", approved by", ", once", ", at most")):
        line.needs(",")
        terms.append(read_term(line))
    for word, kind in (("and", "all"), ("or", "any")):
        if line.takes(word):
            return Condition(kind, inside=(*terms, read_term(line)))
    if len(terms) > 1:
        raise UnreadableError(f"a list of conditions without `and` or `or`: {line.text}")
    return terms[0]


def read_term(line: Line) -> Condition:
    if line.longest("fact"):
        return Condition("fact", line.name("fact"))
    for word in ("chosen", "refused"):
        if line.takes(word):
            return Condition("fact", f"{word} {line.name('choice')}")
    if line.takes("demanded by"):
        return any_of(read_alternatives(line, "ground"), "demanded by")
    if line.takes("living in"):
        return any_of(read_alternatives(line, "region"), "living in")
    line.needs("demanded")
    return any_of(line.names.grounds, "demanded by")


def any_of(names: list[str], word: str) -> Condition:
    return Condition("any", inside=tuple(Condition("fact", f"{word} {name}") for name in names))


def read_alternatives(line: Line, sort: str) -> list[str]:
    """`a`, `a or b`, `a, b or c`: one list only if every word of it is of this sort, up to the name behind `or`."""
    found = [line.name(sort)]
    start = line.here
    more = []
    while line.sees(",") and line.longest(sort, ahead=1):
        line.here += 1
        more.append(line.name(sort))
    if line.sees("or") and line.longest(sort, ahead=1):
        line.here += 1
        return [*found, *more, line.name(sort)]
    line.here = start
    return found


def read_layer(line: Line, said: Said) -> None:
    if line.takes("settled"):
        said.settled = line.name("parameter")
    elif line.takes("literal"):
        said.literal = line.name("parameter")
    else:
        line.takes("beyond")


def pass_over(line: Line) -> None:
    """Skips what says nothing about acts, up to the layer."""
    end = len(line.words)
    if line.words[-1] == "beyond":
        end -= 1
    for place in range(line.here, len(line.words) - 1):
        if line.words[place] in ("settled", "literal") and " ".join(line.words[place + 1 :]) in line.names.settled:
            end = place
            break
    line.here = max(line.here, end)


# How lines about acts begin, and who reads on; a reader answers False when the line is none after all.
BEGINNINGS: list[tuple[str, Callable[[Line, Said], bool | None]]] = [
    ("for", read_for),
    ("at", read_at),
    ("collect", read_plain),
    ("record", read_plain),
    ("use", read_use),
    ("show", read_plain),
    ("share", read_plain),
    ("send", read_send),
    ("keep", read_keep),
    ("store", read_store),
    ("never collect", read_never),
    ("never use", read_never),
    ("never show", read_never),
    ("never share", read_never),
    ("never keep", read_never),
    ("choice", read_choice),
    ("require age", read_age),
    ("bind", read_bind),
]
