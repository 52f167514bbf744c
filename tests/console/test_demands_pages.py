"""The legal desk in the console: its pages from taking down to giving out, and who finds no door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.actions.legal_desk import BELIEF, DESK, INSTRUMENT
from tests.actions.stage import ADA, BO, NOW, open_courier
from tests.console.clerks import CLERK, OWNER, SEAT, STRANGER, Console, list_kinds, read_text


@pytest.fixture
def court(console: Console) -> str:
    from upheld.actions.recipients import add_recipient
    from upheld.actions.staff import find_staff

    contact = {"post": "1 Court Square, Port Ellery"}
    owner = find_staff(OWNER)
    return add_recipient(
        open_courier(), kind="authorities", title="District court", contact=contact, by=owner, now=NOW
    ).id


def fill(court: str, **more: Any) -> dict[str, Any]:
    """What the clerk fills in."""
    return {
        "ground": "legal process", "recipient": court, "instrument": INSTRUMENT, "citation": "4 B 17/26",
        "wanted": ["person.name", "person.email"], "scope": ["person.name"], **more,
    }  # fmt: skip


def take_down(client: Any, court: str, **more: Any) -> str:
    """The address of a new demand about Ada."""
    response = client.post(SEAT + "demands/new/", fill(court, **more))
    assert response.status_code == 302, read_text(response)
    page: str = response.headers["Location"]
    added = client.post(page + "do/add/", {"kind": "email", "text": ADA["person.email"]})
    assert added.status_code == 302
    return page


def read_asked(page: Any) -> str:
    return page.content.decode().partition('name="asked" value="')[2].partition('"')[0]


def test_a_yes_is_for_what_was_read_and_for_nothing_that_was_put_since(console: Console, court: str) -> None:
    one, two = console.sit_down(CLERK, DESK), console.sit_down(STRANGER, DESK)
    page = take_down(one, court)
    one.post(page + "do/put/")
    read = read_asked(two.get(page))
    one.post(page + "do/add/", {"kind": "email", "text": BO["person.email"]})
    one.post(page + "do/put/")
    refused = two.post(page + "do/answer/", {"answer": "yes", "asked": read})
    assert "changed and put anew since you looked" in read_text(refused)
    assert "1 of 2 agreed" not in read_text(two.get(page))


def test_a_demand_goes_its_whole_way_through_the_pages(console: Console, court: str) -> None:
    one, two = console.sit_down(CLERK, DESK), console.sit_down(STRANGER, DESK)
    assert "No demand is open" in read_text(one.get(SEAT + "demands/"))
    page = take_down(one, court)
    text = read_text(one.get(page))
    assert "Nothing is missing" in text
    assert "E-mail address" in text  # asked for, and not named by the instrument
    assert "asks for it, and for no more than it asks" in text
    assert INSTRUMENT not in text
    assert INSTRUMENT in read_text(one.post(page))  # read, and written into the ledger
    assert one.post(page + "do/put/").status_code == 302
    one.post(page + "do/answer/", {"answer": "yes"})
    text = read_text(one.get(page))
    assert "1 of 2 agreed" in text
    assert "Somebody else has to agree" in text
    assert "Say whether you agree to demand 2026-000001" in read_text(two.get("/console/"))
    assert "Say whether you agree" not in read_text(one.get("/console/"))
    two.post(page + "do/answer/", {"answer": "yes"})
    assert "Give out demand 2026-000001" in read_text(one.get("/console/"))
    assert "Give it out" in read_text(two.get(page))
    assert two.post(page + "do/release/").status_code == 302
    text = read_text(one.get(page))
    assert "Nobody has taken it yet" in text
    package = one.post(page + "package/", {"form": "json"})
    assert json.loads(package.content)["people"][0]["person"] == console.cast.ada.id
    printed = read_text(one.post(page + "package/", {"form": "page"}))
    assert ADA["person.name"] in printed
    assert ADA["person.email"] not in printed
    one.post(page + "do/close/", {"outcome": "done"})
    assert one.post(page + "package/").status_code == 409
    kinds = list_kinds()
    assert {"demand.opened", "demand.narrowed", "demand.read", "demand.released", "demand.closed"} <= set(kinds)


def test_too_few_voices_are_refused_with_the_sentence_as_a_quote(console: Console, court: str) -> None:
    one = console.sit_down(CLERK, DESK)
    page = take_down(one, court)
    one.post(page + "do/put/")
    one.post(page + "do/answer/", {"answer": "yes"})
    response = one.post(page + "do/release/")
    assert response.status_code == 409
    text = read_text(response)
    assert "This was not done" in text
    assert "Two people of our privacy desk" in text or "asks for it, and for no more" in text


def test_a_second_answer_of_one_person_is_refused(console: Console, court: str) -> None:
    one = console.sit_down(CLERK, DESK)
    page = take_down(one, court)
    one.post(page + "do/put/")
    one.post(page + "do/answer/", {"answer": "yes"})
    again = one.post(page + "do/answer/", {"answer": "yes"})
    assert again.status_code == 409
    assert "have one voice" in read_text(again)


def test_what_is_missing_stands_on_the_page(console: Console, court: str) -> None:
    one = console.sit_down(CLERK, DESK)
    page = take_down(one, court, ground="terms broken", citation="")
    text = read_text(one.get(page))
    assert "This ground needs that what we believe is written down and signed by a named person" in text
    assert "the clause of the terms of use to be named" in text
    assert one.post(page + "do/put/").status_code == 409
    changed = one.post(page + "change/", fill(court, ground="terms broken", belief=BELIEF, citation="clause 4"))
    assert changed.status_code == 302
    assert "Nothing is missing" in read_text(one.get(page))


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "o_nobody"},
        {"ground": "curiosity"},
        {"wanted": []},
        {"scope": []},
        {"since": "2026-02-01", "until": "2026-01-01"},
        {"since": "yesterday"},
        {"instrument": ""},
        {"barred_by": "the court"},
    ],
)
def test_what_cannot_be_taken_down_is_said_on_the_form(console: Console, court: str, wrong: dict[str, Any]) -> None:
    one = console.sit_down(CLERK, DESK)
    response = one.post(SEAT + "demands/new/", fill(court, **wrong))
    assert response.status_code == 422
    assert "This did not work" in read_text(response) or "This was not done" in read_text(response)


def test_telling_later_needs_a_reason_and_the_others(console: Console, court: str) -> None:
    from upheld.records.models import Demand

    one, two = console.sit_down(CLERK, DESK), console.sit_down(STRANGER, DESK)
    barred = {"barred_by": "The court forbids it.", "barred_until": "2026-12-01"}
    page = take_down(one, court, **barred)
    one.post(page + "do/put/")
    for client in (one, two):
        client.post(page + "do/answer/", {"answer": "yes"})
    one.post(page + "do/release/")
    assert "Telling people later" in read_text(one.get(page))
    reason = "The court prolonged its order on 18 November."
    assert one.post(page + "do/extend/", {"until": "2027-01-01", "reason": ""}).status_code == 409
    asked = read_text(one.post(page + "do/extend/", {"until": "2027-01-01", "reason": reason}, follow=True))
    assert "0 of 2 agreed. Until enough do, 2026-12-01 stands." in asked
    assert reason not in asked
    assert reason in read_text(two.post(page))  # read, and written into the ledger
    seen = read_asked(two.get(page))
    for client in (one, two):
        assert Demand.objects.get().barred_until.isoformat() == "2026-12-01"
        client.post(page + "do/longer/", {"answer": "yes", "asked": seen})
    assert Demand.objects.get().barred_until.isoformat() == "2027-01-01"
    assert "barred until 2027-01-01" in read_text(one.get(page))


def test_somebody_of_another_role_finds_the_grounds_and_no_demand(console: Console, court: str) -> None:
    page = take_down(console.sit_down(CLERK, DESK), court)
    stranger = console.sit_down(STRANGER)
    listed = read_text(stranger.get(SEAT + "demands/"))
    assert "You hold no such role here" in listed
    assert "2026-000001" not in listed
    for address in (page, page + "change/", SEAT + "demands/new/"):
        assert stranger.get(address).status_code == 404
    for step in ("add", "drop", "put", "answer", "wait", "ask", "release", "extend", "longer", "close"):
        assert stranger.post(f"{page}do/{step}/").status_code == 404
    assert stranger.post(page + "package/").status_code == 404


def test_an_unknown_step_or_demand_is_not_there(console: Console, court: str) -> None:
    one = console.sit_down(CLERK, DESK)
    page = take_down(one, court)
    assert one.post(page + "do/burn/").status_code == 404
    assert one.get(SEAT + "demands/d_nothing/").status_code == 404
    assert one.get(page + "do/put/").status_code == 405


def test_a_person_nobody_knows_is_not_added(console: Console, court: str) -> None:
    one = console.sit_down(CLERK, DESK)
    page = take_down(one, court)
    one.post(page + "do/add/", {"kind": "email", "text": "who@nowhere.example"})
    assert "Nobody, or more than one" in read_text(one.get(page))
    one.post(page + "do/drop/", {"person": console.cast.ada.id})
    assert "Nobody is named whom it is about" in read_text(one.get(page))


def test_the_page_says_who_was_erased_since_and_that_a_package_waits_for_a_court(console: Console, court: str) -> None:
    from upheld.actions.forgetting import erase_person

    one, two = console.sit_down(CLERK, DESK), console.sit_down(STRANGER, DESK)
    page, ada = take_down(one, court), console.cast.ada.id
    one.post(page + "do/put/")
    for client in (one, two):
        client.post(page + "do/answer/", {"answer": "yes"})
    one.post(page + "do/release/")
    assert "had everything erased" not in read_text(one.get(page))
    erase_person(open_courier(), person=console.cast.ada, now=NOW)
    text = read_text(one.get(page))
    assert "the package waits with them in it until it is taken once, and no longer than until 20 December 2026" in text
    assert f"people/{ada}/" not in one.get(page).content.decode()
    assert one.post(page + "package/", {"form": "json"}).status_code == 200
    assert "was taken out of this package" in read_text(one.get(page))
    assert one.post(page + "package/").status_code == 409


def test_whom_somebody_erased_had_permitted_is_listed_without_a_link_to_what_is_gone(console: Console) -> None:
    from dataclasses import replace

    from tests.actions.givers import WISH, hand_over, permit
    from upheld.actions.forgetting import erase_person

    client, binding = console.sit_down(), open_courier()
    kept = permit(binding, console.cast.bo, NOW, replace(WISH, is_once=False))
    hand_over(binding, kept, NOW)
    used = permit(binding, console.cast.bo, NOW, replace(WISH, purpose="improve"))
    hand_over(binding, used, NOW)
    erase_person(binding, person=console.cast.bo, now=NOW)
    response = client.get(SEAT + "releases/")
    text = read_text(response)
    assert "a permission was withdrawn" in text
    assert "they had everything erased" in text
    assert kept.id not in response.content.decode()
