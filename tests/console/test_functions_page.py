"""What a site can do stands in the console in four parts; a page about a function is there only where that works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from tests.console.clerks import CLERK, OWNER, SEAT, Console, read_text
from tests.core.functions.policies import compile_newest
from upheld.core.policy.compile import Table

PAGE = f"{SEAT}functions/"


def test_the_four_parts_and_where_each_function_is_met(console: Console) -> None:
    for client in (console.sit_down(), console.sign_in(OWNER)):
        said = read_text(client.get(PAGE))
        assert "Here stand 83 that sites like this have" in said
        works, allowed, unnamed, shut = (
            said.index(title)
            for title in ("A sentence names it, and it works", "A sentence names it, and this program lacks", "No sentence speaks of it", "The policy names it nowhere")
        )  # fmt: skip
        assert (
            works < said.index("Surveys F-15") < allowed < said.index("Ending what is kept when its time is over F-81")
        )
        assert unnamed < said.index("Forums and discussions F-54") < shut < said.index("Firms of the same group F-69")
    html = console.sign_in(CLERK).get(PAGE).content.decode()
    assert 'href="http://lasership.localhost/survey"' in html
    assert f'href="{SEAT}campaigns/"' in html
    assert 'href="http://lasership.localhost/privacy#' in html
    owner = console.sign_in(OWNER).get(PAGE).content.decode()
    assert f'href="{SEAT}outbox/"' not in owner  # the owner without a role has no such page


def test_one_group_and_an_address_stand_together(console: Console) -> None:
    client = console.sit_down()
    answer = client.get(PAGE, {"group": "Community", "address": "http://lasership.localhost/forum?page=2"})
    said, html = read_text(answer), answer.content.decode()
    assert "Here stand 3 that sites like this have" in said
    assert "/forum : The policy does not name this" in said
    assert "it answers 404" in said
    assert "Nothing of this group works here." in said
    assert "address=http" in html.partition('id="list"')[2]  # another group keeps the question
    assert "Here stand 83" in read_text(client.get(PAGE, {"group": "no such group"}))


def test_an_address_is_answered_in_plain_words(console: Console) -> None:
    client = console.sit_down()
    for address, words in (
        ("/ship", "/ship : Works here"),
        ("/account/login", "/account/login : No page here"),
        ("privacy", "/privacy : Works here"),
        ("/<script>alert(1)</script>", "No sentence names a page here"),
        ("http://[", "/ : Works here"),
        ("x" * 900, "No sentence names a page here"),
    ):
        answer = client.get(PAGE, {"address": address})
        assert answer.status_code == 200
        assert words in read_text(answer), address
        assert "<script>alert" not in answer.content.decode()


def test_a_stranger_and_somebody_without_a_grant_see_nothing(console: Console) -> None:
    assert console.open_door().get(PAGE).status_code == 302
    from tests.console.clerks import STRANGER

    assert console.sign_in(STRANGER).get(PAGE).status_code == 404


@dataclass
class FakeShelved:
    """A site with one policy, as far as the pages of the console ask."""

    table: Table
    slug: str
    home: Any = None

    def in_force(self, _day: date) -> Any:
        return SimpleNamespace(table=self.table)


def test_pages_follow_what_works() -> None:
    from upheld.console.functions_here import is_open, list_pages

    laser = FakeShelved(compile_newest("american-laser"), "american-laser")
    courier = FakeShelved(compile_newest("lasership"), "lasership")
    shut = {part for part in ("campaigns", "releases", "recipients", "mergers", "reports", "demands", "vouching", "cases")
            if not is_open(laser, f"/console/at/american-laser/{part}/")}  # fmt: skip
    assert shut == {"campaigns", "releases", "mergers", "reports"}
    assert {"console-demands", "console-recipients"} <= list_pages(laser)  # who demands something is in the register
    for part in (*shut, "tellings/7/told", "vouching", "policy", ""):
        assert is_open(courier, f"/console/at/lasership/{part}/")
    assert not is_open(laser, "/console/at/american-laser/campaigns/new/")
    assert not is_open(laser, "/console/at/american-laser/tellings/7/told/")


def test_a_page_about_what_does_not_work_is_not_there(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    client = console.sit_down()
    assert client.get(f"{SEAT}campaigns/").status_code == 200
    from upheld.console import functions_here

    laser = compile_newest("american-laser")
    monkeypatch.setattr(functions_here, "find_table", lambda _shelved: laser)
    assert client.get(f"{SEAT}campaigns/").status_code == 404
    assert console.sign_in(OWNER).get(f"{SEAT}mergers/").status_code == 404
    here = client.get(f"{SEAT}cases/").content.decode()
    assert f'href="{SEAT}outbox/"' in here
    assert f'href="{SEAT}campaigns/"' not in here
    # handing over works in part alone: it is told where, and no link leads to a page that is not there
    functions = client.get(PAGE).content.decode()
    assert "handing over" in functions
    assert f'href="{SEAT}releases/"' not in functions
