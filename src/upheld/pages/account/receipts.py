"""The page of receipts: the ledger's lines about the person in plain words, and for each the file that proves it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.urls import reverse

from upheld.actions.receipts import count_lines, list_lines, make_receipt
from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import capitalise, join_words, say_name
from upheld.core.rights.copies import LineAbout
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, list_subjects, say_moment, tells_trouble
from upheld.pages.account.sent import refuse_method
from upheld.web.hosts import SiteRequest

LINES_A_PAGE = 25
ALL, PAGE = "all", "page"
# field of a line -> the word before it, and of which sort its names are; an empty sort says them as they stand
_TOLD = {
    "choice": ("about", "choice"),
    "outcome": ("answer", ""),
    "data": ("of", "data"),
    "withheld": ("withheld", "data"),
    "purpose": ("for", "purpose"),
    "role": ("to", "role"),
    "recipient": ("to", "recipient"),
    "class": ("", "mail"),
    "format": ("as", ""),
    "touchpoint": ("", "touchpoint"),
}
MOST_NAMES = 6
# The ledger speaks of people; here it speaks to the one it is about.
_TO_YOU = (
    (re.compile(r"\bthe person\b|\bthey\b"), "you"),
    (re.compile(r"\btheirs\b"), "yours"),
    (re.compile(r"\btheir\b"), "your"),
    (re.compile(r"^somebody registered\b"), "you registered"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the page shows it."""

    title: str
    detail: str
    about: str
    at: Moment
    place: str
    href: str
    is_by_staff: bool
    is_by_user: bool


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in the list the page stands; an empty address where it goes no further."""

    words: str
    newer: str
    older: str


@signed_in
@tells_trouble
def show_receipts(request: SiteRequest, account: Account) -> HttpResponse:
    """The lines about the person and their company, the newest first; one's own looks only on demand."""
    refused = refuse_method(request, takes_posts=False)
    if refused is not None:
        return refused
    with_looks = ALL in request.GET
    subjects = list_subjects(account)
    count = count_lines(account.site, subjects, with_looks=with_looks)
    page = read_page(request.GET.get(PAGE, ""), count)
    found = list_lines(account.site, subjects, most=LINES_A_PAGE, skip=(page - 1) * LINES_A_PAGE, with_looks=with_looks)
    words = account.binding.policy.words
    return answer_mine(
        request,
        account,
        "receipts",
        "receipts",
        lines=[view_line(words, line) for line in found],
        paging=make_paging(page, count, with_looks=with_looks),
        with_looks=with_looks,
        other_href=reverse("receipts") + ("" if with_looks else f"?{ALL}"),
        ledger=reverse("ledger"),
    )


@signed_in
@tells_trouble
def give_receipt(request: SiteRequest, account: Account, entry: str) -> HttpResponse:
    """The file of one line; while it has no place yet, a page that says so. 404 for a line of somebody else."""
    refused = refuse_method(request, takes_posts=False)
    if refused is not None:
        return refused
    receipt = make_receipt(account.site, entry=entry, persons=list_subjects(account), now=account.now)
    if receipt is None:
        raise Http404
    if not receipt.is_ready:
        line = view_line(account.binding.policy.words, receipt.line)
        return answer_mine(request, account, "receipts", "receipt_waits", line=line)
    return send_receipt(receipt.text, account.site, entry)


def send_receipt(text: str, site: str, entry: str) -> HttpResponse:
    """A receipt as a file."""
    answer = HttpResponse(text, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{site}-{entry}.receipt.json"'
    return answer


def read_page(text: str, count: int) -> int:
    """The page asked for, the nearest one that there is."""
    last = max(1, -(-count // LINES_A_PAGE))
    return min(max(1, int(text)), last) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def make_paging(page: int, count: int, *, with_looks: bool) -> Paging:
    """The words and links below the list."""
    first, last = (page - 1) * LINES_A_PAGE + 1, min(page * LINES_A_PAGE, count)
    base = f"{reverse('receipts')}?{ALL + '&' if with_looks else ''}{PAGE}="
    return Paging(
        words=f"{first} to {last} of {count}" if count else "",
        newer=f"{base}{page - 1}" if page > 1 else "",
        older=f"{base}{page + 1}" if last < count else "",
    )


def view_line(words: Words, line: LineAbout) -> Line:
    """One line in plain words."""
    return Line(
        title=capitalise(address_you(line.meaning)),
        detail=capitalise("; ".join(say_details(words, line))),
        about=line.about,
        at=say_moment(line.at),
        place="waits for its place in the log" if line.place is None else f"line {line.place + 1} of the log",
        href=reverse("receipt", args=[line.entry]),
        is_by_staff=line.is_by_staff,
        is_by_user=line.is_by_user,
    )


def address_you(meaning: str) -> str:
    """The meaning of a kind of line, said to the person."""
    for pattern, words in _TO_YOU:
        meaning = pattern.sub(words, meaning)
    return meaning


def say_details(words: Words, line: LineAbout) -> list[str]:
    """The fields of a line as people read them."""
    said = []
    for name, values in line.details:
        before, sort = _TOLD[name]
        names = [say_name(value, sort, words) if sort else value for value in values[:MOST_NAMES]]
        if not names:
            continue
        more = [f"{len(values) - MOST_NAMES} more"] if len(values) > MOST_NAMES else []
        said.append(f"{before} {join_words([*names, *more])}".strip())
    return said
