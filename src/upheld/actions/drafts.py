"""Drafts of a policy: begun, saved by several people without one writing over another, announced as read, swept when old."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from upheld.actions.grants import name_staff
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.publications import announce
from upheld.core.errors import Finding, Place, PolicyError, StaffError
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import Table
from upheld.core.policy.load import MAX_BYTES, unify_text
from upheld.records.models import PolicyDraft, Publication, Staff
from upheld.records.walls import enter_site, read_site

KEPT_FOR = timedelta(days=180)
NOTED_EVERY = timedelta(hours=1)
MOST_DRAFTS = 40  # of a site
THROWN_AWAY, TOO_OLD = "thrown-away", "too-old"
NUL = "\x00"


@dataclass(frozen=True, slots=True)
class Draft:
    """One text that is being written; `saved_by` is who saved it last, as the ledger names them."""

    id: str
    site: str
    base: date
    text: str
    digest: str
    edition: int
    begun_at: datetime
    saved_at: datetime
    saved_by: str

    @property
    def ends_at(self) -> datetime:
        """When it goes unless somebody saves it again."""
        return self.saved_at + KEPT_FOR


class OvertakenError(StaffError):
    """Somebody saved another text since this one was read; `draft` is theirs, and nothing was written over."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(
            "W182", "somebody saved another text of this draft meanwhile", "keep yours as a draft of its own"
        )
        self.draft = draft


def begin_draft(site: str, *, text: str, base: date, by: Staff, now: datetime) -> Draft:
    """A new draft with this text, begun from the version of `base`.

    Raises PolicyError for a text that cannot be kept, StaffError W185 when there are too many. Side effect: a line in the
    ledger.
    """
    text, name = take_text(text), name_staff(by.pk)
    with enter_site(site):
        if PolicyDraft.objects.filter(site=site).count() >= MOST_DRAFTS:
            raise StaffError("W185", f"there are {MOST_DRAFTS} drafts already", "throw one away that nobody needs")
        row = PolicyDraft.objects.create(
            id=draw_id("df"), site=site, base=base, text=text, digest=_digest(text),
            begun_at=now, begun_by=name, saved_at=now, saved_by=name, noted_at=now,
        )  # fmt: skip
        write_line(site, "draft.begun", at=now, by=name, draft=row.id, digest=row.digest)
    return _show(row)


def take_text(text: str) -> str:
    """The text as it is kept and announced: line ends as one newline, no mark at its start.

    Raises PolicyError P003 for one that is too large, P004 for one with the sign NUL, which no database takes. What it
    raises has the place.
    """
    text = unify_text(text)
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        said = f"the text has {size:,} bytes, and a policy at most {MAX_BYTES:,}"
        _refuse("P003", said, Place("", 1, 1), "move what is not policy into documents; nothing of it was saved")
    at = text.find(NUL)
    if at >= 0:
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        said = "the character U+0000 stands here, which nobody can read and no database keeps"
        _refuse("P004", said, Place("", line, column), "remove it, then save again")
    return text.encode("utf-8", "replace").decode("utf-8")


def _refuse(code: str, text: str, place: Place, hint: str) -> None:
    raise PolicyError((Finding(code, "error", text, place, hint),))


def save_draft(site: str, draft: str, *, text: str, edition: int, by: Staff, now: datetime) -> Draft:
    """The draft with this text; `edition` is the one that whoever writes has read.

    Raises OvertakenError when somebody saved another text meanwhile, StaffError W181 when there is no such draft any more,
    PolicyError for a text that cannot be kept. Side effect: a line in the ledger when somebody else wrote before, and once
    an hour.
    """
    text, name = take_text(text), name_staff(by.pk)
    digest = _digest(text)
    with enter_site(site):
        row = _find(site, draft)
        if row.digest == digest:
            return _show(row)
        is_noted = row.saved_by != name or now - row.noted_at >= NOTED_EVERY
        row.text, row.digest, row.edition, row.saved_at, row.saved_by = text, digest, edition + 1, now, name
        row.noted_at = now if is_noted else row.noted_at
        told = {name: getattr(row, name) for name in ("text", "digest", "edition", "saved_at", "saved_by", "noted_at")}
        if not PolicyDraft.objects.filter(site=site, id=draft, edition=edition).update(**told):
            raise OvertakenError(_show(_find(site, draft)))
        if is_noted:
            write_line(site, "draft.changed", at=now, by=name, draft=draft, digest=digest)
    return _show(row)


def fetch_draft(site: str, draft: str) -> Draft:
    """The draft of this id. Raises StaffError W181 when there is none."""
    with read_site(site):
        return _show(_find(site, draft))


def list_drafts(site: str) -> tuple[Draft, ...]:
    """All drafts of a site, the one saved last first."""
    with read_site(site):
        return tuple(_show(row) for row in PolicyDraft.objects.filter(site=site).order_by("-saved_at", "id"))


def name_writers(drafts: tuple[Draft, ...]) -> dict[str, str]:
    """The sign-in names of those who saved these drafts last, by how the ledger names them."""
    keys = {draft.saved_by.partition("_")[2] for draft in drafts}
    found = Staff.objects.filter(pk__in=[key for key in keys if key.isdecimal()]).values_list("pk", "username")
    return {name_staff(key): username for key, username in found}


def remove_draft(site: str, draft: str, *, by: Staff, now: datetime) -> None:
    """Throw a draft away. Raises StaffError W181 when there is none. Side effect: a line in the ledger."""
    with enter_site(site):
        row = _find(site, draft)
        row.delete()
        write_line(
            site, "draft.removed", at=now, by=name_staff(by.pk), draft=draft, digest=row.digest, reason=THROWN_AWAY
        )


def announce_draft(
    binding: Binding, draft: str, *, digest: str, table: Table, notice: str, by: Staff, now: datetime
) -> Publication:
    """Put a draft before people as a version: exactly the text of this digest, of which `table` was made.

    The draft is gone then; its text is kept with the announcement. Raises StaffError W181 when there is no such draft, W183
    when its text is another one by now, W161 and W162 as `announce` does. Side effects: its lines in the ledger.
    """
    with enter_site(binding.site):
        row = _find(binding.site, draft, is_held=True)
        if not (digest == row.digest == table.policy.digest):
            raise StaffError("W183", "its text is another one than you have read", "read what it changes once more")
        made = announce(binding, table=table, now=now, notice=notice, by=name_staff(by.pk), draft=draft)
        row.delete()
    return made


def sweep_drafts(site: str, now: datetime) -> int:
    """Remove the drafts that nobody saved for 180 days; how many. Side effect: a line in the ledger for each."""
    with enter_site(site):
        count = 0
        for row in list(PolicyDraft.objects.filter(site=site, saved_at__lt=now - KEPT_FOR).defer("text")):
            # not one that somebody has saved since it was looked up
            gone, _ = PolicyDraft.objects.filter(site=site, id=row.id, edition=row.edition).delete()
            if gone:
                write_line(site, "draft.removed", at=now, draft=row.id, digest=row.digest, reason=TOO_OLD)
                count += 1
    return count


def _find(site: str, draft: str, *, is_held: bool = False) -> PolicyDraft:
    rows = PolicyDraft.objects.filter(site=site, id=draft)
    row = (rows.select_for_update() if is_held else rows).first()
    if row is None:
        raise StaffError("W181", "there is no such draft any more", "it was announced, thrown away, or too old")
    return row


def _show(row: PolicyDraft) -> Draft:
    return Draft(
        row.id, row.site, row.base, row.text, row.digest, row.edition, row.begun_at, row.saved_at, row.saved_by
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
