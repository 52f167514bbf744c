"""The stage of a rehearsal: the opened throw-away house, its clock, its mails and its ledger; made anew for each rule."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import time_machine
from django.db import connections

from upheld.actions.ledger import sequence_entries
from upheld.actions.merging import forget_standing
from upheld.actions.sending import list_due
from upheld.channels.folder.reading import Mail, list_mails
from upheld.channels.mailbox.maildir import drop_message
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import Policy
from upheld.jobs.campaigns import carry_campaigns
from upheld.jobs.chores import CHORES
from upheld.jobs.inbound import Watcher
from upheld.jobs.mail import hand_over
from upheld.jobs.work import Work, find_work
from upheld.records.models import Entry
from upheld.records.walls import read_site
from upheld.rehearsal.browser import Browser
from upheld.web.binding import make_binding
from upheld.web.hosts import find_shelf
from upheld.web.shelf import Shelved

CONSOLE_HOST = "localhost"
ROUNDS = 20  # of mails that bring about mails; more would be a loop
POLICIES = "policies"
_LOGS = ("visits",)  # folders of the state that a rehearsal fills


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger, as a rehearsal looks at it."""

    id: str
    serial: int
    kind: str
    person: str
    by: str
    at: datetime
    body: Mapping[str, Any]


class Stage:
    """A throw-away house in which one site is rehearsed.

    The databases are two SQLite files, which `keep` remembers as they are and `begin_anew` brings back, with an empty
    mailbox and the clock where it was. The clock stands still until it is moved. Nothing here may run against a house with
    real data: `open_stage` of the server makes one that is thrown away.
    """

    def __init__(
        self, site: str, clock: time_machine.Traveller, *, kept: Path, mails: Path, inbox: Path, policies: Path
    ) -> None:
        self.site = site
        self.clock = clock
        self.mails = mails  # the folder that mails go to
        self.inbox = inbox  # the maildir in which messages to the business arrive
        self.policies = policies  # a copy of this house alone, in which a rehearsal may lay a new version
        self._folder = kept
        self._kept: tuple[datetime, Path] | None = None
        self.cast: Any = None  # the people who are there from the beginning (rehearsal/cast.py)

    # ------------------------------------------------------------------------------------------ the house

    @property
    def shelved(self) -> Shelved:
        """The site as it is served."""
        found = find_shelf().find_slug(self.site)
        if found is None:
            raise LookupError(f"no site {self.site} on this stage")
        return found

    @property
    def binding(self) -> Binding:
        """The gates of the site as they bind now."""
        return make_binding(self.shelved, self.now.date())

    @property
    def policy(self) -> Policy:
        """The version in force."""
        return self.binding.policy

    @property
    def work(self) -> Work:
        """What the jobs work with: channel, mailbox."""
        return find_work()

    @property
    def home(self) -> str:
        """The address of the site's first page, with its slash."""
        work = self.work
        return work.home(self.site, self.shelved.host) if work.home else f"https://{self.shelved.host}/"

    # ------------------------------------------------------------------------------------------ the clock

    @property
    def now(self) -> datetime:
        """The moment of the stage."""
        return datetime.now(UTC)

    def wait(self, **lasting: float) -> None:
        """Let time pass (`days=3`, `hours=1`); nothing is done meanwhile, see `work_on`."""
        self.clock.shift(timedelta(**lasting))

    def work_on(self) -> None:
        """What the jobs do by themselves, once, at this moment: the mailbox, chores, campaigns, mails, the ledger's tree."""
        Watcher().look(self.work, self.now)
        for chore in CHORES:
            if not chore.is_about_proof:
                chore.do(self.work, self.binding, self.now)
        while carry_campaigns(self.binding, Event()):
            pass
        self.carry_mails()

    def carry_mails(self) -> None:
        """Hand over every mail that is due, as the jobs do; and put the ledger's lines into the tree."""
        for _ in range(ROUNDS):
            due = list_due(self.site, self.now)
            if not due:
                break
            hand_over(self.site, [one.message for one in due], due[0].run)
        while sequence_entries(self.site, self.now):
            pass

    # ------------------------------------------------------------------------------------------ who is there

    def browse(self, cookies: Mapping[str, str] | None = None) -> Browser:
        """Somebody at the site, without or with these cookies."""
        return Browser(self.shelved.host, self.clock, cookies)

    def browse_console(self, cookies: Mapping[str, str] | None = None) -> Browser:
        """Somebody at the console's door; its pages of this site begin with `seat`."""
        return Browser(CONSOLE_HOST, self.clock, cookies)

    @property
    def seat(self) -> str:
        """Where the console's pages of this site are."""
        return f"/console/at/{self.site}/"

    # ------------------------------------------------------------------------------------------ what is seen

    def list_mails(self, to: str = "", subject: str = "") -> tuple[Mail, ...]:
        """The mails that left the house, the newest first: to this address, with this in their subject."""
        found = list_mails(self.mails, most=1000)
        return tuple(mail for mail in found if to in mail.to and subject.lower() in mail.subject.lower())

    def read_raw(self, mail: Mail) -> bytes:
        """A mail as it was sent, with its headers."""
        return (self.mails / f"{mail.id}.eml").read_bytes()

    def find_link(self, mail: Mail, part: str) -> str:
        """The first address in a mail with this in it; empty where there is none."""
        lines = (line for paragraph in mail.paragraphs for line in paragraph)
        return next((line.address for line in lines if part in line.address), "")

    def drop_mail(self, content: bytes) -> None:
        """A message arrives in the mailbox of the business; `work_on` reads it."""
        drop_message(self.inbox, content)

    def list_lines(self, *kinds: str, after: int = 0, person: str = "") -> tuple[Line, ...]:
        """Lines of the ledger of these kinds (all kinds without one) behind this serial, the oldest first."""
        with read_site(self.site):
            rows = Entry.objects.filter(site=self.site, serial__gt=after)
            if kinds:
                rows = rows.filter(kind__in=kinds)
            if person:
                rows = rows.filter(person=person)
            return tuple(
                Line(row.id, row.serial, row.kind, row.person, row.by, row.at, json.loads(row.text)["body"])
                for row in rows.order_by("serial")
            )

    @property
    def last_serial(self) -> int:
        """The serial of the newest line, to look at what comes after."""
        with read_site(self.site):
            newest = Entry.objects.filter(site=self.site).order_by("-serial").first()
        return newest.serial if newest else 0

    # ------------------------------------------------------------------------------------------ beginning anew

    def keep(self) -> None:
        """Remember the house as it is now."""
        for alias in ("default", "keys"):
            with connections[alias].cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections.close_all()
        self._folder.mkdir(parents=True, exist_ok=True)
        for alias, file in self._list_files():
            shutil.copyfile(file, self._folder / alias)
        shutil.copytree(self.policies, self._folder / POLICIES, dirs_exist_ok=True)
        self._kept = (self.now, self._folder)

    def take_up(self, moment: datetime, folder: Path) -> None:
        """Go on from a house that another stage of the same databases kept in this folder."""
        self._kept = (moment, folder)
        self.begin_anew()

    def begin_anew(self) -> None:
        """The house as it was kept: its databases and its moment, and no mail anywhere. Raises LookupError before `keep`."""
        if self._kept is None:
            raise LookupError("nothing is kept yet")
        moment, kept = self._kept
        connections.close_all()
        for alias, file in self._list_files():
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            shutil.copyfile(kept / alias, file)
        self.clock.move_to(moment, tick=False)
        forget_standing()
        self._restore_policies(kept / POLICIES)
        self.look_again()
        for folder in (self.mails, self.inbox, *(self.work.state / name for name in _LOGS)):
            shutil.rmtree(folder, ignore_errors=True)
        self.work.channel.check()
        if self.work.inbox is not None:
            self.work.inbox.mailbox.check()

    def look_again(self) -> None:
        """Have the house see at once what changed in its folder of policies, and what its records say of the versions."""
        shelf = find_shelf()
        shelf.postings_from = shelf.looked_at = 0.0
        shelf.look_again()

    def _restore_policies(self, kept: Path) -> None:
        """Take away what a rehearsal laid into the folder, and put back what it changed; what is as it was stays untouched."""
        for file in self.policies.glob("*/*"):
            if not (kept / file.relative_to(self.policies)).exists():
                file.unlink()
        for file in kept.glob("*/*"):
            there = self.policies / file.relative_to(kept)
            if not there.exists() or there.read_bytes() != file.read_bytes():
                shutil.copyfile(file, there)

    def _list_files(self) -> list[tuple[str, Path]]:
        return [(alias, Path(connections[alias].settings_dict["NAME"])) for alias in ("default", "keys")]
