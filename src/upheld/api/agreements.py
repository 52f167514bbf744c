"""Which version of the policy binds the caller, and the question whether a newer one may hold for what came before it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import Http404, HttpRequest
from ninja import Path, Router
from pydantic import BaseModel

from upheld.actions.agreements import Offer, find_offer, record_agreement
from upheld.actions.copies import tell_agreements, tell_versions
from upheld.actions.held import COMPANY, YOU
from upheld.api.doorway import Caller, SignedIn, find_caller
from upheld.api.shapes import Closed, Problem, Recorded
from upheld.core.rights.letting import ACCOUNT
from upheld.records.models import Person

router = Router(auth=SignedIn(), tags=["Versions"])


class BoundShape(BaseModel):
    """A version that binds or bound you, or the company whose account you use; `until` is null while it does."""

    about: str
    version: date
    since: datetime
    until: datetime | None


class OfferShape(BaseModel):
    """What you may agree to: a version, for data taken under the earlier ones, and what that opens; `answer` is your last
    word, if any.
    """

    about: str
    version: date
    earlier: list[date]
    opens: list[str]
    answer: Literal["yes", "no"] | None


class AnswerShape(BaseModel):
    """One answer that you gave; the line of the ledger is its receipt."""

    about: str
    version: date
    answer: Literal["yes", "no"]
    at: datetime
    entry: str


class AgreementsShape(BaseModel):
    """What is asked now, and what was answered, the latest first."""

    offers: list[OfferShape]
    given: list[AnswerShape]


class AgreementAnswer(Closed):
    """A yes or a no, for yourself, or for the company whose account you hold."""

    is_yes: bool
    about: Literal["you", "your company"] = "you"


@router.get("/me/versions", response={200: list[BoundShape], 401: Problem}, summary="Which version binds you")
def get_versions(request: HttpRequest) -> list[BoundShape]:
    """The versions that have bound you and since when, the first one first; then those of your company."""
    caller = find_caller(request)
    return [
        BoundShape(about=bound.about, version=bound.version, since=bound.since, until=bound.until)
        for bound in tell_versions(caller.binding.site, caller.persons)
    ]


@router.get("/me/agreements", response={200: AgreementsShape, 401: Problem}, summary="What you may agree to, and did")
def get_agreements(request: HttpRequest) -> AgreementsShape:
    """Nothing is taken for a yes: without one, what came in under an earlier version stays under it."""
    caller = find_caller(request)
    found = {about: find_offer(caller.binding, subject) for about, subject in list_subjects(caller).items()}
    return AgreementsShape(
        offers=[tell_offer(about, offer) for about, offer in found.items() if offer is not None],
        given=[
            AnswerShape(
                about=given.about,
                version=given.version,
                answer="yes" if given.answer == "yes" else "no",
                at=given.at,
                entry=given.entry,
            )
            for given in tell_agreements(caller.binding.site, caller.persons)
        ],
    )


@router.put(
    "/me/agreements/{version}",
    response={200: Recorded, 401: Problem, 404: Problem},
    summary="Say yes or no to a version",
)
def put_agreement(request: HttpRequest, answer: AgreementAnswer, version: Path[date]) -> Recorded:
    """The answer counts from now on, and a later one ends it. 404 for a version that nobody asks you about."""
    caller = find_caller(request)
    subject = list_subjects(caller).get(answer.about)
    offer = find_offer(caller.binding, subject) if subject is not None else None
    if subject is None or offer is None or offer.version != version:
        raise Http404
    made = record_agreement(
        caller.binding,
        person=subject,
        version=version,
        is_yes=answer.is_yes,
        touchpoint=ACCOUNT,
        now=caller.now,
        by="" if subject.id == caller.person.id else caller.person.id,
    )
    return Recorded(entry=made.entry)


def list_subjects(caller: Caller) -> dict[str, Person]:
    """Whom the caller may answer for: themselves, and the company if they hold its account."""
    found = {YOU: caller.person}
    if caller.membership is not None and caller.membership.is_holder:
        found[COMPANY] = caller.membership.company
    return found


def tell_offer(about: str, offer: Offer) -> OfferShape:
    """The question as it goes out."""
    return OfferShape(
        about=about,
        version=offer.version,
        earlier=list(offer.earlier),
        opens=[change.text for change in offer.changes],
        answer=("yes" if offer.answer == "yes" else "no") if offer.answer else None,
    )
