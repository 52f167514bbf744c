"""Bad input: no page of the console breaks on odd addresses, odd queries or odd posts, and nothing comes of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.clerks import OWNER, SEAT, Console, list_kinds
from tests.console.test_door import list_pages

ODD = ("", "\x01é" * 1500, "99999999999999999999", "<script>' OR '1'='1")
# these do what they are for, whatever else is sent
DOERS = (
    "account_logout",
    "console-staff-close",
    "console-ledger-verify",
    "console-grant-review",
    "console-grant-end",
    "console-proof-now",
)
FIELDS = (
    "kind",
    "text",
    "role",
    "purpose",
    "case",
    "username",
    "reason",
    "outcome",
    "choice",
    "sure",
    "person",
    "name",
)


@pytest.fixture
def client(console: Console) -> Any:
    """The owner, who holds a role too: every page is open to them."""
    return console.sit_down(OWNER)


@pytest.mark.parametrize("odd", ODD)
def test_no_post_breaks_a_page_or_does_anything(console: Console, client: Any, odd: str) -> None:
    before = list_kinds()
    for name, _, address in list_pages():
        if name in DOERS:
            continue
        response = client.post(address.replace("p_" + "a" * 20, console.cast.ada.id), dict.fromkeys(FIELDS, odd))
        assert response.status_code < 500, (name, odd[:20])
        assert "<script>" not in response.content.decode(errors="replace")
    assert list_kinds() == before


@pytest.mark.parametrize("odd", ODD)
def test_no_query_breaks_a_page(console: Console, client: Any, odd: str) -> None:
    for name, _, address in list_pages():
        response = client.get(
            address, {"before": odd, "person": odd, "staff": odd, "kind": odd, "state": odd, "next": odd, "line": odd}
        )
        assert response.status_code < 500, (name, odd[:20])
        if response.status_code == 302:
            assert response.headers["Location"].startswith("/console/")


@pytest.mark.parametrize(
    "path",
    [
        "grants/99999999999999999999999/end/",
        "grants/0/review/",
        "people/%00/",
        "people/" + "p" * 3000 + "/",
        "cases/c_%F0%9F%8F%B4/",
        "ledger/-/receipt/",
        "outbox/----/settle/",
        "%2e%2e/%2e%2e/",
        "\u202e/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_breaks_a_page(client: Any, path: str, method: str) -> None:
    assert getattr(client, method)(SEAT + path).status_code in (302, 400, 404, 405)
    assert getattr(client, method)(f"/console/staff/{10**30}/link/").status_code in (404, 405)
    assert getattr(client, method)(f"/console/me/passkeys/{10**30}/").status_code in (302, 404, 405)
