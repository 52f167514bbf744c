"""What a proxy says of a visitor is believed from the proxies that were named, and from nobody else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.server.proxy import UNNAMED_PROXY, trust_proxies
from upheld.web import transport

NAMED = ("10.0.0.0/8", "127.0.0.1/32")


def ask(peer: str, networks: tuple[str, ...] = NAMED, **headers: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.update(environ)
        return []

    environ: dict[str, Any] = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", **headers}
    list(trust_proxies(application, networks)(environ, lambda *_: None))
    return seen


def test_it_works() -> None:
    seen = ask("10.1.2.3", HTTP_X_FORWARDED_FOR="203.0.113.9", HTTP_X_FORWARDED_PROTO="https")
    assert seen["REMOTE_ADDR"] == "203.0.113.9"
    assert seen["wsgi.url_scheme"] == "https"
    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert UNNAMED_PROXY not in seen


def test_a_socket_for_both_kinds_of_address_knows_the_proxy_too() -> None:
    assert ask("::ffff:10.1.2.3", HTTP_X_FORWARDED_FOR="203.0.113.9")["REMOTE_ADDR"] == "203.0.113.9"


def test_a_stranger_cannot_say_who_they_are() -> None:
    seen = ask("198.51.100.4", HTTP_X_FORWARDED_FOR="127.0.0.1", HTTP_X_FORWARDED_PROTO="https")
    assert seen["REMOTE_ADDR"] == "198.51.100.4"
    assert seen["wsgi.url_scheme"] == "http"
    assert seen[UNNAMED_PROXY] is True


def test_a_visitor_cannot_put_addresses_in_front_of_their_own() -> None:
    seen = ask("10.1.2.3", HTTP_X_FORWARDED_FOR="127.0.0.1, 1.2.3.4, 203.0.113.9, 10.7.7.7")
    assert seen["REMOTE_ADDR"] == "203.0.113.9"


@pytest.mark.parametrize("chain", ["", "unknown", "203.0.113.9:443", "a, b", "10.1.1.1", ","])
def test_a_chain_without_an_address_leaves_the_proxys_own(chain: str) -> None:
    assert ask("10.1.2.3", HTTP_X_FORWARDED_FOR=chain)["REMOTE_ADDR"] == "10.1.2.3"


def test_a_proxy_that_says_nothing_of_the_scheme_is_not_taken_for_https() -> None:
    assert ask("10.1.2.3")["wsgi.url_scheme"] == "http"
    assert ask("10.1.2.3", HTTP_X_FORWARDED_PROTO="ftp")["wsgi.url_scheme"] == "http"


def test_without_a_proxy_nothing_changes() -> None:
    assert ask("198.51.100.4", ()) == {"REMOTE_ADDR": "198.51.100.4", "wsgi.url_scheme": "http"}


def test_both_rooms_mean_the_same_mark() -> None:
    assert transport.UNNAMED_PROXY == UNNAMED_PROXY


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["10.0.0.1", "198.51.100.4", "", "::1", "x"]))
def test_no_header_breaks_it(chain: str, scheme: str, peer: str) -> None:
    seen = ask(peer, HTTP_X_FORWARDED_FOR=chain, HTTP_X_FORWARDED_PROTO=scheme)
    assert seen["wsgi.url_scheme"] in ("http", "https")
