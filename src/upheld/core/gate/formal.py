"""The formal proof: what each rule says of all cases, held against what the gate answers in all cases.

What a rule says comes from `claims`, what happens from `cases`; the compiled pieces are not asked, so that a fault in
compiling, in a residual or in a closure shows as an act that is permitted and should not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from upheld.core.gate.act import Verdict
from upheld.core.gate.cases import (
    MAX_CASES,
    Answers,
    Asked,
    Cells,
    answer_mask,
    ask_all,
    choice_bits,
    complete_mask,
    count_cells,
    make_act,
)
from upheld.core.gate.claims import NO_CONDITIONS, Assertion, ClaimReader, Conditions, Extent, list_degrees
from upheld.core.gate.counterexample import Counterexample, say_doubts, say_facts, write_facts
from upheld.core.gate.decide import Gate
from upheld.core.policy.condition import join_all
from upheld.core.policy.forms import FORMS
from upheld.core.policy.model import OTHER, Policy, Rule
from upheld.core.policy.reading.declare import parse_days

HOLDS, FAILS, UNUSED = "holds", "fails", "unused"
_THIRD_PARTY_COOKIES = "third-party cookies"
_RULED_OUT = "the rule rules this out, and the gate permits it"
_WITHHELD = "the rule permits this, and the gate does not"
_NOT_SAID = "the gate permits this by a rule that does not permit it"
_NOT_KNOWN = "the gate permits this by the rule, and what the rule asks for is not known"
_OTHERS_SAY = "; another rule does permit it, so the wrong sentence is cited"
_NOT_CLOSED = "the gate refuses this by a rule that does not rule it out"
_NOT_SPARED = "after a no this is closed, and with another answer it is open"
_NOT_NO = "for who was not asked this is open, and after a no it is closed"
_NOT_YES = "for who was not asked this is closed, and after a yes it is open"


@dataclass(frozen=True, slots=True)
class FormalProof:
    """What became of one rule: `holds`, `fails` with a counterexample, or `unused`, and `note` says why.

    `cells` is how many acts were looked at, `cases` how many combinations of facts were tried on them, `failing` in
    how many acts the rule fails.
    """

    rule: Rule
    state: str
    cells: int = 0
    cases: int = 0
    failing: int = 0
    counterexample: Counterexample | None = None
    note: str = ""


def prove_formally(gate: Gate, *, most_cases: int = MAX_CASES) -> tuple[FormalProof, ...]:
    """A proof for each active rule that can be checked in all cases, in the order of the file.

    Up to `most_cases` combinations of facts are tried for a cell; beyond, the smallest that could matter.
    """
    prover = _Prover(gate, most_cases)
    proofs = (prover.prove(number, rule) for number, rule in enumerate(gate.table.rules))
    return tuple(proof for proof in proofs if proof is not None)


@dataclass(slots=True)
class _Sheet:
    """What the check of one rule has seen so far."""

    cells: int = 0
    failing: int = 0
    touched: set[Answers] = field(default_factory=set)
    is_usable: bool = False
    cut_by: int = -1
    weight: tuple[int, ...] = ()
    example: Counterexample | None = None

    def look_at(self, asked: Asked, cells: Cells) -> None:
        """Counts these acts as looked at."""
        self.cells += count_cells(cells)
        self.touched.add(asked.answers)

    @property
    def cases(self) -> int:
        """How many combinations of facts were tried."""
        return sum(len(answers.cases) for answers in self.touched)


@dataclass(frozen=True, slots=True)
class _Fault:
    """One way in which a rule fails: in which case, with which verdict, and what it asks for in vain."""

    why: str
    mask: int
    verdict: Verdict
    asks: Conditions = NO_CONDITIONS
    is_lift: bool = False
    unasked: str = ""
    is_harmless: bool = False


class _Prover:
    """Holds the rules of one policy against the answers of one gate."""

    def __init__(self, gate: Gate, most_cases: int) -> None:
        self._table = gate.table
        self._facts = gate.table.facts
        self._degrees = list_degrees(gate.table)
        self._asked = ask_all(gate, most_cases)
        reader = ClaimReader(gate.table)
        self._said = [reader.read(rule) for rule in gate.table.rules]
        self._cited: dict[int, list[tuple[Asked, int, Verdict]]] = {}
        for one in (one for group in self._asked.values() for one in group):
            for mask, verdict in (*one.answers.opens, *one.answers.cuts):
                self._cited.setdefault(verdict.rule, []).append((one, mask, verdict))

    def prove(self, number: int, rule: Rule) -> FormalProof | None:
        """The proof of one rule; None when it says nothing that the table could show."""
        if rule.form in ("claim_employs", "never_employ"):
            return prove_techniques(self._table.policy, rule)
        if rule.form == "claim_certificate":
            return prove_certificates(self._table.policy, rule)
        if rule.form == "claim_cookies":
            return prove_cookies(self._table.policy, rule)
        said, sheet = self._said[number], _Sheet()
        if rule.form == "choice_is":
            self._check_default(rule, sheet)
        elif rule.form == "choice_spares":
            self._check_spared(rule, said.closed, sheet)
        else:
            self._check_closed(said, sheet)
            self._check_opened(said, sheet)
        self._check_cited(number, said, sheet)
        if sheet.example:
            return FormalProof(rule, FAILS, sheet.cells, sheet.cases, sheet.failing, sheet.example)
        if not (sheet.cells or FORMS[rule.form].grants or rule.form == "choice_is"):
            return None
        state, note = self._judge_use(rule, said, sheet)
        return FormalProof(rule, state, sheet.cells, sheet.cases, note=note)

    def _judge_use(self, rule: Rule, said: Assertion, sheet: _Sheet) -> tuple[str, str]:
        """Whether a rule that does not fail does anything, and if not why."""
        if rule.form == "choice_is" and not sheet.cells:
            return UNUSED, "no act depends on this choice"
        if not FORMS[rule.form].grants or sheet.is_usable:
            return HOLDS, ""
        if not said.opened:
            return (HOLDS, "") if said.closed else (UNUSED, "it names no purpose, so it permits nothing")
        if sheet.cut_by < 0:
            return UNUSED, "what it asks for can never be known"
        return UNUSED, f"closed in all cases by `{self._table.rules[sheet.cut_by].text}`"

    def _check_closed(self, said: Assertion, sheet: _Sheet) -> None:
        """Whether nothing permits, in any case, what the rule closes, unless the rule itself is lifted."""
        memo: dict[Answers, list[_Fault]] = {}
        for asked, cells in self._list_overlaps(said.closed):
            answers = asked.answers
            if answers not in memo:
                memo[answers] = [
                    _Fault(_RULED_OUT, mask, verdict, said.lifts, is_lift=True)
                    for mask, verdict in answers.opens
                    if not said.lifts.is_touched(self._facts, mask)
                ]
            sheet.look_at(asked, cells)
            self._note(sheet, asked, cells, memo[answers])

    def _check_opened(self, said: Assertion, sheet: _Sheet) -> None:
        """Whether each act is permitted as soon as what the rule asks for is known and nothing cuts."""
        needed = self._list_needed(said.needs)
        memo: dict[Answers, tuple[bool, list[_Fault]]] = {}
        for asked, cells in self._list_overlaps(said.opened):
            answers = asked.answers
            if answers not in memo:
                memo[answers] = self._try_needed(answers, needed)
            is_usable, faults = memo[answers]
            # that what is never collected could be used does not make collecting it any good
            if asked.action == said.opened[0].action:
                sheet.is_usable = sheet.is_usable or is_usable
                if needed and sheet.cut_by < 0:
                    sheet.cut_by = answers.decide(needed[0]).rule
            sheet.look_at(asked, cells)
            self._note(sheet, asked, cells, faults)

    def _list_needed(self, needs: Conditions) -> tuple[int, ...]:
        """The smallest cases in which all that a rule asks for is known."""
        facts = self._facts
        parts = [facts.known_true(condition) for condition in needs.true]
        parts += [facts.known_false(condition) for condition in needs.false]
        found = dict.fromkeys(case for mask in join_all(parts) for case in complete_mask(self._table, mask))
        return tuple(case for case in found if needs.is_met(facts, case))

    def _try_needed(self, answers: Answers, needed: tuple[int, ...]) -> tuple[bool, list[_Fault]]:
        """Whether such an act is permitted in some needed case, and the cases in which it ought to be and is not."""
        is_usable, faults = False, []
        for uncut in answers.uncut:
            for need in needed:
                for mask in complete_mask(self._table, uncut | need):
                    verdict = answers.decide(mask)
                    is_usable = is_usable or verdict.is_permitted
                    if not (verdict.is_permitted or verdict.is_cut):
                        faults.append(_Fault(_WITHHELD, mask, verdict))
        return is_usable, faults

    def _check_cited(self, number: int, said: Assertion, sheet: _Sheet) -> None:
        """Whether the gate decides by this rule only what it says, and permits only when what it asks for is known."""
        for asked, mask, verdict in self._cited.get(number, ()):
            if verdict.is_cut:
                for cells in asked.list_outside(said.closed):
                    self._note(sheet, asked, cells, [_Fault(_NOT_CLOSED, mask, verdict)])
                continue
            for cells in asked.list_outside(said.opened):
                self._note(sheet, asked, cells, [self._blame(asked, cells, _Fault(_NOT_SAID, mask, verdict))])
            if not said.needs.is_met(self._facts, mask):
                fault = self._blame(asked, asked.cells, _Fault(_NOT_KNOWN, mask, verdict, said.needs))
                self._note(sheet, asked, asked.cells, [fault])

    def _blame(self, asked: Asked, cells: Cells, fault: _Fault) -> _Fault:
        """The fault, marked when another rule does permit one of the acts: then only the sentence cited is wrong."""
        for said in self._said:
            for extent in said.opened:
                if extent.action == asked.action and said.needs.is_met(self._facts, fault.mask):
                    inside = replace(asked, data=cells[0], purposes=cells[1], counterparts=cells[2], degrees=cells[3])
                    if inside.find_overlap(extent):
                        return replace(fault, why=fault.why + _OTHERS_SAY, is_harmless=True)
        return fault

    def _check_spared(self, rule: Rule, spared: tuple[Extent, ...], sheet: _Sheet) -> None:
        """Whether a no leaves open whatever another answer opens."""
        memo: dict[Answers, list[_Fault]] = {}
        for asked, cells in self._list_overlaps(spared):
            answers = asked.answers
            if answers not in memo:
                memo[answers] = [
                    _Fault(_NOT_SPARED, after, answers.decide(after))
                    for choice in rule.part("choices")
                    for other in ("yes", "unasked", "unknown")
                    for _, after in self._list_differing(answers, choice, other, "no")
                ]
            sheet.look_at(asked, cells)
            self._note(sheet, asked, cells, memo[answers])

    def _check_default(self, rule: Rule, sheet: _Sheet) -> None:
        """Whether who was not asked is treated by the declared default: as after a no, or as after a yes."""
        is_opt_in = rule.part("mode") == ("opt-in",)
        why, first, second = (_NOT_NO, "unasked", "no") if is_opt_in else (_NOT_YES, "yes", "unasked")
        for choice in rule.part("choices"):
            reading = {f"chosen {choice}", f"refused {choice}"}
            memo: dict[Answers, list[_Fault]] = {}
            for asked in (asked for group in self._asked.values() for asked in group):
                answers = asked.answers
                if reading.isdisjoint(answers.facts):
                    continue
                if answers not in memo:
                    pairs = self._list_differing(answers, choice, first, second)
                    masks = [before if is_opt_in else after for before, after in pairs]
                    memo[answers] = [_Fault(why, mask, answers.decide(mask), unasked=choice) for mask in masks]
                sheet.look_at(asked, asked.cells)
                self._note(sheet, asked, asked.cells, memo[answers])

    def _list_differing(self, answers: Answers, choice: str, first: str, second: str) -> list[tuple[int, int]]:
        """Pairs of cases, alike but for the answer to a choice: open with the first answer, closed with the second."""
        bits = choice_bits(self._table, choice)
        before, after = (answer_mask(self._table, choice, answer) for answer in (first, second))
        rests = dict.fromkeys(case & ~bits for case in answers.cases)
        pairs = ((rest | before, rest | after) for rest in rests)
        return [
            (one, two)
            for one, two in pairs
            if answers.decide(one).is_permitted and not answers.decide(two).is_permitted
        ]

    def _list_overlaps(self, extents: tuple[Extent, ...]) -> Iterator[tuple[Asked, Cells]]:
        """What was asked about acts in these extents, with those of the acts that are in them."""
        for extent in extents:
            for asked in self._asked[extent.action]:
                cells = asked.find_overlap(extent)
                if cells:
                    yield asked, cells

    def _note(self, sheet: _Sheet, asked: Asked, cells: Cells, faults: list[_Fault]) -> None:
        """Counts these acts as failing and keeps the plainest: few facts to know, and names that the policy has."""
        if not faults:
            return
        sheet.failing += count_cells(cells)
        fault = min(faults, key=lambda fault: fault.mask.bit_count())
        data, purpose, counterpart = (next((n for n in part if n != OTHER), OTHER) for part in cells[:3])
        degree = cells[3][0]
        weight = (fault.is_harmless, fault.mask.bit_count(), (data, purpose, counterpart).count(OTHER), degree)
        if sheet.example and sheet.weight <= weight:
            return
        asks_expiry = "expired" in asked.answers.facts or "expired" in fault.asks.list_facts()
        sheet.weight = weight
        sheet.example = Counterexample(
            why=fault.why,
            act=make_act(asked.action, data, purpose, counterpart, self._degrees[degree]),
            mask=fault.mask,
            facts=write_facts(self._table, fault.mask, asks_expiry=asks_expiry, unasked=fault.unasked),
            known=say_facts(self._table, fault.mask, fault.unasked),
            doubts=say_doubts(self._table, fault.asks, fault.mask, is_lift=fault.is_lift),
            verdict=fault.verdict,
        )


def prove_techniques(policy: Policy, rule: Rule) -> FormalProof | None:
    """Whether each technique is banned by a rule, and no registered cookie is of another host; None if nothing shows it."""
    wanted = rule.part("techniques")
    banned = {
        name for other in policy.active_rules if other.form == "never_employ" for name in other.part("techniques")
    }
    missing = [name for name in wanted if name not in banned]
    foreign = [other for other in _list_cookies(policy) if other.part("party") == ("third_party",)]
    if missing:
        why = f"no rule says `never employ {missing[0]}`"
        return FormalProof(rule, FAILS, counterexample=Counterexample(why))
    if _THIRD_PARTY_COOKIES in wanted and foreign:
        return FormalProof(rule, FAILS, counterexample=Counterexample(f"there is the rule `{foreign[0].text}`"))
    is_shown = rule.form == "claim_employs" or _THIRD_PARTY_COOKIES in wanted
    return FormalProof(rule, HOLDS) if is_shown else None


def prove_certificates(policy: Policy, rule: Rule) -> FormalProof:
    """Whether a rule keeps each certificate off the pages once it has expired."""
    kept = {n for other in policy.active_rules if other.form == "never_certificate" for n in other.part("certificates")}
    missing = [name for name in rule.part("certificates") if name not in kept]
    if not missing:
        return FormalProof(rule, HOLDS)
    why = f"no rule says `never show {missing[0]} certificate once expired`"
    return FormalProof(rule, FAILS, counterexample=Counterexample(why))


def prove_cookies(policy: Policy, rule: Rule) -> FormalProof:
    """Whether more than half of the registered cookies that outlive the visit stay as long as the claim says."""
    shortest, longest = (_count_days(policy, rule.part(key)[0]) for key in ("duration", "longest"))
    lasting = [cookie for cookie in _list_cookies(policy) if cookie.part("life") != ("visit",)]
    within = [cookie for cookie in lasting if shortest <= _count_days(policy, cookie.part("life")[0]) <= longest]
    if not lasting:
        return FormalProof(rule, UNUSED, note="no registered cookie outlives the visit")
    if 2 * len(within) > len(lasting):
        return FormalProof(rule, HOLDS, note=f"{len(within)} of {len(lasting)} lasting cookies")
    other = next(cookie for cookie in lasting if cookie not in within)
    why = f"{len(within)} of {len(lasting)} lasting cookies stay that long, which is not most; there is `{other.text}`"
    return FormalProof(rule, FAILS, counterexample=Counterexample(why))


def _list_cookies(policy: Policy) -> list[Rule]:
    return [rule for rule in policy.active_rules if rule.form == "set_cookie"]


def _count_days(policy: Policy, value: str) -> float:
    parameter = policy.parameters.get(value)
    return parse_days(parameter.value if parameter else value) or 0.0
