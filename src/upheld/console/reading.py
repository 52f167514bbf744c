"""Who read what: every opening by staff, by person or by member of staff; only ids and names stand here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from upheld.actions.ledger_reading import LINES_A_PAGE, Line, list_lines
from upheld.actions.staff import list_staff
from upheld.console.chrome import answer_seat, find_words
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.opened import say_label
from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import say_name

READING_KINDS = ("item.opened", "item.withheld")
STAFF = re.compile(r"s_[0-9]{1,9}")
ROUTE = "rt_"  # how the id of a route begins


@dataclass(frozen=True, slots=True)
class ReadingView:
    """One opening in words."""

    id: str
    serial: int
    when: Moment | None
    who: str
    person: str
    role: str
    purpose: str
    case: str
    data: str
    withheld: str


def describe_reading(line: Line, words: Words, now: datetime, names: Mapping[str, str] | None = None) -> ReadingView:
    """A line of the ledger that tells of an opening, in words."""
    names = name_everybody() if names is None else names
    body = line.body
    role = str(body.get("role", ""))
    return ReadingView(
        id=line.id,
        serial=line.serial,
        when=say_moment(line.at, now),
        who=say_who(line, role, names),
        person=line.person,
        role=say_name(role, "role", words) if role else "",
        purpose=say_name(str(body["purpose"]), "purpose", words) if body.get("purpose") else "",
        case=str(body.get("case", "")),
        data=say_data(body.get("data"), words),
        withheld=say_data(body.get("withheld"), words),
    )


def say_who(line: Line, role: str, names: Mapping[str, str]) -> str:
    """Who looked: staff by name, the person, a driver by their route, somebody else of their company by id, or the system."""
    if line.by == line.person or (not line.by and role == "self"):
        return "themselves"
    if line.by.startswith(ROUTE):
        return f"the driver of a route, {line.by}"
    if line.by and not STAFF.fullmatch(line.by):
        return f"{line.by}, of the same company"
    return names.get(line.by, line.by) or "the system"


def say_data(names: object, words: Words) -> str:
    """Categories by their labels."""
    return ", ".join(say_label(str(name), words) for name in names) if isinstance(names, list) else ""


def name_everybody() -> dict[str, str]:
    """The names of staff by how the ledger calls them."""
    return {f"s_{one.id}": one.username for one in list_staff()}


@for_seat
@require_safe
def show_reading(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The openings of a site, the latest first, narrowed to a person or a member of staff."""
    now = read_now()
    person, by = request.GET.get("person", "").strip()[:24], request.GET.get("staff", "")
    by = by if STAFF.fullmatch(by) else ""
    before = read_before(request)
    lines = list_lines(seat.site, kinds=READING_KINDS, person=person, by=by, before=before)
    names = name_everybody()
    words = find_words(seat.shelved)
    context = {
        "readings": [describe_reading(line, words, now, names) for line in lines],
        "person": person,
        "staff": [(code, name, code == by) for code, name in names.items()],
        "more": lines[-1].serial if len(lines) == LINES_A_PAGE else None,
        "by": by,
    }
    return answer_seat(request, seat, "console/reading.html", context)


def read_before(request: StaffRequest) -> int | None:
    """The serial after which the page goes on; none for the first page and for anything that is no number."""
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
