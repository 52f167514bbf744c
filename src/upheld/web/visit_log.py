"""The log of visits: of each page of a site exactly what its policy has noted, handed to whoever writes it; keeps nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase

from upheld.core.fields import VisitField, list_visit_fields
from upheld.core.policy.compile import Table
from upheld.web.shelf import Shelved

# Takes the site, the moment, and what is noted by category.
VisitWriter = Callable[[str, datetime, tuple[tuple[str, str], ...]], None]

MOST_REMEMBERED = 64
NO_PAGE = "(no page)"
# Parts of an address that the site itself made up and shows in links; any other may be a secret of the visitor's.
PLAIN_PARTS = frozenset({"path", "name", "day", "old", "new", "digest"})

_writer: VisitWriter | None = None
_fields: dict[str, tuple[VisitField, ...]] = {}


def place_visit_writer(writer: VisitWriter | None) -> None:
    """Give this process what writes the log; without one no visit is noted."""
    global _writer  # noqa: PLW0603 - one process has one log, as it has one shelf
    _writer = writer


class VisitMiddleware:
    """Notes each page of a site that was asked for, once it has been answered; files of the look are no pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, unchanged."""
        response = self.get_response(request)
        shelved: Shelved | None = getattr(request, "shelved", None)
        if shelved is not None and _writer is not None and not is_style(request):
            now = datetime.now(UTC)
            noted = note_visit(request, response, shelved.in_force(now.date()).table, now)
            if noted:
                _writer(shelved.slug, now, noted)
        return response


def note_visit(
    request: HttpRequest, response: HttpResponseBase, table: Table, now: datetime
) -> tuple[tuple[str, str], ...]:
    """What the policy has noted of this request, by category; empty when it has nothing noted."""
    return tuple((field.data, read_part(field.part, request, response, now)) for field in find_fields(table))


def find_fields(table: Table) -> tuple[VisitField, ...]:
    """What a policy has noted of a visit, read once for each version of it."""
    digest = table.policy.digest
    fields = _fields.get(digest)
    if fields is None:
        if len(_fields) >= MOST_REMEMBERED:
            _fields.clear()
        fields = _fields[digest] = list_visit_fields(table)
    return fields


def read_part(part: str, request: HttpRequest, response: HttpResponseBase, now: datetime) -> str:
    """One part of a request: `address`, `page`, `time`, `hour` or `referrer`; raises ValueError for any other.

    Of where a visitor comes from the host alone is noted: what stands behind it may say who they are.
    """
    if part == "address":
        return str(request.META.get("REMOTE_ADDR", ""))
    if part == "page":
        return name_page(request, response)
    if part == "time":
        return now.isoformat(timespec="seconds")
    if part == "hour":
        return now.replace(minute=0, second=0, microsecond=0).isoformat(timespec="minutes")
    if part == "referrer":
        return find_host(str(request.META.get("HTTP_REFERER", "")))
    raise ValueError(f"nothing of a request is called `{part}`")


def find_host(address: str) -> str:
    """The host of an address, or an empty text for what is none."""
    try:
        return (urlsplit(address).hostname or "")[:253]
    except ValueError:
        return ""


def name_page(request: HttpRequest, response: HttpResponseBase) -> str:
    """The page that was asked for, without what was typed behind it.

    Where no page is, what stood in the address is the visitor's own text and is not repeated. What an address holds
    besides names of ours, such as the key in a link from a mail, is noted as what it is and not as what it says.
    """
    match = request.resolver_match
    if match is None or response.status_code == 404:
        return NO_PAGE
    if match.args:
        return f"/{match.route}"
    page = request.path_info
    for name, value in match.kwargs.items():
        if name not in PLAIN_PARTS and str(value):
            if str(value) not in page:
                return f"/{match.route}"
            page = page.replace(str(value), f"<{name}>")
    return page


def is_style(request: HttpRequest) -> bool:
    """Whether it is the site's own style sheet, which belongs to a page."""
    return request.path_info.startswith("/look/")
