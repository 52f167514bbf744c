"""What was given out about the caller: to whom, what, why and on which ground."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel

from upheld.actions.copies import tell_disclosures
from upheld.api.doorway import SignedIn, find_caller
from upheld.api.shapes import Problem

router = Router(auth=SignedIn(), tags=["What is held"])
MOST = 200


class GivenOut(BaseModel):
    """One time something went; `digest` is the SHA-256 of what left, the line of the ledger its receipt."""

    reference: str
    about: str
    recipient: str
    kind: str
    data: list[str]
    purpose: str
    ground: str
    at: datetime
    digest: str
    entry: str


@router.get("/me/given-out", response={200: list[GivenOut], 401: Problem}, summary="What was given out about you")
def get_given_out(request: HttpRequest, skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> list[GivenOut]:
    """The latest first, two hundred at a time, of you and then of the company whose account you use.

    What a court or a law forbids to tell yet is not in it.
    """
    caller = find_caller(request)
    return [
        GivenOut(
            reference=went.reference,
            about=went.about,
            recipient=went.recipient,
            kind=went.kind,
            data=list(went.data),
            purpose=went.purpose,
            ground=went.ground,
            at=went.at,
            digest=went.digest,
            entry=went.entry,
        )
        for went in tell_disclosures(caller.binding, caller.persons, most=MOST, skip=skip)
    ]
