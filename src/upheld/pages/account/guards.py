"""Who may see the pages of an account: whoever the policy's own cookie shows to be signed in, on a site that has accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from upheld.actions.companies import find_membership
from upheld.actions.sessions import find_session
from upheld.core.fields.entrance import Entrance, find_entrance
from upheld.core.gate.binding import Binding
from upheld.pages.chrome import find_current
from upheld.records.models import Membership, Person
from upheld.web.binding import make_binding
from upheld.web.guards import READING
from upheld.web.hosts import SiteRequest
from upheld.web.plans import find_plan
from upheld.web.shelf import Good, Shelved

P = ParamSpec("P")
NEXT = "next"


@dataclass(frozen=True, slots=True)
class Doorway:
    """A site that people can sign in to: its version in force, its gates, and how people come in; `now` is one moment."""

    shelved: Shelved
    good: Good
    binding: Binding
    entrance: Entrance
    now: datetime

    @property
    def site(self) -> str:
        """The policy's slug, as every row has it."""
        return self.binding.site


@dataclass(frozen=True, slots=True)
class Account(Doorway):
    """Somebody who is signed in: the person, their company if they use one's account, and what their cookie holds."""

    person: Person
    membership: Membership | None
    token: str

    @property
    def company(self) -> Person | None:
        """The company whose account they use, or None for a private customer."""
        return self.membership.company if self.membership else None

    @property
    def is_holder(self) -> bool:
        """Whether they may invite others, change the company and close it."""
        return self.membership is not None and self.membership.is_holder


def at_doorway(
    view: Callable[Concatenate[SiteRequest, Doorway, P], HttpResponse],
) -> Callable[Concatenate[SiteRequest, P], HttpResponse]:
    """For pages before signing in; where the policy lets nobody register they are not there."""

    @wraps(view)
    def guard(request: SiteRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return keep_private(view(request, find_doorway(request), *args, **kwargs))

    return guard


def signed_in(
    view: Callable[Concatenate[SiteRequest, Account, P], HttpResponse],
) -> Callable[Concatenate[SiteRequest, P], HttpResponse]:
    """For pages of one's own account: others are sent to sign in, and back again; no browser keeps the page."""

    @wraps(view)
    def guard(request: SiteRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        doorway = find_doorway(request)
        account = find_account(request, doorway)
        answer = send_to_sign_in(request) if account is None else view(request, account, *args, **kwargs)
        return keep_private(answer)

    return guard


def find_doorway(request: SiteRequest) -> Doorway:
    """The site of the request as one that people can sign in to; raises Http404 when its policy lets nobody."""
    now = datetime.now(UTC)
    good = find_current(request.shelved)
    entrance = find_entrance(good.table)
    if entrance is None:
        raise Http404
    dressed = dress_entrance(good, entrance)
    return Doorway(request.shelved, good, make_binding(request.shelved, now.date()), dressed, now)


def dress_entrance(good: Good, entrance: Entrance) -> Entrance:
    """The same entrance with its forms in the words of the site."""
    company = entrance.company
    return replace(
        entrance,
        registration=find_plan(good, entrance.registration.touchpoint) or entrance.registration,
        company=company and (find_plan(good, company.touchpoint) or company),
    )


def find_account(request: SiteRequest, doorway: Doorway) -> Account | None:
    """Who the cookie says is here, or None."""
    token = read_cookie(request, doorway)
    session = find_session(doorway.site, token, doorway.now)
    if session is None:
        return None
    return Account(
        shelved=doorway.shelved,
        good=doorway.good,
        binding=doorway.binding,
        entrance=doorway.entrance,
        now=doorway.now,
        person=session.person,
        membership=find_membership(doorway.site, session.person),
        token=token,
    )


def read_cookie(request: SiteRequest, doorway: Doorway) -> str:
    """What the policy's session cookie holds, or nothing."""
    return request.COOKIES.get(doorway.entrance.cookie.name, "")


def send_to_sign_in(request: SiteRequest) -> HttpResponse:
    """To the page where one signs in; it leads back to the page that was asked for."""
    target = reverse("sign-in")
    if request.method in READING:
        target += "?" + urlencode({NEXT: request.get_full_path()})
    return HttpResponseRedirect(target, status=HTTPStatus.SEE_OTHER)


def keep_private(answer: HttpResponse) -> HttpResponse:
    """The answer, marked so that no browser and nobody in between keeps it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
