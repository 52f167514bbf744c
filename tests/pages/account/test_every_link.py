"""Every link of a site leads somewhere, for a stranger and for a customer: nothing points at what is planned and not there."""

from __future__ import annotations

import re
from collections import deque
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from tests.actions.stage import binding, cast, databases
from tests.pages.account.visitors import HOST, Visitor, ada, now, site
from tests.web.sites import settings_as

__all__ = ["ada", "binding", "cast", "databases", "now", "settings_as", "site"]

HERE = f"http://{HOST}"
# Where a link or a form of a page may lead. What a browser fetches for a page is held elsewhere.
LINKS = re.compile(rb"<(?:a|form)\b[^>]*?\b(?:href|action)=\"([^\"]*)\"")


def list_links(page: str, content: bytes) -> list[str]:
    """The paths on this host that the page leads to, without what stands behind ? and #."""
    found = (urlsplit(urljoin(HERE + page, unescape(link.decode()))) for link in LINKS.findall(content))
    return [parts.path for parts in found if parts.scheme == "http" and parts.netloc == HOST]


def walk(visitor: Visitor) -> dict[str, int]:
    """The status of every address that can be reached from the first page by links and forms."""
    statuses: dict[str, int] = {}
    waiting = deque(["/"])
    while waiting:
        path = waiting.popleft()
        if path in statuses:
            continue
        answer: Any = visitor.get(path)
        statuses[path] = answer.status_code
        if answer.status_code in (301, 302, 303, 308):
            waiting.append(urlsplit(answer.headers["Location"]).path)
        elif answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            waiting += list_links(path, answer.content)
    return statuses


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_no_link_leads_to_what_is_not_there(ada: Visitor, is_signed_in: bool) -> None:
    statuses = walk(ada if is_signed_in else Visitor())
    # An address that only takes what a form sends says so (405).
    assert {path: status for path, status in statuses.items() if status not in (200, 301, 302, 303, 308, 405)} == {}
    assert {"/feedback", "/privacy", "/privacy/ask"} <= statuses.keys()
    # The first page is the same for everybody, so the way in stands there for whoever is in, too.
    assert ("/register" in statuses, "/account/held" in statuses) == (True, is_signed_in)
    assert statuses["/ship"] == (200 if is_signed_in else 303)
