"""No cookie leaves a site that its policy does not name, or that is not set the way the policy and the house have it."""

import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.core.fields.courier import compile_courier
from tests.web.sites import set_up_django


@pytest.fixture(autouse=True)
def _django() -> None:
    set_up_django()


def answer_with(set_cookies: Any, *, is_secure: bool = False, prefix: str = "/", is_site: bool = True) -> Any:
    """The answer of a view that sets these cookies, after the middleware."""
    from django.http import HttpResponse
    from django.test import RequestFactory
    from django.urls import set_script_prefix

    from upheld.web.cookies import CookieMiddleware

    def view(request: Any) -> Any:
        response = HttpResponse("page")
        set_cookies(response, request)
        return response

    request = RequestFactory().get("/", secure=is_secure)
    if is_site:
        request.shelved = SimpleNamespace(  # type: ignore[attr-defined]
            slug="lasership", in_force=lambda _day: SimpleNamespace(table=compile_courier())
        )
    set_script_prefix(prefix)
    try:
        return CookieMiddleware(view)(request)
    finally:
        set_script_prefix("/")


def test_a_cookie_of_the_policy_is_set_as_it_must_be() -> None:
    from upheld.web.cookies import set_site_cookie

    response = answer_with(
        lambda answer, request: set_site_cookie(answer, request, "session", "abc"), prefix="/at/lasership/"
    )
    morsel = response.cookies["session"]
    assert morsel["path"] == "/at/lasership/"
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["max-age"] == ""
    assert not morsel["secure"]


def test_over_https_a_cookie_never_travels_in_the_clear() -> None:
    from upheld.web.cookies import set_site_cookie

    response = answer_with(lambda answer, request: set_site_cookie(answer, request, "session", "abc"), is_secure=True)
    assert response.cookies["session"]["secure"]


GOOD = {"path": "/", "httponly": True, "samesite": "Lax"}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("counter", GOOD),
        ("staff-session", GOOD),
        ("session", {**GOOD, "max_age": 60}),
        ("session", {**GOOD, "expires": "Fri, 01 Jan 2100 00:00:00 GMT"}),
        ("preferences", {**GOOD, "max_age": 366 * 86400}),
        ("preferences", {**GOOD, "expires": "Fri, 01 Jan 2100 00:00:00 GMT"}),
        ("session", {**GOOD, "path": "/elsewhere"}),
        ("session", {**GOOD, "domain": "example.org"}),
        ("session", {**GOOD, "httponly": False}),
        ("session", {**GOOD, "samesite": "None"}),
    ],
)
def test_any_other_cookie_is_taken_off_and_its_value_is_not_logged(
    name: str, given: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="upheld.web.cookies"):
        response = answer_with(lambda answer, _request: answer.set_cookie(name, "secret-value", **given))
    assert not response.cookies
    assert "removed" in caplog.text
    assert "secret-value" not in caplog.text
    assert name not in caplog.text.replace("a cookie", "")


def test_a_cookie_may_last_as_long_as_the_policy_says_and_may_be_ended() -> None:
    from upheld.web.cookies import end_site_cookie, set_site_cookie

    year = timedelta(days=365)
    response = answer_with(lambda answer, request: set_site_cookie(answer, request, "preferences", "x", year))
    assert response.cookies["preferences"]["max-age"] == 365 * 86400
    response = answer_with(lambda answer, _request: end_site_cookie(answer, "session"))
    assert response.cookies["session"]["max-age"] == 0


def test_a_page_below_may_keep_the_policys_cookie_for_itself_and_only_where_that_is_said() -> None:
    from upheld.web.cookies import read_site_cookies, set_site_cookie

    for prefix in ("/", "/at/lasership/"):
        response = answer_with(
            lambda answer, request: set_site_cookie(answer, request, "session", "abc", below="route/x"), prefix=prefix
        )
        assert response.cookies["session"]["path"] == f"{prefix}route/x"
    response = answer_with(lambda answer, request: set_site_cookie(answer, request, "session", "a", below="other/x"))
    assert not response.cookies
    request = SimpleNamespace(META={"HTTP_COOKIE": "session=a; preferences=x; session=b; asession=c"})
    assert read_site_cookies(request, "session") == ("a", "b")  # type: ignore[arg-type]


def test_a_header_set_by_hand_does_not_get_past() -> None:
    response = answer_with(lambda answer, _request: answer.headers.__setitem__("Set-Cookie", "tracker=1"))
    assert "Set-Cookie" not in response.headers


def test_the_overview_has_its_own_cookies() -> None:
    response = answer_with(lambda answer, _request: answer.set_cookie("staff-session", "x"), is_site=False)
    assert "staff-session" in response.cookies


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "http://testserver"}, True),
        ({"origin": "http://testserver"}, True),
        ({"origin": "https://testserver"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://testserver"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "http://testserver.evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://[broken"}, False),
    ],
)
def test_a_form_sent_by_a_page_of_somebody_else_is_refused(headers: dict[str, str], is_let_in: bool) -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from upheld.web.guards import same_origin_posts

    view = same_origin_posts(lambda _request: HttpResponse("in"))
    request: Any = RequestFactory().post("/", headers={"host": "testserver", **headers})
    assert view(request).status_code == (200 if is_let_in else 403)
    reading: Any = RequestFactory().get("/", headers=headers)
    assert view(reading).status_code == 200
