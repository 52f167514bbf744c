"""Handing over in a merger: batch by batch, only people who were told in time, each asked of the gate; the others stay.

A batch is one transaction: whoever is in it went over, and nobody goes twice. Reports never go: a batch holds items alone.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from upheld.actions.cases import find_case
from upheld.actions.disclosures import disclose_each
from upheld.actions.erasing import BATCH, plan_key_destruction
from upheld.actions.grants import name_staff
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_person_key, open_person_key
from upheld.actions.mergers import (
    QUEUED,
    TOLD,
    UNTOLD,
    HeldMerger,
    check_merger_staff,
    find_merger,
    hold_merger,
    list_customers,
    make_transfer_act,
    read_rules,
    write_merger_line,
)
from upheld.actions.merging import CANCELLED, DONE, TOLD_ALL, TRANSFERRING, forget_standing
from upheld.actions.outgoing import BOUNCED, FAILED
from upheld.actions.sealed_copies import label_batch
from upheld.core.errors import RefusedError, StaffError, VaultError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.rights.merging import MERGING, find_ripe, is_ripe
from upheld.core.rights.merging import TOLD as TOLD_FACT
from upheld.core.rights.releasing import MERGER as GROUND
from upheld.core.seal.entries import write_canonical, write_moment
from upheld.core.seal.envelope import NONCE_BYTES, open_sealed, seal
from upheld.records.models import Merger, MergerBatch, MergerNotice, Outgoing, Person, Staff
from upheld.records.walls import enter_site, read_site

FORMAT = "merger-transfer/1"
NOBODY = ""
MOST_IN_A_BATCH = 200
KEEP_BATCHES = timedelta(days=30)
NOTHING_HELD = "nothing held"


@dataclass(frozen=True, slots=True)
class Left:
    """How many people stay, and why: a word of ours, or the reference of the sentence that keeps them."""

    reason: str
    sentence: str
    people: int


@dataclass(frozen=True, slots=True)
class File:
    """One file of what went over: a person a line."""

    name: str
    document: bytes
    digest: str
    times: int


def transfer_batch(
    binding: Binding, merger: str, *, staff: Staff, case: str, now: datetime, most: int = MOST_IN_A_BATCH
) -> int:
    """How many people went over in this batch; 0 when nobody is left whom the policy lets go now.

    Raises VaultError V816 without the merger's own open case, StaffError W113, W146 before everybody has their notice or
    the lead time is over, RefusedError with the sentence when no such merger stands. Side effects: for each person a row
    and lines of what was given out; a sealed file; `merger.transferred`.
    """
    check_merger_staff(binding, staff, now)
    by = name_staff(staff.pk)
    _check_stands(binding, merger)
    with enter_site(binding.site):
        row = hold_merger(binding.site, merger, (TOLD_ALL, TRANSFERRING))
        held = find_case(binding.site, case)
        if not case or case != row.case or held is None or not held.is_open:
            raise VaultError("V816", "nothing is handed over without the case of the merger", "name its open case")
        if row.transfer_from is None or now < row.transfer_from:
            text = "the time between telling people and handing over is not over"
            raise StaffError("W146", text, "wait until the day that the page names")
        ripe = list(list_ripe(row, now).order_by("person")[:most])
        if not ripe:
            return 0
        lines, items = _hand_over(binding, row, ripe, by, now)
        went = sum(notice.transferred_at is not None for notice in ripe)
        if lines:
            _store_batch(binding, row, lines, items, now)
        row.state, row.transferred_at = TRANSFERRING, now
        row.save(update_fields=["state", "transferred_at"])
        left = max(0, list_customers(binding.site).count() - _list_gone(row).count())
        write_merger_line(binding, row, "merger.transferred", by, now, people=went, left=left)
    forget_standing()
    return went


def _check_stands(binding: Binding, merger: str) -> None:
    """Raise RefusedError with the sentence unless this merger is on record and was not called off or carried to its end."""
    found = find_merger(binding.site, merger)
    if found is not None and found.row.state not in (CANCELLED, DONE):
        return
    transfer, _ = read_rules(binding)
    act = Act("share", transfer.data, transfer.purpose, transfer.kinds[0])
    # whatever people were told, this is what is missing
    raise RefusedError(str(act), binding.ask(act, {MERGING: False, TOLD_FACT: True}).because)


def list_ripe(row: Merger, now: datetime) -> QuerySet[MergerNotice]:
    """The notices of people who were told in time, and of whom nothing was decided yet."""
    told = MergerNotice.objects.filter(site=row.site, merger=row, state=TOLD, transferred_at__isnull=True, reason="")
    # one that came back told nobody, whether or not somebody has looked at what came of the notices since
    back = Outgoing.objects.filter(site=row.site, subject=row.id, state__in=(BOUNCED, FAILED))
    return told.filter(told_at__lte=now - timedelta(days=row.lead_days)).exclude(message__in=back.values("id"))


def _list_gone(row: Merger) -> QuerySet[MergerNotice]:
    return MergerNotice.objects.filter(site=row.site, merger=row, transferred_at__isnull=False)


def _hand_over(
    binding: Binding, row: Merger, ripe: Iterable[MergerNotice], by: str, now: datetime
) -> tuple[list[bytes], int]:
    """A line of the file for each person whom the gate lets go; of the others the notice says why they stay."""
    lines, items = [], 0
    for notice in ripe:
        person = Person.objects.filter(site=binding.site, id=notice.person, closed_at__isnull=True).first()
        if person is None:
            notice.reason = "erased"
        else:
            found, count = _hand_over_one(binding, row, notice, person, by=by, now=now)
            lines += [found] if found else []
            items += count
        notice.save(update_fields=["transferred_at", "reason"])
    return lines, items


def _hand_over_one(
    binding: Binding, row: Merger, notice: MergerNotice, person: Person, *, by: str, now: datetime
) -> tuple[bytes, int]:
    transfer, _ = read_rules(binding)
    facts = {MERGING: True, TOLD_FACT: is_ripe(notice.told_at, row.lead_days, now)}
    # each category is decided by itself: one that a sentence keeps here does not keep the others
    kind = make_transfer_act(binding, row, transfer.data).counterpart
    disclosed = disclose_each(
        binding, person=person, data=transfer.data, purpose=transfer.purpose, kind=kind, ground=GROUND,
        facts=facts, recipient=row.recipient, subject=row.id, by=by, case=row.case, now=now,
    )  # fmt: skip
    if not disclosed.id:
        withheld = (ref for part in disclosed.withheld for ref in part.verdict.because[:1])
        notice.reason = next(withheld, NOTHING_HELD)
        return b"", 0
    notice.transferred_at = now
    line: dict[str, Any] = {
        "person": person.id,
        "kind": person.kind,
        "told": write_moment(notice.told_at or now),
        "taken": [
            {"data": value.data, "at": write_moment(value.item.collected_at), "version": value.item.version.isoformat(),
             "purposes": list(value.item.purposes)}
            for value in disclosed.values
        ],
        "given": json.loads(disclosed.document),
    }  # fmt: skip
    return write_canonical(line), len({value.item.id for value in disclosed.values})


def _store_batch(binding: Binding, row: Merger, lines: list[bytes], items: int, now: datetime) -> None:
    number = MergerBatch.objects.filter(site=binding.site, merger=row).count() + 1
    head = write_canonical(
        {"format": FORMAT, "site": binding.site, "merger": row.id, "batch": number, "at": write_moment(now)}
    )
    document = b"\n".join([head, *lines]) + b"\n"
    batch = MergerBatch(
        id=draw_id("b"), site=binding.site, merger=row, number=number, people=len(lines), items=items, made_at=now
    )
    key = find_person_key(binding.site, NOBODY, f"{BATCH} {batch.id}", now)
    batch.key, batch.digest = key.name, hashlib.sha256(document).hexdigest()
    batch.sealed = seal(key.key, secrets.token_bytes(NONCE_BYTES), document, label_batch(batch))
    batch.save(force_insert=True)


def fetch_batch(binding: Binding, merger: str, number: int, *, staff: Staff, now: datetime) -> File:
    """One file, counted and told in the ledger each time.

    Raises StaffError W113, W147 when it is not there (any more), or the merger was called off.
    """
    check_merger_staff(binding, staff, now)
    with enter_site(binding.site):
        rows = MergerBatch.objects.select_for_update().filter(site=binding.site, merger=merger, number=number)
        batch = rows.select_related("merger").first()
        if batch is not None and batch.merger.state == CANCELLED:
            raise StaffError("W147", "the merger was called off, and nothing goes any more", "the file is destroyed")
        if batch is None or not batch.sealed:
            raise StaffError("W147", "that file is not there any more", "what was handed over is with the successor")
        document = open_sealed(open_person_key(binding.site, batch.key), bytes(batch.sealed), label_batch(batch))
        batch.fetched += 1
        batch.save(update_fields=["fetched"])
        fields = {"batch": number, "digest": batch.digest, "times": batch.fetched}
        write_merger_line(binding, batch.merger, "merger.fetched", name_staff(staff.pk), now, **fields)
    return File(f"{binding.site}-{merger}-{number:04d}.jsonl", document, batch.digest, batch.fetched)


def forget_batches(binding: Binding, now: datetime) -> int:
    """How many files were destroyed with their keys: those of a merger that was called off at once, the others a month
    after they were made, when they were fetched or the merger is done. A second copy is reached by no erasure.
    """
    with enter_site(binding.site):
        rows = MergerBatch.objects.select_for_update().filter(site=binding.site)
        is_old = Q(made_at__lte=now - KEEP_BATCHES) & (Q(merger__state=DONE) | Q(fetched__gt=0))
        over = list(rows.filter(Q(merger__state=CANCELLED) | is_old).exclude(sealed=b""))
        for batch in over:
            batch.sealed = b""
            batch.save(update_fields=["sealed"])
            plan_key_destruction(binding.site, batch.key, now)
    return len(over)


def list_batches(site: str, merger: str) -> tuple[MergerBatch, ...]:
    """The files of a merger in their order, without what is in them."""
    with read_site(site):
        return tuple(MergerBatch.objects.filter(site=site, merger=merger).defer("sealed").order_by("number"))


def count_left(binding: Binding, held: HeldMerger, now: datetime) -> tuple[Left, ...]:
    """Everybody who stays here for now, by the reason; together with those who went they are all there are."""
    row = held.row
    _, telling = read_rules(binding)
    with read_site(binding.site):
        notices = MergerNotice.objects.filter(site=binding.site, merger=row, transferred_at__isnull=True)
        untold = notices.filter(state=UNTOLD).values_list("reason").annotate(count=Count("pk"))
        found = [Left(reason, telling.sentence, count) for reason, count in untold]
        kept = notices.filter(state=TOLD).exclude(reason="").values_list("reason").annotate(count=Count("pk"))
        found += [
            Left("the policy keeps it here" if "#" in why else why, why if "#" in why else "", n) for why, n in kept
        ]
        ripe = list_ripe(row, now).count()
        early = notices.filter(state=TOLD, reason="").count() - ripe
        queued = notices.filter(state=QUEUED).count()
    found += [
        Left("told, and may go now", "", ripe),
        Left("told, and the time is not over", telling.sentence, early),
        Left("the message has not left", telling.sentence, queued),
        Left("no message yet", telling.sentence, held.left_to_tell),
    ]
    return tuple(left for left in found if left.people)


def find_next_ripe(row: Merger) -> datetime | None:
    """When the next person may go who was told, or None when nobody waits for their day."""
    with read_site(row.site):
        told = MergerNotice.objects.filter(
            site=row.site, merger=row, state=TOLD, transferred_at__isnull=True, reason=""
        )
        first = told.order_by("told_at").values_list("told_at", flat=True).first()
    return find_ripe(first, row.lead_days)
