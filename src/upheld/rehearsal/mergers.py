"""Rehearsals of a merger: nothing goes before it is on record, people were told and the time is over; then the told ones go."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.rights.demanding import list_desk_roles
from upheld.core.rights.merging import find_telling, find_transfer
from upheld.core.rights.releasing import MERGER
from upheld.rehearsal.cast import Clerk, Customer, NotBuilt, Undone, register
from upheld.rehearsal.coming_in import come_back_to_work
from upheld.rehearsal.doors import (
    STRANGE,
    Watch,
    Wish,
    list_data,
    list_facts,
    list_held,
    list_kinds,
    list_purposes,
    may_get,
    names_strangers,
    put_into_register,
    try_wishes,
)
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import done, refused, works

THEIR_POLICY = "https://swift.example/privacy"
NEWCOMER = 5  # the number of the invented person who comes in after the others were told
LATER = timedelta(days=10)
_MERGER = re.compile(r"/mergers/(u_[a-z0-9]+)/")
_REPORT = """From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Return-Path: <>
Auto-Submitted: auto-replied
Message-ID: <report-1@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

Your message could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1

--edge
Content-Type: text/rfc822-headers

From: {to}
Message-ID: {message}

--edge--
"""


@dataclass(frozen=True, slots=True)
class Merging:
    """A merger on record: its page, who works on it, its successor, and whom it is about."""

    page: str
    clerk: Clerk
    kind: str
    successor: str
    told: Customer
    returned: Customer
    days: int


def rehearse_merger(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What goes over in a merger: from the first page to the file, with somebody who was told and some who were not."""
    transfer = find_transfer(stage.policy)
    if transfer is None or not transfer.kinds:
        raise NotBuilt("the house has no merger under this policy")
    yield from try_conditions(stage, rule)
    yield from _refuse_successor(stage, rule)
    merging = open_merger(stage)
    watch = Watch(stage)
    yield refused(
        "the merger is on record, and nobody was told: handing over is refused, nothing goes",
        hand_over(stage, merging) >= 400 and watch.is_still,
        "something was handed over",
    )
    began = tell_everybody(stage, merging)
    late = _come_later(stage, began)
    yield from _wait_and_go(stage, rule, merging, began, late)
    yield from _call_off(stage)


def find_merger_clerk(stage: Stage) -> Clerk:
    """Somebody who may work on a merger: of the legal desk; where the policy has none, the owner."""
    return next((stage.cast.clerks[role] for role in list_desk_roles(stage.policy)), stage.cast.owner)


def open_merger(stage: Stage) -> Merging:
    """A merger put on record by its page. Raises NotBuilt, Undone."""
    transfer, telling = find_transfer(stage.policy), find_telling(stage.policy)
    if transfer is None:
        raise NotBuilt("the house has no merger under this policy")
    clerk, kind = find_merger_clerk(stage), transfer.kinds[0]
    successor = put_into_register(stage, kind)
    told = {"recipient": successor, "policy_address": THEIR_POLICY}
    page = come_back_to_work(stage, clerk).browse(stage).post(f"{stage.seat}mergers/", told, follows=False)
    found = _MERGER.search(page.headers.get("Location", ""))
    if found is None:
        raise Undone(f"putting a merger on record was answered with {page.status}")
    days = telling.days if telling is not None else 0
    place = f"{stage.seat}mergers/{found[1]}/"
    return Merging(place, clerk, kind, successor, stage.cast.willing, stage.cast.silent, days)


def do(stage: Stage, merging: Merging, what: str) -> int:
    """How the console answers to one step of a merger, now."""
    browser = come_back_to_work(stage, merging.clerk).browse(stage)
    return browser.post(f"{merging.page}do/{what}/", {}, follows=False).status


def hand_over(stage: Stage, merging: Merging) -> int:
    """How the console answers when the next batch is to be handed over."""
    return do(stage, merging, "transfer")


def read_file(stage: Stage, merging: Merging, number: int) -> dict[str, Mapping[str, Any]]:
    """What stands in one file of what went over, by person; empty where there is no such file."""
    browser = come_back_to_work(stage, merging.clerk).browse(stage)
    page = browser.post(f"{merging.page}files/{number}/", {}, follows=False)
    if not page.is_good:
        return {}
    lines = [json.loads(line) for line in page.html.splitlines()[1:]]
    return {line["person"]: line for line in lines}


def tell_everybody(stage: Stage, merging: Merging) -> datetime:
    """Everybody is told now, by the jobs; of one of them the message comes back. The moment of it. Raises Undone."""
    do(stage, merging, "tell")
    began = stage.now
    stage.work_on()
    mails = {customer.id: stage.list_mails(customer.address)[:1] for customer in (merging.told, merging.returned)}
    if not all(THEIR_POLICY in str(stage.read_raw(mail[0])).replace("=\\n", "") for mail in mails.values() if mail):
        raise Undone("people were not told of the merger by mail")
    [back] = mails[merging.returned.id]
    message = email.message_from_bytes(stage.read_raw(back))
    report = _REPORT.format(to=message["From"], recipient=back.to, message=message["Message-ID"])
    stage.drop_mail(report.encode())
    stage.work_on()
    return began


def _come_later(stage: Stage, began: datetime) -> Customer:
    """Somebody comes in while the others wait, and is told as well."""
    stage.clock.move_to(began + LATER, tick=False)
    late = register(stage, NEWCOMER)
    stage.clock.move_to(began + LATER, tick=False)
    stage.work_on()
    stage.work_on()
    return late


def _wait_and_go(stage: Stage, rule: Rule, merging: Merging, began: datetime, late: Customer) -> Iterator[Step]:
    end, watch = began + timedelta(days=merging.days), Watch(stage)
    stage.clock.move_to(end - timedelta(seconds=1), tick=False)
    yield refused(
        f"one second before {merging.days} days have passed since people were told: nothing can be handed over",
        hand_over(stage, merging) >= 400 and watch.is_still,
        "something was handed over",
    )
    stage.clock.move_to(end, tick=False)
    answer = hand_over(stage, merging)
    gone = read_file(stage, merging, 1)
    told = gone.get(merging.told.id, {})
    names = [part["name"] for part in told.get("given", {}).get("data", ())]
    named = list_data(stage.policy.words, rule)
    wanted = [leaf for leaf in list_held(stage, merging.told.id) if leaf in named]
    lines = [line for line in watch.list_gone() if line.person == merging.told.id]
    yield works(
        "the days have passed: what is held about somebody who was told goes to the successor, as they wrote it",
        answer < 400 and set(wanted) <= set(names) and _is_own(told, merging.told),
        "it did not go, or not all of it",
        *(line.id for line in lines),
    )
    yield refused(
        "nothing goes about them that the sentence does not speak of",
        bool(names) and set(names) <= set(named),
        "more went than that",
    )
    body = lines[0].body if len(lines) == 1 else {}
    yield done(
        "the ledger says what went, to whom and by which sentence",
        (body.get("recipient"), body.get("outside"), body.get("ground")) == (merging.kind, merging.successor, MERGER)
        and set(body.get("data", ())) == set(names)
        and bool(set(rule.sentences) & set(body.get("because", ()))),
        "its line is missing or says something else",
    )
    yield refused(
        "somebody's message came back, so they were not told: what is held about them stays here",
        merging.returned.id not in gone,
        "it went over",
    )
    yield refused(
        "somebody was told some days after the others: what is held about them stays here for now",
        late.id not in gone and not any(line.person == late.id for line in watch.list_gone()),
        "it went over with the rest",
    )
    watch = Watch(stage)
    hand_over(stage, merging)
    yield refused("the same is handed over again: nobody goes twice", watch.is_still, "somebody went twice")
    stage.clock.move_to(end + LATER, tick=False)
    answer = hand_over(stage, merging)
    yield works(
        "when their own time is over, what is held about them goes as well",
        answer < 400 and set(read_file(stage, merging, 2)) == {late.id},
        "it did not go, or somebody else went",
    )
    do(stage, merging, "finish")


def _is_own(told: Mapping[str, Any], customer: Customer) -> bool:
    parts = {part["name"]: part["values"] for part in told.get("given", {}).get("data", ())}
    typed = {leaf: value for leaf, value in customer.values.items() if leaf in parts}
    return bool(typed) and all(parts[leaf] == [value] for leaf, value in typed.items())


def _refuse_successor(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Somebody of whom the sentence does not speak cannot take over."""
    words = stage.policy.words
    others = [kind for kind in words.leaves("recipient") if kind not in list_kinds(words, rule)]
    if not others:
        return
    other, watch = put_into_register(stage, others[0]), Watch(stage)
    clerk = find_merger_clerk(stage)
    told = {"recipient": other, "policy_address": THEIR_POLICY}
    page = clerk.browse(stage).post(f"{stage.seat}mergers/", told, follows=False)
    yield refused(
        f"{words.label(others[0], 'recipient')} are to take over: it cannot be put on record",
        page.status >= 400 and watch.is_still and not stage.list_lines("merger.opened"),
        "it was put on record",
    )


def _call_off(stage: Stage) -> Iterator[Step]:
    merging = open_merger(stage)
    tell_again = do(stage, merging, "tell")
    stage.work_on()
    stage.work_on()
    do(stage, merging, "cancel")
    stage.wait(days=merging.days + 1)
    watch = Watch(stage)
    answer = hand_over(stage, merging)
    yield refused(
        "a merger is called off after people were told: nothing goes, however much time has passed",
        tell_again < 400 and answer >= 400 and watch.is_still,
        "something was handed over",
    )


def try_conditions(stage: Stage, rule: Rule) -> Iterator[Step]:
    """The action to which the door leads: each condition left out, somebody else, something else, one thing more."""
    words, customer = stage.policy.words, stage.cast.willing
    held = list_held(stage, customer.id)
    data = tuple(leaf for leaf in list_data(words, rule) if leaf in held)
    purposes, kinds = list_purposes(words, rule), list_kinds(words, rule)
    if not (data and purposes and kinds):
        return
    needs = list_facts(rule.holds)
    facts: dict[str, bool | None] = dict.fromkeys(needs, True)
    wish = Wish(customer, data, purposes[0], kinds[0], MERGER, facts)
    yield from try_wishes(
        stage,
        "one condition of the sentence is left out, or nobody knows of it, and all others are met: refused",
        [
            replace(wish, kind=kind, facts={**{name: True for name in needs if name != left}, **less})
            for kind in kinds
            for left in needs
            for less in ({}, {left: False})
        ],
        "with one condition left out",
    )
    others = (*words.leaves("recipient"), *(() if names_strangers(rule) else (STRANGE,)))
    yield from try_wishes(
        stage,
        "the conditions are met, and somebody else gets it: refused, nothing goes",
        [replace(wish, kind=kind) for kind in others if kind not in kinds],
        "by somebody else",
    )
    yield from try_wishes(
        stage,
        "the conditions are met, and it is for something else: refused, nothing goes",
        [replace(wish, purpose=purpose) for purpose in (*words.leaves("purpose"), STRANGE) if purpose not in purposes],
        "for something else",
    )
    yield from try_wishes(
        stage,
        "the conditions are met, and one thing more is asked for than the sentence covers: all of it is refused",
        [
            replace(wish, data=(*data, leaf))
            for leaf in held
            if leaf not in data and not may_get(stage.policy, kinds[0], purposes[0], leaf)
        ],
        "with one thing more",
    )
