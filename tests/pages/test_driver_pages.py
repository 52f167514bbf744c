"""What a driver sees on the one phone that the number opened, and that nobody else sees any of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.pages.account.visitors import Visitor, binding, cast, databases, now, settings_as, site
from tests.pages.parcels import book_one, hire, move, plan_route

__all__ = ["binding", "cast", "databases", "now", "settings_as", "site"]


@pytest.fixture
def early(now: datetime) -> datetime:
    """When the parcels were booked."""
    return now - timedelta(hours=1)


@pytest.fixture
def route(site: None, binding: Any, cast: Any, now: datetime, early: datetime) -> Any:
    """A parcel of Ada's company to be picked up, then one that is on its way."""
    first = book_one(binding, cast.ada, early, company=cast.works)
    second = book_one(binding, cast.bo, early)
    move(binding, second, now - timedelta(minutes=20), "picked-up", "on-its-way")
    return plan_route(hire(binding, early), [first, second], early)


def open_phone(route: Any) -> Visitor:
    """The driver's phone, once the number was typed."""
    phone = Visitor()
    answer = phone.post(f"/route/{route.token}", {"number": f" {route.number[:3]} {route.number[3:]} "})
    assert answer.status_code == 303
    return phone


def report(phone: Visitor, route: Any, place: int, **values: str) -> Any:
    return phone.send(f"/route/{route.token}/{place}", values)


def test_the_first_opening_asks_for_the_number_and_shows_nothing_else(route: Any) -> None:
    page = Visitor().read(f"/route/{route.token}")
    assert "Your number for today" in page
    for words in ("North line", "Gull Street", "Paper Lane", "2026-"):
        assert words not in page


def test_the_phone_that_gave_the_number_sees_the_next_stop_and_the_rest_by_number(route: Any) -> None:
    phone = open_phone(route)
    page = phone.read(f"/route/{route.token}")
    assert "North line" in page
    assert "2 of 2 stops to go" in page
    assert "7 Paper Lane" in page
    assert "ring twice" in page
    assert "Gull Street" not in page
    assert "$14.50" not in page
    second = phone.read(f"/route/{route.token}/2")
    assert "3 Gull Street" in second
    assert "Cleo Varga" in second
    assert "Paper Lane" not in second


def test_the_cookie_is_the_policys_and_goes_to_this_route_alone(route: Any) -> None:
    answer = Visitor().post(f"/route/{route.token}", {"number": route.number})
    morsel = answer.cookies["session"]
    assert morsel["path"] == f"/route/{route.token}"
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["max-age"] == ""


def test_a_stolen_link_shows_nothing_and_dispatch_sees_that_it_was_tried(route: Any) -> None:
    from upheld.actions.routes import find_route

    open_phone(route)
    thief = Visitor()
    for path in ("", "/1", "/2"):
        answer = thief.get(f"/route/{route.token}{path}")
        assert answer.status_code == 403
        assert "open on another phone" in answer.content.decode()
        for words in ("Gull Street", "Paper Lane", "North line"):
            assert words not in answer.content.decode()
    answer = thief.post(f"/route/{route.token}", {"number": route.number})
    assert answer.status_code == 403
    held = find_route("lasership", route.route.id)
    assert held is not None
    assert held.elsewhere == 4


def test_a_thief_and_the_driver_of_another_route_report_nothing_here(
    route: Any, binding: Any, cast: Any, now: datetime, early: datetime
) -> None:
    from upheld.records.models import Shipment

    driver = open_phone(route)
    own = re.search(r'name="form:token" value="([^"]+)"', driver.read(f"/route/{route.token}/1"))
    assert own is not None
    theirs = plan_route(hire(binding, early, name="e.holm"), [book_one(binding, cast.ada, early)], early)
    colleague = open_phone(theirs)
    token = colleague.client.cookies["session"].value
    before = list(Shipment.objects.order_by("id").values_list("id", "state"))
    values = {"form:token": own.group(1), "do": "picked-up", "at": f"{now:%H:%M}"}
    for stranger in (Visitor(), colleague, Visitor(token)):  # the last one sends the cookie of the other route along
        assert stranger.post(f"/route/{route.token}/1", values).status_code == 403
    assert driver.post(f"/route/{route.token}/9", values).status_code == 404
    assert driver.post(f"/route/{theirs.token}/1", values).status_code == 403
    assert list(Shipment.objects.order_by("id").values_list("id", "state")) == before
    assert driver.post(f"/route/{route.token}/1", values).status_code == 303


def test_a_driver_who_is_a_customer_too_keeps_both(route: Any, binding: Any, cast: Any, now: datetime) -> None:
    from upheld.actions.sessions import open_session

    answer = Visitor().post(f"/route/{route.token}", {"number": route.number})
    device, own = answer.cookies["session"].value, open_session(binding, person=cast.bo, now=now)
    both = Visitor()
    for cookies in (f"session={device}; session={own}", f"session={own}; session={device}"):
        page = both.client.get(
            f"/route/{route.token}", headers={"host": "lasership.localhost", "cookie": cookies}
        ).content.decode()
        assert "North line" in page


def test_wrong_numbers_say_how_many_are_left_and_the_fifth_ends_the_link(route: Any) -> None:
    wrong = f"{(int(route.number) + 1) % 10**6:06}"
    answers = [Visitor().post(f"/route/{route.token}", {"number": wrong}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [404]
    assert "1 try left" in answers[3].content.decode()
    assert Visitor().post(f"/route/{route.token}", {"number": route.number}).status_code == 404


def test_a_link_that_is_over_and_one_that_never_was_say_the_same(route: Any, now: datetime) -> None:
    from upheld.actions.routes import end_route

    phone = open_phone(route)
    end_route("lasership", route.route.id, by="s_1", now=now)
    over, never = phone.get(f"/route/{route.token}"), phone.get(f"/route/{'x' * 43}")
    assert over.status_code == never.status_code == 404
    assert over.content == never.content


def test_a_pick_up_and_a_delivery_are_reported_with_who_took_it(route: Any, cast: Any) -> None:
    from upheld.records.models import Shipment, ShipmentEvent

    phone = open_phone(route)
    assert report(phone, route, 1, do="picked-up", at="").status_code == 422
    page = phone.get(f"/route/{route.token}/1").content.decode()
    preset = re.search(r'type="time"[^>]* value="(\d\d:\d\d)"', page)
    assert preset is not None
    answer = report(phone, route, 1, do="picked-up", at=preset.group(1))
    assert answer.status_code == 303
    assert "Stop 1 is picked up." in phone.read(answer["Location"])
    nobody = report(phone, route, 2, do="delivered", at=preset.group(1), received=" ")
    assert nobody.status_code == 422
    assert "Say who took it" in nobody.content.decode()
    answer = report(phone, route, 2, do="delivered", at=preset.group(1), received="Jo Varga")
    assert answer.status_code == 303
    page = phone.read(f"/route/{route.token}")
    assert "1 of 2 stops to go" in page
    assert "3 Gull Street" in page  # the one that was picked up is next
    done = phone.read(f"/route/{route.token}/2")
    assert "Gull Street" not in done
    assert "Jo Varga" not in done
    event = ShipmentEvent.objects.get(state="delivered")
    assert (event.source, event.by) == ("driver", route.route.id)
    assert Shipment.objects.get(person=cast.bo).state == "delivered"


def test_the_same_report_twice_counts_once(route: Any, now: datetime) -> None:
    from upheld.records.models import ShipmentEvent

    phone = open_phone(route)
    page = phone.read(f"/route/{route.token}/2")
    token = re.search(r'name="form:token" value="([^"]+)"', page)
    assert token is not None
    values = {"form:token": token.group(1), "do": "attempted", "at": f"{now:%H:%M}"}
    for _ in range(2):
        assert phone.post(f"/route/{route.token}/2", values).status_code == 303
    assert ShipmentEvent.objects.filter(state="attempted").count() == 1


def test_a_report_needs_a_page_of_this_phone(route: Any, now: datetime) -> None:
    phone = open_phone(route)
    values = {"do": "attempted", "at": f"{now:%H:%M}"}
    assert phone.post(f"/route/{route.token}/2", values).status_code == 422
    assert phone.post(f"/route/{route.token}/2", values, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert phone.get(f"/route/{route.token}/9").status_code == 404


def test_when_the_grant_of_who_made_it_ends_the_stops_are_withheld_with_the_sentence(route: Any, now: datetime) -> None:
    from upheld.records.models import Grant

    phone = open_phone(route)
    Grant.objects.update(ended_at=now)
    page = phone.read(f"/route/{route.token}/2")
    assert "Gull Street" not in page
    assert "is withheld" in page
    assert "Only staff who need it for their work" in page


def test_what_the_driver_saw_is_in_the_ledger_by_the_route(route: Any) -> None:
    from upheld.records.models import Entry

    phone = open_phone(route)
    phone.read(f"/route/{route.token}/2")
    line = Entry.objects.filter(kind="item.opened").order_by("-serial").first()
    assert line is not None
    assert line.by == route.route.id
    assert "Gull" not in line.text


def test_a_parcel_that_a_carrier_drives_goes_on_no_route(site: None, binding: Any, cast: Any, early: datetime) -> None:
    from upheld.core.errors import StaffError
    from upheld.records.models import Shipment

    shipment = book_one(binding, cast.bo, early)
    Shipment.objects.update(carrier="rc_" + "a" * 20, recipient="carriers")
    with pytest.raises(StaffError, match="handed to a carrier"):
        plan_route(hire(binding, early), [shipment], early)
