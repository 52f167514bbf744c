"""The pages for what went wrong: they say what to do next and repeat nothing that was typed."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from upheld.core.fields.plan import find_path
from upheld.pages.chrome import find_current, make_chrome
from upheld.web.hosts import SiteRequest


def answer_not_named(request: SiteRequest, exception: Exception) -> HttpResponse:
    """404 on a site: no sentence names a page at this address; or the policy has something asked there that is not built.

    Which of the two anybody can read in the policy. The rest staff ask in the console, which this page does not know.
    """
    context = {"chrome": make_chrome(request.shelved), "is_allowed": is_allowed(request)}
    return HttpResponse(render_to_string("pages/not_named.html", context), status=HTTPStatus.NOT_FOUND)


def is_allowed(request: SiteRequest) -> bool:
    """Whether a touchpoint that the policy declares stands at the address: a rule may have something asked there."""
    words = find_current(request.shelved).policy.words
    path = request.path_info.rstrip("/")
    return any(find_path(words, name) == path for name in words.leaves("touchpoint"))


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 on the overview."""
    return HttpResponse(render_to_string("pages/not_found.html"), status=HTTPStatus.NOT_FOUND)


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for a request that cannot be read at all."""
    return HttpResponse(render_to_string("pages/bad_request.html"), status=HTTPStatus.BAD_REQUEST)


def answer_failure(request: HttpRequest) -> HttpResponse:
    """500: our fault, and nothing of its cause is shown."""
    return HttpResponse(render_to_string("pages/failure.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR)
