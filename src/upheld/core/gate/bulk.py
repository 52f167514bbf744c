"""Many verdicts at once: one act, or one act a row, over an array of fact masks; asks the gate, decides nothing itself.

A verdict hangs on few bits of a mask. The gate is asked once for every combination of those bits, the verdicts form a
table, and each row is then one look into it, at the index that its bits make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.decide import Gate
from upheld.core.gate.residual import Decision

Masks = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.unsignedinteger[Any]]
Flags = npt.NDArray[np.bool_]

WORD_BITS = 64
LOW_WORD = (1 << WORD_BITS) - 1
TABLE_BITS = 14  # a table of 16,384 bytes stays in the first cache; acts that hang on more bits are asked row by row
CHUNK_ROWS = 1 << 16  # two columns of 8 bytes for each row stay in the second cache
SORT_ROWS = 1 << 18  # rows put in order at a time when each has its own act; fewer would mean shorter calls, and more


@dataclass(frozen=True, slots=True)
class Window:
    """Bits of one word of the masks that move together (to the right, or left if negative) into an index."""

    word: int
    keep: int
    shift: int


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One act made ready for arrays: `verdicts[numbers[index]]` for the index that `windows` make of a row.

    `bits` are what matters in a row besides what is `given`. An act that hangs on more than TABLE_BITS bits has no
    `numbers`; its `decide` is asked for every different row.
    """

    bits: int
    given: int
    decide: Decision
    windows: tuple[Window, ...] = ()
    numbers: Numbers | None = None
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class SentenceCount:
    """How many rows got this outcome because of this sentence; `sentence` is empty where the policy is silent."""

    outcome: str
    sentence: str
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class BulkVerdicts:
    """A verdict for each row: `verdicts[numbers[row]]`. Numbers have the smallest type that holds them all."""

    numbers: Numbers
    verdicts: tuple[Verdict, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, row: int) -> Verdict:
        return self.verdicts[int(self.numbers[row])]

    @property
    def is_permitted(self) -> Flags:
        """For each row whether the act may be done; made anew on each call."""
        return self._mark_rows([verdict.is_permitted for verdict in self.verdicts])

    def count_by_sentence(self) -> tuple[SentenceCount, ...]:
        """How many rows each deciding sentence permitted or refused, most rows first; together they are all rows."""
        counts = np.zeros(len(self.verdicts), dtype=np.int64)
        for chunk in _iter_chunks(self.numbers):
            counts += np.bincount(chunk, minlength=len(counts))
        found: dict[tuple[str, str], int] = {}
        for verdict, rows in zip(self.verdicts, counts.tolist(), strict=True):
            if rows:
                key = (verdict.outcome, _name_sentence(verdict))
                found[key] = found.get(key, 0) + rows
        ordered = sorted(found.items(), key=lambda entry: -entry[1])
        return tuple(SentenceCount(outcome, sentence, rows) for (outcome, sentence), rows in ordered)

    def find_rows(self, outcome: str, sentence: str) -> npt.NDArray[np.intp]:
        """Which rows one entry of `count_by_sentence` counts, as their numbers."""
        return np.flatnonzero(
            self._mark_rows([v.outcome == outcome and _name_sentence(v) == sentence for v in self.verdicts])
        )

    def _mark_rows(self, wanted: Sequence[bool]) -> Flags:
        table = np.array(wanted, dtype=np.bool_)
        marked = np.empty(len(self.numbers), dtype=np.bool_)
        for chunk, out in zip(_iter_chunks(self.numbers), _iter_chunks(marked), strict=True):
            table.take(chunk, out=out, mode="clip")
        return marked


def decide_bulk(gate: Gate, act: Act, masks: Masks, given: int | None = None) -> BulkVerdicts:
    """The verdict on one act for each row of masks, as `Gate.ask` gives it.

    `masks` is an array of unsigned 64-bit words, one a row, or (rows, words) with the lowest word first; facts beyond
    the last word are unknown. `given` are facts that hold for all rows; left out, they are `gate.mask({})`, by which
    nothing is expired unless a row says so. A fact about which a row and `given` disagree counts as unknown.
    Raises ValueError for an array of another shape or type.
    """
    columns = _split_words(masks)
    answers = prepare_bulk(gate, act, given)
    if answers.numbers is None:
        return _decide_wide(answers, columns)
    return BulkVerdicts(_look_up(answers.windows, answers.numbers, columns), answers.verdicts)


def permit_bulk(gate: Gate, act: Act, masks: Masks, given: int | None = None) -> Flags:
    """For each row of masks whether the act may be done; arguments and errors as in `decide_bulk`."""
    columns = _split_words(masks)
    answers = prepare_bulk(gate, act, given)
    if answers.numbers is None:
        return _decide_wide(answers, columns).is_permitted
    flags = np.array([verdict.is_permitted for verdict in answers.verdicts], dtype=np.bool_)
    return _look_up(answers.windows, flags.take(answers.numbers), columns)


def decide_rows(
    gate: Gate, acts: Sequence[Act], act_numbers: npt.NDArray[np.integer[Any]], masks: Masks, given: int | None = None
) -> BulkVerdicts:
    """The verdict on `acts[act_numbers[row]]` for each row; other arguments and errors as in `decide_bulk`.

    Raises IndexError for a number that no act has.
    """
    columns = _split_words(masks)
    if act_numbers.shape != columns[0].shape:
        raise ValueError(f"{act_numbers.shape[0]} act numbers for {len(columns[0])} rows")
    sheet = _bind_acts(gate, acts, given)
    numbers = np.empty(len(act_numbers), dtype=sheet.numbers.dtype)
    for start in range(0, len(act_numbers), SORT_ROWS):
        rows = slice(start, start + SORT_ROWS)
        _decide_sorted(sheet, act_numbers[rows], [column[rows] for column in columns], numbers[rows])
    verdicts = dict(sheet.verdicts)
    for act_number, answers in sheet.wide:
        rows_of_act = np.flatnonzero(act_numbers == act_number)
        found = _decide_wide(answers, [column[rows_of_act] for column in columns])
        table = np.array([verdicts.setdefault(verdict, len(verdicts)) for verdict in found.verdicts], dtype=np.intp)
        numbers = numbers.astype(np.min_scalar_type(len(verdicts)), copy=False)
        numbers[rows_of_act] = table.take(found.numbers)
    return BulkVerdicts(numbers, tuple(verdicts))


def stack_masks(gate: Gate, masks: Iterable[int]) -> Masks:
    """Masks of this gate as an array for the functions above: one word a row, or as many as the policy's facts need."""
    rows = list(masks)
    words = max(1, -(-2 * len(gate.table.facts.names) // WORD_BITS))
    stacked = np.array(
        [[mask >> WORD_BITS * word & LOW_WORD for word in range(words)] for mask in rows], dtype=np.uint64
    )
    return stacked.reshape(len(rows)) if words == 1 else stacked.reshape(len(rows), words)


def prepare_bulk(gate: Gate, act: Act, given: int | None = None) -> Answers:
    """The act as a table over the bits that it hangs on, what is given taken into account."""
    facts = gate.mask({}) if given is None else given
    asked = 0
    for _, pieces in gate.open_cells(act):
        for mask in gate.find_residual(pieces).masks:
            asked |= mask
    # a bit that is given needs no asking, but a row may contradict it by the other bit of that fact
    bits = asked & ~(facts | _swap(facts)) | _swap(asked & facts)
    decide = gate.prepare(act)
    if bits.bit_count() > TABLE_BITS:
        return Answers(bits, facts, decide)
    windows = place_bits(bits)
    verdicts: dict[Verdict, int] = {}
    found = {
        index: verdicts.setdefault(decide(_believe(row, facts)), len(verdicts)) for index, row in _iter_cases(windows)
    }
    table = [found.get(index, 0) for index in range(max(found) + 1)]
    return Answers(bits, facts, decide, windows, _narrow(table, len(verdicts)), tuple(verdicts))


@lru_cache(maxsize=1024)
def place_bits(bits: int) -> tuple[Window, ...]:
    """The fewest windows found that put these bits at places of their own, close together, below TABLE_BITS."""
    widths = range(bits.bit_count(), TABLE_BITS + 1)
    return min((_fill_places(bits, width) for width in widths), key=len)


def _fill_places(bits: int, width: int) -> tuple[Window, ...]:
    words = {word: bits >> WORD_BITS * word & LOW_WORD for word in range(-(-bits.bit_length() // WORD_BITS))}
    free = (1 << width) - 1
    windows: list[Window] = []
    while any(words.values()):
        moves = (
            (_move(left, shift) & free, word, shift) for word, left in words.items() for shift in range(-width, 64)
        )
        places, word, shift = max(moves, key=lambda move: move[0].bit_count())
        keep = _move(places, -shift)
        windows.append(Window(word, keep, shift))
        words[word] &= ~keep
        free &= ~places
    return tuple(windows)


def _move(bits: int, shift: int) -> int:
    return bits >> shift if shift >= 0 else bits << -shift


def _iter_cases(windows: tuple[Window, ...]) -> list[tuple[int, int]]:
    """Every combination of the windows' bits, as index and as mask."""
    cases = [(0, 0)]
    for window in windows:
        for bit in (1 << place for place in range(WORD_BITS) if window.keep >> place & 1):
            digit, fact = _move(bit, window.shift), bit << WORD_BITS * window.word
            cases += [(index | digit, row | fact) for index, row in cases]
    return cases


def _swap(mask: int) -> int:
    """Known true for known false and the other way round, fact by fact."""
    even = ((1 << mask.bit_length() + (mask.bit_length() & 1)) - 1) // 3
    return (mask & even) << 1 | mask >> 1 & even


def _believe(row: int, given: int) -> int:
    """What is known of a row: nothing where it contradicts what is given, for doubt never opens."""
    facts = row | given
    return facts & ~(facts & _swap(facts) & (given | _swap(given)))


def _narrow(numbers: list[int], count: int) -> Numbers:
    return np.array(numbers, dtype=np.min_scalar_type(max(0, count - 1)))


def _name_sentence(verdict: Verdict) -> str:
    return verdict.because[0] if verdict.because else ""


def _split_words(masks: Masks) -> list[Masks]:
    if masks.dtype != np.uint64 or masks.ndim not in (1, 2) or 0 in masks.shape[1:]:
        raise ValueError(f"masks are uint64 of shape (rows,) or (rows, words), not {masks.dtype} of {masks.shape}")
    return [masks] if masks.ndim == 1 else [masks[:, word] for word in range(masks.shape[1])]


def _iter_chunks(array: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    return (array[start : start + CHUNK_ROWS] for start in range(0, len(array), CHUNK_ROWS))


def _look_up(windows: tuple[Window, ...], table: npt.NDArray[Any], columns: list[Masks]) -> npt.NDArray[Any]:
    """What the table says for each row, chunk by chunk so that nothing leaves the cache between two steps."""
    rows = len(columns[0])
    if not windows:
        return np.full(rows, table[0], dtype=table.dtype)
    found = np.empty(rows, dtype=table.dtype)
    index, spare = np.empty((2, CHUNK_ROWS), dtype=np.uint64)
    for start in range(0, rows, CHUNK_ROWS):
        chunk = [column[start : start + CHUNK_ROWS] for column in columns]
        size = len(chunk[0])
        _gather(windows, chunk, index[:size], spare[:size])
        # clip: every index is in the table, and in this mode the answers go straight into `out`
        table.take(index[:size].view(np.intp), out=found[start : start + size], mode="clip")
    return found


def _gather(windows: tuple[Window, ...], columns: list[Masks], index: Masks, spare: Masks) -> None:
    """Into `index` for each row the bits that the windows show, pushed together."""
    is_first = True
    for window in windows:
        if window.word >= len(columns):
            continue
        target = index if is_first else spare
        np.bitwise_and(columns[window.word], np.uint64(window.keep), out=target)
        if window.shift > 0:
            np.right_shift(target, np.uint64(window.shift), out=target)
        elif window.shift < 0:
            np.left_shift(target, np.uint64(-window.shift), out=target)
        if not is_first:
            np.bitwise_or(index, spare, out=index)
        is_first = False
    if is_first:
        index.fill(0)


def _decide_wide(answers: Answers, columns: list[Masks]) -> BulkVerdicts:
    """For an act without a table: the gate is asked once for every different row."""
    keys = [column & np.uint64(answers.bits >> WORD_BITS * word & LOW_WORD) for word, column in enumerate(columns)]
    if len(keys) == 1:
        different, inverse = np.unique(keys[0], return_inverse=True)
    else:
        different, inverse = np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)
    verdicts: dict[Verdict, int] = {}
    table = []
    for words in different.reshape(-1, len(keys)).tolist():
        row = sum(bits << WORD_BITS * word for word, bits in enumerate(words))
        table.append(verdicts.setdefault(answers.decide(_believe(row, answers.given)), len(verdicts)))
    return BulkVerdicts(_narrow(table, len(verdicts)).take(inverse.reshape(-1)), tuple(verdicts))


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """The tables of many acts laid end to end. Acts that hang on the same bits are one group, by their windows.

    `group_of` and `start_of` say for each act in which group it is and where its table starts. Acts without a table
    are in `wide`, by their numbers; what the sheet says of them is to be overwritten.
    """

    groups: tuple[tuple[Window, ...], ...]
    group_of: Numbers
    start_of: npt.NDArray[np.intp]
    numbers: Numbers
    verdicts: dict[Verdict, int]
    wide: tuple[tuple[int, Answers], ...]


def _bind_acts(gate: Gate, acts: Sequence[Act], given: int | None) -> _Sheet:
    groups: dict[tuple[Window, ...], int] = {(): 0}
    verdicts: dict[Verdict, int] = {}
    numbers: list[int] = [0]
    places: dict[object, tuple[int, int]] = {}
    found: list[tuple[int, int]] = []
    wide: list[tuple[int, Answers]] = []
    for act_number, act in enumerate(acts):
        alike = _liken(gate, act)
        place = places.get(alike)
        if place is None:
            answers = prepare_bulk(gate, act, given)
            if answers.numbers is None:
                wide.append((act_number, answers))
                place = (0, 0)
            else:
                place = places[alike] = (groups.setdefault(answers.windows, len(groups)), len(numbers))
                own = [verdicts.setdefault(verdict, len(verdicts)) for verdict in answers.verdicts]
                numbers += [own[number] for number in answers.numbers.tolist()]
        found.append(place)
    group_of, start_of = zip(*found, strict=True) if found else ((), ())
    return _Sheet(
        tuple(groups),
        _narrow(list(group_of), len(groups)),
        np.array(start_of, dtype=np.intp),
        _narrow(numbers, len(verdicts)),
        verdicts,
        tuple(wide),
    )


def _liken(gate: Gate, act: Act) -> object:
    """Equal for acts that get the same verdicts under the same facts; a `show` answers for each category by name."""
    cells = gate.open_cells(act)
    if act.action == "show" and len(cells) > 1:
        return cells
    return tuple(dict.fromkeys(pieces for _, pieces in cells))


def _decide_sorted(sheet: _Sheet, acts: npt.NDArray[np.integer[Any]], columns: list[Masks], out: Numbers) -> None:
    """Rows group by group, so that each group is gathered in one go, then put back in their order."""
    group_of_row = sheet.group_of.take(acts)
    order = np.argsort(group_of_row, kind="stable")
    ends = np.cumsum(np.bincount(group_of_row, minlength=len(sheet.groups))).tolist()
    ordered = [column.take(order) for column in columns]
    index, spare = np.empty((2, len(acts)), dtype=np.uint64)
    start = 0
    for windows, end in zip(sheet.groups, ends, strict=True):
        rows = slice(start, end)
        _gather(windows, [column[rows] for column in ordered], index[rows], spare[rows])
        start = end
    places = index.view(np.intp)
    places += sheet.start_of.take(acts.take(order))
    out[order] = sheet.numbers.take(places)
