"""Rehearsals of looking again: a grant is due in time, whoever the policy names looks at it, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from upheld.actions.grants import HeldGrant, list_grants
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.rehearsal.cast import Clerk, NotBuilt, Undone
from upheld.rehearsal.coming_in import REASON, come_back_to_work
from upheld.rehearsal.trying import done, missing, refused, works

if TYPE_CHECKING:
    from upheld.rehearsal.stage import Stage

GRANTS = "grants"
REVIEWED = "grant.reviewed"
SECOND = timedelta(seconds=1)
SOON = timedelta(days=14)
_DAYS = re.compile(r"(\d+) days?")
DUE, OVER = "review soon", "past its review"


def rehearse_review(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Grants are looked at again; of what else the rule names it is said that nothing does it."""
    if GRANTS in rule.part("reviewed"):
        yield from review_grants(stage, rule)
    for other in rule.part("reviewed"):
        if other != GRANTS:
            yield missing(f"it is not tried yet that {other} are looked at again in time")


def read_period(stage: Stage, rule: Rule) -> timedelta:
    """The time in the rule, written out or as a parameter. Raises NotBuilt for one that is not in days."""
    text = " ".join(rule.part("every"))
    parameter = stage.policy.parameters.get(text)
    found = _DAYS.fullmatch(parameter.value if parameter else text)
    if found is None:
        raise NotBuilt("nothing in the house counts a time like that of this rule")
    return timedelta(days=int(found[1]))


def review_grants(stage: Stage, rule: Rule) -> Iterator[Step]:
    """One grant is given, comes to be due, is looked at by the right people, runs out, and is looked at late."""
    period, role = read_period(stage, rule), " ".join(rule.part("role"))
    reviewer = stage.cast.clerks.get(role)
    holder = next((one for name, one in stage.cast.clerks.items() if name == one.role and one.role != role), None)
    if reviewer is None or holder is None:
        raise NotBuilt("this policy has too few roles for one to look at what another holds")
    grant = give_anew(stage, holder)
    given = grant.given_at
    yield done(
        f"a grant is given: it has to be looked at again after {period.days} days, to the second",
        grant.review_by == given + period,
        "at another moment",
    )
    yield from watch_list(stage, reviewer, holder)
    stage.clock.move_to(given + period - timedelta(days=1), tick=False)
    yield from refuse_others(stage, reviewer, holder, role)
    yield from review_it(stage, reviewer, holder, period)
    grant = find_grant(stage, holder)
    stage.clock.move_to(grant.review_by - SECOND, tick=False)
    yield works("a second before its new date it still opens the console", is_let_in(stage, holder), "it does not")
    stage.clock.move_to(grant.review_by, tick=False)
    yield refused(
        "nobody has looked at it by then: from that second it opens nothing", not is_let_in(stage, holder), "it does"
    )
    page = open_list(stage, reviewer)
    yield done("the list of grants says that it is past its review", OVER in page, "it does not")
    yield from review_it(stage, reviewer, holder, period)
    yield works("somebody looks at it late: it opens the console again", is_let_in(stage, holder), "it does not")


def give_anew(stage: Stage, holder: Clerk) -> HeldGrant:
    """A new grant for somebody whose old one the owner ends, both by the console. Raises Undone."""
    owner = come_back_to_work(stage, stage.cast.owner).browse(stage)
    owner.post(f"{stage.seat}grants/{find_grant(stage, holder).id}/end/", {})
    stage.wait(hours=3)
    owner = come_back_to_work(stage, stage.cast.owner).browse(stage)
    owner.post(f"{stage.seat}grants/give/", {"username": holder.name, "role": holder.role, "reason": REASON})
    grant = find_grant(stage, holder)
    if grant.given_at != stage.now:
        raise Undone("the console did not take a new grant")
    return grant


def find_grant(stage: Stage, clerk: Clerk) -> HeldGrant:
    """The standing grant of somebody of the cast. Raises Undone where there is none."""
    name = clerk.find().username
    for grant in list_grants(stage.site):
        if (grant.username, grant.role, grant.ended_at) == (name, clerk.role, None):
            return grant
    raise Undone("somebody of the cast has no grant")


def open_list(stage: Stage, clerk: Clerk) -> str:
    """The words of the list of grants, as somebody sees it."""
    return come_back_to_work(stage, clerk).browse(stage).open(f"{stage.seat}grants/").text


def watch_list(stage: Stage, reviewer: Clerk, holder: Clerk) -> Iterator[Step]:
    """Two weeks before its date it stands out on the list that whoever reviews sees."""
    grant = find_grant(stage, holder)
    stage.clock.move_to(grant.review_by - SOON - SECOND, tick=False)
    page = come_back_to_work(stage, reviewer).browse(stage).open(f"{stage.seat}grants/")
    before = read_row(stage, page.text, holder)
    stage.clock.move_to(grant.review_by - SOON, tick=False)
    page = come_back_to_work(stage, reviewer).browse(stage).open(f"{stage.seat}grants/")
    after = read_row(stage, page.text, holder)
    yield done(
        "two weeks before that it stands out on the list of whoever looks at grants, and not earlier",
        DUE in after and DUE not in before,
        "it does not",
    )
    has_button = page.find_form(action=f"grants/{grant.id}/review/") is not None
    yield works("they have a button there to keep it", has_button, "they have none")


def read_row(stage: Stage, words: str, holder: Clerk) -> str:
    """What stands on the list beside somebody, up to the next one; a role can be called as somebody who holds it."""
    label = stage.policy.words.label(holder.role, "role")
    rest = words.partition(f" {holder.name} {label} ")[2]
    return rest[: rest.find(REASON) + 160]


def refuse_others(stage: Stage, reviewer: Clerk, holder: Clerk, role: str) -> Iterator[Step]:
    """Nobody looks at their own grant, nobody in another role at anybody's; it leaves no trace."""
    others = [
        one for name, one in stage.cast.clerks.items() if name == one.role and one.role not in (role, holder.role)
    ]
    tried = [(holder, holder, "whoever holds the grant keeps it themselves: it is refused")]
    tried += [(other, holder, "somebody of another role keeps it: it is refused") for other in others[:1]]
    tried += [(stage.cast.stranger, holder, "somebody of the staff without a role keeps it: it is refused")]
    tried += [(reviewer, reviewer, "whoever looks at grants keeps their own: it is refused")]
    for who, whose, words in tried:
        clerk, grant, serial = come_back_to_work(stage, who), find_grant(stage, whose), stage.last_serial
        clerk.browse(stage).post(f"{stage.seat}grants/{grant.id}/review/", {}, follows=False)
        is_same = find_grant(stage, whose).review_by == grant.review_by and not stage.list_lines(REVIEWED, after=serial)
        yield refused(words, is_same, "it is taken")


def review_it(stage: Stage, reviewer: Clerk, holder: Clerk, period: timedelta) -> Iterator[Step]:
    """Whoever the policy names looks at the grant: its date moves, and the ledger says so."""
    clerk, serial = come_back_to_work(stage, reviewer), stage.last_serial
    clerk.browse(stage).post(f"{stage.seat}grants/{find_grant(stage, holder).id}/review/", {}, follows=False)
    grant, lines = find_grant(stage, holder), stage.list_lines(REVIEWED, after=serial)
    yield works(
        "somebody in the role that the rule names keeps it: it is good for as long again",
        grant.review_by == stage.now + period,
        "it is not",
    )
    yield done(
        "the ledger says who looked at it", bool(lines and lines[0].by), "it does not", *(line.id for line in lines)
    )


def is_let_in(stage: Stage, clerk: Clerk) -> bool:
    """Whether the console opens for somebody with the grant that they have."""
    return (
        come_back_to_work(stage, clerk, with_grant=False)
        .browse(stage)
        .open(f"{stage.seat}cases/", follows=False)
        .is_good
    )
