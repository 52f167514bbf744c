"""A site's first page and the style sheet with its colour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse

from upheld.core.fields import FormPlan
from upheld.pages.account.guards import find_account
from upheld.pages.chrome import FormLink, digest_look, find_current, find_form_href, make_chrome, write_look
from upheld.pages.home_content import read_home
from upheld.pages.merging import find_stamp
from upheld.pages.policy_view import count_rules
from upheld.pages.shipping import find_order_href
from upheld.pages.touchpoints import find_open_doorway
from upheld.web.bodies import answer_body
from upheld.web.form_tokens import issue_token
from upheld.web.forms import Form, lay_out_form
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest
from upheld.web.plans import SORTS, find_open_plan, list_open

# Tones whose first page holds the main form itself, where others lead to it.
HOLDING = frozenset({"clinic"})


@dataclass(frozen=True, slots=True)
class MainForm:
    """What most people come for: a link to the form, and the form itself where it stands on the first page."""

    title: str
    lead: str
    href: str
    form: Form | None = None


@only_reads
def show_home(request: SiteRequest) -> HttpResponse:
    """The first page, in the tone its policy file names."""
    shelved = request.shelved
    good = find_current(shelved)
    home = read_home(shelved.site.home)
    plan = find_open_plan(good, home.form)
    is_held = plan is not None and shelved.site.tone in HOLDING and plan.sort in SORTS

    def render() -> str:
        context = {
            "chrome": make_chrome(shelved),
            "home": home,
            "main_form": view_main_form(request, plan, is_held=is_held) if plan else None,
            "forms": tuple(FormLink(one.title, find_form_href(one)) for one in list_open(good) if one != plan),
            "sentences": len(good.policy.sentences),
            "rules": count_rules(good.policy),
            "order": find_order_href(good),
        }
        return render_to_string(f"pages/home_{shelved.site.tone}.html", context)

    if is_held:  # a form is made anew for whoever opens it
        return HttpResponse(render(), headers={"Cache-Control": "no-store"})
    return answer_body(request, ("home", find_stamp(shelved), good.policy.digest, get_script_prefix()), render)


def view_main_form(request: SiteRequest, plan: FormPlan, *, is_held: bool) -> MainForm:
    """The link to the form of this plan, and on a page that holds it the form, empty, for whoever asks."""
    href = find_form_href(plan)
    if not is_held:
        return MainForm(plan.title, plan.lead, href)
    good = find_current(request.shelved)
    doorway = find_open_doorway(request)
    account = find_account(request, doorway) if doorway else None
    token = issue_token(request.shelved.slug, plan.touchpoint, account.token if account else "", datetime.now(UTC))
    form = lay_out_form(plan, good.policy, action=href, policy_href=reverse("policy"), token=token)
    return MainForm(plan.title, plan.lead, href, form)


@only_reads
def show_look(request: SiteRequest, digest: str) -> HttpResponse:
    """The site's colour as a style sheet; another digest than today's is not found."""
    accent = request.shelved.site.accent
    if digest != digest_look(accent):
        raise Http404
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(write_look(accent), content_type="text/css; charset=utf-8", headers=headers)
