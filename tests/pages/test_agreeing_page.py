"""The link by which somebody outside agrees to a demand: an outline without people, two buttons of one weight, used once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.actions.legal_desk import INSTRUMENT
from tests.actions.lone_desk import open_lone, write_policy
from tests.actions.stage import ADA, databases, now
from tests.actions.test_approvals import Lone
from tests.web.sites import settings_as

__all__ = ["databases", "now", "settings_as"]

HOST = "quill.localhost"
OUTSIDE = "one outside approver"


def open_site(tmp_path: Path, value: str) -> None:
    from upheld.server.opening import check_pages
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Shelf

    folder = tmp_path / "policies" / "lasership"
    folder.mkdir(parents=True)
    (folder / "2016-10-03.policy.md").write_text(write_policy(value), encoding="utf-8")
    place_shelf(Shelf(folder.parent, tmp_path / "copies", check=check_pages))


@pytest.fixture
def lone(databases: dict[str, Path], now: datetime, tmp_path: Path) -> Any:
    with time_machine.travel(now, tick=False):
        open_site(tmp_path, OUTSIDE)
        made = Lone(open_lone(OUTSIDE), now)
        made.agree()
        yield made


def open_client() -> Any:
    from django.test import Client

    return Client(headers={"host": HOST})


def find_path(lone: Lone) -> str:
    link = lone.wait(who="R. Achterberg, notary", home=f"http://{HOST}/")
    return link.removeprefix(f"http://{HOST}")


def test_the_outline_says_what_it_is_about_and_nothing_of_anybody(lone: Lone) -> None:
    page = open_client().get(find_path(lone))
    text = page.content.decode()
    assert page.status_code == 200
    for words in ("Do you agree?", "A court asks for it", "1 person", "A court gets what it orders"):
        assert words in text
    for words in (ADA["person.name"], ADA["person.email"], INSTRUMENT, lone.ada.id, "Achterberg"):
        assert words not in text
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("answer", "said", "state"), [("yes", "You agreed", "approved"), ("no", "did not agree", "refused")]
)
def test_a_button_answers_and_uses_the_link_up(lone: Lone, answer: str, said: str, state: str) -> None:
    from upheld.actions.demands import find_demand

    client, path = open_client(), find_path(lone)
    assert client.post(path, {"answer": "perhaps"}).status_code == 422
    assert said in client.post(path, {"answer": answer}).content.decode()
    held = find_demand(lone.binding, lone.demand, lone.now)
    assert held is not None
    assert held.row.state == state
    assert client.get(path).status_code == 404
    assert client.post(path, {"answer": "yes"}).status_code == 404


def test_a_guessed_link_a_foreign_form_and_a_policy_without_the_sentence_open_nothing(
    lone: Lone, tmp_path: Path
) -> None:
    client, path = open_client(), find_path(lone)
    assert client.get("/agree/" + "x" * 32).status_code == 404
    assert client.post(path, {"answer": "yes"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.put(path).status_code == 405
    open_site(tmp_path / "other", "7 days without objection")
    assert client.get(path).status_code == 404
    assert client.post(path, {"answer": "yes"}).status_code == 404
