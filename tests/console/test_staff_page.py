"""The staff of the server: the owner adds somebody, makes a link, lets somebody in no longer."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.console.clerks import CLERK, OWNER, PASSWORD, Console, list_kinds, read_text


def find_number(name: str) -> int:
    from upheld.actions.staff import find_staff

    return int(find_staff(name).pk)


def press(client: Any, name: str, what: str) -> Any:
    return client.post(f"/console/staff/{find_number(name)}/{what}/")


def test_it_works(console: Console) -> None:
    client = console.sign_in(OWNER)
    page = client.post("/console/staff/add/", {"username": "n.abara"})
    link = re.search(r"http://localhost(/console/welcome/\S+/)</code>", page.content.decode())
    assert link is not None
    assert "has not chosen a password" in read_text(client.get("/console/staff/"))
    fresh = console.open_door()
    fresh.post(link.group(1), {"password": PASSWORD, "again": PASSWORD})
    assert fresh.post("/console/sign-in/", {"login": "n.abara", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("name", ["", "ab", "Ada", "a@b.example", "x" * 41, CLERK, "-ab", "a b"])
def test_a_name_that_cannot_be_used_or_is_taken_is_refused(console: Console, name: str) -> None:
    assert console.sign_in(OWNER).post("/console/staff/add/", {"username": name}).status_code == 422


def test_a_link_for_a_forgotten_password_takes_away_the_old_one_when_it_is_used(console: Console) -> None:
    client, clerk = console.sign_in(OWNER), console.sign_in(CLERK)
    page = press(client, CLERK, "link")
    link = re.search(r"http://localhost(/console/welcome/\S+/)</code>", page.content.decode())
    assert link is not None
    console.open_door().post(link.group(1), {"password": "nine quiet harbours", "again": "nine quiet harbours"})
    assert clerk.get("/console/").status_code == 302


def test_whoever_is_closed_is_out_and_cannot_come_back(console: Console) -> None:
    client, clerk = console.sign_in(OWNER), console.sit_down()
    press(client, CLERK, "close")
    assert clerk.get("/console/").status_code == 302
    assert console.open_door().post("/console/sign-in/", {"login": CLERK, "password": PASSWORD}).status_code == 200
    assert press(client, CLERK, "link").status_code == 404
    assert "let in no longer" in read_text(client.get("/console/staff/"))
    assert list_kinds(kind="staff.closed") == ["staff.closed"]


def test_the_owner_cannot_close_themselves(console: Console) -> None:
    client = console.sign_in(OWNER)
    press(client, OWNER, "close")
    assert client.get("/console/staff/").status_code == 200


def test_a_lost_second_factor_is_forgotten_with_the_new_link(console: Console) -> None:
    from allauth.mfa.models import Authenticator

    from tests.console.test_signing_in import set_up_app

    set_up_app(console.sign_in(CLERK))
    client = console.sign_in(OWNER)
    assert "second factor lost" in read_text(client.get("/console/staff/"))
    press(client, CLERK, "link")
    assert Authenticator.objects.exists()
    client.post(f"/console/staff/{find_number(CLERK)}/link/", {"factor": "lost"})
    assert not Authenticator.objects.exists()
