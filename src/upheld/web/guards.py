"""Guards that stand before a view: what a request must be to be let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from upheld.web.hosts import SiteRequest

P = ParamSpec("P")
READING = ("GET", "HEAD")
PUBLIC = "upheld_public_reading"
IS_PAGE = "upheld_is_page"


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


def same_origin_posts(
    view: Callable[Concatenate[SiteRequest, P], HttpResponse],
) -> Callable[Concatenate[SiteRequest, P], HttpResponse]:
    """Refuses a form that a page of somebody else sent from a visitor's browser, with status 403."""

    @wraps(view)
    def guard(request: SiteRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in READING or is_same_origin(request):
            return view(request, *args, **kwargs)
        return HttpResponse(render_to_string("elements/foreign_post.html"), status=HTTPStatus.FORBIDDEN)

    return guard


def is_same_origin(request: HttpRequest) -> bool:
    """Whether a page of this very origin sent the request, or no browser did.

    Every browser of today says where a post comes from; what says nothing has no cookies of a visitor to misuse.
    """
    fetched_from = request.headers.get("Sec-Fetch-Site", "")
    if fetched_from and fetched_from not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin", "")
    if not origin:
        return True
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    is_own_scheme = found.scheme == "https" or (found.scheme == "http" and not request.is_secure())
    return is_own_scheme and found.netloc.lower() == request.META.get("HTTP_HOST", "").lower()


def is_public_reading(view: Callable[..., object]) -> bool:
    """Whether the view is one that only reads, with no other guard around it: a guard copies the mark, not the place."""
    return getattr(view, PUBLIC, None) is view


def only_where(
    is_page: Callable[..., bool],
) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """For a view that many addresses lead to, of which only some are pages: `is_page` is asked with the view's own arguments."""

    def mark(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        setattr(view, IS_PAGE, is_page)
        return view

    return mark


def is_a_page(view: Callable[..., object], request: HttpRequest, arguments: Mapping[str, object]) -> bool:
    """Whether there is a page at this address; without one there is nothing to guard, and the answer is 404."""
    is_page: Callable[..., bool] | None = getattr(view, IS_PAGE, None)
    return is_page is None or is_page(request, **arguments)
