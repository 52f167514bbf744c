"""A whole house for one journey: the courier's site, the console, the mailbox, and the jobs that carry mails when asked to."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine
from playwright.sync_api import Page

from tests.actions.stage import NOW, Cast
from tests.console.clerks import SITE, Console
from tests.console.conftest import set_up_console
from tests.journeys.test_first_site import Quiet, Threads
from tests.pages.account.visitors import HOST


@dataclasses.dataclass(frozen=True, slots=True)
class House:
    """Where the pages stand, and the hands that the jobs have here: nothing is sent or read before a journey says so."""

    console: str
    site: str
    staff: Console
    binding: Any
    work: Any

    @property
    def port(self) -> int:
        return int(self.console.rpartition(":")[2])

    def carry_mails(self) -> None:
        """Hand over all that is due, as the jobs do."""
        from upheld.actions.sending import list_due
        from upheld.jobs.mail import hand_over

        while due := list_due(SITE, datetime.now(UTC)):
            done = hand_over(SITE, [one.message for one in due], due[0].run)
            assert set(done) <= {"sent", "failed"}, done

    def read_inbox(self) -> int:
        """How many messages to the business were taken in."""
        from upheld.jobs.inbound import Watcher

        return Watcher().look(self.work, datetime.now(UTC))

    def carry_campaigns(self) -> None:
        """Send what the console let go."""
        from upheld.jobs.campaigns import carry_campaigns

        while carry_campaigns(self.binding, threading.Event()):
            pass

    def open_mail(self, page: Page, to: str, subject: str) -> str:
        """The newest mail of this subject to this address, opened in the mailbox; its text."""
        self.carry_mails()
        page.goto(f"{self.console}/mail/")
        line = page.locator("main li, main tr").filter(has_text=to).filter(has_text=re.compile(subject))
        line.first.get_by_role("link").first.click()
        return page.locator("main").inner_text()

    def list_receivers(self, subject: str) -> list[str]:
        """Who got a mail of this subject, one entry a mail."""
        from upheld.channels.folder.reading import list_mails

        self.carry_mails()
        return sorted(mail.to for mail in list_mails(self.work.state / "mail") if re.search(subject, mail.subject))


@contextmanager
def open_house(
    cast: Cast, binding: Any, settings_as: Callable[..., None], tmp_path: Path, moment: datetime = NOW
) -> Iterator[House]:
    """The house on a port of this machine; its clock goes on from the moment of the tests."""
    from wsgiref.simple_server import make_server

    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from upheld.channels.folder.channel import FolderChannel, FolderSettings
    from upheld.channels.mailbox.maildir import MaildirMailbox, MaildirSettings
    from upheld.jobs.work import Inbox, Work, place_work

    own = dataclasses.replace(settings.ENVIRONMENT, inbox="maildir", inbox_folder=tmp_path / "inbox")
    settings_as(MAILBOX=tmp_path / "mail", ENVIRONMENT=own, FORM_SECONDS=0)
    channel = FolderChannel(FolderSettings(tmp_path / "mail"))
    channel.check()
    with time_machine.travel(moment, tick=True):
        console = set_up_console(cast, settings_as, tmp_path)
        with make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            port = server.server_port
            work = Work(
                channel=channel,
                state=tmp_path,
                database="",
                inbox=Inbox(MaildirMailbox(MaildirSettings(tmp_path / "inbox"))),
                home=lambda _slug, host: f"http://{host}:{port}/",
            )
            place_work(work)
            yield House(f"http://localhost:{port}", f"http://{HOST}:{port}", console, binding, work)
            server.shutdown()
    place_work(None)
