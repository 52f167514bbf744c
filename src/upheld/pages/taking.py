"""What stands before taking in any form: how often it came from one network, and whether it answers a page of ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from django.http import QueryDict

from upheld.actions.throttle import count_try, spend_token
from upheld.core.fields import Submission
from upheld.web.form_tokens import FAST, FORGED, GOOD, SPENT, WORDS, Token
from upheld.web.forms import add_error
from upheld.web.hosts import SiteRequest
from upheld.web.networks import name_network

MOST_POSTS = 30
WITHIN = timedelta(hours=1)
TOO_OFTEN = "this came too often from your network; wait an hour and send it again"
NOT_NOW = "it could not be stored just now, and nothing was kept; try again in a few minutes"


def read_body(request: SiteRequest) -> dict[str, list[str]]:
    """The fields that were posted; a file is a field that no form of ours has."""
    body: QueryDict = request.POST
    return {**{name: [""] for name in request.FILES}, **{name: body.getlist(name) for name in body}}


def hold_up(
    request: SiteRequest, submission: Submission, token: Token, *, site: str, form: str, now: datetime
) -> tuple[Submission, HTTPStatus]:
    """The submission with what stands against taking it, and the status that says so."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if not count_try(site=site, what=form, who=name_network(request), most=MOST_POSTS, within=WITHIN, now=now):
        return add_error(submission, "", "F909", TOO_OFTEN), HTTPStatus.TOO_MANY_REQUESTS
    if token.outcome == FAST and not submission.is_good:
        return submission, status  # the page comes again anyway, and is slower the second time
    if token.outcome != GOOD:
        return add_error(submission, "", "F910", WORDS.get(token.outcome, WORDS[FORGED])), status
    if submission.is_good and not spend_token(digest=token.digest, expires_at=token.expires_at):
        return add_error(submission, "", "F910", WORDS[SPENT]), HTTPStatus.CONFLICT
    return submission, status
