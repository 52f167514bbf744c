"""What is held about the caller: seen, corrected, downloaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router

from upheld.actions.corrections import correct_values, plan_corrections
from upheld.actions.exports import gather_copy, note_copy
from upheld.actions.held import list_mail_leaves, open_held
from upheld.api.doorway import Caller, SignedIn, find_caller
from upheld.api.problems import answer_fields
from upheld.api.shapes import Changed, Correction, HeldList, HeldShape, Problem, WithheldShape
from upheld.core.errors import RefusedError
from upheld.core.rights.copies import HeldValue, say_value
from upheld.core.rights.copy_files import write_csv, write_json
from upheld.core.rights.letting import ACCOUNT, CHANGE, find_letting
from upheld.web.forms import read_posted

router = Router(auth=SignedIn(), tags=["What is held"])


@router.get("/me/held", response={200: HeldList, 401: Problem, 403: Problem}, summary="Everything held about you")
def get_held(request: HttpRequest) -> HeldList:
    """Each value with where it came from, when, under which version, what for and until when."""
    return tell_held(find_caller(request))


@router.get("/me/mails", response={200: HeldList, 401: Problem, 403: Problem}, summary="Mails sent for you")
def get_mails(request: HttpRequest) -> HeldList:
    """The log of mails: to whom, what kind, when, with which result."""
    caller = find_caller(request)
    return tell_held(caller, list_mail_leaves(caller.binding.policy.words))


def tell_held(caller: Caller, data: tuple[str, ...] | None = None) -> HeldList:
    """What is held, opened for the caller."""
    held = open_held(caller.binding, person=caller.person, company=caller.company, data=data, now=caller.now)
    withheld = [
        WithheldShape(
            about=part.about,
            item=part.item,
            data=part.data,
            label=part.label,
            collected_at=part.collected_at,
            because=list(part.because),
        )
        for part in held.withheld
    ]
    return HeldList(values=[tell_value(value) for value in held.values], withheld=withheld)


def tell_value(value: HeldValue) -> HeldShape:
    """One value as it goes out."""
    return HeldShape(
        about=value.about,
        item=value.item,
        data=value.data,
        label=value.label,
        value=say_value(value.value),
        where=value.where,
        collected_at=value.collected_at,
        corrected_at=value.corrected_at,
        version=value.version,
        purposes=list(value.purposes),
        kept=value.kept.words,
        because=list(value.because),
    )


@router.patch(
    "/me/held",
    response={200: Changed, 401: Problem, 403: Problem, 422: Problem},
    summary="Correct what is held about you",
)
def patch_held(request: HttpRequest, correction: Correction) -> Changed | HttpResponse:
    """New values by category, each held to the rule of the form it came in by; an address changes only by a link."""
    return correct(find_caller(request), correction)


def correct(caller: Caller, correction: Correction) -> Changed | HttpResponse:
    """The categories that changed, or what is wrong with which field."""
    plan = plan_corrections(caller.binding, caller.person)
    letting = find_letting(caller.binding.gate.table, CHANGE)
    for leaf in correction.values:
        if leaf not in letting.data:
            known = leaf in caller.binding.policy.words.leaves("data")
            raise RefusedError(f"change {leaf if known else 'what it does not name'} at {ACCOUNT}", letting.sentences)
    if plan is None:
        raise RefusedError(f"change anything at {ACCOUNT}")
    kept = replace(plan, fields=tuple(field for field in plan.fields if field.name in correction.values))
    empty = {name for name, text in correction.values.items() if not text.strip()}
    optional = {field.name for field in kept.fields if not field.is_required}
    submission = read_posted(kept, {name: [text] for name, text in correction.values.items()})
    wrong = [error for error in submission.errors if not (error.field == "" and empty)]
    if wrong:
        return answer_fields(wrong)
    values = dict(submission.values) | dict.fromkeys(empty & optional, "")
    changed = correct_values(caller.binding, person=caller.person, values=values, now=caller.now)
    return Changed(changed=list(changed))


@router.get(
    "/me/copy",
    response={200: None, 401: Problem, 403: Problem, 404: Problem},
    summary="Download what is held about you",
    openapi_extra={
        "responses": {
            200: {
                "description": "The copy",
                "content": {
                    "application/json": {"schema": {"type": "object"}},
                    "text/csv": {"schema": {"type": "string"}},
                },
            },
        },
    },
)
def get_copy(request: HttpRequest, form: Literal["json", "csv"] = "json") -> HttpResponse:
    """Everything held, as JSON (docs/copies.md) or as CSV."""
    caller = find_caller(request)
    copy = gather_copy(caller.binding, person=caller.person, company=caller.company, now=caller.now)
    content = write_json(copy) if form == "json" else write_csv(copy)
    note_copy(caller.binding, person=caller.person, copy=copy, form=form, content=content, now=caller.now)
    kind = "application/json" if form == "json" else "text/csv; charset=utf-8"
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": "no-store"})
