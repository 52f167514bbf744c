"""A form as values: what it asks, why, and the text that a person sees of it; knows how to say itself, not how it was made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from upheld.core.fields.kinds import KINDS, Kind

CHOICE_MARK = "choice:"  # no data name has a colon, so an answer to a choice is never taken for data
AGE = "age:"  # nor is an answer about the age
YES, NO = "yes", "no"
BIRTHDAY = "date"  # the one kind of date that is asked for


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be picked."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One input. `name` is what is posted, `data` the category it is; the two differ where one category has several questions.

    `reason` says why the field is required and is empty for an optional one. `purposes` are the leaves that the gate
    permits here, `purpose_words` the same as people read them. `sentences` are references, the deciding one first. `stops`
    says what cannot be done when it is left empty, where the policy says so.
    """

    name: str
    data: str
    label: str
    kind: str
    is_required: bool
    reason: str
    purposes: tuple[str, ...]
    purpose_words: tuple[str, ...]
    sentences: tuple[str, ...]
    autofill: str = "off"
    options: tuple[Option, ...] = ()
    stops: str = ""

    @property
    def shape(self) -> Kind:
        """What the kind comes to: input, lengths, keyboard."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class ChoicePlan:
    """A choice that is asked beside the fields: yes or no, neither preset. `mode` says what silence counts as."""

    choice: str
    label: str
    mode: str
    can_change: bool
    sentences: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the input."""
        return CHOICE_MARK + self.choice

    @property
    def hint(self) -> str:
        """What silence comes to, and where the answer is changed."""
        silence = "no" if self.mode == "opt-in" else "yes"
        later = "; you can change it later in your account" if self.can_change else ""
        return f"If you do not answer, it counts as a {silence}{later}."


@dataclass(frozen=True, slots=True)
class FormPlan:
    """All that a touchpoint asks under one version of one policy.

    `sort` says what is done with it: `registration`, `company`, `message`, `survey`, `promotion` or `other`.
    `least_age` is 0 where no age is asked for; `age_sentences` have it asked. `says_something` is false where nothing of what would be sent says what it
    is for, such as a name alone: nobody could work on it. `notices` are what the policy has said above the fields.
    """

    site: str
    version: str
    policy_digest: str
    touchpoint: str
    path: str
    sort: str
    title: str
    button: str
    fields: tuple[FieldPlan, ...]
    choices: tuple[ChoicePlan, ...]
    sentences: tuple[str, ...]
    least_age: int = 0
    lead: str = ""
    says_something: bool = True
    age_sentences: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def data(self) -> tuple[str, ...]:
        """The categories that the form asks for, each once."""
        return tuple(dict.fromkeys(field.data for field in self.fields))

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes of all its fields, each once."""
        return tuple(dict.fromkeys(purpose for field in self.fields for purpose in field.purposes))

    @property
    def inputs(self) -> tuple[FieldPlan, ...]:
        """Its fields, and the question about the age where there is an age limit and no date of birth is asked for."""
        if not self.least_age or any(field.kind == BIRTHDAY for field in self.fields):
            return self.fields
        return (*self.fields, ask_age(self.least_age, self.age_sentences))

    @property
    def can_be_typed(self) -> bool:
        """Whether inputs alone can ask for everything, and what they bring can be worked on.

        A parcel order, say, needs a page of its own; and a form that would ask for a card needs somebody who charges it.
        """
        return self.says_something and all(field.shape.input != "none" for field in self.fields)

    def find_field(self, name: str) -> FieldPlan | None:
        """The field that is posted under this name, or None."""
        return next((field for field in self.fields if field.name == name), None)

    def text(self) -> str:
        """What the form says to a person, line by line; the same plan always says the same."""
        lines = [
            self.title,
            *([self.lead] if self.lead else []),
            f"policy {self.site} of {self.version}, {self.policy_digest}",
        ]
        lines += self.notices
        lines += [say_field(field) for field in self.fields]
        lines += [f"{choice.label}? yes or no, not preset. {choice.hint}" for choice in self.choices]
        if self.least_age:
            lines.append(f"only from the age of {self.least_age}")
        lines += [f"sentence {ref}" for ref in self.sentences]
        lines.append(self.button)
        return "\n".join(lines) + "\n"

    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal: the evidence of what was on the page."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def ask_age(least_age: int, sentences: tuple[str, ...]) -> FieldPlan:
    """The question whether somebody is old enough; the answer is no data, and only what it comes to is kept."""
    return FieldPlan(
        name=AGE,
        data="",
        label=f"Are you {least_age} or older?",
        kind="pick",
        is_required=True,
        reason=f"only people of {least_age} or older may send this",
        purposes=(),
        purpose_words=(),
        sentences=sentences,
        options=(Option(YES, "Yes"), Option(NO, "No")),
    )


def say_field(field: FieldPlan) -> str:
    """One field on one line: label, required or optional, why, what for, and the answers to pick from."""
    said = f"{field.label} ({say_need(field)})"
    if field.purpose_words:
        said += f"; for {', '.join(field.purpose_words)}"
    if field.shape.least:
        said += f"; at least {field.shape.least} characters"
    if field.stops:
        said += f"; {say_stops(field)}"
    if field.options:
        said += f"; {' / '.join(option.label for option in field.options)}"
    return said


def say_stops(field: FieldPlan) -> str:
    """What cannot be done when the field is left empty."""
    return f"left empty, this stops: {field.stops}"


def say_need(field: FieldPlan) -> str:
    """`required: you sign in with it`, or `optional`."""
    if not field.is_required:
        return "optional"
    return f"required: {field.reason}" if field.reason else "required"
