"""What people see when the database cannot be reached or its disk is full: that nothing was kept, and to come back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

API = "/api/"
RETRY_AFTER_SECONDS = 60


class OutageMiddleware:
    """Turns a failing database into status 503; any other fault stays one of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page, or a problem for programs. The database's own words may repeat a value and stay out of the log."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("the database does not do what is asked of it: %s", name_state(exception))
        response: HttpResponse
        if request.path_info.startswith(API):
            told = {"type": "about:blank", "title": "nothing can be kept just now", "status": 503}
            response = JsonResponse(
                told, status=HTTPStatus.SERVICE_UNAVAILABLE, content_type="application/problem+json"
            )
        else:
            body = render_to_string("elements/outage.html")
            response = HttpResponse(body, status=HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        response.headers["Cache-Control"] = "no-store"
        # Django would repeat the path in the log, and a path may hold a link that lets somebody in.
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - its only way to be told
        return response


def name_state(problem: Exception) -> str:
    """What went wrong as a name or a code, such as `SQLITE_FULL` or `57P03`, never as a text."""
    cause = problem.__cause__
    return str(getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or type(problem).__name__)
