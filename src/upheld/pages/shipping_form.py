"""The form of an order: the plan that the rules make, with the questions of the offers in the place of the order itself.

A policy has an order collected as one category; here stands what is asked to fill it, and how that is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from upheld.actions.naming import MOST_NAMED
from upheld.core.fields import FieldError, FieldPlan, FormPlan, Submission
from upheld.core.fields.form import Option
from upheld.core.shipping.offers import Offer, Shipping, plan_due
from upheld.core.shipping.ordering import Ordering
from upheld.web.forms import Form, Input, check_email, read_posted
from upheld.web.plans import find_plan
from upheld.web.shelf import Good

OFFER, WEIGHT, PICK_UP, READY, NOTE = "offer", "weight", "pick-up", "ready", "note"
FURTHEST = timedelta(days=60)
GRACE = timedelta(minutes=10)  # between opening the page and sending it
TYPED = "%Y-%m-%dT%H:%M"  # what a browser sends for a day and a time
# what the form cannot do without where the policy marks nothing
_NAME_BECAUSE = "the driver asks for this name"
_ADDRESS_BECAUSE = "the parcel goes there"
_NOTES = {
    READY: "From when we can pick it up, in UTC.",
    NOTE: "What the driver should know, such as the bell to ring.",
}


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was asked for, read: the offer, the step, the address and moment of the pick-up, and whom to tell."""

    offer: str
    weight: str
    pick_up: str
    ready_at: datetime
    note: str
    name: str
    address: str
    named: tuple[str, ...]


def plan_order(good: Good, ordering: Ordering, shipping: Shipping) -> FormPlan:
    """The form with its questions, in the words of the site; each stands under the sentences of its category."""
    plan = find_plan(good, ordering.touchpoint) or ordering.plan
    fields: list[FieldPlan] = []
    for field in plan.fields:
        if field.data == ordering.order:
            fields += ask_for_order(field, shipping)
        elif field.data == ordering.name:
            fields.append(_need(field, _NAME_BECAUSE))
        elif field.data == ordering.address:
            fields.append(_need(field, _ADDRESS_BECAUSE))
        elif field.data == ordering.email:
            label = "Who else is to hear when it is there"
            fields.append(replace(field, kind="long text", label=label, is_required=False, reason=""))
        else:
            fields.append(field)
    return replace(plan, fields=tuple(fields), button="Check the price")


def ask_for_order(field: FieldPlan, shipping: Shipping) -> tuple[FieldPlan, ...]:
    """The questions that make an order."""
    offers = tuple(Option(offer.name, say_offer(offer)) for offer in shipping.offers)
    steps = tuple(Option(step, f"up to {step}") for step in shipping.steps)

    def make(name: str, label: str, kind: str, reason: str = "", options: tuple[Option, ...] = ()) -> FieldPlan:
        return replace(
            field, name=name, label=label, kind=kind, options=options, is_required=bool(reason), reason=reason
        )

    return (
        make(OFFER, "Service", "pick", "it sets the price and the times", offers),
        make(WEIGHT, "Weight", "pick", "it sets the price", steps),
        make(PICK_UP, "Where we pick it up", "address", "the driver goes there first"),
        make(READY, "Ready at", "text", "the driver comes after that"),
        make(NOTE, "A note for the driver", "text"),
    )


def _need(field: FieldPlan, reason: str) -> FieldPlan:
    return field if field.is_required else replace(field, is_required=True, reason=reason)


def say_offer(offer: Offer) -> str:
    """An offer with its times: `Same day: pick-up until 10:00, there by 18:00`."""
    later = {0: "", 1: " the next working day"}.get(offer.days, f" {offer.days} working days later")
    return f"{offer.name}: pick-up until {offer.pick_up_until:%H:%M}, there by {offer.delivered_by:%H:%M}{later}"


def read_order(
    plan: FormPlan, ordering: Ordering, posted: Mapping[str, Sequence[str]], now: datetime
) -> tuple[Submission, Ordered | None]:
    """What was sent, and what it comes to; nothing when something is wrong with it, which the submission then says."""
    submission = read_posted(plan, posted)
    ready_at, late = read_ready(submission.find(READY), now)
    named, wrong = read_named(submission.find(ordering.email) if ordering.email else "")
    errors = [FieldError(READY, "F905", late)] if late and submission.find_error(READY) is None else []
    errors += [FieldError(ordering.email, "F905", wrong)] if wrong else []
    submission = replace(submission, errors=(*submission.errors, *errors))
    if not submission.is_good or ready_at is None:
        return submission, None
    return submission, Ordered(
        offer=submission.find(OFFER),
        weight=submission.find(WEIGHT),
        pick_up=submission.find(PICK_UP),
        ready_at=ready_at,
        note=submission.find(NOTE),
        name=submission.find(ordering.name),
        address=submission.find(ordering.address),
        named=named,
    )


def read_ready(text: str, now: datetime) -> tuple[datetime | None, str]:
    """The moment that was typed, and what is wrong with it; a moment that has just passed is now."""
    try:
        ready_at = datetime.strptime(text[:16], TYPED).replace(tzinfo=UTC)
    except ValueError:
        return None, "Ready at is no day and time such as 2016-10-03T09:30"
    if ready_at < now - GRACE:
        return None, "Ready at is over; choose a moment to come"
    if ready_at > now + FURTHEST:
        return None, f"Ready at is too far away; choose a moment within {FURTHEST.days} days"
    return max(ready_at, now.replace(second=0, microsecond=0)), ""


def read_named(text: str) -> tuple[tuple[str, ...], str]:
    """The addresses, one from each line and each once, and what is wrong with them; the wrong one is not repeated."""
    found: dict[str, None] = {}
    for number, line in enumerate((line.strip(" ,;") for line in text.splitlines()), 1):
        if not line:
            continue
        try:
            found[check_email(line)] = None
        except ValueError:
            return (), f"line {number} is no e-mail address such as name@example.org"
    if len(found) > MOST_NAMED:
        return (), f"these are {len(found)} addresses; we tell at most {MOST_NAMED}"
    return tuple(found), ""


def dress_order(form: Form, ordering: Ordering) -> Form:
    """The form as its page shows it: a clock beside the moment, room for a few addresses, and what to write where."""
    return replace(form, inputs=tuple(_dress(field, ordering) for field in form.inputs))


def _dress(field: Input, ordering: Ordering) -> Input:
    notes = (_NOTES[field.name],) if field.name in _NOTES else ()
    if field.name == READY:
        return replace(field, input="datetime-local", notes=(*notes, *field.notes))
    if ordering.email and field.name == ordering.email:
        told = f"E-mail addresses, one on each line, at most {MOST_NAMED}. Each gets the proof of delivery of this parcel, once, and nothing else."
        return replace(field, rows=3, notes=(told, *field.notes))
    if field.name == PICK_UP:
        return field  # its kind brings the same note
    return replace(field, notes=(*notes, *field.notes))


def say_due(shipping: Shipping, ordered: Ordered) -> datetime | None:
    """By when it is there, as the offer says."""
    offer = shipping.find_offer(ordered.offer)
    return plan_due(shipping, offer, ordered.ready_at) if offer else None
