"""Rehearsals of what is never given to somebody outside: tried at every door of the house at which it could go."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from upheld.actions.disclosures import Disclosed
from upheld.actions.releases import is_offered
from upheld.core.count.reports import plan_reports
from upheld.core.errors import RefusedError, UpheldError
from upheld.core.gate.binding import NAMED_RECIPIENT
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.rights.demanding import DEMANDED, list_grounds
from upheld.core.rights.merging import MERGING, TOLD, find_transfer
from upheld.core.rights.permitting import PERMITTED
from upheld.core.rights.releasing import MERGER, PERMISSION, SERVICE
from upheld.core.shipping.ordering import find_ordering, list_fulfilling_purposes
from upheld.core.shipping.states import CANCELLED
from upheld.rehearsal import carrying, legal_desk, mergers, permitting
from upheld.rehearsal.delivering import book, report
from upheld.rehearsal.doors import (
    STRANGE,
    Watch,
    Wish,
    give,
    hold_everything,
    list_contrary,
    list_data,
    list_facts,
    list_held,
    list_kinds,
    list_purposes,
    names_strange_purposes,
    names_strangers,
    put_into_register,
)
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import refused

OURS = (SERVICE, PERMISSION, MERGER)


def rehearse_never_share(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Every door at which data of the rule could go to its recipients for its purposes; nothing may leave."""
    lifts = set(list_facts(rule.unless))
    yield from _try_the_action(stage, rule, lifts)
    yield from _try_carriers(stage, rule, lifts)
    yield from _try_permissions(stage, rule, lifts)
    yield from _try_the_desk(stage, rule, lifts)
    yield from _try_reports(stage, rule)
    yield from _try_a_merger(stage, rule, lifts)


# ------------------------------------------------------------------------------------------ the action below all doors


def _try_the_action(stage: Stage, rule: Rule, lifts: set[str]) -> Iterator[Step]:
    words = stage.policy.words
    customer = hold_everything(stage, list_data(words, rule))
    held = [leaf for leaf in list_held(stage, customer.id) if leaf in list_data(words, rule)]
    kinds = (*list_kinds(words, rule), *((STRANGE, NAMED_RECIPIENT) if names_strangers(rule) else ()))
    purposes = (*list_purposes(words, rule), *((STRANGE,) if names_strange_purposes(rule) else ()))
    if not held:
        return
    watch, calls, wrong = Watch(stage), 0, 0
    contrary = list_contrary(stage, lifts)
    for kind, purpose, facts in product(kinds, purposes, contrary):
        is_strange = STRANGE in (
            kind,
            purpose,
        )  # of what no policy names all is asked for at once, and one by one below
        answer = give(stage, Wish(customer, tuple(held), purpose, kind, SERVICE, facts), each=not is_strange)
        calls += 1
        wrong += (not isinstance(answer, RefusedError)) if is_strange else not _is_empty(answer)
    lines = watch.list_refused()
    is_noted = len(lines) == calls and all(set(line.body["data"]) == set(held) for line in lines)
    for leaf in held if STRANGE in kinds else ():
        wish = Wish(customer, (leaf,), purposes[0], STRANGE, SERVICE, contrary[0])
        wrong += not isinstance(give(stage, wish), RefusedError)
    yield refused(
        f"{calls * len(held)} times one thing is asked for by somebody of whom the sentence speaks, for something of which"
        " it speaks, and everything but its own exceptions speaks for it: nothing goes, and each time it is noted",
        not wrong and watch.is_still and is_noted,
        "something went out" if wrong or not watch.is_still else "a refusal was not noted, or not all of it",
    )
    yield from _cite(stage, Wish(customer, tuple(held[:1]), purposes[0], kinds[0], SERVICE, contrary[-1]))


def _is_empty(answer: Disclosed | UpheldError) -> bool:
    return isinstance(answer, Disclosed) and not answer.values and bool(answer.withheld)


def _cite(stage: Stage, wish: Wish) -> Iterator[Step]:
    """The whole of it is refused by this sentence, or by one that is narrower."""
    watch = Watch(stage)
    give(stage, wish)
    lines = watch.list_refused()
    yield refused(
        "whoever asks is told the sentence that forbids it, and the ledger has a line of it",
        watch.has_refusal and any(line.body["because"] for line in lines),
        watch.say() or "no sentence was named",
        *(line.id for line in lines),
    )


# ------------------------------------------------------------------------------------------ the doors


def _try_carriers(stage: Stage, rule: Rule, lifts: set[str]) -> Iterator[Step]:
    """Parcels: nobody of these gets one to carry, and without a parcel or after it was called off a feed is empty."""
    words, ordering = stage.policy.words, find_ordering(stage.binding.gate.table)
    purposes = [one for one in list_fulfilling_purposes(words) if one in list_purposes(words, rule)]
    if ordering is None or not purposes or ordering.name not in list_data(words, rule):
        return
    customer, kinds = stage.cast.silent, list_kinds(words, rule)
    shipment = book(stage, customer)
    if carrying.REQUESTED not in lifts:
        watch = Watch(stage)
        answers = [carrying.hand_over(stage, shipment, put_into_register(stage, kind)) for kind in kinds]
        yield refused(
            "a parcel is handed to those of whom the sentence speaks: refused, nothing goes",
            all(answer >= 400 for answer in answers) and watch.is_still,
            "it was handed over",
        )
        return
    carrier = next(
        (kind for kind in kinds if any(map(carrying.is_asked, carrying.may_get(stage.policy, kind, purposes[0], ordering.name)))),
        None,
    )  # fmt: skip
    if carrier is None:
        return
    line = put_into_register(stage, carrier)
    key = carrying.add_program(stage, line)
    watch = Watch(stage)
    empty = not carrying.fetch(stage, key) and watch.is_still
    carrying.hand_over(stage, shipment, line)
    report(stage, shipment, CANCELLED)
    watch = Watch(stage)
    yield refused(
        "nobody asks for a service of theirs, before a parcel is handed over and after it is called off: their feed is empty",
        empty and not carrying.fetch(stage, key) and watch.is_still,
        "something stood in it",
    )


def _try_permissions(stage: Stage, rule: Rule, lifts: set[str]) -> Iterator[Step]:
    """A customer's own yes, where the sentence lets none count; where it does, one that was withdrawn."""
    words, customer = stage.policy.words, stage.cast.willing
    held = [leaf for leaf in list_held(stage, customer.id) if leaf in list_data(words, rule)]
    purposes = [one for one in list_purposes(words, rule) if words.has("purpose", one)]
    if not is_offered(stage.binding) or not held or not purposes:
        return
    if PERMITTED not in lifts:
        if not names_strangers(rule):
            return
        watch = Watch(stage)
        pages = [permitting.ask_permission(stage, customer, held[0], purpose) for purpose in purposes]
        yield refused(
            "a customer wants to permit it to somebody they name: refused, since no permission lifts this sentence",
            all(page.status >= 400 for page in pages) and watch.is_still,
            "it was taken down",
        )
        return
    clerk = permitting.find_hander(stage, held[0])
    recipient = "" if names_strangers(rule) else put_into_register(stage, list_kinds(words, rule)[0])
    wish = permitting.Given("", customer, held[0], purposes[0], clerk)
    given = permitting.permit_by_api(stage, wish, recipient=recipient)
    token = permitting.find_token(stage, customer)
    stage.browse().call("DELETE", f"{permitting.API}/{given.id}", token=token)
    watch = Watch(stage)
    answer = permitting.hand_release(stage, given)
    yield refused(
        "a customer permitted it and has withdrawn that: staff want to hand it over, refused, nothing goes",
        answer.status >= 400 and watch.is_still,
        "it was handed over",
    )


def _try_the_desk(stage: Stage, rule: Rule, lifts: set[str]) -> Iterator[Step]:
    """The legal desk: nothing goes on a demand that is not agreed to, or of somebody of whom the policy does not speak."""
    words, purposes, kinds = (
        stage.policy.words,
        list_purposes(stage.policy.words, rule),
        list_kinds(stage.policy.words, rule),
    )
    grounds = [one for one in list_grounds(stage.policy) if one.purpose in purposes and one.kind in kinds]
    if grounds and any(fact.startswith(DEMANDED) for fact in lifts):
        ground = grounds[0]
        other = next((one for one in stage.policy.active_rules if ground.sentence in one.sentences and one.holds), None)
        if other is None:
            return
        [desk, *_] = legal_desk.open_desks(stage, other)
        watch, demand = Watch(stage), legal_desk.put(stage, desk)
        answer = legal_desk.do(stage, desk.clerks[0], demand, "release")
        yield refused(
            "something is demanded, and those who have to agree have not: giving it out is refused, nothing goes",
            (answer.status >= 400 or not desk.needed) and (watch.is_still or not desk.needed),
            "it was given out",
        )
    elif not grounds and list_grounds(stage.policy):
        ground = list_grounds(stage.policy)[0]
        strangers = [kind for kind in kinds if all(one.kind != kind for one in list_grounds(stage.policy))]
        if not strangers or not names_strange_purposes(rule):
            return
        clerk = stage.cast.clerks.get(ground.approval.role, stage.cast.owner)
        told = {
            "ground": ground.name, "recipient": put_into_register(stage, strangers[0]), "citation": legal_desk.CITATION,
            "instrument": legal_desk.INSTRUMENT, "belief": legal_desk.BELIEF, "wanted": list(ground.data[:1]),
            "scope": list(ground.data[:1]),
        }  # fmt: skip
        watch = Watch(stage)
        page = clerk.browse(stage).post(f"{stage.seat}demands/new/", told, follows=False)
        label = words.label(strangers[0], "recipient")
        yield refused(
            f"{label} demand it of the legal desk: it is not taken down",
            page.status >= 400 and watch.is_still and not stage.list_lines("demand.opened"),
            "it was taken down",
        )


def _try_reports(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Reports, where the sentence speaks of what they are for: there is nothing of one to be carried away."""
    purposes = list_purposes(stage.policy.words, rule)
    for clerk in stage.cast.clerks.values():
        for plan in plan_reports(stage.binding, [clerk.role]) if clerk.role in stage.cast.clerks else ():
            if not plan.is_open or plan.purpose not in purposes:
                continue
            watch, browser = Watch(stage), clerk.browse(stage)
            page = browser.open(f"{stage.seat}reports/{plan.report}/")
            ways = [form for form in page.forms if form.method == "post" and "report" in form.action]
            tries = [browser.open(f"{stage.seat}reports/{plan.report}/?{way}") for way in ("format=csv", "download=1")]
            yield refused(
                "a report is looked at: its page has no way to send it or to take it along as a file",
                page.is_good
                and not ways
                and all("attachment" not in one.headers.get("Content-Disposition", "") for one in (page, *tries))
                and watch.is_still,
                "there is a way",
            )
            return


def _try_a_merger(stage: Stage, rule: Rule, lifts: set[str]) -> Iterator[Step]:
    """A merger: without one on record, and with people who were not told."""
    words, transfer = stage.policy.words, find_transfer(stage.policy)
    if transfer is None or transfer.purpose not in list_purposes(words, rule):
        return
    if not set(transfer.kinds) & set(list_kinds(words, rule)) or not lifts & {MERGING, TOLD}:
        return
    merging = mergers.open_merger(stage)
    watch = Watch(stage)
    answer = mergers.hand_over(stage, merging)
    yield refused(
        "a merger is on record, and nobody was told: handing over is refused, nothing goes",
        answer >= 400 and watch.is_still,
        "something was handed over",
    )
    mergers.tell_everybody(stage, merging)
    if TOLD in lifts:
        stage.wait(days=merging.days)
        watch = Watch(stage)
        mergers.hand_over(stage, merging)
        yield refused(
            "somebody's message came back, so they were not told: the others go, and what is about them stays here",
            not any(line.person == merging.returned.id for line in watch.list_gone()) and bool(watch.list_gone()),
            "it went over",
        )
    if MERGING in lifts:
        mergers.do(stage, merging, "cancel")
        stage.wait(days=merging.days + 1)
        watch = Watch(stage)
        answer = mergers.hand_over(stage, merging)
        yield refused(
            "the merger is called off: nothing goes, and whoever tries is told so",
            answer >= 400 and watch.is_still,
            "something was handed over",
        )
