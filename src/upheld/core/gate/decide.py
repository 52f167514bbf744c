"""The gate: one act and the facts in, one verdict out; no I/O, no clock, nothing remembered but compiled cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from upheld.core.gate.act import PERMITTED, REFUSED, SILENT, Act, Verdict
from upheld.core.gate.residual import Decision, Residual, build_residual, compile_closure
from upheld.core.policy.compile import Table
from upheld.core.policy.model import ANY_PURPOSE, HERE, NO_COUNTERPART, OTHER

Facts = Mapping[str, bool | None]
MAX_DECISIONS = 65_536  # acts kept ready; strangers choose acts on the public page, so the store has an end


class Gate:
    """Answers acts by one compiled policy. Safe to share between threads."""

    def __init__(self, table: Table) -> None:
        self.table = table
        # every word of the policy, whatever it names
        self.names = frozenset(name for names in table.words.by_sort.values() for name in names)
        self._residuals: dict[int, Residual] = {}
        self._closures: dict[int, Decision] = {}
        self._decisions: dict[Act, Decision] = {}

    def mask(self, facts: Mapping[str, bool | None]) -> int:
        """The facts as a mask. Raises KeyError for a fact this policy does not know."""
        return self.table.facts.mask(facts)

    def ask(self, act: Act, facts: int | Mapping[str, bool | None]) -> Verdict:
        """The verdict on this act, given a mask or facts by name; what is not given is unknown."""
        decide = self._decisions.get(act)
        if decide is None:
            decide = self.prepare(act)
        return decide(facts if isinstance(facts, int) else self.table.facts.mask(facts))

    def prepare(self, act: Act) -> Decision:
        """The act as a function from a fact mask to the verdict; keep it to ask the same act often."""
        known = self._decisions.get(act)
        if known is not None:
            return known
        cells = self.open_cells(act)
        if len({bits for _, bits in cells}) == 1 and (act.action != "show" or len(cells) == 1):
            decision = self._closure(cells[0][1])
        elif act.action == "show":
            decision = _decide_each(tuple((data, self._closure(bits)) for data, bits in cells))
        else:
            decision = _decide_all(tuple(self._closure(bits) for bits in dict.fromkeys(b for _, b in cells)))
        if len(self._decisions) >= MAX_DECISIONS:
            self._decisions.clear()
        self._decisions[act] = decision
        return decision

    def open_cells(self, act: Act) -> tuple[tuple[str, int], ...]:
        """The cells an act is about, as data leaf and bits of pieces, in the order of the declarations."""
        table, words = self.table, self.table.words
        degree = table.number_degree(act.degree)
        unknown = tuple(name for name in act.data if not words.has("data", name))
        leaves = (*words.expand("data", act.data), *(OTHER for _ in unknown)) or (OTHER,)
        purposes = words.expand("purpose", (act.purpose,)) if act.purpose else ()
        if act.purpose == ANY_PURPOSE:
            purposes = (*purposes, OTHER)  # any purpose is also one that the policy does not name
        is_here = act.action == "keep" and act.counterpart == NO_COUNTERPART
        counterpart = HERE if is_here else act.counterpart
        cells = {
            (data, table.find_pieces(act.action, data, purpose, counterpart, degree)): None
            for data in leaves
            for purpose in purposes or (OTHER,)
        }
        return tuple(cells)

    def find_residual(self, bits: int) -> Residual:
        """The residual of a set of pieces, built once."""
        residual = self._residuals.get(bits)
        if residual is None:
            residual = self._residuals[bits] = build_residual(self.table, bits)
        return residual

    def _closure(self, bits: int) -> Decision:
        closure = self._closures.get(bits)
        if closure is None:
            closure = self._closures[bits] = compile_closure(self.find_residual(bits))
        return closure


def _decide_all(decisions: tuple[Decision, ...]) -> Decision:
    """All or nothing: refused if one is refused, else silent if one is, else permitted for all their reasons."""

    def decide(facts: int) -> Verdict:
        verdicts = []
        for decision in decisions:
            verdict = decision(facts)
            if verdict.outcome == REFUSED:  # the first refusal decides, whatever the rest say
                return verdict
            verdicts.append(verdict)
        return combine(verdicts)

    return decide


def _decide_each(decisions: tuple[tuple[str, Decision], ...]) -> Decision:
    """Category by category: the whole is permitted when all are, and `parts` says which are."""

    def decide(facts: int) -> Verdict:
        answers: dict[str, list[Verdict]] = {}
        for data, decision in decisions:
            answers.setdefault(data, []).append(decision(facts))
        parts = tuple((data, combine(verdicts)) for data, verdicts in answers.items())
        whole = combine([verdict for _, verdict in parts])
        return Verdict(whole.outcome, whole.because, whole.is_cut, whole.rule, parts, whole.duties)

    return decide


def combine(verdicts: list[Verdict]) -> Verdict:
    """One verdict for several cells that must all be open: the first refusal, else the first silence, else yes."""
    for outcome in (REFUSED, SILENT):
        for verdict in verdicts:
            if verdict.outcome == outcome:
                return verdict
    first = verdicts[0]
    if all(verdict is first for verdict in verdicts):
        return first
    because = tuple(dict.fromkeys(ref for verdict in verdicts for ref in verdict.because))
    duties = tuple(dict.fromkeys(duty for verdict in verdicts for duty in verdict.duties))
    return Verdict(PERMITTED, because, rule=first.rule, duties=duties)


def meet(gates: tuple[Gate, ...], act: Act, facts: Mapping[str, bool | None]) -> Verdict:
    """What all these policies permit: the first that does not, else the first one's yes with all reasons.

    An act on an item meets the version it was collected under, the version in force for the person, the policy
    of the surface and the law where the person lives (semantics, section 4). Facts a policy does not know are
    left out for it. Raises ValueError without a gate.
    """
    return meet_told(tuple((gate, facts) for gate in gates), act)


def meet_told(told: tuple[tuple[Gate, Facts], ...], act: Act) -> Verdict:
    """The same, each gate with what it is told: an answer that nobody gave counts differently under different policies."""
    if not told:
        raise ValueError("no policy binds this act; nothing is permitted without one")
    verdicts = []
    for gate, facts in told:
        known = {name: value for name, value in facts.items() if name in gate.table.facts.index}
        verdicts.append(gate.ask(act, known))
        if not verdicts[-1].is_permitted and act.action != "show":
            return verdicts[-1]
    whole = next((verdict for verdict in verdicts if not verdict.is_permitted), None) or combine(verdicts)
    parts = _meet_parts(told, act, verdicts) if len(told) > 1 else whole.parts
    return replace(whole, parts=parts)


def _meet_parts(
    told: tuple[tuple[Gate, Facts], ...], act: Act, verdicts: list[Verdict]
) -> tuple[tuple[str, Verdict], ...]:
    """What all gates say to each category of a `show`; one that permits a category opens nothing for another."""
    names = tuple(dict.fromkeys(name for verdict in verdicts for name, _ in verdict.parts))
    if len(names) == 1 and names == act.data:
        return ()  # one category alone: the verdict is its own
    return tuple((name, meet_told(told, replace(act, data=(name,)))) for name in names)
