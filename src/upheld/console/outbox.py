"""The outbox: what is on its way, what failed, and what staff have to decide about; nothing of what is written in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.grants import name_staff
from upheld.actions.outbox import (
    FAILED,
    IN_DOUBT,
    MESSAGES_A_PAGE,
    STATES,
    STOPPED,
    Shipped,
    count_messages,
    let_be,
    list_messages,
    send_again,
)
from upheld.console.chrome import answer_seat, find_words
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import Moment, read_now, say_moment
from upheld.core.policy.model import Words
from upheld.web.binding import make_binding

MARKS = {"sent": "good", "failed": "broken", "bounced": "broken", IN_DOUBT: "warning"}
SAID = {
    "queued": "queued",
    "sending": "being sent",
    "waiting": "tried again later",
    IN_DOUBT: "in doubt",
    "bounced": "came back",
}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message in words."""

    id: str
    person: str
    mail_class: str
    kind: str
    state: str
    mark: str
    attempts: int
    reason: str
    queued: Moment | None
    next: Moment | None
    settled: Moment | None
    is_doubtful: bool


def describe_message(row: Shipped, words: Words, now: datetime) -> MessageRow:
    """The message as the list shows it; one that a no took out has neither failed nor a reason of a machine's."""
    is_stopped = (row.state, row.reason) == (FAILED, STOPPED)
    return MessageRow(
        id=row.message,
        person=row.person,
        mail_class=words.label(row.mail_class, "mail"),
        kind=row.kind,
        state="stopped" if is_stopped else SAID.get(row.state, row.state),
        mark="plain" if is_stopped else MARKS.get(row.state, "plain"),
        attempts=row.attempts,
        reason="a no came before it left" if is_stopped else row.reason,
        queued=say_moment(row.queued_at, now),
        next=say_moment(row.next_at, now),
        settled=say_moment(row.settled_at, now),
        is_doubtful=row.state == IN_DOUBT,
    )


@for_seat
@require_safe
def show_outbox(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The newest messages, with those in doubt before all others."""
    now, words = read_now(), find_words(seat.shelved)
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    page, found = read_page(request), count_messages(seat.site)
    rows = list_messages(seat.site, state=state, skip=(page - 1) * MESSAGES_A_PAGE)
    is_more = page * MESSAGES_A_PAGE < (found[state] if state else sum(found.values()))
    if not state:
        doubtful = list_messages(seat.site, state=IN_DOUBT) if page == 1 else ()
        rows = doubtful + tuple(row for row in rows if row.state != IN_DOUBT)
    counts = [(name, SAID.get(name, name), count, name == state) for name, count in found.items()]
    context = {
        "rows": [describe_message(row, words, now) for row in rows],
        "counts": counts,
        "state": state,
        "page": page,
        "later": page - 1,
        "earlier": page + 1 if is_more else 0,
    }
    return answer_seat(request, seat, "console/outbox.html", context)


def read_page(request: StaffRequest) -> int:
    """Which page is asked for: the first for anything that is no number of one."""
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


@for_seat
@require_POST
def settle_one(request: StaffRequest, seat: Seat, message: str) -> HttpResponse:
    """What staff have decided about a message that may have arrived: send it again, or let it be."""
    now, by = read_now(), name_staff(request.staff.pk)
    binding = make_binding(seat.shelved, now.date())
    is_again = request.POST.get("choice") == "again"
    if is_again and not request.POST.get("sure"):
        messages.error(request, "Nothing was sent. Tick that it may arrive twice, if it may.")
        return redirect("console-outbox", site=seat.site)
    settle = send_again if is_again else let_be
    if settle(binding, message=message, now=now, by=by):
        messages.success(request, "It is queued again." if is_again else "It is left as it is.")
    else:
        messages.error(request, "That message is not in doubt any more.")
    return redirect("console-outbox", site=seat.site)
