"""Reads the mailbox, in a thread of its own: a mail server that does not answer keeps no other chore from being done.

A message is put out of the way only when what became of it is stored. Cut short in between, it is taken in once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, close_old_connections

from upheld.actions.inbound import REFUSED, Intake, sweep_letters, take_letter
from upheld.channels.mailbox.base import Mailbox, MailboxError
from upheld.core.gate.binding import Binding
from upheld.core.notices.letters import Letter, read_letter
from upheld.jobs.mail import name_problem
from upheld.jobs.work import Inbox, Work, find_home, find_work, iter_bindings, read_clock

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 100  # in one look, so that a flood leaves room for what else is to be done
LONGEST_WAIT_SECONDS = 600.0
# What was taken in stays in the mailbox for a day, for whoever restores a database of yesterday, and no longer: there it
# is not sealed, and no erasure would reach it.
KEEP_TAKEN = timedelta(days=1)
SWEEP_EVERY = timedelta(hours=1)
TRY_AGAIN_AFTER = timedelta(minutes=10)


class Watcher:
    """Looks into the mailbox and remembers which messages failed, so that one of them does not hold up the others."""

    def __init__(self) -> None:
        self._failed: dict[str, datetime] = {}
        self._homeless: set[str] = set()
        self._swept = datetime.min.replace(tzinfo=read_clock().tzinfo)

    def look(self, work: Work, now: datetime) -> int:
        """How many messages were taken in or noted. Raises MailboxError when the mailbox cannot be read."""
        if work.inbox is None:
            return 0
        mailbox = work.inbox.mailbox
        bindings = tuple(binding for binding in iter_bindings(now) if not binding.stands_on)
        done = 0
        names = mailbox.list_waiting(MOST_AT_ONCE + len(self._homeless) + len(self._failed))
        self._homeless &= set(names)
        self._failed = {name: at for name, at in self._failed.items() if name in set(names)}
        for name in names:
            if name in self._homeless or self._failed.get(name, now) > now:
                continue
            try:
                done += self._take(work, work.inbox, name, bindings, now)
            except (MailboxError, DatabaseError, InterfaceError):
                raise  # the mailbox or the database is away: the others would fail as well
            except Exception as problem:  # noqa: BLE001 - whatever one message does, the others are read
                logger.error("a message in the mailbox stays: %s", name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
                self._failed[name] = now + TRY_AGAIN_AFTER
        if now - self._swept >= SWEEP_EVERY:
            mailbox.sweep(now - KEEP_TAKEN)
            for binding in bindings:
                sweep_letters(binding.site, now)
            self._swept = now
        return done

    def _take(self, work: Work, inbox: Inbox, name: str, bindings: Sequence[Binding], now: datetime) -> int:
        arrived = inbox.mailbox.read(name)
        if arrived is None:
            return 0
        letter = read_letter(arrived.content, arrived.size)
        binding = find_addressee(letter, bindings, inbox.site)
        if binding is None:
            self._homeless.add(name)
            logger.warning(
                "a message in the mailbox is addressed to no site; `UPHELD_INBOX_SITE` says which one gets it"
            )
            return 0
        own = tuple(filter(None, (work.sender,)))
        home = find_home(binding.site)
        intake = take_letter(binding, letter, now=now, home=home, own=own, authority=inbox.checked_by)
        put_away(inbox.mailbox, name, intake)
        logger.info("message %s of %s: %s", intake.id, binding.site, intake.sort)
        return 1


def put_away(mailbox: Mailbox, name: str, intake: Intake) -> None:
    """Finish what is stored; leave what the policy lets nobody take where people of the business find it."""
    if intake.sort == REFUSED:
        mailbox.leave(name)
    else:
        mailbox.finish(name)


def find_addressee(letter: Letter, bindings: Sequence[Binding], fallback: str) -> Binding | None:
    """The site whose own address the message went to; else the one that gets the rest, or the only one."""
    addresses = {_bare(address) for address in letter.list_recipients()}
    for binding in bindings:
        if _bare(binding.policy.contact.get("email", "")) in addresses:
            return binding
    rest = [binding for binding in bindings if binding.site == fallback]
    return rest[0] if rest else bindings[0] if len(bindings) == 1 else None


def _bare(address: str) -> str:
    """An address in small letters and without what stands behind a plus."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def watch_inbox(ending: threading.Event) -> None:
    """Look into the mailbox again and again, until told to end; after a failure twice as seldom each time."""
    work = find_work()
    if work.inbox is None:
        return
    watcher, every = Watcher(), work.inbox.mailbox.look_every.total_seconds()
    failures = 0
    while not ending.is_set():
        close_old_connections()
        try:
            watcher.look(work, read_clock())
            failures = 0
        except Exception as problem:  # noqa: BLE001 - a server that is away, a busy database: often gone soon
            logger.error("the mailbox was not read: %s", name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
            failures += 1
        ending.wait(min(every * 2 ** min(failures, 16), LONGEST_WAIT_SECONDS))
    work.inbox.mailbox.close()
    close_old_connections()
