"""A copy of everything held about a person, as values; `copy_files` writes them down. Opens nothing and asks no gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

STAFF = "s_"  # how the id of a member of staff begins
Value = str | Mapping[str, str] | list[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """How long something is kept: until `ends_at` where that is known, and in words in any case."""

    ends_at: datetime | None
    words: str
    sentence: str


@dataclass(frozen=True, slots=True)
class HeldValue:
    """One category of one item with its value, where and when it came in and under which version."""

    about: str
    owner: str
    item: str
    data: str
    label: str
    value: Value
    touchpoint: str
    where: str
    collected_at: datetime
    corrected_at: datetime | None
    version: date
    purposes: tuple[str, ...]
    purpose_words: tuple[str, ...]
    kept: Kept
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WithheldValue:
    """One category of one item that the policy does not open to the person, with the sentences that say so."""

    about: str
    owner: str
    item: str
    data: str
    label: str
    where: str
    collected_at: datetime
    version: date
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """One answer to one choice."""

    choice: str
    label: str
    answer: str
    at: datetime
    version: date
    where: str
    is_signal: bool
    entry: str


@dataclass(frozen=True, slots=True)
class PermissionGiven:
    """One permission: who may get which data for which purpose, given where and when.

    `ended_at` is None until it was withdrawn or used up; `until` is its own end, None for one that has none.
    """

    permission: str
    recipient: str
    data: tuple[str, ...]
    labels: tuple[str, ...]
    purpose: str
    purpose_words: str
    given_at: datetime
    ended_at: datetime | None
    version: date
    where: str
    entry: str
    until: datetime | None = None
    is_once: bool = False


@dataclass(frozen=True, slots=True)
class EventTold:
    """One thing that happened to a shipment; `source` is who reported it, `noted_at` when it was known here."""

    state: str
    words: str
    at: datetime
    noted_at: datetime
    source: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class ShipmentTold:
    """One shipment with what happened to it; `what` is empty where the policy does not open the order to the person.

    What was written into the order stands among the values, in the items that `items` names.
    """

    number: str
    about: str
    state: str
    words: str
    what: str
    price: str
    booked_at: datetime
    due_at: datetime | None
    delivered_at: datetime | None
    version: date
    items: tuple[str, ...]
    events: tuple[EventTold, ...]


@dataclass(frozen=True, slots=True)
class DisclosureTold:
    """That something went to somebody outside: to whom, what, why, on which ground, and the SHA-256 of what left."""

    reference: str
    about: str
    recipient: str
    kind: str
    data: tuple[str, ...]
    labels: tuple[str, ...]
    purpose: str
    purpose_words: str
    ground: str
    ground_words: str
    at: datetime
    digest: str
    entry: str


@dataclass(frozen=True, slots=True)
class VersionBound:
    """That a version bound somebody from one moment on; `until` is None for the one that does now."""

    about: str
    version: date
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AgreementGiven:
    """One answer to the question whether a version holds for what was taken before it."""

    about: str
    version: date
    answer: str
    at: datetime
    entry: str


@dataclass(frozen=True, slots=True)
class LineAbout:
    """One line of the ledger about the person; `place` is None until the sequencer has come by.

    `details` are the fields of the line that say more, by their names; `by` is who did it when it was not the person: a
    member of staff, or another user of their company.
    """

    entry: str
    about: str
    kind: str
    meaning: str
    at: datetime
    place: int | None
    by: str
    details: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def is_by_staff(self) -> bool:
        """Whether a member of staff did it."""
        return self.by.startswith(STAFF)

    @property
    def is_by_user(self) -> bool:
        """Whether another user of the company did it."""
        return bool(self.by) and not self.is_by_staff


@dataclass(frozen=True, slots=True)
class AccountFact:
    """Something about the account itself that is no item, such as when its password was changed."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything held about a person at one moment; for the user of a company's account, what is held about the company too."""

    site: str
    business: str
    person: str
    version: date
    made_at: datetime
    account: tuple[AccountFact, ...]
    values: tuple[HeldValue, ...]
    withheld: tuple[WithheldValue, ...]
    answers: tuple[AnswerGiven, ...]
    permissions: tuple[PermissionGiven, ...]
    lines: tuple[LineAbout, ...]
    shipments: tuple[ShipmentTold, ...] = ()
    disclosures: tuple[DisclosureTold, ...] = ()
    versions: tuple[VersionBound, ...] = ()
    agreements: tuple[AgreementGiven, ...] = ()

    @property
    def item_count(self) -> int:
        """How many items it opens."""
        return len({value.item for value in self.values})


def say_value(value: Value) -> str:
    """A value as one text: lists line by line, parts with their names, answers behind their questions."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"{name}{'' if name.endswith('?') else ':'} {part}" for name, part in value.items())
    return "\n".join(str(part) for part in value)
