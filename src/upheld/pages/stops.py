"""The link in a proof of delivery by which whoever was named for a parcel stops such messages; needs no account, and opens nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.stops import find_named, stop_named
from upheld.actions.throttle import count_try
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import say_name
from upheld.core.shipping.ordering import find_ordering, find_proof
from upheld.pages.account.asking import Onward, refuse_method
from upheld.pages.account.guards import keep_private
from upheld.pages.chrome import make_chrome
from upheld.web.binding import make_binding
from upheld.web.forms import Why, quote_sentences
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest
from upheld.web.networks import name_network

MOST_LOOKS, WITHIN = 60, timedelta(hours=1)


@same_origin_posts
def show_stop(request: SiteRequest, token: str) -> HttpResponse:
    """What the link is about, and one button; only the button changes something. One that was used or never was, says so."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    now = datetime.now(UTC)
    binding = access_proofs(request, now)
    found = find_named(binding, token)
    if found is None:  # one that works is never counted: the mail server of a large house opens many of them
        who = name_network(request)
        if not count_try(site=binding.site, what="named link", who=who, most=MOST_LOOKS, within=WITHIN, now=now):
            lines = ("Links that are none were opened too often from your network. Wait an hour and try again.",)
            return say(request, "Not just now", lines, HTTPStatus.TOO_MANY_REQUESTS)
    if found is None or found.is_stopped:
        return say_over(request)
    if request.method == "POST":
        if not stop_named(binding, token=token, now=now):
            return say_over(request)
        return keep_private(HttpResponseRedirect(reverse("stopped"), status=HTTPStatus.SEE_OTHER))
    context = {
        "chrome": make_chrome(request.shelved),
        "action": request.path,
        "messages": say_name(found.mail_class, "mail", binding.policy.words),
        "whys": quote_promise(binding),
    }
    return keep_private(HttpResponse(render_to_string("pages/shipping/stop.html", context)))


@same_origin_posts
def show_stopped(request: SiteRequest) -> HttpResponse:
    """That it is done; the same for everybody, so it tells nothing of whose link it was."""
    access_proofs(request, datetime.now(UTC))
    lines = (
        "From now on nothing of this sort goes to your address, whoever names it. What was waiting to be sent was taken back.",
        "Who named you for a parcel sees that you are not told. They do not see more than that.",
    )
    return say(request, "You get no more of these messages", lines, HTTPStatus.OK)


def access_proofs(request: SiteRequest, now: datetime) -> Binding:
    """The site's gates; 404 where the policy sends no proof of delivery to people who were named."""
    binding = make_binding(request.shelved, now.date())
    if find_proof(binding.gate.table) is None:
        raise Http404
    return binding


def quote_promise(binding: Binding) -> tuple[Why, ...]:
    """What the policy promises to whoever was named: the sentence that rules out every other use, else the one that lets this."""
    ordering, proof = find_ordering(binding.gate.table), find_proof(binding.gate.table)
    if ordering is None or proof is None or not ordering.email:
        return ()
    purposes = binding.policy.words.leaves("purpose")
    asked = [binding.ask(Act("use", (ordering.email,), purpose), {"requested": True}) for purpose in purposes]
    cut = [verdict for verdict, purpose in zip(asked, purposes, strict=True) if verdict.is_cut]
    found = cut or [verdict for verdict in asked if verdict.is_permitted]
    refs = Counter(verdict.because[0] for verdict in found if verdict.because).most_common(1)
    return quote_sentences(binding.policy, [ref for ref, _ in refs], reverse("policy"))


def say_over(request: SiteRequest) -> HttpResponse:
    """The answer to every link that stops nothing: it was used already, or it is not one of ours."""
    lines = (
        "Either these messages are stopped already, or a part of the link is missing.",
        "If they go on, open the link in the newest one.",
    )
    return say(request, "There is nothing to stop", lines, HTTPStatus.NOT_FOUND)


def say(request: SiteRequest, title: str, lines: tuple[str, ...], status: HTTPStatus) -> HttpResponse:
    """A page that says one thing."""
    onward = (Onward("The first page", reverse("home")),)
    context = {"chrome": make_chrome(request.shelved), "title": title, "lines": lines, "onward": onward}
    return keep_private(HttpResponse(render_to_string("pages/account/said.html", context), status=status))
