"""A policy to its table: which rules open or close which acts, and under which facts; knows no gate.

The table is over action x data x purpose x counterpart x degree. It is kept factorised: for each value of each
dimension the set of pieces that cover it, as bits, so the pieces of one cell are the bits all five have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from upheld.core.policy.condition import ALWAYS, NEVER, FactNumbers, Masks, join_all, join_any
from upheld.core.policy.forms import FORMS
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
    Degree,
    Policy,
    Rule,
    Words,
)
from upheld.core.policy.reading.declare import parse_count

ACTIONS = ("collect", "use", "show", "share", "keep")
COUNTERPART_SORT = {"collect": "touchpoint", "show": "role", "share": "recipient", "keep": "place"}
DEGREES = ("identified", "pseudonymous", "de-identified")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one rule does to a block of cells.

    A grant opens when one of `masks` is set; a cut closes unless one of `masks` is set.
    `size` counts data x purposes x counterparts: the narrowest piece speaks first.
    """

    kind: str
    action: str
    data: frozenset[str]
    purposes: frozenset[str]
    counterparts: frozenset[str]
    degrees: range
    masks: Masks
    rule: int
    is_implied: bool = False

    @property
    def size(self) -> int:
        """How many cells the piece covers, degrees left out."""
        return len(self.data) * len(self.purposes) * len(self.counterparts)


@dataclass(frozen=True, slots=True)
class Table:
    """The compiled policy. Immutable; safe to share between threads."""

    policy: Policy
    rules: tuple[Rule, ...]
    facts: FactNumbers
    pieces: tuple[Piece, ...]
    thresholds: tuple[int, ...]
    choices: Mapping[str, str]
    cells: Mapping[str, tuple[Mapping[str, int], Mapping[str, int], Mapping[str, int], tuple[int, ...]]] = field(
        repr=False
    )

    @property
    def words(self) -> Words:
        """The policy's words."""
        return self.policy.words

    def find_pieces(self, action: str, data: str, purpose: str, counterpart: str, degree: int) -> int:
        """The bits of all pieces that cover this cell; names the policy does not know fall into `OTHER`."""
        by_data, by_purpose, by_counterpart, by_degree = self.cells[action]
        return (
            by_data.get(data, by_data[OTHER])
            & by_purpose.get(purpose, by_purpose[OTHER])
            & by_counterpart.get(counterpart, by_counterpart[OTHER])
            & by_degree[degree]
        )

    def number_degree(self, degree: Degree) -> int:
        """The class of a degree: the higher, the less it tells about a person."""
        if degree.name != "aggregate":
            return DEGREES.index(degree.name)
        return len(DEGREES) + sum(1 for threshold in self.thresholds if threshold <= degree.k)

    def list_values(self, action: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], range]:
        """All values of the four dimensions of one action: data, purposes, counterparts, degree classes."""
        by_data, by_purpose, by_counterpart, by_degree = self.cells[action]
        return tuple(by_data), tuple(by_purpose), tuple(by_counterpart), range(len(by_degree))

    def iter_pieces(self, bits: int) -> Iterator[Piece]:
        """The pieces of a set of bits, narrowest first."""
        while bits:
            low = bits & -bits
            yield self.pieces[low.bit_length() - 1]
            bits ^= low

    def sentences_of(self, piece: Piece) -> tuple[str, ...]:
        """The references of the sentences whose rule this piece comes from."""
        return self.rules[piece.rule].sentences

    def say_degree(self, number: int) -> str:
        """A degree class in the language's words."""
        if number < len(DEGREES):
            return DEGREES[number]
        index = number - len(DEGREES)
        if index == 0:
            return f"in aggregate of fewer than {self.thresholds[0]}" if self.thresholds else "in aggregate"
        return f"in aggregate of {self.thresholds[index - 1]}"


def compile_policy(policy: Policy, numbers: FactNumbers | None = None) -> Table:
    """The table of the policy's active rules.

    `numbers` are those of earlier versions: their facts keep their bits, new ones are added behind.
    """
    rules = policy.active_rules
    facts = number_facts(policy, numbers)
    compiler = _Compiler(policy, facts)
    pieces = [piece for number, rule in enumerate(rules) for piece in compiler.compile_rule(rule, number)]
    pieces.sort(key=lambda piece: (piece.size, piece.rule))
    choices = dict.fromkeys(policy.words.of_sort("choice"), "opt-in")
    for rule in rules:
        if rule.form == "choice_is":
            choices |= {choice: rule.part("mode")[0] for choice in rule.part("choices")}
    cells = {action: compiler.index_cells(action, pieces) for action in ACTIONS}
    return Table(policy, rules, facts, tuple(pieces), compiler.thresholds, choices, cells)


def number_facts(policy: Policy, numbers: FactNumbers | None = None) -> FactNumbers:
    """All facts this policy can ask about, those of earlier versions first, facts about the person before others."""
    order = {"person": 0, "item": 1, "act": 2, "context": 3}
    names = sorted(policy.fact_sorts, key=lambda name: order[policy.fact_sorts[name]])
    approvals = [str(rule.approval) for rule in policy.rules if rule.approval]
    return FactNumbers.of([*(numbers.names if numbers else ()), *names, *approvals])


class _Compiler:
    """Opens the names of rules into cells; one for each compilation."""

    def __init__(self, policy: Policy, facts: FactNumbers) -> None:
        self._policy = policy
        self._words = policy.words
        self._facts = facts
        rules = policy.active_rules
        self.thresholds = tuple(sorted({border for rule in rules for border in self._borders(rule)}))
        self._all_data = frozenset(self._words.leaves("data"))
        self._all_purposes = frozenset(self._words.leaves("purpose")) | {OTHER}
        self._all_degrees = range(len(DEGREES) + 1 + len(self.thresholds))

    def index_cells(
        self, action: str, pieces: list[Piece]
    ) -> tuple[dict[str, int], dict[str, int], dict[str, int], tuple[int, ...]]:
        """For each value of each dimension of this action the bits of the pieces that cover it."""
        by_data = dict.fromkeys([*self._words.leaves("data"), OTHER], 0)
        by_purpose = dict.fromkeys([*self._words.leaves("purpose"), OTHER], 0)
        by_counterpart = dict.fromkeys([*sorted(self._universe(action)), OTHER], 0)
        by_degree = [0] * len(self._all_degrees)
        for number, piece in enumerate(pieces):
            if piece.action != action:
                continue
            bit = 1 << number
            for names, found in (
                (piece.data, by_data),
                (piece.purposes, by_purpose),
                (piece.counterparts, by_counterpart),
            ):
                for name in names:
                    found[name] |= bit
            for degree in piece.degrees:
                by_degree[degree] |= bit
        return by_data, by_purpose, by_counterpart, tuple(by_degree)

    def compile_rule(self, rule: Rule, number: int) -> list[Piece]:
        """The pieces of one rule; none for rules that speak of no act."""
        form = rule.form
        if form.startswith("never_") and form not in ("never_employ", "never_certificate"):
            found = [self._never(rule, form.removeprefix("never_"))]
        elif form in ("collect", "record"):
            found = self._grant(rule, "collect", self._named(rule, "touchpoint", "at"))
        elif form in ("share", "share_one"):
            found = self._grant(rule, "share", self._named(rule, "recipient", "recipients"))
        elif form == "show":
            found = self._grant(rule, "show", self._named(rule, "role", "to"))
        elif form == "use":
            found = self._grant(rule, "use", frozenset({NO_COUNTERPART}))
        elif form.endswith("_only"):
            found = self._only(rule)
        elif form == "send":
            found = self._send(rule)
        elif form.startswith("keep"):
            found = self._keep(rule)
        elif form == "store":
            found = self._store(rule)
        elif form == "choice_stops":
            found = self._choice_stops(rule)
        elif form == "require_age":
            found = [self._require_age(rule)]
        elif form == "bind":
            found = [self._bind(rule)]
        else:
            found = []
        return [replace(piece, rule=number) for piece in found if piece.size and len(piece.degrees)]

    def _grant(self, rule: Rule, action: str, counterparts: frozenset[str]) -> list[Piece]:
        data, purposes = self._data(rule), self._purposes(rule)
        degrees = self._at_or_above(rule)
        masks = self._opens(rule)
        grant = Piece("grant", action, data, purposes, counterparts, degrees, masks, 0)
        if action != "collect":
            return [grant]
        implied = Piece("grant", "use", data, purposes, frozenset({NO_COUNTERPART}), degrees, masks, 0, is_implied=True)
        return [grant, implied]

    def _never(self, rule: Rule, action: str) -> Piece:
        keys = {"collect": "at", "show": "to", "share": "recipients", "keep": "places"}
        key = keys.get(action)
        if key and rule.part(key):
            counterparts = self._named(rule, COUNTERPART_SORT[action], key, is_cut=True)
        else:
            counterparts = self._universe(action)
        purposes = self._purposes(rule) if rule.purposes else self._all_purposes
        return self._cut(rule, action, self._data(rule, is_cut=True), purposes, counterparts)

    def _cut(
        self, rule: Rule, action: str, data: frozenset[str], purposes: frozenset[str], counterparts: frozenset[str]
    ) -> Piece:
        return Piece("cut", action, data, purposes, counterparts, self._at_or_below(rule), self._lifts(rule), 0)

    def _only(self, rule: Rule) -> list[Piece]:
        form = rule.form
        if form == "store_only":
            return self._store(rule)
        action = "collect" if "record" in form or "collect" in form else form.removeprefix("for_").split("_")[0]
        key = {"collect": "at", "show": "to", "share": "recipients"}.get(action)
        sort = COUNTERPART_SORT.get(action, "")
        named = self._named(rule, sort, key) if key and rule.part(key) else frozenset({NO_COUNTERPART})
        is_given = key is None or bool(rule.part(key))
        grants = self._grant(rule, action, named) if is_given else []
        if form.startswith(("for_", "at_")):
            wide = self._named(rule, sort, key, is_cut=True) if key and is_given else named
            return grants + self._only_data(rule, action, wide if is_given else self._others(action))
        data = self._data(rule, is_cut=True)
        if form == "use_only":
            rest = self._all_purposes - self._purposes(rule)
            cut = self._cut(rule, action, data, rest, frozenset({NO_COUNTERPART}))
        else:
            rest = self._others(action) - named
            cut = self._cut(rule, action, data, self._all_purposes, rest)
        return [*grants, replace(cut, masks=NEVER)]

    def _only_data(self, rule: Rule, action: str, counterparts: frozenset[str]) -> list[Piece]:
        """What `for P use only X` and `at T collect only X` close: other data, and X closer to the person."""
        data = self._data(rule)
        is_for = rule.form.startswith("for_")
        purposes = self._purposes(rule) if is_for else self._all_purposes
        rest = (self._all_data | {OTHER}) - data
        cuts = [Piece("cut", action, rest, purposes, counterparts, self._all_degrees, NEVER, 0)]
        if rule.degree:
            closer = range(self._first_class(rule.degree))
            cuts.append(Piece("cut", action, data, purposes, counterparts, closer, NEVER, 0))
        return cuts

    def _send(self, rule: Rule) -> list[Piece]:
        names: list[str] = []
        for receiver in rule.part("receivers"):
            audience = self._words.of_sort("audience").get(receiver)
            names.extend(audience.members if audience else (receiver,))
        mails = self._words.of_sort("mail")
        purposes = [member for mail in rule.part("mails") for member in (mails[mail].members or (mails[mail].value,))]
        data = frozenset(self._words.expand("data", tuple(names)))
        leaves = frozenset(self._words.expand("purpose", tuple(purposes)))
        masks = self._opens(rule)
        return [Piece("grant", "use", data, leaves, frozenset({NO_COUNTERPART}), self._all_degrees, masks, 0)]

    def _keep(self, rule: Rule) -> list[Piece]:
        if rule.form == "keep_apart":
            return []
        data = self._data(rule)
        purposes = self._purposes(rule) if rule.purposes else self._all_purposes
        here = frozenset({HERE})
        in_time: Masks = (self._facts.false_bit("expired"),)
        opens = self._opens(rule)
        if rule.form == "keep_while":
            return [Piece("grant", "keep", data, purposes, here, self._all_degrees, opens, 0)]
        masks = join_all((opens, in_time))
        pieces = [Piece("grant", "keep", data, purposes, here, self._all_degrees, masks, 0)]
        over = self._data(rule, is_cut=True)
        for action in ("use", "show", "share"):
            counterparts = self._universe(action)
            pieces.append(Piece("cut", action, over, purposes, counterparts, self._all_degrees, in_time, 0))
        return pieces

    def _store(self, rule: Rule) -> list[Piece]:
        places = self._named(rule, "place", "places")
        in_time: Masks = (self._facts.false_bit("expired"),)
        data = self._data(rule)
        grant = Piece("grant", "keep", data, self._all_purposes, places, self._all_degrees, in_time, 0)
        if rule.form == "store":
            return [grant]
        rest = self._universe("keep") - places - {HERE}
        cut_data = self._data(rule, is_cut=True)
        return [grant, Piece("cut", "keep", cut_data, self._all_purposes, rest, self._all_degrees, NEVER, 0)]

    def _choice_stops(self, rule: Rule) -> list[Piece]:
        masks = join_all((self._facts.false_bit(f"refused {choice}"),) for choice in rule.part("choices"))
        data = self._all_data | {OTHER}
        messages: list[str] = []
        purposes: list[str] = []
        pieces: list[Piece] = []
        for target in rule.part("targets"):
            kind, _, name = target.partition(":")
            if kind == "sharing":
                recipients = self._open_names("recipient", (name,), is_cut=True)
                pieces.append(Piece("cut", "share", data, self._all_purposes, recipients, self._all_degrees, masks, 0))
            elif kind == "mail":
                word = self._words.of_sort("mail")[name]
                messages.extend(word.members or (word.value,))
            else:
                purposes.append(name)
        # a no to a message stops its sending, which is a use; a no to a purpose stops everything for it, but the
        # person still sees what is theirs
        for action in ACTIONS:
            names = [*messages, *purposes] if action == "use" else purposes
            leaves = frozenset(self._words.expand("purpose", tuple(names)))
            if ANY_PURPOSE in names:
                leaves = self._all_purposes
            pieces.append(Piece("cut", action, data, leaves, self._others(action), self._all_degrees, masks, 0))
        return pieces

    def _require_age(self, rule: Rule) -> Piece:
        masks: Masks = (self._facts.false_bit("known minor"),)
        touchpoints = self._named(rule, "touchpoint", "at", is_cut=True)
        data = self._all_data | {OTHER}
        return Piece("cut", "collect", data, self._all_purposes, touchpoints, self._all_degrees, masks, 0)

    def _bind(self, rule: Rule) -> Piece:
        masks: Masks = (self._facts.true_bit("bound"),)
        recipients = self._named(rule, "recipient", "recipients", is_cut=True)
        purposes = self._purposes(rule) if rule.purposes else self._all_purposes
        data = self._all_data | {OTHER}
        return Piece("cut", "share", data, purposes, recipients, self._all_degrees, masks, 0)

    def _opens(self, rule: Rule) -> Masks:
        parts: list[Masks] = [ALWAYS]
        if rule.holds:
            parts.append(self._facts.known_true(rule.holds))
        if rule.unless:
            parts.append(self._facts.known_false(rule.unless))
        if rule.approval:
            parts.append((self._facts.true_bit(str(rule.approval)),))
        if rule.form == "share_one":
            parts.append((self._facts.true_bit("routed"),))
        return join_all(parts)

    def _lifts(self, rule: Rule) -> Masks:
        parts: list[Masks] = [NEVER]
        if rule.holds:
            parts.append(self._facts.known_false(rule.holds))
        if rule.unless:
            parts.append(self._facts.known_true(rule.unless))
        return join_any(parts)

    def _data(self, rule: Rule, *, is_cut: bool = False) -> frozenset[str]:
        named = frozenset(self._words.expand("data", rule.data))
        if is_cut and ANYTHING in rule.data:
            named |= {OTHER}
        return named - frozenset(self._words.expand("data", rule.part("but")))

    def _purposes(self, rule: Rule) -> frozenset[str]:
        named = frozenset(self._words.expand("purpose", rule.purposes))
        is_free = rule.form in ("show", "show_only") and rule.part("to") == (SELF,) and not rule.purposes
        if ANY_PURPOSE in rule.purposes or is_free:
            named = self._all_purposes
        return named - frozenset(self._words.expand("purpose", rule.part("purposes_but")))

    def _universe(self, action: str) -> frozenset[str]:
        if action == "use":
            return frozenset({NO_COUNTERPART})
        if action == "keep":
            return frozenset(self._words.leaves("place")) | {HERE, OTHER}
        sort = COUNTERPART_SORT[action]
        everywhere = {ANYONE, *WIDE_TOUCHPOINTS}
        names = frozenset(name for name in self._words.of_sort(sort) if name not in everywhere)
        return names | {OTHER}

    def _others(self, action: str) -> frozenset[str]:
        """Everybody that `anyone` and `only` speak of: not the person."""
        return self._universe(action) - {SELF}

    def _named(self, rule: Rule, sort: str, key: str | None, *, is_cut: bool = False) -> frozenset[str]:
        return self._open_names(sort, rule.part(key or ""), is_cut=is_cut)

    def _open_names(self, sort: str, names: Iterable[str], *, is_cut: bool = False) -> frozenset[str]:
        """The counterparts of these names.

        `anywhere` and `every page` open only declared touchpoints, but close all; `every form` leaves out those
        where a server notes by itself.
        """
        action = next(action for action, of_sort in COUNTERPART_SORT.items() if of_sort == sort)
        found: set[str] = set()
        for name in names:
            if name == ANYONE:
                found |= self._others(action)
            elif name in WIDE_TOUCHPOINTS:
                found |= self._open_wide(name, action, sort, is_cut=is_cut)
            elif self._words.has(sort, name):
                found.add(name)
        return frozenset(found)

    def _open_wide(self, name: str, action: str, sort: str, *, is_cut: bool) -> frozenset[str]:
        wide = self._universe(action) if is_cut else frozenset(self._words.leaves(sort))
        if name == EVERY_FORM:
            return wide - {word.name for word in self._words.of_sort(sort).values() if word.value in BY_ITSELF}
        return frozenset() if name == EVERY_ADDRESS and not is_cut else wide

    def _k(self, degree: Degree) -> int:
        if degree.parameter is None:
            return degree.k
        parameter = self._policy.parameters.get(degree.parameter)
        return (parse_count(parameter.value) if parameter else None) or 10**9

    def _borders(self, rule: Rule) -> tuple[int, ...]:
        """Where a class of aggregates begins because of this rule.

        A grant of k speaks of k and more, a ban of k of k and fewer: it needs a border at k + 1, so that the
        classes are exact and no rule moves what another one means.
        """
        if rule.degree is None or rule.degree.name != "aggregate":
            return ()
        k = self._k(rule.degree)
        return (k, k + 1) if FORMS[rule.form].cuts else (k,)

    def _first_class(self, degree: Degree, *, above: bool = False) -> int:
        """The class where this degree begins, or where what tells less than it begins."""
        if degree.name != "aggregate":
            return DEGREES.index(degree.name) + above
        return len(DEGREES) + 1 + self.thresholds.index(self._k(degree) + above)

    def _at_or_above(self, rule: Rule) -> range:
        first = self._first_class(rule.degree) if rule.degree else 0
        return range(first, len(self._all_degrees))

    def _at_or_below(self, rule: Rule) -> range:
        return range(self._first_class(rule.degree, above=True)) if rule.degree else self._all_degrees
