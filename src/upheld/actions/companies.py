"""Companies and the people who use their accounts: who belongs, who may invite, whose address is the main one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upheld.actions.accounts import (
    EMAIL,
    Told,
    access_entrance,
    check_queued,
    confirm_identifier,
    find_account,
    may_mail,
    say_moment,
    take_told,
)
from upheld.actions.entering import confirm_password
from upheld.actions.facts import gather_facts
from upheld.actions.forgetting import erase_person
from upheld.actions.ids import write_id
from upheld.actions.ledger import write_line
from upheld.actions.notices import queue_notice
from upheld.actions.passwords import check_new_password, hash_password
from upheld.actions.people import add_identifier, create_person
from upheld.actions.permissions import give_permission, withdraw_permission
from upheld.actions.rows import read_pairs
from upheld.actions.sessions import digest_token
from upheld.actions.tokens import JOIN, LIVES, find_link, issue_link, read_link, refuse_link, spend_link
from upheld.actions.vault import find_purposes
from upheld.core.errors import AccountError, RefusedError
from upheld.core.gate.binding import Binding
from upheld.records.models import Identifier, Membership, Person, Session, SignIn, Token
from upheld.records.walls import enter_site, read_site

MOST_INVITED = 20
BY_PERSON = (
    "JOIN records_person ON records_person.id = records_membership.company_id"
    " WHERE records_membership.site = %s AND records_membership.person_id = %s"
    " ORDER BY records_membership.joined_at, records_membership.id"
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited, when, until when. `id` is the invitation's own: that of the person would tell who invites them
    whether they have an account, since people without one get another with each invitation.
    """

    id: str
    address: str
    at: datetime
    until: datetime
    has_account: bool


def find_membership(site: str, person: Person) -> Membership | None:
    """The person's place in a company, with the company; None for a private customer."""
    with read_site(site):
        rows = read_pairs(Membership, Person, BY_PERSON, (site, person.id))
    for membership, company in rows:
        if company.closed_at is None:
            membership.company = company
            return membership
    return None


def list_members(site: str, company: Person) -> tuple[Membership, ...]:
    """Everybody who uses the company's account, whoever joined first before the others."""
    with read_site(site):
        rows = Membership.objects.filter(site=site, company=company).select_related("person")
        return tuple(rows.order_by("joined_at", "pk"))


def check_holder(membership: Membership) -> None:
    """Raises AccountError A104 unless they hold the company's account."""
    if not membership.is_holder:
        raise AccountError("A104", "only who holds the company's account may do that", "ask one of its holders")


def invite_user(binding: Binding, *, membership: Membership, address: str, home: str, now: datetime) -> None:
    """Mail somebody a link by which they join the company; an invitation to the same address takes the earlier one's place.

    The address is sealed under a key of the invited person, who is nobody else yet, and goes with the invitation when
    it is withdrawn or not taken up. Nothing that comes back tells whether the address has an account. Raises
    AccountError A104 unless a holder invites, A107 when too many are open, RefusedError when the policy does not let
    the address in, or has no message for it. Side effects: a line for the company, a message with its own.
    """
    check_holder(membership)
    entrance, site, company = access_entrance(binding), binding.site, membership.company
    if not may_mail(site, JOIN, address, now):
        raise AccountError("A107", "this address was invited too often", "wait an hour, or ask them to look again")
    with enter_site(site):
        earlier = [found for found in list_invitations(site, company, now) if found.address == address]
        for invitation in earlier:
            _end_invitation(binding, _find_invitation(site, company, invitation.id), now, outcome="withdrawn")
        if len(list_invitations(site, company, now)) >= MOST_INVITED:
            raise AccountError("A107", f"{MOST_INVITED} invitations are open", "withdraw one or wait for an answer")
        person = find_account(site, address, now) or create_person(binding, now=now, is_visitor=True)
        if not find_purposes(
            binding, entrance.address, entrance.registration.touchpoint, gather_facts(binding, person)
        ):
            raise RefusedError(f"collect {entrance.address} at {entrance.registration.touchpoint}")
        link = issue_link(site, use=JOIN, person=person, home=home, now=now, company=company, text=address)
        values = {"link": link, "until": say_moment(now + LIVES[JOIN])}
        check_queued(
            queue_notice(binding, now=now, person=person, kind="invitation", home=home, values=values, to=address)
        )
        invitation_id = name_invitation(digest_token(link.rpartition("/")[2]))
        write_line(site, "company.user-invited", at=now, person=company.id, invitation=invitation_id)


def list_invitations(site: str, company: Person, now: datetime) -> tuple[Invitation, ...]:
    """The company's invitations that can still be taken up, the latest first, with the addresses that were given."""
    with read_site(site):
        rows = Token.objects.filter(site=site, use=JOIN, company=company, used_at__isnull=True, expires_at__gt=now)
        return tuple(_describe_invitation(row) for row in rows.select_related("person").order_by("-created_at"))


def withdraw_invitation(binding: Binding, *, membership: Membership, invitation: str, now: datetime) -> None:
    """End an invitation; its address is forgotten. Raises AccountError A104, or A106 when there is none. One line."""
    check_holder(membership)
    with enter_site(binding.site):
        found = _find_invitation(binding.site, membership.company, invitation)
        _end_invitation(binding, found, now, outcome="withdrawn")


def name_invitation(digest: bytes) -> str:
    """The id of an invitation, out of the hash under which its link is kept."""
    return write_id("v", digest)


def find_invitation(site: str, token: str, now: datetime) -> Invitation | None:
    """What a link to join is about, when it still works; for the page that the invited person opens."""
    with read_site(site):
        link = find_link(site, JOIN, token, now)
        if link is None or link.company is None or link.company.closed_at is not None:
            return None
        return _describe_invitation(link)


def find_invited(site: str, token: str, now: datetime) -> Person | None:
    """Whom a link to join was mailed to, when it still works."""
    with read_site(site):
        link = find_link(site, JOIN, token, now)
    return link.person if link is not None else None


def join_company(
    binding: Binding, *, token: str, told: Told, home: str, now: datetime, is_permitted: bool = False
) -> Person:
    """The new user of the company, registered with what they told; the link has shown that the address is theirs.

    `told` is without the address: that of the link is taken. With `is_permitted` they permit the holders to see their
    name and address. Raises AccountError A101 for the password, which does not use the link up, A102 for the link,
    RefusedError for a permission that the policy would not let count. Side effects: lines as at registration and for the
    permission, and a message to the primary address.
    """
    entrance, site = access_entrance(binding), binding.site
    invitation = find_invitation(site, token, now)
    if invitation is None or invitation.has_account:
        raise refuse_link()
    check_new_password(told.password, (*told.values.values(), invitation.address))
    encoded = hash_password(told.password)
    whole = Told(
        {**told.values, entrance.address: invitation.address},
        "",
        told.choices,
        told.shown,
        told.method,
        told.is_old_enough,
    )
    with enter_site(site):
        link = spend_link(site, JOIN, token, now)
        person, company = link.person, link.company
        if company is None:
            raise refuse_link()
        person.is_visitor = False
        person.version = binding.current
        person.save(update_fields=["is_visitor", "version"])
        take_told(binding, entrance, person, whole, encoded=encoded, now=now, company=company)
        own = add_identifier(binding, person=person, kind=EMAIL, text=invitation.address, now=now, is_primary=True)
        confirm_identifier(binding, own, now)
        _add_member(binding, link, company, home=home, now=now)
        if is_permitted:
            place = entrance.registration.touchpoint
            give_permission(binding, person=person, company=company, touchpoint=place, now=now, shown=told.shown)
    return person


def join_with_account(
    binding: Binding,
    *,
    token: str,
    password: str,
    home: str,
    now: datetime,
    is_permitted: bool = False,
    shown: str = "",
) -> Person:
    """The person of the invited address, who has an account and gives its password, uses the company's from now on.

    With `is_permitted` they permit the holders to see their name and address, having seen the wording of this digest.
    Raises AccountError A103 for the password, A102 for the link, RefusedError for a permission that the policy would not
    let count. Side effects: a line, one for the permission, a message to the primary address.
    """
    site = binding.site
    link = find_link(site, JOIN, token, now)
    if link is None or link.person.is_visitor:
        raise refuse_link()
    confirm_password(binding, person=link.person, password=password, now=now)
    with enter_site(site):
        link = spend_link(site, JOIN, token, now)
        if link.company is None or find_membership(site, link.person) is not None:
            raise refuse_link()
        _add_member(binding, link, link.company, home=home, now=now)
        if is_permitted:
            place = access_entrance(binding).registration.touchpoint
            give_permission(binding, person=link.person, company=link.company, touchpoint=place, now=now, shown=shown)
    return link.person


def leave_company(binding: Binding, *, membership: Membership, now: datetime) -> None:
    """The person no longer uses the company's account; their own stays. One line in the ledger.

    Raises AccountError A105 for the only holder: they make somebody else a holder first, or close the company's account.
    """
    with enter_site(binding.site):
        _end_membership(binding, membership, now)


def remove_user(binding: Binding, *, membership: Membership, person: str, home: str, now: datetime) -> None:
    """A holder ends somebody's use of the company's account; that person is told, and signed out.

    Raises AccountError A104, A106 for somebody who does not belong, A105 for the only holder. One line in the ledger.
    """
    check_holder(membership)
    with enter_site(binding.site):
        member = find_member(binding.site, membership.company, person)
        _end_membership(binding, member, now)
        Session.objects.filter(site=binding.site, person=member.person).delete()
        values = {"at": say_moment(now)}
        queue_notice(binding, now=now, person=member.person, kind="user-removed", home=home, values=values)


def make_holder(binding: Binding, *, membership: Membership, person: str, now: datetime) -> None:
    """Another user may invite, change and close as well. Raises AccountError A104, A106. One line in the ledger."""
    check_holder(membership)
    with enter_site(binding.site):
        member = find_member(binding.site, membership.company, person)
        if member.is_holder:
            return
        member.is_holder = True
        member.save(update_fields=["is_holder"])
        write_line(binding.site, "company.holder-made", at=now, person=member.company_id, user=member.person_id)


def move_primary(binding: Binding, *, membership: Membership, person: str, home: str, now: datetime) -> None:
    """Messages to the company go to this user's address from now on; they are told there.

    Raises AccountError A104, A106. One line in the ledger.
    """
    check_holder(membership)
    with enter_site(binding.site):
        member = find_member(binding.site, membership.company, person)
        if member.is_primary:
            return
        Membership.objects.filter(site=binding.site, company=member.company, is_primary=True).update(is_primary=False)
        member.is_primary = True
        member.save(update_fields=["is_primary"])
        write_line(
            binding.site, "company.primary-address-changed", at=now, person=member.company_id, user=member.person_id
        )
        values = {"at": say_moment(now)}
        queue_notice(binding, now=now, person=member.person, kind="primary-address", home=home, values=values)


def find_member(site: str, company: Person, person: str) -> Membership:
    """The place of somebody in the company, by their id. Raises AccountError A106."""
    rows = Membership.objects.filter(site=site, company=company, person_id=person)
    found = rows.select_related("company", "person").first()
    if found is None:
        raise AccountError("A106", "nobody of that id uses the company's account", "look at the list of its people")
    return found


def sweep_invitations(binding: Binding, now: datetime) -> int:
    """How many invitations that nobody took up in time were removed, with what was held of the invited. A line for each."""
    with enter_site(binding.site):
        over = Token.objects.filter(site=binding.site, use=JOIN, used_at__isnull=True, expires_at__lte=now)
        rows = list(over.select_related("company", "person")[:1000])
        for row in rows:
            _end_invitation(binding, row, now, outcome="expired")
    return len(rows)


def end_invitations(binding: Binding, *, company: Person, now: datetime) -> None:
    """End all invitations of a company that closes, with what is held of the invited. A line for each."""
    with enter_site(binding.site):
        rows = Token.objects.filter(site=binding.site, use=JOIN, company=company, used_at__isnull=True)
        for row in list(rows.select_related("company", "person")):
            _end_invitation(binding, row, now, outcome="withdrawn")


def _add_member(binding: Binding, link: Token, company: Person, *, home: str, now: datetime) -> None:
    site = binding.site
    Membership.objects.create(site=site, company=company, person=link.person, joined_at=now)
    invitation = name_invitation(bytes(link.digest))
    write_line(site, "company.user-joined", at=now, person=company.id, user=link.person_id, invitation=invitation)
    main = Membership.objects.filter(site=site, company=company, is_primary=True).select_related("person").first()
    if main is not None:
        values = {"at": say_moment(now)}
        queue_notice(binding, now=now, person=main.person, kind="user-joined", home=home, values=values)


def _end_membership(binding: Binding, member: Membership, now: datetime) -> None:
    """Remove it; where it had the primary address, the holder who has been there longest has it from now on."""
    # Two holders who leave at once wait for each other, so that the second one is the last and stays.
    list(Person.objects.select_for_update().filter(site=binding.site, id=member.company_id).values_list("id"))
    others = Membership.objects.filter(site=binding.site, company=member.company).exclude(pk=member.pk)
    if member.is_holder and not others.filter(is_holder=True).exists():
        raise AccountError(
            "A105", "the company's account would have no holder", "make somebody a holder first, or close the account"
        )
    member.delete()
    withdraw_permission(binding, person=member.person, company=member.company, now=now)
    write_line(binding.site, "company.user-left", at=now, person=member.company_id, user=member.person_id)
    heir = others.filter(is_holder=True).order_by("joined_at", "pk").first()
    if member.is_primary and heir is not None:
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
        write_line(
            binding.site, "company.primary-address-changed", at=now, person=member.company_id, user=heir.person_id
        )


def _describe_invitation(row: Token) -> Invitation:
    name = name_invitation(bytes(row.digest))
    return Invitation(name, read_link(row), row.created_at, row.expires_at, not row.person.is_visitor)


def _find_invitation(site: str, company: Person, invitation: str) -> Token:
    """The company's open invitation of this id; raises AccountError A106."""
    rows = Token.objects.filter(site=site, use=JOIN, company=company, used_at__isnull=True)
    for row in rows.select_related("person"):
        if name_invitation(bytes(row.digest)) == invitation:
            return row
    raise AccountError("A106", "there is no such invitation", "look at the list of invitations")


def _end_invitation(binding: Binding, row: Token, now: datetime, *, outcome: str) -> None:
    """Remove the link, and what is held of the invited person unless they are known otherwise."""
    invited, company, name = row.person, row.company_id or "", name_invitation(bytes(row.digest))
    row.delete()
    write_line(binding.site, "company.invitation-ended", at=now, person=company, invitation=name, outcome=outcome)
    has_more = Token.objects.filter(site=binding.site, use=JOIN, person=invited).exists()
    is_known = SignIn.objects.filter(person=invited).exists() or Identifier.objects.filter(person=invited).exists()
    if invited.is_visitor and not is_known and not has_more:
        erase_person(binding, person=invited, now=now)
