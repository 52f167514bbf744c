"""Closing an account: two equal ways, the password once more, and receipts on the last page, which needs no sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.core import signing
from django.db import DatabaseError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.closing import Closed, close_account, close_company, may_leave
from upheld.actions.entering import confirm_password
from upheld.actions.held import COMPANY, YOU, list_categories
from upheld.actions.ledger import sequence_entries
from upheld.actions.receipts import Receipt, find_receipt
from upheld.core.errors import AccountError, UpheldError
from upheld.core.policy.saying.names import capitalise, say_name, say_time
from upheld.core.rights.keeping import list_keepings
from upheld.pages.account.guards import Account, keep_private, signed_in
from upheld.pages.account.mine import answer_mine, list_subjects, say_moment, tells_trouble
from upheld.pages.account.receipts import Line, send_receipt, view_line
from upheld.pages.account.sent import make_sending, read_sent, refuse_method
from upheld.pages.chrome import find_current, make_chrome
from upheld.web.cookies import end_site_cookie
from upheld.web.guards import only_reads, same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

FORM = "close"
MINE, OURS = "mine", "company"
KEEP, REMOVE = "keep", "remove"
LINK_LASTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Proof:
    """One receipt on the last page: its line, its text if it is ready, where the file is."""

    line: Line
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for on the page; empty where they did not say."""

    what: str
    way: str


@same_origin_posts
@signed_in
@tells_trouble
def show_close(request: SiteRequest, account: Account) -> HttpResponse:
    """What closing means, and the form; or the account closed."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if request.method != "POST":
        return show_form(request, account, Wish("", ""))
    sent = read_sent(request, account, FORM)
    wish = Wish(sent.find("what"), sent.find("way"))
    fault, status = sent.fault or find_fault(account, wish), sent.status
    if not fault:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            confirm_password(account.binding, person=account.person, password=sent.find("password"), now=account.now)
            return close(request, account, wish)
        except AccountError as refusal:
            fault = f"{refusal.text}; {refusal.hint}"
    elif status == HTTPStatus.OK:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return show_form(request, account, wish, fault, status)


def show_form(
    request: SiteRequest, account: Account, wish: Wish, fault: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    """The page with the two ways; what was picked stays picked, the password does not."""
    return answer_mine(
        request,
        account,
        "close",
        "close",
        status,
        sending=make_sending(account, FORM, reverse("close")),
        wish=wish,
        fault=capitalise(fault),
        can_close_company=account.is_holder,
        can_close_mine=may_leave(account.site, account.person),
        has_company=account.company is not None,
        kept=list_kept(account),
    )


def list_kept(account: Account) -> tuple[str, ...]:
    """How long the policy keeps what is held now, a line for each of its rules: what the first way comes to."""
    words = account.binding.policy.words
    said: dict[str, list[str]] = {}
    held = list_categories(account.site, list_subjects(account))
    for leaf, keeping in list_keepings(account.good.table).items():
        if leaf not in held:
            continue
        after = f" after {say_name(keeping.event, 'event', words)}" if keeping.event else ""
        said.setdefault(f"{say_time(f'{keeping.days} days')}{after}", []).append(words.label(leaf, "data"))
    return tuple(f"{capitalise(', '.join(labels))}: {time}" for time, labels in said.items())


def find_fault(account: Account, wish: Wish) -> str:
    """What stands against doing what was asked; empty for nothing."""
    if wish.way not in (KEEP, REMOVE):
        return "pick one of the two ways"
    if wish.what == OURS:
        return "" if account.is_holder else "only a holder closes the company's account"
    if wish.what != MINE and account.is_holder:
        return "say which account you want to close"
    return ""


def close(request: SiteRequest, account: Account, wish: Wish) -> HttpResponse:
    """The account closed, the sign-in ended, and on to the last page."""
    is_erased = wish.way == REMOVE
    binding, person, now = account.binding, account.person, account.now
    if wish.what == OURS and account.company is not None:
        closed = close_company(binding, company=account.company, holder=person, is_erased=is_erased, now=now)
    else:
        closed = close_account(binding, person=person, is_erased=is_erased, home=find_home(request), now=now)
    is_company = wish.what == OURS
    sequence_now(account.site, account.now)
    token = sign_closing(account.site, closed, COMPANY if is_company else YOU)
    answer = HttpResponseRedirect(reverse("closed", args=[token]), status=HTTPStatus.SEE_OTHER)
    if not is_company:
        end_site_cookie(answer, account.entrance.cookie.name)
    return answer


def sequence_now(site: str, now: datetime) -> None:
    """Give the lines their places at once, so that the receipts are ready; if that fails, the sequencer comes by later."""
    try:
        sequence_entries(site, now)
    except (DatabaseError, UpheldError):
        return


def sign_closing(site: str, closed: Closed, about: str) -> str:
    """What the last page's address says: whose lines it may show. Ids only, signed, and soon over."""
    return signing.dumps([closed.person, about, *closed.entries], salt=find_salt(site))


def find_salt(site: str) -> str:
    """Keeps what one site has signed from being of use on another."""
    return f"upheld.closed\n{site}"


@only_reads
def show_closed(request: SiteRequest, token: str) -> HttpResponse:
    """The last page: what happened, and the receipts as text and as files. 404 when its link is over."""
    site, now = request.shelved.slug, datetime.now(UTC)
    receipts = find_receipts(site, token, now)
    wanted = request.GET.get("file", "")
    chosen = next((found for found in receipts if found.line.entry == wanted), None)
    if chosen is not None and chosen.is_ready:
        return keep_private(send_receipt(chosen.text, site, wanted))
    words = find_current(request.shelved).policy.words
    proofs = [
        Proof(view_line(words, found.line), found.text, f"{reverse('closed', args=[token])}?file={found.line.entry}")
        for found in receipts
    ]
    context = {
        "chrome": make_chrome(request.shelved),
        "proofs": proofs,
        "is_erased": any(found.line.kind == "item.erased" for found in receipts),
        "is_company": any(found.line.about == COMPANY for found in receipts),
        "ledger": reverse("ledger"),
        "until": say_moment(now + LINK_LASTS).words,
    }
    return keep_private(HttpResponse(render_to_string("pages/account/closed.html", context)))


def find_receipts(site: str, token: str, now: datetime) -> list[Receipt]:
    """The receipts that this link may show; raises Http404 for a link that is not ours or is over."""
    try:
        person, about, *entries = signing.loads(token, salt=find_salt(site), max_age=LINK_LASTS)
    except signing.BadSignature:
        raise Http404 from None
    found = (find_receipt(site, entry=entry, about={person: about}, now=now) for entry in entries)
    return [receipt for receipt in found if receipt is not None]
