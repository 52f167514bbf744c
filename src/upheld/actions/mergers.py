"""Mergers: opened with a successor, told to everybody in batches, called off or carried to their end.

Nothing goes over here; that is in `merger_transfer`. Whoever could not be told stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from upheld.actions.cases import close_case, find_case, open_case
from upheld.actions.grants import list_live_roles, name_staff
from upheld.actions.ids import draw_id
from upheld.actions.ledger import Line, write_line, write_lines
from upheld.actions.letters import queue_for_accounts
from upheld.actions.merging import (
    CANCELLED,
    DONE,
    OPEN,
    STANDING,
    TELLING,
    TOLD_ALL,
    TRANSFERRING,
    forget_standing,
)
from upheld.actions.notices import NO_ADDRESS, Queueing, make_notice
from upheld.actions.outgoing import BOUNCED, FAILED, IN_DOUBT, SENT
from upheld.actions.primary import find_receivers
from upheld.actions.publication_notices import is_under_way, stop_notices
from upheld.actions.rows import update_rows
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.rights.demanding import list_desk_roles
from upheld.core.rights.merging import TellingFirst, Transfer, find_telling, find_transfer
from upheld.core.rights.telling import say_day
from upheld.records.models import Merger, MergerNotice, Outgoing, Person, Recipient, Staff
from upheld.records.walls import enter_site, read_site

KIND, NOTICE, CALLED_OFF = "merger", "merger", "merger-cancelled"
QUEUED, TOLD, UNTOLD = "queued", "told", "failed"
EMAIL = "email"
MOST_AT_ONCE = 50
MOST_SETTLED = 500
LONGEST_ADDRESS, LONGEST_TITLE = 300, 120
_NAMED = {FAILED: "not sent", IN_DOUBT: "not known", BOUNCED: "came back"}


@dataclass(frozen=True, slots=True)
class HeldMerger:
    """A merger as pages show it, with how many people are in which state."""

    row: Merger
    successor: str
    people: int
    queued: int
    told: int
    untold: int
    transferred: int

    @property
    def stands(self) -> bool:
        """Whether it is on record and goes on."""
        return self.row.state in STANDING

    @property
    def left_to_tell(self) -> int:
        """How many people have no notice yet."""
        return max(0, self.people - self.queued - self.told - self.untold)


def read_rules(binding: Binding) -> tuple[Transfer, TellingFirst]:
    """What may go and who is told first. Raises RefusedError where the policy lets nothing go in a merger.

    A policy that lets data go and has nobody told is taken at its word: then nobody is told, and what asks for `told` stays.
    """
    transfer = find_transfer(binding.policy)
    if transfer is None:
        raise RefusedError("hand over data in a merger")
    return transfer, find_telling(binding.policy) or TellingFirst((), (), 0, "")


def check_merger_staff(binding: Binding, staff: Staff, now: datetime) -> None:
    """Raises StaffError W113 for staff who may not: it is for the legal desk; where the policy has none, for the owner."""
    roles = set(list_desk_roles(binding.policy))
    held = set(list_live_roles(site=binding.site, staff=staff.pk, now=now))
    if not (held & roles if roles else staff.is_owner):
        raise StaffError("W113", "you hold no live grant of a role of the legal desk", "the owner gives grants")


def open_merger(
    binding: Binding, *, recipient: str, policy_address: str, home: str, staff: Staff, now: datetime
) -> HeldMerger:
    """The new merger with this successor of the register, with a case of its own; from now on it is a fact.

    Raises RefusedError where the policy has no sentence for it, StaffError W113, W131 for a successor who is not in the
    register, W146 for an address that is none, or while another one stands. Lines: `merger.opened`, `case.opened`.
    """
    transfer, telling = read_rules(binding)
    check_merger_staff(binding, staff, now)
    address = policy_address.strip()
    if not address.startswith(("https://", "http://")) or not 12 <= len(address) <= LONGEST_ADDRESS:
        raise StaffError("W146", "people are told where the successor's policy stands", "give its whole address")
    by, site = name_staff(staff.pk), binding.site
    with enter_site(site):
        if Merger.objects.select_for_update().filter(site=site, state__in=STANDING).exists():
            raise StaffError("W146", "another merger stands", "call it off, or carry it to its end")
        successor = Recipient.objects.filter(site=site, id=recipient, kind__in=transfer.kinds, ended_at__isnull=True)
        found = successor.first()
        if found is None:
            raise StaffError("W131", "that successor is not in the register of recipients", "add it there first")
        case = open_case(site, kind=KIND, purpose=transfer.purpose, by=by, now=now)
        row = Merger.objects.create(
            id=draw_id("u"), site=site, title=found.title[:LONGEST_TITLE], policy_address=address, recipient=found.id,
            case=case.id, home=home, lead_days=telling.days, made_by=by, made_at=now,
        )  # fmt: skip
        write_merger_line(binding, row, "merger.opened", by, now, outside=found.id, because=[transfer.sentence])
    forget_standing()
    return describe_merger(row)


def begin_telling(binding: Binding, merger: str, *, staff: Staff, now: datetime) -> HeldMerger:
    """The merger of which everybody is told from now on, by the jobs, in batches. Raises StaffError W113, W146.

    Refused while the message could not say from when on something goes: the first day is that of the lead time.
    """
    check_merger_staff(binding, staff, now)
    with enter_site(binding.site):
        row = hold_merger(binding.site, merger, (OPEN,))
        row.state, row.transfer_from = TELLING, now + timedelta(days=row.lead_days)
        row.save(update_fields=["state", "transfer_from"])
        sentence = read_rules(binding)[1].sentence
        fields: dict[str, Any] = {"people": list_customers(binding.site).count(), "from": row.transfer_from}
        by = name_staff(staff.pk)
        write_merger_line(binding, row, "merger.telling", by, now, because=[sentence] if sentence else [], **fields)
    forget_standing()
    return describe_merger(row)


def tell_batch(binding: Binding, now: datetime, most: int = MOST_AT_ONCE) -> int:
    """How many further people have their notice of the merger that stands; 0 when all have theirs.

    One transaction: a crash leaves nothing half done, and the next call goes on. People who came meanwhile are told, too.
    When the last one has theirs, the lead time begins anew for the whole: nothing goes before it is over for everybody.
    """
    with enter_site(binding.site):
        rows = Merger.objects.select_for_update().filter(site=binding.site, state__in=(TELLING, TOLD_ALL, TRANSFERRING))
        row = rows.first()
        if row is None or find_telling(binding.policy) is None:
            return 0
        people = list(list_untold(row).filter(id__gt=row.cursor).order_by("id")[:most])
        if not people and row.cursor:  # ids are drawn at random: whoever came meanwhile may stand before the last one
            people, row.cursor = list(list_untold(row).order_by("id")[:most]), ""
        if people:
            _tell_each(binding, row, people, now)
        row.cursor = people[-1].id if people else ""
        if not people and row.state == TELLING:
            row.state, row.told_at, row.transfer_from = TOLD_ALL, now, now + timedelta(days=row.lead_days)
        row.save(update_fields=["cursor", "state", "told_at", "transfer_from"])
    return len(people)


def _tell_each(binding: Binding, row: Merger, people: Sequence[Person], now: datetime) -> None:
    """Queue the notice of each person, and for each company one to whoever stands for it; who cannot be told is noted."""
    values = {
        "successor": row.title,
        "day": say_day(now + timedelta(days=row.lead_days)),
        "policy_address": row.policy_address,
        "link": f"{row.home}account",
    }
    draft = replace(make_notice(binding, kind=NOTICE, home=row.home, values=values), subject=row.id)
    queued = queue_for_accounts(binding, draft, find_receivers(binding.site, people), now)
    notices = []
    for person in people:
        one = queued.get(person.id, Queueing("", NO_ADDRESS))
        notice = MergerNotice(site=binding.site, merger=row, person=person.id, message=one.message)
        if not one.message:
            notice.state, notice.reason = UNTOLD, one.reason
        notices.append(notice)
    MergerNotice.objects.bulk_create(notices)
    _write_notices(binding, row, [notice for notice in notices if notice.state == UNTOLD], now)


def settle_notices(binding: Binding, now: datetime, most: int = MOST_SETTLED) -> int:
    """How many notices were found to have left the house, or not to: only the first makes `told` a fact, in time.

    One that comes back later makes its person one who was not told, unless their data has gone already.
    """
    settled = 0
    with read_site(binding.site):
        mergers = list(Merger.objects.filter(site=binding.site, state__in=STANDING))
    for row in mergers:
        with enter_site(binding.site):
            if not Merger.objects.select_for_update().filter(pk=row.pk, state__in=STANDING).exists():
                continue
            open_ones = MergerNotice.objects.filter(site=binding.site, merger=row, transferred_at__isnull=True)
            settled += _settle_queued(binding, row, open_ones.filter(~is_under_way(), state=QUEUED)[:most], now)
            back = Outgoing.objects.filter(site=binding.site, subject=row.id, state__in=(BOUNCED, FAILED)).values("id")
            came_back = list(open_ones.filter(state=TOLD, message__in=back)[:most])
            for notice in came_back:
                notice.state, notice.reason, notice.told_at = UNTOLD, _NAMED[BOUNCED], None
            _store_settled(binding, row, came_back, now)
            settled += len(came_back)
    return settled


def _settle_queued(binding: Binding, row: Merger, waiting: QuerySet[MergerNotice], now: datetime) -> int:
    """How many of these notices are settled now, by what became of their messages."""
    notices = list(waiting)
    named = {notice.message for notice in notices}
    found = {one.id: one for one in Outgoing.objects.filter(site=binding.site, id__in=named).defer("sealed")}
    settled = [notice for notice in notices if _settle_one(notice, found.get(notice.message), now)]
    _store_settled(binding, row, settled, now)
    return len(settled)


def _settle_one(notice: MergerNotice, message: Outgoing | None, now: datetime) -> bool:
    if message is not None and message.state == SENT:
        notice.state, notice.told_at = TOLD, message.settled_at or now
        return True
    if message is None or message.state in _NAMED:
        notice.state, notice.reason = UNTOLD, _NAMED[message.state] if message else "erased"
        return True
    return False


def _store_settled(binding: Binding, row: Merger, notices: Sequence[MergerNotice], now: datetime) -> None:
    columns = ("state", "reason", "told_at")
    values = ([notice.pk, *(getattr(notice, name) for name in columns)] for notice in notices)
    update_rows(MergerNotice, columns, values)
    _write_notices(binding, row, notices, now)


def _write_notices(binding: Binding, row: Merger, notices: Sequence[MergerNotice], now: datetime) -> None:
    """A line for each of these notices: that its person was told, or was not, and why."""
    lines = []
    for notice in notices:
        fields = {"merger": row.id, "version": binding.current.isoformat(), "mail": notice.message or None}
        if notice.state == UNTOLD:
            fields["reason"] = notice.reason.replace(" ", "-")
        kind = "merger.told" if notice.state == TOLD else "merger.untold"
        lines.append(Line(draw_id("e"), kind, notice.person, now, fields))
    write_lines(binding.site, lines, known=binding.names)


def cancel_merger(binding: Binding, merger: str, *, staff: Staff, now: datetime) -> HeldMerger:
    """The merger, called off: it is a fact no more, and nothing goes from this moment. Raises StaffError W113, W146.

    What has gone is gone, and stays in the register of what was given out; whoever was told is told of this by the jobs.
    """
    check_merger_staff(binding, staff, now)
    by = name_staff(staff.pk)
    with enter_site(binding.site):
        row = hold_merger(binding.site, merger, STANDING)
        row.state, row.cursor = CANCELLED, ""
        row.save(update_fields=["state", "cursor"])
        waiting = Outgoing.objects.filter(
            site=binding.site, subject=row.id, kind=NOTICE, state__in=("queued", "waiting")
        )
        stop_notices(binding, tuple(waiting.values_list("id", flat=True)), now)
        write_merger_line(binding, row, "merger.cancelled", by, now)
        end_case(binding, row, "withdrawn", by, now)
    forget_standing()
    return describe_merger(row)


def tell_cancelled(binding: Binding, now: datetime, most: int = MOST_AT_ONCE) -> int:
    """How many people were told that a merger of which they had heard was called off."""
    told = 0
    with read_site(binding.site):
        rows = list(Merger.objects.filter(site=binding.site, state=CANCELLED))
    for row in rows:
        with enter_site(binding.site):
            Merger.objects.select_for_update().get(pk=row.pk)
            heard = MergerNotice.objects.filter(site=binding.site, merger=row, transferred_at__isnull=True)
            _settle_queued(
                binding, row, heard.filter(~is_under_way(), state=QUEUED)[:most], now
            )  # one that was leaving in that moment
            notices = list(heard.filter(state=TOLD).exclude(reason=CALLED_OFF).order_by("pk")[:most])
            told += _tell_each_cancelled(binding, row, notices, now) if notices else 0
    return told


def _tell_each_cancelled(binding: Binding, row: Merger, notices: Sequence[MergerNotice], now: datetime) -> int:
    """How many of those who had heard of it have a message that it was called off; all of them are done with."""
    names = [notice.person for notice in notices]
    people = list(Person.objects.filter(site=binding.site, id__in=names, closed_at__isnull=True))
    values = {"successor": row.title, "at": say_day(now)}
    draft = replace(make_notice(binding, kind=CALLED_OFF, home=row.home, values=values), subject=row.id)
    queued = queue_for_accounts(binding, draft, find_receivers(binding.site, people), now)
    update_rows(MergerNotice, ("reason",), [(notice.pk, CALLED_OFF) for notice in notices])
    return sum(one.is_queued for one in queued.values())


def list_customers(site: str) -> QuerySet[Person]:
    """Everybody whose data could go: people and companies on record, visitors without an identity left out."""
    return Person.objects.filter(site=site, is_visitor=False, closed_at__isnull=True)


def list_untold(row: Merger) -> QuerySet[Person]:
    """Those of them who have no notice of this merger."""
    noticed = MergerNotice.objects.filter(merger=row, person=OuterRef("pk"))
    return list_customers(row.site).filter(~Exists(noticed))


def list_mergers(site: str) -> tuple[HeldMerger, ...]:
    """All mergers of the site, the latest first."""
    with read_site(site):
        return tuple(describe_merger(row) for row in Merger.objects.filter(site=site).order_by("-made_at"))


def find_merger(site: str, merger: str) -> HeldMerger | None:
    """One merger, or None."""
    with read_site(site):
        row = Merger.objects.filter(site=site, id=merger).first()
        return describe_merger(row) if row else None


def count_untold(site: str, merger: str) -> tuple[tuple[str, int], ...]:
    """Why people could not be told, each reason with how many there are."""
    with read_site(site):
        rows = MergerNotice.objects.filter(site=site, merger=merger, state=UNTOLD)
        return tuple(rows.values_list("reason").annotate(count=Count("pk")).order_by("-count", "reason"))


def hold_merger(site: str, merger: str, states: tuple[str, ...]) -> Merger:
    """The row, held until the transaction ends. Raises StaffError W146 when it is in none of these states."""
    row = Merger.objects.select_for_update().filter(site=site, id=merger, state__in=states).first()
    if row is None:
        raise StaffError(
            "W146", "there is no merger of that number for which this can be done", "look at how far it is"
        )
    return row


def describe_merger(row: Merger) -> HeldMerger:
    """The row with its counts."""
    with read_site(row.site):
        notices = MergerNotice.objects.filter(site=row.site, merger=row)
        counts = dict(notices.values_list("state").annotate(count=Count("pk")))
        transferred = notices.filter(transferred_at__isnull=False).count()
        people = list_customers(row.site).count()
    return HeldMerger(
        row, row.title, people, counts.get(QUEUED, 0), counts.get(TOLD, 0), counts.get(UNTOLD, 0), transferred
    )


def end_case(binding: Binding, row: Merger, outcome: str, by: str, now: datetime) -> None:
    """Close the merger's case, if it is open."""
    case = find_case(binding.site, row.case)
    if case is not None and case.is_open:
        close_case(binding.site, case.id, outcome=outcome, by=by, now=now)


def finish_merger(binding: Binding, merger: str, *, staff: Staff, now: datetime) -> HeldMerger:
    """The merger, done: whoever is still here stays for good. Raises StaffError W113, W146. A line with both counts."""
    check_merger_staff(binding, staff, now)
    by = name_staff(staff.pk)
    with enter_site(binding.site):
        row = hold_merger(binding.site, merger, (TOLD_ALL, TRANSFERRING))
        row.state = DONE
        row.save(update_fields=["state"])
        held = describe_merger(row)
        left = max(0, held.people - held.transferred)
        write_merger_line(binding, row, "merger.done", by, now, people=held.transferred, left=left)
        end_case(binding, row, "done", by, now)
    forget_standing()
    return describe_merger(row)


def write_merger_line(binding: Binding, row: Merger, kind: str, by: str, now: datetime, **fields: Any) -> str:
    """A line of the ledger about a merger; `person` among the fields when it is about one."""
    version = binding.current.isoformat()
    return write_line(binding.site, kind, at=now, by=by, known=binding.names, merger=row.id, version=version, **fields)


def make_transfer_act(binding: Binding, row: Merger, data: tuple[str, ...]) -> Act:
    """What the gate is asked before anything of a person goes to the successor."""
    transfer, _ = read_rules(binding)
    kind = Recipient.objects.filter(site=row.site, id=row.recipient).values_list("kind", flat=True).first()
    return Act("share", data, transfer.purpose, kind or transfer.kinds[0])
