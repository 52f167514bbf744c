"""A person's own permission: specific, on record, withdrawn at any time; without it a holder sees no name and no address."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import HOME
from tests.actions.stage import ADA, BO, Cast
from tests.core.fields.courier import compile_courier
from tests.core.rights.test_permitting import DOOR, bind
from upheld.core.errors import AccountError, RefusedError
from upheld.core.gate.binding import Binding


@pytest.fixture
def bos(binding: Binding, cast: Cast, now: datetime) -> Any:
    """Bo's place in the company whose account Ada holds."""
    from upheld.records.models import Membership

    return Membership.objects.create(site=binding.site, company=cast.works, person=cast.bo, joined_at=now)


@pytest.fixture
def adas(binding: Binding, bos: Any, cast: Cast) -> Any:
    """Ada's place in the company: she holds its account."""
    from upheld.actions.companies import find_membership

    return find_membership(binding.site, cast.ada)


def give(binding: Binding, cast: Cast, now: datetime, **more: Any) -> Any:
    from upheld.actions.permissions import give_permission

    return give_permission(binding, person=cast.bo, company=cast.works, touchpoint="registration", now=now, **more)


def withdraw(binding: Binding, cast: Cast, now: datetime) -> bool:
    from upheld.actions.permissions import withdraw_permission

    return withdraw_permission(binding, person=cast.bo, company=cast.works, now=now, touchpoint="account")


def look(binding: Binding, adas: Any, now: datetime) -> dict[str, tuple[str, str]]:
    """What Ada sees of who uses the account, by their ids."""
    from upheld.actions.colleagues import open_colleagues

    return {found.person: (found.name, found.address) for found in open_colleagues(binding, membership=adas, now=now)}


def list_bodies(kind: str, person: str) -> list[dict[str, Any]]:
    from upheld.records.models import Entry

    rows = Entry.objects.filter(kind=kind, person=person).order_by("serial")
    return [json.loads(row.text)["body"] for row in rows]


def test_without_a_permission_a_holder_sees_a_number_and_nothing_is_opened(
    binding: Binding, cast: Cast, adas: Any, now: datetime
) -> None:
    assert look(binding, adas, now) == {
        cast.ada.id: (ADA["person.name"], ADA["person.email"]),
        cast.bo.id: ("", ""),
    }
    assert list_bodies("item.opened", cast.bo.id) == list_bodies("item.withheld", cast.bo.id) == []


def test_with_one_a_holder_sees_name_and_address_and_the_line_says_for_what(
    binding: Binding, cast: Cast, adas: Any, now: datetime
) -> None:
    give(binding, cast, now)
    assert look(binding, adas, now)[cast.bo.id] == (BO["person.name"], BO["person.email"])
    (line,) = list_bodies("item.opened", cast.bo.id)
    assert (line["action"], line["purpose"], line["by"]) == ("share", "fulfil.service", cast.ada.id)
    assert line["recipient"] == "the company whose account you use"
    assert line["because"] == ["lasership#whom-we-give-it-to.6"]
    (own,) = list_bodies("item.opened", cast.ada.id)
    assert (own["action"], own["role"]) == ("show", "self")


def test_it_counts_until_it_is_withdrawn_and_again_from_when_it_is_given(
    binding: Binding, cast: Cast, adas: Any, now: datetime
) -> None:
    seen = []
    for day, deed in enumerate((give, withdraw, give)):
        deed(binding, cast, now + timedelta(days=day))
        seen.append(look(binding, adas, now + timedelta(days=day))[cast.bo.id][0])
    assert seen == [BO["person.name"], "", BO["person.name"]]
    assert [withdraw(binding, cast, now) for _ in range(2)] == [True, False]


def test_both_leave_a_line_with_names_and_no_value(binding: Binding, cast: Cast, bos: Any, now: datetime) -> None:
    given = give(binding, cast, now, shown="0" * 64)
    withdraw(binding, cast, now)
    (told,), (ended,) = (list_bodies(f"permission.{end}", cast.bo.id) for end in ("given", "withdrawn"))
    same = {
        "permission": given.id,
        "data": ["person.name", "person.email"],
        "purpose": "fulfil.service",
        "recipient": "the company whose account you use",
        "company": cast.works.id,
        "version": "2016-10-03",
    }
    assert told == {**same, "touchpoint": "registration", "evidence": "0" * 64}
    assert ended == {**same, "touchpoint": "account"}


def test_a_yes_said_twice_is_one_permission(binding: Binding, cast: Cast, bos: Any, now: datetime) -> None:
    from upheld.records.models import Permission

    assert give(binding, cast, now).id == give(binding, cast, now).id
    assert Permission.objects.count() == 1


def test_a_permission_for_one_company_opens_nothing_for_another(
    binding: Binding, cast: Cast, adas: Any, now: datetime
) -> None:
    from upheld.actions.people import create_person
    from upheld.actions.permissions import give_permission

    other = create_person(binding, now=now, kind="company")
    give_permission(binding, person=cast.bo, company=other, touchpoint="registration", now=now)
    assert look(binding, adas, now)[cast.bo.id] == ("", "")


def test_only_a_holder_looks(binding: Binding, cast: Cast, bos: Any, now: datetime) -> None:
    with pytest.raises(AccountError, match="A104"):
        look(binding, bos, now)


def test_where_the_policy_lets_no_permission_count_none_is_taken(cast: Cast, bos: Any, now: datetime) -> None:
    from upheld.actions.permissions import find_company_permissible
    from upheld.records.models import Permission

    shut = bind(compile_courier((DOOR, "")))
    assert find_company_permissible(shut) is None
    with pytest.raises(RefusedError):
        give(shut, cast, now)
    assert not Permission.objects.exists()


def test_where_the_policy_lets_it_count_no_longer_nothing_is_opened(
    binding: Binding, cast: Cast, adas: Any, now: datetime
) -> None:
    give(binding, cast, now)
    assert look(bind(compile_courier((DOOR, ""))), adas, now)[cast.bo.id] == ("", "")
    assert list_bodies("item.withheld", cast.bo.id)[0]["withheld"] == ["person.email", "person.name"]


@pytest.mark.parametrize("way", ["leave", "remove", "close"])
def test_it_ends_with_the_use_of_the_account(
    binding: Binding, cast: Cast, adas: Any, bos: Any, *, now: datetime, way: str
) -> None:
    from upheld.actions.closing import close_company
    from upheld.actions.companies import leave_company, remove_user
    from upheld.actions.permissions import find_permission

    give(binding, cast, now)
    if way == "leave":
        leave_company(binding, membership=bos, now=now)
    elif way == "remove":
        remove_user(binding, membership=adas, person=cast.bo.id, home=HOME, now=now)
    else:
        close_company(binding, company=cast.works, holder=cast.ada, is_erased=False, now=now)
    assert find_permission(binding.site, person=cast.bo, company=cast.works) is None
    (ended,) = list_bodies("permission.withdrawn", cast.bo.id)
    assert "touchpoint" not in ended


def test_it_stands_in_the_copy_and_goes_with_the_person(binding: Binding, cast: Cast, bos: Any, now: datetime) -> None:
    from upheld.actions.exports import gather_copy
    from upheld.actions.forgetting import erase_person
    from upheld.core.rights.copy_files import iter_rows, write_json
    from upheld.records.models import Permission

    given = give(binding, cast, now)
    copy = gather_copy(binding, person=cast.bo, company=cast.works, now=now)
    (told,) = json.loads(write_json(copy))["permissions"]
    assert [part["name"] for part in told["data"]] == ["person.name", "person.email"]
    assert (told["purpose"]["name"], told["from"]) == ("fulfil.service", "when you register")
    assert (told["ledger-line"], told["ended-at"]) == (given.entry, None)
    (row,) = [row for row in iter_rows(copy) if row[0] == "permission"]
    assert row[2:5] == ("person.name person.email", told["recipient"], "your name; your e-mail address")
    erase_person(binding, person=cast.bo, now=now)
    assert not Permission.objects.exists()


def test_its_receipt_is_the_person_s(binding: Binding, cast: Cast, bos: Any, now: datetime) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.receipts import make_receipt

    given = give(binding, cast, now)
    sequence_entries(binding.site, now)
    receipt = make_receipt(binding.site, entry=given.entry, persons=[cast.bo], now=now)
    assert receipt is not None
    assert receipt.is_ready
    assert make_receipt(binding.site, entry=given.entry, persons=[cast.ada, cast.works], now=now) is None
