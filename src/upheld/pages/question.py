"""A question to the gate as it stands in an address: read into an act and facts, and written back.

Every word is checked against the policy's own; what is unknown is named by its field, never repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from upheld.core.gate import Act
from upheld.core.policy.compile import ACTIONS, COUNTERPART_SORT, DEGREES, Table
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import ANYONE, ANYTHING, HERE, NO_COUNTERPART, OTHER, SELF, Degree

UNNAMED = "*"  # stands in the address for a purpose or counterpart that the policy does not name
UNNAMED_PURPOSE = '"another purpose"'  # in quotes, so that no policy can declare it
MOST_DATA = 8
T = TypeVar("T")
CHOICE_ANSWERS = ("yes", "no", "unasked", "unknown")
FACT_ANSWERS: Mapping[str, bool | None] = {"yes": True, "no": False, "unknown": None}
ACTION_WORDS = {
    "collect": "collect it",
    "use": "use it",
    "show": "show it to staff, or to you",
    "share": "give it to others",
    "keep": "keep it",
}


class QuestionError(Exception):
    """A question with a word that does not fit; `field` says where, `hint` what fits. Holds nothing that was typed."""

    def __init__(self, field: str, hint: str) -> None:
        super().__init__(field)
        self.field = field
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that can be put to the gate; `choices` are the answers to choices, `facts` those to facts."""

    act: Act
    choices: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]

    def list_facts(self, table: Table) -> dict[str, bool | None]:
        """Those facts that this policy knows, by name, as the gate takes them."""
        found: dict[str, bool | None] = {}
        for choice, answer in self.choices:
            if choice in table.choices:
                found |= answer_choice(choice, answer, table.choices[choice])
        found |= {fact: FACT_ANSWERS[answer] for fact, answer in self.facts if fact in table.facts.index}
        return found


Values = Mapping[str, list[str]]


def read_action(values: Values) -> str:
    """The action in the address, `share` when there is none; raises QuestionError for an unknown one."""
    action = take_one(values, "do") or "share"
    if action not in ACTIONS:
        raise QuestionError("what is done", "choose one of " + ", ".join(ACTIONS))
    return action


def read_question(values: Values, table: Table) -> Asked | None:
    """The question in the address, or None while it has no data yet; raises QuestionError for a word that does not fit."""
    action = read_action(values)
    data = tuple(dict.fromkeys(name for name in values.get("data", []) if name))
    if not data:
        return None
    known = [name for name in table.words.of_sort("data") if name != ANYTHING]
    if len(data) > MOST_DATA:
        raise QuestionError("the data", f"ask about at most {MOST_DATA} at once")
    for name in data:
        require_word(name, known, "the data")
    act = Act(
        action, data, read_purpose(values, table), read_counterpart(values, action, table), read_degree(values, table)
    )
    return Asked(act, read_choices(values, table), read_facts(values, table))


def read_joint_question(values: Values, tables: tuple[Table, ...]) -> Asked | None:
    """The same for several policies together: each word has to be one that one of them knows."""
    action = read_action(values)
    data = tuple(dict.fromkeys(name for name in values.get("data", []) if name))
    if not data:
        return None
    if len(data) > MOST_DATA:
        raise QuestionError("the data", f"ask about at most {MOST_DATA} at once")
    known = [name for table in tables for name in table.words.of_sort("data") if name != ANYTHING]
    for name in data:
        require_word(name, known, "the data")
    purpose = read_first(tables, lambda table: read_purpose(values, table))
    counterpart = read_first(tables, lambda table: read_counterpart(values, action, table))
    degree = read_first(tables, lambda table: read_degree(values, table))
    choices: list[tuple[str, str]] = []
    facts: list[tuple[str, str]] = []
    for key in values:  # one by one: each is known to one of them at least
        choices += read_first(tables, partial(read_choices, {key: values[key]}))
        facts += read_first(tables, partial(read_facts, {key: values[key]}))
    return Asked(Act(action, data, purpose, counterpart, degree), tuple(sorted(choices)), tuple(sorted(facts)))


def read_first(tables: tuple[Table, ...], read: Callable[[Table], T]) -> T:
    """What the first table reads that can; raises the QuestionError of the first one when none can."""
    problem: QuestionError | None = None
    for table in tables:
        try:
            return read(table)
        except QuestionError as found:
            problem = problem or found
    raise problem or QuestionError("the address", "name a policy")


def read_purpose(values: Values, table: Table) -> str:
    """The purpose; `*` and nothing at all are one that the policy does not name."""
    purpose = take_one(values, "for")
    if purpose in ("", UNNAMED):
        return UNNAMED_PURPOSE
    require_word(purpose, list_purposes(table), "the purpose")
    return purpose


def read_counterpart(values: Values, action: str, table: Table) -> str:
    """The counterpart that goes with the action; none given is one that the policy does not name."""
    name = take_one(values, "with")
    if action not in COUNTERPART_SORT:
        if name:
            raise QuestionError("with whom", "this action has nobody on the other side")
        return NO_COUNTERPART
    if name in ("", UNNAMED):
        return HERE if action == "keep" and not name else OTHER
    require_word(name, list_counterparts(action, table), "with whom, or where")
    return name


def read_degree(values: Values, table: Table) -> Degree:
    """The degree; an aggregate is written `aggregate-10`."""
    name = take_one(values, "degree") or DEGREES[0]
    degrees = list_degrees(table)
    require_word(name, list(degrees), "how close to the person")
    return degrees[name]


def read_choices(values: Values, table: Table) -> tuple[tuple[str, str], ...]:
    """The answers to choices, from `choice.NAME`; unknown ones are left out."""
    found = []
    for key in values:
        if key.startswith("choice."):
            choice, answer = key.removeprefix("choice."), take_one(values, key)
            require_word(choice, list(table.choices), "a choice")
            require_word(answer, list(CHOICE_ANSWERS), "the answer to a choice")
            found.append((choice, answer))
    return tuple(sorted(found))


def read_facts(values: Values, table: Table) -> tuple[tuple[str, str], ...]:
    """The answers to facts, from `fact.NAME`; the facts of choices have their own fields."""
    known = list_facts(table)
    found = []
    for key in values:
        if key.startswith("fact."):
            fact, answer = key.removeprefix("fact."), take_one(values, key)
            require_word(fact, known, "a fact")
            require_word(answer, list(FACT_ANSWERS), "the answer to a fact")
            found.append((fact, answer))
    return tuple(sorted(found))


def take_one(values: Values, key: str) -> str:
    """The one value under a key, empty when absent; raises QuestionError when it is given twice."""
    given = values.get(key, [])
    if len(given) > 1:
        raise QuestionError("the address", "one field is given twice")
    return given[0] if given else ""


def require_word(word: str, known: list[str], field: str) -> None:
    """Raise QuestionError unless the word is known; the hint names the nearest known word, never the unknown one."""
    if word not in known:
        near = get_close_matches(word[:80], known, n=1)
        raise QuestionError(
            field, f"the nearest word of this policy is “{near[0]}”" if near else "choose from the list"
        )


def list_purposes(table: Table) -> list[str]:
    """The purposes that the policy declares."""
    return [name for name, word in table.words.of_sort("purpose").items() if not word.built_in]


def list_counterparts(action: str, table: Table) -> list[str]:
    """The declared counterparts of an action, and those built-in ones for which it is not as for one that is not named."""
    bits = table.cells[action][2]
    words = table.words.of_sort(COUNTERPART_SORT[action])
    names = [name for name, word in words.items() if name in bits and (bits[name] != bits[OTHER] or not word.built_in)]
    extra = [name for name in (SELF, HERE) if name in bits and name not in names and bits[name] != bits[OTHER]]
    return [name for name in (*names, *extra) if name != ANYONE]


def list_degrees(table: Table) -> dict[str, Degree]:
    """The degrees by their names in an address: the three fixed ones, and an aggregate for each size the policy speaks of."""
    degrees = {name: Degree(name) for name in DEGREES}
    for k in table.thresholds:
        if k < 10**9:
            degrees[f"aggregate-{k}"] = Degree("aggregate", k)
    return degrees


def list_facts(table: Table) -> list[str]:
    """The facts that are asked for by themselves, without the two of each choice."""
    of_choices = {f"{word} {choice}" for choice in table.choices for word in ("chosen", "refused")}
    return [fact for fact in table.facts.names if fact not in of_choices]


def ask_for(act: Act, facts: Mapping[str, bool | None], table: Table) -> Asked:
    """The question with these facts, put back into answers to choices and to facts."""
    choices = []
    for choice in table.choices:
        chosen, refused = facts.get(f"chosen {choice}"), facts.get(f"refused {choice}")
        if chosen is None and refused is None:
            continue
        choices.append(
            (choice, "no" if refused else "unasked" if chosen is False or table.choices[choice] == "opt-out" else "yes")
        )
    answers = {True: "yes", False: "no", None: "unknown"}
    known = set(list_facts(table))
    return Asked(act, tuple(choices), tuple((fact, answers[value]) for fact, value in facts.items() if fact in known))


def write_name(name: str) -> str:
    """A purpose or counterpart as it stands in an address; whatever the policy does not name is `*`."""
    return UNNAMED if name in ("", OTHER) or name.startswith('"') else name


def write_query(asked: Asked) -> str:
    """The question as the query of an address, so that `read_question` gives it back."""
    act = asked.act
    pairs = [("do", act.action), *(("data", name) for name in act.data)]
    if act.counterpart != NO_COUNTERPART:
        pairs.append(("with", write_name(act.counterpart)))
    pairs.append(("for", write_name(act.purpose)))
    if act.degree.name != DEGREES[0]:
        pairs.append(("degree", f"aggregate-{act.degree.k}" if act.degree.name == "aggregate" else act.degree.name))
    pairs += [(f"choice.{choice}", answer) for choice, answer in asked.choices]
    pairs += [(f"fact.{fact}", answer) for fact, answer in asked.facts]
    return urlencode(pairs)
