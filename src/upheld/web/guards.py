"""Guards that stand before a view: what a request must be to be let in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from upheld.web.hosts import SiteRequest

P = ParamSpec("P")
READING = ("GET", "HEAD")
PUBLIC = "upheld_public_reading"


def only_reads(
    view: Callable[Concatenate[SiteRequest, P], HttpResponse],
) -> Callable[Concatenate[SiteRequest, P], HttpResponse]:
    """Lets GET and HEAD through; everything else gets a page that says so, with status 405."""

    @wraps(view)
    def guard(request: SiteRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in READING:
            return view(request, *args, **kwargs)
        body = render_to_string("elements/only_reads.html")
        return HttpResponseNotAllowed(READING, body, status=HTTPStatus.METHOD_NOT_ALLOWED)

    setattr(guard, PUBLIC, guard)
    return guard


def is_public_reading(view: Callable[..., object]) -> bool:
    """Whether the view is one that only reads, with no other guard around it: a guard copies the mark, not the place."""
    return getattr(view, PUBLIC, None) is view
