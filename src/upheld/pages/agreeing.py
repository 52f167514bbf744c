"""The link by which somebody outside agrees to a legal demand, or does not, where the policy lets them stand in; needs no account.

The page shows an outline: the ground, who demands, which categories, of how many people. Nothing tells who they are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.demand_answers import answer_by_link, find_outline
from upheld.actions.demands import HeldDemand
from upheld.actions.throttle import count_try
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.approving import find_stand_in
from upheld.core.rights.telling import say_day
from upheld.pages.account.asking import Onward, refuse_method
from upheld.pages.account.guards import keep_private
from upheld.pages.chrome import make_chrome
from upheld.web.binding import make_binding
from upheld.web.forms import quote_sentences
from upheld.web.guards import only_where, same_origin_posts
from upheld.web.hosts import SiteRequest
from upheld.web.networks import name_network

MOST_LOOKS, WITHIN = 60, timedelta(hours=1)
YES, NO = "yes", "no"


def is_declared(request: SiteRequest, **_: object) -> bool:
    """Whether the policy lets somebody outside stand in; without its sentence there is no such page."""
    declared = find_stand_in(make_binding(request.shelved, datetime.now(UTC).date()).policy)
    return declared is not None and declared.is_outside


@same_origin_posts
@only_where(is_declared)
def show_agreeing(request: SiteRequest, token: str) -> HttpResponse:
    """What the link is about and two buttons of the same weight; only a button answers, and then the link is used up."""
    if not is_declared(request):
        raise Http404
    refused = refuse_method(request)
    if refused is not None:
        return refused
    now = datetime.now(UTC)
    binding = make_binding(request.shelved, now.date())
    who = name_network(request)
    if not count_try(site=binding.site, what="agreeing link", who=who, most=MOST_LOOKS, within=WITHIN, now=now):
        lines = ("Links were opened too often from your network. Wait an hour and open it again.",)
        return say(request, "Not just now", lines, HTTPStatus.TOO_MANY_REQUESTS)
    if request.method == "POST":
        return take_answer(request, binding, token, now)
    held = find_outline(binding, token, now)
    if held is None or held.ground is None:
        return say_over(request)
    context = {
        "chrome": make_chrome(request.shelved),
        "action": request.path,
        "pairs": list_outline(binding, held),
        "whys": quote_sentences(binding.policy, [held.ground.sentence], reverse("policy")),
    }
    return keep_private(HttpResponse(render_to_string("pages/agreeing.html", context)))


def take_answer(request: SiteRequest, binding: Binding, token: str, now: datetime) -> HttpResponse:
    """The answer is noted; of two at once one is."""
    answer = request.POST.get("answer", "")
    if answer not in (YES, NO):
        return say(request, "No answer came with it", ("Open the link again and press one of the two buttons.",),
                   HTTPStatus.UNPROCESSABLE_ENTITY)  # fmt: skip
    held = answer_by_link(binding, token, is_yes=answer == YES, now=now)
    if held is None:
        return say_over(request)
    said = "You agreed. Your answer is recorded." if answer == YES else "You did not agree. Nothing is given out on it."
    return say(request, "Thank you", (said, "The link is used up. You need not do anything more."), HTTPStatus.OK)


def list_outline(binding: Binding, held: HeldDemand) -> tuple[tuple[str, str], ...]:
    """What somebody outside is shown, in words."""
    words, row, count = binding.policy.words, held.row, len(held.people)
    grounds = words.of_sort("ground")
    found = [
        ("Number", row.number),
        ("Ground", capitalise(grounds[row.ground].value if row.ground in grounds else row.ground)),
        ("Who asks for it", capitalise(say_name(row.kind, "recipient", words))),
        ("What would go", capitalise(join_words(words.label(leaf, "data") for leaf in held.narrowed.given))),
        ("About", f"{count} {'person' if count == 1 else 'people'}"),
    ]
    if row.since or row.until:
        days = (f"from {say_day(row.since)}" if row.since else "", f"to {say_day(row.until)}" if row.until else "")
        found.append(("Of these days", " ".join(filter(None, days))))
    if row.due_at:
        found.append(("An answer is due", say_day(row.due_at)))
    return tuple(found)


def say_over(request: SiteRequest) -> HttpResponse:
    """The answer to every link that does not work; it does not say which sort it is."""
    lines = ("It was used, it is over, or what it was about has changed.", "Ask whoever gave it to you for a new one.")
    return say(request, "This link does not work", lines, HTTPStatus.NOT_FOUND)


def say(request: SiteRequest, title: str, lines: tuple[str, ...], status: HTTPStatus) -> HttpResponse:
    """A page that says one thing."""
    onward = (Onward("The first page", reverse("home")),)
    context = {"chrome": make_chrome(request.shelved), "title": title, "lines": lines, "onward": onward}
    return keep_private(HttpResponse(render_to_string("pages/account/said.html", context), status=status))
