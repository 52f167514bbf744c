"""Rehearsals of messages: classes that go to many, those that an event brings; and (putting) what stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from upheld.actions.campaigns import Draft, list_campaigns, write_campaign
from upheld.channels.folder.reading import Mail
from upheld.core.errors import UpheldError
from upheld.core.notices.audience import Cap, find_campaign_class, list_audiences, list_other_addresses
from upheld.core.notices.classes import find_addresses
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.model import Rule
from upheld.core.policy.saying.names import say_name
from upheld.core.proof.evidence import Step
from upheld.core.shipping.ordering import find_ordering
from upheld.core.shipping.states import ATTEMPTED, DELIVERED, ON_ITS_WAY
from upheld.rehearsal.campaigning import (
    TEXT,
    find_clerk,
    holds_for,
    is_nobody,
    is_reached,
    open_console,
    say_answer,
    say_class,
    send_letter,
    write_draft,
)
from upheld.rehearsal.cast import NO, YES, Customer, NotBuilt, fill_in, find_address, need_entrance
from upheld.rehearsal.delivering import book, find_event_mail, invent_named, report
from upheld.rehearsal.putting import rehearse_put, rehearse_put_every
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, done, missing, refused, works

UNCONFIRMED = 50  # the number of somebody who registered and never opened the link


def rehearse_send(stage: Stage, rule: Rule) -> Iterator[Step]:
    """A class that waits for an event is rehearsed by the event, every other one by a letter to many."""
    if rule.part("events"):
        yield from try_event(stage, rule)
        return
    if not list_audiences(stage.policy, rule):
        raise NotBuilt("the house sends messages to many to audiences alone, and the rule names none")
    crowd = _gather_others(stage)
    answers: dict[str, dict[str, str]] = {"silent": {}, "willing": dict.fromkeys(stage.binding.gate.table.choices, YES)}
    for number, mail_class in enumerate(rule.part("mails"), 1):
        if find_campaign_class(stage.policy, mail_class) is None:
            raise NotBuilt(f"nothing in the house sends a {say_class(mail_class)} to many")
        yield from try_letter(stage, rule, mail_class, number, answers=answers, crowd=crowd)
        yield from try_outside(stage, mail_class)
        if mail_class in list_administrative_classes(stage.policy)[:1]:
            yield from try_administration(stage, mail_class)
        if number == 1:  # from the second class on one of them has said no
            answers["silent"] = _say_no(stage, stage.cast.silent)
    if rule.part("most"):
        yield missing("how often somebody hears of such messages is held back, and no rehearsal counts it yet")


def _gather_others(stage: Stage) -> dict[str, tuple[str, ...]]:
    """People whom letters to many are not for: an address that nobody confirmed, and people whom a customer names."""
    plan = need_entrance(stage).registration
    fill_in(stage, plan, UNCONFIRMED, answer=YES)
    crowd = {"an address that nobody has confirmed": (find_address(UNCONFIRMED),)}
    ordering = find_ordering(stage.binding.gate.table)
    if ordering is not None and ordering.email:
        named = invent_named(2)
        book(stage, stage.cast.willing, named)
        crowd["people whom a customer named"] = named
    stage.carry_mails()
    return crowd


def _say_no(stage: Stage, customer: Customer) -> dict[str, str]:
    """What this customer has answered once they said no to each choice that the page of the account lets them answer."""
    said = {}
    for choice in stage.binding.gate.table.choices:
        try:
            say_answer(stage, customer, choice, NO)
        except NotBuilt:
            continue
        said[choice] = NO
    return said


def try_letter(
    stage: Stage,
    rule: Rule,
    mail_class: str,
    number: int,
    *,
    answers: Mapping[str, dict[str, str]],
    crowd: Mapping[str, tuple[str, ...]],
) -> Iterator[Step]:
    """A letter of one class to everybody: it reaches whom the rule names, and nobody else."""
    said = say_class(mail_class)
    people: dict[str, Customer] = stage.cast.customers
    reached = [people[name] for name in people if holds_for(stage, rule, answers[name])]
    left_out = [people[name] for name in people if not holds_for(stage, rule, answers[name])]
    before = {mail.id for mail in stage.list_mails()}
    mails = send_letter(stage, mail_class, number=number)
    says = f"staff write a {said} and send it: each account holder whom the rule names gets it once"
    yield works(says, is_reached(mails, *reached), "somebody got none, or more than one")
    for one in left_out:
        had = "said no" if NO in answers[_find_name(people, one)].values() else "did not answer"
        says = f"a {said} goes to many: a customer who {had} gets none"
        yield refused(says, is_nobody(mails, (one.address,)), "it was sent to them")
    for whom, addresses in crowd.items():
        says = f"a {said} goes to many: none to {whom}"
        yield refused(says, is_nobody(mails, addresses), "it was sent to them")
    known = {one.address for one in reached} | {stage.policy.contact.get("email", "")}
    others = [mail for mail in stage.list_mails() if mail.id not in before and mail.to not in known]
    yield refused(f"a {said} goes to many: to nobody else at all", not others, "another address got a message")
    stage.work_on()
    again = [mail for mail in stage.list_mails() if mail.id not in before]
    yield refused(f"the jobs look again once a {said} has gone: nobody gets it twice", _is_once(again), "somebody did")


def _find_name(people: Mapping[str, Customer], customer: Customer) -> str:
    return next(name for name, one in people.items() if one is customer)


def _is_once(mails: list[Mail]) -> bool:
    pairs = [(mail.to, mail.subject) for mail in mails]
    return len(pairs) == len(set(pairs))


def try_outside(stage: Stage, mail_class: str) -> Iterator[Step]:
    """The same class to people who are in no audience is refused in the console and behind it, and leaves no letter."""
    said = say_class(mail_class)
    for leaf in list_other_addresses(stage.policy):
        serial, count = stage.last_serial, len(list_campaigns(stage.site))
        _, page = write_draft(stage, mail_class, leaf, "To others")
        kinds = [line.kind for line in stage.list_lines(after=serial)]
        is_kept = page.status == 403 and kinds == ["campaign.refused"] and len(list_campaigns(stage.site)) == count
        whom = say_name(leaf, "data", stage.policy.words)
        says = f"staff want a {said} to go to {whom}: the console refuses, notes it, and keeps no letter"
        yield refused(says, is_kept, f"the console answered {page.status}")
        draft = Draft("To others", mail_class, leaf, "To others", TEXT, Cap())
        try:
            write_campaign(stage.binding, draft, by="", now=stage.now)
        except UpheldError:
            is_kept = len(list_campaigns(stage.site)) == count
        else:
            is_kept = False
        says = f"a program wants a {said} to go to {whom}: it is refused behind the console as well"
        yield refused(says, is_kept, "a letter was written")


def try_administration(stage: Stage, mail_class: str) -> Iterator[Step]:
    """What the house itself sends about an account: to its own address, and to nobody who has none."""
    said = say_class(mail_class)
    leaf = need_entrance(stage).address
    for address, is_known in ((stage.cast.silent.address, True), (find_address(UNCONFIRMED + 1), False)):
        browser, serial = stage.browse(), stage.last_serial
        before = {mail.id for mail in stage.list_mails()}
        page = browser.send(browser.open("/account/forgot"), {leaf: address})
        stage.carry_mails()
        mails = [mail for mail in stage.list_mails() if mail.id not in before]
        queued = [line for line in stage.list_lines("mail.queued", after=serial) if line.body["class"] == mail_class]
        if is_known:
            is_kept = page.is_good and [mail.to for mail in mails] == [address] and len(queued) == 1
            says = f"a customer forgets their password: a {said} comes to the address of the account, once"
            yield works(says, is_kept, f"{len(mails)} messages came", *(line.id for line in queued))
        else:
            says = "somebody without an account asks for the same: no message goes anywhere"
            yield refused(says, page.is_good and not mails and not queued, f"{len(mails)} messages left")


def try_event(stage: Stage, rule: Rule) -> Iterator[Step]:
    """A class that the delivery of a shipment brings: to exactly whom the rule names, once, and not before."""
    policy = stage.policy
    mail_class, event = rule.part("mails")[0], rule.part("events")[0]
    proof = find_event_mail(stage, mail_class)
    said = say_class(mail_class)
    if proof is None or proof.event != event:
        raise NotBuilt(f"nothing in the house sends a {said} when {say_name(event, 'event', policy.words)}")
    ordering = find_ordering(stage.binding.gate.table)
    to_customers = bool(list_audiences(policy, rule))
    named: tuple[str, ...] = ()
    if ordering is not None and ordering.email in find_addresses(policy, rule):
        named = invent_named(2)
    customer, other = stage.cast.willing, stage.cast.silent
    shipment = book(stage, customer, named)
    elsewhere = book(stage, other)
    report(stage, shipment, ON_ITS_WAY)
    report(stage, shipment, ATTEMPTED)
    report(stage, elsewhere, ON_ITS_WAY)
    stage.work_on()
    mails = stage.list_mails()
    yield done(f"a shipment is booked and under way: no {said} goes yet", not mails, "a message left too early")
    serial = stage.last_serial
    report(stage, shipment, DELIVERED)
    stage.carry_mails()
    lines = tuple(line.id for line in stage.list_lines("mail.queued", after=serial) if line.body["class"] == mail_class)
    mails = stage.list_mails()
    wanted = sorted((*((customer.address,) if to_customers else ()), *named))
    says = f"the shipment is delivered: a {said} comes to each whom the rule names, in the same moment"
    yield works(says, set(wanted) <= {mail.to for mail in mails}, "somebody did not get it", *lines)
    yield done(f"each of them gets the {said} once", _is_once(list(mails)), "somebody got two")
    yield refused("nobody else gets a message of it", {mail.to for mail in mails} <= set(wanted), "somebody else did")
    is_about = all(shipment.number in mail.subject for mail in mails)
    yield done("each message says which shipment it is about", is_about, "another one is named")
    report(stage, elsewhere, DELIVERED)
    stage.work_on()
    later = [mail.to for mail in stage.list_mails() if mail.id not in {one.id for one in mails}]
    expected = [other.address] if to_customers else []
    says = "another customer's shipment is delivered, for which nobody was named: they alone hear of it"
    yield refused(says, later == expected, f"{len(later)} messages left")
    before = len(stage.list_mails())
    report_again(stage, shipment.id)
    says = f"the same delivery is reported once more: no second {said}"
    yield refused(says, len(stage.list_mails()) == before, "more messages left")


def report_again(stage: Stage, shipment: str) -> None:
    """The delivery of a shipment is reported by staff once more; whatever the house says to it, the mails are handed over."""
    browser, _ = open_console(stage, find_clerk(stage, "shipments/"), f"shipments/{shipment}/")
    browser.post(
        f"{stage.seat}shipments/{shipment}/event/", {"state": DELIVERED, "at": "", "received": "Somebody else"}
    )
    stage.work_on()


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {"send": rehearse_send, "put": rehearse_put, "put_every": rehearse_put_every}
)
