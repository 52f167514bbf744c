"""Customers in a browser: a company registers, its second user joins, both see, correct and take along what is held, and close it."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.actions.stage import Cast, binding, cast, databases
from tests.courier import lay_out_courier
from tests.journeys.test_first_site import OPEN_ALL, SMALL, Quiet, Threads, measure_overflow
from tests.web.sites import name_quick_shelf, settings_as
from upheld.core.seal.proof import verify_receipt

__all__ = ["binding", "cast", "databases", "settings_as"]

LOOKS = ((1280, "light"), (360, "dark"))  # each width and each scheme once: neither changes what the other does
PASSWORD = "twenty-six drivers at dawn"  # noqa: S105 - of an invented person
WORKS = {
    "Your company's name": "Voss & Daughters",
    "Your company's address": "3 Quay Row\nPort Ellery",
    "Who to talk to about the account": "Hilde Voss, 555-0188",
    "Who to talk to about the bills": "Accounts, bills@voss.example",
}
HILDE = {"Your name": "Hilde Voss", "Your e-mail address": "hilde@voss.example", "Your zip code": "90412"}
ULF = {"Your name": "Ulf Voss", "Your zip code": "90413"}


@dataclass(frozen=True, slots=True)
class Served:
    """The courier's site on a port of this machine, and a look into its outbox."""

    address: str
    binding: Any

    def find_link(self, kind: str) -> str:
        """The link in the newest message of this kind, as its reader would follow it."""
        from upheld.actions.outbox import open_message
        from upheld.records.models import Outgoing
        from upheld.records.walls import enter_site

        with enter_site(self.binding.site):
            row = Outgoing.objects.filter(kind=kind).latest("queued_at")
            message = open_message(row)
        assert message is not None
        found = re.search(rf"{re.escape(self.address)}/account/\S+", message.text)
        assert found is not None, message.text
        return found.group()


@pytest.fixture
def now() -> datetime:
    """The pages read the clock, so the cast lives today."""
    return datetime.now(UTC)


@pytest.fixture
def site(
    tmp_path: Path, binding: Any, databases: dict[str, Path], settings_as: Callable[..., None]
) -> Iterator[Served]:
    """The courier's site, served."""
    from wsgiref.simple_server import make_server

    from django.core.wsgi import get_wsgi_application

    from upheld.web.hosts import place_shelf

    settings_as(FORM_SECONDS=0)
    place_shelf(name_quick_shelf()(lay_out_courier(tmp_path), tmp_path / "var"))
    with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Served(f"http://lasership.localhost:{server.server_port}", binding)
        server.shutdown()
        thread.join()


def look_at(page: Page, name: str, axe: Callable[..., list[str]], shots: Path) -> None:
    """A picture of the page in both widths and both schemes; nothing sideways, nothing serious for axe, nothing too small."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=shots / f"account-{name}-{width}-{scheme}.png", full_page=True)
        page.evaluate(OPEN_ALL)
        assert measure_overflow(page) == 0, (name, width)
        assert axe(page) == [], (name, width, scheme)
        page.evaluate(OPEN_ALL.replace("true", "false"))
    page.set_viewport_size({"width": 320, "height": 900})
    assert measure_overflow(page) == 0, (name, 320)
    assert [found for found in page.evaluate(SMALL) if "field-trap" not in found] == [], name
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def fill_with_life(binding: Any, cast: Cast, now: datetime) -> None:
    """What an account of some months holds: answers, a message, mails, looks by staff."""
    from upheld.actions.choices import record_choice
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.notices import queue_notice
    from upheld.actions.vault import open_items, put_items

    for is_yes in (True, False):
        record_choice(binding, person=cast.ada, choice="marketing", is_yes=is_yes, touchpoint="registration", now=now)
    put_items(
        binding,
        person=cast.ada,
        touchpoint="feedback",
        values={"message.feedback": "The bell at the side door does not ring.\nPlease use the front."},
        now=now,
    )
    for result in ("handed over", "not sent", "not known"):
        line = {"to": "ada@quill.example", "class": "administrative message", "at": now.isoformat(), "result": result}
        put_items(binding, person=cast.ada, touchpoint="mailing", values={"message.mail-log": line}, now=now)
    values = {"at": "3 March 2026"}
    queue_notice(binding, now=now, person=cast.ada, kind="password-changed", home="http://x.example/", values=values)
    facts = {"granted": True}
    open_items(
        binding,
        person=cast.ada,
        action="show",
        counterpart="dispatch",
        purpose="fulfil.service",
        facts=facts,
        by="s_7",
        case="c_" + "a" * 20,
        now=now,
    )
    sequence_entries(binding.site, now)


PAGES = {
    "home": "/account",
    "held": "/account/held",
    "correct": "/account/correct",
    "correct-company": "/account/correct/company",
    "copy": "/account/copy",
    "mails": "/account/mails",
    "choices": "/account/choices",
    "receipts": "/account/receipts?all",
    "people": "/account/people",
    "password": "/account/password",
    "close": "/account/close",
    "ledger": "/privacy/ledger",
}


def test_every_page_of_an_account_looks_as_it_should(
    site: Served, cast: Cast, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    from upheld.actions.sessions import open_session

    now = datetime.now(UTC)
    fill_with_life(site.binding, cast, now)
    page = open_page(has_touch=True)
    token = open_session(site.binding, person=cast.ada, now=now)
    page.context.add_cookies([{"name": "session", "value": token, "url": site.address, "httpOnly": True}])
    for name, path in PAGES.items():
        page.goto(site.address + path)
        look_at(page, name, axe, shots)


def fill(page: Page, values: dict[str, str]) -> None:
    for label, text in values.items():
        page.get_by_label(re.compile(f"^{re.escape(label)} ")).fill(text)


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def sign_in(page: Page, site: Served, address: str) -> None:
    page.goto(f"{site.address}/account")
    page.get_by_label(re.compile("^(Your )?e-mail address", re.IGNORECASE)).fill(address)
    page.get_by_label(re.compile("^(Your )?password", re.IGNORECASE)).fill(PASSWORD)
    press(page, "Sign in")


def take_copy(page: Page, site: Served) -> dict[str, Any]:
    page.goto(f"{site.address}/account/copy")
    with page.expect_download() as download:
        press(page, "Download for programs")
    copy: dict[str, Any] = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    return copy


def list_values(copy: dict[str, Any], about: str) -> set[str]:
    return {part["value"] for part in copy["held"] if part["about"] == about and isinstance(part["value"], str)}


def close_account(page: Page, site: Served, way: str, which: str = "") -> None:
    page.goto(f"{site.address}/account/close")
    if which:
        page.get_by_label(which, exact=True).check()
    page.get_by_label(way).check()
    page.get_by_label(re.compile("^Your password")).fill(PASSWORD)
    press(page, "Close the account")


def read_receipts(page: Page) -> list[str]:
    """The kinds of the lines whose receipts the last page gives, each verified offline."""
    kinds = []
    for link in page.get_by_role("link", name="Download receipt").all():
        with page.expect_download() as download:
            link.click()
        kinds.append(verify_receipt(Path(download.value.path()).read_bytes()).kind)
    return kinds


def open_company(page: Page, site: Served) -> None:
    """The company registers; its first user confirms the address by the password and is in."""
    page.goto(f"{site.address}/account/new")
    fill(page, WORKS | HILDE)
    page.get_by_label(re.compile("^Your password ")).fill(PASSWORD)
    page.get_by_role("radio", name="No").check()
    press(page, "Open the account")
    page.goto(site.find_link("verify-address"))
    page.get_by_label(re.compile("^Your password ")).fill(PASSWORD)
    press(page, "Open my account")
    page.get_by_role("heading", name="My account").wait_for()


def invite(page: Page, site: Served, address: str) -> str:
    """The link that the invited person is mailed."""
    page.goto(f"{site.address}/account/people")
    page.get_by_label(re.compile("e-mail address", re.IGNORECASE)).fill(address)
    page.get_by_role("main").locator("button[value=invite]").click()
    page.get_by_role("status").wait_for()
    return site.find_link("invitation")


def join(page: Page, site: Served) -> None:
    """On the page of the invitation: the invited person registers, permits the holders to see their name, and signs in."""
    fill(page, ULF)
    answer_holders(page, "Yes")
    page.get_by_label(re.compile("^Your password ")).fill(PASSWORD)
    page.get_by_role("main").locator("form button").click()
    sign_in(page, site, "ulf@voss.example")
    page.get_by_role("heading", name="My account").wait_for()


def answer_holders(page: Page, answer: str) -> None:
    """Yes or no to the question whether the holders see one's name; none of the two is preset at joining."""
    page.get_by_role("group", name=re.compile("holders of this company's account see your name")).get_by_label(
        answer, exact=True
    ).check()


def permit(page: Page, site: Served, answer: str) -> None:
    """Change the answer later, in one's own account."""
    page.goto(f"{site.address}/account/people")
    answer_holders(page, answer)
    press(page, "Save answer")
    page.get_by_role("status").wait_for()


def correct(page: Page, site: Served, path: str, values: dict[str, str]) -> None:
    page.goto(site.address + path)
    fill(page, values)
    press(page, "Save changes")
    page.get_by_role("heading", name="Saved").wait_for()


def check_view(page: Page, site: Served, own: str, others: str) -> None:
    """What is held about the company stands there, and of people only what is held about oneself."""
    page.goto(f"{site.address}/account/held")
    main = page.get_by_role("main")
    assert main.get_by_text("Voss & Daughters").is_visible()
    assert main.get_by_text(own, exact=True).is_visible()
    assert main.get_by_text(others, exact=True).count() == 0


def test_a_company_comes_and_goes(
    site: Served, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    hilde, ulf = open_page(java_script_enabled=False), open_page()
    open_company(hilde, site)
    ulf.goto(invite(hilde, site, "ulf@voss.example"))
    look_at(ulf, "join", axe, shots)
    join(ulf, site)
    hilde.goto(f"{site.address}/account/people")
    assert hilde.get_by_text("Ulf Voss", exact=True).is_visible()
    look_at(ulf, "home-user", axe, shots)

    # He takes the permission back, and the holder sees a number; what he permitted stands in his account.
    permit(ulf, site, "No")
    hilde.reload()
    assert hilde.get_by_text("Ulf Voss", exact=True).count() == 0
    permit(ulf, site, "Yes")
    look_at(ulf, "people-user", axe, shots)
    ulf.goto(f"{site.address}/account/choices")
    assert ulf.get_by_role("heading", name="What you permitted").is_visible()
    look_at(ulf, "choices-user", axe, shots)

    # Both see what is held about the company, and of people each only themselves.
    check_view(hilde, site, "Hilde Voss", "Ulf Voss")
    check_view(ulf, site, "Ulf Voss", "Hilde Voss")

    # Each corrects what is theirs to correct, and takes along a copy that has it.
    correct(hilde, site, "/account/correct/company", {"Your company's name": "Voss & Niece"})
    correct(ulf, site, "/account/correct", {"Your zip code": "", "Your phone number": "555-0199"})
    ours = {"Voss & Niece", *list(WORKS.values())[1:]}
    hers, his = take_copy(hilde, site), take_copy(ulf, site)
    assert list_values(hers, "you") == set(HILDE.values())
    assert list_values(his, "you") == {"Ulf Voss", "ulf@voss.example", "555-0199"}
    assert list_values(hers, "your company") == list_values(his, "your company") == ours

    # The user goes; the holder closes the company's account, then her own. Nobody gets in again.
    close_account(ulf, site, "Remove everything now")
    look_at(ulf, "closed", axe, shots)
    assert read_receipts(ulf) == ["item.erased", "person.closed"]
    close_account(hilde, site, "Remove everything now", "The company's")
    assert hilde.get_by_role("heading", name="The company's account is closed").is_visible()
    close_account(hilde, site, "Keep it until its time is over")
    assert read_receipts(hilde) == ["person.closed"]
    for page, address in ((hilde, "hilde@voss.example"), (ulf, "ulf@voss.example")):
        sign_in(page, site, address)
        assert page.url.partition("?")[0].endswith("/account/sign-in")
        assert page.context.cookies() == []


def test_the_way_in_looks_as_it_should(
    site: Served, open_page: Callable[..., Page], axe: Callable[..., list[str]], shots: Path
) -> None:
    page = open_page(has_touch=True)
    for name, path in {
        "register": "/register",
        "company": "/account/new",
        "sign-in": "/account/sign-in",
        "forgot": "/account/forgot",
    }.items():
        page.goto(site.address + path)
        look_at(page, name, axe, shots)
