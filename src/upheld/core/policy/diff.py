"""What changes for people between two versions: from the compiled tables and the other duties, not from the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.answers import collapse_names, say_fact_sets
from upheld.core.policy.cells import find_open_masks, name_masks
from upheld.core.policy.compile import ACTIONS, Table
from upheld.core.policy.declare import parse_days
from upheld.core.policy.forms import is_claim
from upheld.core.policy.model import NO_COUNTERPART, OTHER, SELF, Policy, Rule
from upheld.core.policy.say import join_words, say_rule
from upheld.core.policy.words import print_body

_VERB = {"collect": "collected", "use": "used", "show": "shown", "share": "given", "keep": "kept"}
_MAY = {"opens": "now ", "closes": "no longer ", "condition": ""}
_LEAD = {"collect": "", "show": "to ", "share": "to ", "keep": "in "}
# duties and safeguards whose loss or weakening matters to people (V-52 in the research: drops a choice or safeguard)
_PROTECTING = frozenset({"protect", "attest", "review", "choice", "let", "answer", "erase", "tell", "put", "work", "bind"})

# the parts that say what a duty is about; a rule with the same ones and another value is the same duty, changed
_SUBJECT = ("data", "choices", "people", "events", "mails", "requests", "text", "reviewed", "recipients", "at")
_COOKIE_SUBJECT = ("cookie",)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different for people.

    `kind` is opens, closes, condition (the same act under other facts), added, removed (a duty, cookie, safeguard)
    or changed (the same duty with another value). `is_material` follows V-52 of the research: more is taken, given
    or kept, or a choice or safeguard is dropped.
    """

    kind: str
    text: str
    is_material: bool
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


_Facts = frozenset[frozenset[str]]
_Cell = tuple[str, str, str, str, int]
_Block = tuple[tuple[str, ...], tuple[str, ...], bool]  # data, purposes, whether only as figures


@dataclass(frozen=True, slots=True)
class _Group:
    """Cells of one action that changed in the same way: open under `was` before, under `now` after."""

    action: str
    was: _Facts
    now: _Facts

    @property
    def kind(self) -> str:
        return "opens" if not self.was else "closes" if not self.now else "condition"


def compare_tables(old: Table, new: Table) -> tuple[Change, ...]:
    """All changes for people from the old version to the new one: acts first, then duties, then words only."""
    return (*_compare_acts(old, new), *_compare_rules(old, new))


def is_material(changes: Iterable[Change]) -> bool:
    """Whether one of the changes is material."""
    return any(change.is_material for change in changes)


def _compare_acts(old: Table, new: Table) -> list[Change]:
    before, after = _read_acts(old, new), _read_acts(new, old)
    groups: dict[_Group, list[_Cell]] = {}
    for cell in dict.fromkeys((*after, *before)):
        was, now = before.get(cell, frozenset()), after.get(cell, frozenset())
        if was != now:
            groups.setdefault(_Group(cell[0], was, now), []).append(cell)
    changes = [change for group, cells in groups.items() for change in _say_group(group, cells, old, new)]
    order = {"opens": 0, "condition": 1, "closes": 2}
    return sorted(changes, key=lambda change: (order[change.kind], not change.is_material))


def _read_acts(table: Table, other: Table) -> dict[_Cell, _Facts]:
    """When each cell is open, by the names of facts; cells of both versions' words, closed ones left out.

    Degrees are compared as identified and as the figures about the largest group either version knows.
    """
    found: dict[_Cell, _Facts] = {}
    known: dict[int, _Facts] = {}
    for action in ACTIONS:
        data, purposes, counterparts, _ = table.list_values(action)
        others = other.list_values(action)
        last = len(table.cells[action][3]) - 1
        for name in dict.fromkeys((*data, *others[0])):
            if name not in data:
                continue
            for purpose in dict.fromkeys((*purposes, *others[1])):
                for counterpart in dict.fromkeys((*counterparts, *others[2])):
                    for degree, number in ((0, 0), (1, last)):
                        pieces = table.find_pieces(action, name, purpose, counterpart, number)
                        if pieces not in known:
                            masks = find_open_masks(table, pieces)
                            known[pieces] = frozenset(f - {"not expired"} for f in name_masks(table, masks))
                        if known[pieces]:
                            found[action, name, purpose, counterpart, degree] = known[pieces]
    return found


def _say_group(group: _Group, cells: list[_Cell], old: Table, new: Table) -> list[Change]:
    """Cells with the same change as few sentences: one for each counterpart with the same data and purposes."""
    by_counterpart: dict[str, dict[int, tuple[list[str], list[str]]]] = {}
    for _, data, purpose, counterpart, degree in cells:
        found = by_counterpart.setdefault(counterpart, {}).setdefault(degree, ([], []))
        found[0].append(data)
        found[1].append(purpose)
    sentences: dict[_Block, list[str]] = {}
    for counterpart, degrees in by_counterpart.items():
        for degree, (data_list, purpose_list) in degrees.items():
            if degree == 1 and 0 in degrees and set(data_list) <= set(degrees[0][0]):
                continue  # what is true of the person is true of figures
            key = (tuple(dict.fromkeys(data_list)), tuple(dict.fromkeys(purpose_list)), degree == 1)
            sentences.setdefault(key, []).append(counterpart)
    return [
        Change(group.kind, _say_act_change(group, key, counterparts, old, new), _is_material_act(group, counterparts))
        for key, counterparts in sentences.items()
    ]


def _is_material_act(group: _Group, counterparts: list[str]) -> bool:
    if group.action == "show" and counterparts == [SELF]:
        return group.kind == "closes"
    if group.kind == "condition":
        return not all(any(facts >= earlier for earlier in group.was) for facts in group.now)
    return group.kind == "opens"


def _say_act_change(group: _Group, block: _Block, counterparts: list[str], old: Table, new: Table) -> str:
    kind, action = group.kind, group.action
    table = old if kind == "closes" else new
    words = table.words
    data = join_words(words.label(name, "data") for name in collapse_names(words, "data", block[0]))
    every = set(table.cells[action][1]) - {OTHER}
    purposes = "any purpose" if every <= set(block[1]) else ""
    purposes = purposes or join_words(_label(table, n, "purpose") for n in collapse_names(words, "purpose", block[1]))
    who = "" if counterparts == [NO_COUNTERPART] else _say_counterparts(table, action, counterparts)
    text = f"{data} may {_MAY[kind]}be {_VERB[action]}"
    text += f" {who}" if who else ""
    text += f" for {purposes}" if action != "keep" else ""
    text += ", as figures about groups" if block[2] else ""
    if kind == "opens" and any(group.now):
        text += f", only if {say_fact_sets(table, group.now)}"
    if kind == "condition":
        text += f" {_say_when(table, group.now)}; so far {_say_when(old, group.was)}"
    return f"{text[0].upper()}{text[1:]}."


def _say_when(table: Table, facts: _Facts) -> str:
    said = say_fact_sets(table, facts)
    return f"only if {said}" if said else "always"


def _label(table: Table, name: str, sort: str) -> str:
    if name == OTHER:
        return {"recipient": "anybody else", "role": "anybody else", "purpose": "any other purpose"}.get(sort, "elsewhere")
    if name == SELF:
        return "you"
    return table.words.label(name, sort)


def _say_counterparts(table: Table, action: str, counterparts: list[str]) -> str:
    sort = {"collect": "touchpoint", "show": "role", "share": "recipient", "keep": "place"}[action]
    if action == "collect":
        labels = [table.words.labels.get(f"touchpoint {name}", f"at {_label(table, name, sort)}") for name in counterparts]
        return join_words(labels, "or")
    return _LEAD[action] + join_words(_label(table, name, sort) for name in counterparts)


def _compare_rules(old: Table, new: Table) -> list[Change]:
    """Duties, cookies and safeguards that came, went or got another value."""
    before, after = _read_duties(old), _read_duties(new)
    changes: list[Change] = []
    gone = {body: rule for body, rule in before.items() if body not in after}
    came = {body: rule for body, rule in after.items() if body not in before}
    for body, rule in list(came.items()):
        twin = next((b for b, r in gone.items() if _same_subject(r, rule)), None)
        if twin is None:
            continue
        changes.append(_say_changed(gone.pop(twin), came.pop(body), old.policy, new.policy))
    for rule in came.values():
        material = rule.form in ("set_cookie", "keep_while")
        changes.append(Change("added", say_rule(rule, new.policy), material, after=rule.sentences))
    changes.extend(
        Change("removed", say_rule(rule, old.policy), rule.verb in _PROTECTING, before=rule.sentences)
        for rule in gone.values()
    )
    return changes


def _read_duties(table: Table) -> dict[str, Rule]:
    """The rules that the table of acts does not show, by their text with parameters put in."""
    found: dict[str, Rule] = {}
    for rule in table.rules:
        acts = rule.form in ("use", "share", "show", "collect", "record", "share_one", "state", "store")
        acts = acts or rule.form.startswith("never_") or rule.form.endswith("_only")
        if (acts and rule.form not in ("never_employ", "never_certificate")) or is_claim(rule.form):
            continue
        body = print_body(rule)
        for name, parameter in table.policy.parameters.items():
            body = f" {body} ".replace(f" {name} ", f" {parameter.value} ").strip()
        found[body] = rule
    return found


def _same_subject(one: Rule, two: Rule) -> bool:
    """Whether two rules are the same duty with another value: same form, same main words."""
    if one.form != two.form:
        return False
    keys = _COOKIE_SUBJECT if one.form == "set_cookie" else _SUBJECT
    return all(one.part(key) == two.part(key) for key in keys)


def _say_changed(was: Rule, now: Rule, old: Policy, new: Policy) -> Change:
    text = f"{say_rule(now, new)} So far: {say_rule(was, old)[0].lower()}{say_rule(was, old)[1:]}"
    longer = _days(now, new) > _days(was, old)
    material = longer if now.verb in ("keep", "set", "answer", "erase", "tell") else now.verb in _PROTECTING
    return Change("changed", text, material, was.sentences, now.sentences)


def _days(rule: Rule, policy: Policy) -> float:
    for key in ("duration", "within", "life", "lead", "every"):
        for value in rule.part(key):
            parameter = policy.parameters.get(value)
            days = parse_days(parameter.value if parameter else value)
            if days is not None:
                return days
    return 0.0
