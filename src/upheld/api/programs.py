"""For programs of carriers and of the house: reporting what happens to shipments, and the feed of what is to be carried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, cast

from django.http import Http404, HttpRequest
from ninja import Path, Router
from ninja.security import HttpBearer
from pydantic import Field

from upheld.actions.feeds import fetch_feed
from upheld.actions.programs import EVENTS, FEED, HeldProgram, find_program
from upheld.actions.shipment_events import PROGRAM, note_event
from upheld.api.doorway import Doorway, find_doorway
from upheld.api.shapes import Problem
from upheld.api.shipping_shapes import FedShape, FeedShape, Noted, Number, Report, say
from upheld.api.tries import TooOftenError, is_too_often
from upheld.core.rights.copies import say_value
from upheld.web.hosts import find_home

MOST_WRONG, WITHIN = 30, timedelta(hours=1)
After = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{6})?$")]


@dataclass(frozen=True, slots=True)
class Guest:
    """The program that calls, and the site it calls at."""

    doorway: Doorway
    program: HeldProgram


class ProgramKey(HttpBearer):
    """Lets in whoever sends `Authorization: Bearer up_…` with the key of a live program that may do this."""

    openapi_description = "The key of a program, which the business gives out."

    def __init__(self, right: str) -> None:
        self.right = right
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> Guest | None:
        """The program, or None for a key that is unknown, ended, or for something else; wrong ones are counted."""
        doorway = find_doorway(request)
        program = find_program(doorway.site, token, doorway.now)
        if program is not None and self.right in program.may:
            return Guest(doorway, program)
        if is_too_often(request, doorway, "program key", most=MOST_WRONG, within=WITHIN):
            raise TooOftenError
        return None


def find_guest(request: HttpRequest) -> Guest:
    """Which program was let in."""
    return cast("Guest", request.auth)  # type: ignore[attr-defined]  # ninja puts there what `authenticate` gave


router = Router(tags=["Programs"])


@router.post(
    "/shipments/{number}/events",
    auth=ProgramKey(EVENTS),
    response={200: Noted, 401: Problem, 404: Problem, 422: Problem, 429: Problem},
    summary="Report what happened to a shipment",
)
def post_event(request: HttpRequest, number: Path[Number], report: Report) -> Noted:
    """Of a shipment that was handed to the program's carrier. The same report twice counts once; one that comes behind a
    later one is kept and changes nothing.
    """
    guest = find_guest(request)
    noted = note_event(
        guest.doorway.binding,
        shipment=number,
        state=report.state,
        at=report.at,
        source=PROGRAM,
        by=guest.program.id,
        serial=report.serial,
        received_by=report.received_by,
        carrier=guest.program.carrier,
        now=guest.doorway.now,
        home=find_home(request),
    )
    return Noted(number=noted.number, state=say(noted.state), is_new=noted.is_new, is_late=noted.is_late)


@router.get(
    "/feed",
    auth=ProgramKey(FEED),
    response={200: FeedShape, 401: Problem, 404: Problem, 422: Problem, 429: Problem},
    summary="What is to be carried",
)
def get_feed(request: HttpRequest, after: After = "") -> FeedShape:
    """The open shipments that were handed to the program's carrier, fifty at once; with what the policy lets go and no more."""
    guest = find_guest(request)
    if not guest.program.carrier:
        raise Http404
    fed = fetch_feed(guest.doorway.binding, guest.program, after=after, now=guest.doorway.now)
    shipments = [
        FedShape(number=one.number, values={leaf: say_value(value) for leaf, value in one.values.items()})
        for one in fed
    ]
    return FeedShape(shipments=shipments, after=fed[-1].number if fed else None)
