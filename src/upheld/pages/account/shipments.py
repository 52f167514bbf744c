"""The pages of shipments in an account: all of them, and one with its line of stops, what was said, and who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, reverse

from upheld.actions.shipment_events import note_event
from upheld.actions.shipments import (
    ANY_OPEN,
    HeldShipment,
    count_shipments,
    find_business,
    list_events,
    list_shipments,
)
from upheld.core.errors import ShipmentError
from upheld.core.policy.saying.names import capitalise
from upheld.core.shipping.offers import Shipping
from upheld.core.shipping.ordering import Ordering
from upheld.core.shipping.states import BOOKED, CANCELLED, DELIVERED, OPEN
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import answer_mine, quote, say_moment, tells_trouble
from upheld.pages.account.sent import make_sending, read_sent, refuse_method
from upheld.pages.shipping import AGAIN, find_order_href
from upheld.pages.shipping_held import Mark, draw_line, find_own, list_facts, list_hearing, open_own, view_state
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home
from upheld.web.plans import find_plans
from upheld.web.shelf import Good

A_PAGE = 20
FORM, DO, CANCEL = "shipment", "do", "cancel"
DONE_WORDS = {
    "booked": "Your parcel is booked. The driver comes to the address below.",
    "cancelled": "The parcel is called off. Nobody comes.",
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One line of the list."""

    number: str
    href: str
    what: str
    when: str
    price: str
    mark: Mark


def access_shop(account: Account) -> tuple[Shipping, Ordering]:
    """What is offered, and where orders come in; 404 where the policy names none."""
    found = find_business(account.binding)
    if found is None:
        raise Http404
    return found


@same_origin_posts
@signed_in
@tells_trouble
def show_shipments(request: SiteRequest, account: Account) -> HttpResponse:
    """The shipments of the person and of the company whose account they use, those under way first."""
    refused = refuse_method(request, takes_posts=False)
    if refused is not None:
        return refused
    shipping, _ = access_shop(account)
    counts = count_shipments(account.site, person=account.person, company=account.company)
    is_open = request.GET.get("state") != "all" and any(counts.get(state) for state in OPEN)
    page = read_page(request)
    found = list_shipments(
        account.site,
        state=ANY_OPEN if is_open else "",
        person=account.person,
        company=account.company,
        most=A_PAGE + 1,
        skip=(page - 1) * A_PAGE,
    )
    return answer_mine(
        request,
        account,
        "my-shipments",
        "shipments",
        parcels=[view_parcel(shipping, shipment) for shipment in found[:A_PAGE]],
        is_open=is_open,
        under_way=sum(counts.get(state, 0) for state in OPEN),
        all_count=sum(counts.values()),
        page=page,
        is_more=len(found) > A_PAGE,
        state="open" if is_open else "all",
        order=find_order_href(account.good),
    )


def read_page(request: SiteRequest) -> int:
    """Which page is asked for: the first for anything that is no number of one."""
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def view_parcel(shipping: Shipping, shipment: HeldShipment) -> Parcel:
    """One shipment in a line; nothing of it is opened."""
    if shipment.delivered_at is not None:
        when = f"delivered {say_moment(shipment.delivered_at).words}"
    elif shipment.is_open and shipment.due_at is not None:
        when = f"due {say_moment(shipment.due_at).words}"
    else:
        when = f"booked {say_moment(shipment.booked_at).words}"
    return Parcel(
        number=shipment.number,
        href=reverse("my-shipment", args=[shipment.number]),
        what=f"{shipment.offer}, up to {shipment.weight}" if shipment.weight else shipment.offer,
        when=when,
        price=shipping.say_price(shipment.price),
        mark=view_state(shipping, shipment.state),
    )


@same_origin_posts
@signed_in
@tells_trouble
def show_shipment(request: SiteRequest, account: Account, number: str) -> HttpResponse:
    """One shipment; a post calls it off while nobody has picked it up."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    shipping, ordering = access_shop(account)
    shipment = find_own(account, number)
    if shipment is None:
        raise Http404
    fault, status = "", HTTPStatus.OK
    if request.method == "POST":
        sent = read_sent(request, account, FORM)
        fault, status = sent.fault, sent.status
        if not fault and sent.find(DO) == CANCEL:
            fault = cancel_one(request, account, shipment)
            status = HTTPStatus.CONFLICT
        elif not fault:
            fault, status = "nothing was chosen", HTTPStatus.UNPROCESSABLE_ENTITY
        if not fault:
            return HttpResponseRedirect(f"{request.path}?done=cancelled", status=HTTPStatus.SEE_OTHER)
    opening = open_own(account, shipment)
    events = list_events(account.site, shipment)
    refs = tuple(dict.fromkeys(ref for value in opening.values for ref in value.because[:1]))
    return answer_mine(
        request,
        account,
        "my-shipments",
        "shipment",
        status,
        shipment=view_parcel(shipping, shipment),
        due=say_moment(shipment.due_at) if shipment.due_at and shipment.is_open else None,
        stops=draw_line(shipping, shipment, events),
        facts=list_facts(account, ordering, opening.values),
        hearing=list_hearing(account, ordering, shipment, opening.values),
        withheld=[
            (capitalise(account.binding.policy.words.label(part.data, "data")), quote(account, part.verdict.because))
            for part in opening.withheld
        ],
        whys=quote(account, refs),
        fault=capitalise(fault),
        done=DONE_WORDS.get(request.GET.get("done", ""), "") if status == HTTPStatus.OK else "",
        sending=make_sending(account, FORM, request.path) if shipment.state == BOOKED else None,
        again=f"{find_order_href(account.good)}?{AGAIN}={shipment.number}",
        shipments=reverse("my-shipments"),
        survey=find_survey(account.good) if shipment.state == DELIVERED else None,
    )


def find_survey(good: Good) -> tuple[str, str] | None:
    """The address and the title of the page that asks how it was; None where the policy has no survey."""
    found = next((plan for plan in find_plans(good) if plan.sort == "survey" and plan.path), None)
    return (get_script_prefix().rstrip("/") + found.path, found.title) if found and found.path else None


def cancel_one(request: SiteRequest, account: Account, shipment: HeldShipment) -> str:
    """Call it off; what stands against it, or nothing."""
    try:
        note_event(
            account.binding,
            shipment=shipment.id,
            state=CANCELLED,
            at=account.now,
            source="customer",
            by=account.person.id,
            now=account.now,
            home=find_home(request),
        )
    except ShipmentError as problem:
        return f"{problem.text}; {problem.hint}" if problem.hint else problem.text
    return ""
