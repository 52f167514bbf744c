"""Release by the person's own permission: specific or not at all, carried out once if it is for once, ended at once."""

import json
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import HOME, find_mail
from tests.actions.givers import LAST_DAY, NAMED, WISH, hand_over, hire, permit, register_recipient
from tests.actions.stage import ADA, Cast
from tests.actions.test_disclosures import list_bodies
from tests.core.fields.courier import compile_courier
from tests.core.rights.test_permitting import DOOR, bind
from upheld.core.errors import FormError, RefusedError, StaffError
from upheld.core.gate.binding import NAMED_RECIPIENT, Binding
from upheld.core.rights.releasing import Wish


def list_faults(binding: Binding, cast: Cast, now: datetime, **change: Any) -> list[str]:
    from upheld.actions.releases import find_faults

    return [fault.field for fault in find_faults(binding, person=cast.ada, wish=replace(WISH, **change), now=now)]


def test_a_blanket_yes_is_impossible(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.releases import find_faults

    fields = [fault.field for fault in find_faults(binding, person=cast.ada, wish=Wish(), now=now)]
    assert fields == ["recipient", "data", "purpose", "until", "times"]
    with pytest.raises(FormError, match="F921"):
        permit(binding, cast.ada, now, Wish())


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, []),
        ({"purpose": "any purpose"}, ["purpose"]),
        ({"purpose": "marketing"}, ["purpose"]),
        ({"data": ("anything",)}, ["data"]),
        ({"data": ("person.email", "service.order")}, ["data"]),
        ({"until": date(2026, 11, 19)}, ["until"]),
        ({"until": date(2028, 1, 1)}, ["until"]),
        ({"named": {**NAMED, "name": " "}}, ["name"]),
        ({"named": {**NAMED, "email": ""}}, ["email"]),
        ({"named": None, "recipient": "o_" + "a" * 20}, ["recipient"]),
        ({"recipient": "o_" + "a" * 20}, ["recipient"]),
    ],
)
def test_what_is_not_specific_is_said_field_by_field(
    binding: Binding, cast: Cast, now: datetime, change: dict[str, Any], fields: list[str]
) -> None:
    assert list_faults(binding, cast, now, **change) == fields


def test_it_is_on_record_with_its_wording_and_without_the_name(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.cases import find_case
    from upheld.actions.releases import read_named
    from upheld.actions.submissions import find_wording

    given = permit(binding, cast.ada, now)
    assert read_named(binding.site, given.id, cast.ada) == {"name": NAMED["name"], "email": NAMED["email"]}
    assert read_named(binding.site, given.id, cast.bo) == {}
    wording = find_wording(binding.site, given.shown)
    assert "for research. Once, until the end of 31 December 2026." in wording
    (line,) = list_bodies("permission.given")
    assert (line["recipient"], line["evidence"]) == (NAMED_RECIPIENT, given.shown)
    for text in (wording, json.dumps(line), str(bytes(given.sealed))):
        assert "Ashby" not in text
    case = find_case(binding.site, given.case)
    assert case is not None
    assert (case.kind, case.person, case.is_open) == ("release", cast.ada.id, True)


def test_where_the_policy_says_no_to_it_nothing_is_taken(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.releases import is_offered
    from upheld.records.models import Permission

    for change in ({"purpose": "reporting"}, {"data": ("person.email", "sign-in.password")}):
        with pytest.raises((RefusedError, FormError)):
            permit(binding, cast.ada, now, replace(WISH, **change))
    shut = bind(compile_courier((DOOR, "")))
    assert is_offered(binding)
    assert not is_offered(shut)
    with pytest.raises(RefusedError):
        permit(shut, cast.ada, now)
    assert not Permission.objects.exists()


def test_the_options_say_what_cannot_be_permitted_and_by_which_sentence(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.releases import find_options

    options = find_options(binding, person=cast.ada, now=now)
    assert {option.name for option in options.data if option.is_open} == set(ADA)
    closed = {option.name: option.because for option in options.purposes if not option.is_open}
    assert set(closed) == {"reporting", "merger"}
    assert closed["reporting"] == ("lasership#what-we-use-it-for.9",)


def test_staff_carry_it_out_once_and_the_person_can_prove_it(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.cases import find_case
    from upheld.actions.disclosures import list_disclosures
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.receipts import make_receipt
    from upheld.actions.releases import find_release

    given = permit(binding, cast.ada, now)
    staff = hire(binding, now)
    gone = hand_over(binding, given, now, staff)
    document = json.loads(gone.document)
    assert document["to"] == {"name": NAMED["name"], "email": NAMED["email"]}
    assert document["data"][0]["values"] == [ADA["person.email"]]
    (row,) = list_disclosures(binding.site, person=cast.ada.id)
    assert (row.subject, row.ground, row.by) == (given.id, "permission", f"s_{staff.pk}")
    sequence_entries(binding.site, now)
    assert make_receipt(binding.site, entry=row.entry, persons=[cast.ada], now=now)
    held = find_release(binding.site, given.id, now=now)
    assert held is not None
    assert held.state == "used up"
    case = find_case(binding.site, given.case)
    assert case is not None
    assert case.outcome == "done"
    with pytest.raises(RefusedError) as refusal:
        hand_over(binding, given, now, staff)
    assert refusal.value.because
    assert len(list_bodies("data.disclosed")) == 1


def test_a_standing_one_works_again_until_its_last_day_is_over(binding: Binding, cast: Cast, now: datetime) -> None:
    given = permit(binding, cast.ada, now, replace(WISH, is_once=False))
    staff = hire(binding, now)
    for moment in (now, datetime(2026, 12, 31, 23, 59, tzinfo=now.tzinfo)):
        assert hand_over(binding, given, moment, staff).id
    with pytest.raises(RefusedError):
        hand_over(binding, given, datetime(2027, 1, 1, tzinfo=now.tzinfo), staff)
    assert date(2026, 12, 31) == LAST_DAY


def test_withdrawn_it_opens_nothing_from_that_moment(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.cases import find_case
    from upheld.actions.releases import withdraw_release

    given = permit(binding, cast.ada, now)
    assert withdraw_release(binding, person=cast.bo, permission=given.id, now=now) is None
    assert withdraw_release(binding, person=cast.ada, permission=given.id, now=now) is not None
    assert withdraw_release(binding, person=cast.ada, permission=given.id, now=now) is None
    with pytest.raises(RefusedError):
        hand_over(binding, given, now)
    case = find_case(binding.site, given.case)
    assert case is not None
    assert case.outcome == "withdrawn"


@pytest.mark.parametrize("role", ["analysts", "privacy-desk"])
def test_a_role_that_may_not_see_it_hands_nothing_over(binding: Binding, cast: Cast, now: datetime, role: str) -> None:
    given = permit(binding, cast.ada, now)
    with pytest.raises(RefusedError) as refusal:
        hand_over(binding, given, now, role=role)
    assert refusal.value.because == ("lasership#how-we-protect-it.1",)
    (line,) = list_bodies("data.disclosure-refused")
    assert line["subject"] == given.id
    assert not list_bodies("item.opened")


def test_without_a_grant_of_the_role_nobody_hands_over(binding: Binding, cast: Cast, now: datetime) -> None:
    given = permit(binding, cast.ada, now)
    staff = hire(binding, now, "analysts")
    with pytest.raises(StaffError, match="W113"):
        hand_over(binding, given, now, staff, "customer-service")
    late = hire(binding, now, name="s.mbeki")
    with pytest.raises(StaffError, match="W113"):
        hand_over(binding, given, now + timedelta(days=91), late)


def test_a_registered_recipient_who_left_gets_nothing(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.recipients import end_recipient
    from upheld.actions.releases import find_release

    line = register_recipient(binding, now)
    given = permit(binding, cast.ada, now, replace(WISH, named=None, recipient=line.id))
    end_recipient(binding, line.id, by=hire(binding, now, ""), now=now)
    held = find_release(binding.site, given.id, now=now)
    assert held is not None
    assert held.state == "recipient ended"
    with pytest.raises(StaffError, match="W131"):
        hand_over(binding, given, now)


def test_what_was_said_last_about_a_recipient_and_a_purpose_counts(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.releases import list_releases

    line = register_recipient(binding, now)
    wish = replace(WISH, named=None, recipient=line.id)
    first = permit(binding, cast.ada, now, wish)
    permit(binding, cast.ada, now, replace(wish, purpose="improve"))
    permit(binding, cast.ada, now, replace(wish, data=("person.name",)))
    live = list_releases(binding.site, person=cast.ada.id, is_live=True, now=now)
    assert sorted((one.purpose, one.data) for one in live) == [
        ("improve", ("person.email",)),
        ("research", ("person.name",)),
    ]
    with pytest.raises(RefusedError):
        hand_over(binding, first, now)


def test_of_two_who_hand_over_at_once_one_does(binding: Binding, cast: Cast, now: datetime) -> None:
    from django.db import connections

    given, staff = permit(binding, cast.ada, now), hire(binding, now)
    came: list[str] = []

    def try_it() -> None:
        try:
            came.append(hand_over(binding, given, now, staff).id)
        except RefusedError:
            came.append("")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came)[:3] == ["", "", ""]
    assert sorted(came)[3]
    assert len(list_bodies("data.disclosed")) == 1


def test_it_goes_with_the_account_and_stands_in_the_copy(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.exports import gather_copy
    from upheld.core.rights.copy_files import write_json

    given = permit(binding, cast.bo, now, replace(WISH, data=("person.name",)))
    (told,) = json.loads(write_json(gather_copy(binding, person=cast.bo, now=now)))["permissions"]
    assert (told["recipient"], told["once"], told["ended-at"]) == (NAMED["name"], True, None)
    close_account(binding, person=cast.bo, is_erased=False, now=now)
    with pytest.raises(StaffError, match="W135"):
        hand_over(binding, given, now)
    assert [line["permission"] for line in list_bodies("permission.withdrawn")] == [given.id]


def test_the_person_hears_of_it_without_a_name_in_the_mail(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.handovers import carry_out

    given = permit(binding, cast.ada, now)
    carry_out(binding, permission=given.id, staff=hire(binding, now), role="customer-service", home=HOME, now=now)
    mail = find_mail(ADA["person.email"], "data-given")
    assert mail.path == "account/releases"
    assert "Ashby" not in mail.text


@pytest.mark.parametrize("kind", ["authorities", "claimants", "successor"])
def test_nobody_learns_from_the_list_who_demands_something_or_takes_over_the_business(
    cast: Cast, binding: Binding, now: datetime, kind: str
) -> None:
    from upheld.actions.releases import find_faults, list_offered

    quiet, other = register_recipient(binding, now, kind, "Saltline"), register_recipient(binding, now)
    assert [one.id for one in list_offered(binding)] == [other.id]
    wish = replace(WISH, recipient=quiet.id, named=None)
    assert "pick one of the recipients" in {
        fault.words for fault in find_faults(binding, person=cast.ada, wish=wish, now=now)
    }
