"""The caller's choices: where each stands, and a yes or no of equal weight."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from ninja import Path, Router

from upheld.actions.choices import record_choice, settle_choices
from upheld.api.doorway import SignedIn, find_caller
from upheld.api.shapes import ChoiceAnswer, ChoiceState, Name, Problem, Recorded
from upheld.core.errors import RefusedError
from upheld.core.policy.saying.names import capitalise, say_name
from upheld.core.rights.letting import ACCOUNT, find_reach

router = Router(auth=SignedIn(), tags=["Choices"])


@router.get("/me/choices", response={200: list[ChoiceState], 401: Problem}, summary="Your choices")
def get_choices(request: HttpRequest) -> list[ChoiceState]:
    """Each choice of the policy and the answer that counts."""
    caller = find_caller(request)
    policy = caller.binding.policy
    return [
        ChoiceState(
            choice=choice,
            label=capitalise(say_name(choice, "choice", policy.words)),
            answer=answer,
            can_change=find_reach(policy, choice).is_changed_here,
        )
        for choice, answer in settle_choices(caller.binding, caller.person).items()
    ]


@router.put(
    "/me/choices/{choice}",
    response={200: Recorded, 401: Problem, 403: Problem, 404: Problem},
    summary="Say yes or no",
)
def put_choice(request: HttpRequest, answer: ChoiceAnswer, choice: Path[Name]) -> Recorded:
    """The answer counts from now on; the line of the ledger is its receipt."""
    caller = find_caller(request)
    if choice not in caller.binding.gate.table.choices:
        raise Http404
    if not find_reach(caller.binding.policy, choice).is_changed_here:
        raise RefusedError(f"change the choice {choice} at {ACCOUNT}")
    recorded = record_choice(
        caller.binding,
        person=caller.person,
        choice=choice,
        is_yes=answer.is_yes,
        touchpoint=ACCOUNT,
        now=caller.now,
    )
    return Recorded(entry=recorded.entry)
