"""How forms are filled in and sent by invented people: on their page as a browser does, and by a program beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from upheld.actions.shipments import find_business
from upheld.core.fields import FormPlan
from upheld.core.fields.entrance import find_entrance
from upheld.core.fields.plan import find_path
from upheld.core.shipping.ordering import Ordering
from upheld.pages.shipping_form import NOTE, OFFER, PICK_UP, WEIGHT
from upheld.rehearsal.cast import Customer, NotBuilt, Undone, invent_value, invent_values
from upheld.rehearsal.coming_in import find_token
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage
from upheld.web.plans import find_plan
from upheld.web.shelf import Good

API = "/api/v1/"
PAGE, PROGRAM = "page", "program"
BY = {PAGE: "on its page", PROGRAM: "by a program"}
FIRST, SECOND = 6, 7  # numbers of invented people who are nobody of the cast
Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Door:
    """One way in at a touchpoint. `plan` is what the form asks, `values` what the invented person of this door types.

    `send` sends these values with changes on top: another name is one field more, None leaves one out.
    """

    way: str
    touchpoint: str
    plan: FormPlan
    values: Mapping[str, str]
    send: Callable[[Values], Page]

    @property
    def said(self) -> str:
        """How the form is sent, in words."""
        return BY[self.way]


def find_good(stage: Stage) -> Good:
    """The version in force, as it is served."""
    return stage.shelved.in_force(stage.now.date())


def list_doors(stage: Stage, touchpoint: str) -> Iterator[Door]:
    """The ways in at a touchpoint. Raises NotBuilt where a form that the policy makes is not to be had in the house."""
    plan = find_plan(find_good(stage), touchpoint)
    if plan is None:
        return
    order = find_order(stage)
    if order is not None and order.touchpoint == touchpoint:
        yield from list_order_doors(stage, order)
    elif not plan.can_be_typed:
        raise NotBuilt(f"no page of the house asks for everything that comes in {say_place(stage, touchpoint)}")
    elif plan.sort in ("registration", "company"):
        yield from list_account_doors(stage, plan)
    else:
        yield from list_form_doors(stage, plan)


def find_order(stage: Stage) -> Ordering | None:
    """Where orders come in, when something can be booked."""
    business = find_business(stage.binding)
    return business[1] if business else None


def say_place(stage: Stage, touchpoint: str) -> str:
    """A touchpoint as people read it: `when you register`."""
    return stage.policy.words.label(touchpoint, "touchpoint")


def list_form_doors(stage: Stage, plan: FormPlan) -> Iterator[Door]:
    """A form that anybody can send."""
    values, other = invent_values(plan, FIRST), invent_values(plan, SECOND)
    yield Door(PAGE, plan.touchpoint, plan, values, lambda changes: post_page(stage, plan.path, values, changes))
    address = f"{API}forms/{quote(plan.touchpoint)}"
    yield Door(PROGRAM, plan.touchpoint, plan, other, lambda changes: post_filled(stage, address, other, changes))


def list_account_doors(stage: Stage, plan: FormPlan) -> Iterator[Door]:
    """The forms that make accounts; the company's asks for its first user as well."""
    entrance = find_entrance(stage.binding.gate.table)
    whole = entrance and (entrance.whole_company if plan.sort == "company" else plan)
    if whole is None:
        raise NotBuilt("this policy lets nobody have an account")
    values, other = invent_values(whole, FIRST), invent_values(whole, SECOND)
    yield Door(PAGE, plan.touchpoint, whole, values, lambda changes: post_page(stage, plan.path, values, changes))
    address = API + ("companies" if plan.sort == "company" else "register")
    yield Door(PROGRAM, plan.touchpoint, whole, other, lambda changes: post_filled(stage, address, other, changes))


def list_order_doors(stage: Stage, order: Ordering) -> Iterator[Door]:
    """The form of an order, for somebody who is signed in."""
    customer = stage.cast.silent
    plan = find_plan(find_good(stage), order.touchpoint) or order.plan
    values, other = invent_order(order, FIRST), invent_order(order, SECOND)
    yield Door(PAGE, order.touchpoint, plan, values, lambda changes: book_page(stage, customer, order, values, changes))
    token = find_token(stage, customer)
    yield Door(
        PROGRAM, order.touchpoint, plan, other, lambda changes: book_program(stage, token, order, other, changes)
    )


def invent_order(order: Ordering, number: int) -> dict[str, str]:
    """What the invented person of this number writes into an order, by category."""
    typed = {one.data: invent_value(one, number) for one in order.plan.fields if one.data != order.order}
    return {**typed, order.order: f"{number} Chandlers Row, Port Ellery"}


def post_page(stage: Stage, path: str, values: Mapping[str, str], changes: Values) -> Page:
    """The form at this address, filled in and sent."""
    browser = stage.browse()
    page = browser.open("/" + path.lstrip("/"))
    form = page.find_form(next(iter(values)))
    if form is None:
        raise Undone(f"the page of a form was answered with {page.status} and has no form")
    return browser.send(page, {**values, **changes}, form=form)


def post_filled(stage: Stage, address: str, values: Mapping[str, str], changes: Values) -> Page:
    """The same, by a program."""
    filled = {name: text for name, text in {**values, **changes}.items() if text is not None}
    return stage.browse().call("post", address, {"values": filled, "choices": {}})


def book_page(stage: Stage, customer: Customer, order: Ordering, values: Mapping[str, str], changes: Values) -> Page:
    """An order on its page: what it costs is asked first, then it is booked at that price."""
    browser = customer.browse(stage)
    page = browser.open(order.path)
    form = page.find_form(OFFER)
    if form is None:
        raise Undone(f"the page of an order was answered with {page.status} and has no form")
    typed: dict[str, Any] = {**values, **changes}
    whole = {OFFER: form.picks[OFFER][0], WEIGHT: form.picks[WEIGHT][0], NOTE: "ring twice, please"}
    whole |= {PICK_UP: typed.pop(order.order), **typed}
    asked = browser.send(page, {**whole, "do": "price"}, form=form)
    again = asked.find_form(OFFER)
    book = next((value for form in asked.forms for name, value in form.buttons if value.startswith("book:")), "")
    return browser.send(asked, {**whole, "do": book}, form=again) if book and again else asked


def book_program(stage: Stage, token: str, order: Ordering, values: Mapping[str, str], changes: Values) -> Page:
    """An order by a program that is signed in as a customer."""
    browser = stage.browse()
    shape = browser.call("get", f"{API}shipping").read_json() or {}
    typed = {name: text for name, text in {**values, **changes}.items() if text is not None}
    pick_up, named = typed.pop(order.order, ""), typed.pop(order.email, "")
    body = {
        "offer": shape["offers"][0]["name"],
        "weight": shape["steps"][0],
        "values": typed,
        "named": [named] if named else [],
        "pick_up": pick_up,
        "note": "ring twice, please",
        "ready_at": (stage.now + timedelta(hours=1)).isoformat(),
    }
    return browser.call("post", f"{API}shipments", body, token=token)


def list_form_places(stage: Stage) -> tuple[str, ...]:
    """The touchpoints that have a form with a page in the version in force."""
    words, good, order = stage.policy.words, find_good(stage), find_order(stage)
    plans = {name: find_plan(good, name) for name in words.leaves("touchpoint") if find_path(words, name)}
    return tuple(
        name
        for name, plan in plans.items()
        if plan is not None and (plan.can_be_typed or (order is not None and order.touchpoint == name))
    )
