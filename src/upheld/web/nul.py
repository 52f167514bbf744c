"""Refuses the sign NUL, which nobody can type: PostgreSQL keeps and looks for no text that holds it."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.core.handlers.exception import response_for_exception
from django.db import DataError
from django.http import HttpRequest, HttpResponseBase, QueryDict

NUL = "\x00"
# The programs' own way in says what is wrong in its own form.
API = "/api/"


class NulMiddleware:
    """Stands behind the hosts, so that the page that says no is the site's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, or status 400."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> None:
        """Raises SuspiciousOperation, which Django answers with the page for requests that cannot be read."""
        if not request.path_info.startswith(API) and (NUL in request.path_info or has_nul(request.GET)):
            raise refuse()

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """The same page where NUL came in a form that did not look for it; a form that does keeps what was typed."""
        if isinstance(exception, DataError) and has_nul(request.POST):
            return response_for_exception(request, refuse())
        return None


def has_nul(given: QueryDict) -> bool:
    """Whether the sign stands in any name or value."""
    return any(NUL in text for name, texts in given.lists() for text in (name, *map(str, texts)))


def refuse() -> SuspiciousOperation:
    """What Django answers with status 400."""
    return SuspiciousOperation("a sign that nobody can type")
