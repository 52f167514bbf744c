"""Rehearsals of what a form says of its fields: which are required and why, and what may be left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from upheld.core.fields.form import say_stops
from upheld.core.fields.plan import find_path
from upheld.core.policy.model import ANYWHERE, EVERY_FORM, EVERY_PAGE, Rule
from upheld.core.policy.saying.names import capitalise, join_words
from upheld.core.proof.evidence import Step
from upheld.rehearsal.filling import API, PAGE, PROGRAM, Door, list_doors, list_form_places, say_place
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.traces import Watch
from upheld.rehearsal.trying import done, refused, works

REQUIRED, OPTIONAL = "required", "optional"
_WIDE = frozenset({ANYWHERE, EVERY_FORM, EVERY_PAGE})


def rehearse_mark(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Without what is required the form is refused, without what is optional it is taken; the page says which and why."""
    is_required = rule.part("marking") != (OPTIONAL,)
    at = rule.part("at")
    places = list_form_places(stage)
    if _WIDE.isdisjoint(at):
        places = tuple(name for name in at if find_path(stage.policy.words, name))
    leaves = stage.policy.words.expand("data", rule.data)
    for place in places:
        for door in list_doors(stage, place):
            own = tuple(leaf for leaf in leaves if leaf in door.plan.data)
            yield from try_needed(stage, door, own) if is_required else try_spared(stage, door, own)
            yield from look_at_words(stage, rule, door, own)
            yield from look_at_stops(stage, door, own)


def try_needed(stage: Stage, door: Door, leaves: tuple[str, ...]) -> Iterator[Step]:
    """Each required category is left out once, and once only blanks are written there: refused, with nothing left behind."""
    where = capitalise(say_place(stage, door.touchpoint))
    for leaf in leaves:
        names = [one.name for one in door.plan.fields if one.data == leaf]
        tries = [(dict.fromkeys(names), "without"), (dict.fromkeys(names, "  "), "with nothing but blanks for")]
        for changes, said in tries[: 1 if door.way == PAGE else 2]:  # the page reads blanks as the program does
            watch = Watch(stage)
            answer = door.send(changes)
            traces = watch.look()
            label = stage.policy.words.label(leaf, "data")
            says = (
                f"{where}: the form is sent {door.said} {said} {label}, which is required: refused, and nothing is kept"
            )
            saw = traces.said or f"the site answered {answer.status} as if it were good"
            yield refused(says, 400 <= answer.status < 500 and traces.is_nothing, saw)
    if leaves:
        watch = Watch(stage)
        answer = door.send({})
        takings = watch.look().list_takings(door.touchpoint)
        says = f"{where}: the form is sent {door.said} with everything that is required: it is taken"
        yield works(
            says, answer.is_good and bool(takings), f"the site answered {answer.status}", *(one.id for one in takings)
        )


def try_spared(stage: Stage, door: Door, leaves: tuple[str, ...]) -> Iterator[Step]:
    """All that is optional is left out at once; a form of which nothing is left then has nothing to send."""
    where = capitalise(say_place(stage, door.touchpoint))
    names = [one.name for one in door.plan.fields if one.data in leaves]
    if names and len(names) < len([one for one in door.plan.fields if one.shape.input != "none"]):
        watch = Watch(stage)
        answer = door.send(dict.fromkeys(names))
        traces = watch.look()
        is_taken = bool(traces.list_takings(door.touchpoint)) and not any(traces.has_kept(leaf) for leaf in leaves)
        says = f"{where}: the form is sent {door.said} without what is optional: it is taken"
        yield works(says, answer.is_good and is_taken, f"the site answered {answer.status}")


def look_at_words(stage: Stage, rule: Rule, door: Door, leaves: tuple[str, ...]) -> Iterator[Step]:
    """Beside each field stands whether it is required, and why, before anything is typed; programs are told the same."""
    if not leaves:
        return
    where, need = capitalise(say_place(stage, door.touchpoint)), "optional"
    reason = join_words(rule.part("because"))
    if rule.part("marking") != (OPTIONAL,):
        need = REQUIRED
    if door.way == PAGE:
        page = stage.browse().open("/" + door.plan.path.lstrip("/"))
        unsaid = [leaf for leaf in leaves if not is_said(page, stage.policy.words.label(leaf, "data"), need, reason)]
        why = ", and why" if reason else ""
        says = f"{where}: beside each of these fields stands that it is {need}{why}"
        yield done(says, not unsaid, f"it does not stand beside {name_all(stage, unsaid)}")
    elif door.way == PROGRAM:
        told = find_told(stage, door.touchpoint)
        if told is None:
            return  # a form that programs send otherwise
        unsaid = [leaf for leaf in leaves if not is_told(told, leaf, need, reason)]
        says = f"{where}: a program that asks for the form is told that each of these is {need}"
        yield done(says, not unsaid, f"it is not told so of {name_all(stage, unsaid)}")


def look_at_stops(stage: Stage, door: Door, leaves: tuple[str, ...]) -> Iterator[Step]:
    """Beside a field of which the policy says what stops without it, the page says so, too."""
    asked = [one for one in door.plan.fields if one.data in leaves and one.stops]
    if door.way == PAGE and asked:
        text = stage.browse().open("/" + door.plan.path.lstrip("/")).text.lower()
        unsaid = [one.data for one in asked if say_stops(one).lower() not in text]
        says = (
            f"{capitalise(say_place(stage, door.touchpoint))}: beside the field stands what stops when it is left empty"
        )
        yield done(says, not unsaid, f"it does not stand beside {name_all(stage, unsaid)}")


def is_said(page: Page, label: str, need: str, reason: str) -> bool:
    """Whether the words behind a label, up to the next field, say the need and the reason."""
    text = page.text.lower()
    start = text.find(f"{label.lower()} {need}")
    return start >= 0 and (
        not reason or reason.lower() in text[start : start + len(label) + len(need) + 3 * len(reason)]
    )


def find_told(stage: Stage, touchpoint: str) -> dict[str, Any] | None:
    """What a program is told of a form; None where it is not among those that are told."""
    forms = stage.browse().call("get", f"{API}forms").read_json()
    return next((one for one in forms or () if one.get("touchpoint") == touchpoint), None)


def is_told(told: dict[str, Any], leaf: str, need: str, reason: str) -> bool:
    """Whether a program is told the need and the reason of every field of this category."""
    fields = [one for one in told["fields"] if one["data"] == leaf]
    return bool(fields) and all(
        one["is_required"] == (need == REQUIRED) and (not reason or one["reason"] == reason) for one in fields
    )


def name_all(stage: Stage, leaves: list[str]) -> str:
    """Categories as people read them."""
    return join_words(tuple(stage.policy.words.label(leaf, "data") for leaf in leaves))
