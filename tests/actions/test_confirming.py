"""Behind the link that confirms an address: only the password chosen at registration opens the account, and its owner may erase it."""

from datetime import datetime, timedelta

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
    register_one,
    sign_in_one,
    tell,
    verify_one,
)
from upheld.core.errors import AccountError
from upheld.core.gate.binding import Binding

pytestmark = pytest.mark.usefixtures("databases")
ADDRESS = CY["person.email"]


def find_link(address: str = ADDRESS) -> str:
    return find_mail(address, "verify-address").token


def disown(binding: Binding, now: datetime, token: str) -> None:
    from upheld.actions.confirming import disown_address

    disown_address(binding, token=token, now=now)


def list_kinds() -> list[str]:
    from upheld.records.models import Entry

    return list(Entry.objects.order_by("serial").values_list("kind", flat=True))


def test_the_right_password_confirms_and_signs_in_at_once(binding: Binding, now: datetime) -> None:
    from upheld.actions.sessions import find_session

    register_one(binding, now)
    found = verify_one(binding, now, find_link())
    assert found.outcome == "in"
    session = find_session(binding.site, found.token, now)
    assert session is not None
    assert session.person == found.person
    assert list_kinds()[-2:] == ["person.verified", "person.signed-in"]


def test_who_presses_a_link_they_did_not_ask_for_does_not_open_the_account_of_who_registered(
    binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Identifier, Session

    register_one(binding, now)
    for password in ("", OTHER_PASSWORD):
        assert verify_one(binding, now, find_link(), password).outcome == "wrong"
    assert not Identifier.objects.filter(verified_at__isnull=False).exists()
    assert not Session.objects.exists()
    assert sign_in_one(binding, now).outcome == "unverified"


def test_wrong_passwords_count_with_failed_sign_ins_and_lock(binding: Binding, now: datetime) -> None:
    register_one(binding, now)
    token = find_link()
    assert [sign_in_one(binding, now, password=OTHER_PASSWORD).outcome for _ in range(2)] == ["wrong"] * 2
    found = [verify_one(binding, now, token, OTHER_PASSWORD).outcome for _ in range(3)]
    assert found == ["wrong", "wrong", "locked"]
    assert verify_one(binding, now, token).outcome == "locked"
    assert sign_in_one(binding, now).outcome == "locked"
    assert list_kinds().count("person.locked") == 1
    assert verify_one(binding, now + timedelta(minutes=16), token).outcome == "in"


def test_the_link_that_came_with_a_sign_in_asks_for_the_password_as_well(binding: Binding, now: datetime) -> None:
    register_one(binding, now)
    sign_in_one(binding, now)
    token = read_mails(ADDRESS)[-1].token
    assert verify_one(binding, now, token, OTHER_PASSWORD).outcome == "wrong"
    assert verify_one(binding, now, token).outcome == "in"


def test_each_of_two_who_claim_an_address_opens_only_what_they_registered(binding: Binding, now: datetime) -> None:
    register_one(binding, now)
    register_one(binding, now + timedelta(minutes=1), {**CY, "person.name": "The owner"}, password=OTHER_PASSWORD)
    first, second = (mail.token for mail in read_mails(ADDRESS))
    assert verify_one(binding, now, first, OTHER_PASSWORD).outcome == "wrong"
    owner = verify_one(binding, now, second, OTHER_PASSWORD).person
    assert sign_in_one(binding, now, password=PASSWORD).outcome == "wrong"
    assert sign_in_one(binding, now, password=OTHER_PASSWORD).person == owner


@pytest.mark.parametrize("is_company", [False, True])
def test_who_did_not_register_erases_the_account_and_its_company(
    binding: Binding, now: datetime, is_company: bool
) -> None:
    from upheld.records.models import Identifier, Membership, Outgoing, Person, Token

    register_one(binding, now, {**CY, **REED_AND_CO} if is_company else CY, is_company=is_company)
    token, before = find_link(), len(list_kinds())
    disown(binding, now, token)
    for model in (Person, Identifier, Membership, Outgoing, Token):
        assert not model.objects.exists()
    assert list_kinds()[before:] == ["item.erased"] * (1 + is_company)
    assert sign_in_one(binding, now).outcome == "wrong"
    for again in (disown, verify_one):
        with pytest.raises(AccountError, match="A102"):
            again(binding, now, token)


def test_no_link_erases_an_account_that_was_opened(binding: Binding, now: datetime) -> None:
    from upheld.actions.accounts import send_verification
    from upheld.records.models import Person

    register_one(binding, now)
    sign_in_one(binding, now)
    first, second = (mail.token for mail in read_mails(ADDRESS))
    person = verify_one(binding, now, first).person
    send_verification(binding, person, ADDRESS, home=HOME, now=now)
    for token in (first, second, read_mails(ADDRESS)[-1].token):
        with pytest.raises(AccountError, match="A102"):
            disown(binding, now, token)
    assert list(Person.objects.all()) == [person]


@pytest.mark.parametrize("delay", [timedelta(hours=48), timedelta(days=30)])
def test_a_link_that_is_over_erases_nothing(binding: Binding, now: datetime, delay: timedelta) -> None:
    from upheld.records.models import Person

    register_one(binding, now)
    with pytest.raises(AccountError, match="A102"):
        disown(binding, now + delay, find_link())
    assert Person.objects.count() == 1


def test_who_waits_on_the_address_of_somebody_invited_gets_into_nothing_of_theirs(
    binding: Binding, now: datetime
) -> None:
    from upheld.actions.companies import find_membership, invite_user, join_company

    holder = find_membership(binding.site, join_one(binding, now, {**CY, **REED_AND_CO}, is_company=True))
    assert holder is not None
    dee = "dee@reed.example"
    register_one(binding, now, {**CY, "person.email": dee})
    planted = find_link(dee)
    invite_user(binding, membership=holder, address=dee, home=HOME, now=now)
    token = find_mail(dee, "invitation").token
    told = tell({"person.name": "Dee Reed"}, OTHER_PASSWORD)
    invited = join_company(binding, token=token, told=told, home=HOME, now=now)
    assert sign_in_one(binding, now, dee, PASSWORD).outcome == "wrong"
    with pytest.raises(AccountError, match="A102"):
        verify_one(binding, now, planted)
    assert sign_in_one(binding, now, dee, OTHER_PASSWORD).person == invited
