"""What is done again and again: each chore can be cut short and done again, so none of them needs to be remembered."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dbos import DBOS
from django.db import DatabaseError, close_old_connections, connections

from upheld.actions.accounts import sweep_unverified
from upheld.actions.companies import sweep_invitations
from upheld.actions.drafts import sweep_drafts
from upheld.actions.erasing import destroy_left_keys
from upheld.actions.ledger import sequence_entries
from upheld.actions.ledger_notes import keep_note
from upheld.actions.outbox import KEEP_CLASS as MESSAGE
from upheld.actions.outbox import sweep_messages
from upheld.actions.proof_mails import remind, tell_of_broken
from upheld.actions.rotation import destroy_replaced_keys
from upheld.actions.sending import find_lost
from upheld.actions.sessions import sweep_sessions
from upheld.actions.staff_sessions import sweep_staff
from upheld.actions.telling_mails import take_back_failed, tell_pending
from upheld.actions.throttle import sweep_tries
from upheld.actions.tokens import sweep_links
from upheld.actions.visits import purge_visits
from upheld.core.fields.visits import list_visit_fields
from upheld.core.gate.binding import Binding
from upheld.jobs.campaigns import mend
from upheld.jobs.mail import name_problem
from upheld.jobs.mergers import carry_merger, mind_desk
from upheld.jobs.publications import carry_changes
from upheld.jobs.work import Work, find_home, find_work, iter_bindings, read_clock
from upheld.records.journal import write_back

logger = logging.getLogger(__name__)

SEQUENCE_EVERY_SECONDS = 1.0
HOUR, TEN_MINUTES, MINUTE = timedelta(hours=1), timedelta(minutes=10), timedelta(minutes=1)
QUARTER_MINUTE = timedelta(seconds=15)
# Jobs that ended are remembered so long; after that the outbox alone knows that a message was sent, which is enough.
REMEMBER_JOBS = timedelta(days=1)
MOST_FORGOTTEN = 1000


@dataclass(frozen=True, slots=True)
class Chore:
    """One thing to do for each site, and how often; one that `is_about_proof` is not done in a house that is rehearsed in."""

    name: str
    every: timedelta
    do: Callable[[Work, Binding, datetime], object]
    is_about_proof: bool = False


def put_into_tree(_work: Work, binding: Binding, now: datetime) -> None:
    """Give the ledger's waiting lines their places."""
    while sequence_entries(binding.site, now):
        pass


def keep_checkpoint(work: Work, binding: Binding, now: datetime) -> None:
    """Add the newest checkpoint to the file outside of the databases; so seldom that the file stays small for years."""
    keep_note(work.state, binding.site, now)


def settle_lost(work: Work, binding: Binding, now: datetime) -> None:
    """Settle messages whose run is gone for good."""
    found = find_lost(binding, is_repeatable=work.channel.is_repeatable, now=now)
    if found:
        logger.warning("%d messages of %s were found half sent", found, binding.site)


def sweep(_work: Work, binding: Binding, now: datetime) -> None:
    """Remove what has run out: sessions, those of staff too, invitations, accounts that nobody confirmed, links, tries, rows of mails, drafts."""
    sweep_sessions(binding.site, now)
    sweep_invitations(binding, now)
    sweep_unverified(binding, now)
    sweep_links(binding.site, now)
    destroy_left_keys(binding.site, now, MESSAGE)
    sweep_tries(binding.site, now)
    sweep_messages(binding, now)
    sweep_drafts(binding.site, now)
    sweep_staff(now)


def end_replaced_keys(_work: Work, binding: Binding, now: datetime) -> None:
    """Destroy keys that others have taken the place of."""
    destroy_replaced_keys(binding.site, now=now)


def end_visits(work: Work, binding: Binding, now: datetime) -> None:
    """Destroy the logs of visits whose time is over: one line holds all that is noted, so the shortest time counts."""
    days = min((noted.days for noted in list_visit_fields(binding.gate.table)), default=0)
    purge_visits(work.state, binding.site, days, now)


def tell_recipients(_work: Work, binding: Binding, now: datetime) -> None:
    """Mail those outside who have to hear of a no; who cannot be mailed waits for staff."""
    take_back_failed(binding, now=now)
    tell_pending(binding, home=find_home(binding.site), now=now)


def tell_coordinator(work: Work, binding: Binding, now: datetime) -> None:
    """Mail whoever answers for privacy what a proof found broken, each thing once."""
    tell_of_broken(binding, home=find_home(binding.site), now=now, console=work.console)


def remind_of_vouching(work: Work, binding: Binding, now: datetime) -> None:
    """Mail whoever answers for privacy what has to be vouched for soon, or should have been."""
    remind(binding, home=find_home(binding.site), now=now, console=work.console)


CHORES: tuple[Chore, ...] = (
    Chore("sequence the ledger", timedelta(0), put_into_tree),
    Chore("keep a checkpoint", TEN_MINUTES, keep_checkpoint),
    Chore("settle lost mail", MINUTE, settle_lost),
    Chore("carry changes of the policy", QUARTER_MINUTE, carry_changes),
    Chore("look up combinations", TEN_MINUTES, mend),
    Chore("tell of a merger", QUARTER_MINUTE, carry_merger),
    Chore("mind the legal desk", MINUTE, mind_desk),
    Chore("tell recipients of a no", MINUTE, tell_recipients),
    Chore("tell what a proof found", MINUTE, tell_coordinator, is_about_proof=True),
    Chore("remind of vouching", HOUR, remind_of_vouching, is_about_proof=True),
    Chore("sweep what has run out", HOUR, sweep),
    Chore("end visits", HOUR, end_visits),
    Chore("end replaced keys", HOUR, end_replaced_keys),
)


def do_chores(ending: threading.Event) -> None:
    """Do every chore when its time has come, until told to end; one that fails is done again at its next time."""
    due: dict[tuple[str, str], datetime] = {}
    failures: dict[tuple[str, str], int] = {}
    forgotten = read_clock()
    while not ending.is_set():
        now = read_clock()
        close_old_connections()
        for binding in list_sites(now):
            for chore in CHORES:
                key = (chore.name, binding.site)
                if not ending.is_set() and due.get(key, now) <= now:
                    failures[key] = 0 if do_chore(chore, binding, now) else failures.get(key, 0) + 1
                    due[key] = now + max(chore.every, find_wait(failures[key]))
        write_journals_back()
        if now - forgotten >= HOUR:
            forgotten = now
            forget_jobs(now)
        ending.wait(SEQUENCE_EVERY_SECONDS)


def write_journals_back() -> None:
    """Copy what was committed into the files, so that nobody who commits has to."""
    for alias in connections:
        try:
            write_back(alias)
        except DatabaseError as problem:
            logger.error("the journal of %s stays: %s", alias, name_problem(problem))  # noqa: TRY400 - no traceback: it would show values


def list_sites(now: datetime) -> list[Binding]:
    """The gates of all sites; none while they cannot be read, as when the database is away."""
    try:
        return list(iter_bindings(now))
    except Exception as problem:  # noqa: BLE001 - the next round reads them again
        logger.error("the sites cannot be read: %s", name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
        return []


def find_wait(failures: int) -> timedelta:
    """How long a chore waits after so many failures in a row: twice as long each time, so that the log stays readable."""
    return min(timedelta(seconds=2 ** min(failures, 16)), TEN_MINUTES) if failures else timedelta(0)


def do_chore(chore: Chore, binding: Binding, now: datetime) -> bool:
    """Whether one chore was done for one site; an error is told by its name alone."""
    try:
        chore.do(find_work(), binding, now)
    except Exception as problem:  # noqa: BLE001 - one chore must not keep the others from being done
        logger.error("to %s of %s failed: %s", chore.name, binding.site, name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
        return False
    return True


def forget_jobs(now: datetime) -> int:
    """How many ended jobs were forgotten."""
    before, forgotten = (now - REMEMBER_JOBS).isoformat(), 0
    try:
        while jobs := DBOS.list_workflows(
            status=["SUCCESS", "ERROR"],
            completed_before=before,
            limit=MOST_FORGOTTEN,
            load_input=False,
            load_output=False,
        ):
            DBOS.delete_workflows([job.workflow_id for job in jobs])
            forgotten += len(jobs)
    except Exception as problem:  # noqa: BLE001 - a later look forgets them
        logger.error("ended jobs were not forgotten: %s", name_problem(problem))  # noqa: TRY400 - the same as above
    return forgotten
