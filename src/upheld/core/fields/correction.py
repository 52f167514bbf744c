"""The form by which people correct what is held about them: the fields of the forms it came in by; stores nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from upheld.core.fields.form import FieldPlan, FormPlan
from upheld.core.fields.plan import plan_form
from upheld.core.policy.compile import Table
from upheld.core.rights.letting import ACCOUNT, CHANGE, find_letting

SORT = "correction"


def plan_correction(table: Table, touchpoints: Iterable[str], leave_out: Collection[str] = ()) -> FormPlan | None:
    """One form over all that may be changed of what came in at these touchpoints, under the labels and rules of their
    own forms; None when that is nothing. `leave_out` are categories that are changed in another way.

    It holds fields that were left empty at first: what may be changed there may also be told later.
    """
    letting = find_letting(table, CHANGE)
    plans = [plan for name in dict.fromkeys(touchpoints) if (plan := plan_form(table, name)) is not None]
    fields: dict[str, FieldPlan] = {}
    for plan in plans:
        for field in plan.fields:
            may_change = field.data in letting.data and field.data not in leave_out and field.name == field.data
            if may_change and not field.shape.is_secret and field.shape.input != "none":
                fields.setdefault(field.data, replace(field, stops=""))  # that is said where it is asked first
    if not fields:
        return None
    order = {leaf: number for number, leaf in enumerate(letting.data)}
    return replace(
        plans[0],
        touchpoint=ACCOUNT,
        path="",
        sort=SORT,
        title="Correct what we hold",
        button="Save changes",
        fields=tuple(sorted(fields.values(), key=lambda field: order[field.data])),
        choices=(),
        sentences=letting.sentences,
        least_age=0,
    )


def find_touchpoint(table: Table, touchpoints: Iterable[str], leaf: str) -> str:
    """The first of these touchpoints whose form asks for the category; empty when none does."""
    for name in dict.fromkeys(touchpoints):
        plan = plan_form(table, name)
        if plan is not None and leaf in plan.data:
            return name
    return ""
