"""Taking a copy of everything held: as JSON, as CSV, or as a page to read and print. Each is a line of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from upheld.actions.exports import gather_copy, note_copy
from upheld.actions.notices import queue_notice
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.saying.names import join_words
from upheld.core.rights.copies import Copy, HeldValue, VersionBound, say_value
from upheld.core.rights.copy_files import write_csv, write_json
from upheld.core.rights.letting import DOWNLOAD, find_letting
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import Moment, answer_mine, list_subjects, quote, say_moment, tells_trouble
from upheld.pages.account.permitting import view_permission
from upheld.pages.account.sent import make_sending, read_sent, refuse_method
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

FORM = "copy"
STYLE = "pages/copy.css"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a copy."""

    name: str
    words: str
    hint: str
    file: str
    content_type: str
    write: Callable[[Copy], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One value of the copy to read, its moments and its end in words."""

    label: str
    value: str
    where: str
    at: str
    kept: str


def write_page(copy: Copy) -> str:
    """The copy as one file of HTML that needs nothing else, to read and to print."""
    context = {
        "copy": copy,
        "made_at": say_moment(copy.made_at),
        "own": [view_line(value) for value in copy.values if value.about == "you"],
        "company": [view_line(value) for value in copy.values if value.about != "you"],
        "answers": [(answer, say_moment(answer.at)) for answer in copy.answers],
        "permissions": [view_permission(given) for given in copy.permissions],
        "agreements": [(given, say_moment(given.at)) for given in copy.agreements],
        "versions": [(bound, say_moment(bound.since), say_end(bound)) for bound in copy.versions],
        "shipments": [
            (parcel, say_moment(parcel.booked_at), [(event, say_moment(event.at)) for event in parcel.events])
            for parcel in copy.shipments
        ],
        "disclosures": [(went, join_words(went.labels), say_moment(went.at)) for went in copy.disclosures],
        "lines": [(line, say_moment(line.at)) for line in copy.lines],
        "style": read_style(),
    }
    return render_to_string("pages/account/copy_file.html", context)


def say_end(bound: VersionBound) -> Moment | None:
    """Until when a version bound; None for the one that does now."""
    return say_moment(bound.until) if bound.until is not None else None


def view_line(value: HeldValue) -> Line:
    """One value as the copy to read shows it."""
    corrected = f", corrected {say_moment(value.corrected_at).words}" if value.corrected_at else ""
    at = f"{say_moment(value.collected_at).words}{corrected}, version of {value.version.isoformat()}"
    return Line(value.label, say_value(value.value), value.where, at, value.kept.words)


def read_style() -> SafeString:
    """The style that goes into the file itself: once it is somebody's own file, no address of ours may be asked for it."""
    path = finders.find(STYLE)
    if not isinstance(path, str):
        return mark_safe("")
    with open(path, encoding="utf-8") as sheet:  # noqa: PTH123 - the finder gives a path as text
        return mark_safe(f"<style>\n{sheet.read()}</style>")  # noqa: S308 - our own sheet, nothing of a person's


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form(
            "page", "Download to read and print", "One HTML file.", "copy.html", "text/html; charset=utf-8", write_page
        ),
        Form(
            "csv",
            "Download as a table",
            "CSV, one row for each value.",
            "copy.csv",
            "text/csv; charset=utf-8",
            write_csv,
        ),
        Form(
            "json",
            "Download for programs",
            "JSON, with its structure written down.",
            "copy.json",
            "application/json",
            write_json,
        ),
    )
}


@same_origin_posts
@signed_in
@tells_trouble
def show_copy(request: SiteRequest, account: Account) -> HttpResponse:
    """The three ways to take a copy, or one of them; 404 where the policy lets nobody download anything."""
    letting = find_letting(account.good.table, DOWNLOAD)
    if not letting.is_open:
        raise Http404
    refused = refuse_method(request)
    if refused is not None:
        return refused
    fault, status = "", HTTPStatus.OK
    if request.method == "POST":
        sent = read_sent(request, account, FORM)
        form = FORMS.get(sent.find("form"))
        if not sent.fault and form is not None:
            return give_copy(request, account, form)
        fault = sent.fault or "pick one of the three"
        status = sent.status if sent.fault else HTTPStatus.UNPROCESSABLE_ENTITY
    return answer_mine(
        request,
        account,
        "copy",
        "copy",
        status,
        forms=[(form, make_sending(account, FORM, reverse("copy"))) for form in FORMS.values()],
        fault=fault,
        tells_by_mail=bool(list_administrative_classes(account.good.policy)),
        has_company=len(list_subjects(account)) > 1,
        whys=quote(account, letting.sentences),
    )


def give_copy(request: SiteRequest, account: Account, form: Form) -> HttpResponse:
    """The file, noted in the ledger and told to the person by mail where the policy has such a message."""
    copy = gather_copy(account.binding, person=account.person, company=account.company, now=account.now)
    content = form.write(copy)
    note_copy(account.binding, person=account.person, copy=copy, form=form.name, content=content, now=account.now)
    queue_notice(
        account.binding,
        now=account.now,
        person=account.person,
        kind="copy-taken",
        home=find_home(request),
        values={"at": say_moment(account.now).words},
    )
    answer = HttpResponse(content, content_type=form.content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{account.site}-{form.file}"'
    return answer
