"""Giving a permission: to whom, what, for what, until when; then one sentence to look at, and a yes or a no to it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.urls import reverse

from upheld.actions.releases import (
    Option,
    find_faults,
    find_options,
    is_offered,
    list_offered,
    may_give_more,
    permit_release,
    say_recipient,
    say_wish,
    weigh_wish,
)
from upheld.core.errors import FormError, RefusedError, StaffError
from upheld.core.fields import FieldError
from upheld.core.policy.saying.names import capitalise, say_name
from upheld.core.rights.releasing import LONGEST_DAYS, Wish
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import answer_mine, quote, tells_trouble
from upheld.pages.account.sent import Sent, make_sending, read_sent, refuse_method
from upheld.pages.account.sign_in import DONE, go_to
from upheld.web.forms import Pick, Problem, Why, check_email, make_id
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest

FORM = "release"
SOMEBODY = "somebody"  # no line of the register has such an id
CHECK, PERMIT, LEAVE = "check", "permit", "leave"
ONCE, STANDING = "once", "standing"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
LONGEST = 500
TOO_OFTEN = "you gave many permissions in this hour; wait an hour and send it again"


@dataclass(frozen=True, slots=True)
class Group:
    """Some answers of which one is picked, or several are ticked."""

    name: str
    id: str
    legend: str
    note: str
    kind: str
    picks: tuple[Pick, ...]
    error: str


@dataclass(frozen=True, slots=True)
class Line:
    """One text that is typed."""

    name: str
    id: str
    label: str
    note: str
    kind: str
    value: str
    error: str
    least: str = ""
    most: str = ""


@dataclass(frozen=True, slots=True)
class Shut:
    """What cannot be permitted, and the sentence that says so."""

    words: str
    whys: tuple[Why, ...]


@same_origin_posts
@signed_in
@tells_trouble
def show_releasing(request: SiteRequest, account: Account) -> HttpResponse:
    """The form; a post is looked at once more in one sentence, and recorded when that very sentence gets a yes."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if not is_offered(account.binding):
        raise Http404
    if request.method != "POST":
        return show_form(request, account, Wish())
    sent = read_sent(request, account, FORM)
    wish, faults = read_wish(sent), check_lengths(sent)
    if sent.fault:
        return show_form(request, account, wish, fault=sent.fault, status=sent.status)
    deed, _, seen = sent.find("do").partition(" ")
    if deed == LEAVE:
        return go_to(f"{reverse('releases')}?{DONE}=not")
    faults = (*faults, *find_faults(account.binding, person=account.person, wish=wish, now=account.now))
    if faults:
        return show_form(request, account, wish, faults=faults, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if deed == PERMIT and seen == digest_wish(account, wish):
            if not may_give_more(account.site, account.person.id, account.now):
                return show_form(request, account, wish, fault=TOO_OFTEN, status=HTTPStatus.TOO_MANY_REQUESTS)
            permit_release(account.binding, person=account.person, wish=wish, now=account.now)
            return go_to(f"{reverse('releases')}?{DONE}=given")
        verdict = weigh_wish(account.binding, person=account.person, wish=wish, now=account.now)
    except RefusedError as refusal:
        return show_refusal(request, account, wish, refusal.because)
    except (FormError, StaffError) as problem:  # it changed between our look and the action's own
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return show_form(request, account, wish, fault=f"{problem.text}; {problem.hint}", status=status)
    if not verdict.is_permitted:
        return show_refusal(request, account, wish, verdict.because)
    return show_form(request, account, wish, asked=say_wish(account.binding, wish), because=verdict.because)


def read_wish(sent: Sent) -> Wish:
    """What was posted as a wish; what cannot be read is as if it had not been said."""
    to, times, until = sent.find("recipient"), sent.find("times"), sent.find("until")
    is_named = to == SOMEBODY
    named = {name: clean(sent.find(name)) for name in ("name", "email", "post")} if is_named else None
    if named is not None and named["email"]:
        with suppress(ValueError):  # `check_lengths` says what is wrong with it
            named["email"] = check_email(named["email"])
    return Wish(
        recipient="" if is_named else to if to.isprintable() else "",
        named=named,
        data=tuple(dict.fromkeys(sent.fields.get("data", []))),
        purpose=sent.find("purpose"),
        until=read_day(until),
        is_once={ONCE: True, STANDING: False}.get(times),
    )


def check_lengths(sent: Sent) -> tuple[FieldError, ...]:
    """What is wrong with the name and the addresses of somebody who is named, before anything is sealed."""
    if sent.find("recipient") != SOMEBODY:
        return ()
    faults = [
        FieldError(name, "F903", f"at most {LONGEST} characters")
        for name in ("name", "email", "post")
        if len(sent.find(name)) > LONGEST
    ]
    email = sent.find("email").strip()
    if email and len(email) <= LONGEST:
        try:
            check_email(email)
        except ValueError as problem:
            faults.append(FieldError("email", "F905", f"this {problem}"))
    return tuple(faults)


def clean(text: str) -> str:
    """The text without signs that hide; line breaks stay."""
    return "".join(sign for sign in text.replace("\r\n", "\n") if sign.isprintable() or sign == "\n").strip()


def read_day(text: str) -> date | None:
    """A day as a browser sends it, or None."""
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def digest_wish(account: Account, wish: Wish) -> str:
    """What the yes is about: every part of the wish. So a yes counts for the sentence that stood above it, and no other."""
    parts = [account.person.id, say_wish(account.binding, wish), wish.recipient, wish.purpose, *wish.data]
    parts += [f"{name}={value}" for name, value in sorted((wish.named or {}).items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def show_refusal(request: SiteRequest, account: Account, wish: Wish, because: tuple[str, ...]) -> HttpResponse:
    """The form again, with the sentence by which the policy does not let it count."""
    return show_form(request, account, wish, refused=because, is_refused=True, status=HTTPStatus.FORBIDDEN)


def show_form(
    request: SiteRequest,
    account: Account,
    wish: Wish,
    *,
    faults: Sequence[FieldError] = (),
    fault: str = "",
    asked: str = "",
    because: tuple[str, ...] = (),
    refused: tuple[str, ...] = (),
    is_refused: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The form, and above it the sentence to say yes or no to once there is one."""
    errors = {error.field: capitalise(error.words) for error in reversed(faults)}
    options = find_options(account.binding, person=account.person, now=account.now)
    groups, lines = (
        list_groups(account, wish, options.data, options.purposes, errors),
        list_lines(account, wish, errors),
    )
    places = {group.name: group.picks[0].id if group.picks else group.id for group in groups}
    places |= {line.name: line.id for line in lines}
    return answer_mine(
        request,
        account,
        "releases",
        "release_new",
        status,
        groups={group.name: group for group in groups},
        named=lines[:3],
        until=lines[3],
        shut=list_shut(account, (*options.data, *options.purposes)),
        sending=make_sending(account, FORM, reverse("release-new")),
        problems=[Problem(words, f"#{places.get(name, 'main')}") for name, words in errors.items()],
        fault=capitalise(fault),
        asked=asked,
        to=[line for line in (wish.named or {}).values() if line] if asked else [],
        seen=digest_wish(account, wish) if asked else "",
        whys=quote(account, because),
        refused=quote(account, refused),
        is_refused=is_refused,
        back=reverse("releases"),
    )


def list_groups(
    account: Account, wish: Wish, data: Sequence[Option], purposes: Sequence[Option], errors: dict[str, str]
) -> tuple[Group, ...]:
    """To whom, what, for what, how often."""
    words = account.binding.policy.words
    lines = list_offered(account.binding)
    to = [(one.id, say_recipient(account.binding, one.kind, one.title), one.id == wish.recipient) for one in lines]
    to.append((SOMEBODY, "Somebody else, whom you name below", wish.named is not None))
    times = [
        (ONCE, "Once. After that it is used up", wish.is_once is True),
        (STANDING, "As often as it is needed, until that day", wish.is_once is False),
    ]
    return (
        make_group("recipient", "Who gets it?", "", kind="radio", picks=to, errors=errors),
        make_group(
            "data",
            "What do they get?",
            "Tick what you want them to have. What is not ticked does not go.",
            kind="checkbox",
            picks=[(one.name, words.label(one.name, "data"), one.name in wish.data) for one in data if one.is_open],
            errors=errors,
        ),
        make_group(
            "purpose",
            "What is it for?",
            "One purpose. For another one, permit it a second time.",
            kind="radio",
            picks=[
                (one.name, say_name(one.name, "purpose", words), one.name == wish.purpose)
                for one in purposes
                if one.is_open
            ],
            errors=errors,
        ),
        make_group("times", "How often?", "", kind="radio", picks=times, errors=errors),
    )


def make_group(
    name: str, legend: str, note: str, *, kind: str, picks: Sequence[tuple[str, str, bool]], errors: dict[str, str]
) -> Group:
    """A group of answers with the ids of its inputs."""
    key = make_id(name)
    made = tuple(
        Pick(f"{key}-{place}", value, capitalise(label), is_chosen)
        for place, (value, label, is_chosen) in enumerate(picks, 1)
    )
    return Group(name, key, legend, note, kind, made, errors.get(name, ""))


def list_lines(account: Account, wish: Wish, errors: dict[str, str]) -> tuple[Line, ...]:
    """Name and addresses of somebody who is named, and the last day."""
    named, today = wish.named or {}, account.now.date()
    texts = (
        ("name", "Their name", "A person or an organisation.", "text"),
        ("email", "Their e-mail address", "This one or the postal one is needed.", "email"),
        ("post", "Their postal address", "As on an envelope.", "textarea"),
    )
    lines = [
        Line(name, make_id(name), label, note, kind, named.get(name, ""), errors.get(name, ""))
        for name, label, note, kind in texts
    ]
    until = Line(
        "until",
        make_id("until"),
        "Until which day?",
        "The last day on which something may go, within a year.",
        "date",
        wish.until.isoformat() if wish.until else "",
        errors.get("until", ""),
        least=today.isoformat(),
        most=(today + timedelta(days=LONGEST_DAYS)).isoformat(),
    )
    return (*lines, until)


def list_shut(account: Account, options: Sequence[Option]) -> tuple[Shut, ...]:
    """What cannot be permitted, each with its sentence."""
    words = account.binding.policy.words
    return tuple(
        Shut(
            capitalise(
                words.label(one.name, "data") if words.has("data", one.name) else say_name(one.name, "purpose", words)
            ),
            quote(account, one.because[:1]),
        )
        for one in options
        if not one.is_open
    )
