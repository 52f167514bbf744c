"""Who may open which page of the console; a page without one of these guards is not opened for anybody.

Three doors: `for_anyone` (signing in), `for_signed_in` (one's own second factor), `for_staff` (everything else).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from upheld.actions.grants import list_live_roles
from upheld.console.functions_here import is_open
from upheld.console.moments import read_now
from upheld.records.models import Staff
from upheld.web.hosts import SiteRequest
from upheld.web.shelf import Shelved

P = ParamSpec("P")
View = Callable[..., HttpResponseBase]
MARK = "console_door"
SEEN, SET_UP = "seen", "second factor set up"
PROLONG_EVERY_SECONDS = 60
ANYONE, SIGNED_IN, STAFF = "anyone", "signed in", "staff"


class StaffRequest(SiteRequest):
    """A request of somebody who is signed in as staff."""

    staff: Staff


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a member of staff works: one site and the roles that they hold there now."""

    shelved: Shelved
    roles: tuple[str, ...]

    @property
    def site(self) -> str:
        """The policy's slug, as every row has it."""
        return self.shelved.slug


def is_guarded(view: Callable[..., Any]) -> bool:
    """Whether one of the guards stands before this view."""
    return getattr(view, MARK, None) in (ANYONE, SIGNED_IN, STAFF)


def for_anyone(view: View) -> View:
    """Open to whoever knows the address: signing in, and nothing that shows anything."""

    @wraps(view)
    def guard(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    setattr(guard, MARK, ANYONE)
    return guard


def for_signed_in(view: View) -> View:
    """Open to staff who have given their password, before their second factor is set up; shows only what is their own."""

    @wraps(view)
    def guard(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = refuse_stranger(request)
        return refused if refused is not None else view(request, *args, **kwargs)

    setattr(guard, MARK, SIGNED_IN)
    return guard


def for_staff(
    view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Open to staff who are signed in with a second factor; what they see still depends on their grants."""

    @wraps(view)
    def guard(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        refused = refuse_stranger(request) or refuse_single_factor(request)
        if refused is not None:
            return refused
        request = cast("StaffRequest", request)
        request.staff = cast("Staff", request.user)
        return view(request, *args, **kwargs)

    setattr(guard, MARK, STAFF)
    return guard


def for_seat(
    view: Callable[Concatenate[StaffRequest, Seat, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
    """Open to staff with a live grant on the site of the address; for others the site is not there.

    A page about a function that does not work on this site is not there for anybody.
    """

    @for_staff
    @wraps(view)
    def guard(request: StaffRequest, /, site: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, refuse_elsewhere(request, find_seat(request, site)), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]", guard)


def for_grants(
    view: Callable[Concatenate[StaffRequest, Seat, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
    """Open like `for_seat`, and to the owner besides, who gives the first grant of a site."""

    @for_staff
    @wraps(view)
    def guard(request: StaffRequest, /, site: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        shelved = request.shelf.find_slug(site)
        if request.staff.is_owner and shelved is not None:
            roles = list_live_roles(site=site, staff=request.staff.pk, now=read_now())
            return view(request, refuse_elsewhere(request, Seat(shelved, roles)), *args, **kwargs)
        return view(request, refuse_elsewhere(request, find_seat(request, site)), *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]", guard)


def for_owner(
    view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Open to the owner alone; for others the page is not there."""

    @for_staff
    @wraps(view)
    def guard(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.staff.is_owner:
            raise Http404
        return view(request, *args, **kwargs)

    return guard


def find_seat(request: StaffRequest, site: str) -> Seat:
    """The seat at this site; raises Http404 alike for a site that is not served and for one without a live grant."""
    shelved = request.shelf.find_slug(site)
    if shelved is None:
        raise Http404
    roles = list_live_roles(site=site, staff=request.staff.pk, now=read_now())
    if not roles:
        raise Http404
    return Seat(shelved, roles)


def refuse_elsewhere(request: HttpRequest, seat: Seat) -> Seat:
    """The seat; raises Http404 for a page about a function that does not work on its site."""
    if not is_open(seat.shelved, request.path):
        raise Http404
    return seat


def refuse_stranger(request: HttpRequest) -> HttpResponseBase | None:
    """The way to the sign-in page for whoever is not signed in, or has been for longer than a working day.

    Also for a session that began with a password alone, once there is a second factor: whoever has an old session, or
    only the password, must not get in beside it.
    """
    user = request.user
    if user.is_authenticated and user.is_active and not is_session_over(request) and not lacks_factor(request):
        prolong_session(request)
        return None
    if user.is_authenticated:
        logout(request)
    return redirect_to_login(request.get_full_path(), reverse("account_login"))


def prolong_session(request: HttpRequest) -> None:
    """Count the idle time from now on; stored once a minute, so that reading pages seldom waits for whoever writes."""
    now = int(time.time())
    if now - int(request.session.get(SEEN, 0)) >= PROLONG_EVERY_SECONDS:
        request.session[SEEN] = now


def is_session_over(request: HttpRequest) -> bool:
    """Whether the sign-in is older than a session may become, however busy it was."""
    begun = [record.get("at", 0) for record in get_authentication_records(request, request.user)]
    return not begun or time.time() - min(begun) > settings.LONGEST_STAFF_SESSION_SECONDS


def lacks_factor(request: HttpRequest) -> bool:
    """Whether there is a second factor that this session has neither shown nor set up."""
    records = get_authentication_records(request, request.user)
    is_shown = any(record.get("method") == "mfa" for record in records) or request.session.get(SET_UP, False)
    return not is_shown and has_second_factor(request)


@receiver(authenticator_added)
def note_set_up(sender: object, request: HttpRequest, **_: object) -> None:
    """Remember in the session that a second factor was set up in it."""
    request.session[SET_UP] = True


def refuse_single_factor(request: HttpRequest) -> HttpResponseBase | None:
    """The page that asks for a second factor, unless there is one or this is a demo that only this machine reaches."""
    if not settings.SECOND_FACTOR_REQUIRED or has_second_factor(request):
        return None
    if request.method != "GET":
        return render(request, "console/second_factor_first.html", status=HTTPStatus.FORBIDDEN)
    return HttpResponseRedirect(reverse("mfa_index"))


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this member of staff has an authenticator app or a passkey."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user_id=request.user.pk, type__in=kinds).exists())
