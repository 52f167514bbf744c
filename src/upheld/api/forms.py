"""The site's forms for programs: what each asks and why, and sending one; the same rules as the page beside it."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Router, Status

from upheld.actions.sessions import find_session
from upheld.actions.submissions import take_submission
from upheld.api.doorway import Doorway, find_doorway
from upheld.api.problems import answer_fields, answer_too_often
from upheld.api.shapes import Accepted, ChoiceShape, FieldShape, Filled, FormShape, Name, Problem
from upheld.api.tries import is_too_often
from upheld.core.fields import FormPlan, Submission
from upheld.core.fields.form import CHOICE_MARK
from upheld.records.models import Person
from upheld.web.forms import read_posted

router = Router(tags=["Forms"])
# Those that make an account are sent where accounts are made.
SENT_HERE = frozenset({"message", "survey", "promotion", "other"})
MOST_POSTS, WITHIN = 30, timedelta(hours=1)
NEXT = {
    "message": "We have your message. Whoever answers it has the number.",
    "other": "We have what you sent. Whoever answers it has the number.",
}


@router.get("/forms", response=list[FormShape], summary="What the site asks for, and why")
def get_forms(request: HttpRequest) -> list[FormShape]:
    """Every form of the policy in force; a field that is not there cannot be sent."""
    return [tell_form(plan) for plan in find_doorway(request).list_plans()]


@router.post(
    "/forms/{touchpoint}",
    response={201: Accepted, 403: Problem, 404: Problem, 422: Problem, 429: Problem},
    summary="Send a form",
)
def post_form(request: HttpRequest, filled: Filled, touchpoint: Path[Name]) -> Status[Accepted] | HttpResponse:
    """All of it is taken in or nothing; whoever sends a token of a session sends it as that person."""
    doorway = find_doorway(request)
    plan = next((plan for plan in doorway.list_plans() if plan.touchpoint == touchpoint), None)
    if plan is None or plan.sort not in SENT_HERE:
        raise Http404
    if is_too_often(request, doorway, touchpoint, most=MOST_POSTS, within=WITHIN):
        return answer_too_often()
    submission = read_filled(plan, filled)
    if not submission.is_good:
        return answer_fields(submission.errors)
    person = find_sender(request, doorway)
    taken = take_submission(
        doorway.binding, plan=plan, submission=submission, person=person, now=doorway.now, method="api"
    )
    return Status(201, Accepted(next=NEXT.get(plan.sort, "Thank you. It is sealed now."), number=taken.number or None))


def find_sender(request: HttpRequest, doorway: Doorway) -> Person | None:
    """Whoever the token shows to be signed in, if one was sent."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    session = find_session(doorway.site, token, doorway.now) if scheme.lower() == "bearer" else None
    return session.person if session else None


def read_filled(plan: FormPlan, filled: Filled) -> Submission:
    """What was sent, read by the same rules as a posted page."""
    posted = {name: [text] for name, text in filled.values.items()}
    posted |= {CHOICE_MARK + name: ["yes" if answer else "no"] for name, answer in filled.choices.items()}
    return read_posted(plan, posted)


def tell_form(plan: FormPlan) -> FormShape:
    """A form as it goes out."""
    return FormShape(
        touchpoint=plan.touchpoint,
        sort=plan.sort,
        title=plan.title,
        version=date.fromisoformat(plan.version),
        evidence=plan.digest(),
        fields=[
            FieldShape(
                name=field.name,
                data=field.data,
                label=field.label,
                kind=field.kind,
                is_required=field.is_required,
                reason=field.reason,
                purposes=list(field.purposes),
                sentences=list(field.sentences),
                longest=field.shape.most,
                options=[option.value for option in field.options],
            )
            for field in plan.inputs
        ],
        choices=[
            ChoiceShape(
                choice=choice.choice,
                label=choice.label,
                silence_counts_as="no" if choice.mode == "opt-in" else "yes",
                sentences=list(choice.sentences),
            )
            for choice in plan.choices
        ],
    )
