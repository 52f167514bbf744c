"""What is fitted to somebody on the first page of their account, from their own orders; nothing where the policy does not let it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from upheld.actions.shipments import ANY_OPEN, find_business, list_shipments, suggest
from upheld.core.shipping.offers import Shipping
from upheld.pages.account.guards import Account
from upheld.pages.account.mine import quote, say_moment
from upheld.pages.shipping import AGAIN, find_order_href
from upheld.pages.shipping_held import Mark, view_state
from upheld.web.forms import Why

MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Coming:
    """A parcel under way, in a line."""

    number: str
    href: str
    when: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Suits:
    """What somebody books most often, with the way to book it again, and what of theirs is under way."""

    usual: str
    pick_up: str
    orders: int
    again: str
    coming: tuple[Coming, ...]
    whys: tuple[Why, ...]


def fit_page(account: Account) -> Suits | None:
    """Found in their own history, by a question to the gate that uses it for fitting pages; None when it says no, or is not asked.

    The page that shows it is kept by no browser and for nobody else.
    """
    business = find_business(account.binding)
    found = suggest(account.binding, account.person, account.now, company=account.company)
    if business is None or found is None:
        return None
    said = [found.offer, f"up to {found.weight}" if found.weight else ""]
    return Suits(
        usual=", ".join(part for part in said if part),
        pick_up=", ".join(found.pick_up.splitlines()),
        orders=found.orders,
        again=f"{find_order_href(account.good)}?{AGAIN}={found.number}" if found.number else "",
        coming=list_coming(account, business[0]),
        whys=quote(account, found.because),
    )


def list_coming(account: Account, shipping: Shipping) -> tuple[Coming, ...]:
    """The parcels that are due first."""
    found = list_shipments(
        account.site, state=ANY_OPEN, person=account.person, company=account.company, most=MOST_SHOWN
    )
    return tuple(
        Coming(
            number=one.number,
            href=reverse("my-shipment", args=[one.number]),
            when=f"due {say_moment(one.due_at).words}" if one.due_at else "",
            mark=view_state(shipping, one.state),
        )
        for one in found
    )
