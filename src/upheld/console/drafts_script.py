"""What the editor's script asks while somebody writes: check this text, save it, how does it stand; answers in JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.drafts import Draft, OvertakenError, fetch_draft, name_writers, save_draft, take_text
from upheld.console.drafts import read_edition
from upheld.console.drafts_view import write_findings
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import read_now
from upheld.core.errors import PolicyError, StaffError
from upheld.core.policy.load import decode_text
from upheld.web.drafted import Reading, read_drafted

EDITION = "X-Edition"  # the one that the page has read


@for_grants
@require_POST
def check_text(request: StaffRequest, seat: Seat, draft: str) -> HttpResponse:
    """Everything that is wrong with the text of the request; nothing is saved."""
    try:
        text = take_text(decode_text(request.body, ""))
    except PolicyError as error:
        return JsonResponse(write_findings(Reading("", error.findings, None, None), ""))
    return JsonResponse(write_findings(read_drafted(request.shelf, seat.shelved, text, read_now().date()), text))


@for_grants
@require_POST
def save_text(request: StaffRequest, seat: Seat, draft: str) -> HttpResponse:
    """The draft with the text of the request: 409 when somebody else saved meanwhile, 410 when it is gone, 400 for no text."""
    try:
        edition = read_edition(request.headers.get(EDITION, ""))
        text = decode_text(request.body, "")
        held = save_draft(seat.site, draft, text=text, edition=edition, by=request.staff, now=read_now())
    except OvertakenError as error:
        return answer_state(request, error.draft, HTTPStatus.CONFLICT)
    except PolicyError as error:
        return JsonResponse(write_findings(Reading("", error.findings, None, None), ""), status=HTTPStatus.BAD_REQUEST)
    except StaffError as error:
        return JsonResponse({"said": f"{error.text}: {error.hint}"}, status=HTTPStatus.GONE)
    return answer_state(request, held)


@for_grants
@require_safe
def tell_state(request: StaffRequest, seat: Seat, draft: str) -> HttpResponse:
    """How the draft stands, with a fresh mark for forms: whoever signed in again in another tab goes on in this one."""
    try:
        return answer_state(request, fetch_draft(seat.site, draft))
    except StaffError as error:
        return JsonResponse({"said": f"{error.text}: {error.hint}"}, status=HTTPStatus.GONE)


def answer_state(request: StaffRequest, held: Draft, status: int = HTTPStatus.OK) -> HttpResponse:
    """Edition, digest, when and by whom it was saved last."""
    by = name_writers((held,)).get(held.saved_by, held.saved_by)
    said: dict[str, Any] = {
        "edition": held.edition,
        "digest": held.digest,
        "saved": held.saved_at.isoformat(),
        "by": by,
        "is_self": by == request.staff.get_username(),
        "token": get_token(request),
    }
    return JsonResponse(said, status=status)
