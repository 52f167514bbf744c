"""Rehearsals of another version of the policy: it binds when the rule says, after people were told as the rule says."""

from __future__ import annotations

import copy
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from upheld.actions.publications import announce, fetch_text, find_binding_version, read_posted
from upheld.channels.folder.reading import Mail
from upheld.core.fields.entrance import find_entrance
from upheld.core.fields.plan import list_forms
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.reading.declare import parse_days
from upheld.core.proof.evidence import Step
from upheld.core.rights.changing import Candidate, Posted, begin_day
from upheld.core.rights.merging import read_lead
from upheld.jobs.publications import carry_changes
from upheld.records.models import Person
from upheld.records.walls import read_site
from upheld.rehearsal.campaigning import open_account, open_console
from upheld.rehearsal.cast import Customer, NotBuilt, Undone, register
from upheld.rehearsal.page import Page
from upheld.rehearsal.returning import return_mail
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import done, missing, refused, works
from upheld.web.hosts import find_shelf, place_shelf
from upheld.web.shelf import FILE_END, Postings, Shelf

MAIL, SITE = "mail", "site"
POSTING, AFTER_NOTICE = "on_posting", "after_notice"
BY_MAIL = frozenset({"email", "email to primary address"})
NEWCOMER = 80  # the number of somebody who registers under the new version
A_SECOND = timedelta(seconds=1)
STANDS_DAYS = 30  # V-35 and V-84 of the research (2025-11-20), read apart from what the house goes by
# What the invented versions say more than the one in force: a cookie matters to people, a word more does not.
_MATERIAL = "We may put one more cookie on your computer."
_COOKIE = "(1) set cookie rehearsal-{number} for {purpose}, up to 30 days, first-party"
_SMALL = "This page was read once more."
_SECTION = "\n\n## One thing more {number}\n\n{words}\n\n```rules\n{rule}\n```\n"
_DAY = re.compile(r"^(version|effective): .*$", re.MULTILINE)


@dataclass(slots=True)
class Versions:
    """A folder of the site's policies that a rehearsal may write into; nothing else sees it."""

    stage: Stage
    shelf: Shelf
    count: int = 0

    def write(self, *, is_material: bool, ahead: int = 0) -> date:
        """A new version whose day is today, or so many days ahead, lies in the folder from now on. Raises Undone.

        So late in the evening that its day would be over before somebody has announced it, it gets the next one.
        """
        newest = max(good.policy.version for good in self.shelf.list_files(self.stage.site))
        today = (self.stage.now + timedelta(hours=1)).date()
        day = max(today + timedelta(days=ahead), newest + timedelta(days=1))
        self.count += 1
        text = write_version(self.stage.policy, day, self.count, is_material=is_material)
        (self.shelf.folder / self.stage.site / f"{day.isoformat()}{FILE_END}").write_text(text, encoding="utf-8")
        self.load()
        if day not in {good.policy.version for good in self.shelf.list_files(self.stage.site)}:
            raise Undone("a new version of the policy could not be read")
        return day

    def load(self) -> None:
        """The folder is read again, as the server does by itself within a second or two."""
        for slug, fingerprint in self.shelf.list_fingerprints():
            if slug == self.stage.site:
                self.shelf.load_slug(slug, fingerprint)
        self.shelf.index_hosts()

    def announce(self, day: date, way: str = "") -> Page:
        """The owner puts the version before people in the console. Raises NotBuilt when it does not offer this way."""
        browser, page = open_console(self.stage, self.stage.cast.owner, f"policy/{day.isoformat()}/")
        form = page.find_form("sure")
        if form is None:
            raise Undone(f"the console answered {page.status} where a version is announced")
        offered = form.picks.get("notice", [])
        if way and way not in offered:
            raise NotBuilt(f"people cannot be told by {way} of a change of this policy")
        told = {"notice": way or offered[0]} if offered else {}
        answer = browser.send(page, {"sure": "yes", **told}, form=form)
        self.shelf.look_at_once()
        return answer

    def announce_behind(self, day: date) -> None:
        """The same without the console, for a second version: reading what changes takes long."""
        good = next(one for one in self.shelf.list_files(self.stage.site) if one.policy.version == day)
        announce(self.stage.binding, table=good.table, now=self.stage.now)
        self.shelf.look_at_once()

    def work_on(self) -> None:
        """What the jobs do, twice, since what one does first another finds; and whatever begun is served."""
        for _ in range(2):
            self.stage.work_on()
        self.shelf.look_at_once()


def write_version(policy: Policy, day: date, number: int, *, is_material: bool) -> str:
    """The text of the version in force with another day and one section more, which matters to people or does not."""
    purpose = next(iter(policy.words.leaves("purpose")))
    rule = _COOKIE.format(number=number, purpose=purpose) if is_material else "(1) state"
    section = _SECTION.format(number=number, words=_MATERIAL if is_material else _SMALL, rule=rule)
    return _DAY.sub(lambda found: f"{found.group(1)}: {day.isoformat()}", policy.text).rstrip() + section


@contextmanager
def open_versions(stage: Stage) -> Iterator[Versions]:
    """The site served from a copy of its folder, as it is when versions have to be announced; afterwards from its own."""
    own = find_shelf()
    with tempfile.TemporaryDirectory(prefix="upheld-versions-") as place:
        folder = Path(place) / "policies"
        shutil.copytree(own.folder / stage.site, folder / stage.site)
        shelf = copy.copy(own)
        shelf.folder, shelf.copies, shelf.lock = folder, Path(place) / "last-good", threading.Lock()
        shelf.postings = own.postings or Postings(_read_posted, fetch_text)
        shelf.looked_at = float("inf")  # read when a rehearsal says so, and at no other moment
        shelf.read, shelf.published = dict(own.read), dict(own.published)
        shelf.seen, shelf.loaded, shelf.kept = {}, {}, dict(own.kept)
        place_shelf(shelf)
        try:
            versions = Versions(stage, shelf)
            versions.load()
            yield versions
        finally:
            place_shelf(own)


def _read_posted(site: str, candidates: tuple[Candidate, ...]) -> tuple[Posted, ...]:
    return read_posted(site, candidates, datetime.now(UTC))


def binds(stage: Stage, day: date, customer: Customer | None = None) -> bool:
    """Whether this version binds at this moment: the site, or one customer."""
    if customer is None:
        return stage.binding.current == day
    with read_site(stage.site):
        person = Person.objects.get(site=stage.site, id=customer.id)
    return find_binding_version(stage.site, person, stage.now) == day and person.version == day


# ---------------------------------------------------------------------------------------------- when a change binds


def rehearse_change(stage: Stage, rule: Rule) -> Iterator[Step]:
    """A version binds from the moment that the rule says; one that nobody announced never does."""
    is_material, lead = rule.part("change") == ("material",), _read_lead(rule, stage.policy)
    with open_versions(stage) as versions:
        day = versions.write(is_material=is_material)
        stage.clock.move_to(max(stage.now, begin_day(day)), tick=False)
        versions.work_on()
        page = stage.browse().open(f"/privacy/{day.isoformat()}")
        is_kept = not binds(stage, day) and page.status == 404
        says = (
            "a new version is written, its day is there, and nobody has announced it: it binds nobody and has no page"
        )
        yield refused(says, is_kept, "it binds, or it can be read")
        if not is_kept:
            return
        serial = stage.last_serial
        versions.announce(day)
        if lead or is_material:
            yield refused("it is posted, and its time is not there: it does not bind", not binds(stage, day), "it does")
        versions.work_on()
        if lead:
            told = stage.now
            stage.clock.move_to(told + lead - A_SECOND, tick=False)
            versions.work_on()
            yield refused("a second before its time it does not bind", not binds(stage, day), "it does")
            stage.clock.move_to(told + lead, tick=False)
            versions.work_on()
        lines = stage.list_lines("policy.active", after=serial)
        is_kept = binds(stage, day) and [line.body["version"] for line in lines] == [day.isoformat()]
        says = "its time is there: the new version binds" if lead else "it is posted: from that moment it binds"
        yield works(says, is_kept, "it does not", *(line.id for line in lines))
        people = (stage.cast.silent, stage.cast.willing)
        is_kept = all(binds(stage, day, customer) for customer in people)
        yield done("it binds the customers who were there before", is_kept, "it does not bind all of them")
        yield from _try_newcomer(stage, day)
        yield from _try_ahead(versions, is_material=is_material)


def _read_lead(rule: Rule, policy: Policy) -> timedelta:
    """How long after the posting, or the notice, a change binds. Raises NotBuilt for what no rehearsal shows yet."""
    found = []
    for effect in rule.part("effects"):
        name, _, value = effect.partition(":")
        parameter = policy.parameters.get(value)
        if name not in (POSTING, AFTER_NOTICE):
            raise NotBuilt(f"nothing rehearses yet that a change takes effect {name.replace('_', ' ')}")
        found.append(timedelta(days=parse_days(parameter.value if parameter else value) or 0 if value else 0))
    return min(found, default=timedelta(0))


def _try_newcomer(stage: Stage, day: date) -> Iterator[Step]:
    serial = stage.last_serial
    newcomer = register(stage, NEWCOMER)
    lines = stage.list_lines("item.collected", after=serial, person=newcomer.id)
    is_kept = bool(lines) and {line.body.get("version") for line in lines} == {day.isoformat()}
    says = "somebody registers afterwards: what they give comes in under the new version"
    yield done(says, is_kept, "it came in under another", *(line.id for line in lines))


def _try_ahead(versions: Versions, *, is_material: bool) -> Iterator[Step]:
    """A version that is posted with a day to come binds from the first second of that day."""
    stage = versions.stage
    day = versions.write(is_material=is_material, ahead=3)
    versions.announce_behind(day)
    versions.work_on()
    stage.clock.move_to(begin_day(day) - A_SECOND, tick=False)
    versions.work_on()
    page = stage.browse().open(f"/privacy/{day.isoformat()}")
    is_kept = page.is_good and not binds(stage, day)
    yield refused(
        "one is posted for a day to come: the second before, it can be read and does not bind", is_kept, "it binds"
    )
    stage.clock.move_to(begin_day(day), tick=False)
    versions.work_on()
    yield done("with the first second of that day it binds", binds(stage, day), "it does not")


# ---------------------------------------------------------------------------------------------- who is told before


def try_notice(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Every way of telling that the rule names, on a house made anew for each."""
    lead = timedelta(days=read_lead(stage.policy, " ".join(rule.part("lead"))))
    wait = _find_wait(stage.policy)
    for route in rule.part("routes"):
        stage.begin_anew()
        if route in BY_MAIL:
            with open_versions(stage) as versions:
                yield from _try_mails(versions, lead, wait)
        elif route == "site notice":
            with open_versions(stage) as versions:
                yield from _try_site(versions, max(lead, wait))
        else:
            yield missing(f"nothing in the house tells people of a change by {route}")


def _find_wait(policy: Policy) -> timedelta:
    """How long after the telling a change that matters waits, where the policy says so."""
    days = [0]
    for rule in policy.active_rules:
        if rule.form == "change" and "small" not in rule.part("change"):
            for effect in rule.part("effects"):
                name, _, value = effect.partition(":")
                parameter = policy.parameters.get(value)
                days += [parse_days(parameter.value if parameter else value) or 0] if name == AFTER_NOTICE else []
    return timedelta(days=max(days))


def _list_notices(stage: Stage, day: date) -> dict[str, list[Mail]]:
    found: dict[str, list[Mail]] = {}
    for mail in stage.list_mails():
        if any(f"..{day.isoformat()}" in line.address for paragraph in mail.paragraphs for line in paragraph):
            found.setdefault(mail.to, []).append(mail)
    return found


def _try_mails(versions: Versions, lead: timedelta, wait: timedelta) -> Iterator[Step]:
    """Told by mail: nothing binds before all messages have left, nobody is bound whose message came back.

    `lead` is how long before it binds people are told, `wait` how long it waits once it was announced.
    """
    stage = versions.stage
    customer, other = stage.cast.willing, stage.cast.silent
    day = versions.write(is_material=True)
    stage.clock.move_to(max(stage.now, begin_day(day)), tick=False)
    versions.work_on()
    yield refused("a change that matters is only written: nobody is told of it", not stage.list_mails(), "somebody was")
    versions.announce(day, MAIL)
    carry_changes(stage.work, stage.binding, stage.now)
    versions.shelf.look_at_once()
    says = "it is announced and the messages about it wait to leave: it binds nobody yet"
    yield refused(says, not binds(stage, day) and not binds(stage, day, customer), "it does")
    stage.carry_mails()
    told = stage.now
    notices = _list_notices(stage, day)
    lines = [line.id for line in stage.list_lines("policy.notice")]
    is_kept = {to: len(found) for to, found in notices.items()} == {customer.address: 1, other.address: 1}
    says = "each account gets one message about it, at its primary address, and nobody else does"
    yield done(says, is_kept, "somebody got none, or more than one, or should not have", *lines)
    if other.address not in notices:
        return
    link = stage.find_link(notices[other.address][0], "/privacy/changes/")
    page = stage.browse().open(link)
    yield done("its link shows what changes, without signing in", page.is_good and "cookie" in page.text, "it does not")
    return_mail(stage, notices[other.address][0])
    versions.work_on()
    ends = told + max(lead, wait)
    if lead or wait:
        stage.clock.move_to(ends - A_SECOND, tick=False)
        versions.work_on()
        yield refused(
            "a second before the time after the telling is over it does not bind",
            not binds(stage, day, customer if wait > lead else None),
            "no",
        )
        stage.clock.move_to(ends, tick=False)
        versions.work_on()
    yield works("everybody was told: it binds who got the message", binds(stage, day, customer), "it does not")
    if ends - told >= timedelta(days=STANDS_DAYS):
        yield missing(
            "whose message came back is told by a notice on the site, which was not tried beside so long a time"
        )
        return
    yield refused("it does not bind whose message came back", not binds(stage, day, other), "it does")
    stage.clock.move_to(told + timedelta(days=STANDS_DAYS) - timedelta(minutes=1), tick=False)
    versions.work_on()
    yield refused(
        f"nor for {STANDS_DAYS} days, while the notice on the site tells them",
        not binds(stage, day, other),
        "it does",
    )
    stage.clock.move_to(told + timedelta(days=STANDS_DAYS, minutes=1), tick=False)
    versions.work_on()
    yield done("after that it binds them, too", binds(stage, day, other), "it does not")


def _try_site(versions: Versions, lead: timedelta) -> Iterator[Step]:
    """Told by a notice on the site: it stands on every page, and the version binds when it has stood for its time."""
    stage = versions.stage
    day = versions.write(is_material=True)
    stage.clock.move_to(max(stage.now, begin_day(day)), tick=False)
    mark = f"..{day.isoformat()}"
    yield refused("before it is announced no page speaks of it", not _find_marked(stage, mark), "one does")
    versions.announce(day, SITE)
    posted = stage.now
    pages, marked = _list_pages(stage), _find_marked(stage, mark)
    without = [path for path in pages if path not in marked]
    says = f"it is announced: on each of {len(pages)} pages stands a notice of it, with a link to what changes"
    yield done(says, not without, f"{len(without)} pages have none")
    wait = max(lead, timedelta(days=0)) or timedelta(days=STANDS_DAYS)
    stage.clock.move_to(posted + wait - A_SECOND, tick=False)
    versions.work_on()
    is_kept = not binds(stage, day) and not binds(stage, day, stage.cast.willing)
    yield refused(f"a second before the notice has stood {wait.days} days it does not bind", is_kept, "it does")
    yield done("until then the notice stands", set(_find_marked(stage, mark)) == set(pages), "it is gone from a page")
    stage.clock.move_to(posted + wait, tick=False)
    versions.work_on()
    yield works("once it has, the new version binds", binds(stage, day), "it does not")


def _list_pages(stage: Stage) -> tuple[str, ...]:
    """Pages of every sort: the first, the policy, forms, signing in, an account, one that is not there."""
    forms = [f"/{plan.path.lstrip('/')}" for plan in list_forms(stage.binding.gate.table) if plan.can_be_typed]
    own = ("/account", "/account/held") if find_entrance(stage.binding.gate.table) else ()
    return ("/", "/privacy", "/privacy/ask", *forms, *own, "/no-such-page")


def _find_marked(stage: Stage, mark: str) -> tuple[str, ...]:
    """The pages on which a link to this change stands."""
    found = []
    for path in _list_pages(stage):
        if path.startswith("/account"):
            page = open_account(stage, stage.cast.silent, path)[1]
        else:
            page = stage.browse().open(path)
        if page.find_link(mark):
            found.append(path)
    return tuple(found)
