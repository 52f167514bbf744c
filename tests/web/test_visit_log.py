"""Of each page that is asked for exactly what the policy lists is noted, and never more."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.core.fields.courier import compile_courier
from tests.web.sites import set_up_django

NOTE = "(2) record visit.ip, visit.page, visit.time at visit for reporting [LS-09 LS-15]"


@pytest.fixture(autouse=True)
def _django() -> None:
    set_up_django()


@pytest.fixture
def noted() -> Any:
    from upheld.web.visit_log import place_visit_writer

    found: list[dict[str, str]] = []
    place_visit_writer(lambda site, _at, values: found.append({"site": site, **dict(values)}))
    yield found
    place_visit_writer(None)


def visit(path: str, *changes: tuple[str, str], status: int = 200, match: Any = None, site: str = "lasership") -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from upheld.web.visit_log import VisitMiddleware

    def view(request: Any) -> Any:
        request.resolver_match = match
        return HttpResponse("page", status=status)

    request: Any = RequestFactory().get(path, REMOTE_ADDR="192.0.2.7", headers={"referer": "http://secret.example/x"})
    if site:
        table = compile_courier(*changes)
        request.shelved = SimpleNamespace(slug=site, in_force=lambda _day: SimpleNamespace(table=table))
    VisitMiddleware(view)(request)


def match_of(route: str, **kwargs: str) -> Any:
    return SimpleNamespace(route=route, kwargs=kwargs, args=())


def test_address_page_and_time_are_noted_and_nothing_else(noted: list[dict[str, str]]) -> None:
    visit("/privacy?name=Ada", match=match_of("privacy"))
    (line,) = noted
    assert set(line) == {"site", "visit.ip", "visit.page", "visit.time"}
    assert line["visit.ip"] == "192.0.2.7"
    assert line["visit.page"] == "/privacy"
    assert datetime.fromisoformat(line["visit.time"]).tzinfo == UTC


def test_a_policy_that_has_nothing_noted_gets_no_log(noted: list[dict[str, str]]) -> None:
    visit("/privacy", (NOTE, "(2) state"), match=match_of("privacy"))
    assert noted == []


def test_what_the_policy_does_not_list_cannot_be_noted(noted: list[dict[str, str]]) -> None:
    visit("/privacy", (NOTE, NOTE.replace("visit.ip, ", "")), match=match_of("privacy"))
    assert "192.0.2.7" not in repr(noted)
    assert "secret.example" not in repr(noted)
    assert set(noted[0]) == {"site", "visit.page", "visit.time"}


def test_of_where_a_visitor_comes_from_the_host_is_noted_and_of_what_is_kept_apart_the_hour() -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from upheld.web.visit_log import read_part

    def read(part: str, referer: str = "") -> str:
        request = RequestFactory().get("/", headers={"referer": referer})
        return read_part(part, request, HttpResponse(), datetime(2026, 3, 1, 14, 35, 59, 7, tzinfo=UTC))

    assert read("referrer", "https://me:key@search.example:8443/q?mail=ada@example.org#x") == "search.example"
    assert read("referrer", "http://[::1") == read("referrer", "ada") == ""
    assert read("hour") == "2026-03-01T14:00+00:00"


def test_a_part_of_a_request_that_has_no_name_is_refused() -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from upheld.web.visit_log import read_part

    with pytest.raises(ValueError, match="browser"):
        read_part("browser", RequestFactory().get("/"), HttpResponse(), datetime.now(UTC))


def test_the_key_in_a_link_from_a_mail_is_not_noted(noted: list[dict[str, str]]) -> None:
    visit("/account/verify/s3cret", match=match_of("^account/verify/(?P<link>.+)", link="s3cret"))
    visit("/account/items/7", match=match_of("account/items/<int:item>", item="007"))
    assert [line["visit.page"] for line in noted] == ["/account/verify/<link>", "/account/items/<int:item>"]


def test_what_was_typed_where_no_page_is_is_not_repeated(noted: list[dict[str, str]]) -> None:
    visit("/ada@quill.example", status=404)
    assert noted[0]["visit.page"] == "(no page)"


def test_the_overview_and_the_look_are_no_pages_of_a_site(noted: list[dict[str, str]]) -> None:
    visit("/console/", site="")
    visit("/look/abc.css", match=match_of("look/<digest>.css", digest="abc"))
    assert noted == []
