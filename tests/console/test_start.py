"""What is next: each thing that waits stands on the first page, for whoever it falls to, and is gone when it is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.actions.crowds import OFFER, WORDS
from tests.actions.givers import permit, register_recipient
from tests.actions.senders import book_one
from tests.console.clerks import CLERK, OWNER, SEAT, Console, read_text
from upheld.core.gate.binding import Binding

DAY = timedelta(days=1)


def read_next(client: Any) -> str:
    return read_text(client.get("/console/"))


def draft(client: Any, name: str = "Autumn") -> str:
    sent = {**WORDS, "name": name, "mail_class": OFFER, "audience": "account holders"}
    return str(client.post(f"{SEAT}campaigns/new/", sent).headers["Location"])


def test_a_campaign_waits_for_its_test_until_it_was_tested_as_it_is(console: Console) -> None:
    client = console.sit_down()
    page = draft(client)
    assert "Test the campaign “Autumn”" in read_next(client)
    client.post(f"{page}test/")
    assert "Test the campaign" not in read_next(client)
    client.post(f"{page}change/", {**WORDS, "name": "Autumn", "mail_class": OFFER, "audience": "account holders", "text": "Another text."})  # fmt: skip
    assert "Test the campaign “Autumn”" in read_next(client)


def test_a_campaign_that_was_kept_from_beginning_is_named(console: Console) -> None:
    from upheld.records.models import Campaign

    client = console.sit_down()
    draft(client)
    Campaign.objects.update(state="paused", counts={"refused": ["lasership#choices.1"]})
    assert "The campaign “Autumn” was kept from beginning" in read_next(client)
    Campaign.objects.update(counts={})
    assert "was kept" not in read_next(client)


def test_late_parcels_are_counted(console: Console, binding: Binding, now: datetime) -> None:
    from upheld.records.models import Shipment

    for _ in range(3):
        book_one(binding, console.cast.ada, now)
    clerk = console.sit_down(CLERK, "dispatch")
    Shipment.objects.update(due_at=now + 365 * DAY)
    assert "3 parcels under way," not in read_next(clerk)
    [one, *_] = Shipment.objects.all()
    Shipment.objects.filter(id=one.id).update(due_at=now - DAY)
    assert "3 parcels under way, 1 late" in read_next(clerk)


def test_what_was_permitted_waits_until_something_went_or_it_was_withdrawn(
    console: Console, binding: Binding, now: datetime
) -> None:
    from upheld.actions.releases import withdraw_release

    given = permit(binding, console.cast.ada, now)
    clerk = console.sit_down()
    assert "1 permission to hand something over" in read_next(clerk)
    withdraw_release(binding, person=console.cast.ada, permission=given.id, now=now)
    assert "to hand something over" not in read_next(clerk)


def test_a_permission_for_a_recipient_who_ended_waits_for_nobody(
    console: Console, binding: Binding, now: datetime
) -> None:
    from dataclasses import replace

    from tests.actions.givers import WISH
    from upheld.records.models import Recipient

    listed = register_recipient(binding, now)
    permit(binding, console.cast.ada, now, replace(WISH, named=None, recipient=listed.id))
    clerk = console.sit_down()
    assert "1 permission to hand something over" in read_next(clerk)
    Recipient.objects.update(ended_at=now)
    assert "to hand something over" not in read_next(clerk)


def test_lines_of_the_register_are_reviewed_by_whoever_keeps_it(
    console: Console, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Recipient

    register_recipient(binding, now)
    Recipient.objects.update(review_by=now - DAY)
    assert "Review 1 recipient of the register" in read_next(console.sit_down(OWNER))
    Recipient.objects.update(review_by=now + 3650 * DAY)
    assert "Review 1 recipient" not in read_next(console.sign_in(OWNER))


def test_whoever_is_still_to_be_told_of_a_no_is_counted(console: Console, binding: Binding, now: datetime) -> None:
    from upheld.records.models import Telling

    for person in (console.cast.ada, console.cast.bo):
        Telling.objects.create(
            site=binding.site, person=person.id, recipient="o_" + "a" * 20, reason="marketing", at=now
        )
    clerk = console.sit_down()
    assert "2 recipients still to be told of a no" in read_next(clerk)
    Telling.objects.update(state="told", told_at=now)
    assert "to be told" not in read_next(clerk)


def test_ten_more_of_each_cost_no_query_more(console: Console, binding: Binding, now: datetime) -> None:
    from tests.console.test_query_counts import count_queries
    from upheld.records.models import Telling

    clerk = console.sit_down(CLERK, "dispatch")

    def add(count: int) -> None:
        for number in range(count):
            book_one(binding, console.cast.ada, now)
            draft(clerk, f"Draft {number}")
            Telling.objects.create(site=binding.site, person="", recipient="o_" + "a" * 20, reason="x", at=now)

    add(1)
    read_next(clerk)
    before = count_queries(clerk, "/console/")
    add(10)
    assert count_queries(clerk, "/console/") == before
