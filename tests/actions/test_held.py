"""What is held about a person, opened for themselves: complete, with where it came from and how long it stays."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import ADA, WORKS, Cast


def test_it_works(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held

    held = open_held(binding, person=cast.ada, now=now)
    assert {value.data: value.value for value in held.values} == ADA
    assert held.withheld == ()
    name = held.values[0]
    assert (name.label, name.where, name.version) == ("Your name", "when you register", date(2016, 10, 3))
    assert "the service you asked for" in name.purpose_words
    assert name.because


def test_whoever_uses_a_company_s_account_sees_what_is_held_about_it(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held

    held = open_held(binding, person=cast.ada, company=cast.works, now=now)
    company = {value.data: value.value for value in held.values if value.about == "your company"}
    assert company == WORKS
    assert {value.owner for value in held.values} == {cast.ada.id, cast.works.id}


def test_the_line_about_a_company_says_which_of_its_users_looked(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held
    from upheld.records.models import Entry

    open_held(binding, person=cast.ada, company=cast.works, now=now)
    assert Entry.objects.filter(person=cast.works.id).latest("serial").by == cast.ada.id
    assert Entry.objects.filter(person=cast.ada.id).latest("serial").by == ""
    open_held(binding, person=cast.works, by=cast.ada.id, now=now)  # as the page does that corrects the company alone
    assert Entry.objects.filter(person=cast.works.id).latest("serial").by == cast.ada.id


def test_nobody_sees_what_is_held_about_somebody_else(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held

    values = open_held(binding, person=cast.bo, now=now).values
    assert "Ada Quill" not in {value.value for value in values}


def test_each_look_is_a_line_of_the_ledger_without_a_value(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held
    from upheld.records.models import Entry

    open_held(binding, person=cast.ada, now=now)
    line = Entry.objects.filter(person=cast.ada.id).latest("serial")
    assert line.kind == "item.opened"
    assert not any(value in line.text for value in ADA.values())


def test_the_clock_of_the_last_sign_in_is_said_with_the_day_it_would_end(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.held import open_held

    cast.ada.signed_in_at = now
    kept = open_held(binding, person=cast.ada, now=now).values[0].kept
    assert kept.ends_at == now + timedelta(days=1095)
    assert kept.words == (
        "3 years (1095 days) after you last signed in; if nobody signs in again, until 19 November 2029"
    )
    assert kept.sentence == "lasership#how-long-we-keep-it.4"


def test_a_clock_that_started_has_its_day_and_one_that_waits_says_so(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held
    from upheld.actions.vault import put_items

    put_items(
        binding,
        person=cast.ada,
        touchpoint="feedback",
        values={"message.feedback": "The bell is broken"},
        now=now,
    )
    put_items(binding, person=cast.ada, touchpoint="order", values={"addressee.name": "Cy Ott"}, now=now)
    kept = {value.data: value.kept for value in open_held(binding, person=cast.ada, now=now).values}
    assert kept["message.feedback"].words == "until 20 November 2027, 1 year (365 days) after your message reached us"
    assert kept["addressee.name"].words.endswith("after the shipment is delivered, which has not happened yet")


def test_what_the_policy_does_not_show_is_withheld_with_the_category_named(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.held import open_held
    from upheld.records.models import Item

    item = Item.objects.filter(person=cast.ada).first()
    assert item is not None
    item.keep_until = now - timedelta(days=1)  # its time is over, and nobody has erased it yet
    item.save(update_fields=["keep_until"])
    held = open_held(binding, person=cast.ada, now=now)
    assert held.values == ()
    assert {part.data for part in held.withheld} == set(ADA)
    assert held.withheld[0].label == "Your name"


def test_a_moved_item_is_refused_and_says_whose_it_is_not(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held
    from upheld.core.errors import SealError
    from upheld.records.models import Item

    mine, theirs = Item.objects.get(person=cast.ada), Item.objects.get(person=cast.bo)
    mine.sealed = theirs.sealed
    mine.save(update_fields=["sealed"])
    with pytest.raises(SealError) as caught:
        open_held(binding, person=cast.ada, now=now)
    assert caught.value.code == "V801"
    assert "marten" not in str(caught.value)


def test_the_account_is_told_without_any_address_in_it(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import tell_account

    facts = {fact.name: fact.value for fact in tell_account(binding, cast.ada, cast.works)}
    assert facts["person"] == cast.ada.id
    assert facts["identifier-email"] == "confirmed 21 October 2026, 09:00 UTC"
    assert facts["membership"].startswith("holder of the company's account")
    assert not any(value in " ".join(facts.values()) for value in ADA.values())


def test_whoever_uses_a_company_s_account_keeps_its_clock_running(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held
    from upheld.actions.sessions import open_session

    open_session(binding, person=cast.ada, now=now)
    cast.works.refresh_from_db()
    assert cast.works.signed_in_at == now
    [end] = {value.kept.ends_at for value in open_held(binding, person=cast.works, now=now).values}
    assert end == now + timedelta(days=1095)
