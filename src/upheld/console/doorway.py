"""The door of the console: who is signed in is asked below /console/ on the overview's host and nowhere else.

Knows no page. A site's host never sees the staff's cookies read or set, and a customer's cookie says nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.account.middleware import AccountMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from upheld.console.guards import is_guarded
from upheld.console.wrong import answer_not_here, answer_too_large
from upheld.web.headers import allow_own_scripts

ROOT = "/console/"


class ConsoleMiddleware:
    """Runs sessions, the guard against forged posts, sign-in and messages, for requests to the console only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.account = AccountMiddleware(get_response)
        inner: Any = self.account
        inner = MessageMiddleware(inner)
        inner = AuthenticationMiddleware(inner)
        self.csrf = CsrfViewMiddleware(inner)
        self.inside: Any = SessionMiddleware(cast("Any", self.csrf))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer; what the console says is for nobody's store, and may run the console's own scripts."""
        if not is_console(request):
            return self.get_response(request)
        response: HttpResponseBase = self.inside(request)
        response.headers["Cache-Control"] = "no-store"
        allow_own_scripts(response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Refuse a page that nobody gave a guard, and a post that did not come from our own form."""
        if not is_console(request):
            return None
        if not is_guarded(view):
            return answer_not_here(request)
        try:
            return self.csrf.process_view(request, view, args, kwargs)
        except RequestDataTooBig:
            return answer_too_large(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Our own page for what is not there, and allauth's way of asking for the password again."""
        if not is_console(request):
            return None
        if isinstance(exception, Http404):
            return answer_not_here(request)
        if isinstance(exception, RequestDataTooBig):  # where the guard against forged posts had no need to read it
            return answer_too_large(request)
        answer: HttpResponseBase | None = self.account.process_exception(request, exception)
        return answer


def is_console(request: HttpRequest) -> bool:
    """Whether the request is for the console: the overview's host, not a site below its prefix."""
    return not hasattr(request, "shelved") and request.path_info.startswith(ROOT)
