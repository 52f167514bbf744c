"""The board of shipments, routes and programs: for roles that the policy lets see whom a parcel goes to, and through the gate."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.console.clerks import CLERK, OWNER, SEAT, SITE, STRANGER, Console, list_kinds, read_text
from tests.pages.parcels import book_one, move
from upheld.core.gate.binding import Binding

DISPATCH = "dispatch"


@pytest.fixture
def parcel(console: Console, binding: Any, cast: Any, now: datetime) -> Any:
    """A parcel of Ada's company, with somebody named to hear of it."""
    return book_one(binding, cast.ada, now - timedelta(hours=1), company=cast.works, named=["cleo@varga.example"])


@pytest.fixture
def clerk(console: Console) -> Any:
    """Somebody at dispatch."""
    return console.sit_down(CLERK, DISPATCH)


def page_of(parcel: Any) -> str:
    return f"{SEAT}shipments/{parcel.id}/"


def test_the_board_shows_what_is_under_way_and_opens_nothing(parcel: Any, clerk: Any) -> None:
    page = read_text(clerk.get(f"{SEAT}shipments/"))
    assert parcel.number in page
    assert "1 under way" in page
    for words in ("Cleo", "Gull Street", "Paper Lane", "varga.example"):
        assert words not in page
    assert "item.opened" not in list_kinds()


def test_the_first_page_says_how_many_are_under_way_to_whoever_may_see_them(parcel: Any, console: Console) -> None:
    assert "1 parcel under way" in read_text(console.sit_down(CLERK, DISPATCH).get("/console/"))
    assert "1 parcel under way" not in read_text(console.sit_down(STRANGER, "analysts").get("/console/"))


def test_what_is_due_first_stands_first_and_states_are_filtered(
    parcel: Any, clerk: Any, binding: Any, cast: Any, now: datetime
) -> None:
    earlier = book_one(binding, cast.bo, now - timedelta(days=3))
    done = book_one(binding, cast.bo, now - timedelta(days=2))
    move(binding, done, now - timedelta(days=1), "picked-up", "delivered")
    page = read_text(clerk.get(f"{SEAT}shipments/"))
    assert page.index(earlier.number) < page.index(parcel.number)
    assert done.number not in page
    assert 'class="late"' in clerk.get(f"{SEAT}shipments/").content.decode()
    page = read_text(clerk.get(f"{SEAT}shipments/?state=delivered"))
    assert done.number in page
    assert parcel.number not in page
    assert done.number in read_text(clerk.get(f"{SEAT}shipments/?state=all"))
    assert parcel.number in read_text(clerk.get(f"{SEAT}shipments/?state=nonsense&page=x"))


def test_a_shipment_is_found_by_its_number_whole_or_by_its_figures(parcel: Any, clerk: Any) -> None:
    for number in (parcel.number, str(int(parcel.number.partition("-")[2]))):
        answer = clerk.get(f"{SEAT}shipments/", {"number": number})
        assert answer.status_code == 302
        assert answer["Location"] == page_of(parcel)
    assert "no shipment of that number" in read_text(clerk.get(f"{SEAT}shipments/", {"number": "2026-999999"}))


def test_one_shipment_is_opened_in_a_role_for_a_purpose_on_a_case(parcel: Any, clerk: Any) -> None:
    before = read_text(clerk.get(page_of(parcel)))
    assert "Cleo" not in before
    answer = clerk.post(page_of(parcel), {"role": DISPATCH, "purpose": "fulfil.service", "case": "new:delivery"})
    page = read_text(answer)
    for words in ("Cleo Varga", "3 Gull Street", "7 Paper Lane"):
        assert words in page
    assert "item.opened" in list_kinds()


def test_for_another_purpose_it_is_withheld_with_its_sentence(parcel: Any, clerk: Any) -> None:
    answer = clerk.post(page_of(parcel), {"role": DISPATCH, "purpose": "research", "case": "new:delivery"})
    page = read_text(answer)
    assert "What is withheld" in page
    assert "Cleo" not in page


def test_a_role_that_the_policy_lets_see_nothing_is_told_the_sentence(parcel: Any, console: Console) -> None:
    client = console.sit_down(CLERK, "privacy-desk")
    for path in ("shipments/", f"shipments/{parcel.id}/", "routes/", "routes/new/", "programs/"):
        answer = client.get(SEAT + path)
        assert answer.status_code == 403, path
        assert "Only staff who need it for their work" in read_text(answer)
        assert parcel.number not in read_text(answer)
    assert client.post(f"{page_of(parcel)}event/", {"state": "picked-up"}).status_code == 403


def test_who_holds_no_grant_finds_no_board(parcel: Any, console: Console) -> None:
    assert console.sign_in(CLERK).get(f"{SEAT}shipments/").status_code == 404


def test_an_event_is_noted_by_staff_and_stands_on_the_page(parcel: Any, clerk: Any, now: datetime) -> None:
    from upheld.records.models import Shipment

    answer = clerk.post(f"{page_of(parcel)}event/", {"state": "picked-up", "at": f"{now:%Y-%m-%dT%H:%M}"}, follow=True)
    assert "Noted: Picked up and weighed." in read_text(answer)
    assert f"{CLERK}" in read_text(answer)
    nobody = clerk.post(f"{page_of(parcel)}event/", {"state": "delivered", "at": ""}, follow=True)
    assert "Noted" not in read_text(nobody)
    answer = clerk.post(f"{page_of(parcel)}event/", {"state": "delivered", "received": "Jo Varga"}, follow=True)
    page = read_text(answer)
    assert "Noted: Delivered." in page
    assert "Jo Varga" not in page  # sealed; it opens through the gate
    assert "address 1 told" in page
    assert Shipment.objects.get().state == "delivered"


def test_an_event_that_cannot_be_is_said_and_changes_nothing(parcel: Any, clerk: Any) -> None:
    from upheld.records.models import Shipment

    for values in ({"state": "delivered", "received": "Jo"}, {"state": "lost"}, {"state": ""}, {"at": "yesterday"}):
        clerk.post(f"{page_of(parcel)}event/", values)
    assert Shipment.objects.get().state == "booked"


def test_a_carrier_of_the_register_gets_it_and_gives_it_back(
    parcel: Any, clerk: Any, console: Console, binding: Any, now: datetime
) -> None:
    carrier = add_recipient(console, binding, now, "carriers", "Tern Coast Freight")
    assert "Tern Coast Freight" in read_text(clerk.get(page_of(parcel)))
    answer = clerk.post(f"{page_of(parcel)}carrier/", {"carrier": carrier.id}, follow=True)
    assert "Tern Coast Freight carries it from now on." in read_text(answer)
    assert "Tern Coast Freight" in read_text(clerk.get(f"{SEAT}shipments/"))
    answer = clerk.post(f"{page_of(parcel)}carrier/", {"carrier": ""}, follow=True)
    assert "We carry it ourselves." in read_text(answer)


def test_a_recipient_who_may_not_have_it_is_refused_with_the_sentence(
    parcel: Any, clerk: Any, console: Console, binding: Any, now: datetime
) -> None:
    sister = add_recipient(console, binding, now, "affiliates", "Sister Company")
    assert "Sister Company" not in read_text(clerk.get(page_of(parcel)))
    answer = clerk.post(f"{page_of(parcel)}carrier/", {"carrier": sister.id})
    assert answer.status_code == 409
    assert "Companies of our own group get no more than anybody else" in read_text(answer)


def add_recipient(console: Console, binding: Any, now: datetime, kind: str, title: str) -> Any:
    from upheld.actions.recipients import add_recipient
    from upheld.actions.staff import add_staff, find_staff

    keeper = add_staff("k.osei", is_owner=False)
    for role in ("privacy-desk",):
        console.give_role("k.osei", role)
    return add_recipient(
        binding, kind=kind, title=title, contact={"email": "desk@tern.example"}, by=find_staff(keeper.username), now=now
    )


def test_a_route_is_made_from_chosen_shipments_and_its_secrets_are_shown_once(
    parcel: Any, clerk: Any, binding: Any, cast: Any, now: datetime
) -> None:
    from upheld.actions.routes import list_stops, look_at_route
    from upheld.records.models import Route

    other = book_one(binding, cast.bo, now - timedelta(hours=2))
    page = clerk.get(f"{SEAT}routes/new/", {"pick": parcel.id}).content.decode()
    assert re.search(rf'value="{parcel.id}" checked', page)
    values = {"name": "North line", "day": "today", "pick": [other.id, parcel.id], f"place {parcel.id}": "1"}
    shown = clerk.post(f"{SEAT}routes/new/", values)
    text = shown.content.decode()
    link = re.search(r"<code>(https?://lasership\.localhost[^<]*/route/([A-Za-z0-9_-]+))</code>", text)
    number = re.search(r'class="spoken figures">(\d{3} \d{3})<', text)
    assert link is not None
    assert number is not None
    made = Route.objects.get()
    assert [stop.id for stop in list_stops(SITE, made.id)] == [parcel.id, other.id]
    assert made.ends_at.isoformat() == "2026-11-21T00:00:00+00:00"
    assert look_at_route(SITE, link.group(2), (), now).outcome == "new"
    for path in ("routes/", f"routes/{made.id}/", "shipments/"):
        again = clerk.get(SEAT + path).content.decode()
        assert "North line" in again
        assert link.group(2) not in again
        assert number.group(1) not in again
    assert "Nothing is under way" in read_text(clerk.get(f"{SEAT}routes/new/"))


def test_a_route_without_a_name_or_a_stop_is_not_made_and_keeps_what_was_chosen(parcel: Any, clerk: Any) -> None:
    from upheld.records.models import Route

    answer = clerk.post(f"{SEAT}routes/new/", {"name": "", "pick": [parcel.id]})
    assert answer.status_code == 422
    assert re.search(rf'value="{parcel.id}" checked', answer.content.decode())
    assert clerk.post(f"{SEAT}routes/new/", {"name": "North line"}).status_code == 422
    assert not Route.objects.exists()


def test_the_list_of_routes_says_when_one_was_opened_elsewhere(
    parcel: Any, clerk: Any, console: Console, now: datetime
) -> None:
    from upheld.actions.routes import look_at_route, make_route, open_route
    from upheld.actions.staff import find_staff

    made = make_route(
        SITE,
        name="North line",
        shipments=[parcel.id],
        role=DISPATCH,
        ends_at=now + timedelta(hours=5),
        staff=find_staff(CLERK),
        now=now,
    )
    assert "not opened yet" in read_text(clerk.get(f"{SEAT}routes/"))
    open_route(SITE, made.token, made.number, now)
    look_at_route(SITE, made.token, ("a thief's",), now)
    assert "opened elsewhere once: nothing was shown there" in read_text(clerk.get(f"{SEAT}routes/"))
    assert "was opened elsewhere. Nothing was shown there." in read_text(clerk.get(f"{SEAT}shipments/"))
    answer = clerk.post(f"{SEAT}routes/{made.route.id}/end/", follow=True)
    assert "its link shows nothing any more" in read_text(answer)
    assert look_at_route(SITE, made.token, (), now).outcome == "over"


def test_a_program_gets_a_key_that_is_shown_once_and_ends(parcel: Any, clerk: Any, now: datetime) -> None:
    from upheld.actions.programs import find_program

    shown = clerk.post(f"{SEAT}programs/", {"name": "Depot scanner", "carrier": "", "may": "events"})
    key = re.search(r"<code>(up_[A-Za-z0-9_-]+)</code>", shown.content.decode())
    assert key is not None
    found = find_program(SITE, key.group(1), now)
    assert found is not None
    page = clerk.get(f"{SEAT}programs/").content.decode()
    assert "Depot scanner" in page
    assert key.group(1) not in page
    clerk.post(f"{SEAT}programs/{found.id}/end/")
    assert find_program(SITE, key.group(1), now) is None
    assert "ended" in read_text(clerk.get(f"{SEAT}programs/"))


def test_the_owner_gives_keys_and_sees_no_shipment(parcel: Any, console: Console) -> None:
    owner = console.sign_in(OWNER)
    answer = owner.get(f"{SEAT}programs/")
    assert answer.status_code == 200
    assert "Programs" in read_text(answer)
    assert owner.get(f"{SEAT}shipments/").status_code == 404
    assert console.sign_in(CLERK).get(f"{SEAT}programs/").status_code == 404


def test_a_feed_without_a_carrier_is_not_added(parcel: Any, clerk: Any) -> None:
    from upheld.records.models import Program

    answer = clerk.post(f"{SEAT}programs/", {"name": "Feed", "carrier": "", "may": "feed"})
    assert answer.status_code == 422
    assert not Program.objects.exists()


def test_what_a_driver_opened_is_told_by_the_route_in_who_read_what(
    parcel: Any, clerk: Any, binding: Any, now: datetime
) -> None:
    from upheld.actions.routes import find_route, make_route, open_stop
    from upheld.actions.shipments import find_shipment
    from upheld.actions.staff import find_staff

    made = make_route(
        SITE,
        name="North line",
        shipments=[parcel.id],
        role=DISPATCH,
        ends_at=now + timedelta(hours=5),
        staff=find_staff(CLERK),
        now=now,
    )
    route, held = find_route(SITE, made.route.id), find_shipment(SITE, id=parcel.id)
    assert route is not None
    assert held is not None
    assert open_stop(binding, route=route, shipment=held, now=now).values
    assert "the driver of a route" in read_text(clerk.get(f"{SEAT}reading/"))


def test_where_the_policy_has_no_parcels_the_console_says_so_and_has_no_tabs(
    parcel: Any, clerk: Any, monkeypatch: Any
) -> None:
    from upheld.actions import shipments

    monkeypatch.setattr(shipments, "find_shipping", lambda _policy: None)
    answer = clerk.get(f"{SEAT}shipments/")
    assert answer.status_code == 404
    assert "The policy does not name this" in read_text(answer)
    assert f"{SEAT}routes/" not in answer.content.decode()


def test_a_delivery_by_mistake_is_taken_back_by_dispatch_within_a_day(
    parcel: Any, clerk: Any, binding: Binding, now: datetime
) -> None:
    from tests.actions.senders import deliver_one
    from upheld.records.models import ShipmentEvent

    place = page_of(parcel)
    assert "Take the delivery back" not in read_text(clerk.get(place))
    deliver_one(binding, parcel.id, now)
    assert "Take the delivery back" in read_text(clerk.get(place))
    assert clerk.get(f"{place}undelivered/").status_code == 405
    page = read_text(clerk.post(f"{place}undelivered/", follow=True))
    assert "It is on its way again." in page
    assert "Not delivered after all" in page
    assert "Take the delivery back" not in page
    assert "no delivery that can still be taken back" in read_text(clerk.post(f"{place}undelivered/", follow=True))
    assert ShipmentEvent.objects.filter(state="not-delivered-after-all").count() == 1


def test_who_is_not_of_dispatch_takes_nothing_back(
    parcel: Any, console: Console, binding: Binding, now: datetime
) -> None:
    from tests.actions.senders import deliver_one
    from upheld.records.models import Shipment

    deliver_one(binding, parcel.id, now)
    answer = console.sit_down(STRANGER, "analysts").post(f"{page_of(parcel)}undelivered/")
    assert answer.status_code in (403, 404)
    assert Shipment.objects.get(id=parcel.id).state == "delivered"
