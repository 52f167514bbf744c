"""Rehearsals of cookies: which are set, by whom, how long they last; and that no other leaves the house."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from http.cookies import Morsel
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from upheld.core.fields.cookies import read_lifetime
from upheld.core.fields.entrance import find_entrance
from upheld.core.policy.model import Policy, Rule
from upheld.core.proof.evidence import Step
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, done, refused, works
from upheld.rehearsal.walking import SIGN_IN, SIGN_OUT, Walk, sign_in_and_out, walk
from upheld.web import cookies as guard

FOREIGN = "tracker.example"
STRANGE = "no-sentence-names-this"
GUARD = f"{guard.__name__}.CookieMiddleware"


def rehearse_set_cookie(stage: Stage, rule: Rule) -> Iterator[Step]:
    """The cookie is set where it is needed, as the sentence says, and not otherwise; no other gets past the guard.

    A cookie that nothing in the house sets gives no step, unless something is wrong: it is a permission that nobody uses,
    and must not look like one that is kept.
    """
    name, lifetime = rule.part("cookie")[0], find_shortest(stage.policy, rule.part("cookie")[0])
    reading, coming = walk(stage), sign_in_and_out(stage)
    found = [one for one in (*reading.cookies, *coming.cookies) if one.morsel.key == name and not is_end(one.morsel)]
    limits = tuple(try_guard(stage, rule, name, lifetime))
    entrance = find_entrance(stage.binding.gate.table)
    is_needed = entrance is not None and entrance.cookie.name == name  # nobody is signed in without it
    if not found and not is_needed:
        yield from (step for step in limits if not step.is_kept)
        return
    faults = [fault for one in found if (fault := find_fault(one.morsel, lifetime, rule))]
    says = f"The pages are walked through and somebody signs in: the cookie is set {say_life(lifetime)}"
    says = f"{says}, for this site alone, out of reach of scripts and of other sites"
    yield works(says, bool(found) and not faults, next(iter(faults), "it is not set"))
    if is_needed:
        yield from look_at_session(name, reading, coming)
    yield from limits


def look_at_session(name: str, reading: Walk, coming: Walk) -> Iterator[Step]:
    """The cookie of signing in comes with signing in and goes with signing out; whoever only reads gets none."""
    early = [one.path for one in reading.cookies if one.morsel.key == name and not is_end(one.morsel)]
    says = "Somebody only reads pages, as a visitor and as a customer: the cookie is not set"
    yield refused(says, not early, f"it was set at {early[0]}" if early else "")
    is_ended = any(one.who == SIGN_OUT and one.morsel.key == name and is_end(one.morsel) for one in coming.cookies)
    yield done("They sign out: the browser is told to forget the cookie", is_ended, "it was not")
    opened = {seen.who: seen.page.is_good for seen in coming.pages}
    says = "The cookie of a visit that has ended is sent again: it opens nothing any more"
    yield refused(says, opened.get(SIGN_IN, False) and not opened.get(SIGN_OUT, True), "it does, or it never did")


def try_guard(stage: Stage, rule: Rule, name: str, lifetime: timedelta | None) -> Iterator[Step]:
    """A page of ours that sets more than the sentences allow: the answer leaves the house without it."""
    is_there = GUARD in settings.MIDDLEWARE
    limit = 0 if lifetime is None else int(lifetime.total_seconds())
    says = f"A page of ours sets the cookie for a second longer than {say_limit(lifetime)}: it does not leave the house"
    yield refused(says, is_there and not passes(stage, name, max_age=limit + 1), "it left")
    if lifetime is not None:
        says = f"A page of ours sets it for exactly {say_limit(lifetime)}: it is left as it is"
        yield done(says, passes(stage, name, max_age=limit), "it was taken off")
    says = "A page of ours sets a cookie that no sentence names: it does not leave the house"
    yield refused(says, is_there and not passes(stage, STRANGE), "it left")
    if rule.part("party") == ("first_party",):
        says = "A page of ours sets the cookie for another host: it does not leave the house"
        yield refused(says, is_there and not passes(stage, name, domain=FOREIGN), "it left")
    says = "A page of ours sets the cookie so that scripts could read it: it does not leave the house"
    yield refused(says, is_there and not passes(stage, name, httponly=False), "it left")


def passes(stage: Stage, name: str, **attributes: Any) -> bool:
    """Whether a cookie that a page sets like this gets past the guard that stands before every answer of a site."""
    whole: dict[str, Any] = {
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
        "secure": bool(settings.HTTPS),
        **attributes,
    }

    def answer(_request: object) -> HttpResponse:
        response = HttpResponse("a page")
        response.set_cookie(name, "a value", **whole)
        return response

    request: Any = RequestFactory().get("/", headers={"host": stage.shelved.host})
    request.shelved = stage.shelved
    guard.logger.disabled = True  # it shouts at every cookie that it takes off
    try:
        left: Any = guard.CookieMiddleware(answer)(request)
    finally:
        guard.logger.disabled = False
    return name in left.cookies


def is_end(morsel: Morsel[str]) -> bool:
    """Whether it tells the browser to forget the cookie."""
    return not morsel.value and morsel["max-age"] == 0


def find_shortest(policy: Policy, name: str) -> timedelta | None:
    """How long the rules let the cookie of this name last, the strictest of them; None until the end of the visit."""
    lives = [
        read_lifetime(policy, rule.part("life")[0])
        for rule in policy.active_rules
        if rule.form == "set_cookie" and rule.part("cookie")[0] == name
    ]
    return None if None in lives else min(life for life in lives if life is not None)


def find_fault(morsel: Morsel[str], lifetime: timedelta | None, rule: Rule) -> str:
    """What is wrong with a cookie that was set; empty for nothing."""
    age: Any = morsel["max-age"]
    if lifetime is None and (age != "" or morsel["expires"]):
        return "it outlasts the visit"
    if lifetime is not None and age != "" and int(age) > lifetime.total_seconds():
        return "it lasts longer than the sentence says"
    if rule.part("party") == ("first_party",) and morsel["domain"]:
        return "other hosts get it as well"
    if not morsel["httponly"] or morsel["samesite"] != "Lax":
        return "scripts or other sites can use it"
    if settings.HTTPS and not morsel["secure"]:
        return "it travels in the clear"
    return ""


def say_life(lifetime: timedelta | None) -> str:
    """How long it lasts, in words."""
    return "until the end of the visit" if lifetime is None else f"for no more than {lifetime.days} days"


def say_limit(lifetime: timedelta | None) -> str:
    """The limit, in words."""
    return "the visit" if lifetime is None else f"{lifetime.days} days"


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType({"set_cookie": rehearse_set_cookie})
