"""The ledger for staff: its lines by kind and person, whether it is whole, and the receipt of one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.grants import name_staff
from upheld.actions.ledger_reading import LINES_A_PAGE, Line, find_state, issue_receipt, list_lines, verify_ledger
from upheld.actions.proof_standing import find_serials
from upheld.actions.seeking import PERSON_ID
from upheld.actions.shipments import find_business
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import Moment, read_now, say_moment
from upheld.console.reading import name_everybody, read_before
from upheld.core.seal.kinds import KINDS
from upheld.web.binding import make_binding

LEFT_OUT = frozenset({"by", "because"})
OF_PARCELS = ("shipment.", "route.")


@dataclass(frozen=True, slots=True)
class LineView:
    """One line in words; `facts` are its other fields, `because` the sentences that it rests on."""

    id: str
    place: int | None
    when: Moment | None
    kind: str
    meaning: str
    person: str
    who: str
    facts: str
    because: str


def describe_line(line: Line, names: dict[str, str], now: datetime) -> LineView:
    """The line as the list shows it."""
    told = [f"{name} {say_field(value)}" for name, value in line.body.items() if name not in LEFT_OUT]
    kind = KINDS.get(line.kind)
    return LineView(
        id=line.id,
        place=line.place,
        when=say_moment(line.at, now),
        kind=line.kind,
        meaning=kind.meaning if kind else "",
        person=line.person,
        who=names.get(line.by, line.by),
        facts="; ".join(told),
        because=say_field(line.body.get("because", "")),
    )


def may_be_here(seat: Seat, kind: str) -> bool:
    """Whether lines of this kind can come in at this site: those about parcels only where its policy has parcels sent."""
    return not kind.startswith(OF_PARCELS) or find_business(make_binding(seat.shelved, read_now().date())) is not None


def say_field(value: object) -> str:
    """A field's value as text: an id, a name or a number."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@for_seat
@require_safe
def show_ledger(request: StaffRequest, seat: Seat) -> HttpResponse:
    """How the ledger stands, and its lines, the latest first."""
    now = read_now()
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    person = request.GET.get("person", "").strip()
    is_odd = bool(person) and not PERSON_ID.fullmatch(person)
    wanted = request.GET.get("line", "")[:40]
    serial = find_serials(seat.site, (wanted,)).get(wanted) if wanted else None
    before = serial + 1 if serial is not None else read_before(request)  # a line that is asked for stands first
    lines = () if is_odd else list_lines(seat.site, kinds=(kind,) if kind else (), person=person, before=before)
    state, names = find_state(seat.site, now), name_everybody()
    context = {
        "state": state,
        "signed": say_moment(state.signed_at, now),
        "verified": say_moment(state.verified_at, now),
        "lines": [describe_line(line, names, now) for line in lines],
        "kinds": [(name, entry.meaning, name == kind) for name, entry in KINDS.items() if may_be_here(seat, name)],
        "kind": kind,
        "person": person[:60],
        "is_odd": is_odd,
        "wanted": wanted if serial is not None else "",
        "more": lines[-1].serial if len(lines) == LINES_A_PAGE else None,
    }
    return answer_seat(request, seat, "console/ledger.html", context)


@for_seat
@require_POST
def verify_now(request: StaffRequest, seat: Seat) -> HttpResponse:
    """Go through the whole ledger and say what came of it."""
    found = verify_ledger(seat.site, now=read_now(), by=name_staff(request.staff.pk))
    if found.is_whole:
        messages.success(
            request,
            f"The ledger is whole: {found.size} lines in their places under {found.checkpoints} signed checkpoints, "
            f"{found.waiting} more wait for their place. Root {found.root[:16] or 'of nothing'}.",
        )
    else:
        messages.error(
            request, f"The ledger does not fit: {found.fault}. Keep a copy of both databases before anything else."
        )
    return redirect("console-ledger", site=seat.site)


@for_seat
@require_safe
def download_receipt(request: StaffRequest, seat: Seat, entry: str) -> HttpResponse:
    """The receipt of one line as a file."""
    receipt = issue_receipt(seat.site, entry, read_now())
    if receipt is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{seat.site}-{entry}.receipt.json"'}
    return HttpResponse(receipt, content_type="application/json", headers=headers)
