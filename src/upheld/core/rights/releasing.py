"""What leaves the house to somebody outside, as one document with one way to write it; knows no person's rights and no record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import join_words, say_name
from upheld.core.rights.telling import say_day
from upheld.core.seal.entries import write_canonical, write_moment

FORMAT = "disclosure/1"
# Grounds of ours beside those that a policy declares: a service was asked for, the person permitted it, a merger.
SERVICE, PERMISSION, MERGER = "service", "permission", "merger"
GROUNDS = frozenset({SERVICE, PERMISSION, MERGER})
GROUND_WORDS = {
    SERVICE: "a service you asked for",
    PERMISSION: "your permission",
    MERGER: "a merger or sale of our business",
}
# Those that end with what the person says; a legal ground and a merger do not.
ENDED_BY_PERSON = frozenset({SERVICE, PERMISSION})
Value = str | Mapping[str, str] | list[str]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes out at once: the categories in their order, each with its label and everything held of it.

    `to` is whoever gets it, by name and address, where that has to stand in the document.
    """

    site: str
    disclosure: str
    purpose: str
    kind: str
    at: datetime
    data: tuple[tuple[str, str, tuple[Value, ...]], ...]
    to: tuple[tuple[str, str], ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of the categories that go out."""
        return tuple(name for name, _, _ in self.data)


def say_ground(words: Words, ground: str) -> str:
    """Why something may go out, said to the person: in the policy's words, or ours for the grounds that are ours."""
    declared = words.of_sort("ground")
    return str(declared[ground].value) if ground in declared else GROUND_WORDS.get(ground, ground)


def pack(
    words: Words,
    values: Iterable[tuple[str, Value]],
    *,
    site: str,
    disclosure: str,
    purpose: str,
    kind: str,
    at: datetime,
    to: Mapping[str, str] | None = None,
) -> Parcel:
    """The values by category, in the order of the declarations; of one category the earlier value first."""
    found: dict[str, list[Value]] = {}
    for leaf, value in values:
        found.setdefault(leaf, []).append(value)
    data = tuple(
        (leaf, words.label(leaf, "data"), tuple(found[leaf])) for leaf in words.leaves("data") if leaf in found
    )
    return Parcel(site, disclosure, purpose, kind, at, data, tuple((to or {}).items()))


def write_parcel(parcel: Parcel, words: Words) -> bytes:
    """The parcel as canonical JSON (RFC 8785): the same parcel always gives the same bytes, so that its digest proves it."""
    told = {"to": dict(parcel.to)} if parcel.to else {}
    return write_canonical(
        {
            **told,
            "format": FORMAT,
            "site": parcel.site,
            "disclosure": parcel.disclosure,
            "purpose": {"name": parcel.purpose, "label": say_name(parcel.purpose, "purpose", words)},
            "recipient": parcel.kind,
            "at": write_moment(parcel.at),
            "data": [
                {"name": name, "label": label, "values": [_write_plain(value) for value in values]}
                for name, label, values in parcel.data
            ],
        }
    )


def digest_parcel(document: bytes) -> str:
    """The SHA-256 of what left, in hex."""
    return hashlib.sha256(document).hexdigest()


def _write_plain(value: Value) -> object:
    """Names of parts may have signs beyond ASCII, which have no one order in JSON; such a value goes as pairs."""
    if isinstance(value, Mapping):
        if all(name.isascii() for name in value):
            return dict(value)
        return [[name, text] for name, text in value.items()]
    return value


# No rule says how long a permission may be; a year is ours, so that none is given once and forgotten.
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to permit: to whom, what, for what, until which day, once or for as long as that.

    `recipient` is a line of the register; without one `named` has the name and an address of somebody they name. What
    is not said yet is empty or None.
    """

    recipient: str = ""
    named: Mapping[str, str] | None = None
    data: tuple[str, ...] = ()
    purpose: str = ""
    until: date | None = None
    is_once: bool | None = None


def find_end_of_day(day: date) -> datetime:
    """The moment at which this day is over, in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, UTC)


def word_release(words: Words, *, to: str, wish: Wish) -> str:
    """The permission as it is said to its person; `to` is who gets it, as it stands in a sentence."""
    data = join_words(words.label(leaf, "data") for leaf in wish.data)
    purpose = say_name(wish.purpose, "purpose", words)
    times = "Once" if wish.is_once else "As often as it is needed"
    return f"You permit us to give {data} to {to}, for {purpose}. {times}, until the end of {say_day(wish.until)}."
