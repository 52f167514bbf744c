"""Where the link at the end of a message leads: one button that stops such messages, and the choices behind it.

Whoever has the link may answer the choices that messages depend on, and sees nothing else of whose message it was. A mail
program may press the button by itself (RFC 8058, read 2026-11-22): it brings no cookie and no origin, and needs none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, cast

from django.db import DatabaseError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.choices import settle_choices
from upheld.actions.held import YOU
from upheld.actions.receipts import find_receipt
from upheld.actions.stopping import StopLink, find_stopper, has_stop_links, open_stop_link
from upheld.actions.throttle import count_try
from upheld.actions.unsubscribing import (
    answer_by_link,
    find_entry,
    is_suppressed_for,
    list_message_choices,
    list_stopped_by,
    stop_messages,
)
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import find_spared, list_stoppable, list_stopped_classes
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.policy.saying.rules import say_rule
from upheld.core.rights.letting import find_reach
from upheld.pages.account.asking import Onward, read_text
from upheld.pages.account.guards import keep_private
from upheld.pages.account.receipts import send_receipt
from upheld.pages.account.sent import refuse_method
from upheld.pages.chrome import make_chrome
from upheld.records.models import Person
from upheld.web.binding import make_binding
from upheld.web.forms import Why, quote_sentences
from upheld.web.guards import only_where, same_origin_posts
from upheld.web.hosts import SiteRequest
from upheld.web.networks import name_network

P = ParamSpec("P")
logger = logging.getLogger(__name__)

DONE = "done"
YES, NO = "yes", "no"
ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058, section 3.2
# Links that do not work, from one network; one that works is never counted, since a mail server presses many.
MOST_WRONG, WITHIN = 30, timedelta(hours=1)
_UNASKED = {
    "opt-in": "You have not answered. That counts as a no.",
    "opt-out": "You have not answered. That counts as a yes.",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A link that works: the site's gates, what the link says, and whose message it was (None for a test)."""

    binding: Binding
    link: StopLink
    person: Person | None
    token: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """What one rule says a no does or does not do, with its sentences."""

    words: str
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One choice behind the link; `receipt` is where the proof of the latest answer is, empty without one."""

    name: str
    key: str
    label: str
    answer: str
    state: str
    effects: tuple[Effect, ...]
    is_done: bool
    receipt: str


@dataclass(frozen=True, slots=True)
class Unstoppable:
    """A class of message that no answer stops, with the sentence that says so."""

    label: str
    whys: tuple[Why, ...]


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
        if held.person is not None:
            stop_messages(held.binding, person=held.person, link=held.link, is_one_click=is_one_click, now=held.now)
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


def show_stopped(request: SiteRequest, held: Held) -> HttpResponse:
    """That such messages are stopped, with what proves it, and the way to change it."""
    context = {
        "stopped": say_classes(held, (held.link.mail_class, *list_also(held))),
        "choices": find_choices_href(held),
        "receipt": next((find_receipt_href(held, choice) for choice in list_stopped_by_link(held)), ""),
        "unstoppable": list_unstoppable(held),
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
            answer_by_link(held.binding, person=held.person, choice=choice, is_yes=said == YES, now=held.now)
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


def is_stopped(held: Held) -> bool:
    """Whether a no to everything that this link stops is what counts now."""
    if held.person is None:
        return False
    settled = settle_choices(held.binding, held.person)
    choices = list_stopped_by_link(held)
    return all(settled[choice] == NO for choice in choices) if choices else is_held_back(held)


def is_held_back(held: Held) -> bool:
    """Whether the person's addresses get no more of a class that no choice stops."""
    return held.person is not None and is_suppressed_for(held.binding, held.person, held.link.mail_class)


def list_stopped_by_link(held: Held) -> tuple[str, ...]:
    """The choices that this link says no to."""
    return list_stopped_by(held.binding, held.link.mail_class)


def list_also(held: Held) -> tuple[str, ...]:
    """Other classes that the same no stops."""
    found = {
        name
        for choice in list_stopped_by_link(held)
        for name in list_stopped_classes(held.binding.policy, choice)
        if name != held.link.mail_class
    }
    return tuple(name for name in held.binding.policy.words.of_sort("mail") if name in found)


def list_choices(held: Held, person: Person, done: str) -> tuple[ChoiceView, ...]:
    """Every choice that messages depend on, with its answer; `done` is the one that was just given."""
    settled = settle_choices(held.binding, person)
    return tuple(
        view_choice(held, choice, settled[choice], is_done=choice == done)
        for choice in list_message_choices(held.binding)
    )


def view_choice(held: Held, choice: str, answered: str, *, is_done: bool) -> ChoiceView:
    """One choice in words."""
    policy, table = held.binding.policy, held.binding.gate.table
    reach = find_reach(policy, choice)
    return ChoiceView(
        name=choice,
        key=f"choice-{choice.replace(' ', '-')}",
        label=capitalise(say_name(choice, "choice", policy.words)),
        answer=answered,
        state=f"Your answer is {answered}." if answered in (YES, NO) else _UNASKED.get(table.choices[choice], ""),
        effects=tuple(Effect(say_rule(rule, policy), quote(held, rule.sentences)) for rule in reach.stops),
        is_done=is_done and answered in (YES, NO),
        receipt=find_receipt_href(held, choice),
    )


def list_unstoppable(held: Held) -> tuple[Unstoppable, ...]:
    """The classes that no answer stops, each with the sentence that says so."""
    policy, stoppable = held.binding.policy, set(list_stoppable(held.binding.policy))
    return tuple(
        Unstoppable(capitalise(say_name(name, "mail", policy.words)), quote(held, sentences))
        for name, sentences in find_spared(policy).items()
        if name not in stoppable
    )


def find_stopping_sentences(held: Held) -> tuple[str, ...]:
    """The sentences that say that such messages can be stopped."""
    reaches = (find_reach(held.binding.policy, choice) for choice in list_stopped_by_link(held))
    return tuple(dict.fromkeys(ref for reach in reaches for rule in reach.stops for ref in rule.sentences))


def find_choices_href(held: Held) -> str:
    """Where the choices are; empty where messages depend on none."""
    return reverse("stopping-choices", args=[held.token]) if list_message_choices(held.binding) else ""


def find_receipt_href(held: Held, choice: str) -> str:
    """Where the proof of the latest answer is; empty without an answer."""
    if held.person is None or not find_entry(held.binding.site, held.person, choice):
        return ""
    return reverse("stopping-receipt", args=[held.token, choice])


def say_class(held: Held) -> str:
    """The class of the message that brought the link, in words."""
    return say_name(held.link.mail_class, "mail", held.binding.policy.words)


def say_classes(held: Held, names: tuple[str, ...]) -> str:
    """Classes of message as people list them."""
    return join_words(say_name(name, "mail", held.binding.policy.words) for name in names)


def quote(held: Held, refs: tuple[str, ...]) -> tuple[Why, ...]:
    """These sentences with their links."""
    return quote_sentences(held.binding.policy, refs, reverse("policy"))


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
