"""The stage of rehearsals in the process of the tests: the courier's house, its cast gathered once, copied for each test."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.actions.stage import COURIER, NOW, databases
from tests.web.sites import settings_as
from upheld.core.policy.model import Rule

__all__ = ["databases", "settings_as"]

_template: dict[str, Any] = {}


def open_shelf(policies: Path) -> Any:
    """The courier's versions in a folder of this run alone, as a house has them; read once, put back by each stage."""
    from upheld.actions.publications import fetch_text
    from upheld.server.opening import check_pages, read_posted_now
    from upheld.web.shelf import Postings, Shelf

    if "shelf" not in _template:
        shutil.copytree(COURIER, policies / COURIER.name)
        postings = Postings(read_posted_now, fetch_text)
        _template["shelf"] = Shelf(policies, policies.parent / "copies", check=check_pages, postings=postings)
    return _template["shelf"]


@pytest.fixture
def stage(databases: dict[str, Path], settings_as: Callable[..., None], tmp_path: Path) -> Iterator[Any]:
    """The courier's stage with its cast, at the moment of the tests; on SQLite alone, as rehearsals are."""
    from django.conf import settings

    from upheld.channels.folder.channel import FolderChannel, FolderSettings
    from upheld.channels.mailbox.maildir import MaildirMailbox, MaildirSettings
    from upheld.jobs.work import Inbox, Work, place_work
    from upheld.rehearsal.cast import gather_cast
    from upheld.rehearsal.stage import Stage
    from upheld.web.hosts import place_shelf

    assert databases, "rehearsals run on the embedded database, whatever the house's own is"
    mails, inbox = tmp_path / "mail", tmp_path / "inbox"
    own = replace(settings.ENVIRONMENT, state=tmp_path, inbox="maildir", inbox_folder=inbox)
    settings_as(
        MAILBOX=mails,
        ENVIRONMENT=own,
        SECOND_FACTOR_REQUIRED=False,
        PASSWORD_HASHERS=["tests.actions.cheap.CheapArgon2"],
    )
    with time_machine.travel(NOW, tick=False) as clock:
        policies = tmp_path.parent / "rehearsal-policies"
        place_shelf(open_shelf(policies))
        channel, mailbox = FolderChannel(FolderSettings(mails)), MaildirMailbox(MaildirSettings(inbox))
        channel.check()
        mailbox.check()
        site = "lasership"
        place_work(
            Work(
                channel=channel,
                state=tmp_path,
                database="",
                inbox=Inbox(mailbox),
                home=lambda _slug, host: f"http://{host}/",
            )
        )
        made = Stage(site, clock, kept=tmp_path / "kept", mails=mails, inbox=inbox, policies=policies)
        if "cast" not in _template:
            made.cast = gather_cast(made)
            made.keep()
            folder = Path(
                shutil.copytree(tmp_path / "kept", tmp_path.parent / "rehearsal-template", dirs_exist_ok=True)
            )
            _template.update(cast=made.cast, folder=folder, at=made.now)
        else:
            made.cast = copy.deepcopy(_template["cast"])
            made.take_up(_template["at"], _template["folder"])
        yield made
    place_work(None)


@pytest.fixture
def find_rule(stage: Any) -> Callable[[str], Rule]:
    """The rule in force whose line begins with these words, numbers in front left out; exactly one has to."""

    def find(words: str) -> Rule:
        found = [rule for rule in stage.policy.active_rules if rule.text.partition(") ")[2].startswith(words)]
        assert len(found) == 1, (words, [rule.text for rule in found])
        return found[0]

    return find
