"""The forms of a version, planned once and dressed in the words of its site; what pages look up by address."""

from __future__ import annotations

import threading

from upheld.core.fields import FormPlan, list_forms
from upheld.core.fields.entrance import find_entrance
from upheld.core.policy.model import ANYWHERE, EVERY_PAGE
from upheld.web.form_content import FormContent, read_form_content
from upheld.web.shelf import Good

# The sorts of forms whose pages stand by themselves, and those that make accounts, where people can have one.
SORTS = frozenset({"message", "survey", "promotion", "other"})
ACCOUNTS = frozenset({"registration", "company"})
MOST_REMEMBERED = 64
_plans: dict[str, tuple[FormPlan, ...]] = {}
_lock = threading.Lock()


def find_plans(good: Good) -> tuple[FormPlan, ...]:
    """All forms of the version, in the order of its declarations."""
    digest = good.policy.digest
    plans = _plans.get(digest)
    if plans is None:
        content = read_form_content(good.site.forms, good.policy.words)
        plans = tuple(content.get(plan.touchpoint, FormContent()).lay_over(plan) for plan in list_forms(good.table))
        with _lock:
            if len(_plans) >= MOST_REMEMBERED:
                _plans.clear()
            _plans[digest] = plans
    return plans


def find_plan(good: Good, touchpoint: str) -> FormPlan | None:
    """The form of a touchpoint, or None."""
    return next((plan for plan in find_plans(good) if plan.touchpoint == touchpoint), None)


def find_plan_at(good: Good, path: str) -> FormPlan | None:
    """The form whose page has this address, or None."""
    return next((plan for plan in find_plans(good) if plan.path == path), None)


def is_open(good: Good, plan: FormPlan) -> bool:
    """Whether this form has a page that anybody can open and send."""
    if not plan.can_be_typed:
        return False
    return plan.sort in SORTS or (plan.sort in ACCOUNTS and find_entrance(good.table) is not None)


def find_open_plan(good: Good, touchpoint: str) -> FormPlan | None:
    """The form of a touchpoint when it has a page that anybody can open, or None: then no link may lead there."""
    plan = find_plan(good, touchpoint)
    return plan if plan is not None and is_open(good, plan) else None


def list_open(good: Good) -> tuple[FormPlan, ...]:
    """The forms that have a page which anybody can open, in the order of the declarations."""
    return tuple(plan for plan in find_plans(good) if is_open(good, plan))


def list_shown_everywhere(good: Good) -> tuple[FormPlan, ...]:
    """The forms that a rule has shown on every page, and that there are."""
    return list_shown_at(good, EVERY_PAGE, ANYWHERE)


def list_shown_at(good: Good, *places: str) -> tuple[FormPlan, ...]:
    """The forms that a rule has shown at one of these places by name, and that there are."""
    names = (
        name
        for rule in good.policy.active_rules
        if rule.form == "show_part" and set(places) & set(rule.part("at"))
        for kind, _, name in (thing.partition(":") for thing in rule.part("things"))
        if kind == "form"
    )
    plans = (find_plan(good, name) for name in dict.fromkeys(names))
    return tuple(plan for plan in plans if plan is not None and plan.can_be_typed)


def find_thanks(good: Good, touchpoint: str) -> str:
    """What is said once this form was sent, as the policy file has it; empty for our own words."""
    return read_form_content(good.site.forms, good.policy.words).get(touchpoint, FormContent()).thanks
