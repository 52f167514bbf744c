"""An original document laid beside our policy, clause by clause; reads the file it is given and stores nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from upheld.core.errors import Place, RegisterError
from upheld.core.policy.model import Policy, Rule, Sentence
from upheld.core.register.clauses import Clause
from upheld.core.register.places import SourceWord, Stretch, find_clauses, show_stretch, split_words

MAX_DOCUMENT_BYTES = 1_000_000  # every window of it is hashed once a clause length: 1 MB takes some seconds


@dataclass(frozen=True, slots=True)
class Restatement:
    """A rule that cites a clause, and the sentences it upholds."""

    rule: Rule
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class AlignedClause:
    """A clause, its words in the document (empty when they are not there), and what our policy makes of it."""

    clause: Clause
    stretches: tuple[Stretch, ...]
    original: str
    restatements: tuple[Restatement, ...]

    @property
    def is_found(self) -> bool:
        """Whether all pieces of the clause stand in the document."""
        return bool(self.stretches)


@dataclass(frozen=True, slots=True)
class Alignment:
    """A document beside a policy: the clauses found in the document's order, then those not found.

    `misplaced` holds the ids of clauses that stand before one the register lists earlier, `overlaps` the pairs
    that share words; `claimed_words` of the document's `word_count` words belong to some clause.
    """

    slug: str
    policy: Policy | None
    rows: tuple[AlignedClause, ...]
    misplaced: tuple[str, ...]
    overlaps: tuple[tuple[str, str], ...]
    word_count: int
    claimed_words: int

    @property
    def found(self) -> tuple[AlignedClause, ...]:
        """The clauses that stand in the document."""
        return tuple(row for row in self.rows if row.is_found)

    @property
    def not_found(self) -> tuple[AlignedClause, ...]:
        """The clauses that do not."""
        return tuple(row for row in self.rows if not row.is_found)

    @property
    def is_complete(self) -> bool:
        """Whether every clause was found, in the register's order."""
        return not self.not_found and not self.misplaced


def read_document(path: Path) -> str:
    """The text of an operator's document. Raises RegisterError R504 when it is no readable text."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_DOCUMENT_BYTES + 1)
    except FileNotFoundError as error:
        raise RegisterError("R504", f"there is no document at `{path}`", "check the path") from error
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise RegisterError("R504", f"the document `{path}` cannot be read: {reason}", "check the path") from error
    return decode_document(content, str(path))


def decode_document(content: bytes, file: str) -> str:
    """The text of these bytes; `file` is only for the place of an error. Raises RegisterError R504."""
    if len(content) > MAX_DOCUMENT_BYTES:
        raise RegisterError(
            "R504",
            f"the document `{file}` is larger than {MAX_DOCUMENT_BYTES // 1_000_000} MB",
            "give the text of the policy alone",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", errors="replace")) + 1
        raise RegisterError(
            "R504",
            f"byte {error.start + 1} of the document is not UTF-8",
            "save it as plain text in UTF-8",
            Place(file, line, column),
        ) from error
    if not split_words(text):
        raise RegisterError("R504", f"there are no words in `{file}`", "give the text of the policy")
    return text


def align_document(text: str, clauses: Sequence[Clause], slug: str, policy: Policy | None) -> Alignment:
    """The document beside the policy, by the clauses that the register has under `slug`.

    Without a policy the clauses are found all the same, and nothing stands beside them. Raises RegisterError
    R505 when the register has no clause of that policy.
    """
    own = [clause for clause in clauses if clause.policy == slug]
    if not own:
        names = sorted({clause.policy for clause in clauses})
        raise RegisterError(
            "R505", f"the register has no clause of a policy `{slug}`", "it has those of: " + ", ".join(names)
        )
    words = split_words(text)
    places = find_clauses(own, words)
    restated = _restate(policy) if policy is not None else {}
    rows = [_make_row(clause, places.get(clause.id, ()), text, words, restated) for clause in own]
    found = [row for row in rows if row.is_found]
    return Alignment(
        slug=slug,
        policy=policy,
        rows=tuple(sorted(found, key=_by_place)) + tuple(row for row in rows if not row.is_found),
        misplaced=_find_misplaced(found),
        overlaps=_find_overlaps(found),
        word_count=len(words),
        claimed_words=_count_claimed(found),
    )


def _make_row(
    clause: Clause,
    stretches: tuple[Stretch, ...],
    text: str,
    words: Sequence[SourceWord],
    restated: Mapping[str, tuple[Restatement, ...]],
) -> AlignedClause:
    original = " \u2026 ".join(show_stretch(text, words, stretch) for stretch in stretches)
    return AlignedClause(clause, stretches, original, restated.get(clause.id, ()))


def _restate(policy: Policy) -> dict[str, tuple[Restatement, ...]]:
    """For each clause id what the rules in force that cite it say, and where."""
    sentences = {sentence.ref: sentence for sentence in policy.sentences}
    found: dict[str, list[Restatement]] = defaultdict(list)
    for rule in policy.active_rules:
        upheld = tuple(sentences[ref] for ref in rule.sentences if ref in sentences)
        for clause_id in rule.refs:
            found[clause_id].append(Restatement(rule, upheld))
    return {clause_id: tuple(restatements) for clause_id, restatements in found.items()}


def _by_place(row: AlignedClause) -> tuple[int, int]:
    return row.stretches[0].first, row.stretches[-1].last


def _find_misplaced(found: Sequence[AlignedClause]) -> tuple[str, ...]:
    """The clauses that stand before one which the register lists earlier."""
    misplaced = []
    furthest = -1
    for row in found:
        first = row.stretches[0].first
        if first < furthest:
            misplaced.append(row.clause.id)
        furthest = max(furthest, first)
    return tuple(misplaced)


def _find_overlaps(found: Sequence[AlignedClause]) -> tuple[tuple[str, str], ...]:
    """The pairs of clauses that share a word, each pair once, in the register's order."""
    pieces = sorted(
        ((stretch, number) for number, row in enumerate(found) for stretch in row.stretches),
        key=lambda piece: (piece[0].first, piece[0].last),
    )
    pairs: set[tuple[int, int]] = set()
    for index, (stretch, number) in enumerate(pieces):
        for other, other_number in pieces[index + 1 :]:
            if other.first >= stretch.last:
                break
            if other_number != number:
                pairs.add((min(number, other_number), max(number, other_number)))
    return tuple((found[one].clause.id, found[other].clause.id) for one, other in sorted(pairs))


def _count_claimed(found: Sequence[AlignedClause]) -> int:
    claimed: set[int] = set()
    for row in found:
        for stretch in row.stretches:
            claimed.update(range(stretch.first, stretch.last))
    return len(claimed)
