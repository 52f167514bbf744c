"""Rehearsals of using data inside the house: what uses it, for which purpose; and that the vault opens it for nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from upheld.actions.counting import open_for_counting
from upheld.actions.vault import open_items
from upheld.core.count.reports import find_purpose, plan_reports
from upheld.core.errors import SealError, VaultError
from upheld.core.gate.act import Act
from upheld.core.gate.permit import Permit
from upheld.core.policy.model import ANY_PURPOSE, Policy, Rule
from upheld.core.policy.reading.declare import parse_count
from upheld.core.proof.evidence import Step
from upheld.rehearsal.cast import Customer
from upheld.rehearsal.doors import (
    STRANGE,
    find_person,
    hold_everything,
    list_contrary,
    list_data,
    list_facts,
    list_held,
    list_purposes,
    names_strange_purposes,
)
from upheld.rehearsal.mail_uses import show_mails, try_letters, try_named
from upheld.rehearsal.page_uses import show_suits
from upheld.rehearsal.reporting import list_groups, list_reports, make_report
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, refused, works


def rehearse_use(stage: Stage, rule: Rule) -> Iterator[Step]:
    """A permission to use something: by whatever in the house does it, and opened by the vault for nothing else."""
    purposes = list_purposes(stage.policy.words, rule)
    yield from show_suits(stage, rule, purposes)
    yield from show_mails(stage, rule, purposes)
    yield from _try_the_vault(stage, rule)


def rehearse_use_only(stage: Stage, rule: Rule) -> Iterator[Step]:
    """The same for what is used for these purposes and nothing else, by whatever else could use it."""
    purposes = list_purposes(stage.policy.words, rule)
    yield from show_suits(stage, rule, purposes)
    yield from show_mails(stage, rule, purposes)
    yield from try_named(stage, rule, purposes)
    beyond = [one for one in (*stage.policy.words.leaves("purpose"), STRANGE) if one not in purposes]
    yield from _never_open(stage, list_data(stage.policy.words, rule), beyond, ())
    yield from _try_without_permit(stage, rule)


def rehearse_never_use(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What is never used for these purposes, unless the sentence says so: by the vault, by letters, by what is sent."""
    words, lifts = stage.policy.words, list_facts(rule.unless)
    purposes = (*list_purposes(words, rule), *((STRANGE,) if names_strange_purposes(rule) else ()))
    yield from _never_open(stage, list_data(words, rule), purposes, lifts)
    yield from try_letters(stage, rule, purposes)
    yield from show_mails(stage, rule, purposes)
    yield from _try_without_permit(stage, rule)


def rehearse_report(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What may be counted in groups alone: groups of exactly that size and one smaller, and nothing opened as it is."""
    words, least = stage.policy.words, find_least(stage.policy, rule)
    reports = list_reports(stage, rule) if least > 1 else ()
    for report in reports:
        clerk = next(
            (one for role, one in stage.cast.clerks.items() if one.role == role and _sees(stage, role, report)), None
        )
        if clerk is None:
            continue
        large, small = list_groups(stage, report)
        first = make_report(stage, report, (least, least - 1), clerk)
        yield refused(
            f"a report of {report} has a group of {least - 1} people: no number stands beside it",
            first.page.is_good and not first.find(small) and str(least - 1) not in first.groups.values(),
            "its number was shown, or there was no report",
        )
        second = make_report(stage, report, (0, 1), clerk)
        yield works(
            f"one more comes into it: the report of {report} counts {least} people there, and as many in the other",
            second.find(small) == second.find(large) == str(least),
            "the report does not say so",
        )
    customer = hold_everything(stage, words.leaves("data"))
    if least > 1:
        yield from _count_beyond(stage, rule, least)
    purposes = list_purposes(words, rule)
    held, named = list_held(stage, customer.id), list_data(words, rule)
    closed = held if rule.degree is not None else [leaf for leaf in held if leaf not in named]
    yield from _never_open(stage, closed, purposes, (), customer=customer)


def find_least(policy: Policy, rule: Rule) -> int:
    """How many people a group has to have by this rule; 0 where it says nothing of groups."""
    if rule.degree is None:
        return 0
    parameter = policy.parameters.get(rule.degree.parameter or "")
    return parse_count(parameter.value) or 0 if parameter is not None else rule.degree.k


def _sees(stage: Stage, role: str, report: str) -> bool:
    return any(plan.report == report and plan.is_open for plan in plan_reports(stage.binding, [role]))


def _count_beyond(stage: Stage, rule: Rule, least: int) -> Iterator[Step]:
    """The counting below the reports: other data, and groups that are smaller."""
    words, now = stage.policy.words, stage.now
    plans = [
        plan
        for clerk in stage.cast.clerks.values()
        for plan in plan_reports(stage.binding, [clerk.role])
        if plan.is_open and plan.purpose == find_purpose(words)
    ]
    named = list_data(words, rule)
    if not plans or plans[0].purpose not in list_purposes(words, rule):
        return
    plan, since, until = plans[0], now.replace(year=now.year - 1, day=1), now.replace(microsecond=999999)
    others = [leaf for leaf in words.leaves("data") if leaf not in named]
    opened = {
        leaf
        for leaf in others
        if any(True for _ in open_for_counting(stage.binding, plan, leaf, since=since, until=until, now=now))
    }
    yield refused(
        "something that the sentence does not name is to be counted for a report: nothing of it opens",
        bool(others) and not opened,
        "it was opened",
    )
    smaller = replace(plan, least=least - 1)
    leaked = {
        leaf
        for leaf in named
        if any(True for _ in open_for_counting(stage.binding, smaller, leaf, since=since, until=until, now=now))
    }
    yield refused(
        f"something is to be counted in groups of {least - 1}: nothing of it opens", not leaked, "it was opened"
    )


# ------------------------------------------------------------------------------------------ the vault


def list_granting(policy: Policy, leaf: str, purpose: str) -> tuple[Rule, ...]:
    """The rules that let a category be used as it is for a purpose, on whatever condition; read word by word.

    Those that collect it for this purpose let it be used for it as well; those that send let an address be used.
    """
    words = policy.words
    found = []
    for rule in policy.active_rules:
        if rule.form in ("use", "use_only", "collect", "record", "collect_only", "record_only", "at_collect_only"):
            is_any = ANY_PURPOSE in rule.purposes or not rule.purposes
            is_meant = is_any or purpose in list_purposes(words, rule)
            if is_meant and leaf in list_data(words, rule):
                found.append(rule)
        elif rule.form == "send":
            audiences = words.of_sort("audience")
            names = [
                name
                for one in rule.part("receivers")
                for name in (audiences[one].members if one in audiences else (one,))
            ]
            mails = [words.of_sort("mail")[one] for one in rule.part("mails")]
            sent = words.expand("purpose", tuple(one for mail in mails for one in (mail.members or (mail.value,))))
            if purpose in sent and leaf in words.expand("data", tuple(names)):
                found.append(rule)
    return tuple(found)


def opens(
    stage: Stage, customer: Customer, data: Collection[str], purpose: str, facts: Mapping[str, bool | None]
) -> frozenset[str]:
    """Those of the categories that the vault opens for this use."""
    person = find_person(stage, customer)
    try:
        opening = open_items(
            stage.binding, person=person, action="use", purpose=purpose, data=tuple(data), facts=facts, now=stage.now
        )
    except SealError:
        if stage.policy.words.has("purpose", purpose):
            raise
        return frozenset()  # the ledger takes no purpose that no policy names, and without its line nothing opens
    return frozenset(one.data for one in opening.values)


def _try_the_vault(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What lies outside of a permission: other data for its purposes, and its data for purposes that no sentence names."""
    policy, words = stage.policy, stage.policy.words
    customer = hold_everything(stage, words.leaves("data"))
    held, named, purposes = list_held(stage, customer.id), list_data(words, rule), list_purposes(words, rule)
    serial, [facts] = stage.last_serial, list_contrary(stage, ())
    tried, wrong = 0, set()
    for purpose in purposes:
        others = [leaf for leaf in held if leaf not in named and not list_granting(policy, leaf, purpose)]
        tried += len(others)
        wrong |= opens(stage, customer, others, purpose, facts) if others else set()
    if tried:
        yield refused(
            f"{tried} times something else than the sentence names is to be used for this: the vault opens nothing of it",
            not wrong and _is_noted(stage, serial),
            "something was opened" if wrong else "the ledger does not say that it stayed closed",
        )
    serial, tried, wrong = stage.last_serial, 0, set()
    for purpose in (*words.leaves("purpose"), STRANGE):
        mine = [leaf for leaf in held if leaf in named and not list_granting(policy, leaf, purpose)]
        tried += len(mine) if purpose not in purposes else 0
        wrong |= opens(stage, customer, mine, purpose, facts) if mine and purpose not in purposes else set()
    if tried:
        yield refused(
            f"{tried} times it is to be used for something that no sentence names: the vault opens nothing of it",
            not wrong and _is_noted(stage, serial),
            "something was opened" if wrong else "the ledger does not say that it stayed closed",
        )
    yield from _try_without_permit(stage, rule)


def _is_noted(stage: Stage, serial: int) -> bool:
    """Whether the ledger says that something stayed closed, and of nothing that it was opened for a use."""
    opened = stage.list_lines("item.opened", after=serial)
    return bool(stage.list_lines("item.withheld", after=serial)) and not any(
        line.body.get("action") == "use" for line in opened
    )


def _never_open(
    stage: Stage,
    data: Iterable[str],
    purposes: Collection[str],
    lifts: Collection[str],
    *,
    customer: Customer | None = None,
) -> Iterator[Step]:
    """The vault, asked for each of these for each of these purposes, with everything known that speaks for it."""
    whose = customer or hold_everything(stage, tuple(data))
    held = [leaf for leaf in list_held(stage, whose.id) if leaf in set(data)]
    serial, wrong, count = stage.last_serial, set(), 0
    for purpose in purposes if held else ():
        for facts in list_contrary(stage, lifts):
            wrong |= {(leaf, purpose) for leaf in opens(stage, whose, held, purpose, facts)}
            count += len(held)
    if not count:
        return
    yield refused(
        f"{count} times the vault is asked to open it for this, with everything known that speaks for it but what the"
        " sentence itself excepts: it opens nothing, and the ledger says so",
        not wrong and _is_noted(stage, serial),
        "something was opened" if wrong else "the ledger does not say that it stayed closed",
    )
    act = Act("use", (held[0],), next(iter(purposes)))
    verdict = stage.binding.ask(act, list_contrary(stage, lifts)[-1])
    yield refused(
        "whoever asks is told by which sentence it stays closed",
        not verdict.is_permitted and bool(verdict.because),
        "no sentence was named",
    )


def _try_without_permit(stage: Stage, rule: Rule) -> Iterator[Step]:
    """The vault's own lock: staff without a case, and a permit that nobody gave."""
    words = stage.policy.words
    customer = hold_everything(stage, words.leaves("data"))
    person, serial = find_person(stage, customer), stage.last_serial
    tried: list[bool] = []
    for told in ({"purpose": "", "case": ""}, {"purpose": list_purposes(words, rule)[0], "case": ""}):
        try:
            open_items(stage.binding, person=person, action="use", by="s_1", now=stage.now, **told)
            tried.append(False)
        except VaultError:
            tried.append(True)
    try:
        act = Act("use", words.leaves("data")[:1], list_purposes(words, rule)[0])
        Permit(stage.site, person.id, act, stage.binding.current, (), object())
        tried.append(False)
    except TypeError:
        tried.append(True)
    yield refused(
        "staff want it opened without saying what for, or on which case, or with a permit made by hand: the vault stays shut",
        all(tried) and not stage.list_lines("item.opened", after=serial),
        "it was opened",
    )


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {
        "use": rehearse_use,
        "use_only": rehearse_use_only,
        "for_use_only": rehearse_report,
        "never_use": rehearse_never_use,
    }
)
