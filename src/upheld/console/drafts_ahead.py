"""What a draft would come to: its page as people would see it, what changes for them, and announcing it as it was read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.drafts import Draft, announce_draft, fetch_draft, save_draft
from upheld.actions.publications import fetch_text
from upheld.console.chrome import answer_seat
from upheld.console.drafts import answer_file, suggest_day
from upheld.console.drafts_view import view_findings
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import read_now, say_moment
from upheld.console.publications import describe_plan, name_change, refuse_others
from upheld.core.errors import StaffError, UpheldError
from upheld.core.gate.turning import Turned, Watched, compare_verdicts, read_watched
from upheld.core.policy.drafting import redate_text
from upheld.core.policy.model import Policy
from upheld.core.rights.changing import ACTIVE, find_obstacle, plan_change
from upheld.core.rights.telling import say_day
from upheld.web.binding import make_binding
from upheld.web.drafted import read_drafted
from upheld.web.hosts import find_site_home
from upheld.web.previews import Place, find_previews
from upheld.web.shelf import Good

ACTS_FILE = "acts.csv"  # beside the versions: acts that the business keeps an eye on
MOST_BYTES = 200_000

P = ParamSpec("P")
View = Callable[Concatenate[StaffRequest, Seat, str, P], HttpResponse]


def with_draft(
    view: Callable[Concatenate[StaffRequest, Seat, Draft, P], HttpResponse],
) -> View[P]:
    """Gives a view its draft; the way to the list, with a word, where there is none any more."""

    @wraps(view)
    def find(request: StaffRequest, seat: Seat, draft: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            held = fetch_draft(seat.site, draft)
        except StaffError as error:
            messages.error(request, f"{error.text}: {error.hint}")
            return redirect("console-drafts", site=seat.site)
        return view(request, seat, held, *args, **kwargs)

    return cast("View[P]", find)  # the address gives the draft by its name


@for_grants
@require_safe
@with_draft
def show_preview(request: StaffRequest, seat: Seat, draft: Draft) -> HttpResponse:
    """The public page as it would be; while there are errors, the way back to them."""
    good = read_drafted(request.shelf, seat.shelved, draft.text, read_now().date()).good
    if good is None:
        messages.error(request, "There is no page to show while the text has errors. They stand beside it.")
        return redirect(reverse("console-draft", args=[seat.site, draft.id]) + "#found")
    place = Place(
        home=find_site_home(request, seat.shelved),
        look=reverse("console-draft-look", args=[seat.site, draft.id]),
        back=reverse("console-draft", args=[seat.site, draft.id]),
        words=f"It was saved {say_exactly(draft.saved_at)}, binds nobody, and only staff see it.",
    )
    return HttpResponse(find_previews().draw_page(seat.shelved, good, place))


def say_exactly(moment: datetime) -> str:
    """The moment as it stands beside what was saved then."""
    found = say_moment(moment, moment)
    return found.exact if found else ""


@for_grants
@require_safe
@with_draft
def give_look(request: StaffRequest, seat: Seat, draft: Draft) -> HttpResponse:
    """The style sheet of that page, with the colour that the draft gives its site."""
    good = read_drafted(request.shelf, seat.shelved, draft.text, read_now().date()).good
    if good is None:
        raise Http404
    return HttpResponse(find_previews().write_look(seat.shelved, good), content_type="text/css; charset=utf-8")


@for_grants
@require_safe
@with_draft
def show_changes(request: StaffRequest, seat: Seat, draft: Draft) -> HttpResponse:
    """What would be different for people, who would be told how, from when it could bind; and the form that announces it."""
    now, shelved = read_now(), seat.shelved
    reading, before = read_drafted(request.shelf, shelved, draft.text, now.date()), shelved.in_force(now.date())
    context = {"draft": draft, "reading": reading, "before": say_day(before.policy.version), "plan": None}
    if reading.good is None:
        context["findings"] = view_findings(reading.findings)
        return answer_seat(request, seat, "console/draft_changes.html", context)
    good = reading.good
    plan = plan_change(before.table, good.table)
    turned, asked = compare_verdicts(before.gate, good.gate, list_watched(request, seat, (before, good)))
    context |= {
        "plan": describe_plan(plan, before.policy, now),
        "day": say_day(good.policy.version),
        "seen": name_change(before, good),
        "digest": good.policy.digest,
        "turned": [describe_turned(one, before.policy, good.policy) for one in turned],
        "asked": asked,
        "is_same": good.policy.text == redate_text(before.policy.text, good.policy.version),
        "obstacle": find_hindrance(seat, good, plan.starts, now),
        "suggested": suggest_day(seat, now).isoformat(),
        "today": now.date().isoformat(),
        "is_owner": request.staff.is_owner,
        "is_drafting": shelved.posted is None,
        "warnings": len(reading.findings),
    }
    return answer_seat(request, seat, "console/draft_changes.html", context)


def find_hindrance(seat: Seat, good: Good, starts: date, now: datetime) -> str:
    """Why the draft cannot be announced today under its day; empty when it can."""
    shelved = seat.shelved
    posted = tuple(shelved.posted.values()) if shelved.posted is not None else ()
    if any(one.version == good.policy.version and one.is_public for one in posted):
        return f"the version of {good.policy.version.isoformat()} is announced already"
    waiting = {one.policy.version: one.policy.digest for one in shelved.waiting}
    if waiting.get(good.policy.version, good.policy.digest) != good.policy.digest:
        return f"a file of {good.policy.version.isoformat()} lies in the folder with another text"
    return find_obstacle(starts, good.policy.version, posted, now.date())


def list_watched(request: StaffRequest, seat: Seat, goods: tuple[Good, ...]) -> list[Watched]:
    """The questions that stand beside the policy, and the acts of the file that lies beside it, if one does."""
    found = [Watched(q.act, q.facts, q.words) for good in goods for q in good.site.questions]
    path = request.shelf.folder / seat.site / ACTS_FILE
    try:
        if path.is_file() and path.stat().st_size <= MOST_BYTES:
            found += read_watched(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no text that can be read: there are the questions
        pass
    return found


def describe_turned(turned: Turned, before: Policy, after: Policy) -> dict[str, object]:
    """One act with what it comes to, and the sentence that says so."""
    policy, refs = (after, turned.after) if turned.after else (before, turned.before)
    sentence = next((found for ref in refs if (found := policy.find_sentence(ref)) is not None), None)
    facts = f" ({turned.watched.facts})" if turned.watched.facts else ""
    return {
        "said": turned.said,
        "act": turned.watched.act + facts,
        "words": turned.watched.words,
        "opens": turned.opens,
        "sentence": sentence.text if sentence else "",
    }


@for_grants
@require_POST
@with_draft
def redate_one(request: StaffRequest, seat: Seat, draft: Draft) -> HttpResponse:
    """The same text under another day."""
    address = redirect("console-draft-changes", site=seat.site, draft=draft.id)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        messages.error(request, "That is no day. Write it as 2027-01-31.")
        return address
    try:
        text = redate_text(draft.text, day)
        save_draft(seat.site, draft.id, text=text, edition=draft.edition, by=request.staff, now=read_now())
    except UpheldError as error:
        messages.error(request, f"{error.text}; {error.hint}")
    else:
        messages.success(request, f"Its day is {say_day(day)} now.")
    return address


@for_grants
@require_POST
@with_draft
def announce_one(request: StaffRequest, seat: Seat, draft: Draft) -> HttpResponse:
    """The draft is put before people as the version that was read; the owner alone does it."""
    now, shelved = read_now(), seat.shelved
    back = redirect("console-draft-changes", site=seat.site, draft=draft.id)
    if not request.POST.get("sure"):
        messages.error(request, "Nothing was announced. Tick that you have read what changes.")
        return back
    good, before = (
        read_drafted(request.shelf, shelved, draft.text, now.date()).good,
        shelved.in_force(now.date()),
    )
    try:
        refuse_others(request)
        if good is None:
            raise StaffError("W184", "the text has errors", "mend them; they stand beside the text")
        if request.POST.get("seen", "") != name_change(before, good):
            raise StaffError("W183", "its text is another one than you have read", "read what it changes once more")
        hindrance = find_hindrance(seat, good, good.since, now)
        if shelved.posted is None or hindrance:
            hint = "give it a day that lies ahead" if hindrance else "start the server without `UPHELD_DRAFT`"
            raise StaffError("W161", f"it cannot be announced: {hindrance or 'nothing is announced here'}", hint)
        made = announce_draft(
            make_binding(shelved, now.date()),
            draft.id,
            digest=good.policy.digest,
            table=good.table,
            notice=request.POST.get("notice", ""),
            by=request.staff,
            now=now,
        )
    except UpheldError as error:
        messages.error(request, f"Nothing was announced: {error.text}; {error.hint}")
        return back
    request.shelf.look_at_once()
    begun = "It is in force." if made.state == ACTIVE else "It is announced; people are told now."
    messages.success(request, f"{begun} Its text is kept here. Put its file beside the others when you can.")
    return redirect("console-publications", site=seat.site)


@for_grants
@require_safe
def give_text(request: StaffRequest, seat: Seat, day: str) -> HttpResponse:
    """The text of a version as it was announced, as a file."""
    try:
        text = fetch_text(seat.site, date.fromisoformat(day))
    except ValueError:
        text = ""
    if not text:
        raise Http404
    return answer_file(text, day)
