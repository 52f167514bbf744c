"""Signing in, locked out, a forgotten password, another one: the same answer whether or not there is an account."""

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
    verify_one,
)
from tests.actions.stage import ADA, Cast
from upheld.core.errors import AccountError, RefusedError
from upheld.core.gate.binding import Binding

pytestmark = pytest.mark.usefixtures("databases")
NOBODY = "nobody@reed.example"


def fail(binding: Binding, now: datetime, times: int, address: str = CY["person.email"]) -> list[str]:
    return [sign_in_one(binding, now, address, "not the password").outcome for _ in range(times)]


def ask_link(binding: Binding, now: datetime, address: str = CY["person.email"]) -> None:
    from upheld.actions.entering import ask_new_password

    ask_new_password(binding, address=address, home=HOME, now=now)


def set_by_link(binding: Binding, now: datetime, token: str, password: str = OTHER_PASSWORD) -> Any:
    from upheld.actions.entering import set_new_password

    return set_new_password(binding, token=token, password=password, home=HOME, now=now)


def is_signed_in(binding: Binding, now: datetime, token: str) -> bool:
    from upheld.actions.sessions import find_session

    return find_session(binding.site, token, now) is not None


@pytest.mark.parametrize("address", [CY["person.email"], "CY@Reed.Example", " cy@reed.example "])
def test_the_right_password_opens_a_session(binding: Binding, now: datetime, address: str) -> None:
    person = join_one(binding, now)
    found = sign_in_one(binding, now, address)
    assert (found.outcome, found.person) == ("in", person)
    assert is_signed_in(binding, now, found.token)


def test_each_sign_in_has_a_token_of_its_own(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    assert sign_in_one(binding, now).token != sign_in_one(binding, now).token


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    assert sign_in_one(binding, now, password="wrong") == sign_in_one(binding, now, NOBODY)  # noqa: S106 - of nobody


def test_both_hold_a_password_against_a_slow_hash(
    binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.actions.cheap import CheapArgon2

    join_one(binding, now)
    sign_in_one(binding, now, NOBODY)  # the first one makes the hash that stands in
    looked: list[str] = []

    def verify(_hasher: CheapArgon2, _password: str, encoded: str) -> bool:
        looked.append(encoded[:15])
        return False

    monkeypatch.setattr(CheapArgon2, "verify", verify)
    fail(binding, now, 1)
    fail(binding, now, 1, NOBODY)
    fail(binding, now, 5)
    sign_in_one(binding, now)  # locked
    assert set(looked) == {"argon2$argon2id"}
    assert len(looked) == 8


@pytest.mark.parametrize("address", [CY["person.email"], NOBODY])
def test_five_failures_lock_an_address_for_a_quarter_of_an_hour(binding: Binding, now: datetime, address: str) -> None:
    join_one(binding, now)
    assert fail(binding, now, 6, address) == ["wrong"] * 4 + ["locked"] * 2
    found = sign_in_one(binding, now, address)
    assert (found.outcome, found.until) == ("locked", now + timedelta(minutes=15))
    later = sign_in_one(binding, now + timedelta(minutes=15), address)
    assert later.outcome == ("in" if address == CY["person.email"] else "wrong")


def test_who_is_locked_is_told_and_the_ledger_has_a_line(binding: Binding, now: datetime) -> None:
    from upheld.records.models import Entry, SignIn

    person = join_one(binding, now)
    fail(binding, now, 5)
    assert "5 times in a row" in find_mail(CY["person.email"], "account-locked").text.replace("\n", " ")
    (line,) = Entry.objects.filter(kind="person.locked")
    assert line.person == person.id
    row = SignIn.objects.get(person=person)
    assert (row.failures, row.locked_until) == (5, now + timedelta(minutes=15))


def test_the_lock_of_an_unknown_address_leaves_no_line_and_no_mail(binding: Binding, now: datetime) -> None:
    from upheld.records.models import Entry

    join_one(binding, now)
    fail(binding, now, 6, NOBODY)
    assert not Entry.objects.filter(kind="person.locked").exists()
    assert not read_mails(NOBODY)


def test_the_right_password_counts_from_nought_again(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    fail(binding, now, 4)
    assert sign_in_one(binding, now).outcome == "in"
    assert fail(binding, now, 4) == ["wrong"] * 4


def test_locking_one_leaves_others_alone(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    join_one(binding, now, {**CY, "person.email": "dee@reed.example"})
    fail(binding, now, 6)
    assert sign_in_one(binding, now, "dee@reed.example").outcome == "in"


def test_before_the_address_is_confirmed_only_the_right_password_says_so_and_brings_a_new_link(
    binding: Binding, now: datetime
) -> None:
    register_one(binding, now)
    assert fail(binding, now, 1) == ["wrong"]
    assert sign_in_one(binding, now + timedelta(days=3)).outcome == "unverified"
    token = read_mails(CY["person.email"])[-1].token
    verify_one(binding, now + timedelta(days=3), token)
    assert sign_in_one(binding, now + timedelta(days=3)).outcome == "in"


def test_no_mailbox_is_filled(binding: Binding, now: datetime) -> None:
    register_one(binding, now)
    for _ in range(6):
        sign_in_one(binding, now)
    assert len(read_mails(CY["person.email"])) == 3


def test_who_is_locked_all_day_gets_three_mails(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    for hour in range(5):
        fail(binding, now + timedelta(hours=hour), 5)
    assert len([mail for mail in read_mails() if mail.kind == "account-locked"]) == 3


def test_a_closed_account_is_answered_like_an_unknown_address(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    person.closed_at = now
    person.save(update_fields=["closed_at"])
    assert sign_in_one(binding, now).outcome == "wrong"
    ask_link(binding, now)
    assert [mail.kind for mail in read_mails()] == ["verify-address"]


def test_a_password_whose_time_is_over_is_answered_like_a_wrong_one(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    sign_in_one(binding, now)
    end = now + timedelta(days=1095)
    assert sign_in_one(binding, end).outcome == "wrong"
    assert sign_in_one(binding, end - timedelta(seconds=1)).person == person


def test_who_was_imported_has_no_password_until_they_choose_one_by_a_link(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    assert sign_in_one(binding, now, ADA["person.email"]).outcome == "wrong"
    ask_link(binding, now, ADA["person.email"])
    set_by_link(binding, now, find_mail(ADA["person.email"], "password-reset").token)
    assert sign_in_one(binding, now, ADA["person.email"], OTHER_PASSWORD).person == cast.ada


def test_a_forgotten_password_is_replaced_by_a_link_and_everybody_is_signed_out(
    binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Entry

    person = join_one(binding, now)
    session = sign_in_one(binding, now).token
    fail(binding, now, 5)
    ask_link(binding, now)
    token = find_mail(CY["person.email"], "password-reset").token
    assert set_by_link(binding, now, token) == person
    assert not is_signed_in(binding, now, session)
    assert sign_in_one(binding, now, password=OTHER_PASSWORD).outcome == "in"  # not locked any more
    assert sign_in_one(binding, now).outcome == "wrong"
    assert find_mail(CY["person.email"], "password-changed")
    assert Entry.objects.filter(kind="person.password-changed", person=person.id).count() == 1


def test_the_link_goes_to_the_address_that_is_held(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    ask_link(binding, now, "ＣＹ@reed.example")  # noqa: RUF001 - letters that fold into others
    assert find_mail(CY["person.email"], "password-reset")


def test_asking_for_an_unknown_address_sends_nothing(binding: Binding, now: datetime) -> None:
    ask_link(binding, now, NOBODY)
    assert read_mails() == []


def test_three_links_an_hour_and_the_newest_alone_works(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    for minute in range(5):
        ask_link(binding, now + timedelta(minutes=minute))
    links = [mail for mail in read_mails() if mail.kind == "password-reset"]
    assert len(links) == 3
    for link in links[:-1]:
        with pytest.raises(AccountError):
            set_by_link(binding, now + timedelta(minutes=5), link.token)
    set_by_link(binding, now + timedelta(minutes=5), links[-1].token)


def test_a_link_to_a_new_password_works_for_an_hour(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    ask_link(binding, now)
    token = find_mail(CY["person.email"], "password-reset").token
    with pytest.raises(AccountError) as refusal:
        set_by_link(binding, now + timedelta(hours=1), token)
    assert refusal.value.code == "A102"


def test_a_password_that_is_not_taken_does_not_use_up_the_link(binding: Binding, now: datetime) -> None:
    join_one(binding, now)
    ask_link(binding, now)
    token = find_mail(CY["person.email"], "password-reset").token
    with pytest.raises(AccountError) as refusal:
        set_by_link(binding, now, token, "brief")
    assert refusal.value.code == "A101"
    set_by_link(binding, now, token)
    with pytest.raises(AccountError):
        set_by_link(binding, now, token)


def change(binding: Binding, person: Any, now: datetime, old: str, new: str, *, keeping: str = "") -> None:
    from upheld.actions.entering import change_password

    change_password(binding, person=person, old=old, new=new, home=HOME, now=now, keeping=keeping)


def test_a_new_password_keeps_this_session_and_ends_the_others(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    here, there = sign_in_one(binding, now).token, sign_in_one(binding, now).token
    change(binding, person, now, PASSWORD, OTHER_PASSWORD, keeping=here)
    assert (is_signed_in(binding, now, here), is_signed_in(binding, now, there)) == (True, False)
    assert sign_in_one(binding, now, password=OTHER_PASSWORD).outcome == "in"
    assert find_mail(CY["person.email"], "password-changed")


@pytest.mark.parametrize(("old", "new", "code"), [("wrong", OTHER_PASSWORD, "A103"), (PASSWORD, PASSWORD, "A101")])
def test_changing_wants_the_old_password_and_a_new_one(
    binding: Binding, now: datetime, old: str, new: str, code: str
) -> None:
    person = join_one(binding, now)
    with pytest.raises(AccountError) as refusal:
        change(binding, person, now, old, new)
    assert refusal.value.code == code
    assert sign_in_one(binding, now).outcome == "in"


def test_who_sits_at_an_open_session_cannot_try_passwords_for_ever(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    for _ in range(10):
        with pytest.raises(AccountError):
            change(binding, person, now, "wrong", OTHER_PASSWORD)
    with pytest.raises(AccountError) as refusal:
        change(binding, person, now, PASSWORD, OTHER_PASSWORD)
    assert refusal.value.code == "A103"


def test_a_hash_moved_to_somebody_else_signs_nobody_in(binding: Binding, now: datetime) -> None:
    from upheld.core.errors import SealError
    from upheld.records.models import SignIn

    join_one(binding, now)
    other = join_one(binding, now, {**CY, "person.email": "dee@reed.example"}, password=OTHER_PASSWORD)
    row = SignIn.objects.exclude(person=other).get()
    SignIn.objects.filter(person=other).update(sealed=row.sealed, key=row.key)
    with pytest.raises(SealError) as refusal:
        sign_in_one(binding, now, "dee@reed.example")
    assert refusal.value.code == "V801"


def test_where_the_policy_has_no_sign_in_there_is_none(now: datetime) -> None:
    from tests.actions.test_accounts import open_lantern

    with pytest.raises(RefusedError):
        sign_in_one(open_lantern(), now)


def test_an_address_that_does_not_open_neither_keeps_the_lock_open_nor_tells_itself_from_an_unknown_one(
    binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Item

    person = join_one(binding, now)
    Item.objects.filter(person=person).update(touchpoint="elsewhere")
    assert fail(binding, now, 5) == fail(binding, now, 5, NOBODY) == ["wrong"] * 4 + ["locked"]
    assert sign_in_one(binding, now).outcome == "locked"
    ask_link(binding, now)
    register_one(binding, now)
    assert not [mail for mail in read_mails() if mail.kind == "password-reset"]
