"""The console's pages for what went wrong: they say what to do next and repeat nothing that was sent."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from upheld.console.guards import for_anyone


def answer_forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a post that did not come from a page of ours."""
    return render(request, "console/forged.html", status=HTTPStatus.FORBIDDEN)


@for_anyone
def answer_not_here(request: HttpRequest) -> HttpResponse:
    """404: nothing there, or nothing for this member of staff; the two look alike."""
    return render(request, "console/not_here.html", status=HTTPStatus.NOT_FOUND)
