"""One walk from beginning to end: as a stranger, then as an invented person; what was not walked says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.core.proof.walks import Skipped, Walk, WalkedStep
from upheld.server.visitor.newcomer import Hands, Newcomer, Stuck
from upheld.server.visitor.plan import Invented, Plan
from upheld.server.visitor.post import Post
from upheld.server.visitor.stranger import Eyes, find_now, judge_eyes, open_pages

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

STRANGER, PERSON = "what a stranger sees", "registering, saying yes and no, stopping a message"
NO_POST = "mails leave for a mail server, and nothing says where those to the visitor arrive (UPHELD_VISITOR_MAILDIR)"
NO_ACCOUNT = "the policy lets nobody have an account"
NO_CHOICE = "the policy has no choice that stops messages and is asked at registration and changed in the account"


@dataclass(slots=True)
class Trip:
    """What has come of a walk so far."""

    steps: list[WalkedStep] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def finish(self) -> Walk:
        """All of it."""
        steps = tuple(one for one in self.steps if one.rules)
        faults = [one.step.saw for one in self.steps if not one.rules and not one.step.is_kept]
        return Walk(steps, tuple(self.skipped), tuple(dict.fromkeys([*self.faults, *faults])))


def walk_site(
    context: BrowserContext,
    plan: Plan,
    *,
    home: str,
    post: Post | None,
    person: Invented,
    hands: Hands,
    form_seconds: float,
) -> Walk:
    """Walk through the site in this browser."""
    # There only where there is a browser.
    from playwright.sync_api import Error  # noqa: PLC0415

    trip, eyes = Trip(), Eyes(home)
    eyes.follow(context)
    tab = context.pages[0] if context.pages else context.new_page()
    try:
        trip.steps += open_pages(tab, eyes, plan)
    except Error as problem:
        trip.faults.append(f"a page did not open in the browser: {name_error(problem)}")
        return trip.finish()
    why = find_hindrance(plan, post)
    if why or post is None:
        trip.skipped.append(Skipped(PERSON, why, plan.list_person_rules()))
    else:
        newcomer = Newcomer(tab, eyes, plan, person, post, hands, form_seconds)
        try:
            walk_as_newcomer(newcomer, trip)
        except (Error, Stuck) as problem:
            told = str(problem) if isinstance(problem, Stuck) else f"the browser: {name_error(problem)}"
            trip.faults.append(told)
    trip.steps += judge_eyes(eyes, plan, find_now())
    return trip.finish()


def find_hindrance(plan: Plan, post: Post | None) -> str:
    """Why nobody can be registered; empty when somebody can."""
    if plan.entrance is None:
        return NO_ACCOUNT
    if plan.answering is None:
        return NO_CHOICE
    return NO_POST if post is None else ""


def walk_as_newcomer(newcomer: Newcomer, trip: Trip) -> None:
    """Register, say no, yes, no; get a message and stop it; leave. What was seen before something went wrong counts."""
    newcomer.come_in()
    parts: tuple[Callable[[], Iterator[WalkedStep]], ...] = (newcomer.refuse, newcomer.opt_out, newcomer.unsubscribe)
    try:
        for part in parts:
            trip.steps.extend(part())
    finally:
        trip.faults += newcomer.leave()


def skip_all(plan: Plan, why: str) -> Walk:
    """A walk that did not take place."""
    seen = {one.rule for one in plan.wanted} | {number for _, number in plan.cookie_rules}
    rules = tuple(sorted(seen | {*plan.no_strangers, *plan.in_transit}))
    return Walk(skipped=(Skipped(STRANGER, why, rules), Skipped(PERSON, why, plan.list_person_rules())))


def name_error(problem: Exception) -> str:
    """What a browser complained of, without the address or the text of a page: its first words alone."""
    return str(problem).strip().partition("\n")[0].partition(" at ")[0].partition("http")[0][:80].rstrip(": ")
