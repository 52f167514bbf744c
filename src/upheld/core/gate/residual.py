"""What is left of a policy for one cell: who cuts, who opens, under which facts; the source of all three back ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upheld.core.gate.act import PERMITTED, REFUSED, SILENT, Verdict
from upheld.core.policy.compile import Table
from upheld.core.policy.condition import ALWAYS, Masks, is_open

Decision = Callable[[int], Verdict]


@dataclass(frozen=True, slots=True)
class Residual:
    """One cell as an ordered list of questions about a fact mask.

    `cuts`: each refuses unless one of its masks is set. `grants`: each permits when one of its masks is set.
    `otherwise` is the verdict when nothing cuts and nothing opens.
    """

    cuts: tuple[tuple[Masks, Verdict], ...]
    grants: tuple[tuple[Masks, Verdict], ...]
    otherwise: Verdict

    def decide(self, facts: int) -> Verdict:
        """The verdict for this mask, read step by step; `compile_closure` gives the same, faster."""
        for masks, verdict in self.cuts:
            if not is_open(masks, facts):
                return verdict
        for masks, verdict in self.grants:
            if is_open(masks, facts):
                return verdict
        return self.otherwise

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts this cell can give; the place in this tuple is the number that bulk answers with."""
        return (
            *(verdict for _, verdict in self.cuts),
            *(verdict for _, verdict in self.grants),
            self.otherwise,
        )

    @property
    def masks(self) -> tuple[int, ...]:
        """All masks the cell asks about."""
        return tuple(mask for masks, _ in (*self.cuts, *self.grants) for mask in masks)


def build_residual(table: Table, bits: int) -> Residual:
    """The residual of a cell from the bits of its pieces (`Table.find_pieces`)."""
    cuts: list[tuple[Masks, Verdict]] = []
    grants: list[tuple[Masks, Verdict]] = []
    named: dict[str, None] = {}
    for piece in table.iter_pieces(bits):
        sentences = table.sentences_of(piece)
        if piece.kind == "cut":
            if piece.masks != ALWAYS:
                cuts.append((piece.masks, Verdict(REFUSED, sentences, is_cut=True, rule=piece.rule)))
            continue
        named.update(dict.fromkeys(sentences))
        if piece.masks:
            duties = ("use up",) if table.rules[piece.rule].part("once") else ()
            grants.append((piece.masks, Verdict(PERMITTED, sentences, rule=piece.rule, duties=duties)))
    otherwise = Verdict(REFUSED, tuple(named)) if named else Verdict(SILENT)
    return _trim(Residual(tuple(cuts), tuple(grants), otherwise))


def _trim(residual: Residual) -> Residual:
    """The same decisions without steps that can never be reached."""
    cuts: list[tuple[Masks, Verdict]] = []
    for masks, verdict in residual.cuts:
        cuts.append((masks, verdict))
        if not masks:
            return Residual(tuple(cuts), (), verdict)
    grants: list[tuple[Masks, Verdict]] = []
    for masks, verdict in residual.grants:
        if masks == ALWAYS:
            return Residual(tuple(cuts), tuple(grants), verdict)
        grants.append((masks, verdict))
    return Residual(tuple(cuts), tuple(grants), residual.otherwise)


def compile_closure(residual: Residual) -> Decision:
    """The residual as one Python function of a fact mask. The source holds only numbers made here."""
    if not residual.cuts and not residual.grants:
        only = residual.otherwise
        return lambda _facts: only
    verdicts = residual.verdicts
    lines = ["def decide(facts):"]
    number = 0
    for masks, _ in residual.cuts:
        lines.append(f"    if not ({_say_masks(masks)}): return v{number}")
        number += 1
    for masks, _ in residual.grants:
        lines.append(f"    if {_say_masks(masks)}: return v{number}")
        number += 1
    lines.append(f"    return v{number}")
    space: dict[str, object] = {f"v{n}": verdict for n, verdict in enumerate(verdicts)}
    lines[0] = f"def decide(facts, {', '.join(f'{name}={name}' for name in space)}):"
    exec("\n".join(lines), space)  # noqa: S102 - the text is made of integers and fixed words only
    return space["decide"]  # type: ignore[return-value]


def _say_masks(masks: Masks) -> str:
    return " or ".join(f"facts & {m}" if m.bit_count() == 1 else f"facts & {m} == {m}" for m in masks) or "False"
