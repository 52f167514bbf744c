"""Who asks: a site that people can sign in to, and whoever the bearer token shows to be signed in; sets no cookie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import cast

from django.http import Http404, HttpRequest
from ninja.security import HttpBearer

from upheld.actions.companies import find_membership
from upheld.actions.sessions import find_session
from upheld.core.fields import FormPlan
from upheld.core.fields.entrance import Entrance, find_entrance
from upheld.core.fields.meeting import meet_forms
from upheld.core.gate.binding import Binding
from upheld.records.models import Membership, Person
from upheld.web.binding import make_binding
from upheld.web.hosts import SiteRequest
from upheld.web.plans import find_plan, find_plans
from upheld.web.shelf import Good, Shelved

# Programs of people, such as the business's app: where a site has a policy for this surface, it binds what happens here.
APP = "app"


@dataclass(frozen=True, slots=True)
class Doorway:
    """The site of a request: its gates and the moment that counts for the whole of it."""

    shelved: Shelved
    binding: Binding
    now: datetime

    @property
    def good(self) -> Good:
        """The version in force, with what the site makes of it."""
        return self.shelved.in_force(self.now.date())

    @property
    def site(self) -> str:
        """The policy's slug."""
        return self.binding.site

    @property
    def entrance(self) -> Entrance:
        """How people come in; raises Http404 where the policy lets nobody register."""
        entrance = find_entrance(self.binding.gate.table)
        if entrance is None:
            raise Http404
        return self._narrow_entrance(entrance) if self.binding.happens_on else entrance

    def _narrow_entrance(self, entrance: Entrance) -> Entrance:
        """The same with what the policy for this surface asks for as well; nobody registers here without what they sign in with."""
        registration = self.narrow(entrance.registration)
        if registration is None or not {entrance.address, entrance.password} <= set(registration.data):
            raise Http404
        company = self.narrow(entrance.company) if entrance.company is not None else None
        return replace(entrance, registration=registration, company=company)

    def list_plans(self) -> tuple[FormPlan, ...]:
        """The forms that can be sent here, in the order of the site's own policy."""
        plans = (self.narrow(plan) for plan in find_plans(self.good))
        return tuple(plan for plan in plans if plan is not None and plan.can_be_typed)

    def narrow(self, plan: FormPlan) -> FormPlan | None:
        """What is left of a form where the policy for this surface binds as well; None where it has no such form."""
        for other in self.shelved.beside:
            if other.surface == self.binding.happens_on:
                return meet_forms(plan, find_plan(other.in_force(self.now.date()), plan.touchpoint))
        return plan


@dataclass(frozen=True)
class Caller:
    """Whoever is signed in: the person, their place in a company if they have one, and the token."""

    doorway: Doorway
    person: Person
    token: str

    @cached_property
    def membership(self) -> Membership | None:
        """Their place in a company; looked up when it is first asked for, because many calls need none."""
        return find_membership(self.doorway.site, self.person)

    @property
    def binding(self) -> Binding:
        """The gates of the site."""
        return self.doorway.binding

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.doorway.now

    @property
    def company(self) -> Person | None:
        """The company whose account they use."""
        return self.membership.company if self.membership else None

    @property
    def persons(self) -> tuple[Person, ...]:
        """Themselves, and the company whose account they use."""
        return (self.person,) if self.company is None else (self.person, self.company)


def find_doorway(request: HttpRequest) -> Doorway:
    """The site of this request."""
    now = datetime.now(UTC)
    shelved = cast("SiteRequest", request).shelved
    return Doorway(shelved, make_binding(shelved, now.date(), APP), now)


class SignedIn(HttpBearer):
    """Lets in whoever sends `Authorization: Bearer TOKEN` with the token of a live session."""

    openapi_description = "The token that signing in gives."

    def __call__(self, request: HttpRequest) -> Caller | None:
        """The caller; reads the one header that counts, where the framework would put all of them together for it."""
        scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
        return self.authenticate(request, token) if scheme.lower() == self.openapi_scheme else None

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The caller, or None for a token that is unknown or over."""
        doorway = find_doorway(request)
        session = find_session(doorway.site, token, doorway.now)
        if session is None:
            return None
        return Caller(doorway, session.person, token)


def find_caller(request: HttpRequest) -> Caller:
    """Who was let in; for views behind `SignedIn` only."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]  # ninja puts there what `authenticate` gave
