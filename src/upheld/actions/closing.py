"""Closing an account: keep until the policy's end, or remove everything now; either way nobody signs in to it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from upheld.actions.accounts import say_moment
from upheld.actions.companies import end_invitations, leave_company
from upheld.actions.forgetting import erase_person
from upheld.actions.ledger import write_line
from upheld.actions.notices import queue_notice
from upheld.actions.permissions import withdraw_permission
from upheld.actions.releases import withdraw_all
from upheld.actions.standings import restate
from upheld.actions.telling_mails import tell_pending
from upheld.actions.tellings import note_erased
from upheld.core.errors import AccountError
from upheld.core.gate.binding import Binding
from upheld.records.models import Item, Membership, Outgoing, Person, Session, SignIn, Token
from upheld.records.walls import enter_site


@dataclass(frozen=True, slots=True)
class Closed:
    """What a closing left on record: whose account, the line of the closing, the line of the erasure if there was one."""

    person: str
    entry: str
    erasure: str

    @property
    def entries(self) -> tuple[str, ...]:
        """The lines to take a receipt of, the weightier one first."""
        return tuple(entry for entry in (self.erasure, self.entry) if entry)


def may_leave(site: str, person: Person) -> bool:
    """Whether the person can close their own account alone: the last holder of a company's account closes that with it."""
    with enter_site(site):
        held = Membership.objects.filter(site=site, person=person, is_holder=True, company__closed_at__isnull=True)
        return all(
            Membership.objects.filter(company=membership.company_id, is_holder=True).exclude(person=person).exists()
            for membership in held
        )


def close_account(
    binding: Binding, *, person: Person, is_erased: bool, now: datetime, home: str = "", by: str = ""
) -> Closed:
    """Close the account of one person: sessions, password, links and memberships end.

    The address finds them until somebody else has it confirmed. With `home`, the address of the site's first page, they
    get a last message about it, which outlives what is held about them.

    With `is_erased` everything held about them goes with its keys; else it stays until the end that the policy sets.
    Raises AccountError A105 for the last holder of a company that stays open. Side effects: one line in the ledger, one
    more for an erasure.
    """
    if not may_leave(binding.site, person):
        raise AccountError("A105", "the company's account would have no holder", "close the company's account as well")
    with enter_site(binding.site):
        for membership in Membership.objects.select_for_update().filter(site=binding.site, person=person):
            leave_company(binding, membership=membership, now=now)
        withdraw_all(binding, person=person, now=now)
        if is_erased:
            note_erased(binding, person=person.id, now=now)
        if is_erased and home:  # afterwards nobody knows any more whom the person had named
            tell_pending(binding, home=home, now=now, person=person.id)
        if home:
            values = {"at": say_moment(now)}
            queue_notice(binding, now=now, person=person, kind="account-closed", home=home, values=values, is_last=True)
        return _close(binding, person, is_erased=is_erased, now=now, by=by)


def close_company(
    binding: Binding, *, company: Person, holder: Person, is_erased: bool, now: datetime, by: str = ""
) -> Closed:
    """Close a company's account: nobody uses it any more. What is held about each of its people stays theirs to decide.

    Who was invited and has not answered is forgotten. The lines say that the holder did it unless `by` names another. Raises AccountError A104 unless `holder` holds it. Side effects as
    for a person, and a line for each member and each invitation.
    """
    with enter_site(binding.site):
        members = list(Membership.objects.select_for_update().filter(site=binding.site, company=company))
        if not any(member.person_id == holder.id and member.is_holder for member in members):
            raise AccountError("A104", "only a holder closes the company's account", "ask one of its holders")
        for membership in members:
            _end_membership(binding, membership, now, by or holder.id)
        end_invitations(binding, company=company, now=now)
        return _close(binding, company, is_erased=is_erased, now=now, by=by or holder.id)


def _close(binding: Binding, person: Person, *, is_erased: bool, now: datetime, by: str) -> Closed:
    """One transaction: a crash leaves the account as it was, or closed, with keys at most that the next sweep destroys."""
    site = binding.site
    count = Item.objects.filter(site=site, person=person).count()
    entry = write_line(
        site, "person.closed", at=now, person=person.id, by=by, items=count, version=binding.current.isoformat()
    )
    withdraw_all(binding, person=person, now=now)
    Session.objects.filter(site=site, person=person).delete()
    SignIn.objects.filter(site=site, person=person).delete()
    Token.objects.filter(Q(person=person) | Q(company=person), site=site).delete()
    if is_erased:
        name = person.id
        return Closed(name, entry, erase_person(binding, person=person, now=now, by=by))
    Outgoing.objects.filter(site=site, person=person.id, state__in=("queued", "waiting")).delete()
    person.closed_at = now
    person.save(update_fields=["closed_at"])
    restate(binding, person)
    return Closed(person.id, entry, "")


def _end_membership(binding: Binding, membership: Membership, now: datetime, by: str) -> None:
    write_line(
        binding.site, "company.user-left", at=now, person=membership.company_id, by=by, user=membership.person_id
    )
    withdraw_permission(binding, person=membership.person, company=membership.company, now=now)
    membership.delete()
