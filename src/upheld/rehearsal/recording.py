"""Rehearsals of what the house notes by itself: visits, mails, services; exactly what the sentence lists, and no more."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from upheld.actions.held import list_mail_leaves
from upheld.actions.visits import read_visits
from upheld.core.errors import SealError
from upheld.core.fields.visits import NOTABLE, list_visit_fields
from upheld.core.policy.model import EVERY_PAGE, Rule
from upheld.core.policy.saying.names import capitalise
from upheld.core.proof.evidence import Step
from upheld.core.shipping.ordering import SHIPMENT, USE, find_recorded
from upheld.core.shipping.states import DELIVERED, ON_ITS_WAY
from upheld.rehearsal.cast import NotBuilt, need_entrance
from upheld.rehearsal.delivering import Booked, book, invent_named, report
from upheld.rehearsal.filling import list_form_places, say_place
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.taking import (
    expand_data,
    find_purpose_fault,
    list_asked,
    name_data,
    rehearse_collect,
    try_astray,
    try_inside,
)
from upheld.rehearsal.traces import Traces, Watch, find_readable
from upheld.rehearsal.trying import Rehearsal, missing, refused, works
from upheld.rehearsal.visiting import note_visits

# What a browser tells of itself that nobody may note: a search, an agent, where it came from, a cookie.
ORIGIN = "elsewhere"
SECRET = "lanternfish"  # noqa: S105 - a word that stands nowhere else
ADDRESS = "127.0.0.1"  # of the browser of a rehearsal
PAGES = ("/", "/privacy")  # that every site has
LONG_ENOUGH = 20  # characters: a shorter line of a mail may stand in a log by chance
MAIL_WORDS = frozenset({"to", "class", "kind", "at", "result"})


def rehearse_record(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Each thing that the house notes by itself is brought about, and what was noted is looked at."""
    words, leaves = stage.policy.words, expand_data(stage, rule)
    keys = {leaf: words.of_sort("data")[leaf].value for leaf in leaves}
    tried: set[str] = set()
    at = [name for name in rule.part("at") if words.of_sort("touchpoint").get(name)]
    if any(words.of_sort("touchpoint")[name].value == EVERY_PAGE for name in at):
        is_whole = rule.degree is None or rule.degree.name == "identified"  # a part of it is nothing the house can note
        own = tuple(leaf for leaf in leaves if keys[leaf] in NOTABLE) if is_whole else ()
        tried |= set(own)
        if own:
            yield from try_visits(stage, own, at[0])
    mails = tuple(leaf for leaf in leaves if leaf in list_mail_leaves(words))
    if mails:
        tried |= set(mails)
        yield from try_mail_log(stage, rule, mails)
    served = tuple(leaf for leaf in leaves if keys[leaf] in (USE, SHIPMENT))
    if served and set(served) & {
        found[0] for key in (USE, SHIPMENT) if (found := find_recorded(stage.binding.gate.table, key))
    }:
        tried |= set(served)
        yield from try_carrying_out(stage, rule, served)
    if set(rule.part("at")) & set(list_form_places(stage)):
        yield from rehearse_collect(stage, rule)
        tried |= set(leaves)
    else:
        for name in at:
            yield from try_inside(stage, name)
        yield from try_astray(stage, rule)
    untried = tuple(leaf for leaf in leaves if leaf not in tried)
    if untried:
        yield missing(f"nothing in the house notes {name_data(stage, untried)} by itself")


# ------------------------------------------------------------------------------------------------ visits


def try_visits(stage: Stage, leaves: tuple[str, ...], touchpoint: str) -> Iterator[Step]:
    """Pages are asked for with all that a browser can tell of itself; the log has the things of the sentence alone."""
    allowed = {leaf for leaf, purposes in list_asked(stage, touchpoint).items() if purposes}
    keys = {leaf: stage.policy.words.of_sort("data")[leaf].value for leaf in allowed | set(leaves)}
    notes_origin = "referrer" in {NOTABLE.get(keys[leaf]) for leaf in allowed}  # then the host may stand in the log
    origin = f"https://{ORIGIN if notes_origin else SECRET}.example/{SECRET}?{SECRET}"
    watch = Watch(stage)
    with note_visits(stage) as log:
        for path in (*PAGES, f"/{SECRET}"):
            browser = stage.browse({SECRET: SECRET})
            browser.open(f"{path}?{SECRET}={SECRET}", User_Agent=SECRET, Referer=origin)
            log.flush()
        noted = read_noted(stage)
        written = b"".join(path.read_bytes() for path in log.folder.rglob("*") if path.is_file())
    texts = json.dumps(noted)
    named = {text for visit in noted for text in visit.values()}
    is_named = not any(NOTABLE[keys[leaf]] == "page" for leaf in leaves) or named > set(PAGES)
    wrong = [visit for visit in noted if not has_values(stage, visit, leaves)]
    says = f"Three pages are asked for: {name_data(stage, leaves)} of each are noted"
    yield works(
        says,
        len(noted) == len(PAGES) + 1 and is_named and not wrong,
        f"of {len(noted)} pages something was noted, of {len(wrong)} not this",
    )
    besides = {leaf for visit in noted for leaf in visit if leaf not in allowed}
    where = (
        "the address it came from, of which the host alone is"
        if notes_origin
        else "where it came from: none of that is"
    )
    says = f"They are asked for with a search, a cookie, the name of a browser and {where} noted"
    saw = f"{name_data(stage, tuple(sorted(besides)))} was noted" if besides else "it stands in the log"
    yield refused(says, not besides and SECRET not in texts and not find_readable((SECRET,)), saw)
    traces = watch.look()
    is_open = any(text in written for text in (SECRET.encode(), ADDRESS.encode(), b"/privacy"))
    says = "The file of the log is opened without its key: nothing of a visit can be read in it"
    yield refused(says, bool(written) and not is_open, "it can be read")
    says = "Asking for pages makes no record of a person, and no line of what they read"
    yield refused(says, traces.is_nothing, traces.said)


def read_noted(stage: Stage) -> list[dict[str, str]]:
    """The visits of today, opened; none where the log does not open."""
    try:
        return list(read_visits(stage.work.state, stage.site, stage.now.date()))
    except SealError:
        return []


def has_values(stage: Stage, visit: Mapping[str, str], leaves: tuple[str, ...]) -> bool:
    """Whether a visit has all of these categories, and each holds what it says it is."""
    parts = {field.data: field.part for field in list_visit_fields(stage.binding.gate.table)}
    hour = stage.now.replace(minute=0, second=0, microsecond=0)
    checks = {
        "address": lambda text: bool(ipaddress.ip_address(text)) and text == ADDRESS,
        "page": lambda text: text.startswith(("/", "(")),
        "time": lambda text: text == stage.now.isoformat(timespec="seconds"),
        "hour": lambda text: text == hour.isoformat(timespec="minutes"),
        "referrer": lambda text: "/" not in text,
    }
    for leaf in leaves:
        part = parts.get(leaf, "")
        if leaf not in visit or (part in checks and not checks[part](visit[leaf])):
            return False
    return True


# ------------------------------------------------------------------------------------------------ mails


def try_mail_log(stage: Stage, rule: Rule, leaves: tuple[str, ...]) -> Iterator[Step]:
    """A mail is sent for somebody: its log says to whom, what kind, when and with which result, and none of its words."""
    customer = stage.cast.silent
    before = len(stage.list_mails(customer.address))
    watch = Watch(stage)
    browser = customer.browse(stage)
    answer = browser.send(browser.open("/account/forgot"), {find_address_name(stage): customer.address})
    early = watch.look()
    says = "A mail is asked for and has not left yet: nothing is logged of it"
    yield refused(says, not any(early.has_kept(leaf) for leaf in leaves), "it was logged before it left")
    stage.carry_mails()
    traces, mails = watch.look(), stage.list_mails(customer.address)
    if len(mails) <= before:
        raise NotBuilt(f"no mail came about that could be logged: the site answered {answer.status}")
    items = [item for item in traces.items if set(item.categories) & set(leaves)]
    lines = [line.id for line in traces.lines if set(line.body.get("data", ())) & set(leaves)]
    fault = find_log_fault(stage, rule, traces, leaves, customer.address)
    says = "A mail is sent for a customer: the log says to whom, what kind, when and with which result, sealed, as their own"
    yield works(says, bool(items) and not fault, fault or "nothing was logged", *lines)
    logged = json.dumps([item.values for item in items], default=str)
    said = [
        line.text
        for mail in mails
        for paragraph in mail.paragraphs
        for line in paragraph
        if len(line.text) > LONG_ENOUGH
    ]
    links = [line.address for mail in mails for paragraph in mail.paragraphs for line in paragraph if line.address]
    says = "The words of that mail and the link in it are looked for in the log: they do not stand there"
    yield refused(says, bool(said) and not any(text in logged for text in (*said, *links)), "they stand there")


def find_address_name(stage: Stage) -> str:
    """The name of the field for an address, on the pages of signing in."""
    return need_entrance(stage).address


def find_log_fault(stage: Stage, rule: Rule, traces: Traces, leaves: tuple[str, ...], address: str) -> str:
    """What is wrong with the entries of the log of mails; empty for nothing."""
    for item in traces.items:
        for leaf in set(item.categories) & set(leaves):
            entry: Any = item.values.get(leaf)
            if item.person != stage.cast.silent.id:
                return "it stands with somebody else"
            if not isinstance(entry, Mapping) or set(entry) != MAIL_WORDS or not all(entry.values()):
                return "something of it is missing, or there is more"
            if entry["to"] != address or entry["at"] != stage.now.isoformat(timespec="seconds"):
                return "it was another address, or another moment"
            if item.touchpoint not in rule.part("at") or item.version != stage.binding.current:
                return "it has other tags than the sentence"
    if find_readable((address,)):
        return "the address stands readable in the database"
    return next((fault for place in rule.part("at") if (fault := find_purpose_fault(stage, rule, place, traces))), "")


# ------------------------------------------------------------------------------------------------ services


def try_carrying_out(stage: Stage, rule: Rule, leaves: tuple[str, ...]) -> Iterator[Step]:
    """A service is asked for and done: what is noted of each is there from its moment on, with the tags of the sentence."""
    table = stage.binding.gate.table
    used, ended = find_recorded(table, USE), find_recorded(table, SHIPMENT)
    watch = Watch(stage)
    parcel = book(stage, stage.cast.silent, invent_named(1))
    booking = watch.look()
    if used and used[0] in leaves:
        yield look_at_record(stage, rule, booking, used[0], parcel)
    if ended and ended[0] in leaves:
        report(stage, parcel, ON_ITS_WAY)
        early = watch.look()
        says = "It is on its way and has not arrived: nothing is noted of how it ended"
        yield refused(says, not early.has_kept(ended[0]), "something was noted of it")
        later = Watch(stage)
        report(stage, parcel, DELIVERED)
        yield look_at_record(stage, rule, later.look(), ended[0], parcel)


def look_at_record(stage: Stage, rule: Rule, traces: Traces, leaf: str, parcel: Booked) -> Step:
    """Whether one record came about, once, with its tags, as the customer's, and nothing else under that touchpoint."""
    label = capitalise(name_data(stage, (leaf,)))
    says = (
        f"{label}: a shipment is booked and carried out, and it is noted once, sealed, for the purposes of the sentence"
    )
    lines = [line.id for line in traces.lines if leaf in line.body.get("data", ())]
    fault = find_record_fault(stage, rule, traces, leaf, parcel.number)
    if not fault and len(lines) != 1:
        fault = f"there are {len(lines)} lines of it in the ledger"
    return works(says, not fault, fault, *lines)


def find_record_fault(stage: Stage, rule: Rule, traces: Traces, leaf: str, number: str) -> str:
    """What is wrong with the record of a shipment; empty for nothing."""
    items, places = [item for item in traces.items if leaf in item.categories], rule.part("at")
    besides = {one for place in places for item in traces.list_items(place) for one in item.categories} - {leaf}
    if len(items) != 1:
        return f"there are {len(items)} records of it"
    if items[0].person != stage.cast.silent.id or number not in str(items[0].values):
        return "it is not that of the customer's shipment"
    if items[0].touchpoint not in places or items[0].version != stage.binding.current:
        return f"it came in {say_place(stage, items[0].touchpoint)}, or under another version"
    if besides:
        return f"{name_data(stage, tuple(sorted(besides)))} was noted as well"
    return next((fault for place in places if (fault := find_purpose_fault(stage, rule, place, traces))), "")


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {"record": rehearse_record, "record_only": rehearse_record, "at_record_only": rehearse_record}
)
