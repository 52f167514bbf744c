"""Rehearsals of how long data is kept: to the second, at every entrance, and by the event that starts its time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from django.conf import settings

from upheld.actions.audiences import survey_audience
from upheld.actions.visits import FOLDER, read_visits
from upheld.core.fields import list_visit_fields
from upheld.core.notices.audience import Cap, list_campaign_classes
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.records.keyring.models import PersonKey
from upheld.rehearsal.cast import PASSWORD, NotBuilt, need_entrance
from upheld.rehearsal.coming_in import come_in_again
from upheld.rehearsal.holdings import Holding, bring_about, note_delivery
from upheld.rehearsal.looking import API, OWN, look, look_inside
from upheld.rehearsal.parcels import deliver_parcel
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, done, missing, refused, works
from upheld.rehearsal.visiting import note_visits

# Events that are the coming in itself, and the one that can happen again and again; others have to happen first.
COMING_IN = frozenset({"order", "sending", "message arrives", "answer", "visit", ""})
LAST_SIGN_IN = "last sign-in"
SECOND = timedelta(seconds=1)
NO_CAP = Cap()
NOTHING_DESTROYS = "nothing destroys it when its time is over: from then on it is withheld at every entrance, and still lies in the store"
_DAYS = re.compile(r"(\d+) days?")


@dataclass(frozen=True, slots=True)
class Term:
    """What a rule says: so many days after an event."""

    days: int
    event: str


def read_term(stage: Stage, rule: Rule) -> Term:
    """The time in a rule, written out or as a parameter. Raises NotBuilt for one that is not in days."""
    text = " ".join(rule.part("duration"))
    parameter = stage.policy.parameters.get(text)
    found = _DAYS.fullmatch(parameter.value if parameter else text)
    if found is None:
        raise NotBuilt("nothing in the house ends a time of keeping that is not given in days")
    return Term(int(found[1]), " ".join(rule.part("after")))


def rehearse_keep(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Until the last second it is there, from then on nowhere; the log of visits is gone from the disk."""
    term = read_term(stage, rule)
    leaves = stage.policy.words.expand("data", rule.data)
    visits = {noted.data for noted in list_visit_fields(stage.binding.gate.table)}
    if visits & set(leaves):
        yield from keep_visits(stage, term, tuple(leaf for leaf in leaves if leaf in visits))
    rest = tuple(leaf for leaf in leaves if leaf not in visits)
    if not rest:
        return
    if term.event == LAST_SIGN_IN:
        yield from keep_account(stage, term, rest)
    elif term.event in COMING_IN:
        yield from keep_taken(stage, term, rest)
    else:
        yield from keep_waiting(stage, term, rest)
    yield missing(NOTHING_DESTROYS)


def keep_taken(stage: Stage, term: Term, leaves: Sequence[str]) -> Iterator[Step]:
    """What is kept from the moment it comes in."""
    held = bring_about(stage, leaves)
    yield from say_lacking(stage, held)
    yield from watch_end(stage, held, leaves, term)


def keep_waiting(stage: Stage, term: Term, leaves: Sequence[str]) -> Iterator[Step]:
    """What is kept from an event that comes later: before it nothing is withheld, however long it takes."""
    held = bring_about(stage, leaves, is_delivered=False)
    if held.parcel is None:
        raise NotBuilt("nothing in the house starts a time of keeping at this event")
    before = look_inside(stage, held, leaves)
    stage.wait(days=term.days, seconds=1)
    yield works(
        "the event does not happen for as long as the whole time of keeping: nothing is withheld",
        bool(before) and look_inside(stage, held, leaves) == before,
        "something is withheld although its time has not begun",
    )
    deliver_parcel(stage, held.parcel)
    note_delivery(stage, held)
    held.since = dict.fromkeys(held.since, stage.now)
    yield from say_lacking(stage, held)
    yield from watch_end(stage, held, leaves, term)


def watch_end(
    stage: Stage, held: Holding, leaves: Sequence[str], term: Term, *, signs_in: bool = True
) -> Iterator[Step]:
    """A second before the end everything is where it was; at the end it is nowhere. What came in earlier ends earlier."""
    ends = {leaf: held.since[leaf] + timedelta(days=term.days) for leaf in leaves if leaf in held.since}
    if not ends:
        return
    stage.clock.move_to(min(ends.values()) - SECOND, tick=False)
    before = look(stage, held, tuple(ends), signs_in=signs_in)
    places = [place for place, seen in before.items() if seen]
    lost = set(ends) & set(held.items) - before.get(API, before.get(OWN, frozenset()))
    yield works(
        f"a second before {term.days} days are over it is still there: {', '.join(places)}",
        bool(places) and not lost,
        "some of it is withheld already",
    )
    for end in sorted(set(ends.values()))[:-1]:
        over = [leaf for leaf in ends if ends[leaf] <= end]
        stage.clock.move_to(end, tick=False)
        is_left = bool(look_inside(stage, held, over))
        yield refused(
            f"after {term.days} days, to the second, what came in first is withheld", not is_left, "it is not"
        )
    stage.clock.move_to(max(ends.values()), tick=False)
    after = look(stage, held, tuple(ends), signs_in=signs_in)
    for place in (place for place in before if place in places or after[place]):
        yield refused(
            f"after {term.days} days, to the second, nothing of it is in {place}",
            not after[place],
            "something of it still is",
        )


def say_lacking(stage: Stage, held: Holding) -> Iterator[Step]:
    """What nothing in the house takes in."""
    for leaf in held.lacking:
        yield missing(f"nothing in the house takes in {stage.policy.words.label(leaf, 'data')}")


def keep_account(stage: Stage, term: Term, leaves: Sequence[str]) -> Iterator[Step]:
    """What is kept for as long as somebody comes back now and then: a sign-in starts the time anew."""
    entrance = need_entrance(stage)
    held = bring_about(stage, leaves)
    yield from say_lacking(stage, held)
    rest = tuple(leaf for leaf in leaves if leaf != entrance.password)
    at_first = look_inside(stage, held, rest)
    stage.wait(days=term.days - 1)
    held.customer = come_in_again(stage, held.customer)
    come_in_again(stage, stage.cast.willing)
    began = stage.now
    held.since = dict.fromkeys((*rest, entrance.password), began)
    stage.wait(days=2)
    yield works(
        "somebody signs in a day before the time is over: it begins anew",
        bool(at_first) and look_inside(stage, held, rest) == at_first,
        "something is withheld although its time has begun anew",
    )
    if entrance.address in leaves:
        typing = timedelta(seconds=settings.FORM_SECONDS + 1)  # what the browser takes to fill in a form
        stage.clock.move_to(began + timedelta(days=term.days) - SECOND - typing, tick=False)
        yield from try_address(stage, held, is_over=False)
    yield from watch_end(stage, held, rest, term, signs_in=False)
    stage.clock.move_to(began + timedelta(days=term.days), tick=False)
    if entrance.address in leaves:
        yield from try_address(stage, held, is_over=True)
    if entrance.password in leaves:
        yield from try_password(stage, held)


def try_address(stage: Stage, held: Holding, *, is_over: bool) -> Iterator[Step]:
    """Messages go to the address until its time is over, and not afterwards: one that was asked for, and those to many."""
    entrance, browser = need_entrance(stage), stage.browse()
    before = len(stage.list_mails(held.customer.address))
    browser.send(browser.open("/account/forgot"), {entrance.address: held.customer.address})
    stage.carry_mails()
    came = len(stage.list_mails(held.customer.address)) - before
    reached = {
        found.name: survey_audience(stage.binding, found.name, cap=NO_CAP, now=stage.now).reached
        for found in list_campaign_classes(stage.policy)
    }
    if is_over:
        yield refused("somebody asks for a new password after that: no mail goes to the address", came == 0, "one went")
        if reached:
            yield refused(
                "a letter to many after that reaches nobody who was away so long", not any(reached.values()), "it does"
            )
        return
    yield works("somebody asks for a new password a second before: the mail comes", came == 1, "it did not come")
    if reached:
        yield works("a letter to many a second before reaches people", any(reached.values()), "it reaches nobody")


def try_password(stage: Stage, held: Holding) -> Iterator[Step]:
    """The password is data like any other: when its time is over it opens nothing any more."""
    entrance, browser = need_entrance(stage), stage.browse()
    serial = stage.last_serial
    typed = {entrance.address: held.customer.address, entrance.password: PASSWORD}
    page = browser.send(browser.open("/account/sign-in"), typed)
    inside = stage.list_lines("person.signed-in", after=serial)
    yield refused(
        "somebody signs in with the right password after its time is over: it is not taken",
        not inside and "/account/held" not in page.html,
        "it was, and everything opened again",
    )
    told = browser.call("post", "/api/v1/sign-in", {"email": held.customer.address, "password": PASSWORD})
    yield refused("the same by the API", not told.is_good, "it was taken there")


def keep_visits(stage: Stage, term: Term, leaves: Sequence[str]) -> Iterator[Step]:
    """The log of visits: its file and its key are there until its last day, and then they are gone."""
    with note_visits(stage) as log:
        came = stage.now
        stage.browse().open("/")
        log.flush()
        day = came.astimezone(UTC).date()
        file = stage.work.state / FOLDER / stage.site / f"{day.isoformat()}.log"
        noted = list(read_visits(stage.work.state, stage.site, day)) if file.is_file() else []
        yield works(
            "somebody opens a page: it stands in the log of that day",
            bool(noted) and all(set(leaves) <= set(one) for one in noted),
            "it does not",
        )
        last = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=term.days)
        stage.clock.move_to(last - SECOND, tick=False)
        stage.work_on()
        kept = list(read_visits(stage.work.state, stage.site, day)) if file.is_file() else []
        yield works(f"the log is there until the {term.days}th day begins", kept == noted, "it went before")
        stage.clock.move_to(came + timedelta(days=term.days), tick=False)
        stage.work_on()
        yield refused(f"after {term.days} days the file is gone from the disk", not file.exists(), "it is still there")
        keys = PersonKey.objects.filter(site=stage.site, person="", keep_class__endswith=day.isoformat())
        yield refused(
            "the key that opened it is gone, so that no copy of the file opens either",
            not keys.filter(keep_class__startswith="visits").exists(),
            "it is still there",
        )
        yield done(
            "the ledger says that it was destroyed",
            bool(stage.list_lines("keys.destroyed")),
            "no line does",
        )


def rehearse_keep_until(_stage: Stage, _rule: Rule) -> Iterator[Step]:
    """Keeping that ends with an event: nothing in the house ends it yet."""
    raise NotBuilt("nothing in the house ends a time of keeping at an event; it ends times that are given in days")
    yield  # pragma: no cover - makes it a generator


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType({"keep": rehearse_keep, "keep_until": rehearse_keep_until})
