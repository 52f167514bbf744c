"""The door to the pages of shipments: open to roles that the policy lets see whom a parcel goes to; where it names none, it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from upheld.actions.shipments import find_business
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import read_now
from upheld.console.opened import SentenceLink
from upheld.core.gate.binding import Binding
from upheld.core.shipping.offers import Shipping
from upheld.core.shipping.ordering import Ordering
from upheld.core.shipping.seeing import Seeing, find_seeing, refuse_seeing
from upheld.core.shipping.states import ATTEMPTED, CANCELLED, DELIVERED, RETURNED
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address

P = ParamSpec("P")
MARKS = {DELIVERED: "good", ATTEMPTED: "warning", RETURNED: "bad", CANCELLED: "plain"}


@dataclass(frozen=True, slots=True)
class Shop:
    """What a page of shipments knows: the seat, the gates, what is offered, and as which role staff see it; `now` is one moment."""

    seat: Seat
    binding: Binding
    shipping: Shipping
    ordering: Ordering
    seeing: Seeing
    now: datetime

    @property
    def site(self) -> str:
        """The policy's slug, as every row has it."""
        return self.seat.site


def for_dispatch(
    view: Callable[Concatenate[StaffRequest, Shop, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
    """Open to staff with a live grant of a role that sees orders and whom they go to."""

    @for_seat
    @wraps(view)
    def guard(request: StaffRequest, seat: Seat, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        now = read_now()
        binding = make_binding(seat.shelved, now.date())
        business = find_business(binding)
        if business is None:
            return answer_closed(request, seat, ())
        seeing = find_seeing(binding, seat.roles)
        if seeing is None:
            refs = refuse_seeing(binding, seat.roles)
            return answer_closed(request, seat, link_sentences(request, seat, binding, refs))
        shipping, ordering = business
        return view(request, Shop(seat, binding, shipping, ordering, seeing, now), *args, **kwargs)

    return guard


def answer_closed(request: StaffRequest, seat: Seat, sentences: tuple[SentenceLink, ...]) -> HttpResponse:
    """Why there is nothing here: the policy does not name it, or not for this role."""
    status = HTTPStatus.FORBIDDEN if sentences else HTTPStatus.NOT_FOUND
    return answer_seat(request, seat, "console/shipments_closed.html", {"sentences": sentences}, status)


def link_sentences(
    request: StaffRequest, seat: Seat, binding: Binding, refs: tuple[str, ...]
) -> tuple[SentenceLink, ...]:
    """These sentences of the version in force, whole, each with where it stands."""
    address, found = find_address(request, seat.shelved), []
    for ref in refs:
        sentence = binding.policy.find_sentence(ref)
        if sentence is not None:
            anchor = ref.partition("#")[2]
            found.append(SentenceLink(sentence.text, anchor, f"{address}privacy#{anchor}"))
    return tuple(found)
