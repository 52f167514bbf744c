"""Where the link at the end of a message leads: one button that stops such messages, and the choices behind it.

Whoever has the link may answer the choices that messages depend on, and sees nothing else of whose message it was. A mail
program may press the button by itself (RFC 8058, read 2026-11-22): it brings no cookie and no origin, and needs none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, cast

from django.db import DatabaseError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.held import YOU
from upheld.actions.receipts import find_receipt
from upheld.actions.stopping import find_stopper, has_stop_links, open_stop_link
from upheld.actions.throttle import count_try
from upheld.actions.unsubscribing import (
    answer_by_link,
    find_entry,
    list_message_choices,
    resume_messages,
    stop_messages,
)
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import find_spared, list_stoppable
from upheld.pages.account.asking import Onward, read_text
from upheld.pages.account.guards import keep_private
from upheld.pages.account.receipts import send_receipt
from upheld.pages.account.sent import refuse_method
from upheld.pages.chrome import make_chrome
from upheld.pages.stopping_words import (
    NO,
    YES,
    Held,
    find_choices_href,
    find_receipt_href,
    find_stopping_sentences,
    is_stopped,
    keep_evidence,
    list_also,
    list_choices,
    list_stopped_by_link,
    list_unstoppable,
    quote,
    say_class,
    say_classes,
)
from upheld.web.binding import make_binding
from upheld.web.guards import is_same_origin, only_where, same_origin_posts
from upheld.web.hosts import SiteRequest
from upheld.web.networks import name_network

P = ParamSpec("P")
logger = logging.getLogger(__name__)

DONE, AGAIN = "done", "again"
ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058, section 3.2
# Links that do not work, from one network; one that works is never counted, since a mail server presses many.
MOST_WRONG, WITHIN = 30, timedelta(hours=1)


def has_stopping(request: SiteRequest, **_: object) -> bool:
    """Whether the policy in force puts such a link into any message; without one there is no page for it."""
    return has_stop_links(make_binding(request.shelved, datetime.now(UTC).date()).policy)


def with_link(
    view: Callable[Concatenate[SiteRequest, Held, P], HttpResponse],
) -> Callable[Concatenate[SiteRequest, str, P], HttpResponse]:
    """For pages behind such a link: one that does not work gets the same calm page, whatever is wrong with it."""

    @only_where(has_stopping)
    @wraps(view)
    def guard(request: SiteRequest, /, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        now = datetime.now(UTC)
        binding = make_binding(request.shelved, now.date())
        if not has_stop_links(binding.policy):
            raise Http404
        link = open_stop_link(binding.site, token)
        if link is None:
            return keep_private(refuse_link(request, binding, now))
        person = find_stopper(binding.site, link)
        if person is None and link.person:
            return keep_private(say_over(request, HTTPStatus.GONE))
        try:
            return keep_private(view(request, Held(binding, link, person, token, now), *args, **kwargs))
        except (DatabaseError, OSError) as problem:
            logger.error("site %s: a no could not be recorded: %s", binding.site, type(problem).__name__)  # noqa: TRY400 - the cause may repeat what was sent
            return keep_private(say_later(request))

    return cast("Callable[Concatenate[SiteRequest, str, P], HttpResponse]", guard)


@with_link  # and no guard against foreign pages: whoever has the link may say no, from wherever
def show_stopping(request: SiteRequest, held: Held) -> HttpResponse:
    """One button that stops such messages; a mail program that presses it is answered in a word."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if held.link.mail_class not in list_stoppable(held.binding.policy):
        return say_unstoppable(request, held)
    if request.method == "POST":
        is_one_click = read_text(request, ONE_CLICK[0]) == ONE_CLICK[1]
        if read_text(request, "do") == AGAIN and not is_one_click:
            return take_again(request, held)
        if held.person is not None:
            choices = list_stopped_by_link(held)
            shown = keep_evidence(held, "Stop these messages", choices) if choices and not is_one_click else ""
            stop_messages(
                held.binding,
                person=held.person,
                link=held.link,
                is_one_click=is_one_click,
                now=held.now,
                shown=shown,
            )
        if is_one_click:
            return HttpResponse("Stopped.\n", content_type="text/plain; charset=utf-8")
        return HttpResponseRedirect(f"{request.path}?{DONE}", status=HTTPStatus.SEE_OTHER)
    if held.person is not None and is_stopped(held):
        return show_stopped(request, held)
    context = {
        "action": request.path,
        "label": say_class(held),
        "also": say_classes(held, list_also(held)),
        "is_test": held.person is None,
        "choices": find_choices_href(held),
        "whys": quote(held, find_stopping_sentences(held)),
    }
    return answer(request, "link", HTTPStatus.OK, **context)


def take_again(request: SiteRequest, held: Held) -> HttpResponse:
    """Such messages come again: a class that no choice stops has only the link to say so. Not from a foreign page."""
    if not is_same_origin(request):
        return HttpResponse(render_to_string("elements/foreign_post.html"), status=HTTPStatus.FORBIDDEN)
    if held.person is not None:
        resume_messages(held.binding, person=held.person, link=held.link, now=held.now)
    return HttpResponseRedirect(request.path, status=HTTPStatus.SEE_OTHER)


def show_stopped(request: SiteRequest, held: Held) -> HttpResponse:
    """That such messages are stopped, with what proves it, and the way to change it."""
    context = {
        "stopped": say_classes(held, (held.link.mail_class, *list_also(held))),
        "choices": find_choices_href(held),
        "receipt": next((find_receipt_href(held, choice) for choice in list_stopped_by_link(held)), ""),
        "unstoppable": list_unstoppable(held),
        "again": "" if list_stopped_by_link(held) else request.path,
    }
    return answer(request, "done", HTTPStatus.OK, **context)


def say_unstoppable(request: SiteRequest, held: Held) -> HttpResponse:
    """That no answer stops such messages, with the sentence; another version of the policy may have put the link there."""
    policy, name = held.binding.policy, held.link.mail_class
    whys = quote(held, find_spared(policy).get(name, ()))
    status = HTTPStatus.CONFLICT if request.method == "POST" else HTTPStatus.OK
    return answer(request, "spared", status, label=say_class(held), whys=whys, choices=find_choices_href(held))


@same_origin_posts
@with_link
def show_choices(request: SiteRequest, held: Held) -> HttpResponse:
    """The choices that messages depend on, for who has the link and is not signed in; or one answer recorded."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if held.person is None:
        return say_test(request)
    fault, status = "", HTTPStatus.OK
    if request.method == "POST":
        choice, said = read_text(request, "choice"), read_text(request, "answer")
        if choice in list_message_choices(held.binding) and said in (YES, NO):
            shown = keep_evidence(held, "Save answer", (choice,))
            answer_by_link(
                held.binding, person=held.person, choice=choice, is_yes=said == YES, now=held.now, shown=shown
            )
            return HttpResponseRedirect(f"{request.path}?{DONE}={choice}", status=HTTPStatus.SEE_OTHER)
        fault, status = "pick yes or no", HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "action": request.path,
        "choices": list_choices(held, held.person, request.GET.get(DONE, "")),
        "unstoppable": list_unstoppable(held),
        "fault": fault,
        "back": reverse("stopping", args=[held.token]),
    }
    return answer(request, "choices", status, **context)


@with_link
def give_receipt(request: SiteRequest, held: Held, choice: str) -> HttpResponse:
    """The proof of the latest answer to one choice, as a file; 404 where there is none, or it has no place yet."""
    refused = refuse_method(request, takes_posts=False)
    if refused is not None:
        return refused
    if held.person is None or choice not in list_message_choices(held.binding):
        raise Http404
    entry = find_entry(held.binding.site, held.person, choice)
    receipt = find_receipt(held.binding.site, entry=entry, about={held.person.id: YOU}, now=held.now)
    if receipt is None:
        raise Http404
    if not receipt.is_ready:
        lines = ("Your answer is recorded. Its proof is ready in a few seconds: open this page again.",)
        return say(request, "One moment", lines, HTTPStatus.OK)
    return send_receipt(receipt.text, held.binding.site, entry)


def refuse_link(request: SiteRequest, binding: Binding, now: datetime) -> HttpResponse:
    """The answer to a link that was not made here; after many of them from one network the answer is to wait."""
    who = name_network(request)
    if not count_try(site=binding.site, what="stop link", who=who, most=MOST_WRONG, within=WITHIN, now=now):
        return say_over(request, HTTPStatus.TOO_MANY_REQUESTS)
    return say_over(request, HTTPStatus.NOT_FOUND)


def say_over(request: SiteRequest, status: HTTPStatus) -> HttpResponse:
    """The same page for every link that stops nothing; it does not say whether it ever did."""
    lines = (
        "A part of the link may be missing, or nothing is held any more about whose message it was.",
        "Nothing was changed. If messages still come, open the link in the newest one, or write to us.",
    )
    return say(request, "This link stops nothing", lines, status)


def say_later(request: SiteRequest) -> HttpResponse:
    """That it did not work just now."""
    lines = ("Your answer could not be recorded just now. Nothing was changed. Open the link once more in a minute.",)
    return say(request, "That did not work", lines, HTTPStatus.SERVICE_UNAVAILABLE)


def say_test(request: SiteRequest) -> HttpResponse:
    """What stands behind the link of a test."""
    lines = (
        "This link came in a test, which belongs to nobody. In a real message it leads to the choices of who got it.",
    )
    return say(request, "A test stops nothing", lines, HTTPStatus.OK)


def say(request: SiteRequest, title: str, lines: tuple[str, ...], status: HTTPStatus) -> HttpResponse:
    """A page that says one thing."""
    onward = (Onward("The first page", reverse("home")),)
    context = {"chrome": make_chrome(request.shelved), "title": title, "lines": lines, "onward": onward}
    return HttpResponse(render_to_string("pages/account/said.html", context), status=status)


def answer(request: SiteRequest, template: str, status: HTTPStatus, **context: object) -> HttpResponse:
    """A page of this room."""
    around = {"chrome": make_chrome(request.shelved), **context}
    return HttpResponse(render_to_string(f"pages/stopping/{template}.html", around), status=status)
