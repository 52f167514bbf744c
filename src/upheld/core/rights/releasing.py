"""What leaves the house to somebody outside, as one document with one way to write it; knows no person's rights and no record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import say_name
from upheld.core.seal.entries import write_canonical, write_moment

FORMAT = "disclosure/1"
# Grounds of ours beside those that a policy declares: a service was asked for, the person permitted it, a merger.
SERVICE, PERMISSION, MERGER = "service", "permission", "merger"
GROUNDS = frozenset({SERVICE, PERMISSION, MERGER})
Value = str | Mapping[str, str] | list[str]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes out at once: the categories in their order, each with its label and everything held of it."""

    site: str
    disclosure: str
    purpose: str
    kind: str
    at: datetime
    data: tuple[tuple[str, str, tuple[Value, ...]], ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of the categories that go out."""
        return tuple(name for name, _, _ in self.data)


def pack(
    words: Words,
    values: Iterable[tuple[str, Value]],
    *,
    site: str,
    disclosure: str,
    purpose: str,
    kind: str,
    at: datetime,
) -> Parcel:
    """The values by category, in the order of the declarations; of one category the earlier value first."""
    found: dict[str, list[Value]] = {}
    for leaf, value in values:
        found.setdefault(leaf, []).append(value)
    data = tuple(
        (leaf, words.label(leaf, "data"), tuple(found[leaf])) for leaf in words.leaves("data") if leaf in found
    )
    return Parcel(site, disclosure, purpose, kind, at, data)


def write_parcel(parcel: Parcel, words: Words) -> bytes:
    """The parcel as canonical JSON (RFC 8785): the same parcel always gives the same bytes, so that its digest proves it."""
    return write_canonical(
        {
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
