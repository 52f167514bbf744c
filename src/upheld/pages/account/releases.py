"""Letting somebody have one's data: every permission with what went under it, and a way to withdraw it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.urls import reverse

from upheld.actions.disclosures import group_disclosures, list_told_disclosures
from upheld.actions.recipients import name_recipients
from upheld.actions.releases import HeldRelease, is_offered, list_releases, read_named, say_recipient, withdraw_release
from upheld.actions.tellings import HeldTelling, group_tellings
from upheld.core.errors import SealError, VaultError
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.letting import ACCOUNT
from upheld.core.rights.releasing import PERMISSION, say_ground
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, has_releases, say_moment, tells_trouble
from upheld.pages.account.sent import make_sending, read_sent, refuse_method
from upheld.pages.account.sign_in import DONE, go_to
from upheld.pages.chrome import say_day
from upheld.records.models import Disclosure
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest

FORM = "withdraw-release"
DONE_WORDS = {
    "given": "It is recorded. Somebody at our end hands it over; what goes stands here, with a receipt.",
    "withdrawn": "Withdrawn. From now on nothing goes under it.",
    "not": "Nothing was permitted.",
    "gone": "That permission had ended already.",
}
STATES = {
    "live": "It counts.",
    "used up": "It was for once, and is used up.",
    "over": "Its time is over.",
    "withdrawn": "You withdrew it.",
    "recipient ended": "We give this recipient nothing more.",
}


@dataclass(frozen=True, slots=True)
class Gone:
    """One time something went: when, which data, and where the proof is."""

    reference: str
    at: Moment
    data: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Other:
    """Something that went without a permission of the person: to whom, what, for what, on which ground."""

    to: str
    at: Moment
    data: str
    purpose: str
    ground: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Whether a recipient has heard of a no: `told` is None while they still have to be told."""

    who: str
    told: Moment | None


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """One permission as its page shows it; `address` are the lines that the person gave of somebody they named."""

    id: str
    to: str
    address: tuple[str, ...]
    data: tuple[str, ...]
    purpose: str
    times: str
    until: str
    given: Moment
    receipt: str
    state: str
    is_live: bool
    gone: tuple[Gone, ...]
    heard: tuple[Heard, ...]


@same_origin_posts
@signed_in
@tells_trouble
def show_releases(request: SiteRequest, account: Account) -> HttpResponse:
    """The permissions of the person; a post withdraws one. Not there where the policy lets no permission count."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    held = list_releases(account.site, person=account.person.id, now=account.now)
    if not has_releases(account):
        raise Http404
    fault, status = "", HTTPStatus.OK
    if request.method == "POST":
        sent = read_sent(request, account, FORM)
        permission = sent.find("withdraw")
        fault = sent.fault
        if not fault:
            if not any(one.id == permission for one in held):
                raise Http404
            ended = withdraw_release(
                account.binding, person=account.person, permission=permission, now=account.now, touchpoint=ACCOUNT
            )
            return go_to(f"{reverse('releases')}?{DONE}={'gone' if ended is None else 'withdrawn'}")
        status = sent.status
    gone = group_disclosures(account.site, account.person.id)
    heard = group_tellings(account.site, account.person.id)
    views = [view_release(account, one, gone.get(one.id, ()), heard.get(one.id, ())) for one in held]
    return answer_mine(
        request,
        account,
        "releases",
        "releases",
        status,
        others=list_others(account),
        live=[view for view in views if view.is_live],
        ended=[view for view in views if not view.is_live],
        sending=make_sending(account, FORM, reverse("releases")),
        give=reverse("release-new") if is_offered(account.binding) else "",
        fault=capitalise(fault),
        done="" if fault else DONE_WORDS.get(request.GET.get(DONE, ""), ""),
    )


def list_others(account: Account) -> list[Other]:
    """What went for a service, in a merger, or on a ground of the policy."""
    rows = list_told_disclosures(account.site, account.person.id)
    titles = name_recipients(account.site) if rows else {}
    return [view_other(account, row, titles) for row in rows if row.ground != PERMISSION]


def view_other(account: Account, row: Disclosure, titles: dict[str, str]) -> Other:
    """One of them in words."""
    words = account.binding.policy.words
    kind = say_name(row.kind, "recipient", words)
    return Other(
        to=f"{titles[row.recipient]} ({kind})" if row.recipient in titles else capitalise(kind),
        at=say_moment(row.at),
        data=capitalise(join_words(words.label(leaf, "data") for leaf in row.data)),
        purpose=say_name(row.purpose, "purpose", words),
        ground=say_ground(words, row.ground),
        receipt=reverse("receipt", args=[row.entry]) if row.entry else "",
    )


def view_release(
    account: Account, one: HeldRelease, gone: Sequence[Disclosure], heard: Sequence[HeldTelling]
) -> ReleaseView:
    """One permission in words, with what went under it."""
    words = account.binding.policy.words
    named = open_own(account, one)
    to = (
        named.get("name", "somebody you named") if one.is_named else say_recipient(account.binding, one.kind, one.title)
    )
    address = tuple(line for name in ("email", "post") for line in named.get(name, "").splitlines())
    return ReleaseView(
        id=one.id,
        to=to,
        address=address,
        data=tuple(words.label(leaf, "data") for leaf in one.data),
        purpose=say_name(one.purpose, "purpose", words),
        times="once" if one.is_once else "as often as it is needed",
        until=say_day((one.until - timedelta(days=1)).date()) if one.until else "",
        given=say_moment(one.given_at),
        receipt=reverse("receipt", args=[one.entry]) if one.entry else "",
        state=STATES[one.state],
        is_live=one.is_live,
        gone=tuple(view_gone(account, row) for row in gone),
        heard=tuple(view_heard(told, to) for told in heard),
    )


def open_own(account: Account, one: HeldRelease) -> dict[str, str]:
    """Name and address that the person gave; a permission is listed, and can be withdrawn, though they do not open."""
    if not one.is_named:
        return {}
    try:
        return read_named(account.site, one.id, account.person)
    except (SealError, VaultError):
        return {}


def view_gone(account: Account, row: Disclosure) -> Gone:
    """One time something went."""
    words = account.binding.policy.words
    return Gone(
        reference=row.id,
        at=say_moment(row.at),
        data=join_words(words.label(leaf, "data") for leaf in row.data),
        receipt=reverse("receipt", args=[row.entry]) if row.entry else "",
    )


def view_heard(told: HeldTelling, named: str = "somebody you named") -> Heard:
    """Whether one recipient has heard of a no."""
    return Heard(told.title or named, say_moment(told.told_at) if told.told_at is not None else None)
