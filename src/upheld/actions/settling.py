"""What came of messages is written down, many at once: the rows, the mail logs, the ledger; asks no gate about sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from upheld.actions.facts import Facts
from upheld.actions.mail_log import gather_people, note_deliveries
from upheld.actions.outgoing import (
    FAILED,
    IN_DOUBT,
    QUEUED,
    STOPPED,
    WAITING,
    Outcome,
    forget_words,
    write_states,
)
from upheld.actions.rows import read_columns, update_rows
from upheld.channels.base import Message
from upheld.core.gate.binding import Binding
from upheld.records.models import Outgoing, Person
from upheld.records.walls import enter_site, read_site

# RFC 5321, section 4.5.4.1 (read 2025-11-20): give up after at least four to five days.
GIVE_UP_AFTER = timedelta(days=5)
# Whatever the reason: words that have waited so long help nobody, and rows of settled messages say what others say better.
KEEP_FOR = timedelta(days=30)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=4)
MOST_OF_A_REASON = 40
# So many at once are taken out in one piece; more of them would keep other writers waiting.
MOST_AT_ONCE = 1000


def settle_rows(
    binding: Binding,
    settled: Sequence[tuple[Outgoing, Outcome]],
    now: datetime,
    *,
    people: Mapping[str, tuple[Person, Facts]] | None = None,
    messages: Mapping[str, Message] | None = None,
) -> None:
    """Write down what came of these messages; belongs inside a transaction that holds their rows.

    `people` and `messages` are what the caller has gathered and opened already. Side effects: entries of the mail log,
    lines of the ledger; the words of what is settled are gone.
    """
    final = []
    for row, outcome in settled:
        is_over = now - row.queued_at >= (GIVE_UP_AFTER if outcome.may_give_up else KEEP_FOR)
        row.state = FAILED if outcome.state == WAITING and is_over else outcome.state
        row.reason = outcome.reason[:MOST_OF_A_REASON]
        if row.state == WAITING:
            row.next_at = now + max(outcome.after, find_wait(row.attempts))
        else:
            row.next_at, row.settled_at = None, now
            final.append(row)
    if final:
        known = gather_people(binding, (row.person for row in final)) if people is None else people
        note_deliveries(binding, final, known, now, messages)
        for row in final:
            if row.state != IN_DOUBT:
                forget_words(row, now)
        write_states(binding.site, final, now)
    columns = ("state", "reason", "next_at", "settled_at", "sealed", "item")
    update_rows(Outgoing, columns, ([row.id, *(getattr(row, name) for name in columns)] for row, _ in settled))


def find_wait(attempts: int) -> timedelta:
    """How long a message waits after so many attempts: twice as long each time, up to a limit."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 16), LONGEST_WAIT) if attempts else FIRST_WAIT


def stop_messages(
    binding: Binding, classes: Sequence[str], now: datetime, *, person: str = "", digest: bytes = b""
) -> int:
    """How many messages of these classes, to this person or address, were taken out of the outbox because of a no.

    Belongs inside the transaction of the no. What is being handed over in this moment is passed over: its run asks once
    more before the channel gets the words, and then finds the no.
    """
    column, whom = ("person", person) if person else ("digest", digest)
    if not whom or not classes:
        return 0
    site, count = binding.site, 0
    marks = ", ".join(["%s"] * len(classes))
    rest = f"WHERE site = %s AND {column} = %s AND state IN (%s, %s) AND mail_class IN ({marks})"
    with read_site(site):
        found = read_columns(Outgoing, ("id",), rest, (site, whom, QUEUED, WAITING, *classes))
    if not found:  # by far the most who say no
        return 0
    with enter_site(site, is_part=True):
        for start in range(0, len(found), MOST_AT_ONCE):
            ids = [row[0] for row in found[start : start + MOST_AT_ONCE]]
            waiting = Outgoing.objects.select_for_update(skip_locked=True).filter(
                site=site, id__in=ids, state__in=(QUEUED, WAITING)
            )
            rows = list(waiting)
            settle_rows(binding, [(row, Outcome(FAILED, STOPPED)) for row in rows], now)
            count += len(rows)
    return count
