"""Rehearsals of showing: to the person themselves, to roles of the house, in reports; and that nobody else sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from upheld.core.policy.model import ANYONE, SELF, Rule
from upheld.core.proof.evidence import Step
from upheld.rehearsal.cast import Clerk, Customer, NotBuilt
from upheld.rehearsal.coming_in import come_back_to_work, come_in_again, find_token
from upheld.rehearsal.holdings import HELD_API, Holding, bring_about
from upheld.rehearsal.looking import (
    API,
    PAGES,
    Place,
    find_texts,
    list_pages,
    list_stored,
    list_subjects,
    look_as_customer,
    look_as_staff,
    read_all,
)
from upheld.rehearsal.reporting import list_groups, list_reports, make_report
from upheld.rehearsal.seeing import list_facts, refuse_staff
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, missing, refused, works

KNOWN_FACTS = frozenset({"granted", "assigned"})


def rehearse_show(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What is shown to the person, or to roles, under this rule."""
    leaves = stage.policy.words.expand("data", rule.data)
    held = bring_about(stage, leaves)
    if not any(leaf in held.items for leaf in leaves):
        raise NotBuilt("nothing in the house takes in what the rule names")
    if SELF in rule.part("to"):
        yield from show_to_self(stage, held, leaves)
    roles = list_roles(stage, rule)
    if roles:
        yield from show_to_roles(stage, rule, held, roles)
    for leaf in held.lacking:
        yield missing(f"nothing in the house takes in {stage.policy.words.label(leaf, 'data')}")


def show_to_self(stage: Stage, held: Holding, leaves: Sequence[str]) -> Iterator[Step]:
    """The person sees all of it on their pages and by the API; another customer and a visitor see nothing."""
    seen = look_as_customer(stage, held, leaves)
    stored = list_stored(stage, held)
    told = list_told(stage, held.customer)
    left = {(item, leaf) for item, leaf in stored if leaf in leaves} - told
    yield works(
        "the person asks the API for what is held: every category of every set of details that lies in the store is there",
        bool(told) and not left,
        f"{len(left)} of them are not",
    )
    typed = {leaf for leaf in leaves if held.texts.get(leaf)}
    yield works(
        "the person opens the pages of their account: what they wrote and what was recorded stands there",
        bool(typed) and typed <= seen[PAGES],
        f"{len(typed - seen[PAGES])} of {len(typed)} categories do not",
    )
    other = come_in_again(stage, stage.cast.willing)
    items = {item for item, _ in stored}
    found = {item for item, _ in list_told(stage, other)} & items
    yield refused("another customer asks the API: nothing of it is among what they are told", not found, "something is")
    yield refused(
        "another customer opens the same pages: nothing of it is there",
        not list_seen(stage, held, leaves, other),
        "something is",
    )
    yield refused(
        "a visitor who is not signed in opens the same pages: nothing of it is there",
        not list_seen(stage, held, leaves, None),
        "something is",
    )
    page = stage.browse().call("get", HELD_API)
    token = find_token(stage, held.customer)
    yield refused("the API is asked without a sign-in: it answers with a refusal", page.status == 401, f"{page.status}")
    stage.browse().call("post", "/api/v1/sign-out", token=find_token(stage, held.customer))
    page = stage.browse().call("get", HELD_API, token=token)
    yield refused("the API is asked after signing out: it answers with a refusal", page.status == 401, f"{page.status}")


def list_told(stage: Stage, customer: Customer) -> set[tuple[str, str]]:
    """The items with their categories that the API tells a customer of."""
    told = stage.browse().call("get", HELD_API, token=find_token(stage, customer)).read_json()
    return {(value["item"], value["data"]) for value in told["values"]} if isinstance(told, dict) else set()


def list_seen(stage: Stage, held: Holding, leaves: Sequence[str], other: Customer | None) -> set[str]:
    """The categories of which somebody else sees a piece on the pages of the person."""
    browser = other.browse(stage) if other else stage.browse()
    words = "\n".join(read_all(browser.open(path)) for path in list_pages(held, is_logged=False))
    return find_texts(held, leaves, words)


def list_roles(stage: Stage, rule: Rule) -> tuple[str, ...]:
    """The roles that a rule names, in the order of the declarations."""
    return stage.policy.words.expand("role", tuple(name for name in rule.part("to") if name != SELF))


def read_places(stage: Stage, rule: Rule, roles: Sequence[str]) -> tuple[Place, ...]:
    """Each role with the first purpose of the rule."""
    purposes = stage.policy.words.expand("purpose", rule.purposes) or stage.policy.words.leaves("purpose")
    return tuple(Place(stage.cast.clerks[role], purposes[0]) for role in roles)


def show_to_roles(stage: Stage, rule: Rule, held: Holding, roles: Sequence[str]) -> Iterator[Step]:
    """Each role sees what the rule shows it, on a case; then everything that lies outside of the rule is tried."""
    if not list_facts(rule) <= KNOWN_FACTS:
        raise NotBuilt("nothing in the console brings about what this rule waits for")
    leaves = tuple(leaf for leaf in stage.policy.words.expand("data", rule.data) if leaf in held.items)
    places = read_places(stage, rule, roles)
    for place in places:
        label = stage.policy.words.label(place.clerk.role, "role")
        seen = look_as_staff(stage, held, leaves, place)
        yield works(
            f"somebody of {label} opens the person on a case: all that the rule names is shown",
            bool(leaves) and seen == set(leaves),
            f"{len(set(leaves) - seen)} of {len(leaves)} categories are not",
        )
    yield from refuse_staff(stage, rule, held, leaves, places)


def rehearse_show_only(stage: Stage, rule: Rule) -> Iterator[Step]:
    """The roles of the rule see it, and nobody else does: other roles, other purposes, no case, no live grant."""
    leaves = stage.policy.words.expand("data", rule.data)
    held = bring_about(stage, leaves)
    if not any(leaf in held.items for leaf in leaves):
        raise NotBuilt("nothing is held about one person of what the rule names, so nobody can be shown any")
    roles = list_roles(stage, rule)
    if SELF in rule.part("to"):
        yield from show_to_self(stage, held, leaves)
    yield from show_to_roles(stage, rule, held, roles)
    for other in stage.policy.words.leaves("role"):
        if other not in roles:
            yield from refuse_role(stage, held, leaves, stage.cast.clerks[other], read_places(stage, rule, [other])[0])


def refuse_role(stage: Stage, held: Holding, leaves: Sequence[str], clerk: Clerk, place: Place) -> Iterator[Step]:
    """Somebody in a role that the rule does not name sees nothing of it: on the person's page, on that of the parcel."""
    label, serial = stage.policy.words.label(clerk.role, "role"), stage.last_serial
    seen = look_as_staff(stage, held, leaves, place)
    lines = stage.list_lines("item.withheld", "item.opened", after=serial, person=list_subjects(stage, held)[0].id)
    kept = [
        line for line in lines if set(leaves) & set(line.body.get("withheld", ()))
    ]  # of other things something may open
    yield refused(f"somebody of {label} opens the person on a case: nothing of it is shown", not seen, "something is")
    yield refused(
        "the ledger says that it was asked for and withheld",
        bool(kept) and all(line.by and line.body.get("role") == clerk.role for line in kept),
        "it does not",
        *(line.id for line in kept),
    )
    if held.parcel is not None:
        browser = come_back_to_work(stage, clerk).browse(stage)
        given = {"role": clerk.role, "purpose": place.purpose, "case": "new:delivery"}
        page = browser.post(f"{stage.seat}shipments/{held.parcel.id}/", given)
        found = find_texts(held, leaves, page.text)
        yield refused(f"somebody of {label} opens the parcel: nothing of it is shown", not found, "something is")


def rehearse_for_show_only(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Reports show groups that are large enough, to the roles of the rule; and never one person."""
    least, roles = read_least(stage, rule), list_roles(stage, rule)
    reports = list_reports(stage, rule)
    if not least or not reports or not roles:
        raise NotBuilt("nothing in the house shows these data for this purpose in such a way")
    clerk = stage.cast.clerks[roles[0]]
    for report in reports:
        yield from show_report(stage, report, least, clerk)
        for role in stage.policy.words.leaves("role"):
            if role not in roles:
                made = make_report(stage, report, (), stage.cast.clerks[role])
                label = stage.policy.words.label(role, "role")
                yield refused(
                    f"somebody of {label} opens the same report: no number of it is shown", not made.groups, "some are"
                )
        made = make_report(stage, report, (), stage.cast.stranger)
        yield refused("somebody without a role opens it: it is not there", not made.page.is_good, "it is")
    yield from show_no_person(stage, rule, clerk)


def read_least(stage: Stage, rule: Rule) -> int:
    """How many people a group has to have, written out or as a parameter; 0 where the rule names no groups."""
    if rule.degree is None:
        return 0
    parameter = stage.policy.parameters.get(rule.degree.parameter or "")
    return int(parameter.value) if parameter and parameter.value.isdigit() else rule.degree.k


def show_report(stage: Stage, report: str, least: int, clerk: Clerk) -> Iterator[Step]:
    """One person too few in a group, then exactly enough."""
    first, second = list_groups(stage, report)[:2]
    made = make_report(stage, report, (least, least - 1), clerk)
    yield refused(
        f"a report of {report} with a group of {least - 1}: that group is not shown, nor can it be worked out",
        made.page.is_good and not made.find(second) and not made.find(first),
        "it is shown" if made.find(second) else "what it is can be worked out",
    )
    made = make_report(stage, report, (0, 1), clerk)
    yield works(
        f"the same report with {least} people in each group: both are shown",
        made.find(first) == made.find(second) == str(least),
        "they are not",
    )


def show_no_person(stage: Stage, rule: Rule, clerk: Clerk) -> Iterator[Step]:
    """For the purpose of reports nobody sees what is held of one person."""
    leaves = stage.policy.words.expand("data", rule.data)
    held = bring_about(stage, leaves)
    purpose = stage.policy.words.expand("purpose", rule.purposes)[0]
    shown = tuple(leaf for leaf in leaves if leaf in held.items)
    seen = look_as_staff(stage, held, shown, Place(clerk, purpose))
    yield refused("the same role opens one person for this purpose: nothing is shown", not seen, "something is")


def rehearse_never_show(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Nobody whom the ban names sees it: no role on its page, not the person where the ban names nobody."""
    if rule.holds is not None or rule.unless is not None:
        raise NotBuilt("a ban on showing that something lifts is not tried yet")
    leaves = stage.policy.words.expand("data", rule.data)
    held = bring_about(stage, leaves)
    named = rule.part("to")
    roles = stage.policy.words.leaves("role") if not named or ANYONE in named else list_roles(stage, rule)
    for role in roles:
        label = stage.policy.words.label(role, "role")
        for place in (Place(stage.cast.clerks[role], purpose) for purpose in read_purposes(stage, rule)):
            seen = look_as_staff(stage, held, leaves, place)
            yield refused(
                f"somebody of {label} opens the person on a case: nothing of it is shown", not seen, "something is"
            )
    if not named or SELF in named:
        seen = look_as_customer(stage, held, leaves)
        yield refused("the person looks: nothing of it is shown", not (seen[API] or seen[PAGES]), "something is")


def read_purposes(stage: Stage, rule: Rule) -> tuple[str, ...]:
    """The purposes of a ban; all of them where it names none."""
    return stage.policy.words.expand("purpose", rule.purposes) or stage.policy.words.leaves("purpose")


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {
        "show": rehearse_show,
        "show_only": rehearse_show_only,
        "for_show_only": rehearse_for_show_only,
        "never_show": rehearse_never_show,
    }
)
