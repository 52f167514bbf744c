"""What people permit somebody outside to get: given and withdrawn here, specific each time; opens nothing itself.

A permission names its recipient, its data and its purpose. Nobody is asked for one that the policy would not let count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from upheld.actions.facts import gather_facts
from upheld.actions.ids import draw_id
from upheld.actions.keys import open_person_key
from upheld.actions.ledger import write_line
from upheld.actions.recipients import read_parts
from upheld.actions.vault import find_limit_of
from upheld.core.errors import RefusedError
from upheld.core.fields.entrance import find_entrance
from upheld.core.gate.act import Act
from upheld.core.gate.binding import COMPANY_RECIPIENT, Binding
from upheld.core.policy.saying.names import say_name
from upheld.core.rights.copies import PermissionGiven
from upheld.core.rights.permitting import Permissible, find_permissible, list_naming
from upheld.core.rights.telling import say_where
from upheld.core.seal.envelope import Label, open_sealed
from upheld.records.models import Item, Permission, Person, Recipient
from upheld.records.walls import enter_site, read_site

LABEL = "permission"


def find_company_permissible(binding: Binding, person: Person | None = None) -> Permissible | None:
    """What somebody may permit the company whose account they use to get: the name and the address they registered with.

    Asked of every version that binds the person and what is held about them; without a person, of the one in force.
    None where the policy would not let it go even then.
    """
    entrance = find_entrance(binding.gate.table)
    if entrance is None:
        return None
    data = list_naming(binding.policy.words, entrance.registration.data)
    if person is None:
        return find_permissible(binding, recipient=COMPANY_RECIPIENT, data=data, facts={})
    with read_site(binding.site):
        held = Item.objects.filter(site=binding.site, person=person).values_list("version", flat=True)
        versions = {person.version, *(find_limit_of(version, person) for version in held)}
    facts = gather_facts(binding, person)
    return find_permissible(binding, recipient=COMPANY_RECIPIENT, data=data, facts=facts, versions=sorted(versions))


def give_permission(
    binding: Binding, *, person: Person, company: Person, touchpoint: str, now: datetime, shown: str = ""
) -> Permission:
    """The live permission by which the holders of the company's account see the person's name and address.

    One that says the same already stays as it is. `shown` is the digest of the wording that the person saw. Raises
    RefusedError where the policy would not let it count. Side effect: a line in the ledger.
    """
    permissible = find_company_permissible(binding, person)
    if permissible is None:
        raise RefusedError(str(Act("share", ("anything",), "", COMPANY_RECIPIENT)))
    with enter_site(binding.site):
        Person.objects.select_for_update().get(site=binding.site, id=person.id)  # two answers at once take turns
        live = find_permission(binding.site, person=person, company=company)
        if live is not None and (tuple(live.data), live.purpose) == (permissible.data, permissible.purpose):
            return live
        withdraw_permission(binding, person=person, company=company, now=now)
        given = Permission(
            id=draw_id("r"),
            site=binding.site,
            person=person,
            recipient=company.id,
            data=list(permissible.data),
            purpose=permissible.purpose,
            given_at=now,
            version=binding.current,
            touchpoint=touchpoint,
            shown=shown,
        )
        given.entry = _write(binding, given, "permission.given", now, touchpoint, evidence=shown or None)
        given.save(force_insert=True)
    return given


def withdraw_permission(
    binding: Binding, *, person: Person, company: Person, now: datetime, touchpoint: str = ""
) -> bool:
    """End the person's permission for the company, if there is a live one; whether there was. A line in the ledger.

    `touchpoint` is where they said so; it is empty when it ends because they no longer use the company's account.
    """
    with enter_site(binding.site):
        live = find_permission(binding.site, person=person, company=company)
        if live is None:
            return False
        live.ended_at = now
        live.save(update_fields=["ended_at"])
        _write(binding, live, "permission.withdrawn", now, touchpoint)
    return True


def find_permission(site: str, *, person: Person, company: Person) -> Permission | None:
    """The person's live permission for the company, or None."""
    with read_site(site):
        return _find_live(site, company).filter(person=person).first()


def list_live_permissions(site: str, company: Person) -> dict[str, Permission]:
    """The live permissions for a company, by the ids of who gave them."""
    with read_site(site):
        return {found.person_id: found for found in _find_live(site, company)}


def tell_permissions(binding: Binding, person: Person) -> tuple[PermissionGiven, ...]:
    """Every permission that the person has given, the latest first, those that ended too."""
    words = binding.policy.words
    with read_site(binding.site):
        rows = list(Permission.objects.filter(site=binding.site, person=person).order_by("-given_at", "id"))
        lines = {row.id: row for row in Recipient.objects.filter(site=binding.site, id__in=[r.recipient for r in rows])}
    return tuple(
        PermissionGiven(
            permission=row.id,
            recipient=_say_recipient(binding, row, lines.get(row.recipient)),
            data=tuple(row.data),
            labels=tuple(words.label(leaf, "data") for leaf in row.data),
            purpose=row.purpose,
            purpose_words=say_name(row.purpose, "purpose", words),
            given_at=row.given_at,
            ended_at=row.ended_at,
            version=row.version,
            where=say_where(words, row.touchpoint),
            entry=row.entry,
            until=row.until,
            is_once=row.is_once,
        )
        for row in rows
    )


def _say_recipient(binding: Binding, row: Permission, line: Recipient | None) -> str:
    """Who gets it: a registered organisation, somebody whom the person named, or their company."""
    if line is not None:
        return f"{line.title} ({say_name(line.kind, 'recipient', binding.policy.words)})"
    return open_named(row).get("name", "") or COMPANY_RECIPIENT


def open_named(row: Permission) -> dict[str, str]:
    """Name and addresses of whomever the person named; empty for a registered organisation. Raises SealError V801, V814."""
    if not row.sealed:
        return {}
    label = Label(row.site, row.person_id, row.id, LABEL)
    return read_parts(open_sealed(open_person_key(row.site, row.key), bytes(row.sealed), label))


def find_counting(
    site: str, *, permission: str, person: str, recipient: str, data: Iterable[str], purpose: str, now: datetime
) -> Permission | None:
    """The permission if it says exactly this now: this person, this recipient, these data or more, this purpose.

    One that was withdrawn, used up or whose time is over does not count. Belongs inside the transaction that uses it:
    the row is held until it ends, so of two that use one at once the second finds what the first has left.
    """
    rows = Permission.objects.select_for_update().filter(
        site=site, id=permission, person=person, recipient=recipient, purpose=purpose, ended_at__isnull=True
    )
    found = rows.first()
    wanted = tuple(data)
    if found is None or not wanted or not set(wanted) <= set(found.data):
        return None
    if (found.until is not None and found.until <= now) or (found.is_once and found.used_at is not None):
        return None
    return found


def use_permission(binding: Binding, given: Permission, *, disclosure: str, by: str, now: datetime) -> str:
    """The line that says that this permission was used; one for once is used up by it, and has ended."""
    given.used_at = now
    if given.is_once:
        given.ended_at = now
    given.save(update_fields=["used_at", "ended_at"])
    return write_line(
        binding.site,
        "permission.used",
        at=now,
        person=given.person_id,
        by=by,
        permission=given.id,
        disclosure=disclosure,
        outcome="done",
        version=binding.current.isoformat(),
    )


def _find_live(site: str, company: Person) -> QuerySet[Permission]:
    return Permission.objects.filter(site=site, recipient=company.id, ended_at__isnull=True)


def _write(
    binding: Binding, given: Permission, kind: str, now: datetime, touchpoint: str, *, evidence: str | None = None
) -> str:
    fields = {"evidence": evidence} if evidence else {}
    return write_line(
        binding.site,
        kind,
        at=now,
        person=given.person_id,
        known=binding.names,
        permission=given.id,
        data=list(given.data),
        purpose=given.purpose,
        recipient=COMPANY_RECIPIENT,
        company=given.recipient,
        touchpoint=touchpoint or None,
        version=binding.current.isoformat(),
        **fields,
    )
