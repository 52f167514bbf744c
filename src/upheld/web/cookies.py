"""Cookies of a site: only those its policy names, for as long as it says; anything else does not leave the house."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from upheld.core.fields import CookiePlan, list_cookies
from upheld.core.policy.compile import Table
from upheld.web.hosts import SiteRequest, find_cookie_path
from upheld.web.shelf import Shelved

logger = logging.getLogger(__name__)

MOST_REMEMBERED = 64
# The pages below the site's that may keep a cookie of its policy for themselves alone: a driver's, one for each route.
NARROWER = "route/"
_registers: dict[str, dict[str, CookiePlan]] = {}


class CookieMiddleware:
    """Takes every cookie off a site's answers that the site's policy does not name, or not like this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer with its permitted cookies."""
        response = self.get_response(request)
        shelved: Shelved | None = getattr(request, "shelved", None)
        if shelved is None:
            return response
        if "Set-Cookie" in response.headers:  # past Django's own jar, so nobody could look at it
            del response.headers["Set-Cookie"]
            logger.error("site %s: a cookie header was set by hand and removed", shelved.slug)
        if response.cookies:
            register = find_register(shelved.in_force(datetime.now(UTC).date()).table)
            for name in list(response.cookies):
                wrong = find_fault(register.get(name), response.cookies[name], is_secure=is_secure(request))
                if wrong:
                    del response.cookies[name]
                    logger.error("site %s: a cookie was removed from an answer: %s", shelved.slug, wrong)
        return response


def find_register(table: Table) -> dict[str, CookiePlan]:
    """The cookies of a policy by their names, read once for each version of it."""
    digest = table.policy.digest
    register = _registers.get(digest)
    if register is None:
        if len(_registers) >= MOST_REMEMBERED:
            _registers.clear()
        register = _registers[digest] = {plan.name: plan for plan in list_cookies(table)}
    return register


def find_fault(plan: CookiePlan | None, morsel: Morsel[str], *, is_secure: bool) -> str:
    """What the policy has against this cookie, without its name and value; empty for nothing."""
    is_end = not morsel.value and morsel["max-age"] == 0
    if is_end and not morsel["domain"]:
        return ""  # whatever it was, it ends
    if plan is None:
        return "the policy names no such cookie"
    if not plan.is_first_party or morsel["domain"]:
        return "it is not the site's own"
    if not is_own_path(morsel["path"]):
        return "its path is not the site's"
    if not morsel["httponly"] or morsel["samesite"] != "Lax":
        return "scripts or other sites could use it"
    if is_secure and not morsel["secure"]:
        return "it could travel in the clear"
    if is_longer(morsel, plan.lifetime):
        return "it would last longer than the policy says"
    return ""


def is_own_path(path: str) -> bool:
    """Whether it is the site's own path, or one of those below it that may keep a cookie for themselves."""
    own = find_cookie_path()
    return path == own or path.startswith(own + NARROWER)


def read_site_cookies(request: HttpRequest, name: str) -> tuple[str, ...]:
    """Everything that the browser sent under this name: it may hold the cookie of the site and one of a page below.

    Django keeps one of them; which one is left to the browser's order.
    """
    pairs = (part.partition("=") for part in request.META.get("HTTP_COOKIE", "").split(";"))
    return tuple(value.strip() for key, _, value in pairs if key.strip() == name)


def is_longer(morsel: Morsel[str], lifetime: timedelta | None) -> bool:
    """Whether the cookie outlives what the policy says; a time that only `Expires` gives is taken for too long."""
    given: Any = morsel["max-age"]
    if given == "":
        return bool(morsel["expires"])
    return lifetime is None or not isinstance(given, int) or given > lifetime.total_seconds()


def is_secure(request: HttpRequest) -> bool:
    """Whether the browser is on https, here or in front of a proxy."""
    return bool(settings.HTTPS) or request.is_secure()


def set_site_cookie(
    response: HttpResponseBase,
    request: SiteRequest,
    name: str,
    value: str,
    max_age: timedelta | None = None,
    *,
    below: str = "",
) -> None:
    """Set one of the policy's cookies as it must be set; without `max_age` it ends with the visit.

    `below` narrows it to the pages behind this part of the site's path, such as `route/…`.
    """
    seconds = None if max_age is None else int(max_age.total_seconds())
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=find_cookie_path() + below,
        secure=is_secure(request),
        httponly=True,
        samesite="Lax",
    )


def end_site_cookie(response: HttpResponseBase, name: str) -> None:
    """Have the browser forget one of the policy's cookies."""
    response.delete_cookie(name, path=find_cookie_path(), samesite="Lax")
