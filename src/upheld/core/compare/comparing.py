"""Several policies side by side: a table of answers, one row for each question, one column for each policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upheld.core.compare.kinds import Kind, find_leaves
from upheld.core.compare.questions import Question, ask_question, list_questions, list_whole_questions
from upheld.core.compare.weighing import Answer, Scales
from upheld.core.policy.compile import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One question with the answer of each policy, in the order in which the policies were given."""

    name: str
    group: str
    words: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What several policies say about one kind of data, or, without a kind, about the business as a whole.

    `policies` are their names in the order of the columns.
    """

    kind: Kind | None
    policies: tuple[str, ...]
    rows: tuple[Row, ...]

    def find_answer(self, question: str, policy: str) -> Answer:
        """One cell. Raises StopIteration for a question or policy that is not in it."""
        column = self.policies.index(policy)
        return next(row.answers[column] for row in self.rows if row.name == question)


def compare_kind(tables: Sequence[Table], kind: Kind) -> Comparison:
    """Who may do what with this kind of data, by each of these policies; decided over all facts, never by wording."""
    scales = [Scales(table) for table in tables]
    rows = tuple(
        Row(q.name, q.group, q.words, tuple(ask_question(q, one, kind) for one in scales)) for q in list_questions()
    )
    return Comparison(kind, tuple(table.policy.slug for table in tables), rows)


def compare_whole(tables: Sequence[Table]) -> Comparison:
    """What these policies say whatever the data: cookies of others, ages, changes, how to stop."""
    rows = tuple(_ask_whole(q, tables) for q in list_whole_questions())
    return Comparison(None, tuple(table.policy.slug for table in tables), rows)


def list_known_kinds(tables: Sequence[Table], kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """The kinds that at least one of these policies has a category of."""
    return tuple(kind for kind in kinds if any(find_leaves(table, kind) for table in tables))


def _ask_whole(question: Question, tables: Sequence[Table]) -> Row:
    answers = tuple(question.ask(Scales(table), ()) for table in tables)
    return Row(question.name, question.group, question.words, answers)
