"""The door of the console: who stands where, and that the sessions of staff and of customers never mix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.actions.stage import open_courier
from tests.console.clerks import CLERK, OWNER, SEAT, SITE, STRANGER, Console, read_text

OPEN = {"account_login", "console-passkey", "console-welcome", "mfa_authenticate", "mfa_login_webauthn"}
OPEN |= {"account_logout", "account_inactive"}
ARGUMENTS: dict[str, Any] = {
    "site": SITE,
    "person": "p_" + "a" * 20,
    "case": "c_" + "a" * 20,
    "entry": "e_" + "a" * 20,
    "message": "m_" + "a" * 20,
    "number": 1,
    "pk": 1,
    "name": "MQ",
    "token": "a-b",
    "day": "2026-12-01",
    "shipment": "sh_" + "a" * 20,
    "route": "rt_" + "a" * 20,
    "program": "pg_" + "a" * 20,
    "permission": "r_" + "a" * 20,
    "recipient": "rc_" + "a" * 20,
    "report": "orders",
    "telling": 1,
    "campaign": "ca_" + "a" * 20,
    "demand": "dm_" + "a" * 20,
    "merger": "mg_" + "a" * 20,
    "what": "ask",
    "section": "no-such-heading",
    "digest": "0" * 64,
    "attestation": "at_" + "a" * 20,
    "draft": "df_" + "a" * 20,
}


def list_pages() -> list[tuple[str, Any, str]]:
    """Each address of the console with its name and its view, filled in with ids that nobody has."""
    from django.urls import reverse

    from upheld.console.urls import urlpatterns

    pages = []
    for pattern in urlpatterns:
        if pattern.name:
            wanted = pattern.pattern.regex.groupindex if not hasattr(pattern.pattern, "converters") else ()
            names = getattr(pattern.pattern, "converters", {}) or wanted
            address = reverse(pattern.name, kwargs={name: ARGUMENTS[name] for name in names})
            pages.append((pattern.name, pattern.callback, address))
    return pages


def test_every_page_has_a_guard(console: Console) -> None:
    from upheld.console.guards import is_guarded
    from upheld.console.urls import urlpatterns

    assert [pattern for pattern in urlpatterns if not is_guarded(pattern.callback)] == []


def test_a_page_without_a_guard_is_not_opened(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upheld.console.doorway.is_guarded", lambda _view: False)
    assert console.open_door().get("/console/sign-in/").status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_of_work_opens_for_a_stranger(console: Console, method: str) -> None:
    for name, _, address in list_pages():
        response = getattr(console.open_door(), method)(address)
        if name in OPEN:
            continue
        assert response.status_code == 302, name
        assert response.headers["Location"].startswith("/console/sign-in/?next="), name


def test_staff_without_a_grant_see_no_site_and_nothing_of_the_owner(console: Console) -> None:
    client = console.sign_in(STRANGER)
    work = [(name, address) for name, _, address in list_pages() if address.startswith((SEAT, "/console/staff"))]
    assert len(work) > 15
    for name, address in work:
        assert client.get(address).status_code in (404, 405), name
        assert client.post(address).status_code in (404, 405), name
    assert "Parcel courier" not in read_text(client.get("/console/"))


def test_a_site_that_is_not_there_looks_like_one_without_a_grant(console: Console) -> None:
    client = console.sign_in(STRANGER)
    there, nowhere = client.get(SEAT), client.get("/console/at/nowhere/")
    assert (there.status_code, read_text(there)) == (nowhere.status_code, read_text(nowhere))


def test_the_owner_without_a_role_gives_grants_and_sees_nobody(console: Console) -> None:
    client = console.sign_in(OWNER)
    assert client.get(f"{SEAT}grants/").status_code == 200
    assert client.get(SEAT).status_code == 404
    assert client.get(f"{SEAT}people/{console.cast.ada.id}/").status_code == 404


def test_a_site_neither_sets_nor_reads_a_cookie_of_staff(console: Console) -> None:
    client = console.sit_down()
    for path in ("/", "/privacy", "/console/", "/console/sign-in/"):
        response = client.get(path, headers={"host": "lasership.localhost"})
        assert "staff-session" not in response.cookies
        assert "staff-csrf" not in response.cookies
        assert not hasattr(response.wsgi_request, "user")
    assert client.get("/console/", headers={"host": "lasership.localhost"}).status_code == 404


def test_the_overview_neither_sets_nor_reads_a_cookie_of_staff(console: Console) -> None:
    response = console.sit_down().get("/")
    assert not response.cookies
    assert not hasattr(response.wsgi_request, "session")


def test_below_a_prefix_there_is_no_console_and_no_session(console: Console, settings_as: Callable[..., None]) -> None:
    settings_as(PREFIX_MODE=True)
    client = console.sit_down()
    for path in (f"/at/{SITE}/console/", f"/at/{SITE}/console/sign-in/", f"/at/{SITE}/"):
        response = client.get(path)
        assert response.status_code == (200 if path.endswith(f"{SITE}/") else 404)
        assert not hasattr(response.wsgi_request, "session")
        assert "staff-session" not in response.cookies


def test_the_cookies_of_staff_go_nowhere_but_the_console(console: Console) -> None:
    client = console.sign_in(CLERK)
    for name in ("staff-session", "staff-csrf"):
        cookie = client.cookies[name]
        assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/console/", "Strict", True)


def test_a_cookie_of_a_customer_opens_nothing_here(console: Console, now: Any) -> None:
    from upheld.actions.sessions import open_session

    token = open_session(open_courier(), person=console.cast.ada, now=now)
    client = console.open_door()
    for name in ("session", "staff-session", "sessionid"):
        client.cookies[name] = token
        assert client.get("/console/").status_code == 302
        assert client.get(f"{SEAT}people/{console.cast.ada.id}/").status_code == 302


def test_a_cookie_of_staff_opens_no_account_of_a_customer(console: Console) -> None:
    value = console.sit_down().cookies["staff-session"].value
    client = console.open_door()
    client.cookies["session"] = value
    response = client.get("/account", headers={"host": "lasership.localhost"})
    assert response.status_code != 200
    assert "Ada" not in read_text(response)


def test_only_the_console_may_run_scripts_and_nothing_of_it_is_kept(console: Console) -> None:
    inside, outside = console.open_door().get("/console/sign-in/"), console.open_door().get("/")
    assert "script-src 'self'" in inside.headers["Content-Security-Policy"]
    assert "unsafe" not in inside.headers["Content-Security-Policy"]
    assert "script-src" not in outside.headers["Content-Security-Policy"]
    assert inside.headers["Cache-Control"] == "no-store"
    assert "publickey-credentials-get=(self)" in inside.headers["Permissions-Policy"]
    assert "publickey-credentials-get=()" in outside.headers["Permissions-Policy"]


def test_with_https_the_cookies_of_staff_want_it(console: Console, settings_as: Callable[..., None]) -> None:
    settings_as(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True)
    client = console.sign_in(CLERK)
    assert client.cookies["staff-session"]["secure"]


def test_a_forged_post_does_nothing(console: Console) -> None:
    client = console.open_door(checks=True)
    response = client.post("/console/sign-in/", {"login": OWNER, "password": "x"})
    assert response.status_code == 403
    assert "did not come from a page of this console" in read_text(response)
