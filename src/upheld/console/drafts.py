"""Writing the policy: drafts are listed, begun, edited as text, checked, kept apart where two wrote, thrown away."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from upheld.actions.drafts import (
    MOST_DRAFTS,
    Draft,
    OvertakenError,
    begin_draft,
    fetch_draft,
    list_drafts,
    name_writers,
    remove_draft,
    save_draft,
)
from upheld.console.chrome import answer_seat
from upheld.console.drafts_view import compare_lines, view_desk
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import Moment, read_now, say_moment
from upheld.core.errors import Finding, PolicyError, StaffError, UpheldError
from upheld.core.policy.drafting import print_text, redate_text
from upheld.core.rights.telling import say_day
from upheld.web.drafted import Reading, read_drafted
from upheld.web.guards import is_same_origin
from upheld.web.headers import allow_own_requests

VERSION = re.compile(r"^version\s*:\s*['\"]?(\d{4}-\d{2}-\d{2})", re.MULTILINE)
IN_FORCE, WAITING, FAULTY = "in-force", "waiting", "faulty"
LARGEST_FILE = 1_000_000
# What the buttons below the text do once it is saved, and where they lead.
NEXT = {"changes": "console-draft-changes", "preview": "console-draft-preview"}
SAVE, CHECK, FORMAT, APART = "save", "check", "format", "apart"


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One draft in the list."""

    href: str
    day: str
    base: str
    saved: Moment | None
    by: str
    ends: str
    remove: str


@dataclass(frozen=True, slots=True)
class Source:
    """A text that a draft can begin from."""

    value: str
    words: str
    hint: str


def keeps_text(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Around a view that takes a text: whoever is signed out by now gets it back instead of a page without it."""

    @wraps(view)
    def guard(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        if answer.status_code == HTTPStatus.FOUND and not request.user.is_authenticated and holds_text(request):
            return answer_kept(request)
        return answer

    return guard


def holds_text(request: HttpRequest) -> bool:
    """Whether one of our own pages sent a text of a policy with this request."""
    return request.method == "POST" and "text" in request.POST and is_same_origin(request)


def answer_kept(request: HttpRequest) -> HttpResponse:
    """403 with the text that was sent, ready to be sent again: the session ended while somebody wrote."""
    fields = [(name, request.POST[name]) for name in ("edition", "do") if name in request.POST]
    context = {"text": request.POST["text"], "fields": fields, "address": request.path}
    return render(request, "console/draft_kept.html", context, status=HTTPStatus.FORBIDDEN)


@for_grants
@require_safe
def show_drafts(request: StaffRequest, seat: Seat) -> HttpResponse:
    """What is being written, and what a new draft can begin from."""
    now = read_now()
    drafts = list_drafts(seat.site)
    names = name_writers(drafts)
    context = {
        "rows": [describe_draft(draft, names, now) for draft in drafts],
        "sources": list_sources(seat, now),
        "is_full": len(drafts) >= MOST_DRAFTS,
    }
    return answer_seat(request, seat, "console/drafts.html", context)


def describe_draft(draft: Draft, names: dict[str, str], now: datetime) -> DraftRow:
    """One draft with who wrote it last and when it goes."""
    match = VERSION.search(draft.text)
    return DraftRow(
        href=reverse("console-draft", args=[draft.site, draft.id]),
        day=say_written_day(match.group(1)) if match else "no day yet",
        base=say_day(draft.base),
        saved=say_moment(draft.saved_at, now),
        by=names.get(draft.saved_by, draft.saved_by),
        ends=say_day(draft.ends_at.date()),
        remove=reverse("console-draft-remove", args=[draft.site, draft.id]),
    )


def say_written_day(written: str) -> str:
    """The day that stands in a text as people read it, or as it stands there when it is none."""
    try:
        return say_day(date.fromisoformat(written))
    except ValueError:
        return written


def list_sources(seat: Seat, now: datetime) -> tuple[Source, ...]:
    """The version in force, each file that waits, and each file that cannot be used as it is."""
    shelved = seat.shelved
    current = say_day(shelved.in_force(now.date()).policy.version)
    found = [Source(IN_FORCE, f"the version in force, of {current}", "")]
    for good in shelved.waiting:
        day = good.policy.version.isoformat()
        found.append(Source(f"{WAITING} {day}", f"the file of {say_day(good.policy.version)}, which waits", ""))
    for fault in shelved.faults:
        hint = f"{len(fault.findings)} errors" if len(fault.findings) != 1 else "1 error"
        found.append(Source(f"{FAULTY} {fault.version}", f"the file {fault.file_name} as it lies in the folder", hint))
    return tuple(found)


@for_grants
@require_POST
def begin_one(request: StaffRequest, seat: Seat) -> HttpResponse:
    """A new draft, under a day that lies ahead."""
    now = read_now()
    try:
        text = find_source(request, seat, request.POST.get("source", ""), now)
        base = seat.shelved.in_force(now.date()).policy.version
        draft = begin_draft(seat.site, text=text, base=base, by=request.staff, now=now)
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
        return redirect("console-drafts", site=seat.site)
    return redirect("console-draft", site=seat.site, draft=draft.id)


def find_source(request: StaffRequest, seat: Seat, source: str, now: datetime) -> str:
    """The text to begin from. Raises StaffError W181 when it is not there any more."""
    kind, _, day = source.partition(" ")
    shelved = seat.shelved
    if kind == IN_FORCE:
        return redate_text(shelved.in_force(now.date()).policy.text, suggest_day(seat, now))
    if kind == WAITING:
        good = next((one for one in shelved.waiting if one.policy.version.isoformat() == day), None)
        if good is not None:
            return good.policy.text
    fault = next((one for one in shelved.faults if kind == FAULTY and one.version == day), None)
    if fault is not None:
        path = request.shelf.folder / shelved.slug / fault.file_name
        if path.is_file() and path.stat().st_size <= LARGEST_FILE:
            return path.read_text(encoding="utf-8", errors="replace")
    raise StaffError("W181", "that text is not there any more", "choose another one to begin from")


def suggest_day(seat: Seat, now: datetime) -> date:
    """The first day that a new version can have: tomorrow, or the one after the newest version."""
    newest = max(good.policy.version for good in (*seat.shelved.versions, *seat.shelved.waiting))
    return max(now.date(), newest) + timedelta(days=1)


@keeps_text
@for_grants
@require_http_methods(["GET", "HEAD", "POST"])
def show_draft(request: StaffRequest, seat: Seat, draft: str) -> HttpResponse:
    """The text with everything that is wrong with it; or the text that was sent, saved, and what was asked for next."""
    if request.method == "POST":
        return take_draft(request, seat, draft)
    try:
        return answer_editor(request, seat, fetch_draft(seat.site, draft))
    except StaffError as error:
        messages.error(request, f"{error.text}: {error.hint}")
        return redirect("console-drafts", site=seat.site)


def answer_editor(
    request: StaffRequest,
    seat: Seat,
    draft: Draft,
    *,
    text: str | None = None,
    refused: tuple[Finding, ...] = (),
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The editor with a draft's text, or with one that could not be kept and the reason."""
    now = read_now()
    shown = draft.text if text is None else text
    reading = read_drafted(request.shelf, seat.shelved, draft.text if refused else shown, now.date())
    if refused:
        reading = Reading("", refused, None, None)
    current = seat.shelved.in_force(now.date())
    context = {
        "draft": draft,
        "text": shown,
        "desk": view_desk(shown.replace("\r\n", "\n"), reading, current.policy),
        "refused": refused,
        "saved": say_moment(draft.saved_at, now),
        "by": name_writers((draft,)).get(draft.saved_by, draft.saved_by),
        "base": say_day(draft.base),
        "current": say_day(current.policy.version),
        "is_overtaken": draft.base != current.policy.version,
        "largest": LARGEST_FILE,
    }
    response = answer_seat(request, seat, "console/draft.html", context, status)
    allow_own_requests(response)
    return response


def take_draft(request: StaffRequest, seat: Seat, draft: str) -> HttpResponse:
    """The text is saved before anything else is done with it; where it cannot be, it is given back."""
    text, do, now = request.POST.get("text", ""), request.POST.get("do", SAVE), read_now()
    if do == APART:
        return keep_apart(request, seat, text, now)
    try:
        held = save_draft(
            seat.site,
            draft,
            text=text,
            edition=read_edition(request.POST.get("edition", "")),
            by=request.staff,
            now=now,
        )
        if do == FORMAT:
            held = save_draft(
                seat.site, draft, text=print_text(held.text), edition=held.edition, by=request.staff, now=now
            )
    except OvertakenError as error:
        return answer_apart(request, seat, text, error.draft)
    except PolicyError as error:
        if do == FORMAT:
            messages.error(
                request, "The rules can be put into their one form once the text has no errors. It is saved."
            )
            return redirect("console-draft", site=seat.site, draft=draft)
        held = fetch_draft(seat.site, draft)
        return answer_editor(request, seat, held, text=text, refused=error.findings, status=HTTPStatus.BAD_REQUEST)
    except StaffError as error:
        return answer_apart(request, seat, text, None, error=error)
    if do in NEXT:
        return redirect(NEXT[do], site=seat.site, draft=held.id)
    messages.success(request, "Saved. What was found stands beside the text." if do == CHECK else "Saved.")
    address = reverse("console-draft", args=[seat.site, held.id])
    return redirect(f"{address}#found" if do == CHECK else address)


def read_edition(written: str) -> int:
    """The edition that a page says it has read; 0, which none has, for anything else."""
    return int(written) if written.isdecimal() and len(written) <= 9 else 0


def answer_apart(
    request: StaffRequest, seat: Seat, text: str, theirs: Draft | None, *, error: StaffError | None = None
) -> HttpResponse:
    """409 with the text that was sent beside what somebody else saved, or where the draft is gone; nothing is lost."""
    now = read_now()
    by = name_writers((theirs,)).get(theirs.saved_by, theirs.saved_by) if theirs else ""
    context = {
        "text": text,
        "theirs": theirs,
        "is_self": bool(theirs) and by == request.staff.get_username(),
        "by": by,
        "saved": say_moment(theirs.saved_at, now) if theirs else None,
        "lines": compare_lines(theirs.text, text.replace("\r\n", "\n")) if theirs else (),
        "gone": error,
    }
    return answer_seat(request, seat, "console/draft_apart.html", context, HTTPStatus.CONFLICT)


def keep_apart(request: StaffRequest, seat: Seat, text: str, now: datetime) -> HttpResponse:
    """The text becomes a draft of its own."""
    base = seat.shelved.in_force(now.date()).policy.version
    try:
        draft = begin_draft(seat.site, text=text, base=base, by=request.staff, now=now)
    except UpheldError as error:
        return answer_apart(request, seat, text, None, error=StaffError(error.code, error.text, error.hint))
    messages.success(request, "Your text is a draft of its own now. Nothing of the other one was changed.")
    return redirect("console-draft", site=seat.site, draft=draft.id)


@for_grants
@require_POST
def remove_one(request: StaffRequest, seat: Seat, draft: str) -> HttpResponse:
    """The draft is thrown away."""
    try:
        remove_draft(seat.site, draft, by=request.staff, now=read_now())
    except StaffError as error:
        messages.error(request, f"{error.text}: {error.hint}")
    else:
        messages.success(request, "Thrown away. That it was stands in the ledger, its text does not.")
    return redirect("console-drafts", site=seat.site)


@for_grants
@require_safe
def give_draft(request: StaffRequest, seat: Seat, draft: str) -> HttpResponse:
    """The text as a file, named after the day it has."""
    try:
        held = fetch_draft(seat.site, draft)
    except StaffError as error:
        messages.error(request, f"{error.text}: {error.hint}")
        return redirect("console-drafts", site=seat.site)
    match = VERSION.search(held.text)
    return answer_file(held.text, match.group(1) if match else "draft")


def answer_file(text: str, day: str) -> HttpResponse:
    """A text of a policy as a file that can be put beside the others."""
    headers = {"Content-Disposition": f'attachment; filename="{day}.policy.md"'}
    return HttpResponse(text.encode(), content_type="text/markdown; charset=utf-8", headers=headers)
