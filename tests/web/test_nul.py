"""The sign NUL in an address is refused on every page, whichever database stands behind it."""

from typing import Any

import pytest

from tests.web.sites import HOST, Workshop


@pytest.mark.parametrize("path", ["/privacy/ask?do=a%00b", "/privacy/ask?a%00b=do", "/privacy?x=1&x=%00"])
def test_it_works(workshop: Workshop, path: str) -> None:
    response = workshop.get(path)
    assert response.status_code == 400
    assert b"\x00" not in response.content


def test_an_address_without_it_is_let_through(workshop: Workshop) -> None:
    assert workshop.get("/privacy?x=%01").status_code == 200
    assert workshop.get("/nowhere%00").status_code in (400, 404)


def test_a_form_that_did_not_look_for_it_is_refused_too(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import DataError
    from django.test import Client
    from django.urls import clear_url_caches, path

    from upheld.server import site_urls

    def break_down(*_: Any, **__: Any) -> Any:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")

    monkeypatch.setattr(site_urls, "urlpatterns", [path("a-form", break_down), *site_urls.urlpatterns])
    clear_url_caches()
    client = Client(raise_request_exception=False)
    for value, status in (("x\x00", 400), ("x", 500)):
        assert client.post("/a-form", {"do": value}, headers={"host": HOST}).status_code == status
    clear_url_caches()
