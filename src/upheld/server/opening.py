"""Filling the shelf and opening the vault: where the server puts together what the rooms below need of one another."""

from __future__ import annotations

from datetime import UTC, datetime

from upheld.actions.facts import keep_numbers
from upheld.actions.keys import LocalTopKey, check_top_key, place_top_key
from upheld.actions.publications import fetch_text, read_posted
from upheld.actions.visits import VisitLog
from upheld.core.errors import SettingError
from upheld.core.rights.changing import Candidate, Posted
from upheld.pages.ask_view import check_questions
from upheld.pages.home_content import read_home
from upheld.server.environment import Environment
from upheld.server.top_key import find_top_key
from upheld.web.form_content import read_form_content
from upheld.web.shelf import Good, Postings, Shelf
from upheld.web.visit_log import place_visit_writer


def open_shelf(environment: Environment, *, has_records: bool = True, alone: str = "") -> Shelf:
    """All policies of the environment's folder; a version whose first page could not be shown counts as one with errors.

    Their facts have the numbers that the records keep, so `has_records` is no only before the databases are there. What
    is not announced does not bind, except while drafting. The policy called `alone` needs no site that it could join.
    """
    number = keep_numbers if has_records else None
    postings = Postings(read_posted_now, fetch_text) if has_records and not environment.draft else None
    return Shelf(
        environment.policies, environment.state, check=check_pages, number=number, postings=postings, alone=alone
    )


def read_posted_now(site: str, candidates: tuple[Candidate, ...]) -> tuple[Posted, ...]:
    """What is on record of a site's versions at this moment."""
    return read_posted(site, candidates, datetime.now(UTC))


def check_pages(good: Good) -> None:
    """Read what only the pages read, so that its errors show when the file is loaded; raises PolicyError."""
    read_home(good.site.home, good.policy.words.of_sort("touchpoint"))
    read_form_content(good.site.forms, good.policy.words)
    check_questions(good)


def open_vault(environment: Environment, now: datetime) -> bool:
    """Give this process the top key and hold it against the keyring; whether the keyring is new.

    Raises SettingError S707 without a top key, VaultError V812, which names both keys, when it is not the keyring's.
    """
    key = find_top_key(environment)
    if key is None:
        raise SettingError("S707", "there is no top key", "`upheld serve` makes one when nothing is held yet")
    place_top_key(LocalTopKey(key) if isinstance(key, bytes) else key)
    return check_top_key(now)


def open_visits(environment: Environment) -> None:
    """Have this process write the log of visits, where a policy has visits noted; needs the vault open."""
    place_visit_writer(VisitLog(environment.state).write)
