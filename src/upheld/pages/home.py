"""A site's first page and the style sheet with its colour."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import get_script_prefix

from upheld.pages.chrome import digest_look, find_current, make_chrome, write_look
from upheld.pages.home_content import read_home
from upheld.pages.merging import find_stamp
from upheld.pages.policy_view import count_rules
from upheld.pages.shipping import find_order_href
from upheld.web.bodies import answer_body
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest


@only_reads
def show_home(request: SiteRequest) -> HttpResponse:
    """The first page, in the tone its policy file names."""
    shelved = request.shelved
    good = find_current(shelved)

    def render() -> str:
        context = {
            "chrome": make_chrome(shelved),
            "home": read_home(shelved.site.home),
            "sentences": len(good.policy.sentences),
            "rules": count_rules(good.policy),
            "order": find_order_href(good),
        }
        return render_to_string(f"pages/home_{shelved.site.tone}.html", context)

    return answer_body(request, ("home", find_stamp(shelved), good.policy.digest, get_script_prefix()), render)


@only_reads
def show_look(request: SiteRequest, digest: str) -> HttpResponse:
    """The site's colour as a style sheet; another digest than today's is not found."""
    accent = request.shelved.site.accent
    if digest != digest_look(accent):
        raise Http404
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(write_look(accent), content_type="text/css; charset=utf-8", headers=headers)
