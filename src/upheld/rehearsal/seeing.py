"""Staff who are not to see something: without a case, without a live grant, in a role they do not hold, for another purpose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from upheld.actions.grants import HeldGrant, list_grants
from upheld.actions.staff_reading import open_for_staff
from upheld.core.errors import UpheldError
from upheld.core.gate.act import Act
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.rehearsal.cast import Clerk, Undone
from upheld.rehearsal.coming_in import come_back_to_work
from upheld.rehearsal.looking import NEW_CASE, Place, find_texts, list_subjects, look_as_staff, open_person
from upheld.rehearsal.trying import refused, works

if TYPE_CHECKING:
    from upheld.rehearsal.holdings import Holding
    from upheld.rehearsal.page import Page
    from upheld.rehearsal.stage import Stage

OPENED = "item.opened"
SECOND = timedelta(seconds=1)


def refuse_staff(
    stage: Stage, rule: Rule, held: Holding, leaves: Sequence[str], places: Sequence[Place]
) -> Iterator[Step]:
    """Everything around what the rule permits to these places is refused, and opens nothing."""
    place = places[0]
    yield from refuse_other_purpose(stage, rule, held, leaves, place)
    yield from refuse_other_cases(stage, held, leaves, place)
    yield from refuse_other_roles(stage, held, leaves, place)
    page, opened = try_page(stage, held, leaves, stage.cast.stranger, place)
    yield refused(
        "somebody of the staff without any role tries: the person is not there for them",
        not (page.is_good or opened),
        "they are",
    )
    page = open_person(stage, stage.browse_console(), list_subjects(stage, held)[0].id, place)
    yield refused(
        "somebody who is not signed in to the console tries: they are sent to the door",
        not find_texts(held, leaves, page.text) and "sign-in" in page.address,
        "they are not",
    )
    if "granted" in list_facts(rule):
        yield from refuse_old_grants(stage, held, leaves, place)


def list_facts(rule: Rule) -> frozenset[str]:
    """The facts that the rule asks for."""
    return frozenset(fact for term in (rule.holds.terms if rule.holds else ()) for fact in term.facts)


def try_page(
    stage: Stage, held: Holding, leaves: Sequence[str], clerk: Clerk, place: Place, *, case: str = NEW_CASE
) -> tuple[Page, bool]:
    """What the console answers to somebody who opens the person as that place would, and whether anything was opened."""
    serial, person = stage.last_serial, list_subjects(stage, held)[0].id
    page = open_person(stage, clerk.browse(stage), person, place, case)
    is_opened = bool(stage.list_lines(OPENED, after=serial, person=person))
    return page, is_opened or bool(find_texts(held, leaves, page.text))


def refuse_other_purpose(
    stage: Stage, rule: Rule, held: Holding, leaves: Sequence[str], place: Place
) -> Iterator[Step]:
    """The first purpose that neither this rule nor another one opens to the role."""
    words, binding = stage.policy.words, stage.binding
    inside = words.expand("purpose", rule.purposes)
    for purpose in words.leaves("purpose"):
        acts = [Act("show", (leaf,), purpose, place.clerk.role) for leaf in leaves]
        if purpose in inside or not inside or any(binding.ask(act, {"granted": True}).is_permitted for act in acts):
            continue
        seen = look_as_staff(stage, held, leaves, Place(place.clerk, purpose))
        label = words.label(purpose, "purpose")
        yield refused(
            f"the same role opens the person for another purpose, {label}: nothing of it is shown",
            not seen,
            "something is",
        )
        return


def refuse_other_cases(stage: Stage, held: Holding, leaves: Sequence[str], place: Place) -> Iterator[Step]:
    """No case, a case about somebody else, a case that is closed."""
    clerk = come_back_to_work(stage, place.clerk)
    _, opened = try_page(stage, held, leaves, clerk, place, case="")
    yield refused("the same role opens the person without a case: nothing is opened", not opened, "something is")
    other = open_person(stage, clerk.browse(stage), stage.cast.willing.id, place)
    of_other = find_newest_case(stage)
    _, opened = try_page(stage, held, leaves, clerk, place, case=of_other)
    yield refused(
        "they name a case about somebody else: nothing is opened", other.is_good and not opened, "something is"
    )
    yield refused(
        "a program opens the person on a case about somebody else: it is refused",
        not is_opened_by_action(stage, held, place, of_other),
        "it is not",
    )


def refuse_other_roles(stage: Stage, held: Holding, leaves: Sequence[str], place: Place) -> Iterator[Step]:
    """Somebody of another role says that they hold this one."""
    other = next(
        (one for role, one in stage.cast.clerks.items() if role == one.role and role != place.clerk.role), None
    )
    if other is None:
        return
    clerk = come_back_to_work(stage, other)
    _, opened = try_page(stage, held, leaves, clerk, place)
    yield refused(
        "somebody of another role says that they hold this one: nothing is opened", not opened, "something is"
    )
    case = open_case_of(stage, held, place)
    yield refused(
        "a program opens the person for somebody of another role as this one: it is refused",
        not is_opened_by_action(stage, held, Place(place.clerk, place.purpose), case, other),
        "it is not",
    )


def refuse_old_grants(stage: Stage, held: Holding, leaves: Sequence[str], place: Place) -> Iterator[Step]:
    """The grant ends: taken away by the owner, or because nobody looked at it again in time. To the second."""
    case = open_case_of(stage, held, place)
    twin = stage.cast.clerks[f"{place.clerk.role} 2"]
    grant = find_grant(stage, twin)
    owner = come_back_to_work(stage, stage.cast.owner).browse(stage)
    owner.post(f"{stage.seat}grants/{grant.id}/end/", {})
    page, opened = try_page(stage, held, leaves, come_back_with(stage, twin), place)
    yield refused(
        "the owner takes the grant away: nothing is opened any more", not (opened or page.is_good), "something is"
    )
    yield refused(
        "a program opens the person for somebody whose grant was taken away: it is refused",
        not is_opened_by_action(stage, held, place, case, twin),
        "it is not",
    )
    grant = find_grant(stage, place.clerk)
    stage.clock.move_to(grant.review_by - SECOND, tick=False)
    _, opened = try_page(stage, held, leaves, come_back_with(stage, place.clerk), place)
    yield works("a second before the grant has to be looked at again it still opens", opened, "it does not")
    stage.clock.move_to(grant.review_by, tick=False)
    page, opened = try_page(stage, held, leaves, come_back_with(stage, place.clerk), place)
    yield refused(
        "nobody has looked at the grant in time: from that second it opens nothing",
        not (opened or page.is_good),
        "it does",
    )
    yield refused(
        "a program opens the person for somebody whose grant has run out: it is refused",
        not is_opened_by_action(stage, held, place, case),
        "it is not",
    )


def come_back_with(stage: Stage, clerk: Clerk) -> Clerk:
    """The clerk with a new session and no other grant than they have."""
    return come_back_to_work(stage, clerk, with_grant=False)


def find_grant(stage: Stage, clerk: Clerk) -> HeldGrant:
    """The live grant of somebody of the cast. Raises Undone where there is none."""
    for grant in list_grants(stage.site):
        if grant.username == clerk.find().username and grant.role == clerk.role and grant.is_live(stage.now):
            return grant
    raise Undone("somebody of the cast has no live grant")


def open_case_of(stage: Stage, held: Holding, place: Place) -> str:
    """The id of a case about the person, which this place opens by the console."""
    clerk = come_back_to_work(stage, place.clerk)
    open_person(stage, clerk.browse(stage), list_subjects(stage, held)[0].id, place)
    return find_newest_case(stage)


def find_newest_case(stage: Stage) -> str:
    """The id of the case that was opened last."""
    lines = stage.list_lines("case.opened")
    return str(lines[-1].body["case"]) if lines else ""


def is_opened_by_action(stage: Stage, held: Holding, place: Place, case: str, clerk: Clerk | None = None) -> bool:
    """Whether the action behind the pages opens anything, for the clerk of the place or another one."""
    try:
        opening = open_for_staff(
            stage.binding,
            staff=(clerk or place.clerk).find(),
            role=place.clerk.role,
            person=list_subjects(stage, held)[0].id,
            purpose=place.purpose,
            case=case,
            now=stage.now,
        )
    except UpheldError:
        return False
    return bool(opening.values)
