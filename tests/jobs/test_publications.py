"""The chore that carries a change to its end: everybody is told, once, by however many processes at once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import COURIER, Cast
from tests.actions.versions import SOON, WIDER, found, read_table, read_text
from tests.jobs.test_mail import Pigeon

DAY = timedelta(days=1)


@pytest.fixture
def work(tmp_path: Path, databases: Any, now: datetime) -> Any:
    """A process that does jobs over the courier's folder, in which a version lies that nobody announced."""
    from upheld.actions.publications import fetch_text, read_posted
    from upheld.jobs.work import Work, place_work
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Postings, Shelf

    folder = tmp_path / "policies" / COURIER.name
    folder.mkdir(parents=True)
    for path in COURIER.iterdir():
        (folder / path.name).symlink_to(path)
    found(now)
    (folder / f"{SOON}.policy.md").write_text(read_text(SOON, WIDER), encoding="utf-8")
    postings = Postings(lambda site, found: read_posted(site, found, now), fetch_text)
    place_shelf(Shelf(folder.parent, tmp_path / "state", postings=postings))
    made = Work(channel=Pigeon(), state=tmp_path, database="")
    place_work(made)
    yield made
    place_work(None)


def count_messages() -> int:
    from upheld.records.models import Outgoing

    return Outgoing.objects.filter(kind="policy-changed").count()


def test_it_works(cast: Cast, binding: Any, now: datetime, work: Any) -> None:
    from upheld.actions.publications import announce
    from upheld.jobs.publications import carry_changes
    from upheld.records.models import Entry, Outgoing, Person, Publication

    for _ in range(2):
        carry_changes(work, binding, now)
    assert Entry.objects.filter(kind="policy.withheld").count() == 1
    assert count_messages() == 0
    announce(binding, table=read_table(SOON, WIDER), now=now)
    for _ in range(2):
        carry_changes(work, binding, now)
    assert count_messages() == 2
    Outgoing.objects.update(state="sent", settled_at=now)
    carry_changes(work, binding, now + DAY)
    assert Publication.objects.get(version=SOON).state == "announced"
    carry_changes(work, binding, now + 11 * DAY)
    assert Publication.objects.get(version=SOON).state == "active"
    assert set(Person.objects.values_list("version", flat=True)) == {SOON}


def test_the_link_in_the_message_leads_to_what_changes(cast: Cast, binding: Any, now: datetime, work: Any) -> None:
    from tests.actions.customers import find_mail
    from upheld.actions.publications import announce
    from upheld.jobs.publications import carry_changes

    announce(binding, table=read_table(SOON, WIDER), now=now)
    carry_changes(work, binding, now)
    mail = find_mail("bo@marten.example", "policy-changed")
    assert "https://lasership.localhost/privacy/changes/2016-10-03..2026-12-01" in mail.text
    assert "It takes effect on 1 December 2026, or later if others are told later." in " ".join(mail.text.split())


def test_two_processes_at_once_tell_each_account_once(cast: Cast, binding: Any, now: datetime, work: Any) -> None:
    from django.db import connections

    from upheld.actions.publications import announce
    from upheld.jobs.publications import carry_changes

    announce(binding, table=read_table(SOON, WIDER), now=now)
    begin, failed = threading.Barrier(3), []

    def carry() -> None:
        try:
            begin.wait()
            carry_changes(work, binding, now)
        except Exception as problem:  # noqa: BLE001 - told below, in the test's own thread
            failed.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=carry) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert count_messages() == 2


def test_a_site_whose_address_is_not_known_tells_nobody_a_wrong_one(
    cast: Cast, binding: Any, now: datetime, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions.publications import announce
    from upheld.jobs import publications

    announce(binding, table=read_table(SOON, WIDER), now=now)
    monkeypatch.setattr(publications, "find_home", lambda _site: "")
    publications.carry_changes(work, binding, now + 12 * DAY)
    assert count_messages() == 0
