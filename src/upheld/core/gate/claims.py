"""What each rule says of all cases: which cells it closes until when, which it opens on what; asks no gate.

Read from the rule's words and the policy's names, not from the compiled pieces, so that a fault in compiling shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.compile import ACTIONS, COUNTERPART_SORT, DEGREES, Table
from upheld.core.policy.condition import FactNumbers
from upheld.core.policy.model import (
    ANY_PURPOSE,
    ANYONE,
    ANYTHING,
    BY_ITSELF,
    EVERY_ADDRESS,
    EVERY_FORM,
    HERE,
    NO_COUNTERPART,
    OTHER,
    SELF,
    WIDE_TOUCHPOINTS,
    Condition,
    Degree,
    Rule,
    Term,
)
from upheld.core.policy.reading.declare import parse_count

Names = frozenset[str]

# form -> the action it closes, and the part that holds the counterparts; without that part it closes all of them
_CLOSING = {
    "never_collect": ("collect", "at"), "claim_nothing_collects": ("collect", "at"),
    "never_use": ("use", ""), "claim_nothing_uses": ("use", ""),
    "never_show": ("show", "to"), "claim_nothing_shows": ("show", "to"),
    "never_share": ("share", "recipients"), "claim_outside": ("share", "recipients"),
    "claim_gets": ("share", "recipients"),
    "never_keep": ("keep", "places"), "claim_nothing_keeps": ("keep", "places"),
}  # fmt: skip
# form -> the action, and the part that holds those for whom alone it is open
_ONLY_THERE = {
    "collect_only": ("collect", "at"), "record_only": ("collect", "at"), "claim_collected": ("collect", "at"),
    "show_only": ("show", "to"), "claim_see": ("show", "roles"), "share_only": ("share", "recipients"),
    "store_only": ("keep", "places"), "claim_stored": ("keep", "places"),
}  # fmt: skip
# form -> the action, and the part that holds the counterparts with whom only this data is open
_ONLY_THESE = {
    "at_collect_only": ("collect", "at"), "at_record_only": ("collect", "at"), "claim_at": ("collect", "at"),
    "for_use_only": ("use", ""), "claim_for": ("use", ""),
    "for_show_only": ("show", "to"), "for_share_only": ("share", "recipients"),
}  # fmt: skip
_OPENING = {
    **dict.fromkeys(("collect", "record", "collect_only", "record_only"), ("collect", "at")),
    **dict.fromkeys(("at_collect_only", "at_record_only"), ("collect", "at")),
    **dict.fromkeys(("use", "use_only", "for_use_only"), ("use", "")),
    **dict.fromkeys(("show", "show_only", "for_show_only"), ("show", "to")),
    **dict.fromkeys(("share", "share_one", "share_only", "for_share_only"), ("share", "recipients")),
    **dict.fromkeys(("store", "store_only"), ("keep", "places")),
}
_KEEPING = ("keep", "keep_until", "keep_while")


@dataclass(frozen=True, slots=True)
class Extent:
    """The cells of one action that a rule speaks of: every combination of these values."""

    action: str
    data: Names
    purposes: Names
    counterparts: Names
    degrees: frozenset[int]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions that have to be known: some to be true, others to be false."""

    true: tuple[Condition, ...] = ()
    false: tuple[Condition, ...] = ()

    def is_met(self, facts: FactNumbers, mask: int) -> bool:
        """Whether all of them are known to be as they have to be; met when there are none."""
        return all(know_condition(c, facts, mask) is True for c in self.true) and all(
            know_condition(c, facts, mask) is False for c in self.false
        )

    def is_touched(self, facts: FactNumbers, mask: int) -> bool:
        """Whether one of them is known to be as it has to be; never when there are none."""
        return any(know_condition(c, facts, mask) is True for c in self.true) or any(
            know_condition(c, facts, mask) is False for c in self.false
        )

    def list_facts(self) -> frozenset[str]:
        """The names of all facts that are asked for."""
        return frozenset(f for c in (*self.true, *self.false) for term in c.terms for f in term.facts)


NO_CONDITIONS = Conditions()


@dataclass(frozen=True, slots=True)
class Assertion:
    """What one rule says of all cases.

    In no case is a cell of `closed` permitted, unless one of `lifts` is known. A cell of `opened` is permitted by
    this rule when all of `needs` are known and nothing cuts it, and never otherwise.
    """

    closed: tuple[Extent, ...] = ()
    lifts: Conditions = NO_CONDITIONS
    opened: tuple[Extent, ...] = ()
    needs: Conditions = NO_CONDITIONS


def know_condition(condition: Condition, facts: FactNumbers, mask: int) -> bool | None:
    """Whether the condition is true, false or, as None, unknown, by the known facts in the mask."""
    known = [_know_term(term, facts, mask) for term in condition.terms]
    decisive = condition.mode == "any"
    if decisive in known:
        return decisive
    return None if None in known else not decisive


def _know_term(term: Term, facts: FactNumbers, mask: int) -> bool | None:
    values = [mask >> (2 * facts.index[name]) & 3 for name in term.facts]
    if 1 in values:
        return True
    return None if 0 in values else False


def name_fact(name: str) -> Condition:
    """The condition that asks for one fact."""
    return Condition("all", (Term(name, (name,)),))


def list_degrees(table: Table) -> tuple[Degree, ...]:
    """One degree of each class of the table, the one of its class that tells most about a person.

    Figures about groups smaller than any size the rules name stand for the largest such group.
    """
    sizes = table.thresholds
    below = max(0, sizes[0] - 1) if sizes else 2
    return (*(Degree(name) for name in DEGREES), *(Degree("aggregate", size) for size in (below, *sizes)))


class ClaimReader:
    """Reads what rules of one policy say of all cases."""

    def __init__(self, table: Table) -> None:
        self._policy = table.policy
        self._words = words = table.policy.words
        self._degrees = list_degrees(table)
        self._all_degrees = frozenset(range(len(self._degrees)))
        self._data = frozenset(words.leaves("data")) | {OTHER}
        self._purposes = frozenset(words.leaves("purpose")) | {OTHER}

    def read(self, rule: Rule) -> Assertion:
        """What this rule says of all cases; empty for a rule that speaks of no act."""
        opened = self._read_opened(rule)
        return Assertion(self._read_closed(rule), self._read_lifts(rule), opened, self._read_needs(rule))

    # what is closed

    def _read_closed(self, rule: Rule) -> tuple[Extent, ...]:
        form = rule.form
        if form in _CLOSING:
            return self._close_named(rule, *_CLOSING[form])
        if form in _ONLY_THERE:
            return self._close_elsewhere(rule, *_ONLY_THERE[form])
        if form in _ONLY_THESE:
            return self._close_others(rule, *_ONLY_THESE[form])
        if form in ("use_only", "claim_used"):
            rest = self._purposes - self._named_purposes(rule)
            return self._extents("use", self._cut_data(rule), rest, degrees=self._as_telling(rule))
        if form == "claim_leaves":
            purposes = self._named_purposes(rule) if rule.purposes else self._purposes
            return self._outside(self._cut_data(rule), purposes, self._more_telling(rule))
        if form in ("keep", "keep_until"):
            purposes = self._named_purposes(rule) if rule.purposes else self._purposes
            data = self._cut_data(rule)
            return tuple(e for action in ("use", "show", "share") for e in self._extents(action, data, purposes))
        if form in ("choice_stops", "choice_spares"):
            return self._read_targets(rule)
        if form == "require_age":
            touchpoints = self._named_counterparts(rule, "collect", "at", closing=True)
            return self._extents("collect", self._data, self._purposes, touchpoints)
        if form == "bind":
            purposes = self._named_purposes(rule) if rule.purposes else self._purposes
            recipients = self._named_counterparts(rule, "share", "recipients", closing=True)
            return self._extents("share", self._data, purposes, recipients)
        return ()

    def _close_named(self, rule: Rule, action: str, key: str) -> tuple[Extent, ...]:
        """`never …`, `claim nothing …`, `claim nobody outside gets …`."""
        purposes = self._named_purposes(rule) if rule.purposes else self._purposes
        data, degrees = self._cut_data(rule), self._as_telling(rule)
        if rule.form == "claim_outside":
            return self._outside(data, purposes, degrees)
        named = self._named_counterparts(rule, action, key, closing=True) if rule.part(key) else None
        return self._extents(action, data, purposes, named, degrees)

    def _outside(self, data: Names, purposes: Names, degrees: frozenset[int]) -> tuple[Extent, ...]:
        """Outside are all recipients, and whoever sees something without having a role in the house."""
        shared = self._extents("share", data, purposes, degrees=degrees)
        return shared + self._extents("show", data, purposes, frozenset({OTHER}), degrees)

    def _close_elsewhere(self, rule: Rule, action: str, key: str) -> tuple[Extent, ...]:
        """`collect D only at T`, `show D only to R`, `claim D is stored only in L`: everywhere else.

        The person may see their own data whoever else may not, and `here` is where the house itself keeps it.
        """
        rest = self._universe(action) - self._named_counterparts(rule, action, key) - {SELF, HERE}
        purposes = self._named_purposes(rule) if rule.form == "claim_see" and rule.purposes else self._purposes
        return self._extents(action, self._cut_data(rule), purposes, rest, self._as_telling(rule))

    def _close_others(self, rule: Rule, action: str, key: str) -> tuple[Extent, ...]:
        """`for P use only D`, `at T collect only D`: all other data, and this data closer to the person."""
        purposes = self._purposes if action == "collect" else self._named_purposes(rule)
        counterparts = self._universe(action) - {SELF}
        if rule.part(key):
            counterparts = self._named_counterparts(rule, action, key, closing=True)
        data = self._named_data(rule)
        others = self._extents(action, self._data - data, purposes, counterparts)
        return others + self._extents(action, data, purposes, counterparts, self._more_telling(rule))

    def _read_targets(self, rule: Rule) -> tuple[Extent, ...]:
        """What a choice stops (or does not stop): messages are uses; a purpose is everything but one's own view."""
        found: tuple[Extent, ...] = ()
        for target in rule.part("targets"):
            kind, _, name = target.partition(":")
            if kind == "sharing":
                recipients = self._counterparts("share", (name,), closing=True)
                found += self._extents("share", self._data, self._purposes, recipients)
                continue
            mail = self._words.of_sort("mail").get(name) if kind == "mail" else None
            names = (mail.members or (mail.value,)) if mail else (name,)
            leaves = frozenset(self._words.expand("purpose", names))
            purposes = self._purposes if ANY_PURPOSE in names else leaves
            for action in ACTIONS if kind == "purpose" else ("use",):
                found += self._extents(action, self._data, purposes, self._universe(action) - {SELF})
        return found

    def _read_lifts(self, rule: Rule) -> Conditions:
        form = rule.form
        if form in ("keep", "keep_until"):
            return Conditions(false=(name_fact("expired"),))
        if form == "choice_stops":
            refused = tuple(f"refused {choice}" for choice in rule.part("choices"))
            return Conditions(false=(Condition("any", tuple(Term(name, (name,)) for name in refused)),))
        if form == "require_age":
            return Conditions(false=(name_fact("known minor"),))
        if form == "bind":
            return Conditions(true=(name_fact("bound"),))
        if form in _CLOSING or form in ("claim_see", "claim_leaves"):
            return Conditions((rule.unless,) if rule.unless else (), (rule.holds,) if rule.holds else ())
        return NO_CONDITIONS  # an `only` is never lifted; its condition is about what it opens

    # what is opened

    def _read_opened(self, rule: Rule) -> tuple[Extent, ...]:
        form = rule.form
        if form in _OPENING:
            action, key = _OPENING[form]
            named = self._named_counterparts(rule, action, key) if key else None
            if key and not rule.part(key):
                return ()  # `for P show only D` without anybody opens nothing
            purposes = self._purposes if self._needs_no_purpose(rule) else self._named_purposes(rule)
            degrees = frozenset(n for n in self._all_degrees if not self._tells_more(n, rule.degree))
            found = self._extents(action, self._named_data(rule), purposes, named, degrees)
            if action == "collect":
                found += self._extents("use", self._named_data(rule), purposes, None, degrees)
            return found
        if form in _KEEPING:
            purposes = self._named_purposes(rule) if rule.purposes else self._purposes
            return self._extents("keep", self._named_data(rule), purposes, frozenset({HERE}))
        if form == "send":
            return self._read_sending(rule)
        return ()

    def _read_sending(self, rule: Rule) -> tuple[Extent, ...]:
        audiences, mails = self._words.of_sort("audience"), self._words.of_sort("mail")
        receivers = rule.part("receivers")
        data = [name for r in receivers for name in (audiences[r].members if r in audiences else (r,))]
        purposes = [name for mail in rule.part("mails") for name in (mails[mail].members or (mails[mail].value,))]
        leaves = frozenset(self._words.expand("data", tuple(data)))
        return self._extents("use", leaves, frozenset(self._words.expand("purpose", tuple(purposes))))

    def _read_needs(self, rule: Rule) -> Conditions:
        true = [rule.holds] if rule.holds else []
        false = [rule.unless] if rule.unless else []
        if rule.approval:
            true.append(name_fact(str(rule.approval)))
        if rule.form == "share_one":
            true.append(name_fact("routed"))
        if rule.form in ("keep", "keep_until", "store", "store_only"):
            false.append(name_fact("expired"))
        return Conditions(tuple(true), tuple(false))

    def _needs_no_purpose(self, rule: Rule) -> bool:
        """Storing names none, and what only the person sees needs none."""
        is_own = rule.form in ("show", "show_only") and rule.part("to") == (SELF,) and not rule.purposes
        return is_own or rule.form in ("store", "store_only")

    # names to leaves

    def _extents(
        self, action: str, data: Names, purposes: Names, counterparts: Names | None = None,
        degrees: frozenset[int] | None = None,
    ) -> tuple[Extent, ...]:  # fmt: skip
        """The extent as a tuple of one, or of none when there is no cell in it. None is everything there is."""
        others = self._universe(action) if counterparts is None else counterparts
        classes = self._all_degrees if degrees is None else degrees
        is_empty = not (data and purposes and others and classes)
        return () if is_empty else (Extent(action, data, purposes, others, classes),)

    def _universe(self, action: str) -> Names:
        """Every counterpart there can be, the one the policy does not name included."""
        if action == "use":
            return frozenset({NO_COUNTERPART})
        names = frozenset(self._words.of_sort(COUNTERPART_SORT[action])) - {ANYONE} - WIDE_TOUCHPOINTS
        return names | {OTHER} | ({HERE} if action == "keep" else frozenset())

    def _named_counterparts(self, rule: Rule, action: str, key: str, *, closing: bool = False) -> Names:
        if not key:
            return frozenset({NO_COUNTERPART})
        return self._counterparts(action, rule.part(key), closing=closing)

    def _counterparts(self, action: str, names: Iterable[str], *, closing: bool = False) -> Names:
        """These names opened. `anywhere` opens what is declared, and closes all there is."""
        found: set[str] = set()
        for name in names:
            if name == ANYONE:
                found |= self._universe(action) - {SELF}
            elif name in WIDE_TOUCHPOINTS:
                found |= self._open_wide(name, action, closing=closing)
            else:
                found.add(name)
        return frozenset(found)

    def _open_wide(self, name: str, action: str, *, closing: bool) -> Names:
        """`anywhere` and `every page` are all there is, `every form` all where a server does not note by itself."""
        declared = self._words.of_sort(COUNTERPART_SORT[action])
        found = self._universe(action) if closing else frozenset(self._words.leaves(COUNTERPART_SORT[action]))
        if name == EVERY_ADDRESS and not closing:
            return frozenset()
        if name != EVERY_FORM:
            return found
        return found - {one for one in found if one in declared and declared[one].value in BY_ITSELF}

    def _named_data(self, rule: Rule) -> Names:
        left_out = self._words.expand("data", rule.part("but"))
        return frozenset(self._words.expand("data", rule.data)) - frozenset(left_out)

    def _cut_data(self, rule: Rule) -> Names:
        """What a rule closes or a claim speaks of: `anything` is also what the policy does not name."""
        return self._named_data(rule) | (frozenset({OTHER}) if ANYTHING in rule.data else frozenset())

    def _named_purposes(self, rule: Rule) -> Names:
        named = frozenset(self._words.expand("purpose", rule.purposes))
        if ANY_PURPOSE in rule.purposes:
            named = self._purposes
        return named - frozenset(self._words.expand("purpose", rule.part("purposes_but")))

    # degrees

    def _as_telling(self, rule: Rule) -> frozenset[int]:
        """The degree of the rule and all that tell more; all degrees when it names none."""
        if rule.degree is None:
            return self._all_degrees
        return frozenset(n for n in self._all_degrees if self._rank(self._degrees[n]) <= self._rank(rule.degree))

    def _more_telling(self, rule: Rule) -> frozenset[int]:
        """The degrees that tell more than the rule's; none when it names none."""
        return frozenset(n for n in self._all_degrees if rule.degree and self._tells_more(n, rule.degree))

    def _tells_more(self, number: int, degree: Degree | None) -> bool:
        return degree is not None and self._rank(self._degrees[number]) < self._rank(degree)

    def _rank(self, degree: Degree) -> tuple[int, int]:
        """The higher, the less it tells: by name, then by the size of the group."""
        if degree.name != "aggregate":
            return DEGREES.index(degree.name), 0
        value = self._policy.parameters[degree.parameter].value if degree.parameter else str(degree.k)
        return len(DEGREES), parse_count(value) or 10**9
