"""What a policy file says for the pages of its forms: a title, a lead, the questions of a survey; knows nothing of Django.

All of it may be left out, and all of it is plain text. Whether there is such a form the rules alone say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from upheld.core.errors import Finding, PolicyError
from upheld.core.fields import FormPlan, Question, ask_questions
from upheld.core.policy.model import Words

KEYS = ("title", "lead", "button", "thanks", "questions")
QUESTION_KEYS = ("words", "answers")
MOST_QUESTIONS = 30
MOST_ANSWERS = 12


@dataclass(frozen=True, slots=True)
class FormContent:
    """The words around one form; `thanks` is said once it was sent."""

    title: str = ""
    lead: str = ""
    button: str = ""
    thanks: str = ""
    questions: tuple[Question, ...] = ()

    def lay_over(self, plan: FormPlan) -> FormPlan:
        """The plan with these words and questions."""
        return ask_questions(plan, self.questions, title=self.title, lead=self.lead, button=self.button)


def read_form_content(values: Mapping[str, object], words: Words) -> dict[str, FormContent]:
    """The content by touchpoint; raises PolicyError with one finding for each thing that cannot be read."""
    reader = _Reader()
    touchpoints = words.of_sort("touchpoint")
    found = {}
    for name, value in values.items():
        if name not in touchpoints:
            reader.note_unknown("`site: forms`", str(name), tuple(touchpoints))
        found[str(name)] = reader.read_form(f"`site: forms: {name}`", value)
    if reader.findings:
        raise PolicyError(tuple(reader.findings))
    return found


class _Reader:
    """Collects what is wrong instead of stopping at the first; a part's path names it."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def note(self, code: str, text: str, hint: str) -> None:
        self.findings.append(Finding(code, "error", text, None, hint))

    def note_unknown(self, path: str, key: str, known: tuple[str, ...]) -> None:
        near = get_close_matches(key, known, n=1)
        hint = f"did you mean `{near[0]}`" if near else "known: " + ", ".join(known)
        self.note("P202", f"{path} has no key `{key}`", hint)

    def open_mapping(self, path: str, value: object, known: tuple[str, ...]) -> Mapping[str, object]:
        if not isinstance(value, Mapping):
            self.note(
                "P204", f"{path} is not a mapping", "write keys such as `" + "`, `".join(known[:3]) + "` below it"
            )
            return {}
        for key in value:
            if key not in known:
                self.note_unknown(path, str(key), known)
        return {str(key): entry for key, entry in value.items()}

    def open_list(self, path: str, value: object, most: int) -> tuple[object, ...]:
        if value in (None, ""):
            return ()
        if not isinstance(value, list | tuple) or not 0 < len(value) <= most:
            self.note("P204", f"{path} is not a list of at most {most}", "start each entry with a hyphen")
            return ()
        return tuple(value)

    def read_text(self, path: str, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.note("P204", f"{path} is not a text", "put it in quotes")
            return ""
        return " ".join(str(value).split())

    def read_form(self, path: str, value: object) -> FormContent:
        values = self.open_mapping(path, value, KEYS)
        texts = {key: self.read_text(f"{path}: {key}", values[key]) for key in KEYS[:-1] if key in values}
        listed = self.open_list(f"{path}: questions", values.get("questions"), MOST_QUESTIONS)
        questions = tuple(self.read_question(f"{path}: question {n}", entry) for n, entry in enumerate(listed, 1))
        if len({question.words for question in questions}) < len(questions):
            self.note("P205", f"{path} asks one question twice", "keep one of the two")
        return FormContent(**texts, questions=questions)

    def read_question(self, path: str, value: object) -> Question:
        values = self.open_mapping(path, value, QUESTION_KEYS)
        answers = self.open_list(f"{path}: answers", values.get("answers"), MOST_ANSWERS)
        words = self.read_text(f"{path}: words", values.get("words", ""))
        if not words:
            self.note("P203", f"{path} has no `words`", "write the question")
        return Question(words, tuple(self.read_text(f"{path}: answers", answer) for answer in answers))
