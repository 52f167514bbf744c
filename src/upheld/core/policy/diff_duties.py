"""What changes between two versions in duties, cookies, keeping times and safeguards; acts are compared in diff."""

from __future__ import annotations

import re

from upheld.core.policy.change import Change
from upheld.core.policy.compile import Table
from upheld.core.policy.forms import is_claim
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.reading.declare import parse_count, parse_days
from upheld.core.policy.saying.rules import say_rule
from upheld.core.policy.words import print_body

# what the table of acts shows already
_ACTS = frozenset({"use", "share", "show", "collect", "record", "share_one", "state", "store"})
_KEEPING = ("keep", "keep_until", "keep_while")
# V-52 of the research. A choice or safeguard: losing one, or a part of one, matters to people.
_PROTECTING = frozenset(
    {
        "applies", "covers", "work", "require_age", "honour", "keep_apart", "never_employ", "never_certificate",
        "choice_is", "choice_changed", "choice_stops", "put", "put_every", "let", "erase", "answer", "tell", "protect",
        "bind", "attest", "review", "tag",
    }
)  # fmt: skip
# More is taken or less protected: gaining one, or more of one, matters.
_WEAKENING = frozenset({"applies_not", "counts", "leave_out", "set_cookie", "ignore", "choice_spares", "delay"})
# What people see on a page matters when it is how they choose.
_CHOOSING = frozenset(
    {"part:sharing preferences", "part:communication preferences", "part:unsubscribe link", "part:stop link"}
)
# form -> the part that says what a rule is about; two rules of one form that share it are one duty that changed
_SUBJECTS = {
    "applies": "ways", "applies_not": "ways", "covers": "subjects", "counts": "parties", "leave_out": "exclusions",
    "set_cookie": "cookie", "work": "needs", "require_age": "at", "honour": "signals", "ignore": "signals",
    "show_part": "things", "allow": "parts", "send": "mails", "never_employ": "techniques",
    "never_certificate": "certificates", "choice_is": "choices", "choice_changed": "choices",
    "choice_stops": "choices", "choice_spares": "choices", "put": "mails", "answer": "requests", "tell": "events",
    "delay": "events", "bind": "recipients", "attest": "text", "review": "reviewed", "change": "change",
}  # fmt: skip
_LONGER_IS_WORSE = ("within", "life", "every", "renewed")
_SHORTER_IS_WORSE = ("lead", "number", "signed")
# parts that say everything by being left out: to name some is to say less
_NARROWING = frozenset({"about", "at", "purposes", "but"})
_NOT_LISTS = frozenset(
    {*_LONGER_IS_WORSE, *_SHORTER_IS_WORSE, "duration", "after", "role", "position", "before", "mode", "party"}
)
# how late a change binds: the higher, the better for people
_EFFECTS = {"use_after_posting": 1, "use_after_date": 1, "after_notice": 2, "on_acceptance": 3}
_FOREVER = float("inf")


def compare_duties(old: Table, new: Table) -> list[Change]:
    """Duties, cookies, keeping times and safeguards that came, went or got another value."""
    gone, came = _read_duties(old), _read_duties(new)
    for body in gone.keys() & came.keys():
        del gone[body], came[body]
    keeping = _Keeping(old, new)
    changes: list[Change] = []
    for now in came.values():
        twin = _find_twin(now, gone, new)
        if twin is None:
            material = keeping.is_longer(now, new) if now.form in _KEEPING else now.form in _WEAKENING
            changes.append(Change("added", say_rule(now, new.policy), material, after=now.sentences))
            continue
        was = gone.pop(twin)
        material = keeping.is_longer(now, new) if now.form in _KEEPING else _is_worse(was, now, old, new)
        text = f"{say_rule(now, new.policy)} So far: {_lower(say_rule(was, old.policy))}"
        changes.append(Change("changed", text, material, was.sentences, now.sentences))
    for was in gone.values():
        material = keeping.is_longer(was, old) if was.form in _KEEPING else _is_loss(was)
        text = f"No longer: {_lower(say_rule(was, old.policy))}"
        changes.append(Change("removed", text, material, before=was.sentences))
    return sorted(changes, key=lambda change: not change.is_material)


def _read_duties(table: Table) -> dict[str, Rule]:
    """The rules that the table of acts does not show, by their text with parameters put in."""
    found: dict[str, Rule] = {}
    for rule in table.rules:
        is_ban = rule.form.startswith("never_") and rule.form not in ("never_employ", "never_certificate")
        if rule.form in _ACTS or is_ban or rule.form.endswith("_only") or is_claim(rule.form):
            continue
        found[_fill_parameters(print_body(rule), table.policy)] = rule
    return found


def _fill_parameters(body: str, policy: Policy) -> str:
    for name, parameter in policy.parameters.items():
        body = re.sub(rf"(?<![\w.\"-]){re.escape(name)}(?![\w.\"-])", lambda _, p=parameter: p.value, body)  # type: ignore[misc]
    return body


def _find_twin(rule: Rule, others: dict[str, Rule], table: Table) -> str | None:
    """The rule of the other version that is the same duty: same form, about the same things, most alike."""
    key = _SUBJECTS.get(rule.form, "data")
    mine = _read_values(rule, key, table)
    alike = {
        body: sum(other.part(name) == values for name, values in rule.parts)
        for body, other in others.items()
        if other.form == rule.form
        and other.part("deed") == rule.part("deed")
        and (mine & _read_values(other, key, table) or mine == _read_values(other, key, table))
    }
    return max(alike, key=lambda body: alike[body], default=None)


def _read_values(rule: Rule, key: str, table: Table) -> frozenset[str]:
    if key in ("data", "about", "holding"):
        return frozenset(table.words.expand("data", rule.part(key)) or rule.part(key))
    return frozenset(rule.part(key))


def _is_loss(rule: Rule) -> bool:
    """Whether people lose something when this rule goes."""
    if rule.form == "show_part":
        return any(_is_choosing(thing) for thing in rule.part("things"))
    return rule.form in _PROTECTING


def _is_choosing(thing: str) -> bool:
    return thing in _CHOOSING or thing.startswith("question:")


def _is_worse(was: Rule, now: Rule, old: Table, new: Table) -> bool:
    """Whether the duty in its new form takes more or protects less."""
    for key in _LONGER_IS_WORSE:
        if _read_number(now, key, new, _FOREVER) > _read_number(was, key, old, _FOREVER):
            return True
    if any(_read_number(now, key, new, 0) < _read_number(was, key, old, 0) for key in _SHORTER_IS_WORSE):
        return True
    if now.form == "change":
        return _rank_effects(now, new) < _rank_effects(was, old)
    if now.form == "show_part":
        return any(_is_choosing(thing) for thing in set(was.part("things")) - set(now.part("things")))
    if now.part("mode") == ("opt-out",) and was.part("mode") == ("opt-in",):
        return True
    if (was.approval, was.part("before")) != (now.approval, now.part("before")):
        return True
    if now.form in _PROTECTING and (was.holds, was.unless) != (now.holds, now.unless):
        return True
    keys = dict.fromkeys(name for name, _ in (*was.parts, *now.parts) if name not in _NOT_LISTS)
    return any(_is_list_worse(key, was, now, old, new) for key in keys)


def _is_list_worse(key: str, was: Rule, now: Rule, old: Table, new: Table) -> bool:
    """Whether a list of the rule lost what protects people, or gained what does not."""
    before, after = _read_values(was, key, old), _read_values(now, key, new)
    lost, won = bool(before - after), bool(after - before)
    if key in ("events", "but"):  # one more event that has to happen, one more exception: it applies less often
        lost, won = won, lost
    elif key in _NARROWING and now.form in _PROTECTING:
        lost = bool(after) and (lost or not before)
    return (now.form in _PROTECTING and lost) or (now.form in _WEAKENING and won)


def _rank_effects(rule: Rule, table: Table) -> tuple[int, float]:
    """How late a change binds; of several ways the first counts."""
    ranks = []
    for value in rule.part("effects"):
        kind, _, time = value.partition(":")
        parameter = table.policy.parameters.get(time)
        ranks.append((_EFFECTS.get(kind, 0), parse_days(parameter.value if parameter else time) or 0.0))
    return min(ranks)


def _read_number(rule: Rule, key: str, table: Table, otherwise: float) -> float:
    """A time in days, or a count; what is not there or is no number counts as `otherwise`."""
    for value in rule.part(key):
        parameter = table.policy.parameters.get(value)
        text = parameter.value if parameter else value
        days = parse_days(text)
        if days is not None:
            return days
        if parse_count(text) is not None:
            return float(text)
    return otherwise


class _Keeping:
    """How long each piece of data is kept in both versions; data without an end counts as kept for ever."""

    def __init__(self, old: Table, new: Table) -> None:
        self._before, self._after = _read_keeping(old), _read_keeping(new)

    def is_longer(self, rule: Rule, table: Table) -> bool:
        """Whether some of this rule's data is kept longer in the new version than in the old one."""
        return any(self._is_longer(leaf) for leaf in table.words.expand("data", rule.data))

    def _is_longer(self, leaf: str) -> bool:
        before, after = self._before.get(leaf), self._after.get(leaf)
        if not before:
            return False
        if not after:
            return True
        return any(days > before.get(why, -1.0) for why, days in after.items())


def _read_keeping(table: Table) -> dict[str, dict[object, float]]:
    """For each leaf, by what the time counts from and what for: the most days."""
    found: dict[str, dict[object, float]] = {}
    for rule in table.rules:
        if rule.form in _KEEPING:
            why = (rule.form, rule.part("after"), rule.part("end"), rule.purposes, rule.holds, rule.unless)
            days = _read_number(rule, "duration", table, _FOREVER)
            for leaf in table.words.expand("data", rule.data):
                known = found.setdefault(leaf, {})
                known[why] = max(days, known.get(why, 0.0))
    return found


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
