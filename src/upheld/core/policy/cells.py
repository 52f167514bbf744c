"""The table seen cell by cell: when a cell is open, and which cells are alike; what lint, diff and proof look through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from upheld.core.policy.compile import Table
from upheld.core.policy.condition import ALWAYS, FactNumbers, Masks, join_all, join_any

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Block:
    """Cells of one action that the same pieces cover; every combination of the values is in the block."""

    action: str
    data: tuple[str, ...]
    purposes: tuple[str, ...]
    counterparts: tuple[str, ...]
    degrees: tuple[int, ...]
    pieces: int


def iter_blocks(table: Table, action: str) -> Iterator[Block]:
    """All cells of an action as blocks of alike cells; every cell is in exactly one block."""
    by_data, by_purpose, by_counterpart, by_degree = table.cells[action]
    for data, data_bits in _alike(by_data.items()):
        for purposes, purpose_bits in _alike(by_purpose.items()):
            both = data_bits & purpose_bits
            for counterparts, counterpart_bits in _alike(by_counterpart.items()):
                three = both & counterpart_bits
                for degrees, degree_bits in _alike(enumerate(by_degree)):
                    yield Block(action, data, purposes, counterparts, degrees, three & degree_bits)


def _alike(values: Iterable[tuple[Value, int]]) -> list[tuple[tuple[Value, ...], int]]:
    groups: dict[int, list[Value]] = {}
    for value, bits in values:
        groups.setdefault(bits, []).append(value)
    return [(tuple(names), bits) for bits, names in groups.items()]


def find_open_masks(table: Table, pieces: int) -> Masks:
    """When a cell of these pieces is permitted, as masks over facts; empty when it never is.

    Masks that no person or act can have are left out: a fact both true and false, a choice both made and refused.
    """
    lifted: Masks = ALWAYS
    grants: list[Masks] = []
    for piece in table.iter_pieces(pieces):
        if piece.kind == "cut":
            lifted = _keep_possible(table, join_all((lifted, piece.masks)))
            if not lifted:
                return ()
        else:
            grants.append(piece.masks)
    return _keep_possible(table, join_all((lifted, join_any(grants))))


def _keep_possible(table: Table, masks: Masks) -> Masks:
    return join_any((simplify_mask(table, mask),) for mask in masks if is_possible(table, mask))


def is_possible(table: Table, mask: int) -> bool:
    """Whether some person and act can have all the known facts of this mask at once."""
    even = int("5" * ((mask.bit_length() + 3) // 4 or 1), 16)
    if mask & (mask >> 1) & even:
        return False
    facts = table.facts
    for choice, mode in table.choices.items():
        chosen, refused = f"chosen {choice}", f"refused {choice}"
        if mask & facts.true_bit(chosen) and mask & facts.true_bit(refused):
            return False
        if mode == "opt-out" and mask & facts.false_bit(chosen) and mask & facts.false_bit(refused):
            return False
    return True


def simplify_mask(table: Table, mask: int) -> int:
    """The mask without what follows from the rest: who has chosen has not refused."""
    facts: FactNumbers = table.facts
    for choice in table.choices:
        if mask & facts.true_bit(f"chosen {choice}"):
            mask &= ~facts.false_bit(f"refused {choice}")
        if mask & facts.true_bit(f"refused {choice}"):
            mask &= ~facts.false_bit(f"chosen {choice}")
    return mask


def name_masks(table: Table, masks: Masks) -> frozenset[frozenset[str]]:
    """Masks as sets of facts by name (`requested`, `not expired`), comparable across versions."""
    return frozenset(
        frozenset(name if value else f"not {name}" for name, value in table.facts.read_mask(mask).items())
        for mask in masks
    )
