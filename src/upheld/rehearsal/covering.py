"""Rehearsals of whom the policy covers: what is held about each kind of subject stands behind the same doors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from upheld.actions.seeking import find_row
from upheld.core.fields.entrance import find_entrance
from upheld.core.gate.act import Act
from upheld.core.policy.model import SELF, Rule
from upheld.core.policy.saying.names import capitalise
from upheld.core.proof.evidence import Step
from upheld.rehearsal.cast import Clerk, NotBuilt
from upheld.rehearsal.coming_in import find_token
from upheld.rehearsal.filling import PAGE, find_good, find_order, list_doors, list_form_places
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.traces import KeptItem, Traces, Watch, find_readable
from upheld.rehearsal.trying import missing, refused, works
from upheld.web.plans import find_plan

SENT_BY_ANYBODY = frozenset({"message", "other", "survey", "promotion"})
LONG_ENOUGH = 10  # characters: a shorter text may stand on a page by chance
HELD = "/api/v1/me/held"


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whom data is about: under whose id it is held, and what of it would be known again, by category."""

    said: str
    person: str
    texts: Mapping[str, str]
    number: str = ""  # of the shipment for which they were named


def rehearse_covers(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Something is held about each of these: it is sealed, opens to whom the gate lets see it, and to nobody else."""
    for name in rule.part("subjects"):
        try:
            subject = bring_in(stage, name)
        except NotBuilt as lack:
            yield missing(str(lack))
            continue
        who = capitalise(subject.said)
        yield refused(
            f"{who}: what they told stands nowhere in the database as it was typed",
            bool(subject.texts) and not find_readable(subject.texts.values()),
            "it can be read there",
        )
        yield try_stranger(stage, subject)
        yield try_customer(stage, subject)
        yield from try_clerks(stage, subject)


def bring_in(stage: Stage, name: str) -> Subject:
    """Somebody of this kind about whom something is held, by the site's own forms. Raises NotBuilt."""
    if name in ("persons", "customers"):
        customer = stage.cast.silent
        return pick(stage, "a customer", customer.id, customer.values)
    if name == "visitors":
        return bring_visitor(stage)
    if name == "companies":
        return bring_company(stage)
    if name == "third persons":
        return bring_named(stage)
    raise NotBuilt(f"nothing in the house takes in data about {stage.policy.words.label(name, 'subject')}")


def pick(stage: Stage, said: str, person: str, values: Mapping[str, Any], number: str = "") -> Subject:
    """Somebody, with those of their values that would be known again."""
    entrance = find_entrance(stage.binding.gate.table)
    secret = entrance.password if entrance else ""
    others = (
        set(stage.cast.willing.values.values()) if entrance else set()
    )  # such as a birthday that all invented people share
    texts = {
        leaf: text
        for leaf, text in values.items()
        if leaf != secret
        and isinstance(text, str)
        and len(text) >= LONG_ENOUGH
        and "\n" not in text
        and text not in others
    }
    return Subject(said, person, texts, number)


def gather(items: tuple[KeptItem, ...], person: str) -> dict[str, Any]:
    """What is held in these items about one person, by category."""
    return {leaf: value for item in items if item.person == person for leaf, value in item.values.items()}


def bring_visitor(stage: Stage) -> Subject:
    """Somebody who writes without saying who they are."""
    for place in list_form_places(stage):
        plan = find_plan(find_good(stage), place)
        if plan is not None and plan.sort in SENT_BY_ANYBODY and plan.can_be_typed:
            traces = send_first(stage, place)
            if traces.items:
                person = traces.items[0].person
                return pick(stage, "a visitor", person, gather(traces.items, person))
    raise NotBuilt("no form of this policy can be sent by a visitor")


def bring_company(stage: Stage) -> Subject:
    """A company that opens an account."""
    entrance = find_entrance(stage.binding.gate.table)
    if entrance is None or entrance.company is None:
        raise NotBuilt("this policy lets no company have an account")
    traces = send_first(stage, entrance.company.touchpoint)
    for item in traces.items:
        owner = find_row(stage.site, item.person)
        if owner is not None and owner.kind == "company":
            return pick(stage, "a company", owner.id, gather(traces.items, owner.id))
    raise NotBuilt("opening an account puts no company on record")


def bring_named(stage: Stage) -> Subject:
    """Somebody whom a customer names in an order."""
    order = find_order(stage)
    if order is None:
        raise NotBuilt("there is no form of this policy in which somebody names somebody else")
    traces = send_first(stage, order.touchpoint)
    values = {
        leaf: value[0] if isinstance(value, list) else value
        for item in traces.items
        for leaf, value in item.values.items()
        if leaf in (order.name, order.address, order.email)
    }
    owner = next((item.person for item in traces.items if order.name in item.categories), "")
    orders = [item.values[order.order] for item in traces.items if order.order in item.values]
    number = next((str(one["number"]) for one in orders if isinstance(one, Mapping) and "number" in one), "")
    return pick(stage, "somebody whom a customer names", owner, values, number)


def send_first(stage: Stage, place: str) -> Traces:
    """What comes of sending the form of this touchpoint on its page."""
    for door in list_doors(stage, place):
        if door.way == PAGE:
            watch = Watch(stage)
            door.send({})
            return watch.look()
    raise NotBuilt("the form has no page")


# ------------------------------------------------------------------------------------------------ who knocks


def try_stranger(stage: Stage, subject: Subject) -> Step:
    """Somebody of the staff without a grant opens their page in the console."""
    page = stage.cast.stranger.browse(stage).open(f"{stage.seat}people/{subject.person}/")
    says = f"{capitalise(subject.said)}: somebody of the staff without a grant asks for them in the console: refused"
    return refused(says, not page.is_good and not shows(page.html, subject), "the page opened")


def try_customer(stage: Stage, subject: Subject) -> Step:
    """Another customer asks for all that is theirs, and for the shipment by its number."""
    other = stage.cast.willing
    seen = [stage.browse().call("get", HELD, token=find_token(stage, other)), other.browse(stage).open("/account/held")]
    if subject.number:
        seen.append(other.browse(stage).open(f"/account/shipments/{subject.number}"))
    is_shown = any(shows(page.html, subject) for page in seen) or (bool(subject.number) and seen[-1].is_good)
    says = f"{capitalise(subject.said)}: another customer asks for all that is theirs: nothing of them is among it"
    return refused(says, seen[0].is_good and not is_shown, "something is")


def try_clerks(stage: Stage, subject: Subject) -> Iterator[Step]:
    """Staff ask in the console for a purpose that the gate permits their role, and for one that it does not."""
    who = capitalise(subject.said)
    open_to = find_clerk(stage, subject, is_permitted=True)
    shut_to = find_clerk(stage, subject, is_permitted=False)
    if open_to is not None:
        clerk, purpose = open_to
        page_html = ask_console(stage, clerk, subject, purpose)
        says = (
            f"{who}: staff whom the policy lets see it ask for it in the console, for that purpose, on a case: it opens"
        )
        yield works(says, shows(page_html, subject), "it does not")
    if shut_to is not None:
        clerk, purpose = shut_to
        watch = Watch(stage)
        page_html = ask_console(stage, clerk, subject, purpose)
        lines = [line for line in watch.look().lines if line.kind == "item.withheld"]
        says = f"{who}: staff ask in the console for a purpose that the policy does not give them: it stays shut, and the ledger says so"
        is_shut = bool(page_html) and not shows(page_html, subject) and bool(lines)
        yield refused(says, is_shut, "it opened, or no line says so", *(line.id for line in lines))


def find_clerk(stage: Stage, subject: Subject, *, is_permitted: bool) -> tuple[Clerk, str] | None:
    """A clerk and a purpose for which the gate opens some of it to their role, or all of it stays shut."""
    for role in stage.policy.words.leaves("role"):
        for purpose in stage.policy.words.leaves("purpose"):
            acts = [Act("show", (leaf,), purpose, role) for leaf in list_leaves(stage, subject)]
            opened = [stage.binding.ask(act, {"granted": True}).is_permitted for act in acts]
            if any(opened) == is_permitted and role in stage.cast.clerks and role != SELF:
                return stage.cast.clerks[role], purpose
    return None


def list_leaves(stage: Stage, subject: Subject) -> tuple[str, ...]:
    """The categories of the policy that are known of a subject."""
    return tuple(leaf for leaf in stage.policy.words.leaves("data") if leaf in subject.texts)


def ask_console(stage: Stage, clerk: Clerk, subject: Subject, purpose: str) -> str:
    """The page of a person in the console, once this clerk has asked for this purpose on a new case; empty where it is none."""
    browser = clerk.browse(stage)
    page = browser.open(f"{stage.seat}people/{subject.person}/")
    form = page.find_form("role", "purpose", "case")
    if form is None:
        return ""
    case = next((value for value in form.picks["case"] if value.startswith("new:")), "")
    return browser.send(page, {"role": clerk.role, "purpose": purpose, "case": case}, form=form).html


def shows(html: str, subject: Subject) -> bool:
    """Whether something that is known of them stands there."""
    return any(text in html for text in subject.texts.values())
