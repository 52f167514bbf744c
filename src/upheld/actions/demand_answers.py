"""Answers to legal demands: put to those who have to agree, answered by each of them, or by what stands in for one.

A demand is known to them by the digest of all that it rests on: changed afterwards, their answers are about something else.
"""

from __future__ import annotations

import json
from datetime import datetime

from upheld.actions.approvals import (
    Asking,
    answer_outside,
    ask_approval,
    ask_outside,
    begin_waiting,
    count_approvals,
    find_outside,
    give_approval,
    has_refusal,
    raise_objection,
    settle_waiting,
)
from upheld.actions.demands import (
    APPROVED,
    ASKED,
    DRAFT,
    REFUSED,
    Details,
    HeldDemand,
    check_desk,
    describe_demand,
    describe_voices,
    hold_demand,
    label_demand,
    need_ground,
    open_details,
    write_demand_line,
)
from upheld.actions.grants import name_staff
from upheld.actions.keys import open_person_key
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding
from upheld.core.rights.demanding import Ground, find_ground
from upheld.core.seal.envelope import open_sealed
from upheld.records.models import Demand, Staff
from upheld.records.walls import enter_site, read_site


def put_demand(binding: Binding, demand: str, *, staff: Staff, now: datetime) -> HeldDemand:
    """The demand, put to those who have to agree, as it stands. A line in the ledger with its digest.

    Raises StaffError W143 with what is still missing, such as the belief that its ground needs written, W142.
    """
    check_desk(binding, staff, now)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (DRAFT,))
        held = describe_demand(binding, row, now)
        missing = list_missing(binding, held, open_details(row))
        if held.ground is None or missing:
            raise StaffError("W143", missing[0] if missing else "the policy has no such ground", "write it down first")
        row.asked = _ask(binding, held, now).digest
        row.state = ASKED if held.ground.approval.count else APPROVED
        row.save(update_fields=["asked", "state"])
        by = name_staff(staff.pk)
        write_demand_line(
            binding, row, "demand.asked", by, now, ground=row.ground, digest=row.asked, because=[held.ground.sentence]
        )
    return describe_demand(binding, row, now)


def list_missing(binding: Binding, held: HeldDemand, details: Details) -> tuple[str, ...]:
    """What a demand lacks before anybody can be asked to agree, in words."""
    ground, words = held.ground, binding.policy.words
    if ground is None:
        return ("the policy has no such ground for this recipient",)
    missing = []
    if not held.people:
        missing.append("nobody is named whom it is about")
    if not held.narrowed.given:
        missing.append("nothing of what is asked for is named by its instrument and covered by the policy")
    if ground.statements and not held.row.has_belief:
        meanings = (words.of_sort("fact")[fact].value.partition(":")[2].strip() for fact in ground.statements)
        missing.append(f"this ground needs that {' and '.join(meanings)}")
    if ground.needs_citation and not details.written.citation:
        what = (
            f"the clause of the {words.label(ground.document, 'document')}" if ground.document else "what it rests on"
        )
        missing.append(f"this ground needs {what} to be named")
    return tuple(missing)


def answer_demand(
    binding: Binding, demand: str, *, staff: Staff, is_yes: bool, now: datetime, seen: str = ""
) -> HeldDemand:
    """The demand with this person's answer: refused with one no, approved once enough people agreed.

    Whoever took it down may be one of them: the policy asks for people who agree, each time, and each has one voice.
    `seen` is the digest of the demand as they saw it: changed and put anew meanwhile, it is another one (W142). Raises StaffError W113 without a live grant of the role, W142, W144 for a second answer.
    """
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (ASKED,))
        ground = need_ground(binding, row)
        if seen and seen != row.asked:
            raise StaffError("W142", "it was changed and put anew since you looked", "read it as it stands now")
        _check_unchanged(binding, row, now)
        give_approval(
            binding, subject=row.id, asked=row.asked, role=ground.approval.role, staff=staff, is_yes=is_yes, now=now
        )
        _settle(binding, row, ground, now)
    return describe_demand(binding, row, now)


def begin_stand_in(
    binding: Binding, demand: str, *, staff: Staff, now: datetime, who: str = "", email: str = "", home: str = ""
) -> str:
    """Start the time that stands in for a missing voice; or with `who` ask somebody outside by mail: the message's id.

    Raises StaffError W113, W142, W143 without their name and address, W145 where nothing may stand in.
    """
    check_desk(binding, staff, now)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (ASKED,))
        asking = describe_voices(binding, row, need_ground(binding, row), now)
        if who:
            return ask_outside(binding, asking, staff=staff, who=who, email=email, home=home, now=now)
        begin_waiting(binding, asking, staff=staff, now=now)
    return ""


def object_to_demand(binding: Binding, demand: str, *, staff: Staff, now: datetime) -> HeldDemand:
    """The demand, refused: somebody of the staff objects while time is waited for. Raises StaffError W113, W142, W145."""
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (ASKED,))
        ground = need_ground(binding, row)
        raise_objection(binding, subject=row.id, asked=row.asked, role=ground.approval.role, staff=staff, now=now)
        _settle(binding, row, ground, now)
    return describe_demand(binding, row, now)


def find_outline(binding: Binding, token: str, now: datetime) -> HeldDemand | None:
    """What somebody outside is shown before they agree, by their link: nothing that tells who it is about."""
    found = find_outside(binding.site, token, now)
    if found is None:
        return None
    with read_site(binding.site):
        row = Demand.objects.filter(site=binding.site, id=found.subject, state=ASKED, asked=found.asked).first()
    return describe_demand(binding, row, now) if row else None


def answer_by_link(binding: Binding, token: str, *, is_yes: bool, now: datetime) -> HeldDemand | None:
    """The demand with the answer of somebody outside; None for a link that does not work, or works no more."""
    with enter_site(binding.site):
        found = find_outside(binding.site, token, now)
        if found is None:
            return None
        rows = Demand.objects.select_for_update().filter(site=binding.site, id=found.subject, state=ASKED)
        row = rows.filter(asked=found.asked).first()
        if row is None or answer_outside(binding, token=token, is_yes=is_yes, now=now) is None:
            return None
        _settle(binding, row, need_ground(binding, row), now)
    return describe_demand(binding, row, now)


def settle_demands(binding: Binding, now: datetime) -> int:
    """How many demands were approved because their time of waiting is over without objection."""
    with read_site(binding.site):
        asked = list(Demand.objects.filter(site=binding.site, state=ASKED).values_list("id", flat=True))
    settled = 0
    for demand in asked:
        with enter_site(binding.site):
            row = Demand.objects.select_for_update().filter(site=binding.site, id=demand, state=ASKED).first()
            ground = find_ground(binding.policy, row.ground, row.kind) if row else None
            if row is not None and ground is not None:
                _settle(binding, row, ground, now)
                settled += row.state == APPROVED
    return settled


def _ask(binding: Binding, held: HeldDemand, now: datetime) -> Asking:
    row = held.row
    plain = json.loads(open_sealed(open_person_key(row.site, row.key), bytes(row.sealed), label_demand(row)))
    content = {
        "demand": row.id, "ground": row.ground, "kind": row.kind, "recipient": row.recipient, "wanted": row.wanted,
        "scope": row.scope, "since": row.since, "until": row.until, "barred_until": row.barred_until,
        "people": list(held.people), "texts": plain,
    }  # fmt: skip
    needed = need_ground(binding, row).approval
    return ask_approval(binding, subject=row.id, content=content, needed=needed, now=now)


def _check_unchanged(binding: Binding, row: Demand, now: datetime) -> None:
    """Raise StaffError W142 when what stands in the rows is not what was put to people, whoever changed it."""
    if _ask(binding, describe_demand(binding, row, now), now).digest != row.asked:
        raise StaffError("W142", "it is not what was put to those who agree", "put it to them again")


def check_agreed(binding: Binding, row: Demand, now: datetime) -> int:
    """How many agreed to the demand as it stands; the time of waiting included once it is over. Raises StaffError W142."""
    settle_waiting(binding, subject=row.id, asked=row.asked, now=now)
    _check_unchanged(binding, row, now)
    return count_approvals(binding.site, row.id, row.asked, need_ground(binding, row).approval.role, now)


def _settle(binding: Binding, row: Demand, ground: Ground, now: datetime) -> None:
    """The state that the answers come to."""
    settle_waiting(binding, subject=row.id, asked=row.asked, now=now)
    if has_refusal(binding.site, row.id, row.asked):
        row.state = REFUSED
    elif count_approvals(binding.site, row.id, row.asked, ground.approval.role, now) >= ground.approval.count:
        row.state = APPROVED
    row.save(update_fields=["state"])


def count_answers(binding: Binding, held: HeldDemand, now: datetime) -> int:
    """How many agreed to the demand as it stands and still may."""
    if held.ground is None:
        return 0
    return count_approvals(binding.site, held.row.id, held.row.asked, held.ground.approval.role, now)
