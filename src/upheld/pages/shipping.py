"""Booking a shipment at the address of the policy's order touchpoint: price first, then the order, then the shipment's page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse

from upheld.actions import shipments as actions
from upheld.actions.shipments import BookedShipment, book_shipment
from upheld.actions.submissions import keep_wording
from upheld.actions.throttle import count_try
from upheld.core.errors import RefusedError, ShipmentError
from upheld.core.fields import FieldError, FormPlan, Submission
from upheld.core.shipping.offers import Shipping, find_shipping, quote_price
from upheld.core.shipping.ordering import Ordering, find_ordering
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import say_moment, tells_trouble
from upheld.pages.account.sent import make_sending, read_sent, refuse_method
from upheld.pages.chrome import find_current, make_chrome
from upheld.pages.shipping_form import (
    OFFER,
    READY,
    TYPED,
    WEIGHT,
    Ordered,
    dress_order,
    plan_order,
    read_order,
    say_due,
)
from upheld.pages.shipping_held import fill_again
from upheld.web.forms import add_error, lay_out_form, quote_sentences
from upheld.web.hosts import SiteRequest, find_home
from upheld.web.shelf import Good

MOST_POSTS, WITHIN = 60, timedelta(hours=1)
DO, PRICE, BOOK, AGAIN = "do", "price", "book:", "again"
TOO_OFTEN = "this came too often from your account; wait an hour and send it again"
CHANGED = "the price is another one now, because the order changed; look at it and book again"
# what is wrong with a booking -> the field that it is about
_PLACES = {"B101": OFFER, "B102": WEIGHT, "B108": READY}


@dataclass(frozen=True, slots=True)
class Booking:
    """One look at the form of an order by somebody who is signed in."""

    request: SiteRequest
    account: Account
    ordering: Ordering
    shipping: Shipping
    plan: FormPlan

    @property
    def href(self) -> str:
        """The address of the form."""
        return get_script_prefix().rstrip("/") + self.ordering.path


@dataclass(frozen=True, slots=True)
class Quote:
    """The price before it is booked, in words and in cents, and what it is for."""

    price: str
    cents: int
    offer: str
    due: str


def find_order(good: Good) -> tuple[Ordering, Shipping] | None:
    """Where orders come in, and what is offered; None where the policy takes none or its file offers nothing."""
    ordering, shipping = find_ordering(good.table), find_shipping(good.policy)
    return (ordering, shipping) if ordering is not None and shipping is not None else None


def is_order_page(good: Good, path: str) -> bool:
    """Whether shipments are booked at this address."""
    found = find_order(good)
    return found is not None and found[0].path == path


def find_order_href(good: Good) -> str:
    """The address at which shipments are booked, for a link; empty where none are."""
    found = find_order(good)
    return get_script_prefix().rstrip("/") + found[0].path if found else ""


@signed_in
@tells_trouble
def show_order(request: SiteRequest, account: Account) -> HttpResponse:
    """The form; what it costs once it was asked; or on to the shipment once it is booked."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    found = find_order(find_current(request.shelved))
    assert found is not None  # noqa: S101 - whoever leads here has looked
    ordering, shipping = found
    plan = plan_order(account.good, ordering, shipping)
    booking = Booking(request, account, ordering, shipping, plan)
    if request.method != "POST":
        return show_form(booking, fill_first(booking))
    return take_order(booking)


def fill_first(booking: Booking) -> Submission:
    """What stands in the form before anything was typed: an earlier order when one was asked for, and now."""
    account, now = booking.account, booking.account.now
    number = booking.request.GET.get(AGAIN, "")
    typed = fill_again(account, booking.ordering, booking.shipping, number) if number else {}
    typed[READY] = round_up(now).strftime(TYPED)
    return Submission((), (), tuple(typed.items()), ())


def round_up(now: datetime) -> datetime:
    """The next full quarter of an hour."""
    return (now + timedelta(minutes=15 - now.minute % 15)).replace(second=0, microsecond=0)


def take_order(booking: Booking) -> HttpResponse:
    """The price of what was typed, with all of it kept; or the shipment, when the price that was seen still holds."""
    account, now = booking.account, booking.account.now
    sent = read_sent(booking.request, account, booking.ordering.touchpoint)
    do = sent.find(DO)
    posted = {name: values for name, values in sent.fields.items() if name != DO}
    submission, ordered = read_order(booking.plan, booking.ordering, posted, now)
    if sent.fault:
        return show_form(booking, add_error(submission, "", "F910", sent.fault), sent.status)
    who = account.person.id
    if not count_try(site=account.site, what="order", who=who, most=MOST_POSTS, within=WITHIN, now=now):
        return show_form(booking, add_error(submission, "", "F909", TOO_OFTEN), HTTPStatus.TOO_MANY_REQUESTS)
    if ordered is None:
        return show_form(booking, submission, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        cents = quote_price(booking.shipping, ordered.offer, ordered.weight)
        if do != f"{BOOK}{cents}":
            changed = add_error(submission, "", "F910", CHANGED) if do.startswith(BOOK) else submission
            status = HTTPStatus.CONFLICT if do.startswith(BOOK) else HTTPStatus.OK
            return show_form(booking, changed, status, make_quote(booking, ordered, cents))
        booked = book_one(booking, ordered)
    except ShipmentError as problem:
        said = f"{problem.text}; {problem.hint}" if problem.hint else problem.text
        wrong = replace(
            submission, errors=(*submission.errors, FieldError(_PLACES.get(problem.code, ""), problem.code, said))
        )
        return show_form(booking, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
    except RefusedError as refused:
        return show_refused(booking, refused)
    href = reverse("my-shipment", args=[booked.number])
    return HttpResponseRedirect(f"{href}?done=booked", status=HTTPStatus.SEE_OTHER)


def book_one(booking: Booking, ordered: Ordered) -> BookedShipment:
    """The shipment, booked for the company whose account they use, or for themselves."""
    account, ordering = booking.account, booking.ordering
    shown = keep_wording(account.binding, plan=booking.plan, now=account.now)
    order = {actions.PICK_UP: ordered.pick_up, actions.NOTE: ordered.note}
    return book_shipment(
        account.binding,
        person=account.person,
        company=account.company,
        values={ordering.order: order, ordering.name: ordered.name, ordering.address: ordered.address},
        offer=ordered.offer,
        weight=ordered.weight,
        named=ordered.named,
        now=account.now,
        home=find_home(booking.request),
        shown=shown,
        ready_at=ordered.ready_at,
    )


def make_quote(booking: Booking, ordered: Ordered, cents: int) -> Quote:
    """The price in words, with by when it is there."""
    due = say_due(booking.shipping, ordered)
    return Quote(
        price=booking.shipping.say_price(cents),
        cents=cents,
        offer=f"{ordered.offer}, up to {ordered.weight}",
        due=say_moment(due).words if due else "",
    )


def show_form(
    booking: Booking, submission: Submission, status: HTTPStatus = HTTPStatus.OK, quote: Quote | None = None
) -> HttpResponse:
    """The form with what was typed and what is wrong with it; with a price, the button that books for it."""
    sending = make_sending(booking.account, booking.ordering.touchpoint, booking.href)
    form = lay_out_form(
        booking.plan,
        booking.account.good.policy,
        action=sending.action,
        policy_href=reverse("policy"),
        submission=submission,
    )
    context = {
        "chrome": make_chrome(booking.request.shelved),
        "plan": booking.plan,
        "form": dress_order(form, booking.ordering),
        "token": sending.token,
        "quote": quote,
        "who": "your company" if booking.account.company else "you",
        "shipments": reverse("my-shipments"),
    }
    return HttpResponse(render_to_string("pages/shipping/order.html", context), status=status)


def show_refused(booking: Booking, refused: RefusedError) -> HttpResponse:
    """The sentence that does not let it in."""
    context = {
        "chrome": make_chrome(booking.request.shelved),
        "plan": booking.plan,
        "whys": quote_sentences(booking.account.good.policy, refused.because, reverse("policy")),
    }
    return HttpResponse(render_to_string("pages/form_refused.html", context), status=HTTPStatus.FORBIDDEN)
