"""Refuses a request whose address holds the sign NUL: no page has a use for it, and PostgreSQL keeps no text with it."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponseBase

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
        if request.path_info.startswith(API):
            return
        if NUL in request.path_info or any(
            NUL in text for name, texts in request.GET.lists() for text in (name, *texts)
        ):
            raise SuspiciousOperation("a sign that no page has a use for")
