"""Registering, confirming, signing in and out, a forgotten password: as a visitor meets them, and as an attacker does."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actions.customers import CY, OTHER_PASSWORD, PASSWORD, REED_AND_CO, find_mail, read_mails
from tests.pages.account.browser import HOST, Browser, browser, databases, list_inputs, settings_as, words_of

__all__ = ["browser", "databases", "settings_as"]

FILLED = {**CY, "sign-in.password": PASSWORD, "choice:marketing": "no"}
ADDRESS = CY["person.email"]
NOBODY = "nobody@reed.example"
PUBLIC = ("/register", "/account/new", "/account/sign-in", "/account/forgot", "/account/registered")


def register(browser: Browser, values: dict[str, str] = FILLED, path: str = "/register") -> Any:
    return browser.send(path, values)


def confirm(browser: Browser, address: str = ADDRESS, password: str = PASSWORD) -> Any:
    path = "/" + find_mail(address, "verify-address").path
    assert browser.get(path).status_code == 200
    return browser.post(path, {"sign-in.password": password})


def sign_in(browser: Browser, address: str = ADDRESS, password: str = PASSWORD, query: str = "") -> Any:
    return browser.post(f"/account/sign-in{query}", {"person.email": address, "sign-in.password": password})


@pytest.fixture
def customer(browser: Browser) -> Browser:
    """A browser of somebody who has registered and confirmed their address, and is signed in."""
    register(browser)
    assert confirm(browser).status_code == 303
    return browser


def tidy(page: str) -> str:
    """A page without what is new each time."""
    return re.sub(r'value="[^"]{60,}"', "", page)


def test_it_works(browser: Browser) -> None:
    answer = register(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/registered")
    assert "Look into your mailbox" in browser.read("/account/registered")
    answer = confirm(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200
    browser.post("/account/sign-out", {})
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200


def test_no_page_is_kept_by_a_browser(browser: Browser) -> None:
    for path in PUBLIC:
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert not answer.cookies


def test_other_methods_are_refused(browser: Browser) -> None:
    for path in (*PUBLIC, "/account/sign-out", "/account/verify/" + "x" * 43):
        for method in ("put", "delete", "patch"):
            assert getattr(browser.client, method)(path, headers={"host": HOST}).status_code == 405


def test_a_page_of_somebody_else_cannot_send_them(customer: Browser) -> None:
    for path in ("/register", "/account/new", "/account/sign-in", "/account/forgot", "/account/sign-out"):
        for headers in ({"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}):
            assert customer.post(path, FILLED, **headers).status_code == 403
    assert customer.get("/account").status_code == 200


def test_the_form_asks_what_the_policy_asks_with_the_question_left_open(browser: Browser) -> None:
    page = browser.read("/register")
    inputs = list_inputs(page)
    assert set(CY) | {"person.phone", "sign-in.password", "choice:marketing"} <= set(inputs)
    assert page.count('name="choice:marketing"') == 2
    assert "checked" not in page
    assert inputs["sign-in.password"]["autocomplete"] == "new-password"
    assert "Why we ask" in page


def test_a_company_is_asked_for_itself_and_for_its_first_user(browser: Browser) -> None:
    inputs = list_inputs(browser.read("/account/new"))
    assert set(CY) | set(REED_AND_CO) - {"company.address"} | {"sign-in.password", "choice:marketing"} <= set(inputs)
    register(browser, {**FILLED, **REED_AND_CO}, "/account/new")
    confirm(browser)
    sign_in(browser)
    assert "Reed & Co" in browser.read("/account/held")


def test_what_was_typed_is_kept_and_a_password_never(browser: Browser) -> None:
    answer = register(browser, {**FILLED, "person.email": "no address", "person.name": "Cy <Reed>"})
    page = words_of(answer)
    assert answer.status_code == 422
    assert "no address" in page
    assert 'value="Cy <Reed>"' in page
    assert "There is a problem" in page
    assert PASSWORD not in page
    assert not read_mails()


@pytest.mark.parametrize("password", ["", "brief", "passwordpassword"])
def test_a_bad_password_is_said_beside_its_field(browser: Browser, password: str) -> None:
    answer = register(browser, {**FILLED, "sign-in.password": password})
    page = words_of(answer)
    assert answer.status_code == 422
    assert 'href="#field-sign-in-password"' in page
    assert CY["person.zip"] in page
    assert not read_mails()
    assert (
        browser.post(
            "/register", {**FILLED, **dict(re.findall(r'name="(form:token)" value="([^"]+)"', page))}
        ).status_code
        == 303
    )


def test_what_the_form_does_not_ask_for_is_refused(browser: Browser) -> None:
    assert register(browser, {**FILLED, "visit.ip": "192.0.2.1"}).status_code == 422
    assert not read_mails()


def test_a_robot_is_held_up(browser: Browser) -> None:
    assert browser.post("/register", FILLED).status_code == 422
    assert register(browser, {**FILLED, "form:website": "https://spam.example"}).status_code == 422
    assert not read_mails()


def test_an_address_with_an_account_and_a_new_one_get_the_same_answer(customer: Browser) -> None:
    from tests.actions.customers import CY

    answers = [register(customer, {**FILLED, "person.email": address}) for address in (CY["person.email"], NOBODY)]
    first, second = ((a.status_code, a.headers["Location"], a.content) for a in answers)
    assert first == second


def test_signing_in_says_the_same_for_a_wrong_password_and_an_unknown_address(customer: Browser) -> None:
    stranger = Browser()
    for _ in range(6):
        known, unknown = sign_in(stranger, ADDRESS, "not it"), sign_in(stranger, NOBODY, "not it")
        assert known.status_code == unknown.status_code
        assert words_of(known) == words_of(unknown).replace(NOBODY, ADDRESS)
    assert known.status_code == 429


def test_asking_for_a_new_password_says_the_same_for_every_address(customer: Browser) -> None:
    known, unknown = (customer.send("/account/forgot", {"person.email": address}) for address in (ADDRESS, NOBODY))
    assert (known.status_code, words_of(known)) == (unknown.status_code, words_of(unknown))
    assert not read_mails(NOBODY)
    assert find_mail(ADDRESS, "password-reset")


def test_opening_a_link_does_nothing_until_its_button_is_pressed(browser: Browser) -> None:
    register(browser)
    path = "/" + find_mail(ADDRESS, "verify-address").path
    for _ in range(3):
        assert "Open my account" in browser.read(path)
    assert sign_in(browser).status_code == 403
    assert browser.post(path, {}).status_code == 422
    for status in (303, 404):
        assert browser.post(path, {"sign-in.password": PASSWORD}).status_code == status
    assert browser.get(path).status_code == 404


def test_the_link_opens_nothing_without_the_password_chosen_at_registration(browser: Browser) -> None:
    register(browser)
    answer = confirm(browser, password=OTHER_PASSWORD)
    page = words_of(answer)
    assert answer.status_code == 422
    assert "this is not the password" in page.lower()
    assert OTHER_PASSWORD not in page
    assert not browser.cookie
    assert [confirm(browser, password=OTHER_PASSWORD).status_code for _ in range(4)] == [422] * 3 + [429]
    assert confirm(browser).status_code == 429
    assert not browser.cookie


@pytest.mark.parametrize("path", ["/register", "/account/new"])
def test_who_did_not_register_has_it_erased_by_a_button(browser: Browser, path: str) -> None:
    from upheld.records.models import Identifier, Person

    before = set(Person.objects.values_list("id", flat=True))
    register(browser, {**FILLED, **(REED_AND_CO if "new" in path else {})}, path)
    link = "/" + find_mail(ADDRESS, "verify-address").path
    page = browser.read(link)
    assert page.count('<button class="button" type="submit"') == 2
    answer = browser.post(link, {"do": "disown"})
    assert answer.status_code == 200
    assert "It is erased" in words_of(answer)
    assert set(Person.objects.values_list("id", flat=True)) == before
    assert not Identifier.objects.exclude(person__in=before).exists()
    for again in (browser.get(link), browser.post(link, {"do": "disown"})):
        assert again.status_code == 404
        assert "This link does not work" in words_of(again)
    assert sign_in(browser).status_code == 422


def test_forged_links_are_not_told_apart(browser: Browser) -> None:
    for place in ("verify", "new-address", "new-password", "join"):
        for token in ("x" * 43, "-_" * 20):
            path = f"/account/{place}/{token}"
            for answer in (browser.get(path), browser.post(path, FILLED), browser.post(path, {"do": "disown"})):
                assert answer.status_code == 404
                assert "This link does not work" in words_of(answer)


def test_before_confirming_the_right_password_brings_another_link(browser: Browser) -> None:
    register(browser)
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "Confirm your address first" in words_of(answer)
    assert not browser.cookie
    assert sign_in(browser, password="not it").status_code == 422  # noqa: S106 - of nobody


def test_the_cookie_is_the_policys_own_and_new_each_time(customer: Browser) -> None:
    first = customer.cookie
    morsel = customer.client.cookies["session"]
    assert (morsel["path"], morsel["httponly"], morsel["samesite"], morsel["max-age"]) == ("/", True, "Lax", "")
    sign_in(customer)
    assert customer.cookie != first
    stranger = Browser()
    stranger.client.cookies["session"] = first
    assert stranger.get("/account").status_code == 303


def test_a_planted_cookie_is_of_no_use(browser: Browser) -> None:
    register(browser)
    for come_in in (confirm, sign_in):
        browser.client.cookies["session"] = "planted"
        assert come_in(browser).status_code == 303
        assert browser.cookie != "planted"


def test_a_page_that_needs_an_account_leads_to_signing_in_and_back(browser: Browser) -> None:
    register(browser)
    confirm(browser)
    browser.post("/account/sign-out", {})
    answer = browser.get("/account/held")
    assert answer.headers["Location"] == "/account/sign-in?next=%2Faccount%2Fheld"
    assert sign_in(browser, query="?next=/account/held").headers["Location"] == "/account/held"
    assert browser.get("/account/sign-in?next=/account/held").headers["Location"] == "/account/held"


def test_it_leads_nowhere_else(customer: Browser) -> None:
    for target in (
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/privacy",
        "/accounting",
        "/account/\\x",
        "/account/a\nb",
    ):
        assert customer.get(f"/account/sign-in?next={quote(target)}").headers["Location"] == "/account"
        assert "next" not in Browser().read(f"/account/sign-in?next={quote(target)}")


def test_signing_out_is_a_button(customer: Browser) -> None:
    token = customer.cookie
    assert "Sign out" in customer.read("/account/sign-out")
    assert customer.get("/account").status_code == 200
    assert "You are signed out" in words_of(customer.post("/account/sign-out", {}))
    customer.client.cookies["session"] = token
    assert customer.get("/account").status_code == 303


def test_a_forgotten_password_is_chosen_anew(customer: Browser) -> None:
    stranger = Browser()
    stranger.send("/account/forgot", {"person.email": ADDRESS})
    path = "/" + find_mail(ADDRESS, "password-reset").path
    assert list_inputs(stranger.read(path))["sign-in.password"]["autocomplete"] == "new-password"
    refused = stranger.post(path, {"sign-in.password": "brief"})
    assert refused.status_code == 422
    assert "shorter than 12 characters" in words_of(refused)
    answer = stranger.post(path, {"sign-in.password": OTHER_PASSWORD})
    assert answer.headers["Location"] == "/account/sign-in?done=password"
    assert customer.get("/account").status_code == 303
    assert sign_in(stranger, password=OTHER_PASSWORD).status_code == 303
    assert stranger.get(path).status_code == 404


def test_an_address_that_cannot_be_one_is_no_fault_of_ours(browser: Browser) -> None:
    two = ["a@b.example", "c@d.example"]
    for address in (None, "", "a\x00b@c.example", two, "x" * 300):
        values = {} if address is None else {"person.email": address}
        assert browser.send("/account/forgot", values).status_code == 422
        assert browser.post("/account/sign-in", {**values, "sign-in.password": PASSWORD}).status_code == 422


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(address=st.text(max_size=40), password=st.text(max_size=40))
def test_whatever_is_typed_is_answered(browser: Browser, address: str, password: str) -> None:
    answer = sign_in(browser, address.encode("utf-8", "replace").decode(), password.encode("utf-8", "replace").decode())
    assert answer.status_code in (422, 429)
    assert not browser.cookie


def test_a_full_disk_is_said_and_what_was_typed_is_kept(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from upheld.actions import accounts

    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(accounts, "put_items", fail)
    answer = register(browser)
    assert answer.status_code == 503
    assert CY["person.name"] in words_of(answer)
    assert PASSWORD not in words_of(answer)
    assert not read_mails()


def test_from_one_network_come_only_so_many(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.pages import taking
    from upheld.pages.account import sign_in as pages

    monkeypatch.setattr(taking, "MOST_POSTS", 1)
    monkeypatch.setattr(pages, "MOST_POSTS", 1)
    assert [browser.send("/account/forgot", {"person.email": NOBODY}).status_code for _ in range(2)] == [200, 429]
    assert [sign_in(browser, f"{n}@reed.example").status_code for n in range(2)] == [422, 429]


@pytest.mark.parametrize("path", ["/account/registered", "/account/forgot"])
def test_in_a_demo_who_is_told_to_look_for_a_mail_is_led_to_where_it_lies(
    browser: Browser, settings_as: Any, tmp_path: Path, path: str
) -> None:
    def look() -> str:
        answer = browser.send(path, {"person.email": ADDRESS}) if path == "/account/forgot" else browser.get(path)
        return str(answer.content.decode())

    settings_as(MAILBOX=None)
    assert "/mail/" not in look()
    settings_as(MAILBOX=tmp_path)
    assert 'href="http://localhost/mail/"' in look()
