"""The questions of a survey or an entry in the place of the one field that the policy names; knows no file and no page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from upheld.core.fields.form import FieldPlan, FormPlan, Option
from upheld.core.fields.submission import Submission

ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Question:
    """One question; without `answers` to pick from it is answered in one's own words."""

    words: str
    answers: tuple[str, ...] = ()


def ask_questions(
    plan: FormPlan, questions: Iterable[Question], *, title: str = "", lead: str = "", button: str = ""
) -> FormPlan:
    """The plan with these words, and with the questions wherever the policy has answers collected.

    Each question is of the category, purposes and sentences of the field whose place it takes.
    """
    asked = tuple(questions)
    fields: list[FieldPlan] = []
    for field in plan.fields:
        if field.kind == ANSWERS and asked:
            fields += [_ask(field, question, number) for number, question in enumerate(asked, 1)]
        else:
            fields.append(field)
    return replace(
        plan, fields=tuple(fields), title=title or plan.title, lead=lead or plan.lead, button=button or plan.button
    )


def _ask(field: FieldPlan, question: Question, number: int) -> FieldPlan:
    options = tuple(Option(str(place), answer) for place, answer in enumerate(question.answers, 1))
    return replace(
        field,
        name=f"{field.data}:{number}",
        label=question.words,
        kind="pick" if options else ANSWERS,
        options=options,
    )


def gather_values(plan: FormPlan, submission: Submission) -> dict[str, str | Mapping[str, str]]:
    """What was sent, by category: a text, or for a category with several questions the answers by question."""
    gathered: dict[str, str | Mapping[str, str]] = {}
    asked: dict[str, dict[str, str]] = {}
    for field in plan.fields:
        value = submission.find(field.name)
        if not value:
            continue
        said = next((option.label for option in field.options if option.value == value), value)
        if field.name == field.data:
            gathered[field.data] = said
        else:
            asked.setdefault(field.data, {})[field.label] = said
    return gathered | asked
