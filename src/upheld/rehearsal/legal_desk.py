"""Rehearsals of what goes to courts, authorities and claimants: taken down, agreed to by as many as the rule says, given out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from upheld.core.gate.act import Act
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.rights.demanding import DEMANDED, Ground, find_ground, list_desk_roles
from upheld.rehearsal.browser import Browser
from upheld.rehearsal.cast import Clerk, Customer, NotBuilt, Undone, hire
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
    read_own,
    try_wishes,
)
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import done, refused, works

INSTRUMENT = "Order 4 B 17/26 of the district court of Port Ellery"
BELIEF = "Two customers report that somebody books under names that are not theirs."
CITATION = "4 B 17/26"
_DEMAND = re.compile(r"/demands/(d_[a-z0-9]+)/")


@dataclass(frozen=True, slots=True)
class Desk:
    """The legal desk of one ground: who has to agree, somebody of another role, a recipient, and whom it is about."""

    ground: Ground
    clerks: tuple[Clerk, ...]
    stranger: Clerk
    recipient: str
    customer: Customer
    data: tuple[str, ...]  # what is held about them that may go; more than one
    beyond: tuple[str, ...]  # what is held and may not

    @property
    def needed(self) -> int:
        """How many people have to agree."""
        return self.ground.approval.count


def rehearse_demand(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What a rule lets go on a ground of the policy: by the desk's pages, from taking down to the package."""
    desks = open_desks(stage, rule)
    for number, desk in enumerate(desks):
        if number == 0:
            yield from _refuse_early(stage, rule, desk)
        yield from _release(stage, rule, desk)
    yield from _change_it(stage, desks[0])
    yield from _try_beyond(stage, rule, desks[0])


def open_desks(stage: Stage, rule: Rule) -> tuple[Desk, ...]:
    """The desk for each ground and kind of recipient that a rule names. Raises NotBuilt where there is none."""
    words, customer = stage.policy.words, stage.cast.willing
    if not customer.has_account:
        raise NotBuilt("the desk is tried with somebody who has an account, and this policy lets nobody have one")
    held = list_held(stage, customer.id)
    data = tuple(leaf for leaf in list_data(words, rule) if leaf in held)
    beyond = tuple(leaf for leaf in held if leaf not in data)
    names = [fact.removeprefix(DEMANDED) for fact in list_facts(rule.holds) if fact.startswith(DEMANDED)]
    found = []
    for kind in list_kinds(words, rule):
        ground = find_ground(stage.policy, names[0], kind) if names else None
        if ground is not None and data and is_kept_back(stage, rule, ground, data[0]):
            raise NotBuilt(
                "another sentence keeps it here, unless something is on record that nothing in the house records"
            )
        if ground is not None and data:
            clerks = _gather_clerks(stage, ground)
            others = (one for role, one in stage.cast.clerks.items() if one.role == role != ground.approval.role)
            stranger = next(others, stage.cast.stranger)
            found.append(Desk(ground, clerks, stranger, put_into_register(stage, kind), customer, data, beyond))
    if not found:
        raise NotBuilt("the house has no desk for what this rule speaks of")
    return tuple(found)


def is_kept_back(stage: Stage, rule: Rule, ground: Ground, leaf: str) -> bool:
    """Whether another sentence forbids it with everything known that the desk can know, as when it waits for a fact."""
    known = (*list_facts(rule.holds), *((str(rule.approval),) if rule.approval else ()))
    verdict = stage.binding.ask(Act("share", (leaf,), ground.purpose, ground.kind), dict.fromkeys(known, True))
    return not verdict.is_permitted and not set(verdict.because) & set(rule.sentences)


def _gather_clerks(stage: Stage, ground: Ground) -> tuple[Clerk, ...]:
    """As many people as have to agree; where nobody has to, somebody of the desk, or the owner where no role sits there."""
    role, needed = ground.approval.role, ground.approval.count
    if not role:
        desk = list_desk_roles(stage.policy)
        return (stage.cast.clerks[desk[0]] if desk else stage.cast.owner,)
    names = [role, *(f"{role} {number}" for number in range(2, max(needed, 1) + 1))]
    return tuple(
        stage.cast.clerks.get(name) or hire(stage, name.replace(" ", "-"), role, stage.cast.owner) for name in names
    )


# ------------------------------------------------------------------------------------------ at the desk


def sit_at(stage: Stage, clerk: Clerk) -> Browser:
    """The clerk before the pages of the desk."""
    return clerk.browse(stage)


def take_down(stage: Stage, desk: Desk, **more: Any) -> str:
    """The address of a new demand about the customer, complete unless said otherwise. Raises Undone."""
    told = {**write_demand(desk), **more}
    browser = sit_at(stage, desk.clerks[0])
    page = browser.post(f"{stage.seat}demands/new/", told, follows=False)
    found = _DEMAND.search(page.headers.get("Location", ""))
    if found is None:
        raise Undone(f"taking a demand down was answered with {page.status}")
    return f"{stage.seat}demands/{found[1]}/"


def write_demand(desk: Desk) -> dict[str, Any]:
    """What is filled in: asked for is more than the instrument names and than the rule covers."""
    return {
        "ground": desk.ground.name,
        "recipient": desk.recipient,
        "instrument": INSTRUMENT,
        "citation": CITATION,
        "wanted": [*desk.data[:2], *desk.beyond[:1]],
        "scope": [desk.data[0], *desk.beyond[:1]],
        "belief": BELIEF if desk.ground.statements else "",
    }


def do(stage: Stage, clerk: Clerk, demand: str, what: str, **values: str) -> Page:
    """What the console answers to one step of a demand."""
    return sit_at(stage, clerk).post(f"{demand}do/{what}/", values, follows=False)


def name_customer(stage: Stage, desk: Desk, demand: str) -> Page:
    """The demand is about the customer, found by their address."""
    return do(stage, desk.clerks[0], demand, "add", kind="email", text=desk.customer.address)


def put(stage: Stage, desk: Desk, **more: Any) -> str:
    """The address of a demand that was put to those who have to agree."""
    demand = take_down(stage, desk, **more)
    name_customer(stage, desk, demand)
    do(stage, desk.clerks[0], demand, "put")
    return demand


def fetch_package(stage: Stage, desk: Desk, demand: str) -> Mapping[str, Any]:
    """The package of a demand as a file; empty where there is none."""
    page = sit_at(stage, desk.clerks[0]).post(f"{demand}package/", {"form": "json"}, follows=False)
    try:
        told = json.loads(page.html) if page.is_good else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


# ------------------------------------------------------------------------------------------ what is tried


def _refuse_early(stage: Stage, rule: Rule, desk: Desk) -> Iterator[Step]:
    """What is missing, one after the other, until only the last voice is."""
    one = desk.clerks[0]
    watch = Watch(stage)
    bare = take_down(stage, desk, belief="", citation="")
    name_customer(stage, desk, bare)
    answer = do(stage, one, bare, "put")
    what = "what we believe is not written down" if desk.ground.statements else "what it rests on is not named"
    yield refused(
        f"{what}: the demand cannot be put to anybody, and nothing goes",
        answer.status >= 400 and do(stage, one, bare, "release").status >= 400 and watch.is_still,
        "it was let on",
    )
    demand = put(stage, desk)
    if not desk.needed:
        return
    watch = Watch(stage)
    do(stage, desk.stranger, demand, "answer", answer="yes")
    answers = [do(stage, desk.stranger, demand, "release"), do(stage, one, demand, "release")]
    yield refused(
        "nobody has agreed yet, and somebody of another role says yes: giving it out is refused by this sentence",
        all(answer.status >= 400 for answer in answers) and watch.has_refusal and _cites(watch, rule),
        watch.say() or "another sentence was named",
    )
    for clerk in desk.clerks[: desk.needed - 1]:
        do(stage, clerk, demand, "answer", answer="yes")
    again = do(stage, one, demand, "answer", answer="yes")
    watch = Watch(stage)
    answer = do(stage, one, demand, "release")
    yield refused(
        f"{desk.needed - 1} of {desk.needed} have agreed, and the same person says yes once more: it is refused",
        answer.status >= 400 and watch.has_refusal and (desk.needed < 2 or again.status >= 400),
        watch.say() or "the second yes of one person was taken",
    )
    no = do(stage, desk.clerks[-1], demand, "answer", answer="no")
    watch = Watch(stage)
    yield refused(
        "one of them says no: nothing can be given out",
        no.status < 400 and do(stage, one, demand, "release").status >= 400 and watch.is_still,
        "it was given out",
    )


def _cites(watch: Watch, rule: Rule) -> bool:
    return any(set(line.body["because"]) & set(rule.sentences) for line in watch.list_refused())


def _release(stage: Stage, rule: Rule, desk: Desk) -> Iterator[Step]:
    demand = put(stage, desk)
    for clerk in desk.clerks[: desk.needed]:
        do(stage, clerk, demand, "answer", answer="yes")
    watch, before = Watch(stage), len(stage.list_mails(desk.customer.address))
    answer = do(stage, desk.clerks[0], demand, "release")
    package = fetch_package(stage, desk, demand)
    given = [part["given"]["data"] for part in package.get("people", ())]
    wanted = [desk.data[0]]
    label = stage.policy.words.label(desk.ground.kind, "recipient")
    lines = watch.list_gone()
    yield works(
        f"{_say_voices(desk)}: {label} get what the demand names, of that person, as they wrote it",
        answer.status < 400
        and len(given) == 1
        and set(wanted) <= {part["name"] for part in given[0]}
        and all(part["values"] == read_own(stage, desk.customer, part["name"]) for part in given[0]),
        "it was not given out, or is not what the person wrote",
        *(line.id for line in lines),
    )
    told = [line.body for line in lines]
    yield refused(
        "of what they ask for, what the instrument does not name or this sentence does not cover stays here",
        len(given) == 1 and [part["name"] for part in given[0]] == wanted and [one["data"] for one in told] == [wanted],
        "more went than that",
    )
    yield done(
        "the ledger says what went, to whom, on which ground and by which sentence",
        len(told) == 1
        and (told[0]["recipient"], told[0]["outside"], told[0]["ground"], told[0]["purpose"])
        == (desk.ground.kind, desk.recipient, desk.ground.name, desk.ground.purpose)
        and bool(set(told[0]["because"]) & set(rule.sentences)),
        "its line is missing or says something else",
    )
    stage.carry_mails()
    yield done(
        "nothing forbids to tell the person: they have a message that something was given out",
        len(stage.list_mails(desk.customer.address)) == before + 1,
        "no message came, or several",
    )
    watch = Watch(stage)
    yield refused(
        "it is given out a second time: refused",
        do(stage, desk.clerks[0], demand, "release").status >= 400 and watch.is_still,
        "it went a second time",
    )


def _say_voices(desk: Desk) -> str:
    if desk.needed < 2:
        return (
            "somebody of the desk agrees"
            if desk.needed
            else "nobody has to agree, and somebody of the desk gives it out"
        )
    return f"{desk.needed} different people of the desk agree"


def _change_it(stage: Stage, desk: Desk) -> Iterator[Step]:
    """What was agreed to is not what stands there now."""
    if not desk.needed:
        return
    demand = put(stage, desk)
    for clerk in desk.clerks[: desk.needed]:
        do(stage, clerk, demand, "answer", answer="yes")
    browser = sit_at(stage, desk.clerks[0])
    wider = {**write_demand(desk), "scope": list(desk.data[:2]), "wanted": list(desk.data[:2])}
    changed = browser.post(f"{demand}change/", wider, follows=False)
    watch = Watch(stage)
    answers = [do(stage, desk.clerks[0], demand, "release")]
    do(stage, desk.clerks[0], demand, "put")
    answers.append(do(stage, desk.clerks[0], demand, "release"))
    yield refused(
        "it is made wider after they agreed: it cannot be given out until they agree anew",
        changed.status < 400 and all(answer.status >= 400 for answer in answers) and watch.is_still,
        "it was given out on the old answers",
    )
    if stage.policy.words.has("recipient", desk.ground.kind):
        others = [kind for kind in stage.policy.words.leaves("recipient") if not _has_ground(stage, desk, kind)]
        watch, taken = Watch(stage), []
        for kind in others[:1]:
            outsider = put_into_register(stage, kind)
            told = {**write_demand(desk), "recipient": outsider}
            taken.append(browser.post(f"{stage.seat}demands/new/", told, follows=False))
        if taken:
            yield refused(
                "somebody demands it of whom the sentence does not speak: it is not taken down",
                all(page.status >= 400 for page in taken) and watch.is_still,
                "it was taken down",
            )


def _has_ground(stage: Stage, desk: Desk, kind: str) -> bool:
    return find_ground(stage.policy, desk.ground.name, kind) is not None


def _try_beyond(stage: Stage, rule: Rule, desk: Desk) -> Iterator[Step]:
    """The action below the desk: each condition left out by itself, other recipients, other purposes, more data."""
    words, ground = stage.policy.words, desk.ground
    terms = [term.facts for term in rule.holds.terms] if rule.holds is not None else []
    needs = [*terms, *([(str(rule.approval),)] if rule.approval else [])]  # of several in one term, one is enough
    facts: dict[str, bool | None] = dict.fromkeys(chain.from_iterable(needs), True)
    recipient = desk.recipient
    wish = Wish(desk.customer, desk.data[:1], ground.purpose, ground.kind, ground.name, facts, recipient)
    yield from try_wishes(
        stage,
        "one condition of the sentence is left out, or nobody knows of it, and all others are met: refused",
        [
            replace(wish, facts={**{name: True for name in facts if name not in left}, **less})
            for left in needs
            for less in ({}, dict.fromkeys(left, False))
        ],
        "with one condition left out",
    )
    others = (*words.leaves("recipient"), *(() if names_strangers(rule) else (STRANGE,)))
    yield from try_wishes(
        stage,
        "all conditions are met, and somebody else gets it: refused, nothing goes",
        [replace(wish, kind=kind, recipient="") for kind in others if kind not in list_kinds(words, rule)],
        "by somebody else",
    )
    yield from try_wishes(
        stage,
        "all conditions are met, and it is for something else: refused, nothing goes",
        [
            replace(wish, purpose=purpose, recipient="")
            for purpose in (*words.leaves("purpose"), STRANGE)
            if purpose not in list_purposes(words, rule)
        ],
        "for something else",
    )
    yield from try_wishes(
        stage,
        "all conditions are met, and one thing more is asked for than the sentence covers: all of it is refused",
        [
            replace(wish, data=(*desk.data[:1], leaf))
            for leaf in desk.beyond
            if not may_get(stage.policy, ground.kind, ground.purpose, leaf)
        ],
        "with one thing more",
    )
