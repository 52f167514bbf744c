"""Telling people later than was said: asked for with a reason, and so only once those who agree to the demand agree again.

Until then the old day stands, and when it comes the people are told.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime

from upheld.actions.approvals import (
    count_approvals,
    describe_asking,
    give_approval,
    has_refusal,
    list_voices,
)
from upheld.actions.demands import (
    CLOSED,
    KIND,
    LONGEST,
    NOBODY,
    RELEASED,
    SHORTEST_BELIEF,
    HeldDemand,
    check_desk,
    describe_demand,
    hold_demand,
    need_ground,
    write_demand_line,
)
from upheld.actions.grants import name_staff
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_person_key, open_person_key
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.rights.demanding import digest_content
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Demand, DemandBar, Staff
from upheld.records.walls import enter_site, read_site

ASKED, STANDS, REFUSED, REPLACED = "asked", "stands", "refused", "replaced"
LABEL = "demand bar"


@dataclass(frozen=True, slots=True)
class HeldBar:
    """A later day that was asked for and not agreed to yet: how many agreed, how many of the role hold it, who answered."""

    id: str
    until: date
    asked: str
    made_by: str
    agreed: int
    needed: int
    holders: int
    answered: frozenset[str]


@dataclass(frozen=True, slots=True)
class BarReason:
    """Why telling was to stay barred until this day, who wrote it and when, and what became of it."""

    until: date
    reason: str
    made_by: str
    made_at: datetime
    state: str


def extend_bar(binding: Binding, demand: str, *, until: date, reason: str, staff: Staff, now: datetime) -> HeldDemand:
    """The demand, with a later day put to those who agree; where nobody has to, it holds at once.

    A day that was asked for before and not agreed to gives way. Raises StaffError W113, W142, W143 without a later day or
    a written reason, or when the bar is over: then the people are told. A line in the ledger with the digest.
    """
    check_desk(binding, staff, now)
    if not SHORTEST_BELIEF <= len(reason.strip()) <= LONGEST:
        raise StaffError("W143", "a bar is made longer for a reason that is written down", "say who bars it, and why")
    by = name_staff(staff.pk)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (RELEASED, CLOSED))
        if not _stands(row, now) or row.barred_until is None or until <= row.barred_until:
            raise StaffError("W143", "only a bar that still stands is made longer", "name a later day")
        ground = need_ground(binding, row)
        DemandBar.objects.filter(site=binding.site, demand=row, state=ASKED).update(state=REPLACED, settled_at=now)
        key = find_person_key(binding.site, NOBODY, f"{KIND} {row.id}", now)
        bar = DemandBar(
            id=draw_id("b"), site=binding.site, demand=row, since=row.barred_until, until=until, key=key.name
        )
        plain = json.dumps({"reason": reason.strip(), "salt": secrets.token_hex(16)}).encode()
        bar.sealed = seal(key.key, secrets.token_bytes(NONCE_BYTES), plain, label_bar(bar))
        bar.asked, bar.made_by, bar.made_at = _digest(row, bar), by, now
        bar.save(force_insert=True)
        write_demand_line(
            binding,
            row,
            "demand.bar-asked",
            by,
            now,
            digest=bar.asked,
            until=until.isoformat(),
            because=[ground.sentence],
        )
        if not ground.approval.count:
            _let_stand(binding, row, bar, by, now)
    return describe_demand(binding, row, now)


def answer_bar(binding: Binding, demand: str, *, staff: Staff, is_yes: bool, seen: str, now: datetime) -> HeldDemand:
    """The demand with this person's answer: one no ends it, and with enough who agreed the later day holds.

    `seen` is the digest of what they saw. Raises StaffError W113 without a live grant of the role, W142 when nothing is
    asked, it is another day or reason by now, or the bar is over; W144 for a second answer.
    """
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (RELEASED, CLOSED))
        ground = need_ground(binding, row)
        bar = DemandBar.objects.select_for_update().filter(site=binding.site, demand=row, state=ASKED).first()
        if bar is None or seen != bar.asked or _digest(row, bar) != bar.asked:
            raise StaffError("W142", "this is not what is asked for now", "read it as it stands")
        if not _stands(row, now):
            raise StaffError("W142", "the bar is over, and the people are told", "nothing can be agreed to any more")
        role = ground.approval.role
        give_approval(binding, subject=bar.id, asked=bar.asked, role=role, staff=staff, is_yes=is_yes, now=now)
        if has_refusal(binding.site, bar.id, bar.asked):
            bar.state, bar.settled_at = REFUSED, now
            bar.save(update_fields=["state", "settled_at"])
        elif count_approvals(binding.site, bar.id, bar.asked, role, now) >= ground.approval.count:
            _let_stand(binding, row, bar, name_staff(staff.pk), now)
    return describe_demand(binding, row, now)


def find_bar(binding: Binding, held: HeldDemand, now: datetime) -> HeldBar | None:
    """The later day that waits to be agreed to; None when none is asked for, or the bar is over."""
    if held.ground is None or not _stands(held.row, now):
        return None
    with read_site(binding.site):
        bar = DemandBar.objects.filter(site=binding.site, demand=held.row, state=ASKED).first()
    if bar is None:
        return None
    role = held.ground.approval.role
    asking = describe_asking(binding, subject=bar.id, asked=bar.asked, needed=held.ground.approval, now=now)
    voices = list_voices(binding.site, bar.id, bar.asked, role, now)
    agreed = count_approvals(binding.site, bar.id, bar.asked, role, now)
    answered = frozenset(voice.by for voice in voices)
    return HeldBar(bar.id, bar.until, bar.asked, bar.made_by, agreed, asking.count, asking.holders, answered)


def list_reasons(site: str, demand: str) -> tuple[BarReason, ...]:
    """Every reason for a longer bar, the first one first, opened; for those who read what the demand rests on."""
    with read_site(site):
        bars = list(DemandBar.objects.filter(site=site, demand=demand).order_by("made_at"))
    return tuple(BarReason(bar.until, _open(bar)["reason"], bar.made_by, bar.made_at, bar.state) for bar in bars)


def label_bar(bar: DemandBar) -> Label:
    """What a sealed reason is bound to."""
    return Label(bar.site, NOBODY, bar.id, LABEL)


def _let_stand(binding: Binding, row: Demand, bar: DemandBar, by: str, now: datetime) -> None:
    bar.state, bar.settled_at = STANDS, now
    bar.save(update_fields=["state", "settled_at"])
    row.barred_until = bar.until
    row.save(update_fields=["barred_until"])
    write_demand_line(binding, row, "demand.told", by, now, outcome="no", until=bar.until.isoformat())


def _stands(row: Demand, now: datetime) -> bool:
    return row.is_barred and row.barred_until is not None and row.barred_until >= now.date()


def _digest(row: Demand, bar: DemandBar) -> str:
    """What those who agree agree to: the demand as it was agreed to, both days and the reason."""
    return digest_content(
        {"bar": bar.id, "demand": row.id, "asked": row.asked, "since": row.barred_until, "until": bar.until,
         "texts": _open(bar)}
    )  # fmt: skip


def _open(bar: DemandBar) -> dict[str, str]:
    plain: dict[str, str] = json.loads(
        open_sealed(open_person_key(bar.site, bar.key), bytes(bar.sealed), label_bar(bar))
    )
    return plain
