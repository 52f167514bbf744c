"""The console's pages for what went wrong: they say what to do next and repeat nothing that was sent."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from upheld.console.guards import for_anyone


def answer_forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a post that did not come from a page of ours, or whose mark is that of a session before this one.

    In the second case the text of a policy that came with it is given back.
    """
    # It knows the guards, which this page stands behind.
    from upheld.console.drafts import answer_kept, holds_text  # noqa: PLC0415

    if holds_text(request):
        return answer_kept(request)
    return render(request, "console/forged.html", status=HTTPStatus.FORBIDDEN)


def answer_too_large(request: HttpRequest) -> HttpResponse:
    """413 for a form with more in it than this server reads."""
    return render(request, "console/too_large.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@for_anyone
def answer_not_here(request: HttpRequest) -> HttpResponse:
    """404: nothing there, or nothing for this member of staff; the two look alike."""
    return render(request, "console/not_here.html", status=HTTPStatus.NOT_FOUND)
