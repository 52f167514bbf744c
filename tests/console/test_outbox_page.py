"""The outbox for staff: states and counts, and a decision about what may have arrived; never a word of a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.console.clerks import SEAT, Console, list_kinds, read_text
from upheld.core.gate.binding import Binding

SUBJECT = "Your parcel, Ada"


@pytest.fixture
def doubtful(console: Console, binding: Binding, now: datetime) -> Any:
    """A message to Ada of which nobody knows whether it arrived."""
    from upheld.actions.ids import draw_id
    from upheld.actions.outbox import store_message
    from upheld.channels.base import Message
    from upheld.records.models import Outgoing
    from upheld.records.walls import enter_site

    message = Message(
        id=draw_id("m"),
        sender="privacy@lasership.example",
        sender_name="Parcel courier",
        to="ada@quill.example",
        subject=SUBJECT,
        text="It is there.",
        html="",
        at=now,
        headers=(),
    )
    with enter_site(binding.site):
        store_message(
            binding, message, person=console.cast.ada.id, mail_class="administrative message", kind="account", now=now
        )
    Outgoing.objects.update(state="in-doubt", attempts=1, settled_at=now)
    return Outgoing.objects.get()


def test_it_works(console: Console, doubtful: Any) -> None:
    client = console.sit_down()
    page = read_text(client.get(f"{SEAT}outbox/"))
    assert "may have arrived or not" in page
    assert "may have arrived or not" in read_text(client.get("/console/"))
    assert SUBJECT not in page
    assert "ada@quill" not in page
    client.post(f"{SEAT}outbox/{doubtful.id}/settle/", {"choice": "again", "sure": "yes"})
    doubtful.refresh_from_db()
    assert doubtful.state == "queued"
    assert "mail.queued" in list_kinds()


def test_what_does_not_fit_one_page_stands_on_the_next(console: Console, doubtful: Any, binding: Binding) -> None:
    from upheld.actions.outbox import MESSAGES_A_PAGE

    doubtful.state = "sent"
    doubtful.save()
    for number in range(MESSAGES_A_PAGE):
        doubtful.pk = f"m_{number:020}"
        doubtful.save(force_insert=True)
    client = console.sit_down()
    pages = [client.get(f"{SEAT}outbox/?page={page}").content.decode() for page in ("1", "2", "3", "0", "x", "9" * 9)]
    counts = [page.count('<th scope="row">') for page in pages]
    assert counts == [MESSAGES_A_PAGE, 1, 0, *[MESSAGES_A_PAGE] * 3]
    assert "page=2" in pages[0]
    assert "page=1" in pages[1]
    assert "Earlier ones" not in pages[1]


def test_sending_again_wants_a_tick(console: Console, doubtful: Any) -> None:
    client = console.sit_down()
    client.post(f"{SEAT}outbox/{doubtful.id}/settle/", {"choice": "again"})
    doubtful.refresh_from_db()
    assert doubtful.state == "in-doubt"
    assert "Nothing was sent" in read_text(client.get(f"{SEAT}outbox/"))


def test_letting_it_be(console: Console, doubtful: Any) -> None:
    client = console.sit_down()
    for _ in range(2):
        client.post(f"{SEAT}outbox/{doubtful.id}/settle/", {"choice": "leave"})
    doubtful.refresh_from_db()
    assert doubtful.state == "failed"
    assert list_kinds(kind="mail.failed") == ["mail.failed"]


def test_the_page_narrows_to_a_state_and_says_what_will_stand_there(console: Console, doubtful: Any) -> None:
    client = console.sit_down()
    assert doubtful.id in read_text(client.get(f"{SEAT}outbox/?state=in-doubt"))
    assert "No message is in this state" in read_text(client.get(f"{SEAT}outbox/?state=sent"))
    assert client.get(f"{SEAT}outbox/?state=nonsense").status_code == 200


def test_what_a_no_stopped_and_what_came_back_are_told_apart_from_what_failed(console: Console, doubtful: Any) -> None:
    client = console.sit_down()
    told = []
    for state, reason in (("failed", "stopped"), ("bounced", "no such address"), ("failed", "550 5.7.1")):
        doubtful.state, doubtful.reason = state, reason
        doubtful.save()
        told.append(read_text(client.get(f"{SEAT}outbox/")))
    assert "stopped a no came before it left" in told[0]
    assert "came back no such address" in told[1]
    assert "failed 550 5.7.1" in told[2]
