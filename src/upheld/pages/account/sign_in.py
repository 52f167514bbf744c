"""Signing in and out."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.loader import render_to_string

from upheld.pages.account.guards import Doorway, at_doorway
from upheld.pages.chrome import make_chrome
from upheld.web.hosts import SiteRequest


@at_doorway
def show_sign_in(request: SiteRequest, doorway: Doorway) -> HttpResponse:
    """The form to sign in."""
    return HttpResponse(render_to_string("pages/account/sign_in.html", {"chrome": make_chrome(request.shelved)}))
