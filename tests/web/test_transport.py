"""What is personal stays off plain http: strangers get pages that only read, or are led to https."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web.sites import HOST, Workshop
from upheld.web.transport import UNNAMED_PROXY

STRANGER = "203.0.113.9"


def ask(method: str, path: str, host: str = HOST, **surroundings: Any) -> Any:
    from django.test import Client

    client = Client(raise_request_exception=False, REMOTE_ADDR=STRANGER)
    secure = surroundings.pop("secure", False)
    return getattr(client, method)(path, headers={"host": host}, secure=secure, **surroundings)


@pytest.fixture
def view(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page of versions as a view without a guard, like one with a form."""
    from django.http import HttpResponse
    from django.urls import clear_url_caches, path

    from upheld.server import site_urls

    def show_form(request: Any) -> HttpResponse:
        return HttpResponse("your address, please")

    monkeypatch.setattr(site_urls, "urlpatterns", [path("a-form", show_form), *site_urls.urlpatterns])
    clear_url_caches()
    yield
    clear_url_caches()


def test_it_works(workshop: Workshop, view: None) -> None:
    assert ask("get", "/privacy").status_code == 200
    refused = ask("get", "/a-form")
    assert refused.status_code == 403
    assert b"your address" not in refused.content
    assert b"safe connection" in refused.content
    assert ask("get", "/a-form", secure=True).status_code == 200


def test_this_machine_needs_no_https(workshop: Workshop, view: None) -> None:
    for address in ("127.0.0.1", "127.4.5.6", "::1", "::ffff:127.0.0.1"):
        assert ask("get", "/a-form", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("address", ["", "unknown", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1"])
def test_any_other_address_does(workshop: Workshop, view: None, address: str) -> None:
    assert ask("get", "/a-form", REMOTE_ADDR=address).status_code == 403


def test_what_somebody_forwarded_does_not_come_from_here(
    workshop: Workshop, view: None, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask("get", "/a-form", REMOTE_ADDR="127.0.0.1", **{UNNAMED_PROXY: True})
    assert response.status_code == 403
    assert "UPHELD_PROXY" in caplog.text


def test_where_there_is_https_strangers_are_led_to_it(
    workshop: Workshop, view: None, settings_as: Callable[..., None]
) -> None:
    settings_as(KNOWS_SCHEME=True)
    for path in ("/privacy", "/a-form?name=a%20b"):
        response = ask("get", path, host=f"{HOST}:8080")
        assert response.status_code == 308
        assert response["Location"] == f"https://{HOST}{path}"
    assert ask("get", "/privacy", secure=True).status_code == 200


def test_a_form_that_was_sent_in_the_clear_is_refused_and_not_repeated(
    workshop: Workshop, view: None, settings_as: Callable[..., None]
) -> None:
    settings_as(KNOWS_SCHEME=True)
    response = ask("post", "/a-form", data={"password": "hunter2"})
    assert response.status_code == 403
    assert b"hunter2" not in response.content


def test_a_strangers_host_is_led_nowhere(workshop: Workshop, settings_as: Callable[..., None]) -> None:
    settings_as(KNOWS_SCHEME=True)
    assert ask("get", "/privacy", host="evil.example").status_code == 421


def test_a_guard_around_a_public_page_makes_it_one_that_is_not() -> None:
    from functools import wraps

    from upheld.web.guards import is_public_reading, only_reads

    @only_reads
    def show(request: Any) -> Any:
        return None

    @wraps(show)
    def guarded(request: Any) -> Any:
        return show(request)

    assert is_public_reading(show)
    assert not is_public_reading(guarded)


def test_a_promise_to_stay_on_https_binds_no_other_server_of_this_machine(
    workshop: Workshop, settings_as: Callable[..., None]
) -> None:
    settings_as(HTTPS=True)
    assert "Strict-Transport-Security" in ask("get", "/", secure=True)
    for host in ("localhost", "127.0.0.1:8000", "[::1]"):
        assert "Strict-Transport-Security" not in ask("get", "/", host=host, secure=True)
