"""What was posted, read against the form it answers: values, choices, or what is wrong with each field; stores nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from upheld.core.errors import FormError
from upheld.core.fields.form import AGE, BIRTHDAY, YES, ChoicePlan, FieldPlan, FormPlan

# Takes a value and gives it in its usual form; raises ValueError, whose text is shown, when it cannot be one.
Check = Callable[[str], str]

_NO_CHECKS: Mapping[str, Check] = MappingProxyType({})
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]{2,}")
_PHONE = re.compile(r"\+?[0-9 ()./–-]{3,39}")
_POSTAL = re.compile(r"[\w][\w -]{1,15}")
_DATE = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
# marks that turn the direction of text or hide in it: a name that reads as another
_TURNING = frozenset("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_ANSWERS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, as a clause that names it by its label; `field` is empty for the form as a whole."""

    field: str
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What a person sent. `values` are those of fields that were filled in, `typed` what the page may show again.

    `choices` holds only what was answered; who did not answer was asked and said nothing. `is_old_enough` is the answer to
    the question about the age, None where it was not asked.
    """

    values: tuple[tuple[str, str], ...]
    choices: tuple[tuple[str, bool], ...]
    typed: tuple[tuple[str, str], ...]
    errors: tuple[FieldError, ...]
    is_old_enough: bool | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.errors

    def find(self, name: str) -> str:
        """The value of a field, empty when it was left out."""
        return next((value for field, value in self.values if field == name), "")

    def find_error(self, name: str) -> FieldError | None:
        """What is wrong with this field, or None."""
        return next((error for error in self.errors if error.field == name), None)


def read_submission(
    plan: FormPlan, posted: Mapping[str, Sequence[str]], checks: Mapping[str, Check] = _NO_CHECKS
) -> Submission:
    """What was posted, read by the same rules that the labels state. Never raises for what a person sent.

    `checks` are closer looks by kind of field, such as at the domain of an address; they come after the plain ones.
    """
    errors: list[FieldError] = []
    values: list[tuple[str, str]] = []
    typed: list[tuple[str, str]] = []
    choices: list[tuple[str, bool]] = []
    is_old_enough: bool | None = None
    known = {field.name for field in plan.inputs} | {choice.name for choice in plan.choices}
    if not known.issuperset(posted):
        # Whatever stands there may be personal, the name included: it is not repeated.
        errors.append(FieldError("", "F901", "something was sent that this form does not ask for; nothing was kept"))
    for field in plan.inputs:
        value, error = _read_field(field, posted.get(field.name, ()), checks)
        if not field.shape.is_secret:
            typed.append((field.name, value))
        if error is not None:
            errors.append(error)
        elif field.name == AGE:
            is_old_enough = value == YES
        elif value:
            values.append((field.name, value))
    for choice in plan.choices:
        answer, error = _read_choice(choice, posted.get(choice.name, ()))
        if error is not None:
            errors.append(error)
        elif answer is not None:
            choices.append((choice.choice, answer))
            typed.append((choice.name, "yes" if answer else "no"))
    if not values and not errors:
        errors.append(FieldError("", "F902", "nothing was filled in, so there is nothing to send"))
    return Submission(tuple(values), tuple(choices), tuple(typed), tuple(errors), is_old_enough)


def judge_age(plan: FormPlan, submission: Submission, today: date) -> bool | None:
    """Whether whoever sent this is old enough for the form, by their answer or their date of birth; None without a limit."""
    if not plan.least_age:
        return None
    born = next((submission.find(field.name) for field in plan.fields if field.kind == BIRTHDAY), "")
    if not born:
        return bool(submission.is_old_enough)
    day = date.fromisoformat(born)
    had_birthday = (today.month, today.day) >= (day.month, day.day)
    return today.year - day.year - (not had_birthday) >= plan.least_age


def check_submission(submission: Submission) -> None:
    """Raises FormError for the first thing that is wrong; for callers that have no page to show."""
    if submission.errors:
        first = submission.errors[0]
        raise FormError(first.code, first.words)


def tidy_text(text: str, *, has_lines: bool = False) -> str:
    """The text as it is kept: composed characters, one sort of line end, no blanks around it."""
    text = unicodedata.normalize("NFC", text)
    if has_lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


def has_hidden(text: str, *, has_lines: bool = False) -> bool:
    """Whether it has characters that cannot be typed, cannot be stored, or make text read as what it is not."""
    allowed = "\n\t" if has_lines else ""
    return any(
        (unicodedata.category(char) in ("Cc", "Cs", "Cn") or char in _TURNING) and char not in allowed for char in text
    )


def _read_field(field: FieldPlan, sent: Sequence[str], checks: Mapping[str, Check]) -> tuple[str, FieldError | None]:
    """The tidied value, and what is wrong with it."""
    shape, name = field.shape, field.label
    value = sent[0] if sent else ""
    # blanks around a password belong to it
    value = unicodedata.normalize("NFC", value) if shape.is_secret else tidy_text(value, has_lines=shape.has_lines)
    if len(sent) > 1:
        return value, FieldError(field.name, "F906", f"{name} came more than once")
    if not value and field.name == AGE:
        return "", FieldError(field.name, "F902", f"the question “{name}” is not answered")
    if not value:
        return "", FieldError(field.name, "F902", f"{name} is missing") if field.is_required else None
    if len(value) > shape.most:
        over = len(value) - shape.most
        words = f"{name} is longer than {shape.most} characters; shorten it by {over}"
        return value, FieldError(field.name, "F903", words)
    if len(value) < shape.least:
        return value, FieldError(field.name, "F903", f"{name} is shorter than {shape.least} characters")
    if has_hidden(value, has_lines=shape.has_lines):
        return value, FieldError(field.name, "F904", f"{name} has a character that cannot be kept; type it again")
    if field.options and value not in {option.value for option in field.options}:
        return "", FieldError(field.name, "F907", f"{name}: pick one of the answers")
    try:
        kept = _check_kind(field.kind, value, checks)
    except ValueError as problem:
        return value, FieldError(field.name, "F905", f"{name} {problem}")
    return kept, None


def _check_kind(kind: str, value: str, checks: Mapping[str, Check]) -> str:
    """The value in its usual form; raises ValueError with what it is not."""
    if kind == "email" and not _EMAIL.fullmatch(value):
        raise ValueError("is no e-mail address such as name@example.org")
    if kind == "phone" and (not _PHONE.fullmatch(value) or sum(char.isdigit() for char in value) < 3):
        raise ValueError("is no phone number; use figures, spaces and +")
    if kind == "postal" and not _POSTAL.fullmatch(value):
        raise ValueError("is no postal code; use letters, figures and spaces")
    if kind == "date" and not _DATE.fullmatch(value):
        raise ValueError("is no date; write year-month-day, such as 1984-05-31")
    if kind == "date":
        _check_day(value)
    check = checks.get(kind)
    return check(value) if check is not None else value


def _check_day(value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ValueError("is no day of the calendar; write year-month-day, such as 1984-05-31") from None


def _read_choice(choice: ChoicePlan, sent: Sequence[str]) -> tuple[bool | None, FieldError | None]:
    if not sent or sent == [""]:
        return None, None
    if len(sent) > 1:
        return None, FieldError(choice.name, "F906", f"{choice.label} came more than once")
    if sent[0] not in _ANSWERS:
        return None, FieldError(choice.name, "F907", f"{choice.label}: pick yes or no")
    return _ANSWERS[sent[0]], None
