"""What mails of the house use addresses for: what belongs to an account, what a delivery brings, letters to many."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from upheld.core.gate.stating import STATED
from upheld.core.notices.audience import USUAL_CAP, find_campaign_class, list_campaign_classes, list_other_addresses
from upheld.core.notices.classes import find_carrier, list_audience_addresses, list_carriers
from upheld.core.policy.condition import answer_choice
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.shipping.ordering import find_ordering, find_proof
from upheld.rehearsal.campaigning import (
    goes_to_many,
    holds_for,
    say_answer,
    say_class,
    send_letter,
    write_draft,
)
from upheld.rehearsal.cast import NO, NO_ACCOUNTS, YES, NotBuilt
from upheld.rehearsal.coming_in import come_in_again
from upheld.rehearsal.delivering import book, deliver, invent_named
from upheld.rehearsal.doors import list_data, list_facts
from upheld.rehearsal.stage import Line, Stage
from upheld.rehearsal.trying import missing, refused, works

COPY = "/account/copy"
REQUESTED = "requested"


def _list_uses(stage: Stage, serial: int, purposes: Collection[str], data: Collection[str]) -> tuple[Line, ...]:
    """The lines behind this serial by which one of these was opened to be used for one of these purposes."""
    return tuple(
        line
        for line in stage.list_lines("item.opened", after=serial)
        if line.body.get("action") == "use"
        and line.body.get("purpose") in purposes
        and set(line.body["data"]) & set(data)
    )


def show_mails(stage: Stage, rule: Rule, purposes: Collection[str]) -> Iterator[Step]:
    """The mails whose purpose the rule is about, brought about by what brings them about; none where there is nothing."""
    data = list_data(stage.policy.words, rule)
    yield from _show_notice(stage, purposes, data)
    yield from _show_delivery(stage, purposes, data)


def _show_notice(stage: Stage, purposes: Collection[str], data: Collection[str]) -> Iterator[Step]:
    """Something that belongs to an account: its owner asks for a copy, and hears when it is ready."""
    unasked: dict[str, bool | None] = {}
    for choice, mode in stage.binding.gate.table.choices.items():
        unasked |= answer_choice(choice, "unasked", mode)
    carrier, _ = find_carrier(stage.binding, unasked)
    if carrier is None or carrier.purpose not in purposes or carrier.address not in data:
        return
    customer, serial = stage.cast.silent, stage.last_serial
    if not customer.has_account:
        return
    before = len(stage.list_mails(customer.address))
    browser = customer.browse(stage)
    page = browser.open(COPY)
    form = page.find_form(action=COPY) or next((one for one in page.forms if one.method == "post"), None)
    if form is None:
        return
    browser.send(page, {"form": "json"}, form=form)
    stage.carry_mails()
    lines = _list_uses(stage, serial, purposes, data)
    yield works(
        "a customer does something that belongs to their account, and has a message of it: their address is used for that",
        len(stage.list_mails(customer.address)) == before + 1 and len(lines) == 1 and lines[0].person == customer.id,
        "no message came, or the ledger does not say that their address was used for it",
        *(line.id for line in lines),
    )


def _show_delivery(stage: Stage, purposes: Collection[str], data: Collection[str]) -> Iterator[Step]:
    """What a delivery brings: to the customer, to those whom they named for this parcel, and to nobody else."""
    table = stage.binding.gate.table
    ordering, proof = find_ordering(table), find_proof(table)
    if ordering is None or proof is None:
        return
    carriers = [one for one in list_carriers(stage.policy, proof.mail_class) if one.purpose in purposes]
    if not any(one.address in data for one in carriers):
        return
    customer = stage.cast.silent
    named = invent_named(2) if ordering.email else ()
    first, serial = book(stage, customer, named[:1]), stage.last_serial
    second = book(stage, customer, named[1:])
    early = _list_uses(stage, serial, purposes, data)
    own = len(stage.list_mails(customer.address))
    deliver(stage, first)
    lines = _list_uses(stage, serial, purposes, data)
    counts = [len(stage.list_mails(address)) for address in named]
    is_own = any(one.address != ordering.email for one in carriers)
    right = [1, 0][: len(named)]
    yield works(
        "a parcel arrives: whoever is to hear of it has one message, and the ledger says what their address was used for",
        not early and counts == right and bool(lines) and len(stage.list_mails(customer.address)) == own + is_own,
        "somebody heard too early" if early else "somebody did not hear, or heard twice",
        *(line.id for line in lines),
    )
    if not ordering.email or ordering.email not in data:
        return
    yield refused(
        "somebody is named for another parcel, which has not arrived: their address is not used",
        len(stage.list_mails(named[1])) == 0,
        "they had a message",
    )
    customer = come_in_again(stage, customer)
    third = book(stage, customer)
    deliver(stage, third)
    yield refused(
        "a parcel arrives for which nobody was named: nobody hears who was named for another one",
        [len(stage.list_mails(address)) for address in named] == right,
        "they had a message",
    )
    deliver(stage, second)
    yield works(
        "the other parcel arrives: whoever was named for it hears of it, once",
        [len(stage.list_mails(address)) for address in named] == [1, 1],
        "they did not hear, or somebody heard twice",
    )


def try_named(stage: Stage, rule: Rule, purposes: Collection[str]) -> Iterator[Step]:
    """Letters to many: people whom customers named are in no audience, and staff cannot put them into one."""
    data = set(list_data(stage.policy.words, rule)) & set(list_other_addresses(stage.policy))
    classes = [
        one.name
        for one in list_campaign_classes(stage.policy)
        if not any(carrier.purpose in purposes for carrier in list_carriers(stage.policy, one.name))
    ]
    if not data or not classes:
        return
    serial = stage.last_serial
    answers = [
        (name, leaf, write_draft(stage, name, leaf, f"{name} to {leaf}")[1]) for name in classes for leaf in data
    ]
    sentences = [stage.policy.find_sentence(ref) for ref in rule.sentences]
    quoted = [any(one is not None and one.text in page.text for one in sentences) for _, _, page in answers]
    lines = stage.list_lines("campaign.refused", after=serial)
    yield refused(
        "staff write a letter to people whom customers named: refused with this sentence, and the ledger says so",
        all(page.status >= 400 for _, _, page in answers) and all(quoted) and len(lines) == len(answers),
        "it was taken"
        if any(page.status < 400 for _, _, page in answers)
        else "another sentence was named, or no line",
        *(line.id for line in lines),
    )
    heard = {mail.to for mail in send_letter(stage, classes[0])}
    yield refused(
        "a letter to everybody who may have it goes out: nobody whom a customer named is among them",
        not heard & set(invent_named(2)) and bool(heard),
        "a letter went to them" if heard & set(invent_named(2)) else "no letter went out at all",
    )


def try_letters(stage: Stage, rule: Rule, purposes: Collection[str]) -> Iterator[Step]:
    """Letters of the purposes that the rule closes: they reach those whom its exception names, and nobody else."""
    classes = [
        one.name
        for one in list_campaign_classes(stage.policy)
        if any(carrier.purpose in purposes for carrier in list_carriers(stage.policy, one.name))
        and goes_to_many(stage, one.name)
    ]
    lifts = list_facts(rule.unless)
    if STATED in lifts:
        return  # what a letter is for was stated when the address was taken, or the gate does not let it go
    choices = [fact.partition(" ")[2] for fact in lifts if fact.startswith("chosen ")]
    if not set(list_data(stage.policy.words, rule)) & set(list_audience_addresses(stage.policy)):
        return  # what it bans is no address that letters go to
    if not classes or find_campaign_class(stage.policy, classes[0]) is None:
        return
    silent, willing = stage.cast.silent, stage.cast.willing
    if not willing.has_account:
        yield missing(NO_ACCOUNTS)
        return
    for number, name in enumerate(classes):
        if number and number % USUAL_CAP.count == 0:
            stage.begin_anew()  # nobody gets so many letters in one month
        heard = [mail.to for mail in send_letter(stage, name, number=number)]
        label = say_class(name)
        yield refused(
            f"a {label} goes out to many: whoever gave no answer hears nothing",
            silent.address not in heard or _is_lifted(stage, rule, {}),
            "they had a message",
        )
        if choices and _is_lifted(stage, rule, dict.fromkeys(choices, YES)):
            yield works(
                f"whoever said yes has the {label}, once",
                heard.count(willing.address) == 1,
                "they had no message, or several",
            )
    for choice in choices:
        say_answer(stage, willing, choice, NO)
    if choices:
        heard = [mail.to for mail in send_letter(stage, classes[0], number=50)]
        yield refused(
            "they say no on the page of their account: the next of them reach them no more",
            willing.address not in heard,
            "they had a message",
        )


def _is_lifted(stage: Stage, rule: Rule, answers: dict[str, str]) -> bool:
    """Whether the exception of a ban holds for somebody who gave these answers."""
    try:
        return rule.unless is not None and not holds_for(stage, rule, answers)
    except NotBuilt:
        return False
