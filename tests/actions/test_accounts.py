"""Registering: everything told is sealed with its evidence, a link confirms the address, and nobody learns who has an account."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from tests.actions.customers import (
    CY,
    HOME,
    PASSWORD,
    REED_AND_CO,
    find_mail,
    join_one,
    read_mails,
    register_one,
    sign_in_one,
    verify_one,
)
from tests.actions.stage import ADA, Cast
from upheld.core.errors import AccountError, RefusedError
from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.policy.versions import load_versions

pytestmark = pytest.mark.usefixtures("databases")


def count_rows() -> dict[str, int]:
    from upheld.records import models
    from upheld.records.keyring.models import PersonKey

    counted = (models.Person, models.Identifier, models.Item, models.SignIn, models.Answer, models.Token, PersonKey)
    return {model.__name__: model.objects.count() for model in counted}


def list_kinds(person: str = "") -> list[str]:
    from upheld.records.models import Entry

    rows = Entry.objects.filter(person=person) if person else Entry.objects.all()
    return list(rows.order_by("serial").values_list("kind", flat=True))


def test_who_registers_and_opens_the_link_can_sign_in(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now)
    assert sign_in_one(binding, now).person == person


def test_what_was_told_lies_sealed_under_its_touchpoint_with_the_wording_that_was_seen(
    binding: Binding, now: datetime
) -> None:
    from upheld.actions.vault import open_items

    person = join_one(binding, now, shown="ab" * 32)
    opening = open_items(binding, person=person, action="show", counterpart="self", now=now)
    held = {value.data: (value.value, value.item.touchpoint) for value in opening.values}
    assert {leaf: held[leaf] for leaf in CY} == {leaf: (text, "registration") for leaf, text in CY.items()}
    (item,) = person.item_set.filter(touchpoint="registration")
    assert item.shown == "ab" * 32


def test_the_answer_to_the_question_is_recorded_and_silence_is_not(binding: Binding, now: datetime) -> None:
    from upheld.actions.choices import list_answers, settle_choices

    yes = join_one(binding, now, choices={"marketing": True}, shown="cd" * 32)
    silent = join_one(binding, now, {**CY, "person.email": "silent@reed.example"})
    assert settle_choices(binding, yes) == {"marketing": "yes"}
    assert list_answers(binding.site, yes)[0].touchpoint == "registration"
    assert settle_choices(binding, silent) == {"marketing": "unasked"}


def test_the_ledger_tells_of_it_without_a_value(binding: Binding, now: datetime) -> None:
    from upheld.records.models import Entry

    person = join_one(binding, now, choices={"marketing": False})
    kinds = list_kinds(person.id)
    assert [kind for kind in kinds if not kind.startswith("mail.")] == [
        "person.created",
        "item.collected",
        "choice.recorded",
        "person.verified",
        "person.signed-in",
    ]
    text = "".join(Entry.objects.values_list("text", flat=True))
    for secret in (*CY.values(), PASSWORD):
        assert secret not in text


def test_the_password_lies_nowhere_and_its_hash_only_sealed(
    binding: Binding, now: datetime, databases: dict[str, Path]
) -> None:
    join_one(binding, now)
    for path in databases.values():
        for file in path.parent.glob(path.name + "*"):
            content = file.read_bytes()
            assert PASSWORD.encode() not in content
            assert b"argon2" not in content
            assert CY["person.email"].encode() not in content


def test_the_hash_is_argon2id() -> None:
    from upheld.actions.passwords import hash_password

    assert hash_password(PASSWORD).startswith("argon2$argon2id$")


def test_without_the_link_nobody_is_found_by_the_address(binding: Binding, now: datetime) -> None:
    from upheld.actions.people import find_person

    register_one(binding, now)
    assert find_person(binding.site, "email", CY["person.email"], now) is None


def test_an_address_that_has_an_account_leaves_everything_as_it_was_and_its_owner_is_told(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    before, lines = count_rows(), list_kinds()
    register_one(binding, now, {**CY, "person.email": ADA["person.email"].upper()})
    assert count_rows() == {**before, "PersonKey": before["PersonKey"] + 1}  # the key that seals the mail to her
    assert set(list_kinds()[len(lines) :]) == {"item.opened", "mail.queued"}
    (mail,) = read_mails()
    assert (mail.to, mail.kind, mail.path) == (ADA["person.email"], "already-registered", "account/sign-in")


def test_nothing_comes_back_that_tells_a_known_address_from_a_new_one(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from tests.actions.customers import tell
    from upheld.actions.accounts import register

    answers = [
        register(binding, told=tell({**CY, "person.email": address}), home=HOME, now=now)  # type: ignore[func-returns-value]
        for address in (ADA["person.email"], "new@reed.example")
    ]
    assert answers == [None, None]


def test_two_may_claim_an_address_and_the_first_to_confirm_has_it(binding: Binding, now: datetime) -> None:
    register_one(binding, now)
    register_one(binding, now, {**CY, "person.name": "Somebody else"})
    first, second = (mail.token for mail in read_mails(CY["person.email"]))
    owner = verify_one(binding, now, second).person
    with pytest.raises(AccountError) as refusal:
        verify_one(binding, now, first)
    assert refusal.value.code == "A102"
    assert sign_in_one(binding, now).person == owner


def test_the_address_of_a_closed_account_is_free_again(binding: Binding, now: datetime) -> None:
    first = join_one(binding, now)
    first.closed_at = now
    first.save(update_fields=["closed_at"])
    register_one(binding, now + timedelta(minutes=1))
    token = read_mails(CY["person.email"])[-1].token
    assert verify_one(binding, now, token).person not in (None, first)


@pytest.mark.parametrize("address", [ADA["person.email"], CY["person.email"]])
def test_an_address_gets_three_mails_an_hour_whoever_has_it(
    binding: Binding, cast: Cast, now: datetime, address: str
) -> None:
    for _ in range(5):
        register_one(binding, now, {**CY, "person.email": address})
    assert len(read_mails(address)) == 3


@pytest.mark.parametrize("delay", [timedelta(0), timedelta(hours=48)])
def test_a_link_works_once_and_for_two_days(binding: Binding, now: datetime, delay: timedelta) -> None:
    register_one(binding, now)
    token = find_mail(CY["person.email"], "verify-address").token
    if not delay:
        verify_one(binding, now, token)
    with pytest.raises(AccountError) as refusal:
        verify_one(binding, now + delay, token)
    assert refusal.value.code == "A102"


def test_a_forged_link_does_nothing(binding: Binding, now: datetime) -> None:
    register_one(binding, now)
    for token in ("", "forged", "\ud800"):
        with pytest.raises(AccountError):
            verify_one(binding, now, token)


@pytest.mark.sqlite
def test_of_many_who_open_a_link_at_once_one_gets_in(binding: Binding, now: datetime) -> None:
    from django.db import connections

    register_one(binding, now)
    token, start = find_mail(CY["person.email"], "verify-address").token, Barrier(4)

    def open_link(_: int) -> bool:
        start.wait()
        try:
            verify_one(binding, now, token)
        except AccountError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(open_link, range(4))) == 1


def test_a_link_for_one_thing_does_no_other(binding: Binding, now: datetime) -> None:
    from upheld.actions.entering import set_new_password

    register_one(binding, now)
    token = find_mail(CY["person.email"], "verify-address").token
    with pytest.raises(AccountError) as refusal:
        set_new_password(binding, token=token, password=PASSWORD, home=HOME, now=now)
    assert refusal.value.code == "A102"


BAD_PASSWORDS = (
    "",
    "brief",
    "x" * 1025,
    "q1w2e3r4t5y6",
    "passwordpassword",
    "123456789012",
    "abcabcabcabc",
    " " * 12,
    CY["person.email"],
)


def test_a_password_that_is_too_short_too_long_or_guessed_soon_is_not_taken(binding: Binding, now: datetime) -> None:
    for password in BAD_PASSWORDS:
        with pytest.raises(AccountError) as refusal:
            register_one(binding, now, password=password)
        assert refusal.value.code == "A101"
        assert not password.strip() or password not in str(refusal.value)
    assert count_rows()["Person"] == 0


def test_what_the_form_does_not_ask_for_never_comes_in(binding: Binding, now: datetime) -> None:
    person = join_one(binding, now, {**CY, "visit.ip": "192.0.2.7", "company.name": "Smuggled"})
    held = {leaf for item in person.item_set.filter(touchpoint="registration") for leaf in item.categories}
    assert held == set(CY)


def open_lantern() -> Binding:
    """A policy without accounts."""
    versions = load_versions(Path(__file__).parents[1] / "web" / "policies" / "lantern")
    gates = {policy.version: Gate(table) for policy, table in zip(versions.policies, versions.tables, strict=True)}
    return Binding(versions.slug, gates, versions.newest.version)


def test_where_the_policy_has_no_accounts_nobody_registers(now: datetime) -> None:
    with pytest.raises(RefusedError):
        register_one(open_lantern(), now)


def test_a_company_opens_an_account_with_its_first_holder(binding: Binding, now: datetime) -> None:
    from upheld.actions.companies import find_membership

    holder = join_one(binding, now, {**CY, **REED_AND_CO}, is_company=True)
    membership = find_membership(binding.site, holder)
    assert membership is not None
    assert (membership.is_holder, membership.is_primary, membership.company.kind) == (True, True, "company")
    (theirs,) = holder.item_set.filter(method="form")
    (company,) = membership.company.item_set.all()
    assert (theirs.touchpoint, set(theirs.categories)) == ("account set-up", set(CY))
    assert (company.touchpoint, set(company.categories)) == ("account set-up", set(REED_AND_CO))
    assert list_kinds(membership.company.id) == ["company.created", "item.collected"]


def test_accounts_that_nobody_confirms_are_erased_with_their_companies(binding: Binding, now: datetime) -> None:
    from upheld.actions.accounts import LONGEST_UNVERIFIED, sweep_unverified
    from upheld.records.models import Person

    register_one(binding, now, {**CY, **REED_AND_CO}, is_company=True)
    kept = join_one(binding, now, {**CY, "person.email": "kept@reed.example"})
    assert sweep_unverified(binding, now + LONGEST_UNVERIFIED - timedelta(hours=1)) == 0
    assert sweep_unverified(binding, now + LONGEST_UNVERIFIED) == 1
    assert list(Person.objects.all()) == [kept]


def test_people_who_were_imported_are_not_swept(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.accounts import sweep_unverified
    from upheld.records.models import Identifier

    Identifier.objects.update(verified_at=None)
    assert sweep_unverified(binding, now) == 0


def test_links_in_mails_lead_to_pages_that_are_there() -> None:
    from django.urls import resolve

    from upheld.actions.tokens import PATHS, SIGN_IN_PATH

    for path in (*(f"{path}{'x' * 43}" for path in PATHS.values()), SIGN_IN_PATH):
        assert resolve(f"/{path}", urlconf="upheld.server.site_urls").url_name != "touchpoint"
