"""Brings about that something is held about an invented person, category by category, by the site's own ways in.

Which way a category comes in is found in the policy: by its forms, its orders, its logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from upheld.actions.held import list_mail_leaves
from upheld.actions.seeking import find_row
from upheld.actions.shipments import HeldShipment
from upheld.actions.vault import put_items
from upheld.core.fields import FormPlan, list_visit_fields
from upheld.core.fields.entrance import Entrance
from upheld.core.fields.plan import list_forms
from upheld.core.shipping.ordering import SHIPMENT, USE, Ordering, find_ordering, find_recorded
from upheld.pages.account.mine import say_moment
from upheld.pages.chrome import find_current
from upheld.records.models import Item
from upheld.records.walls import read_site
from upheld.rehearsal.cast import (
    HOST,
    YES,
    Customer,
    Undone,
    confirm,
    find_address,
    invent_value,
    invent_values,
    list_guest_forms,
    need_entrance,
    send_as_guest,
)
from upheld.rehearsal.coming_in import come_back_to_work, come_in_again, find_token
from upheld.rehearsal.delivering import RECEIVED_BY
from upheld.rehearsal.parcels import GOES_TO, LIVES_AT, NOTE, book_parcel, deliver_parcel
from upheld.rehearsal.requesting import ANSWER, find_worker
from upheld.web.plans import find_plan

if TYPE_CHECKING:
    from upheld.rehearsal.stage import Stage

TYPED_SORTS = frozenset({"message", "survey", "promotion", "other"})  # forms that a page of their own asks
HEARS = f"someone.named@{HOST}"
COMPANY = 6  # the number of the invented person who holds a company's account
WRITER = 4  # and of whoever fills in other forms
HELD_API = "/api/v1/me/held"


@dataclass(slots=True)
class Holding:
    """What is held about one customer: what was typed or recorded, when it came in, and what is not held at all.

    `texts` are pieces of the values by category, `since` the moments they came in, `lacking` the categories that nothing
    in the house takes in. `items` are the newest items that the site itself says it holds, by category; `repeated` are the
    categories of which it holds older ones as well.
    """

    customer: Customer
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    items: dict[str, frozenset[str]] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    lacking: tuple[str, ...] = ()
    signed_in: datetime | None = None
    parcel: HeldShipment | None = None

    def take(self, leaf: str, at: datetime, *texts: str) -> None:
        """Remember that this came in."""
        self.since[leaf] = at
        self.texts[leaf] = tuple(text for text in texts if text)

    def list_texts(self) -> tuple[str, ...]:
        """Every piece of a value, each once."""
        return tuple(dict.fromkeys(text for texts in self.texts.values() for text in texts))


def bring_about(stage: Stage, leaves: Iterable[str], *, is_delivered: bool = True) -> Holding:
    """A customer about whom these categories are held, as far as the house takes them in. Raises NotBuilt, Undone.

    A category that comes in by one form comes with the others of it. `is_delivered`: a parcel has arrived as well.
    """
    wanted = tuple(leaves)
    if not stage.cast.silent.has_account:
        return bring_guest(stage, wanted)
    entrance, table = need_entrance(stage), stage.binding.gate.table
    of_company = frozenset(entrance.list_company_data())
    customer = open_company(stage, entrance) if of_company & set(wanted) else stage.cast.silent
    customer = come_in_again(stage, customer)
    held = Holding(customer, signed_in=stage.now)
    own = (*entrance.registration.data, *(of_company if of_company & set(wanted) else ()))
    for leaf in own:
        held.take(leaf, stage.now, "" if leaf == entrance.password else customer.values.get(leaf, ""))
    ordering = find_ordering(table)
    recorded = {found[0] for key in (SHIPMENT, USE) if (found := find_recorded(table, key))}
    if ordering is not None and (recorded | _list_ordered(ordering)) & set(wanted):
        send_parcel(stage, held, is_delivered=is_delivered)
    for plan in list_forms(table):
        is_missing = {leaf for leaf in plan.data if leaf in wanted and leaf not in held.since}
        if is_missing and plan.sort in TYPED_SORTS and plan.can_be_typed:
            fill_form(stage, held, plan)
    log_mails(stage, held, wanted)
    visits = {noted.data for noted in list_visit_fields(table)}
    held.lacking = tuple(leaf for leaf in wanted if leaf not in held.since and leaf not in visits)
    _note_shown(stage, held)
    return held


def bring_guest(stage: Stage, wanted: Sequence[str]) -> Holding:
    """The same of somebody without an account: by the form that asks for most of it.

    What other forms ask is put beside it by the action behind these forms: nobody without an account is known again.
    """
    plans = list_guest_forms(stage)
    plan = max(plans, key=lambda one: (len(set(one.data) & set(wanted)), len(one.data)))
    serial, guest = stage.last_serial, send_as_guest(stage, plan, WRITER)
    held, row = Holding(guest), find_row(stage.site, guest.id)
    if row is None:
        raise Undone("whoever sent a form is not on record")
    for leaf in plan.data:
        held.take(leaf, stage.now, guest.values.get(leaf, ""))
    for other in plans:
        fields = [one for one in other.fields if one.data in wanted and one.data not in held.since]
        rest = {one.data: invent_value(one, WRITER) for one in fields}
        if rest:
            put_items(stage.binding, person=row, touchpoint=other.touchpoint, values=rest, now=stage.now)
        for leaf, text in rest.items():
            held.take(leaf, stage.now, text)
    logs = [leaf for leaf in list_mail_leaves(stage.policy.words) if leaf in wanted]
    if logs and answer_guest(stage, guest, serial):
        for leaf in logs:
            held.take(leaf, stage.now)
    visits = {noted.data for noted in list_visit_fields(stage.binding.gate.table)}
    held.lacking = tuple(leaf for leaf in wanted if leaf not in held.since and leaf not in visits)
    _note_shown(stage, held)
    return held


def answer_guest(stage: Stage, guest: Customer, serial: int) -> bool:
    """Whether staff answered what somebody sent by a form, and the mail reached them."""
    lines = stage.list_lines("case.opened", after=serial)
    if not lines or not guest.address:
        return False
    before, clerk = len(stage.list_mails(guest.address)), find_worker(stage)
    browser, path = come_back_to_work(stage, clerk).browse(stage), f"{stage.seat}cases/{lines[0].body['case']}/"
    browser.post(f"{path}take/", {}, follows=False)
    browser.post(f"{path}answer/", {"role": clerk.role, "text": ANSWER}, follows=False)
    stage.carry_mails()
    return len(stage.list_mails(guest.address)) > before


def _note_shown(stage: Stage, held: Holding) -> None:
    own = held.customer
    shown = list_shown(stage, own) if own.has_account else list_kept(stage, own)
    held.items = {leaf: frozenset(item for at, item in items if at == max(items)[0]) for leaf, items in shown.items()}
    held.repeated = frozenset(leaf for leaf, items in shown.items() if len(items) > len(held.items[leaf]))


def open_company(stage: Stage, entrance: Entrance) -> Customer:
    """Somebody who opens a company's account by its page, and is in. Raises Undone."""
    plan = entrance.whole_company
    if plan is None:
        raise Undone("there is no form for the account of a company")
    browser, values = stage.browse(), invent_values(plan, COMPANY)
    page = browser.open("/" + plan.path.lstrip("/"))
    answered = browser.send(page, {**values, **{choice.name: YES for choice in plan.choices}})
    if not answered.is_good:
        raise Undone(f"opening a company's account was answered with {answered.status}")
    return confirm(stage, find_address(COMPANY), values)


def send_parcel(stage: Stage, held: Holding, *, is_delivered: bool) -> None:
    """A parcel of theirs is booked, and delivered where that is asked for."""
    table = stage.binding.gate.table
    ordering = find_ordering(table)
    if ordering is None:
        return
    parcel = book_parcel(stage, held.customer, [HEARS])
    held.take(ordering.order, stage.now, NOTE)
    held.take(ordering.name, stage.now, GOES_TO)
    held.take(ordering.address, stage.now, LIVES_AT)
    if ordering.email:
        held.take(ordering.email, stage.now, HEARS)
    used = find_recorded(table, USE)
    if used is not None:
        held.take(used[0], stage.now, f"{parcel.number}: ")
    held.parcel = parcel
    if is_delivered:
        deliver_parcel(stage, parcel)
        take_delivery(stage, held)


def take_delivery(stage: Stage, held: Holding) -> None:
    """What is recorded of the end of a shipment came in just now."""
    ended = find_recorded(stage.binding.gate.table, SHIPMENT)
    if ended is not None:
        held.take(ended[0], stage.now, RECEIVED_BY)


def note_delivery(stage: Stage, held: Holding) -> None:
    """The parcel of this holding has been delivered in this moment: what is recorded of it is held as well."""
    take_delivery(stage, held)
    held.customer = come_in_again(stage, held.customer)
    held.lacking = tuple(leaf for leaf in held.lacking if leaf not in held.since)
    _note_shown(stage, held)


def fill_form(stage: Stage, held: Holding, plan: FormPlan) -> None:
    """They fill in a form of the site while they are signed in. Raises Undone."""
    browser = held.customer.browse(stage)
    page = browser.open("/" + plan.path.lstrip("/"))
    own = set(plan.data)  # a policy that bans hidden fields has a form with this one field and no token beside it
    form = next(
        (form for form in page.forms if form.method == "post" and (len(form.names) > 1 or own & set(form.names))),
        None,
    )
    if form is None:
        raise Undone(f"the page of a form was answered with {page.status}")
    asked = find_plan(find_current(stage.shelved), plan.touchpoint) or plan
    values = {one.name: invent_value(one, WRITER) for one in asked.inputs}
    free = [one for one in asked.fields if not one.options]
    values |= {one.name: f"{values[one.name]} Orlaith says so, and {one.name}" for one in free if one.shape.has_lines}
    answered = browser.send(page, values, form=form)
    if not answered.is_good:
        raise Undone(f"a form was answered with {answered.status}")
    for leaf in plan.data:
        held.take(leaf, stage.now, *(values[one.name] for one in free if one.data == leaf))


def log_mails(stage: Stage, held: Holding, wanted: Iterable[str]) -> None:
    """A mail is sent for them, by something that the house mails about, where the log of mails is wanted."""
    logs = [leaf for leaf in list_mail_leaves(stage.policy.words) if leaf in tuple(wanted)]
    if not logs:
        return
    before = len(stage.list_mails(held.customer.address))
    stage.wait(minutes=10)  # the moment is what this mail is known by on its page
    browser = held.customer.browse(stage)
    page = browser.open("/account/copy")
    form = page.find_form("form") or page.find_form(action="/account/copy")
    if form is not None:
        browser.send(page, {"form": "json"}, form=form)
    stage.carry_mails()
    if len(stage.list_mails(held.customer.address)) > before:
        for leaf in logs:
            held.take(leaf, stage.now, say_moment(stage.now).words)


def list_shown(stage: Stage, customer: Customer) -> dict[str, set[tuple[str, str]]]:
    """The items that the API shows to a customer, each with when it came in, by category."""
    page = stage.browse().call("get", HELD_API, token=find_token(stage, customer))
    told = page.read_json()
    found: dict[str, set[tuple[str, str]]] = {}
    for value in told.get("values", ()) if isinstance(told, dict) else ():
        found.setdefault(value["data"], set()).add((value["collected_at"], value["item"]))
    return found


def list_kept(stage: Stage, customer: Customer) -> dict[str, set[tuple[str, str]]]:
    """The same as the store has it, of somebody to whom the API shows nothing."""
    found: dict[str, set[tuple[str, str]]] = {}
    with read_site(stage.site):
        for row in Item.objects.filter(site=stage.site, person=customer.id):
            for leaf in row.categories:
                found.setdefault(leaf, set()).add((row.collected_at.isoformat(), row.id))
    return found


def _list_ordered(ordering: Ordering) -> set[str]:
    return {leaf for leaf in (ordering.order, ordering.name, ordering.address, ordering.email) if leaf}
