"""Posts to the pages of an account: only those that answer a page which this very sign-in opened, and each only once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from upheld.actions.throttle import spend_token
from upheld.pages.account.guards import Account
from upheld.web.form_tokens import FORGED, GOOD, SPENT, WORDS, issue_token, read_token
from upheld.web.forms import TOKEN, TRAP, bans_hidden_fields
from upheld.web.guards import READING
from upheld.web.hosts import SiteRequest


@dataclass(frozen=True, slots=True)
class Sending:
    """Where a form of the account is sent, with the token of this page; where the policy bans hidden fields it stands in
    the address instead.
    """

    action: str
    token: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What was posted without the token, and what stands against taking it (empty for nothing) with its status."""

    fields: Mapping[str, list[str]]
    fault: str
    status: HTTPStatus

    def find(self, name: str) -> str:
        """The value of a field that was sent once, else an empty text."""
        values = self.fields.get(name, [])
        return values[0] if len(values) == 1 else ""


def make_sending(account: Account, form: str, href: str) -> Sending:
    """A new token for one form of this account."""
    token = issue_token(account.site, form, account.token, account.now)
    if bans_hidden_fields(account.good.policy):
        return Sending(f"{href}?{TOKEN}={token}", "")
    return Sending(href, token)


def read_sent(request: SiteRequest, account: Account, form: str) -> Sent:
    """What was posted to this form. A token that was used before, or for another form or sign-in, is a fault."""
    body = request.POST
    fields = {**{name: [""] for name in request.FILES}, **{name: body.getlist(name) for name in body}}
    token = read_token(fields, request.GET, site=account.site, form=form, session=account.token, now=account.now)
    rest = {name: values for name, values in fields.items() if name not in (TOKEN, TRAP)}
    if token.outcome != GOOD:
        return Sent(rest, WORDS.get(token.outcome, WORDS[FORGED]), HTTPStatus.UNPROCESSABLE_ENTITY)
    if not spend_token(digest=token.digest, expires_at=token.expires_at):
        return Sent(rest, WORDS[SPENT], HTTPStatus.CONFLICT)
    return Sent(rest, "", HTTPStatus.OK)


def refuse_method(request: SiteRequest, *, takes_posts: bool = True) -> HttpResponse | None:
    """The answer to a method that the page does not take, or None for one that it does."""
    methods = (*READING, "POST") if takes_posts else READING
    if request.method in methods:
        return None
    return HttpResponseNotAllowed(methods, render_to_string("elements/only_reads.html"))
