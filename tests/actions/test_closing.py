"""Closing an account: nobody signs in to it again, and what is held stays to its end or goes at once, as was chosen."""

from datetime import datetime
from typing import Any

import pytest

from tests.actions.stage import ADA, Cast


def verify_whole_ledger(binding: Any, now: datetime) -> int:
    """How many lines verify, from the first."""
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.ledger_reading import find_state
    from upheld.core.seal.proof import verify_export, write_export
    from upheld.records.models import Entry

    sequence_entries(binding.site, now)
    head = find_state(binding.site, now)
    texts = Entry.objects.filter(site=binding.site).order_by("place").values_list("text", flat=True)
    lines = write_export(key=head.key, entries=list(texts), checkpoints=[head.note])
    return verify_export(lines, head.key).size


def test_what_the_policy_keeps_stays_until_its_end(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.accounts import find_account
    from upheld.actions.closing import close_account
    from upheld.records.models import Item, Person

    closed = close_account(binding, person=cast.bo, is_erased=False, now=now)
    assert Person.objects.get(id=cast.bo.id).closed_at == now
    assert Item.objects.filter(person=cast.bo).exists()
    assert find_account(binding.site, "bo@marten.example", now) is None
    assert closed.entries == (closed.entry,)
    assert verify_whole_ledger(binding, now) > 0


def test_removing_everything_leaves_the_ledger_and_nothing_else(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.receipts import find_receipt
    from upheld.core.seal.proof import verify_receipt
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Identifier, Item, Person

    bo = cast.bo.id
    closed = close_account(binding, person=cast.bo, is_erased=True, now=now)
    for model in (Item, Identifier, PersonKey):
        assert not model.objects.filter(person=bo).exists(), model
    assert not Person.objects.filter(id=bo).exists()
    verify_whole_ledger(binding, now)
    receipt = find_receipt(binding.site, entry=closed.erasure, about={bo: "you"}, now=now)
    assert receipt is not None
    assert verify_receipt(receipt.text).kind == "item.erased"
    assert "marten" not in receipt.text


def test_the_sessions_and_the_password_end_with_the_account(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.sessions import find_session, open_session
    from upheld.records.models import SignIn

    token = open_session(binding, person=cast.bo, now=now)
    assert find_session(binding.site, token, now) is not None
    close_account(binding, person=cast.bo, is_erased=False, now=now)
    assert find_session(binding.site, token, now) is None
    assert not SignIn.objects.filter(person=cast.bo).exists()


def test_the_last_holder_cannot_leave_a_company_behind(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.closing import close_account, may_leave
    from upheld.core.errors import AccountError
    from upheld.records.models import Person

    assert not may_leave(binding.site, cast.ada)
    assert may_leave(binding.site, cast.bo)
    with pytest.raises(AccountError) as caught:
        close_account(binding, person=cast.ada, is_erased=True, now=now)
    assert caught.value.code == "A105"
    assert Person.objects.filter(id=cast.ada.id).exists()


@pytest.mark.parametrize("is_erased", [False, True])
def test_when_a_company_closes_its_people_lose_it_and_keep_their_own(
    binding: Any, cast: Cast, now: datetime, is_erased: bool
) -> None:
    from upheld.actions.closing import close_account, close_company
    from upheld.actions.companies import find_membership
    from upheld.actions.held import open_held
    from upheld.records.models import Item, Membership

    Membership.objects.create(site=binding.site, company=cast.works, person=cast.bo, joined_at=now)
    works = cast.works.id
    close_company(binding, company=cast.works, holder=cast.ada, is_erased=is_erased, now=now)
    assert Item.objects.filter(person=works).exists() is not is_erased
    for person in (cast.ada, cast.bo):
        assert find_membership(binding.site, person) is None
    assert {value.value for value in open_held(binding, person=cast.ada, now=now).values} == set(ADA.values())
    close_account(binding, person=cast.ada, is_erased=True, now=now)


def test_only_a_holder_closes_the_company(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.closing import close_company
    from upheld.core.errors import AccountError
    from upheld.records.models import Item, Membership

    Membership.objects.create(site=binding.site, company=cast.works, person=cast.bo, joined_at=now)
    with pytest.raises(AccountError) as caught:
        close_company(binding, company=cast.works, holder=cast.bo, is_erased=True, now=now)
    assert caught.value.code == "A104"
    assert Item.objects.filter(person=cast.works).exists()


def test_the_last_message_outlives_what_is_held(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    close_account(binding, person=cast.bo, is_erased=True, home="http://courier.example/", now=now)
    row = Outgoing.objects.get(kind="account-closed")
    assert row.person == ""
    message = open_message(row)
    assert message is not None
    assert message.to == "bo@marten.example"


def test_when_a_holder_who_is_not_the_last_leaves_another_gets_the_main_address(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.closing import close_account
    from upheld.records.models import Membership

    Membership.objects.create(site=binding.site, company=cast.works, person=cast.bo, is_holder=True, joined_at=now)
    close_account(binding, person=cast.ada, is_erased=True, now=now)
    left = Membership.objects.get(company=cast.works)
    assert (left.person_id, left.is_primary) == (cast.bo.id, True)


def break_item(person: Any) -> None:
    """What somebody does who writes into the database: the person's data no longer fits its label."""
    from upheld.records.models import Item

    Item.objects.filter(person=person).update(touchpoint="elsewhere")


def lose_version(person: Any) -> None:
    """What is so when a version's file has gone from its folder."""
    from datetime import date

    from upheld.records.models import Item

    Item.objects.filter(person=person).update(version=date(2015, 1, 1))


@pytest.mark.parametrize("harm", [break_item, lose_version])
@pytest.mark.parametrize("is_erased", [False, True])
def test_an_account_closes_even_when_what_is_held_does_not_open(
    binding: Any, cast: Cast, now: datetime, harm: Any, is_erased: bool
) -> None:
    from upheld.actions.closing import close_account
    from upheld.records.models import Person

    bo = cast.bo.id
    harm(cast.bo)
    close_account(binding, person=cast.bo, is_erased=is_erased, now=now, home="https://courier.example/")
    assert not Person.objects.filter(id=bo, closed_at__isnull=True).exists()
