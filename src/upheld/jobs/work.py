"""What a process needs to do jobs, put in its place once at its start; knows no job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from upheld.channels.base import Channel
from upheld.channels.mailbox.base import Mailbox
from upheld.core.gate.binding import Binding
from upheld.web.binding import make_binding
from upheld.web.hosts import find_shelf


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where messages to the sites arrive.

    `checked_by` is the name under which the house's mail server says what it checked of a sender, `site` the one that gets
    what is addressed to none of them.
    """

    mailbox: Mailbox
    checked_by: str = ""
    site: str = ""


Prove = Callable[[str, str, Event], None]
Visit = Callable[[str, Event], None]


@dataclass(frozen=True, slots=True)
class Work:
    """How this process works.

    `channel` takes the messages, `sender` is the address they come from when it is not each policy's own, `state` is the
    folder of the server's own files, `database` the address of the database that remembers which jobs run,
    `inbox` where messages arrive (none: nobody looks). `home` makes the address of a site's first page from its slug and
    host. `prove` has a site proven, given its slug, why and what tells that it shall stop (none: nothing is proven by itself);
    `visit` has the invented visitor walk through a site before that, given its slug and the same (none: nobody walks).
    `code` is the digest of the program. `console` is the address of the console, with its slash: what links for staff begin
    with (empty: they lead to the policy).
    """

    channel: Channel
    state: Path
    database: str
    sender: str = ""
    inbox: Inbox | None = None
    home: Callable[[str, str], str] | None = None
    prove: Prove | None = None
    visit: Visit | None = None
    code: str = ""
    console: str = ""


_work: Work | None = None


def place_work(work: Work | None) -> None:
    """Give this process its work."""
    global _work  # noqa: PLW0603 - a job that is taken up again after a crash gets ids alone, and needs the rest from here
    _work = work


def find_work() -> Work:
    """The work of this process; raises RuntimeError before `place_work`."""
    if _work is None:
        raise RuntimeError("this process has no work: call place_work first")
    return _work


def read_clock() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def find_home(site: str) -> str:
    """The whole address of a site's first page, with its slash: what links in mails begin with. Empty when it is not served."""
    shelved, home = find_shelf().find_slug(site), find_work().home
    if shelved is None:
        return ""
    return home(shelved.policies[0].slug, shelved.host) if home else f"https://{shelved.host}/"


def find_binding(site: str, now: datetime) -> Binding | None:
    """The gates of a site, or None when its policy is not served any more."""
    shelved = find_shelf().find_slug(site)
    return make_binding(shelved, now.date()) if shelved else None


def iter_bindings(now: datetime) -> Iterator[Binding]:
    """The gates of every site that is served; changed policies are read first."""
    shelf = find_shelf()
    shelf.look_again()
    for shelved in shelf.policies:
        yield make_binding(shelved, now.date())
