"""Staff carry out what a person permitted: the gate is asked about them and about the release, then it goes out once.

What is handed over is returned and kept nowhere; the digest on record says what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from upheld.actions.accounts import say_moment
from upheld.actions.cases import close_case, find_case, open_case
from upheld.actions.disclosures import Disclosed, disclose, note_refusal_of
from upheld.actions.facts import gather_facts
from upheld.actions.grants import name_staff
from upheld.actions.notices import queue_notice
from upheld.actions.permissions import open_named
from upheld.actions.recipients import read_contact
from upheld.actions.releases import CASE, find_versions, is_release, name_kind
from upheld.actions.staff_reading import know_of_act
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.rights.permitting import list_asked_for
from upheld.core.rights.releasing import PERMISSION
from upheld.records.models import Permission, Recipient, Staff
from upheld.records.walls import enter_site, read_site

NOTICE = "data-given"
PAGE = "account/releases"  # where My Account lists what went, behind the site's first page


def carry_out(
    binding: Binding, *, permission: str, staff: Staff, role: str, now: datetime, home: str = ""
) -> Disclosed:
    """Give out what one permission says, now; the document is handed over by whoever asks for it.

    Done in a role that staff hold, and that the policy lets see these data for a service people ask for; on the
    permission's case, or a new one where that is closed. Raises StaffError W135 without such a permission, W113 for a
    role without a live grant, RefusedError when the gate says no: to the role, or to the release itself, as when the
    permission was withdrawn or used up meanwhile. Side effects: those of `disclose`; the case is closed; with `home`, the
    address of the site's first page, the person gets a message.
    """
    site, by = binding.site, name_staff(staff.pk)
    with read_site(site):
        row = Permission.objects.filter(site=site, id=permission).select_related("person").first()
    if row is None or not is_release(row) or row.person.closed_at is not None:
        raise StaffError("W135", "there is no such permission", "look at the list of releases")
    case = find_case(site, row.case) if row.case else None
    if case is None or not case.is_open:
        case = open_case(site, kind=CASE, person=row.person_id, purpose=row.purpose, by=by, now=now)
    facts = know_of_act(binding, staff=staff, role=role, case=case, now=now)
    if not facts["granted"]:
        raise StaffError("W113", f"you hold no live grant of the role `{role}`", "the owner gives and reviews grants")
    kind = name_kind(binding, row)
    _check_role(binding, row, role, facts, kind=kind, by=by, now=now)
    gone = disclose(
        binding,
        person=row.person,
        data=row.data,
        purpose=row.purpose,
        kind=kind,
        ground=PERMISSION,
        facts=facts,
        recipient=row.recipient,
        subject=row.id,
        by=by,
        case=case.id,
        to=_find_address(row),
        now=now,
    )
    if gone.id:
        with enter_site(site):
            close_case(site, case.id, outcome="done", by=by, now=now)
            if home:
                values = {"at": say_moment(now), "link": home + PAGE}
                queue_notice(binding, now=now, person=row.person, kind=NOTICE, home=home, values=values, by=by)
    return gone


def weigh_role(
    binding: Binding, row: Permission, role: str, facts: Mapping[str, bool | None], now: datetime
) -> tuple[bool, tuple[str, ...]]:
    """Whether this role may see what the permission is about, for a service that people ask for; if not, by which
    sentences. Whoever hands something over sees it.
    """
    words, person = binding.policy.words, row.person
    versions = find_versions(binding, person, now)
    bound = sorted({person.version, *(version for leaf in row.data for version in versions.get(leaf, ()))})
    known = gather_facts(binding, person) | dict(facts)
    because: tuple[str, ...] = ()
    for purpose in list_asked_for(words) if role in words.leaves("role") else ():
        verdict = binding.ask(Act("show", tuple(row.data), purpose, role), known, *bound)
        if verdict.is_permitted:
            return True, verdict.because
        because = because or verdict.because
    return False, because


def _check_role(
    binding: Binding, row: Permission, role: str, facts: Mapping[str, bool | None], *, kind: str, by: str, now: datetime
) -> None:
    """Raise RefusedError for a role that may not see it, with a line."""
    is_permitted, because = weigh_role(binding, row, role, facts, now)
    if is_permitted:
        return
    note_refusal_of(
        binding,
        person=row.person,
        data=tuple(row.data),
        purpose=row.purpose,
        kind=kind,
        ground=PERMISSION,
        recipient=row.recipient,
        subject=row.id,
        by=by,
        because=because,
        now=now,
    )
    raise RefusedError(f"show {', '.join(row.data)} to {role}", because)


def _find_address(row: Permission) -> dict[str, str]:
    """Who gets it, by name and address, as it stands in the document."""
    if row.recipient == row.id:
        return open_named(row)
    with read_site(row.site):
        line = Recipient.objects.filter(site=row.site, id=row.recipient).first()
    return {"organisation": line.title, **read_contact(line)} if line is not None else {}
