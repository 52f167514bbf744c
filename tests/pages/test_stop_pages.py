"""The stop link of people who were named for a parcel: without an account, by a button, and telling nobody anything."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.pages.account.visitors import Visitor, ada, binding, cast, count_lines, databases, now, settings_as, site
from tests.pages.parcels import book_one, move

__all__ = ["ada", "binding", "cast", "databases", "now", "settings_as", "site"]


@pytest.fixture
def path(site: None, binding: Any, cast: Any, now: datetime) -> str:
    """Where the link in Cleo's proof of delivery leads."""
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    shipment = book_one(binding, cast.bo, now - timedelta(hours=1), named=["cleo@varga.example"])
    move(binding, shipment, now, "picked-up", "delivered")
    for row in Outgoing.objects.all():
        message = open_message(row)
        if message is not None and message.to == "cleo@varga.example":
            found = re.search(r"https?://[^/]+(/stop/[A-Za-z0-9_-]{20,64})", message.text)
            assert found is not None, message.text
            return found.group(1)
    raise AssertionError("Cleo was not written to")


def test_the_page_says_what_it_is_and_looking_changes_nothing(path: str) -> None:
    from upheld.records.models import Suppression

    page = Visitor().read(path)
    assert "Stop these messages" in page
    assert "The addresses of people you named are used for this message and for nothing else." in page
    for words in ("cleo@varga.example", "Cleo", "Bo Marten", "2026-"):
        assert words not in page
    assert not Suppression.objects.exists()


def test_the_button_stops_them_for_good_and_the_link_then_says_that_there_is_nothing_to_stop(
    path: str, binding: Any, cast: Any, now: datetime
) -> None:
    from upheld.records.models import NamedAddress, Outgoing

    answer = Visitor().post(path, {})
    assert answer.status_code == 303
    assert path not in answer["Location"]
    assert "You get no more of these messages" in Visitor().read(answer["Location"])
    again = Visitor().get(path)
    assert again.status_code == 404
    assert "There is nothing to stop" in again.content.decode()
    before = Outgoing.objects.count()
    later = book_one(binding, cast.ada, now - timedelta(hours=1), named=["CLEO@varga.example"])
    move(binding, later, now, "picked-up", "delivered")
    assert Outgoing.objects.count() == before + 1  # Ada's own
    assert NamedAddress.objects.get(shipment=later.id, place=1).state == "stopped"


def test_used_and_unknown_links_say_the_same(path: str) -> None:
    Visitor().post(path, {})
    used, unknown = Visitor().get(path), Visitor().get("/stop/" + "x" * 43)
    assert used.status_code == unknown.status_code == 404
    assert used.content == unknown.content
    assert Visitor().post("/stop/" + "x" * 43, {}).content == used.content


def test_the_customer_sees_that_they_are_not_told(ada: Visitor, binding: Any, cast: Any, now: datetime) -> None:
    from upheld.actions.suppression import digest_address, suppress

    digest = digest_address("lasership", "cleo@varga.example", now)
    suppress(binding, digest=digest, mail_class="proof of delivery", reason="link", now=now)
    shipment = book_one(binding, cast.ada, now - timedelta(hours=1), named=["cleo@varga.example"])
    move(binding, shipment, now, "picked-up", "delivered")
    assert "asked not to be told" in ada.read(f"/account/shipments/{shipment.number}")


def test_a_page_of_somebody_else_presses_no_button(path: str) -> None:
    assert Visitor().post(path, {}, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert count_lines("address.suppressed") == 0


def test_links_that_are_none_are_opened_so_often_from_one_network_and_no_oftener(path: str, monkeypatch: Any) -> None:
    from upheld.pages import stops

    monkeypatch.setattr(stops, "MOST_LOOKS", 2)
    wrong = path[:-4] + "none"
    assert [Visitor().get(wrong).status_code for _ in range(3)] == [404, 404, 429]
    assert Visitor().get(path).status_code == 200, "a mail server opens all links of a large house"
