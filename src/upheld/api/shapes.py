"""What goes in and out, as the committed OpenAPI document describes it; field names of data come from the policy."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=20_000)]
Name = Annotated[str, Field(max_length=120)]
Secret = Annotated[str, Field(max_length=1_024, json_schema_extra={"format": "password"})]
Values = Annotated[dict[Name, Text], Field(max_length=60)]


class Closed(BaseModel):
    """Nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """Problem details (RFC 9457). A refusal has the sentences that refuse."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    code: str | None = None
    act: str | None = None
    version: date | None = None
    sentences: list[Quoted] | None = None
    fields: list[WrongField] | None = None


class Quoted(BaseModel):
    """One sentence of the policy."""

    ref: str
    text: str


class WrongField(BaseModel):
    """What is wrong with one field that was sent; an empty name is the whole."""

    field: str
    code: str
    words: str


class FieldShape(BaseModel):
    """One field that a form asks for, and why."""

    name: str
    data: str
    label: str
    kind: str
    is_required: bool
    reason: str
    purposes: list[str]
    sentences: list[str]
    longest: int
    options: list[str]


class ChoiceShape(BaseModel):
    """A choice that a form asks beside its fields."""

    choice: str
    label: str
    silence_counts_as: str
    sentences: list[str]


class FormShape(BaseModel):
    """A form as the policy in force makes it; `evidence` is the digest of its text, stored with what is sent."""

    touchpoint: str
    sort: str
    title: str
    version: date
    evidence: str
    fields: list[FieldShape]
    choices: list[ChoiceShape]


class Filled(Closed):
    """A form filled in: texts by the names of its fields, answers by the names of its choices."""

    values: Values
    choices: Annotated[dict[Name, bool], Field(default_factory=dict, max_length=20)]


class Accepted(BaseModel):
    """That it was taken, and what happens next."""

    next: str
    number: str | None = None


class SigningIn(Closed):
    """What opens an account."""

    email: Annotated[str, Field(max_length=320)]
    password: Secret


class Opened(BaseModel):
    """A session: send the token as `Authorization: Bearer TOKEN`."""

    token: str
    ends_at: datetime


class Address(Closed):
    """An e-mail address."""

    email: Annotated[str, Field(max_length=320)]


class Link(Closed):
    """What stood at the end of a link that was mailed."""

    token: Annotated[str, Field(max_length=200)]


class Confirming(Link):
    """A link with the password that was chosen when registering."""

    password: Secret


class NewPassword(Link):
    """A link with the password to set."""

    password: Secret


class PasswordChange(Closed):
    """The password as it is and as it shall be."""

    old: Secret
    new: Secret


class HeldShape(BaseModel):
    """One value that is held, with where it came from and how long it stays."""

    about: str
    item: str
    data: str
    label: str
    value: str
    where: str
    collected_at: datetime
    corrected_at: datetime | None
    version: date
    purposes: list[str]
    kept: str
    because: list[str]


class WithheldShape(BaseModel):
    """One category that is held and not shown, with the sentences that say so."""

    about: str
    item: str
    data: str
    label: str
    collected_at: datetime
    because: list[str]


class HeldList(BaseModel):
    """Everything held about the person and, for users of a company's account, about the company."""

    values: list[HeldShape]
    withheld: list[WithheldShape]


class Correction(Closed):
    """New values by category; an empty text takes back what was told."""

    values: Values


class Changed(BaseModel):
    """The categories that changed."""

    changed: list[str]


class ChoiceState(BaseModel):
    """Where a choice stands: `yes`, `no` or `unasked`."""

    choice: str
    label: str
    answer: str
    can_change: bool


class ChoiceAnswer(Closed):
    """A yes or a no."""

    is_yes: bool


class Recorded(BaseModel):
    """The line of the ledger that an act left."""

    entry: str


class LineShape(BaseModel):
    """One line of the ledger about the person; `place` is there once it stands in the signed log."""

    entry: str
    about: str
    kind: str
    meaning: str
    at: datetime
    place: int | None
    by: str
    details: dict[str, list[str]]


class LedgerHead(BaseModel):
    """The ledger's public key and its newest signed checkpoint, which is empty before the first line."""

    key: str
    checkpoint: str


class Closing(Closed):
    """To close an account; `is_erased` also removes everything that is held."""

    password: Secret
    is_erased: bool


class ClosedAccount(BaseModel):
    """The lines that the closing left."""

    entries: list[str]


class Member(BaseModel):
    """One user of the company's account, by their id; to a holder by name and e-mail address, where the user permitted it."""

    person: str
    name: str | None = None
    email: str | None = None
    is_holder: bool
    is_primary: bool
    joined_at: datetime


class Invited(BaseModel):
    """An invitation that can still be taken up; the address is the one that was given."""

    invitation: str
    email: str
    expires_at: datetime


class AddressChange(Closed):
    """Another address, and the password of the account."""

    email: Annotated[str, Field(max_length=320)]
    password: Secret


class LinkWithPassword(Link):
    """A link with the password of the account that one has."""

    password: Secret


class Joining(Filled):
    """A link of an invitation with the registration form filled in, all but the address, which is the invited one."""

    token: Annotated[str, Field(max_length=200)]


Problem.model_rebuild()
