"""Questions for the gate: acts and verdicts as values, and acts and facts read from a line of text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from upheld.core.errors import GateError, Place
from upheld.core.policy.compile import ACTIONS, COUNTERPART_SORT, Table
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import HERE, NO_COUNTERPART, OTHER, SELF, Degree, Words

IDENTIFIED = Degree("identified")
PERMITTED, REFUSED, SILENT = "permitted", "refused", "silent"
_WORDS_BEFORE = {"collect": "at", "show": "to", "share": "with", "keep": "in"}


@dataclass(frozen=True, slots=True, eq=True)
class Act:
    """A question for the gate.

    `data` and `purpose` may be inner names; the act then is about all leaves below them. `counterpart` is a
    touchpoint, role, recipient or place by the action; names the policy does not know (those in quotes among
    them) are allowed and fall into the cells of what it does not name. `purpose` is empty for an act that states none.
    """

    action: str
    data: tuple[str, ...]
    purpose: str = ""
    counterpart: str = NO_COUNTERPART
    degree: Degree = IDENTIFIED
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "_hash", hash((self.action, self.data, self.purpose, self.counterpart, self.degree))
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        text = f"{self.action} {', '.join(self.data)}"
        if self.degree != IDENTIFIED:
            text += f" {self.degree}"
        if self.action in _WORDS_BEFORE and not (self.action == "keep" and self.counterpart == HERE):
            text += f" {_WORDS_BEFORE[self.action]} {self.counterpart}"
        return text + (f" for {self.purpose}" if self.purpose else "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer.

    `because` holds references of sentences, the deciding one first: for a permission the narrowest that
    holds, for a refusal the narrowest `never` that applies, or all permissions whose conditions do not hold.
    `parts` holds the answer for each category of a `show`.
    """

    outcome: str
    because: tuple[str, ...] = ()
    is_cut: bool = False
    rule: int = -1
    parts: tuple[tuple[str, Verdict], ...] = ()
    duties: tuple[str, ...] = ()

    @property
    def is_permitted(self) -> bool:
        """Whether the act may be done."""
        return self.outcome == PERMITTED


_ACT = re.compile(
    r"(?P<action>\w+)\s+(?P<data>.+?)"
    r"(?:\s+(?P<degree>identified|pseudonymous|de-identified|in aggregate of \d+))?"
    r"(?:\s+(?P<word>at|to|with|in)\s+(?P<counterpart>\"[^\"]*\"|[^\"]+?))?"
    r"(?:,?\s+(?P<late>in aggregate of \d+))?"
    r"(?:\s+for\s+(?P<purpose>\"[^\"]*\"|[^\"]+?))?"
    r"(?:,?\s+(?P<later>(?:in )?aggregate of \d+))?"
)


def parse_act(text: str, words: Words) -> Act:
    """The act on this line. Raises GateError at the first word the policy does not know.

    A name in double quotes is one that the policy does not name: `share person with "a list broker" for sale`.
    """
    line = " ".join(text.split())
    found = _ACT.fullmatch(line)
    action = line.split(" ", 1)[0] if line else ""
    if action not in ACTIONS:
        raise _refuse("G401", text, action, f"an act starts with {', '.join(ACTIONS)}")
    if not found:
        raise _refuse("G401", text, line, "write for example `share person.email with carriers for fulfil`")
    data = tuple(name.strip() for name in found["data"].split(","))
    for name in data:
        if not (name.startswith('"') or words.has("data", name) or _is_data_path(name, words)):
            raise _unknown(text, name, "data", words.of_sort("data"))
    purpose = found["purpose"] or ""
    if purpose and not purpose.startswith('"') and not words.has("purpose", purpose):
        raise _unknown(text, purpose, "a purpose", words.of_sort("purpose"))
    counterpart = _read_counterpart(text, action, found["word"], found["counterpart"], words)
    degree = _read_degree(found["degree"] or found["late"] or found["later"])
    return Act(action, data, purpose, counterpart, degree)


def _is_data_path(name: str, words: Words) -> bool:
    """Whether this is a field the policy does not name below a node it does: asked about, it is silent."""
    return "." in name and words.has("data", name.rsplit(".", 1)[0])


def _read_counterpart(text: str, action: str, word: str | None, name: str | None, words: Words) -> str:
    sort = COUNTERPART_SORT.get(action)
    if sort is None:
        if name:
            raise _refuse("G401", text, name, "`use` has no counterpart; write `use … for …`")
        return NO_COUNTERPART
    if name is None:
        if action == "keep":
            return HERE
        raise _refuse("G401", text, action, f"`{action}` needs `{_WORDS_BEFORE[action]} …`")
    if word != _WORDS_BEFORE[action]:
        raise _refuse("G401", text, f"{word} {name}", f"`{action}` goes with `{_WORDS_BEFORE[action]}`")
    if name.startswith('"'):
        return name
    if name in (SELF, HERE) or (words.has(sort, name) and name not in ("anyone", "anywhere")):
        return name
    if name in ("anyone", "anywhere", "someone else"):
        return OTHER
    raise _unknown(text, name, f"a {sort}", words.of_sort(sort))


def _read_degree(text: str | None) -> Degree:
    if text is None:
        return IDENTIFIED
    return Degree("aggregate", int(text.rsplit(" ", 1)[1])) if "aggregate" in text else Degree(text)


def parse_facts(text: str, table: Table) -> dict[str, bool | None]:
    """The facts on this line: `requested, not told, merging unknown, marketing no`. Raises GateError.

    A choice is answered with yes, no, unasked or unknown; a fact that is not mentioned is unknown.
    """
    facts: dict[str, bool | None] = {}
    for piece in (piece.strip() for piece in text.split(",")):
        if not piece:
            continue
        name, answer = _split_fact(" ".join(piece.split()))
        choice = name.removeprefix("chosen ").removeprefix("refused ")
        if name == choice and choice in table.choices and answer in ("yes", "no", "unasked", "unknown"):
            facts |= answer_choice(choice, answer, table.choices[choice])
            continue
        if name not in table.facts.index:
            hint = _say_near(name, [*table.facts.index, *table.choices])
            raise _refuse("G402", text, piece, hint or "`upheld words` lists the facts")
        if answer not in ("true", "false", "unknown"):
            raise _refuse("G402", text, piece, f"write `{name}`, `not {name}` or `{name} unknown`")
        facts[name] = {"true": True, "false": False, "unknown": None}[answer]
    return facts


def _split_fact(piece: str) -> tuple[str, str]:
    if piece.startswith("not "):
        return piece.removeprefix("not "), "false"
    name, _, last = piece.rpartition(" ")
    if name and last in ("yes", "no", "unasked", "unknown"):
        return name, last
    return piece, "true"


def _unknown(text: str, name: str, sort: str, names: Iterable[str]) -> GateError:
    near = _say_near(name, list(names))
    return _refuse("G403", text, name, near or "put a name that the policy does not know in quotes", f"as {sort}")


def _say_near(name: str, names: list[str]) -> str | None:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else None


def _refuse(code: str, text: str, piece: str, hint: str, sort: str = "") -> GateError:
    column = max(0, text.find(piece)) + 1
    said = {
        "G401": f"`{piece}` cannot be read as an act",
        "G402": f"`{piece}` is not a fact of this policy",
        "G403": f"the policy does not know `{piece}` {sort}".rstrip(),
    }[code]
    return GateError(code, said, hint, Place("question", 1, column, max(1, len(piece))))
