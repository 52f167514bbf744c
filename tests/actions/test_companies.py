"""Companies with several users: invited by mail, joined with a registration of their own, never without a holder."""

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import (
    CY,
    HOME,
    OTHER_PASSWORD,
    PASSWORD,
    REED_AND_CO,
    find_mail,
    join_one,
    read_mails,
    sign_in_one,
    tell,
)
from upheld.core.errors import AccountError
from upheld.core.gate.binding import Binding

pytestmark = pytest.mark.usefixtures("databases")
DEE = "dee@reed.example"


@pytest.fixture
def holder(binding: Binding, now: datetime) -> Any:
    """The membership of who opened the company's account."""
    from upheld.actions.companies import find_membership

    return find_membership(binding.site, join_one(binding, now, {**CY, **REED_AND_CO}, is_company=True))


def invite(binding: Binding, membership: Any, now: datetime, address: str = DEE) -> str:
    from upheld.actions.companies import invite_user

    invite_user(binding, membership=membership, address=address, home=HOME, now=now)
    return read_mails(address)[-1].token


def join(binding: Binding, now: datetime, token: str, **more: Any) -> Any:
    from upheld.actions.companies import find_membership, join_company

    told = tell({"person.name": "Dee Reed"}, OTHER_PASSWORD, **more)
    return find_membership(binding.site, join_company(binding, token=token, told=told, home=HOME, now=now))


def refuse(code: str) -> Any:
    return pytest.raises(AccountError, match=code)


def list_names(binding: Binding, company: Any) -> list[tuple[str, bool, bool]]:
    from upheld.actions.companies import list_members

    return [(row.person_id, row.is_holder, row.is_primary) for row in list_members(binding.site, company)]


def test_an_invited_user_registers_and_uses_the_companys_account(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.vault import open_items

    later = now + timedelta(hours=1)
    user = join(binding, later, invite(binding, holder, now), choices={"marketing": False})
    assert (user.company, user.is_holder, user.is_primary) == (holder.company, False, False)
    assert sign_in_one(binding, later, DEE, OTHER_PASSWORD).person == user.person
    opening = open_items(binding, person=user.person, action="show", counterpart="self", now=later)
    held = {value.data: value.value for value in opening.values if value.item.touchpoint == "registration"}
    assert held == {"person.name": "Dee Reed", "person.email": DEE}
    assert find_mail(CY["person.email"], "user-joined")


def test_the_ledger_tells_who_invited_whom_by_ids(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.records.models import Entry

    user = join(binding, now, invite(binding, holder, now))
    rows = Entry.objects.filter(person=holder.company_id).order_by("serial")
    assert [row.kind for row in rows] == [
        "company.created",
        "item.collected",
        "company.user-invited",
        "company.user-joined",
    ]
    invited, joined = (json.loads(row.text)["body"] for row in rows[2:])
    assert invited["invitation"] == joined["invitation"]
    assert "user" not in invited
    assert joined["user"] == user.person_id
    assert DEE not in "".join(Entry.objects.values_list("text", flat=True))


def test_the_invited_address_is_the_one_that_counts(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import join_company

    told = tell({"person.email": "mallory@else.example"}, OTHER_PASSWORD)
    join_company(binding, token=invite(binding, holder, now), told=told, home=HOME, now=now)
    assert sign_in_one(binding, now, "mallory@else.example", OTHER_PASSWORD).outcome == "wrong"
    assert sign_in_one(binding, now, DEE, OTHER_PASSWORD).outcome == "in"


def test_an_invitation_works_once_and_for_a_week(binding: Binding, now: datetime, holder: Any) -> None:
    token = invite(binding, holder, now)
    with refuse("A102"):
        join(binding, now + timedelta(days=7), token)
    join(binding, now, token)
    with refuse("A102"):
        join(binding, now, token)


def test_a_bad_password_does_not_use_it_up(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import join_company

    token = invite(binding, holder, now)
    with refuse("A101"):
        join_company(binding, token=token, told=tell({}, "brief"), home=HOME, now=now)
    join(binding, now, token)


def test_a_second_invitation_takes_the_place_of_the_first(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import list_invitations

    first = invite(binding, holder, now)
    second = invite(binding, holder, now + timedelta(minutes=1))
    assert [found.address for found in list_invitations(binding.site, holder.company, now)] == [DEE]
    with refuse("A102"):
        join(binding, now, first)
    join(binding, now, second)


def test_a_withdrawn_invitation_leaves_nothing_of_the_address(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import list_invitations, withdraw_invitation
    from upheld.records.models import Person

    count = Person.objects.count()
    token = invite(binding, holder, now)
    (open_one,) = list_invitations(binding.site, holder.company, now)
    withdraw_invitation(binding, membership=holder, invitation=open_one.id, now=now)
    assert Person.objects.count() == count
    assert not list_invitations(binding.site, holder.company, now)
    with refuse("A102"):
        join(binding, now, token)
    with refuse("A106"):
        withdraw_invitation(binding, membership=holder, invitation=open_one.id, now=now)


def test_who_invites_does_not_learn_from_ids_whether_an_address_has_an_account(
    binding: Binding, now: datetime, holder: Any
) -> None:
    from upheld.actions.companies import list_invitations
    from upheld.records.models import Entry

    person = join_one(binding, now, {**CY, "person.email": DEE})
    for minute in (1, 2):
        invite(binding, holder, now + timedelta(minutes=minute))
    (found,) = list_invitations(binding.site, holder.company, now)
    lines = Entry.objects.filter(person__in=(holder.company_id, holder.person_id)).values_list("text", flat=True)
    assert person.id not in "".join((found.id, *lines))


def test_what_nobody_takes_up_is_swept(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import sweep_invitations
    from upheld.records.models import Person

    invite(binding, holder, now)
    count = Person.objects.count()
    assert sweep_invitations(binding, now) == 0
    assert sweep_invitations(binding, now + timedelta(days=7)) == 1
    assert Person.objects.count() == count - 1


@pytest.mark.parametrize("is_erased", [False, True])
def test_when_the_company_closes_who_was_invited_is_forgotten(
    binding: Binding, now: datetime, holder: Any, is_erased: bool
) -> None:
    from upheld.actions.closing import close_company
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Item, Person

    token = invite(binding, holder, now)
    invited = Person.objects.get(is_visitor=True).id
    close_company(binding, company=holder.company, holder=holder.person, is_erased=is_erased, now=now)
    assert not Person.objects.filter(id=invited).exists()
    assert not read_mails(DEE)
    assert not Item.objects.filter(person=invited).exists()
    assert not PersonKey.objects.filter(person=invited).exists()
    with refuse("A102"):
        join(binding, now, token)


def test_twenty_invitations_at_once_are_enough(binding: Binding, now: datetime, holder: Any) -> None:
    for number in range(20):
        invite(binding, holder, now, f"user{number}@reed.example")
    with refuse("A107"):
        invite(binding, holder, now)


def test_somebody_with_an_account_joins_with_their_password(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import find_invitation, find_membership, join_with_account

    person = join_one(binding, now, {**CY, "person.email": DEE})
    token = invite(binding, holder, now + timedelta(minutes=1))
    found = find_invitation(binding.site, token, now)
    assert found is not None
    assert found.has_account
    with refuse("A102"):
        join(binding, now, token)
    with refuse("A103"):
        join_with_account(binding, token=token, password=OTHER_PASSWORD, home=HOME, now=now)
    join_with_account(binding, token=token, password=PASSWORD, home=HOME, now=now)
    membership = find_membership(binding.site, person)
    assert membership is not None
    assert membership.company == holder.company


def test_only_a_holder_may_do_what_holders_do(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import make_holder, move_primary, remove_user, withdraw_invitation

    user = join(binding, now, invite(binding, holder, now))
    other = holder.person_id
    with refuse("A104"):
        invite(binding, user, now, "more@reed.example")
    with refuse("A104"):
        withdraw_invitation(binding, membership=user, invitation="v_x", now=now)
    with refuse("A104"):
        remove_user(binding, membership=user, person=other, home=HOME, now=now)
    with refuse("A104"):
        make_holder(binding, membership=user, person=user.person_id, now=now)
    with refuse("A104"):
        move_primary(binding, membership=user, person=user.person_id, home=HOME, now=now)


def test_people_of_another_company_are_out_of_reach(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import find_membership, make_holder, move_primary, remove_user

    theirs = {**CY, **REED_AND_CO, "person.email": "else@else.example"}
    other = find_membership(binding.site, join_one(binding, now, theirs, is_company=True))
    assert other is not None
    for deed, more in ((remove_user, {"home": HOME}), (make_holder, {}), (move_primary, {"home": HOME})):
        with refuse("A106"):
            deed(binding, membership=holder, person=other.person_id, now=now, **more)


def test_a_user_leaves_and_keeps_their_own_account(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import find_membership, leave_company

    user = join(binding, now, invite(binding, holder, now))
    leave_company(binding, membership=user, now=now)
    assert find_membership(binding.site, user.person) is None
    assert sign_in_one(binding, now, DEE, OTHER_PASSWORD).outcome == "in"


def test_somebody_who_is_removed_is_signed_out_and_told(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import remove_user
    from upheld.actions.sessions import find_session

    user = join(binding, now, invite(binding, holder, now))
    session = sign_in_one(binding, now, DEE, OTHER_PASSWORD).token
    remove_user(binding, membership=holder, person=user.person_id, home=HOME, now=now)
    assert find_session(binding.site, session, now) is None
    assert find_mail(DEE, "user-removed")


def test_the_only_holder_stays_until_there_is_another(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import leave_company, make_holder, remove_user

    user = join(binding, now, invite(binding, holder, now))
    with refuse("A105"):
        leave_company(binding, membership=holder, now=now)
    with refuse("A105"):
        remove_user(binding, membership=holder, person=holder.person_id, home=HOME, now=now)
    make_holder(binding, membership=holder, person=user.person_id, now=now)
    leave_company(binding, membership=holder, now=now)
    assert list_names(binding, user.company) == [(user.person_id, True, True)]  # the primary address went along


def test_the_primary_address_moves_and_is_always_one(binding: Binding, now: datetime, holder: Any) -> None:
    from upheld.actions.companies import move_primary

    user = join(binding, now, invite(binding, holder, now))
    for _ in range(2):
        move_primary(binding, membership=holder, person=user.person_id, home=HOME, now=now)
    assert list_names(binding, holder.company) == [
        (holder.person_id, True, False),
        (user.person_id, False, True),
    ]
    assert find_mail(DEE, "primary-address")


def test_two_holders_who_leave_at_once_do_not_leave_the_company_without_one(
    binding: Binding, now: datetime, holder: Any
) -> None:
    from django.db import connections

    from upheld.actions.companies import leave_company, make_holder
    from upheld.records.models import Membership
    from upheld.records.walls import enter_site

    user = join(binding, now, invite(binding, holder, now))
    make_holder(binding, membership=holder, person=user.person_id, now=now)
    user.is_holder = True
    has_left, refused = threading.Event(), []

    def leave() -> None:
        with enter_site(binding.site):
            leave_company(binding, membership=user, now=now)
            has_left.set()
            threading.Event().wait(0.3)  # meanwhile the other one begins
        connections.close_all()

    leaving = threading.Thread(target=leave)
    leaving.start()
    has_left.wait(10)
    try:
        leave_company(binding, membership=holder, now=now)
    except AccountError as refusal:
        refused.append(refusal.code)
    leaving.join()
    assert refused == ["A105"]
    assert Membership.objects.filter(company=holder.company_id, is_holder=True).count() == 1
