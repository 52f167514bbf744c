"""A merger in the console: on record, told, handed over in files, and who finds no door."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine

from tests.actions.legal_desk import DESK
from tests.actions.stage import NOW, open_courier
from tests.actions.test_mergers import THEIR_POLICY, deliver
from tests.console.clerks import CLERK, OWNER, SEAT, STRANGER, Console, read_text


@pytest.fixture
def successor(console: Console) -> str:
    from upheld.actions.recipients import add_recipient
    from upheld.actions.staff import find_staff

    contact = {"email": "privacy@swift-carriers.example"}
    owner = find_staff(OWNER)
    return add_recipient(
        open_courier(), kind="successor", title="Swift Carriers", contact=contact, by=owner, now=NOW
    ).id


def test_a_merger_goes_its_whole_way_through_the_pages(
    console: Console, successor: str, clock: time_machine.Traveller
) -> None:
    from upheld.actions.mergers import settle_notices, tell_batch

    client = console.sit_down(CLERK, DESK)
    assert "No merger is on record" in read_text(client.get(SEAT + "mergers/"))
    opened = client.post(SEAT + "mergers/", {"recipient": successor, "policy_address": THEIR_POLICY})
    page = opened.headers["Location"]
    assert "Tell everybody" in read_text(client.get(page))
    assert client.post(page + "do/transfer/").status_code == 409
    assert client.post(page + "do/tell/").status_code == 302
    assert "How far the telling is" in read_text(client.get(page))
    while tell_batch(open_courier(), NOW):
        pass
    deliver(open_courier(), NOW)
    settle_notices(open_courier(), NOW)
    text = read_text(client.get(page))
    assert "Nothing goes before" in text
    assert "Told, and the time is not over 3" in text
    clock.shift(timedelta(days=30, seconds=1))
    client = console.sign_in(CLERK)
    assert "3 may go now" in read_text(client.get(page))
    assert client.post(page + "do/transfer/").status_code == 302
    text = read_text(client.get(page))
    assert "Nobody is left who may go now" in text
    found = client.post(page + "files/1/")
    assert len(found.content.splitlines()) == 4
    assert json.loads(found.content.splitlines()[1])["kind"] in ("person", "company")
    assert client.post(page + "files/2/").status_code == 302
    assert client.post(page + "do/finish/").status_code == 302
    again = client.post(page + "do/transfer/")
    assert again.status_code == 409
    assert "If LaserShip is bought or merges" in read_text(again)


def test_somebody_of_another_role_finds_the_sentences_and_no_merger(console: Console, successor: str) -> None:
    client = console.sit_down(CLERK, DESK)
    page = client.post(SEAT + "mergers/", {"recipient": successor, "policy_address": THEIR_POLICY}).headers["Location"]
    stranger = console.sit_down(STRANGER)
    text = read_text(stranger.get(SEAT + "mergers/"))
    assert "You hold no such role here" in text
    assert "Swift Carriers" not in text
    assert stranger.get(page).status_code == 404
    assert stranger.post(SEAT + "mergers/", {"recipient": successor, "policy_address": THEIR_POLICY}).status_code == 404
    for step in ("tell", "transfer", "finish", "cancel"):
        assert stranger.post(f"{page}do/{step}/").status_code == 404
    assert stranger.post(page + "files/1/").status_code == 404


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "not an address", "https://x"])
def test_an_address_that_is_none_is_refused(console: Console, successor: str, address: str) -> None:
    client = console.sit_down(CLERK, DESK)
    response = client.post(SEAT + "mergers/", {"recipient": successor, "policy_address": address})
    assert response.status_code == 422


def test_one_that_is_called_off_says_so(console: Console, successor: str) -> None:
    client = console.sit_down(CLERK, DESK)
    page = client.post(SEAT + "mergers/", {"recipient": successor, "policy_address": THEIR_POLICY}).headers["Location"]
    client.post(page + "do/cancel/")
    text = read_text(client.get(page))
    assert "called off" in text
    assert "Tell everybody" not in text
    assert client.post(page + "do/tell/").status_code == 409
