"""The clauses of the source policies as the register lists them; knows nothing of our own policies."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from upheld.core.errors import Place, RegisterError

COLUMNS = ("id", "policy", "kind", "also", "modality", "proof", "behaviour", "evidence", "locator")
MODALITIES = ("MUST", "MUST NOT", "MAY", "SHOW", "CLAIM", "STATE")
PROOFS = MappingProxyType(
    {
        "M": "a machine decides it",
        "M+H": "a machine decides it, one input is vouched for by a person",
        "H": "a person vouches for it",
        "S": "a statement; nothing to prove beyond that it is published",
    }
)
FAMILIES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "taking in": (
            "collect",
            "mark-required",
            "never-collect",
            "log-what",
            "cookie",
            "anonymous-visit",
            "age-limit",
            "signal-dnt",
        ),
        "using": ("use-for", "never-use-for", "aggregate-only", "de-identify"),
        "giving out": (
            "disclose-to",
            "never-disclose",
            "processor-terms",
            "transfer-country",
            "legal-process",
            "merger",
        ),
        "choice": ("opt-in", "opt-out", "cannot-opt-out", "unsubscribe"),
        "life cycle": ("access", "correct", "delete-when", "retain"),
        "protecting": (
            "access-role",
            "protect-at-rest",
            "encrypt-in-transit",
            "email-security",
            "human-attested",
            "breach-notify",
        ),
        "policy itself": ("scope", "notify-change", "version-effective", "show", "statement-only"),
    }
)
KINDS = tuple(kind for kinds in FAMILIES.values() for kind in kinds)

_ID = re.compile(r"[A-Z]{2,4}-[0-9]{2,3}[a-z]?")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PIECE = re.compile(r"([1-9][0-9]{0,3}):([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Piece:
    """One unbroken stretch of a source clause: its number of words and the start of their SHA-256, in hex."""

    length: int
    digest: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing a source policy says: of which kind, how strongly, and where it stands in the source.

    `behaviour` is what software has to do about it, `evidence` how that can be seen; `locator` finds the
    words in the source without our holding them.
    """

    id: str
    policy: str
    kind: str
    also: tuple[str, ...]
    modality: str
    proof: str
    behaviour: str
    evidence: str
    locator: tuple[Piece, ...]


def load_register(path: Path) -> tuple[Clause, ...]:
    """All clauses in the order of the file, which is the order of the sources.

    Raises RegisterError R501 when the file cannot be read or has other columns, R502 for a row that is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return parse_register(lines, str(path))
    except FileNotFoundError as error:
        raise RegisterError(
            "R501",
            f"there is no register at `{path}`",
            "the project keeps it as `policies/register.csv`; name another with --register",
        ) from error
    except UnicodeDecodeError as error:
        raise RegisterError("R501", f"the register `{path}` is not UTF-8", "save it as UTF-8") from error
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise RegisterError("R501", f"the register `{path}` cannot be read: {reason}") from error


def parse_register(lines: Iterable[str], file: str) -> tuple[Clause, ...]:
    """The clauses in these lines of CSV; `file` is only for the places of errors, which are as in load_register."""
    clauses: list[Clause] = []
    known: dict[str, int] = {}
    for line, row in _read_rows(lines, file):
        place = Place(file, line, 1)
        clause = _read_clause(row, place)
        if clause.id in known:
            raise RegisterError(
                "R502",
                f"the id `{clause.id}` stands twice",
                f"it is in line {known[clause.id]} already; give each clause its own id",
                place,
            )
        known[clause.id] = line
        clauses.append(clause)
    return tuple(clauses)


def _read_rows(lines: Iterable[str], file: str) -> Iterator[tuple[int, dict[str, str]]]:
    rows = csv.reader(lines, strict=True)
    try:
        header = tuple(next(rows, ()))
        if header != COLUMNS:
            raise RegisterError(
                "R501",
                "the register has other columns than it should",
                "the first line has to be: " + ",".join(COLUMNS),
                Place(file, 1, 1, max(1, len(",".join(header)))),
            )
        for row in rows:
            if not row:
                continue
            if len(row) != len(COLUMNS):
                raise RegisterError(
                    "R502",
                    f"a row with {len(row)} columns, where {len(COLUMNS)} belong",
                    "put a text that holds commas in double quotes",
                    Place(file, rows.line_num, 1),
                )
            yield rows.line_num, dict(zip(COLUMNS, row, strict=True))
    except csv.Error as error:
        raise RegisterError(
            "R502", f"a row that is not CSV: {error}", None, Place(file, max(1, rows.line_num), 1)
        ) from error


def _read_clause(row: dict[str, str], place: Place) -> Clause:
    if not _ID.fullmatch(row["id"]):
        raise RegisterError(
            "R502", f"`{row['id']}` is no clause id", "an id is letters and a number, such as `LS-25`", place
        )
    if not _SLUG.fullmatch(row["policy"]):
        raise RegisterError(
            "R502",
            f"{row['id']}: `{row['policy']}` is no policy name",
            "lower-case letters, digits and hyphens",
            place,
        )
    also = tuple(row["also"].split(",")) if row["also"] else ()
    for kind in (row["kind"], *also):
        _demand(kind, KINDS, "kind", row["id"], place)
    _demand(row["modality"], MODALITIES, "modality", row["id"], place)
    _demand(row["proof"], tuple(PROOFS), "proof class", row["id"], place)
    return Clause(
        id=row["id"],
        policy=row["policy"],
        kind=row["kind"],
        also=also,
        modality=row["modality"],
        proof=row["proof"],
        behaviour=row["behaviour"],
        evidence=row["evidence"],
        locator=_read_locator(row["locator"], row["id"], place),
    )


def _demand(value: str, known: tuple[str, ...], what: str, clause_id: str, place: Place) -> None:
    if value in known:
        return
    near = get_close_matches(value, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "it is one of: " + ", ".join(known)
    raise RegisterError("R502", f"{clause_id}: unknown {what} `{value}`", hint, place)


def _read_locator(text: str, clause_id: str, place: Place) -> tuple[Piece, ...]:
    pieces = []
    for part in text.split(" "):
        match = _PIECE.fullmatch(part)
        if match is None:
            raise RegisterError(
                "R502",
                f"{clause_id}: the locator `{text}` cannot be read",
                "for each piece the number of words, a colon, 16 hex digits; a space between two pieces",
                place,
            )
        pieces.append(Piece(int(match[1]), match[2]))
    return tuple(pieces)
