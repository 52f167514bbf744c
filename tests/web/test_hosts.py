"""Which site a request is for, and that a stranger's name learns nothing."""

from collections.abc import Callable

import pytest

from tests.web.sites import Workshop


def test_it_works(workshop: Workshop) -> None:
    assert "Wheels by Friday" in workshop.read("/", "lantern.localhost")
    assert "A privacy policy the software has to keep" in workshop.read("/", "localhost")


@pytest.mark.parametrize(
    "host", ["lantern.localhost:8000", "LANTERN.localhost", "lantern.localhost.", "lantern.localhost:80"]
)
def test_a_site_answers_on_any_port_and_in_any_case(workshop: Workshop, host: str) -> None:
    assert "Wheels by Friday" in workshop.read("/", host)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.1:9", "[::1]:8000"])
def test_the_overview_answers_on_the_machines_own_names(workshop: Workshop, host: str) -> None:
    assert "Lantern &amp; Sons &lt;Cycles&gt;" in workshop.read("/", host)


@pytest.mark.parametrize(
    "host", ["other.localhost", "lantern.localhost.evil.example", "evil.example", "localhost.evil.example"]
)
def test_an_unknown_host_is_misdirected(workshop: Workshop, host: str) -> None:
    response = workshop.get("/", host)
    assert response.status_code == 421
    assert b"Lantern" not in response.content
    assert host.encode() not in response.content


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        "a/b",
        "<script>",
        "lantern.localhost:port",
        "user@lantern.localhost",
        "x" * 300,
        "localhost:0",
        "localhost:00000",
        "lantern.localhost:65536",
        "localhost:99999",
        "localhost:٨٠",
        "localhost:-1",
    ],
)
def test_a_host_that_cannot_be_one_is_refused(workshop: Workshop, host: str) -> None:
    assert workshop.get("/", host).status_code == 400


def test_without_prefix_mode_the_prefix_is_nothing(workshop: Workshop) -> None:
    assert workshop.get("/at/lantern/", "localhost").status_code == 404


def test_in_prefix_mode_every_link_stays_below_the_prefix(workshop: Workshop, settings_as: Callable[..., None]) -> None:
    import re

    settings_as(PREFIX_MODE=True)
    for path in ("/at/lantern/", "/at/lantern/privacy", "/at/lantern/privacy/versions", "/at/lantern/privacy/ask"):
        page = workshop.read(path, "127.0.0.1:8000")
        links = re.findall(r'(?:href|action)="(/[^"]*)"', page)
        assert links
        for link in links:
            assert link.startswith(("/at/lantern/", "/static/")), link
            if not link.startswith("/static/"):
                assert workshop.get(link.partition("#")[0].replace("&amp;", "&"), "127.0.0.1").status_code == 200, link
    assert 'href="/at/lantern/"' in workshop.read("/", "localhost")


def test_a_page_below_the_prefix_is_not_served_to_the_host_and_the_other_way_round(
    workshop: Workshop, settings_as: Callable[..., None]
) -> None:
    settings_as(PREFIX_MODE=True)
    below = workshop.read("/at/lantern/privacy", "localhost")
    on_host = workshop.read("/privacy", "lantern.localhost")
    assert 'href="/at/lantern/privacy/versions"' in below
    assert "/at/lantern" not in on_host


@pytest.mark.parametrize(
    "path",
    [
        "/at/",
        "/at/other/",
        "/at/LANTERN/",
        "/at/lantern/../",
        "/at/lantern/nothing",
        "/at/../lantern/",
        "/at/lantern%00/",
    ],
)
def test_a_prefix_that_names_no_site_is_not_found(
    workshop: Workshop, settings_as: Callable[..., None], path: str
) -> None:
    settings_as(PREFIX_MODE=True)
    assert workshop.get(path, "localhost").status_code == 404


def test_the_bare_prefix_shows_the_first_page(workshop: Workshop, settings_as: Callable[..., None]) -> None:
    settings_as(PREFIX_MODE=True)
    assert "Wheels by Friday" in workshop.read("/at/lantern", "localhost")


def test_the_path_of_cookies_is_that_of_the_site(workshop: Workshop, settings_as: Callable[..., None]) -> None:
    from django.http import HttpRequest, HttpResponse

    from upheld.web.hosts import HostMiddleware, find_cookie_path

    settings_as(PREFIX_MODE=True)
    paths = []

    def note(request: HttpRequest) -> HttpResponse:
        paths.append(find_cookie_path())
        return HttpResponse()

    for path, host in (("/at/lantern/privacy", "localhost"), ("/privacy", "lantern.localhost")):
        from django.urls import set_script_prefix

        set_script_prefix("/")
        request = HttpRequest()
        request.path_info = path
        request.META["HTTP_HOST"] = host
        HostMiddleware(note)(request)
    assert paths == ["/at/lantern/", "/"]


TRICKS = [
    "/../../etc/passwd",
    "/privacy/../../../etc/passwd",
    "/privacy/..%2f..%2fetc%2fpasswd",
    "/privacy/%2e%2e/",
    "/static/../settings.py",
    "/static/%2e%2e/%2e%2e/upheld.sqlite3",
    "/static/..%5c..%5csecret",
    "//evil.example/privacy",
    "/privacy//versions",
    "/privacy/2020-01-01.policy.md",
    "/privacy/2020-13-45",
    "/privacy/2020-01-01/../2021-05-04",
    "/privacy/\u0662\u0660\u0662\u0660-\u0660\u0661-\u0660\u0661",
    "/privacy/changes/2020-01-01",
    "/privacy/changes/2020-01-01..",
    "/privacy/changes/..2021-05-04",
    "/privacy/changes/2020-01-01..2099-01-01",
    "/privacy/changes/../../..",
    "/look/../privacy.css",
    "/look/000000000000.css",
    "/privacy\x00",
    "/privacy/2020-01-01\n",
    "/" + "a" * 5000,
]


@pytest.mark.parametrize("path", TRICKS)
def test_tricks_with_paths_find_nothing(workshop: Workshop, path: str) -> None:
    status, content = workshop.get_raw(path)
    assert status in (400, 404)
    assert b"root:" not in content
    assert b"evil.example" not in content


@pytest.mark.parametrize(
    "path", ["/privacy/%2e%2e/", "/static/%2e%2e/%2e%2e/upheld.sqlite3", "/privacy/..%2f..%2fetc%2fpasswd"]
)
def test_tricks_that_are_decoded_on_the_way_find_nothing_either(workshop: Workshop, path: str) -> None:
    assert workshop.get(path).status_code in (400, 404)
