"""A form made ready for its page: every input with its need, its reason, its sentence and what was typed; knows no page and stores nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from upheld.core.fields import ChoicePlan, FieldError, FieldPlan, FormPlan, Submission, read_submission
from upheld.core.fields.form import AGE, say_stops
from upheld.core.policy.model import Policy
from upheld.core.policy.saying.names import capitalise, join_words

TOKEN = "form:token"  # noqa: S105 - the name of an input; no data name has a colon
TRAP = "form:website"
MOST_SENTENCES = 3
_ROWS = {"long text": 8, "answers": 4}
# What only a page may say, beside the field: how a list of lines is written
_HINTS = {
    "contact": "A name, and how to reach them.",
    "address": "As on an envelope, with line breaks.",
    "date": "Year, month and day, as in 1984-05-31.",
}


@dataclass(frozen=True, slots=True)
class Why:
    """A sentence one click away: its words, and where it stands in the policy."""

    text: str
    href: str
    where: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One answer that can be picked."""

    id: str
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Input:
    """One field or choice as its page shows it. `input` is the HTML type, `textarea` or `radios`; `described` lists ids."""

    id: str
    name: str
    label: str
    need: str
    notes: tuple[str, ...]
    input: str
    is_required: bool
    autofill: str
    keyboard: str
    rows: int
    value: str
    picks: tuple[Pick, ...]
    error: str
    whys: tuple[Why, ...]

    @property
    def described(self) -> str:
        """The ids of what is read out with the input."""
        return " ".join(([f"{self.id}-notes"] if self.notes else []) + ([f"{self.id}-error"] if self.error else []))


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the summary above the form; `href` leads to the field."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form ready for `elements/form.html`. Where the policy bans hidden fields the token stands in `action` instead.

    `note` and `whys` stand once above the fields where all of them are questions of one category; `notices` are what the
    policy has said there.
    """

    action: str
    title: str
    button: str
    inputs: tuple[Input, ...]
    choices: tuple[Input, ...]
    problems: tuple[Problem, ...]
    token: str = ""
    has_trap: bool = False
    note: str = ""
    whys: tuple[Why, ...] = ()
    notices: tuple[str, ...] = ()


def lay_out_form(
    plan: FormPlan,
    policy: Policy,
    *,
    action: str,
    policy_href: str,
    submission: Submission | None = None,
    token: str = "",
    problems: Sequence[FieldError] = (),
) -> Form:
    """The form for its page; with a submission, what was typed (never a password) and what is wrong with it.

    `problems` are errors found later than the submission's own, such as a wrong address; they come after those.
    """
    typed = dict(submission.typed) if submission is not None else {}
    errors = [*(submission.errors if submission is not None else ()), *problems]
    inputs = tuple(lay_out_field(field, policy, policy_href, typed, errors) for field in plan.inputs)
    is_one = len(plan.fields) > 1 and len(plan.data) == 1
    if is_one:
        inputs = tuple(replace(one, notes=one.notes[:-1], whys=()) if one.name != AGE else one for one in inputs)
    choices = tuple(lay_out_choice(choice, policy, policy_href, typed, errors) for choice in plan.choices)
    places = {field.name: field.picks[0].id if field.picks else field.id for field in (*inputs, *choices)}
    first = next(iter(places.values()), "main")
    is_hidden = token and not bans_hidden_fields(policy)
    return Form(
        action=action if is_hidden or not token else f"{action}?{TOKEN}={token}",
        title=plan.title,
        button=plan.button,
        inputs=inputs,
        choices=choices,
        problems=tuple(Problem(capitalise(e.words), f"#{places.get(e.field, first)}") for e in errors),
        token=token if is_hidden else "",
        has_trap=bool(is_hidden),
        note=f"For: {join_words(plan.fields[0].purpose_words)}." if is_one else "",
        whys=quote_sentences(policy, plan.fields[0].sentences, policy_href) if is_one else (),
        notices=plan.notices,
    )


def lay_out_field(
    field: FieldPlan, policy: Policy, policy_href: str, typed: Mapping[str, str], errors: Sequence[FieldError] = ()
) -> Input:
    """One field with its label, whether and why it is required, what it is for, and its sentences."""
    shape, key = field.shape, make_id(field.name)
    value = "" if shape.is_secret else typed.get(field.name, "")
    notes = [f"At least {shape.least} characters."] if shape.least else []
    notes += [_HINTS[field.kind]] if field.kind in _HINTS else []
    notes += [f"{capitalise(field.reason)}."] if field.reason else []
    notes += [f"{capitalise(say_stops(field))}."] if field.stops else []
    notes += [f"For: {join_words(field.purpose_words)}."] if field.purpose_words else []
    return Input(
        id=key,
        name=field.name,
        label=field.label,
        need="required" if field.is_required else "optional",
        notes=tuple(notes),
        input=shape.input,
        is_required=field.is_required,
        autofill=field.autofill,
        keyboard=shape.keyboard,
        rows=_ROWS.get(field.kind, 3),
        value=value,
        picks=tuple(
            Pick(f"{key}-{place}", option.value, option.label, option.value == value)
            for place, option in enumerate(field.options, 1)
        ),
        error=find_words(errors, field.name),
        whys=quote_sentences(policy, field.sentences, policy_href),
    )


def lay_out_choice(
    choice: ChoicePlan, policy: Policy, policy_href: str, typed: Mapping[str, str], errors: Sequence[FieldError] = ()
) -> Input:
    """A choice as two equal answers, of which none is preset."""
    key, value = make_id(choice.name), typed.get(choice.name, "")
    return Input(
        id=key,
        name=choice.name,
        label=f"{choice.label}?",
        need="your choice",
        notes=(choice.hint,),
        input="radios",
        is_required=False,
        autofill="off",
        keyboard="",
        rows=0,
        value=value,
        picks=tuple(Pick(f"{key}-{answer}", answer, answer.capitalize(), answer == value) for answer in ("yes", "no")),
        error=find_words(errors, choice.name),
        whys=quote_sentences(policy, choice.sentences, policy_href),
    )


def quote_sentences(policy: Policy, refs: Sequence[str], policy_href: str) -> tuple[Why, ...]:
    """The first sentences of these references, each with its link to the policy's page."""
    titles = {section.slug: section.title for section in policy.sections}
    found = []
    for ref in refs[:MOST_SENTENCES]:
        sentence = policy.find_sentence(ref)
        if sentence is not None:
            anchor = ref.partition("#")[2]
            where = f"{titles.get(sentence.section, '')}, sentence {anchor}".removeprefix(", ")
            found.append(Why(sentence.text, f"{policy_href}#{anchor}", where))
    return tuple(found)


def find_words(errors: Sequence[FieldError], name: str) -> str:
    """The first thing that is wrong with this field, as a sentence's beginning; empty for nothing."""
    return next((capitalise(error.words) for error in errors if error.field == name), "")


def make_id(name: str) -> str:
    """The id of an input: its name with nothing in it that would need escaping."""
    return "field-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def bans_hidden_fields(policy: Policy) -> bool:
    """Whether the policy promises that no field is hidden."""
    return any(
        rule.form == "never_employ" and "hidden fields" in rule.part("techniques") for rule in policy.active_rules
    )


def check_email(value: str) -> str:
    """The address as mail servers take it; raises ValueError with what is wrong. Asks nobody outside."""
    try:
        found = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("is no e-mail address such as name@example.org") from None
    return str(found.normalized)


def check_phone(value: str) -> str:
    """The number as typed, once it can be one; with a country code it has to fit that country's plan."""
    if value.startswith("+"):
        try:
            is_possible = phonenumbers.is_possible_number(phonenumbers.parse(value))
        except phonenumbers.NumberParseException:
            is_possible = False
        if not is_possible:
            raise ValueError("is no phone number of its country; check the figures")
    return value


CHECKS = {"email": check_email, "phone": check_phone}


def read_posted(plan: FormPlan, posted: Mapping[str, Sequence[str]]) -> Submission:
    """What a browser posted, by the form's own rules and the closer looks at addresses and numbers.

    The token and the trap are the guard's, and left out here.
    """
    rest = {name: values for name, values in posted.items() if name not in (TOKEN, TRAP)}
    return read_submission(plan, rest, CHECKS)


def add_error(submission: Submission, field: str, code: str, words: str) -> Submission:
    """The submission with one more thing wrong, such as an address that an account already has."""
    return replace(submission, errors=(*submission.errors, FieldError(field, code, words)))
