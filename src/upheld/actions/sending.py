"""Which run may hand a message over: batches begun and settled in one transaction each, the gate asked again, a last look.

INVARIANT: a message is handed over only by the run that moved it to `sending`, and that is on the disk before the
channel is asked. What is found in `sending` without its run may have arrived, and is not sent again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from upheld.actions.facts import Facts
from upheld.actions.mail_log import gather_people
from upheld.actions.outgoing import (
    CAMPAIGN,
    FAILED,
    IN_DOUBT,
    QUEUED,
    SENDING,
    STOPPED,
    WAITING,
    Outcome,
    is_held_by,
    open_messages,
)
from upheld.actions.rows import read_rows, update_rows
from upheld.actions.settling import settle_rows
from upheld.actions.suppression import find_suppressed
from upheld.channels.base import Message
from upheld.core.errors import GateError
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import list_carriers
from upheld.core.notices.stops import list_stoppable, list_stopping_choices
from upheld.records.models import Outgoing, Person
from upheld.records.walls import enter_site, read_site

# No channel holds a message for so long: its run is gone, with the worker that had it.
LOST_AFTER = timedelta(minutes=15)
FORBIDDEN, ALTERED, CUT_SHORT = "no longer permitted", "erased or altered", "the sending was cut short"
BY_ID = "WHERE site = %s AND id = %s"
Known = Mapping[str, tuple[Person, Facts]]


@dataclass(frozen=True, slots=True)
class Due:
    """A message that can be handed over now, and the name of its turn: the message's id and a number."""

    message: str
    run: str


def list_due(site: str, now: datetime, most: int = 100) -> tuple[Due, ...]:
    """The messages of a site that can be handed over now, those that wait longest first, and campaigns behind all others."""
    with read_site(site):
        found = Outgoing.objects.filter(Q(state=QUEUED) | Q(state=WAITING, next_at__lte=now), site=site)
        columns = found.order_by("queued_at").values_list("id", "attempts")
        rows = list(columns.exclude(kind=CAMPAIGN)[:most])
        if len(rows) < most:
            rows += columns.filter(kind=CAMPAIGN)[: most - len(rows)]
    return tuple(Due(message, f"{message}.{attempts + 1}") for message, attempts in rows)


def begin_batch(
    binding: Binding, *, messages: Sequence[str], run: str, is_repeatable: bool, now: datetime
) -> tuple[Message, ...]:
    """Those of these messages, opened, that this run may hand over now; every other run gets none of them.

    A run that finds itself in a row was cut short before. The message then is in doubt, unless the channel leaves one
    message however often it is sent. The gate is asked again: a no that came meanwhile stops the message. Rows that
    somebody else holds in this moment are passed over.
    """
    with enter_site(binding.site):
        rows = Outgoing.objects.select_for_update(skip_locked=True).filter(site=binding.site, id__in=messages)
        wanted = [row for row in rows.order_by("queued_at", "id") if is_due(row, now) or is_held_by(row, run)]
        cut_short = [row for row in wanted if row.state == SENDING and not is_repeatable]
        doubted = {row.id for row in cut_short}
        asked = [row for row in wanted if row.id not in doubted]
        people = gather_people(binding, (row.person for row in wanted))
        objections = find_objections(binding, asked, people)
        opened = open_messages(binding.site, (row for row in asked if row.id not in objections))
        settled = [(row, Outcome(IN_DOUBT, CUT_SHORT)) for row in cut_short]
        begun = []
        for row in asked:
            if row.id in opened:
                row.attempts += row.state != SENDING
                begun.append((row.id, SENDING, run, row.attempts, now))
            else:
                settled.append((row, Outcome(FAILED, objections.get(row.id, ALTERED))))
        if settled:
            settle_rows(binding, settled, now, people=people)
        if begun:
            update_rows(Outgoing, ("state", "reason", "attempts", "next_at"), begun)
    return tuple(opened[row.id] for row in asked if row.id in opened)


def is_due(row: Outgoing, now: datetime) -> bool:
    """Whether a message can be handed over at this moment."""
    return row.state == QUEUED or (row.state == WAITING and row.next_at is not None and row.next_at <= now)


def may_still_go(binding: Binding, *, message: str, run: str) -> bool:
    """The last look before the channel gets the words: the run still holds the message, and no no has come meanwhile.

    Whoever was told that their no is recorded before this look gets nothing. Changes nothing; the run settles the row.
    """
    with read_site(binding.site):
        rows = read_rows(Outgoing, BY_ID, (binding.site, message))
        if not rows or not is_held_by(rows[0], run):
            return False
        people = gather_people(binding, (row.person for row in rows))
        return not find_objections(binding, rows, people)


def find_objections(binding: Binding, rows: Iterable[Outgoing], people: Known) -> dict[str, str]:
    """What stands against sending these messages, by their ids: a no (`stopped`), or that the policy does not let it.

    The last message to nobody always may. The gate is asked of the version in force and of the one its person is under.
    """
    stoppable = frozenset(list_stoppable(binding.policy))
    digests: dict[str, set[bytes]] = {}
    held = list(rows)
    for row in held:
        if row.mail_class in stoppable and row.digest:
            digests.setdefault(row.mail_class, set()).add(bytes(row.digest))
    suppressed = {
        (mail_class, digest)
        for mail_class, some in digests.items()
        for digest in find_suppressed(binding.site, some, mail_class)
    }
    kept: dict[object, bool] = {}
    found = {}
    for row in held:
        if not row.person:
            continue
        if (row.mail_class, bytes(row.digest)) in suppressed:
            found[row.id] = STOPPED
        elif row.person not in people:
            found[row.id] = FORBIDDEN
        elif not is_still_permitted(binding, row, people[row.person], kept):
            said = people[row.person][1]
            choices = list_stopping_choices(binding.policy, row.mail_class)
            has_refused = any(said.get(f"refused {choice}") for choice in choices)
            found[row.id] = STOPPED if has_refused else FORBIDDEN
    return found


def is_still_permitted(binding: Binding, row: Outgoing, known: tuple[Person, Facts], kept: dict[object, bool]) -> bool:
    """Whether the policy still lets this class of message go to this person; asked once for those with the same facts."""
    person, facts = known
    told = facts | dict(row.facts)
    shared = (row.mail_class, row.address, person.version, frozenset(told.items()))
    if shared not in kept:
        carriers = list_carriers(binding.policy, row.mail_class)
        try:
            kept[shared] = any(
                binding.ask(carrier.act, told, person.version).is_permitted
                for carrier in carriers
                if row.address in ("", carrier.address)
            )
        except GateError:  # a version that is not there any more permits nothing
            kept[shared] = False
    return kept[shared]


def settle_batch(
    binding: Binding, outcomes: Mapping[str, Outcome], *, run: str, now: datetime, messages: Mapping[str, Message]
) -> dict[str, str]:
    """The state that each message is in after this run; `messages` are those that it had opened.

    Side effects: lines of the ledger and entries of mail logs. What another run or the sweep has settled stays so.
    """
    with enter_site(binding.site):
        rows = list(Outgoing.objects.select_for_update().filter(site=binding.site, id__in=list(outcomes)))
        held = [row for row in rows if is_held_by(row, run)]
        settle_rows(binding, [(row, outcomes[row.id]) for row in held], now, messages=messages)
    return {row.id: row.state for row in rows}


def find_lost(binding: Binding, *, is_repeatable: bool, now: datetime) -> int:
    """How many messages were found in `sending` long after any run could still hold them, and were settled."""
    with enter_site(binding.site):
        rows = Outgoing.objects.select_for_update().filter(
            site=binding.site, state=SENDING, next_at__lte=now - LOST_AFTER
        )
        found = list(rows)
        state = WAITING if is_repeatable else IN_DOUBT
        settle_rows(binding, [(row, Outcome(state, CUT_SHORT)) for row in found], now)
    return len(found)
