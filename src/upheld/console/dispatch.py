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
from upheld.console.guards import Seat, StaffRequest, for_grants, for_seat
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
NOTHING = Seeing("", "", ())  # what somebody sees in no role of theirs
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
        shop = find_shop(seat)
        if shop is None or shop.seeing is NOTHING:
            return refuse_shop(request, seat, shop)
        return view(request, shop, *args, **kwargs)

    return guard


def for_programs(
    view: Callable[Concatenate[StaffRequest, Shop, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
    """Open like `for_dispatch`, and to the owner besides: keys of programs are theirs to give and to end."""

    @for_grants
    @wraps(view)
    def guard(request: StaffRequest, seat: Seat, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        shop = find_shop(seat)
        if shop is not None and (shop.seeing is not NOTHING or request.staff.is_owner):
            return view(request, shop, *args, **kwargs)
        return refuse_shop(request, seat, shop)

    return guard


def find_shop(seat: Seat) -> Shop | None:
    """The shop at this seat; None where the policy has no parcels sent."""
    now = read_now()
    binding = make_binding(seat.shelved, now.date())
    business = find_business(binding)
    if business is None:
        return None
    return Shop(seat, binding, *business, seeing=find_seeing(binding, seat.roles) or NOTHING, now=now)


def refuse_shop(request: StaffRequest, seat: Seat, shop: Shop | None) -> HttpResponse:
    """The page that says why there is nothing, with the sentences when there are some."""
    if shop is None:
        return answer_closed(request, seat, ())
    refs = refuse_seeing(shop.binding, seat.roles)
    return answer_closed(request, seat, link_sentences(request, seat, shop.binding, refs))


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
