"""Rehearsals of what goes to those who carry out a service that somebody asked for: a parcel, its carrier, the carrier's feed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from upheld.actions.shipments import find_shipment
from upheld.actions.vault import Value, open_items
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.rights.copies import say_value
from upheld.core.rights.releasing import SERVICE
from upheld.core.shipping.ordering import PROCESSOR, find_ordering, list_fulfilling_purposes
from upheld.core.shipping.states import CANCELLED
from upheld.records.models import Item
from upheld.records.walls import read_site
from upheld.rehearsal.campaigning import find_clerk
from upheld.rehearsal.cast import Customer, Undone
from upheld.rehearsal.delivering import Booked, book, report
from upheld.rehearsal.doors import (
    STRANGE,
    Watch,
    Wish,
    end_in_register,
    find_person,
    list_data,
    list_held,
    list_kinds,
    list_needs,
    list_purposes,
    may_get,
    names_strange_purposes,
    names_strangers,
    put_into_register,
    try_wishes,
)
from upheld.rehearsal.stage import Line, Stage
from upheld.rehearsal.trying import done, missing, refused, works

REQUESTED = "requested"
ASKED = {REQUESTED: True}
FEED = "/api/v1/feed"
_KEY = re.compile(r"\bup_[\w-]+")


@dataclass(frozen=True, slots=True)
class Carried:
    """A parcel in the hands of a carrier: who booked it, whose the program is that fetches the feed, and its key."""

    customer: Customer
    shipment: Booked
    kind: str
    carrier: str
    key: str
    purpose: str
    own: Mapping[str, Value]


def rehearse_carrying(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What a rule lets go because somebody asked for a service: by the feed of whoever carries it, and no other way."""
    words, ordering = stage.policy.words, find_ordering(stage.binding.gate.table)
    purposes = [one for one in list_fulfilling_purposes(words) if one in list_purposes(words, rule)]
    kinds = [
        kind
        for kind in list_kinds(words, rule)
        if words.of_sort("recipient")[kind].value == PROCESSOR
        and ordering is not None
        and any(is_asked(found) for found in may_get(stage.policy, kind, (purposes or [""])[0], ordering.name))
    ]
    if not purposes or not kinds:
        yield from try_beyond_asking(stage, rule, stage.cast.silent)
        yield missing("nothing in the house gives these data out for a service but the feed of those who carry parcels")
        return
    customer = stage.cast.silent
    shipment = book(stage, customer)
    for kind in kinds:
        yield from _carry(stage, rule, shipment, kind, purposes[0])
        shipment = book(stage, customer) if kind != kinds[-1] else shipment
    yield from try_beyond_asking(stage, rule, customer)


def is_asked(rule: Rule) -> bool:
    """Whether it is enough for this rule that a service was asked for."""
    if rule.unless is not None or rule.approval is not None:
        return False
    terms = [REQUESTED in term.facts for term in rule.holds.terms] if rule.holds else []
    return all(terms) if rule.holds is None or rule.holds.mode == "all" else any(terms)


def _carry(stage: Stage, rule: Rule, shipment: Booked, kind: str, purpose: str) -> Iterator[Step]:
    customer, label = stage.cast.silent, stage.policy.words.label(kind, "recipient")
    carrier, other = put_into_register(stage, kind), put_into_register(stage, kind)
    own = _read_own(stage, customer)
    carried = Carried(customer, shipment, kind, carrier, add_program(stage, carrier), purpose, own)
    watch = Watch(stage)
    yield refused(
        f"a parcel is booked and not handed to {label}: their feed has nothing of it",
        not fetch(stage, carried.key) and watch.is_still,
        "something of it stood there",
    )
    hand_over(stage, shipment, carrier)
    fed = fetch(stage, carried.key)
    yield from _look_at_feed(stage, rule, carried, fed, watch)
    watch = Watch(stage)
    yield refused(
        f"another of {label}, who has not got the parcel, asks for their feed: it has nothing of it",
        not fetch(stage, add_program(stage, other)) and watch.is_still,
        "something of it stood there",
    )
    yield from _try_others(stage, carried)
    yield from _end(stage, carried)


def _look_at_feed(
    stage: Stage, rule: Rule, carried: Carried, fed: list[dict[str, Any]], watch: Watch
) -> Iterator[Step]:
    words, kind = stage.policy.words, carried.kind
    label = words.label(kind, "recipient")
    values = fed[0].get("values", {}) if len(fed) == 1 else {}
    wanted = [leaf for leaf in list_data(words, rule) if leaf in carried.own]
    is_there = wanted and all(values.get(leaf) == say_value(carried.own[leaf]) for leaf in wanted)
    lines = watch.list_gone()
    yield works(
        f"the parcel is handed to {label}: their feed has what the sentence names, as the customer wrote it",
        bool(is_there),
        "the parcel was not there" if not values else "something of it was missing or not what the customer wrote",
        *(line.id for line in lines),
    )
    is_alone = rule.form.startswith("for_")
    named = {
        leaf
        for leaf in words.leaves("data")
        for found in may_get(stage.policy, kind, carried.purpose, leaf)
        if is_asked(found) and (not is_alone or found == rule)
    }
    rest = [say_value(value) for leaf, value in carried.own.items() if leaf not in named]
    told = str(fed)
    leaked = [one for one in rest for text in _list_texts(one) if text in told]
    is_narrow = bool(fed) and all(set(one) == {"number", "values"} and set(one["values"]) <= named for one in fed)
    yield refused(
        f"nothing more stands in the feed of {label} than the number of the parcel and what the sentence names",
        is_narrow and not leaked,
        "something that no sentence names stood there, too",
    )
    yield done(
        "the ledger says in that moment what went, to whom, for what and by which sentence",
        _is_told(lines, rule, carried, set(values)),
        "its line is missing or says something else",
        *(line.id for line in lines),
    )


def _is_told(lines: tuple[Line, ...], rule: Rule, carried: Carried, leaves: set[str]) -> bool:
    told = [line.body for line in lines]
    return (
        bool(told)
        and {leaf for body in told for leaf in body["data"]} == leaves
        and all(
            (body["recipient"], body["outside"], body["purpose"], body["ground"], body["subject"])
            == (carried.kind, carried.carrier, carried.purpose, SERVICE, carried.shipment.id)
            for body in told
        )
        and bool(set(rule.sentences) & {ref for body in told for ref in body["because"]})
    )


def _list_texts(value: Any) -> list[str]:
    """The texts of a value that are long enough to be looked for in others."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [str(part) for part in parts if len(str(part)) > 5 and not str(part).startswith("20")]


def _try_others(stage: Stage, carried: Carried) -> Iterator[Step]:
    """The console's own button, for somebody who carries nothing by this policy."""
    ordering, words = find_ordering(stage.binding.gate.table), stage.policy.words
    for kind in words.leaves("recipient"):
        if ordering is None or any(
            is_asked(found) for found in may_get(stage.policy, kind, carried.purpose, ordering.name)
        ):
            continue
        other = put_into_register(stage, kind)
        watch = Watch(stage)
        answer = hand_over(stage, carried.shipment, other)
        now = find_shipment(stage.site, id=carried.shipment.id)
        yield refused(
            f"staff hand the parcel to {words.label(kind, 'recipient')}: refused, it stays with whom it was",
            answer >= 400 and now is not None and now.carrier == carried.carrier and watch.is_still,
            "it was handed over",
        )
        return


def _end(stage: Stage, carried: Carried) -> Iterator[Step]:
    label = stage.policy.words.label(carried.kind, "recipient")
    report(stage, carried.shipment, CANCELLED)
    watch = Watch(stage)
    yield refused(
        f"the parcel is called off, so nobody asks for the service any more: the feed of {label} has nothing of it",
        not fetch(stage, carried.key) and watch.is_still,
        "it still stood there",
    )
    again = book(stage, carried.customer)
    hand_over(stage, again, carried.carrier)
    end_in_register(stage, carried.carrier)
    watch = Watch(stage)
    answer = stage.browse().call("GET", FEED, token=carried.key)
    yield refused(
        f"the register says that one of {label} gets nothing more: their feed is closed from that moment",
        answer.status >= 400 and watch.is_still,
        "it still gave something out",
    )


def try_beyond_asking(stage: Stage, rule: Rule, customer: Customer) -> Iterator[Step]:
    """What lies outside of a rule that asks for `requested`, tried at the action to which every door leads."""
    words = stage.policy.words
    held = list_held(stage, customer.id)
    data = tuple(leaf for leaf in list_data(words, rule) if leaf in held)
    kinds, purposes = list_kinds(words, rule), list_purposes(words, rule)
    if not (data and kinds and purposes):
        return
    plain = Wish(customer, data, purposes[0], kinds[0], SERVICE, ASKED)
    if list_needs(rule):
        yield from try_wishes(
            stage,
            "the same is asked for when nobody asked for the service, or nobody knows: refused, nothing goes",
            [
                replace(plain, kind=kind, purpose=purpose, facts=facts)
                for kind in kinds
                for purpose in purposes
                for facts in ({}, dict.fromkeys(list_needs(rule), False))
            ],
            "without the service",
        )
    yield from try_wishes(
        stage,
        "one thing more is asked for than the sentence names: all of it is refused",
        [
            replace(plain, kind=kind, purpose=purpose, data=(*data, leaf))
            for kind in kinds
            for purpose in purposes
            for leaf in held
            if leaf not in data and not _is_open(stage, kind, purpose, leaf)
        ],
        "with one thing more",
    )
    others = (*words.leaves("recipient"), *(() if names_strangers(rule) else (STRANGE,)))
    yield from try_wishes(
        stage,
        "somebody else than the sentence names asks for it: refused, nothing goes",
        [
            replace(plain, kind=kind, purpose=purpose)
            for kind in others
            for purpose in purposes
            if kind not in kinds and not all(_is_open(stage, kind, purpose, leaf) for leaf in data)
        ],
        "by somebody else",
    )
    beyond = (*words.leaves("purpose"), *(() if names_strange_purposes(rule) else (STRANGE,)))
    yield from try_wishes(
        stage,
        "it is asked for a purpose that the sentence does not name: refused, nothing goes",
        [
            replace(plain, kind=kind, purpose=purpose)
            for kind in kinds
            for purpose in beyond
            if purpose not in purposes and not all(_is_open(stage, kind, purpose, leaf) for leaf in data)
        ],
        "for something else",
    )


def _is_open(stage: Stage, kind: str, purpose: str, leaf: str) -> bool:
    """Whether some rule lets this go for a service that was asked for."""
    return any(is_asked(found) for found in may_get(stage.policy, kind, purpose, leaf))


def _read_own(stage: Stage, customer: Customer) -> dict[str, Value]:
    """What is held about the customer and the parcel, as they see it."""
    with read_site(stage.site):
        rows = list(Item.objects.filter(site=stage.site, person=customer.id).order_by("collected_at"))
    person = find_person(stage, customer)
    opened = open_items(stage.binding, person=person, action="show", counterpart="self", items=rows, now=stage.now)
    return {one.data: one.value for one in opened.values}


def add_program(stage: Stage, carrier: str) -> str:
    """The key of a program that fetches a carrier's feed, given out by the owner on its page. Raises Undone."""
    values = {"name": "feed", "carrier": carrier, "may": "feed"}
    page = stage.cast.owner.browse(stage).post(f"{stage.seat}programs/", values)
    found = _KEY.search(page.text)
    if found is None:
        raise Undone(f"a program for a carrier was answered with {page.status}")
    return found[0]


def hand_over(stage: Stage, shipment: Booked, carrier: str) -> int:
    """How the console answers when staff hand a parcel to a recipient of the register."""
    browser = find_clerk(stage, "shipments/").browse(stage)
    return browser.post(f"{stage.seat}shipments/{shipment.id}/carrier/", {"carrier": carrier}, follows=False).status


def fetch(stage: Stage, key: str) -> list[dict[str, Any]]:
    """The parcels in the feed of this key; none where it is refused."""
    told = stage.browse().call("GET", FEED, token=key).read_json()
    found: list[dict[str, Any]] = told.get("shipments", []) if isinstance(told, dict) else []
    return found
