"""Legal demands: taken down with their ground and instrument, put to those who have to agree, answered by them.

What a demand rests on is sealed under a key of its own. What leaves is given out in `demand_release`.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from upheld.actions.approvals import (
    Asking,
    describe_asking,
)
from upheld.actions.cases import close_case, find_case, open_case
from upheld.actions.grants import list_live_roles, name_staff
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_person_key, open_person_key
from upheld.actions.ledger import write_line
from upheld.actions.sealed_copies import find_held_until, list_gone
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.rights.demanding import Ground, Narrowed, find_ground, list_desk_roles, list_grounds, narrow_demand
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Demand, DemandPerson, Person, Recipient, Staff
from upheld.records.walls import enter_site, read_site

DRAFT, ASKED, APPROVED, REFUSED, RELEASED, CLOSED = "draft", "asked", "approved", "refused", "released", "closed"
CHANGEABLE = (DRAFT, ASKED, APPROVED, REFUSED)
KIND = "demand"
NOBODY = ""
MOST_PEOPLE = 50
LONGEST, SHORTEST = 4000, 3
SHORTEST_BELIEF = 20
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Written:
    """What the desk writes down and is sealed: free text, each part about this demand alone."""

    instrument: str
    citation: str = ""
    belief: str = ""
    barred_by: str = ""


@dataclass(frozen=True, slots=True)
class Taking:
    """What is taken down: the ground, who demands, what is asked for and what the instrument names, days, and the texts."""

    ground: str
    kind: str
    recipient: str
    wanted: tuple[str, ...]
    scope: tuple[str, ...]
    written: Written
    since: date | None = None
    until: date | None = None
    barred_until: date | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """The sealed texts, and who signed the belief and when."""

    written: Written
    signed_by: str
    signed_at: str


@dataclass(frozen=True, slots=True)
class HeldDemand:
    """A demand as pages show it: none of its texts, and people as ids.

    `gone` are those of them who had everything erased; `held_until` says until when its package waits with them in it.
    """

    row: Demand
    ground: Ground | None
    narrowed: Narrowed
    people: tuple[str, ...]
    asking: Asking | None
    gone: frozenset[str] = frozenset()
    held_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still be changed, answered or released."""
        return self.row.state in CHANGEABLE


def check_desk(binding: Binding, staff: Staff, now: datetime) -> None:
    """Raises StaffError W113 for staff who are not of the legal desk: whoever has to agree, or where nobody has, the owner.

    Raises RefusedError where the policy has no ground at all: then there is no desk.
    """
    if not list_grounds(binding.policy):
        raise RefusedError("give anything out on a legal demand")
    roles = set(list_desk_roles(binding.policy))
    held = set(list_live_roles(site=binding.site, staff=staff.pk, now=now))
    if not (held & roles if roles else staff.is_owner):
        raise StaffError("W113", "you hold no live grant of a role of the legal desk", "the owner gives grants")


def take_down(binding: Binding, *, taking: Taking, staff: Staff, now: datetime) -> HeldDemand:
    """The new demand, as a draft, with a case of its own.

    A demand that asks for more than its instrument names is taken down, and the rest left out. Raises StaffError W113
    for somebody who is not of the desk, W141 and W143 for what cannot be, RefusedError for a recipient to whom the
    policy lets nothing go on this ground. Lines: `demand.opened`, `case.opened`, `demand.narrowed`.
    """
    check_desk(binding, staff, now)
    ground = _check_taking(binding, taking)
    by = name_staff(staff.pk)
    with enter_site(binding.site):
        case = open_case(binding.site, kind=KIND, purpose=ground.purpose, by=by, due_at=taking.due_at, now=now)
        row = Demand(id=draw_id("d"), site=binding.site, number=case.number, case=case.id, made_by=by, made_at=now)
        _fill(binding, row, taking, staff, now)
        row.save(force_insert=True)
        given = narrow_demand(binding.policy.words, ground, wanted=taking.wanted, scope=taking.scope).given
        write_demand_line(
            binding, row, "demand.opened", by, now, recipient=row.kind, ground=row.ground, data=list(given), people=0
        )
        _tell_narrowed(binding, row, ground, by, now)
    return describe_demand(binding, row, now)


def change_demand(binding: Binding, demand: str, *, taking: Taking, staff: Staff, now: datetime) -> HeldDemand:
    """The demand with other contents; whoever had agreed has to agree again. Raises as `take_down`, and W142."""
    check_desk(binding, staff, now)
    ground = _check_taking(binding, taking)
    by = name_staff(staff.pk)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, CHANGEABLE)
        _fill(binding, row, taking, staff, now)
        _change(binding, row, by, now)
        _tell_narrowed(binding, row, ground, by, now)
    return describe_demand(binding, row, now)


def add_person(binding: Binding, demand: str, *, person: str, staff: Staff, now: datetime) -> HeldDemand:
    """The demand is about this person, too. Raises StaffError W111, W141 for too many, W142. Who had agreed agrees again."""
    check_desk(binding, staff, now)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, CHANGEABLE)
        if not Person.objects.filter(site=binding.site, id=person).exists():
            raise StaffError("W111", "there is nobody of that id here", "they may have been erased")
        if DemandPerson.objects.filter(demand=row).count() >= MOST_PEOPLE:
            raise StaffError("W141", f"a demand is about {MOST_PEOPLE} people at most", "take down another one")
        DemandPerson.objects.get_or_create(site=binding.site, demand=row, person=person)
        _change(binding, row, name_staff(staff.pk), now)
    return describe_demand(binding, row, now)


def drop_person(binding: Binding, demand: str, *, person: str, staff: Staff, now: datetime) -> HeldDemand:
    """The demand is not about this person. Raises StaffError W142. Who had agreed has to agree again."""
    check_desk(binding, staff, now)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, CHANGEABLE)
        DemandPerson.objects.filter(site=binding.site, demand=row, person=person).delete()
        _change(binding, row, name_staff(staff.pk), now)
    return describe_demand(binding, row, now)


def close_demand(binding: Binding, demand: str, *, staff: Staff, outcome: str, now: datetime) -> HeldDemand:
    """The demand, closed with its case; nothing of it can be released any more. Raises StaffError W107, W142."""
    check_desk(binding, staff, now)
    by = name_staff(staff.pk)
    with enter_site(binding.site):
        row = hold_demand(binding.site, demand, (*CHANGEABLE, RELEASED))
        row.state, row.closed_at = CLOSED, now
        row.save(update_fields=["state", "closed_at"])
        write_demand_line(binding, row, "demand.closed", by, now, outcome=outcome)
        case = find_case(binding.site, row.case)
        if case is not None and case.is_open:
            close_case(binding.site, case.id, outcome=outcome, by=by, now=now)
    return describe_demand(binding, row, now)


def read_demand(binding: Binding, demand: str, *, staff: Staff, now: datetime) -> Details:
    """The sealed texts, for somebody of the desk. A line in the ledger says who read them. Raises StaffError W113, W142."""
    check_desk(binding, staff, now)
    with enter_site(binding.site):
        row = find_row(binding.site, demand)
        if row is None:
            raise refuse_demand()
        write_demand_line(binding, row, "demand.read", name_staff(staff.pk), now, case=row.case or None)
        return open_details(row)


def list_demands(binding: Binding, now: datetime, *, is_open: bool = True) -> tuple[HeldDemand, ...]:
    """Demands to be worked on, the one due first before the others; or those that are released and closed."""
    states = CHANGEABLE if is_open else (RELEASED, CLOSED)
    with read_site(binding.site):
        rows = list(
            Demand.objects.filter(site=binding.site, state__in=states).order_by("due_at" if is_open else "-made_at")[
                :MOST_LISTED
            ]
        )
    return tuple(describe_demand(binding, row, now) for row in rows)


def find_demand(binding: Binding, demand: str, now: datetime) -> HeldDemand | None:
    """One demand of the site, or None."""
    row = find_row(binding.site, demand)
    return describe_demand(binding, row, now) if row else None


def find_row(site: str, demand: str) -> Demand | None:
    """The row of a demand, or None."""
    with read_site(site):
        return Demand.objects.filter(site=site, id=demand).first()


def hold_demand(site: str, demand: str, states: tuple[str, ...]) -> Demand:
    """The row, held until the transaction ends. Raises StaffError W142 when it is in none of these states."""
    row = Demand.objects.select_for_update().filter(site=site, id=demand, state__in=states).first()
    if row is None:
        raise refuse_demand()
    return row


def describe_demand(binding: Binding, row: Demand, now: datetime) -> HeldDemand:
    """The row with its ground, what it may have at most, whom it is about and how far the answers are."""
    ground = find_ground(binding.policy, row.ground, row.kind)
    with read_site(binding.site):
        people = DemandPerson.objects.filter(site=binding.site, demand=row).order_by("person")
        names = tuple(people.values_list("person", flat=True))
        gone = list_gone(binding.site, names)
    if ground is None:
        return HeldDemand(row, None, Narrowed((), tuple(row.wanted)), names, None, gone)
    narrowed = narrow_demand(binding.policy.words, ground, wanted=row.wanted, scope=row.scope)
    held_until = find_held_until(binding, row) if gone else None
    return HeldDemand(row, ground, narrowed, names, describe_voices(binding, row, ground, now), gone, held_until)


def open_details(row: Demand) -> Details:
    """The sealed texts of a demand, opened."""
    plain = json.loads(open_sealed(open_person_key(row.site, row.key), bytes(row.sealed), label_demand(row)))
    texts = Written(plain["instrument"], plain["citation"], plain["belief"], plain["barred_by"])
    return Details(texts, plain["signed_by"], plain["signed_at"])


def _fill(binding: Binding, row: Demand, taking: Taking, staff: Staff, now: datetime) -> None:
    """Write what was taken down into the row; whoever writes another belief signs it."""
    written = taking.written
    old = open_details(row) if row.sealed else None
    signer = (staff.username, now.isoformat(timespec="seconds")) if written.belief else ("", "")
    if old is not None and old.written.belief == written.belief:
        signer = (old.signed_by, old.signed_at)
    key = find_person_key(binding.site, NOBODY, f"{KIND} {row.id}", now)
    plain = {
        "instrument": written.instrument, "citation": written.citation, "belief": written.belief,
        "barred_by": written.barred_by, "signed_by": signer[0], "signed_at": signer[1],
        "salt": secrets.token_hex(16),  # so that nobody can guess the texts from the digest in the ledger
    }  # fmt: skip
    row.ground, row.kind, row.recipient = taking.ground, taking.kind, taking.recipient
    row.wanted, row.scope = list(taking.wanted), list(taking.scope or taking.wanted)
    row.since, row.until, row.due_at = taking.since, taking.until, taking.due_at
    row.is_barred, row.barred_until = bool(written.barred_by), taking.barred_until
    row.has_belief = bool(written.belief)
    row.key = key.name
    row.sealed = seal(key.key, secrets.token_bytes(NONCE_BYTES), json.dumps(plain).encode(), label_demand(row))


def _change(binding: Binding, row: Demand, by: str, now: datetime) -> None:
    """Back to a draft: what was agreed to is not what stands there now."""
    row.state, row.asked = DRAFT, ""
    row.save()
    people = DemandPerson.objects.filter(demand=row).count()
    write_demand_line(binding, row, "demand.changed", by, now, data=list(row.wanted), people=people)


def _check_taking(binding: Binding, taking: Taking) -> Ground:
    """The ground that fits. Raises StaffError W141, W143, W131, RefusedError."""
    grounds, words, written = list_grounds(binding.policy), binding.policy.words, taking.written
    names = list(dict.fromkeys(ground.name for ground in grounds))
    if taking.ground not in names:
        raise StaffError("W141", "the policy has no such ground", f"its grounds: {', '.join(names)}")
    ground = find_ground(binding.policy, taking.ground, taking.kind)
    if ground is None:
        purpose = next(found.purpose for found in grounds if found.name == taking.ground)
        act = Act("share", taking.wanted or ("anything",), purpose, taking.kind)
        raise RefusedError(str(act), binding.ask(act, {}).because)
    unknown = [name for name in (*taking.wanted, *taking.scope) if not words.has("data", name)]
    if unknown or not taking.wanted or (ground.is_scoped and not taking.scope):
        raise StaffError(
            "W141", "it says which categories are asked for, and which the instrument names", "choose them"
        )
    if taking.since and taking.until and taking.since > taking.until:
        raise StaffError("W141", "the first day lies after the last one", "turn them round")
    texts = (written.instrument, written.citation, written.belief, written.barred_by)
    if any(len(text) > LONGEST for text in texts) or len(written.instrument.strip()) < SHORTEST:
        raise StaffError(
            "W141", f"the instrument is described in {SHORTEST} to {LONGEST} characters", "write what it is"
        )
    if written.belief and len(written.belief.strip()) < SHORTEST_BELIEF:
        raise StaffError("W143", "what is believed is written down in a sentence at least", "say what, and why")
    if bool(written.barred_by.strip()) != bool(taking.barred_until):
        raise StaffError(
            "W143", "whoever may not tell the person writes down why, and until when", "give both or neither"
        )
    with read_site(binding.site):
        known = Recipient.objects.filter(
            site=binding.site, id=taking.recipient, kind=taking.kind, ended_at__isnull=True
        )
        if not known.exists():
            raise StaffError(
                "W131", "that recipient is not in the register, or gets nothing more", "add it to the register first"
            )
    return ground


def _tell_narrowed(binding: Binding, row: Demand, ground: Ground, by: str, now: datetime) -> None:
    narrowed = narrow_demand(binding.policy.words, ground, wanted=row.wanted, scope=row.scope)
    if narrowed.left_out:
        because = [ground.sentence] if ground.sentence else []
        told = {"data": list(narrowed.given), "withheld": list(narrowed.left_out), "because": because}
        write_demand_line(binding, row, "demand.narrowed", by, now, **told)


def describe_voices(binding: Binding, row: Demand, ground: Ground, now: datetime) -> Asking:
    """Who has to agree to the demand, and what may stand in."""
    return describe_asking(binding, subject=row.id, asked=row.asked, needed=ground.approval, now=now)


def need_ground(binding: Binding, row: Demand) -> Ground:
    """The demand's ground. Raises StaffError W141 when the policy in force has it no more."""
    ground = find_ground(binding.policy, row.ground, row.kind)
    if ground is None:
        raise StaffError("W141", "the policy in force has no such ground any more", "close the demand")
    return ground


def refuse_demand() -> StaffError:
    """What is said of a demand that is not there or not in that state."""
    return StaffError("W142", "there is no demand of that number for which this can be done", "look at how far it is")


def write_demand_line(binding: Binding, row: Demand, kind: str, by: str, now: datetime, **fields: Any) -> str:
    """A line of the ledger about a demand; about no person, so that none learns of it who may not yet."""
    version = binding.current.isoformat()
    return write_line(binding.site, kind, at=now, by=by, known=binding.names, demand=row.id, version=version, **fields)


def label_demand(row: Demand) -> Label:
    """What the sealed texts are bound to."""
    return Label(row.site, NOBODY, row.id, KIND)
