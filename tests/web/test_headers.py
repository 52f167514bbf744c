"""Every answer carries the headers, and no answer sets a cookie."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.sites import Workshop

ANSWERS = [
    ("/", "lantern.localhost", 200),
    ("/privacy", "lantern.localhost", 200),
    ("/privacy/ask?do=share&data=person.phone", "lantern.localhost", 200),
    ("/privacy/ask?do=juggle", "lantern.localhost", 400),
    ("/nothing", "lantern.localhost", 404),
    ("/", "localhost", 200),
    ("/nothing", "127.0.0.1", 404),
    ("/", "stranger.example", 421),
    ("/", "bad host", 400),
]


@pytest.mark.parametrize(("path", "host", "status"), ANSWERS)
def test_it_works(workshop: Workshop, path: str, host: str, status: int) -> None:
    response = workshop.get(path, host)
    assert response.status_code == status
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy  # no script at all: default-src decides
    assert "*" not in policy
    assert "http" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not response.cookies
    assert "Strict-Transport-Security" not in response


def test_a_server_that_is_reached_by_https_promises_to_stay_so(
    workshop: Workshop, settings_as: Callable[..., None]
) -> None:
    settings_as(HTTPS=True)
    response = workshop.get("/")
    assert "max-age=63072000" in response["Strict-Transport-Security"]
    assert "upgrade-insecure-requests" in response["Content-Security-Policy"]


def test_a_failure_says_nothing_of_its_cause(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.pages import home

    def break_down(*_: Any, **__: Any) -> str:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(home, "read_home", break_down)
    response = workshop.get("/")
    assert response.status_code == 500
    assert b"secret cause" not in response.content
    assert b"Something broke on our side" in response.content
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options", "trace"])
def test_pages_only_read(workshop: Workshop, method: str) -> None:
    from django.test import Client

    for path, host in (("/", "lantern.localhost"), ("/privacy/ask", "lantern.localhost"), ("/", "localhost")):
        response = getattr(Client(), method)(path, headers={"host": host})
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD"


def test_styles_have_names_that_change_with_them_and_may_be_kept(workshop: Workshop) -> None:
    page = workshop.read("/")
    sheets = re.findall(r'<link rel="stylesheet" href="(/static/[^"]+)"', page)
    assert len(sheets) >= 3
    for sheet in sheets:
        response = workshop.get(sheet)
        assert response.status_code == 200
        assert re.search(r"\.[0-9a-f]{12}\.css$", sheet)
        assert "immutable" in response["Cache-Control"]
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in response
        response.close()
