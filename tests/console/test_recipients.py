"""The register of recipients for staff: kinds from the policy, lines with a review, nobody of a kind that is not declared."""

from __future__ import annotations

from datetime import datetime

from tests.actions.givers import CONTACT, register_recipient
from tests.console.clerks import SEAT, STRANGER, Console, list_kinds, read_text
from upheld.core.gate.binding import Binding

PAGE = f"{SEAT}recipients/"


def test_each_kind_stands_there_with_what_it_may_get_and_the_sentence(console: Console) -> None:
    page = read_text(console.sit_down().get(PAGE))
    assert "The carriers who bring your parcel" in page
    assert "you asked for the service that needs it" in page
    assert "Companies of our group Nothing of its own." in page
    assert "you have permitted exactly this" in page
    assert "Nobody is in the register." in page


def test_a_line_is_added_kept_and_ended(console: Console, binding: Binding, now: datetime) -> None:
    from upheld.records.models import Recipient

    client = console.sit_down()
    told = {"kind": "affiliates", "title": "Sandspit Freight", "email": CONTACT["email"], "post": ""}
    assert client.post(PAGE, told)["Location"] == PAGE
    row = Recipient.objects.get()
    page = read_text(client.get(PAGE))
    assert "Sandspit Freight" in page
    assert CONTACT["email"] not in page
    for deed in ("review", "end"):
        assert client.post(f"{PAGE}{row.id}/{deed}/").status_code == 302
    assert "ended, gets nothing" in read_text(client.get(PAGE))
    assert [kind for kind in list_kinds() if kind.startswith("recipient.")] == [
        "recipient.added",
        "recipient.reviewed",
        "recipient.ended",
    ]
    assert "not in the register" in read_text(client.post(f"{PAGE}{row.id}/end/", follow=True))


def test_what_is_not_declared_or_cannot_be_reached_is_said_and_not_taken(console: Console) -> None:
    from upheld.records.models import Recipient

    client = console.sit_down()
    told = {"kind": "affiliates", "title": "Sandspit Freight", "email": CONTACT["email"], "post": ""}
    for change in ({"kind": "list brokers"}, {"email": "no address"}, {"email": ""}, {"title": ""}):
        answer = client.post(PAGE, {**told, **change})
        assert answer.status_code == 422
        assert "This did not work" in read_text(answer)
    assert not Recipient.objects.exists()


def test_without_a_role_here_the_register_is_not_there(console: Console, binding: Binding, now: datetime) -> None:
    line = register_recipient(binding, now)
    client = console.sign_in(STRANGER)
    assert client.get(PAGE).status_code == 404
    assert client.post(f"{PAGE}{line.id}/end/").status_code == 404
    assert console.sit_down().get(f"{PAGE}{line.id}/end/").status_code == 405
