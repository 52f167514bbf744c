"""The lines of the ledger: their kinds, the fields each may have, their canonical text; knows no policy and no store.

INVARIANT: no field of any kind takes a personal value.
Every field has a sort, and every sort a pattern that takes ids, counts, declared names, dates and digests, so that an
address, a number of somebody or free text does not pass. Give `known` as well, and only names that the policy declares
pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from upheld.core.errors import SealError
from upheld.core.seal.kinds import KINDS

FORMAT = 1
_MOST_IN_A_LIST = 200
_LARGEST_COUNT = 999_999_999  # nine digits: a telephone number with its country code does not pass as a count
_LARGEST_INTEGER = 2**53 - 1  # RFC 8785 takes numbers that JavaScript holds exactly
_NAME = r"[a-z][a-z0-9-]*(?:[. ][a-z0-9-]+){0,7}"
_WORD = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_MANY_DIGITS = re.compile(r"(?:[^0-9]*[0-9]){5}")  # five digits could be somebody's zip code, seven a telephone number
_ID = re.compile(r"[a-z]{1,4}_(?:[a-z2-9]{20}|[0-9]{1,9})", re.ASCII)
_DECLARED = re.compile(_NAME, re.ASCII)
_TERM = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
_SITE = re.compile(_WORD, re.ASCII)
_SERIAL = re.compile(r"(?:[a-z]{1,4}_)?[a-z0-9]{8,40}", re.ASCII)

OUTCOMES = frozenset({"yes", "no", "permitted", "refused", "silent", "done", "failed", "expired", "given", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Sort:
    """What the value of a field may be: `pattern` for texts, `words` where only few are possible, else a count."""

    name: str
    meaning: str
    pattern: re.Pattern[str] | None = None
    words: frozenset[str] = frozenset()
    is_list: bool = False
    is_declared: bool = False  # a name that the policy declares, held against `known`
    is_worded: bool = False  # words, of which nobody can tell that they are no value, so at most four digits pass


SORTS: Mapping[str, Sort] = MappingProxyType(
    {
        sort.name: sort
        for sort in (
            Sort("id", "an id of ours, drawn at random", _ID),
            Sort("ids", "a list of such ids", _ID, is_list=True),
            Sort("count", "a number of things, at most nine digits"),
            Sort("name", "a name that the policy declares", _DECLARED, is_declared=True, is_worded=True),
            Sort("names", "a list of such names", _DECLARED, is_list=True, is_declared=True, is_worded=True),
            Sort("term", "a word of our own, such as the name of a kind", _TERM, is_worded=True),
            Sort(
                "sentences",
                "references of sentences",
                re.compile(rf"{_WORD}#{_WORD}\.\d{{1,4}}", re.ASCII),
                is_list=True,
            ),
            Sort("version", "the date of a version of the policy", re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)),
            Sort("digest", "a SHA-256, in hex", re.compile(r"[0-9a-f]{64}", re.ASCII)),
            Sort("key", "the name of a key, 16 digits in hex", re.compile(r"[0-9a-f]{16}", re.ASCII)),
            Sort("moment", "a moment, UTC", re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)),
            Sort("outcome", "one of: " + ", ".join(sorted(OUTCOMES)), words=OUTCOMES),
        )
    }
)
# What a line of any kind may have: who did it (staff, or a user of a company), which sentences it rests on, under which version.
COMMON: Mapping[str, str] = MappingProxyType({"because": "sentences", "by": "id", "version": "version"})
_FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {name: MappingProxyType({**COMMON, **kind.fields}) for name, kind in KINDS.items()}
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; `text` is its canonical JSON, and what the log hashes."""

    site: str
    serial: str
    at: str
    kind: str
    person: str | None
    body: Mapping[str, Any]
    text: str


def make_entry(
    *,
    site: str,
    serial: str,
    at: datetime,
    kind: str,
    person: str | None,
    body: Mapping[str, Any],
    known: Collection[str] | None = None,
) -> Entry:
    """The line, with its canonical text. `serial` is drawn at random; `known` are the names the policy declares.

    Fields that are None are left out; tuples and sets become sorted lists, moments and dates texts.
    Raises SealError V804 for an unknown kind, an unknown field, or a value that its sort does not take.
    """
    if at.tzinfo is None:
        message = "a moment has its zone"
        raise ValueError(message)
    fields = _find_fields(kind)
    if not _SITE.fullmatch(site) or not _SERIAL.fullmatch(serial):
        raise _refuse(kind, "site" if not _SITE.fullmatch(site) else "serial")
    if person is not None and not _fits(SORTS["id"], person, None):
        raise _refuse(kind, "person")
    plain = {name: _write_plain(value) for name, value in body.items() if value is not None}
    for name, value in plain.items():
        if name not in fields:
            raise SealError(
                "V804",
                f"a line of kind `{kind}` has no field `{_show(name)}`",
                f"its fields are {', '.join(sorted(fields))}",
            )
        if not _fits(SORTS[fields[name]], value, known):
            raise _refuse(kind, name)
    whole: dict[str, Any] = {"at": write_moment(at), "body": plain, "kind": kind}
    whole |= {"serial": serial, "site": site, "v": FORMAT} | ({} if person is None else {"person": person})
    text = _dump(whole)  # every value has passed its sort, so there is nothing left to check
    return Entry(site, serial, whole["at"], kind, person, MappingProxyType(plain), text)


def read_entry(text: str) -> Entry:
    """The line of a canonical text; held to the same as a new one. Raises SealError V804."""
    refused = SealError("V804", "the text is no line of the ledger", "use it as it was given out, byte for byte")
    try:
        whole = json.loads(text)
        at = datetime.strptime(whole["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        made = make_entry(
            site=whole["site"],
            serial=whole["serial"],
            at=at,
            kind=whole["kind"],
            person=whole.get("person"),
            body=whole["body"],
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise refused from None
    if made.text != text:
        raise refused
    return made


def write_moment(at: datetime) -> str:
    """The moment in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def write_canonical(value: Mapping[str, Any]) -> bytes:
    """The one way to write the value (RFC 8785 without numbers that are not whole). Raises ValueError for such."""
    _check_plain(value)
    return _dump(value).encode()


def _dump(value: Mapping[str, Any]) -> str:
    return _ENCODER.encode(value)


def _check_plain(value: Any) -> None:
    if isinstance(value, str | bool) or value is None:  # most values by far: first
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            # RFC 8785 sorts by UTF-16 units, Python by code points: the same where every name is ASCII
            if not isinstance(name, str) or not name.isascii():
                message = "names are in ASCII"
                raise ValueError(message)
            _check_plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_plain(inner)
    elif not isinstance(value, int) or abs(value) > _LARGEST_INTEGER:
        message = "only whole numbers below 2^53, texts, lists and objects have one way to be written here"
        raise ValueError(message)


def _find_fields(kind: str) -> Mapping[str, str]:
    fields = _FIELDS.get(kind)
    if fields is None:
        raise SealError("V804", f"no kind `{_show(kind)}` of lines", "the kinds are listed in docs/ledger.md")
    return fields


def _write_plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return write_moment(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def _fits(sort: Sort, value: Any, known: Collection[str] | None) -> bool:
    if sort.is_list:
        return (
            isinstance(value, list)
            and len(value) <= _MOST_IN_A_LIST
            and all(_is_text_of(sort, inner, known) for inner in value)
        )
    if sort.pattern is None and not sort.words:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT
    return _is_text_of(sort, value, known)


def _is_text_of(sort: Sort, value: Any, known: Collection[str] | None) -> bool:
    if not isinstance(value, str) or len(value) > 100:
        return False
    if sort.pattern is None:
        return value in sort.words
    if sort.is_declared and known is not None:
        return value in known and bool(sort.pattern.fullmatch(value))
    return bool(sort.pattern.fullmatch(value)) and not (sort.is_worded and _MANY_DIGITS.match(value))


def _show(name: object) -> str:
    """A name that we may repeat; anything else could be somebody's value and is not said."""
    text = str(name)
    return text if re.fullmatch(r"[a-z][a-z.-]{0,39}", text) else "?"


def _refuse(kind: str, field: str) -> SealError:
    # the value is not said: it is what must not get in
    return SealError(
        "V804",
        f"the field `{field}` of a line of kind `{kind}` does not take such a value",
        "ids, counts, declared names, dates and digests; the list of fields is in docs/ledger.md",
    )
