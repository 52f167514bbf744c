"""The ledger for programs: its head for everybody, the caller's own lines and their receipts for the caller."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Query, Router

from upheld.actions.ledger_reading import find_state
from upheld.actions.receipts import list_lines, make_receipt
from upheld.api.doorway import SignedIn, find_caller, find_doorway
from upheld.api.problems import answer_problem
from upheld.api.shapes import LedgerHead, LineShape, Name, Problem

router = Router(tags=["Ledger"])
MOST = 200


@router.get("/ledger", response=LedgerHead, summary="The ledger's public key and newest checkpoint")
def get_head(request: HttpRequest) -> LedgerHead:
    """What anybody needs to verify a receipt offline, and to notice later if the ledger was cut."""
    doorway = find_doorway(request)
    state = find_state(doorway.site, doorway.now)
    return LedgerHead(key=state.key, checkpoint=state.note)


@router.get("/me/lines", auth=SignedIn(), response={200: list[LineShape], 401: Problem}, summary="Lines about you")
def get_lines(request: HttpRequest, skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> list[LineShape]:
    """What was done with what is held about you, the newest first, two hundred at a time."""
    caller = find_caller(request)
    return [
        LineShape(
            entry=line.entry,
            about=line.about,
            kind=line.kind,
            meaning=line.meaning,
            at=line.at,
            place=line.place,
            by=line.by,
            details={name: list(values) for name, values in line.details},
        )
        for line in list_lines(caller.doorway.site, caller.persons, most=MOST, skip=skip)
    ]


@router.get(
    "/me/receipts/{entry}",
    auth=SignedIn(),
    response={200: dict[str, object], 202: Problem, 401: Problem, 404: Problem},
    summary="The receipt of one line",
)
def get_receipt(request: HttpRequest, entry: Path[Name]) -> HttpResponse:
    """A file for `upheld verify`; 202 in the moment before the line has its place in the log."""
    caller = find_caller(request)
    receipt = make_receipt(caller.doorway.site, entry=entry, persons=caller.persons, now=caller.now)
    if receipt is None:
        raise Http404
    if not receipt.is_ready:
        return answer_problem(HTTPStatus.ACCEPTED, "the line has no place in the log yet; ask again in a moment")
    return HttpResponse(receipt.text, content_type="application/json", headers={"Cache-Control": "no-store"})
