"""Another e-mail address: it counts once its link was opened, the old one hears of it, and nobody learns whose it is."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import (
    CY,
    HOME,
    OTHER_PASSWORD,
    PASSWORD,
    find_mail,
    join_one,
    read_mails,
    register_one,
    sign_in_one,
)
from tests.actions.stage import ADA, Cast
from upheld.core.errors import AccountError
from upheld.core.gate.binding import Binding

pytestmark = pytest.mark.usefixtures("databases")
NEW = "cy@elsewhere.example"


def ask(binding: Binding, person: Any, now: datetime, address: str = NEW, password: str = PASSWORD) -> None:
    from upheld.actions.addresses import ask_new_address

    ask_new_address(binding, person=person, address=address, password=password, home=HOME, now=now)


def move(binding: Binding, now: datetime, token: str) -> Any:
    from upheld.actions.addresses import move_address

    return move_address(binding, token=token, home=HOME, now=now)


def test_the_new_address_takes_the_place_of_the_old_one(binding: Binding, now: datetime) -> None:
    from upheld.actions.vault import open_items

    person = join_one(binding, now)
    ask(binding, person, now)
    assert sign_in_one(binding, now, NEW).outcome == "wrong"
    later = now + timedelta(hours=1)
    assert move(binding, later, find_mail(NEW, "confirm-address").token) == person
    assert sign_in_one(binding, later, NEW).person == person
    assert sign_in_one(binding, later).outcome == "wrong"
    opening = open_items(binding, person=person, action="show", counterpart="self", data=("person.email",), now=later)
    assert [value.value for value in opening.values if value.item.touchpoint == "registration"] == [NEW]


def test_the_old_address_gets_a_last_message(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    ask(binding, person, now)
    move(binding, now, find_mail(NEW, "confirm-address").token)
    assert find_mail(CY["person.email"], "address-changed")


def test_the_link_works_once(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    ask(binding, person, now)
    token = find_mail(NEW, "confirm-address").token
    move(binding, now, token)
    with pytest.raises(AccountError) as refusal:
        move(binding, now, token)
    assert refusal.value.code == "A102"


def test_without_the_password_nothing_is_sent(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    with pytest.raises(AccountError) as refusal:
        ask(binding, person, now, password="wrong")  # noqa: S106 - of nobody
    assert refusal.value.code == "A103"
    assert not read_mails(NEW)


def test_an_address_of_somebody_else_is_not_given(binding: Binding, cast: Cast, now: datetime) -> None:
    person = join_one(binding, now)
    ask(binding, person, now, ADA["person.email"])
    with pytest.raises(AccountError, match="A102"):
        move(binding, now, find_mail(ADA["person.email"], "confirm-address").token)
    assert sign_in_one(binding, now).person == person


def test_what_one_sees_afterwards_does_not_tell_whether_an_address_has_an_account(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.receipts import list_lines

    person, told = join_one(binding, now), []
    for address in (ADA["person.email"], NEW):
        known = {line.entry for line in list_lines(binding.site, [person])}
        ask(binding, person, now, address)
        lines = [line for line in list_lines(binding.site, [person]) if line.entry not in known]
        told.append([(line.kind, line.details) for line in lines])
    assert told[0] == told[1] != []


def test_a_new_address_ends_the_links_that_lie_in_the_old_mailbox(binding: Binding, now: datetime) -> None:
    from upheld.actions.entering import ask_new_password, set_new_password

    person = join_one(binding, now)
    ask_new_password(binding, address=CY["person.email"], home=HOME, now=now)
    ask(binding, person, now)
    move(binding, now, find_mail(NEW, "confirm-address").token)
    token = find_mail(CY["person.email"], "password-reset").token
    with pytest.raises(AccountError, match="A102"):
        set_new_password(binding, token=token, password=OTHER_PASSWORD, home=HOME, now=now)


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_a_new_password_ends_the_link_by_which_somebody_would_move_the_account_to_their_address(
    binding: Binding, now: datetime, *, is_forgotten: bool
) -> None:
    from upheld.actions.entering import ask_new_password, change_password, set_new_password

    person = join_one(binding, now)
    ask(binding, person, now, "thief@else.example")
    if is_forgotten:
        ask_new_password(binding, address=CY["person.email"], home=HOME, now=now)
        token = find_mail(CY["person.email"], "password-reset").token
        set_new_password(binding, token=token, password=OTHER_PASSWORD, home=HOME, now=now)
    else:
        change_password(binding, person=person, old=PASSWORD, new=OTHER_PASSWORD, home=HOME, now=now)
    with pytest.raises(AccountError, match="A102"):
        move(binding, now, find_mail("thief@else.example", "confirm-address").token)


def test_an_address_that_somebody_confirmed_meanwhile_is_not_taken(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    ask(binding, person, now)
    token = find_mail(NEW, "confirm-address").token
    join_one(binding, now, {**CY, "person.email": NEW})
    with pytest.raises(AccountError) as refusal:
        move(binding, now, token)
    assert refusal.value.code == "A102"
    assert sign_in_one(binding, now).person == person


def test_the_address_lies_sealed_in_its_link_and_is_gone_when_it_is_used(binding: Binding, now: datetime) -> None:
    from upheld.records.models import Token

    person = join_one(binding, now)
    ask(binding, person, now)
    (row,) = Token.objects.filter(use="move")
    assert row.sealed
    assert NEW.encode() not in bytes(row.sealed)
    move(binding, now, find_mail(NEW, "confirm-address").token)
    assert not Token.objects.get(use="move").sealed


def test_registering_again_with_the_old_address_is_possible(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    ask(binding, person, now)
    move(binding, now, find_mail(NEW, "confirm-address").token)
    register_one(binding, now + timedelta(minutes=1))
    assert [mail.kind for mail in read_mails(CY["person.email"])][-1] == "verify-address"
