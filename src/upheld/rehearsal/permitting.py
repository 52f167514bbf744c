"""Rehearsals of what goes by a person's own permission: what they say and no more, until they withdraw it or its time is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from upheld.actions.releases import is_offered, list_offered, list_releases
from upheld.core.gate.binding import NAMED_RECIPIENT
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.rights.permitting import PERMITTED
from upheld.core.rights.releasing import PERMISSION, SERVICE
from upheld.rehearsal.cast import HOST, Clerk, Customer, NotBuilt, Undone
from upheld.rehearsal.coming_in import come_back_to_work, come_in_again, find_token
from upheld.rehearsal.doors import (
    Watch,
    Wish,
    end_in_register,
    list_data,
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
from upheld.rehearsal.trying import refused, works

FORM = "/account/releases/new"
API = "/api/v1/me/permissions"
SOMEBODY = {"name": "Wren Ashby", "email": f"wren.ashby@{HOST}"}
CLAIMED = {PERMITTED: True}


@dataclass(frozen=True, slots=True)
class Given:
    """A permission on record: its id, whose it is, what it says, and who of the staff can hand it over."""

    id: str
    customer: Customer
    data: str
    purpose: str
    clerk: Clerk


def rehearse_permission(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What a rule lets go because its person permits it: by the page of the account, and handed over in the console."""
    if not is_offered(stage.binding):
        raise NotBuilt("the house lets nobody give a permission that this policy would let count")
    customer = stage.cast.willing
    data = [leaf for leaf in list_data(stage.policy.words, rule) if leaf in list_held(stage, customer.id)]
    form = customer.browse(stage).open(FORM).find_form("data", "purpose")
    purposes = [one for one in list_purposes(stage.policy.words, rule) if form and one in form.picks["purpose"]]
    if not data or not purposes:
        raise NotBuilt("nobody on this stage has anything that this rule would let them permit")
    clerk = find_hander(stage, data[0])
    plain = Given("", customer, data[0], purposes[0], clerk)
    yield from _try_blanket(stage, customer, data[0])
    if names_strangers(rule):
        yield from _go_its_way(stage, rule, plain)
        yield from _try_beyond(stage, rule, plain, data)
        yield from _end_it(stage, customer, data[0], purposes[0], clerk)
    yield from _give_registered(stage, rule, plain)
    if names_strangers(rule):
        yield from _run_out(stage, customer, data[0], purposes[0], clerk)


def find_hander(stage: Stage, leaf: str) -> Clerk:
    """Somebody in a role that the policy lets see this: whoever hands something over sees it. Raises NotBuilt."""
    for role, clerk in stage.cast.clerks.items():
        if clerk.role == role and _may_see(stage, role, leaf):
            return clerk
    raise NotBuilt("no role of this policy may see what people permit, so nobody can hand it over")


def _try_blanket(stage: Stage, customer: Customer, leaf: str) -> Iterator[Step]:
    browser, watch = customer.browse(stage), Watch(stage)
    told: dict[str, Any] = {"recipient": "somebody", **SOMEBODY, "data": [leaf], "times": "standing", "do": "check"}
    pages = [
        browser.send(browser.open(FORM), {**told, **less}, form=browser.open(FORM).find_form("data", "purpose"))
        for less in ({"purpose": None, "until": say_day(stage, 30)}, {"purpose": None, "data": None})
    ]
    is_none = all(
        not button[1].startswith("permit") for page in pages for form in page.forms for button in form.buttons
    )
    yield refused(
        "a customer says yes without saying what, for what or until when: it is not taken down",
        all(page.status >= 400 for page in pages) and is_none and not _list_live(stage, customer) and watch.is_still,
        "it was taken down",
    )


def _go_its_way(stage: Stage, rule: Rule, plain: Given) -> Iterator[Step]:
    watch = Watch(stage)
    customer, leaf, purpose = plain.customer, plain.data, plain.purpose
    given = permit_by_page(stage, customer, leaf, purpose, plain.clerk)
    own = read_own(stage, customer, leaf)
    early = watch.is_still
    stranger = next(
        (one for role, one in stage.cast.clerks.items() if one.role == role and not _may_see(stage, role, leaf)),
        None,
    )
    if stranger is not None:
        answer = hand_release(stage, replace(given, clerk=stranger))
        yield refused(
            "somebody of the staff whose role may not see it wants to hand it over: refused, nothing goes",
            answer.status >= 400 and watch.has_refusal,
            watch.say() or "it was answered as if it had gone",
        )
    answer = hand_release(stage, given)
    told = answer.read_json() if answer.is_good else None
    names = [part["name"] for part in told["data"]] if isinstance(told, dict) else []
    lines = watch.list_gone()
    says_so = len(lines) == 1 and (lines[0].body["data"], lines[0].body["purpose"]) == ([leaf], purpose)
    yield works(
        "a customer permits somebody they name one thing for one purpose, once: it is handed over, and nothing besides",
        early and names == [leaf] and told["data"][0]["values"] == own and told["purpose"]["name"] == purpose,
        "it went before staff handed it over" if not early else "something else was handed over, or nothing",
        *(line.id for line in lines),
    )
    yield works(
        "the ledger says what went, to whom and by which sentence, and that the permission was used",
        says_so
        and lines[0].body["recipient"] == NAMED_RECIPIENT
        and bool(set(lines[0].body["because"]) & set(rule.sentences))
        and bool(stage.list_lines("permission.used", person=customer.id)),
        "its line is missing or says something else",
    )
    watch = Watch(stage)
    answer = hand_release(stage, given)
    yield refused(
        "it was for once and has been used: handing it over again is refused",
        answer.status >= 400 and watch.is_still,
        "it was handed over again",
    )


def _try_beyond(stage: Stage, rule: Rule, plain: Given, data: Sequence[str]) -> Iterator[Step]:
    """A permission that counts, and what it does not say."""
    words, customer, held = stage.policy.words, plain.customer, list_held(stage, plain.customer.id)
    given = permit_by_api(stage, plain)
    wish = Wish(
        customer, (given.data,), given.purpose, NAMED_RECIPIENT, PERMISSION, CLAIMED, given.id, subject=given.id
    )
    yield from try_wishes(
        stage,
        "staff want to give one thing more than was permitted: all of it is refused",
        [replace(wish, data=(given.data, leaf)) for leaf in held if leaf != given.data],
        "with one thing more",
    )
    yield from try_wishes(
        stage,
        "staff want to give it for another purpose than was permitted: refused, nothing goes",
        [replace(wish, purpose=purpose) for purpose in words.leaves("purpose") if purpose != given.purpose],
        "for something else",
    )
    other = put_into_register(stage, words.leaves("recipient")[0]) if words.leaves("recipient") else ""
    wishes = [replace(wish, customer=stage.cast.silent)]
    if other:
        wishes.append(replace(wish, kind=words.leaves("recipient")[0], recipient=other))
        wishes.append(replace(wish, kind=words.leaves("recipient")[0]))
    yield from try_wishes(
        stage,
        "staff want to give it to somebody else than was permitted, or give what is about somebody else: refused",
        wishes,
        "to or about somebody else",
    )
    yield from try_wishes(
        stage,
        "somebody says that it was permitted, and no permission is on record: refused, nothing goes",
        [
            replace(wish, subject="", recipient="", ground=ground, purpose=purpose)
            for ground in (PERMISSION, SERVICE)
            for purpose in list_purposes(words, rule)
        ],
        "without a permission",
    )
    beyond = [leaf for leaf in held if leaf not in data and not may_get(stage.policy, "", given.purpose, leaf)]
    pages = [_ask_api(stage, replace(given, data=leaf)) for leaf in beyond[:2]]
    if pages:
        yield refused(
            "a customer wants to permit what the sentence does not speak of: refused, and not taken down",
            all(page.status >= 400 for page in pages) and len(_list_live(stage, customer)) == 1,
            "it was taken down",
        )


def _end_it(stage: Stage, customer: Customer, leaf: str, purpose: str, clerk: Clerk) -> Iterator[Step]:
    found = _list_live(stage, customer)
    given = Given(found[0] if found else "", customer, leaf, purpose, clerk)
    browser = customer.browse(stage)
    page = browser.open("/account/releases")
    form = next((one for one in page.forms if ("withdraw", given.id) in one.buttons or "withdraw" in one.names), None)
    if form is None:
        raise Undone("the page of the account lets nobody withdraw a permission")
    browser.send(page, {"withdraw": given.id}, form=form)
    watch = Watch(stage)
    answer = hand_release(stage, given)
    yield refused(
        "the customer withdraws a permission on the page of their account: nothing goes under it from that moment",
        answer.status >= 400 and watch.is_still,
        "it was handed over",
    )


def _give_registered(stage: Stage, rule: Rule, plain: Given) -> Iterator[Step]:
    """An organisation of the register, as far as customers are let pick from it."""
    words = stage.policy.words
    narrowed = {  # another sentence says what these may get at most
        kind
        for one in stage.policy.active_rules
        if one.form in ("share_only", "for_share_only")
        for kind in list_kinds(words, one)
    }
    for kind in list_kinds(words, rule):
        if kind in narrowed:
            continue
        recipient = put_into_register(stage, kind)
        if all(one.id != recipient for one in list_offered(stage.binding)):
            continue
        given = permit_by_api(stage, plain, recipient=recipient)
        watch = Watch(stage)
        answer = hand_release(stage, given)
        gone = [line.body for line in watch.list_gone()]
        label = words.label(kind, "recipient")
        yield works(
            f"a customer permits one of {label}, who stand in the register, as often as is needed: it is handed over",
            answer.is_good and [(one["data"], one["outside"]) for one in gone] == [([plain.data], recipient)],
            "something else was handed over, or nothing",
        )
        end_in_register(stage, recipient)
        watch = Watch(stage)
        answer = hand_release(stage, given)
        yield refused(
            "the register says that they get nothing more: nothing is handed over, though it was permitted",
            answer.status >= 400 and watch.is_still,
            "it was handed over",
        )
        return


def _run_out(stage: Stage, customer: Customer, leaf: str, purpose: str, clerk: Clerk) -> Iterator[Step]:
    """The last second of the last day, and the first one behind it."""
    given = permit_by_api(stage, Given("", come_in_again(stage, customer), leaf, purpose, clerk))
    end = datetime.combine(date.fromisoformat(say_day(stage, 1)) + timedelta(days=1), time.min, UTC)
    stage.clock.move_to(end - timedelta(seconds=1), tick=False)
    given = replace(given, clerk=come_back_to_work(stage, clerk))
    watch = Watch(stage)
    answer = hand_release(stage, given)
    yield works(
        "a permission counts until the last second of the day that the customer named",
        answer.is_good and len(watch.list_gone()) == 1,
        "it did not count any more",
    )
    stage.wait(seconds=1)
    watch = Watch(stage)
    answer = hand_release(stage, given)
    yield refused(
        "the day that the customer named is over: nothing is handed over any more",
        answer.status >= 400 and watch.is_still,
        "it was handed over",
    )


def permit_by_page(stage: Stage, customer: Customer, leaf: str, purpose: str, clerk: Clerk) -> Given:
    """A permission for somebody whom the customer names, once, by the page; they say yes to the sentence. Raises Undone."""
    browser = customer.browse(stage)
    told = {"recipient": "somebody", **SOMEBODY, "data": [leaf], "purpose": purpose, "times": "once"}
    page = browser.open(FORM)
    told |= {"until": say_day(stage, 30)}
    page = browser.send(page, {**told, "do": "check"}, form=page.find_form("data", "purpose"))
    yes = next((pair[1] for form in page.forms for pair in form.buttons if pair[1].startswith("permit ")), "")
    browser.send(page, {**told, "do": yes}, form=page.find_form("data", "purpose"))
    found = _list_live(stage, customer)
    if len(found) != 1:
        raise Undone(f"a permission was answered with {page.status}, and is not on record")
    return Given(found[0], customer, leaf, purpose, clerk)


def permit_by_api(stage: Stage, wish: Given, *, recipient: str = "") -> Given:
    """A permission that counts for as often as it is needed, until tomorrow, by the API. Raises Undone."""
    page = _ask_api(stage, wish, recipient=recipient)
    told = page.read_json()
    if page.status != 201 or not isinstance(told, dict):
        raise Undone(f"a permission was answered with {page.status} by the API")
    return replace(wish, id=told["permission"])


def _ask_api(stage: Stage, wish: Given, *, recipient: str = "") -> Page:
    who: dict[str, Any] = {"recipient": recipient} if recipient else {"named": {**SOMEBODY, "post": ""}}
    told = {**who, "data": [wish.data], "purpose": wish.purpose, "until": say_day(stage, 1), "is_once": False}
    return stage.browse().call("POST", API, told, token=find_token(stage, wish.customer))


def ask_permission(stage: Stage, customer: Customer, leaf: str, purpose: str) -> Page:
    """What the API answers to a customer who wants to permit this to somebody they name."""
    return _ask_api(stage, Given("", customer, leaf, purpose, stage.cast.stranger))


def hand_release(stage: Stage, given: Given) -> Page:
    """What the console answers when this clerk hands over what a permission says, as a file."""
    browser = given.clerk.browse(stage)
    return browser.post(f"{stage.seat}releases/{given.id}/", {"role": given.clerk.role, "form": "json"}, follows=False)


def say_day(stage: Stage, days: int) -> str:
    """The day so many days from now, as a browser sends it."""
    return (stage.now.date() + timedelta(days=days)).isoformat()


def _list_live(stage: Stage, customer: Customer) -> list[str]:
    return [one.id for one in list_releases(stage.site, person=customer.id, is_live=True, now=stage.now)]


def _may_see(stage: Stage, role: str, leaf: str) -> bool:
    """Whether some rule lets this role see this as it is, and not in numbers alone."""
    words = stage.policy.words
    return any(
        rule.form.startswith("show")
        and (rule.degree is None or rule.degree.name == "identified")
        and role in rule.part("to")
        and leaf in words.expand("data", rule.data)
        for rule in stage.policy.active_rules
    )
