"""How open a block of acts is: the answer of a compiled table to a question about several cells at once, with its sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from upheld.core.policy.cells import find_open_masks, name_masks
from upheld.core.policy.compile import Piece, Table
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import ANY_PURPOSE, OTHER
from upheld.core.policy.saying.answers import collapse_names, say_fact_sets
from upheld.core.policy.saying.names import join_words, say_name

YES, UNTIL_NO, IF, AFTER_YES, GROUPS, NEVER, SILENT = (
    "yes", "until you say no", "only if", "only after your yes", "only without your name", "never", "not named",
)  # fmt: skip
# from what opens most to what opens least
MARKS = (YES, UNTIL_NO, IF, AFTER_YES, GROUPS, SILENT, NEVER)
NOT_TAKEN, FOR_A_TIME, SAYS = "not taken", "for a time", "says how"
_IN_TIME = "not expired"
_BY_PERSON = ("chosen ", "permitted")
MOST_NAMED = 3
MOST_WAYS = 2
MOST_SENTENCES = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """One policy's answer to one question.

    `mark` is one of MARKS, NOT_TAKEN where the policy has no such category, FOR_A_TIME for how long something is kept, or
    SAYS where words are the whole answer. `words` say who, what for and when as far as there is something to say,
    `because` are references of sentences, the deciding ones first; empty where the policy does not speak.
    """

    mark: str
    words: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cells:
    """The acts that a question is about: every combination of these."""

    action: str
    data: tuple[str, ...]
    purposes: tuple[str, ...]
    counterparts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ways:
    """What a set of pieces comes to: the ways in which it is open, none when it never is, and the sentences that say so.

    `bans` are those that rule it out, None when it is shut because no sentence opens it.
    """

    sets: tuple[frozenset[str], ...]
    because: tuple[str, ...]
    bans: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class _Open:
    """One open cell: the mark of it, when it is open, and by which sentences."""

    mark: str
    ways: _Ways
    purpose: str
    counterpart: str
    degree: int


class Scales:
    """Weighs questions by one compiled table; cells that the same pieces cover are weighed once."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._said_nothing = _list_known(table)
        self._in_time = (table.facts.false_bit("expired"),)
        self._known: dict[int, _Ways] = {}

    def weigh(self, cells: Cells, *, names: str = "", tells_purposes: bool = False) -> Answer:
        """The mark of the most open of these acts, with what opens it; when none can be, whether a sentence rules it out.

        Every degree of closeness is asked, the one that tells most first. `names` is the sort of counterpart to name in
        the words (`recipient`, `role`, `touchpoint`), with `tells_purposes` the purposes stand in them, too.
        """
        opened: list[_Open] = []
        shut: list[tuple[str, ...] | None] = []
        for data, purpose, counterpart in product(
            cells.data or (OTHER,), cells.purposes or (OTHER,), cells.counterparts
        ):
            found = self._find_open(cells.action, data, purpose, counterpart)
            if found is not None:
                opened.append(found)
            else:
                pieces = self.table.find_pieces(cells.action, data, purpose, counterpart, 0)
                shut.append(self._find_ways(pieces).bans)
        if opened:
            return _tell_open(self.table, opened, names, tells_purposes=tells_purposes)
        if any(why is None for why in shut):
            return Answer(SILENT)
        # what rules out the most of it says it best
        ranked = sorted(Counter(shut).items(), key=lambda item: -item[1])
        return Answer(NEVER, "", _unique(ref for why, _ in ranked for ref in why or ())[:MOST_SENTENCES])

    def _find_open(self, action: str, data: str, purpose: str, counterpart: str) -> _Open | None:
        for degree in range(len(self.table.cells[action][3])):
            ways = self._find_ways(self.table.find_pieces(action, data, purpose, counterpart, degree))
            if ways.sets:
                mark = GROUPS if degree else self._mark(ways)
                return _Open(mark, ways, purpose, counterpart, degree)
        return None

    def _mark(self, ways: _Ways) -> str:
        """What these ways of opening come to for somebody of whom nothing is known and who has said nothing."""
        return min((_mark_way(way, self._said_nothing) for way in ways.sets), key=MARKS.index)

    def _find_ways(self, bits: int) -> _Ways:
        known = self._known.get(bits)
        if known is None:
            known = self._known[bits] = self._read_ways(bits)
        return known

    def _read_ways(self, bits: int) -> _Ways:
        table = self.table
        masks = find_open_masks(table, bits)
        pieces = tuple(table.iter_pieces(bits))
        sets = tuple(way - {_IN_TIME} for way in name_masks(table, masks))
        grants = (piece for piece in pieces if piece.kind == "grant" and piece.masks)
        because = _unique(ref for piece in grants for ref in table.sentences_of(piece))
        # what only ends a time of keeping rules nothing out, and neither does the policy where it is somebody's no that cuts
        bans = [
            piece
            for piece in pieces
            if piece.kind == "cut" and piece.masks != self._in_time and not _is_choice(table, piece)
        ]
        return _Ways(
            sets, because, _unique(ref for piece in bans for ref in table.sentences_of(piece)) if bans else None
        )


def _mark_way(way: frozenset[str], said_nothing: frozenset[str]) -> str:
    if not way:
        return YES
    left = way - said_nothing
    if not left:
        return UNTIL_NO
    if any(fact.startswith(_BY_PERSON) for fact in left):
        return AFTER_YES
    return IF


def _is_choice(table: Table, piece: Piece) -> bool:
    """Whether it is somebody's no that cuts, and not the policy."""
    return table.rules[piece.rule].form == "choice_stops"


def _tell_open(table: Table, opened: list[_Open], names: str, *, tells_purposes: bool) -> Answer:
    mark = min((one.mark for one in opened), key=MARKS.index)
    speaking = [one for one in opened if one.mark == mark]
    words = table.words
    parts: list[str] = []
    if names:
        shown = list(dict.fromkeys(one.counterpart for one in speaking))
        parts.append(_join_few(say_name(name, names, words) for name in shown))
    if tells_purposes:
        named = {one.purpose for one in speaking}
        every = {*words.leaves("purpose"), OTHER} <= named
        purposes = (ANY_PURPOSE,) if every else collapse_names(words, "purpose", named)
        parts.append("for " + _join_few(say_name(name, "purpose", words) for name in purposes))
    when = _say_when(table, speaking)
    if when:
        parts.append(when)
    refs = _unique(ref for one in speaking for ref in one.ways.because)[:MOST_SENTENCES]
    return Answer(mark, ", ".join(parts), refs)


def _say_when(table: Table, speaking: list[_Open]) -> str:
    degrees = {one.degree for one in speaking}
    told = ""
    if 0 not in degrees:
        told = join_words((_say_degree(table, degree) for degree in sorted(degrees)), "or")
    sets = {way for one in speaking for way in one.ways.sets}
    if frozenset() in sets or not sets:
        return told
    least = {way for way in sets if not any(other < way for other in sets)}
    if len(least) > MOST_WAYS:
        grounds = {fact for way in least for fact in way if fact.startswith("demanded by ")}
        shared = frozenset.intersection(*least)
        said = say_fact_sets(table, [shared]) if shared else ""
        count = f"one of {len(grounds)} grounds is on record" if grounds else f"one of {len(least)} conditions holds"
        when = f"if {count}" + (f" and {said}" if said else "")
    else:
        when = f"if {say_fact_sets(table, least)}"
    return f"{told}, {when}" if told else when


def _say_degree(table: Table, degree: int) -> str:
    said = table.say_degree(degree)
    if said.startswith("in aggregate of "):
        return f"in figures of at least {said.rsplit(' ', 1)[1]} people"
    return {"pseudonymous": "under a number instead of your name", "de-identified": "with every link to you cut"}.get(
        said, said
    )


def _join_few(names: Iterable[str]) -> str:
    said = list(dict.fromkeys(names))
    if len(said) <= MOST_NAMED + 1:
        return join_words(said)
    return join_words((*said[:MOST_NAMED], f"{len(said) - MOST_NAMED} more"))


def _list_known(table: Table) -> frozenset[str]:
    """What is so of somebody who has said nothing, as name_masks writes it."""
    known: set[str] = set()
    for choice, mode in table.choices.items():
        for fact, value in answer_choice(choice, "unasked", mode).items():
            known.add(fact if value else f"not {fact}")
    return frozenset(known)


def _unique(refs: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(refs))
