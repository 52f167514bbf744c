"""The invented visitor walks a running house from outside: what it sees holds, faults are seen, nobody is left behind."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast, binding, cast, databases
from tests.journeys.houses import House, open_house
from tests.web.sites import settings_as
from upheld.core.proof.evidence import AWAITED, FAILS, HOLDS

__all__ = ["binding", "cast", "databases", "settings_as"]


@pytest.fixture
def house(cast: Cast, binding: Any, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[House]:
    # The walk looks at the clock of the browser as well, so the house lives today.
    with open_house(cast, binding, settings_as, tmp_path, datetime.now(UTC)) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def carrying(house: House) -> Iterator[None]:
    """Mails leave by themselves meanwhile, as the jobs have them."""
    from django.db import connections

    ending = threading.Event()

    def carry() -> None:
        while not ending.wait(0.1):
            house.carry_mails()
        connections.close_all()

    thread = threading.Thread(target=carry, daemon=True)
    thread.start()
    yield
    ending.set()
    thread.join()


def walk(house: House, tmp_path: Path, **changes: Any) -> Any:
    from django.conf import settings

    from upheld.server.visitor.visit import visit_site

    environment = dataclasses.replace(settings.ENVIRONMENT, state=tmp_path, **changes)
    # The tests drive a browser of their own in this thread, and only one such loop can run in it.
    box: list[Any] = []

    def run() -> None:
        from django.db import connections

        box.append(visit_site(environment, house.binding, f"{house.site}/"))
        connections.close_all()

    with carrying(house):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(80)
    return box[0]


def find_evidence(house: House, words: str) -> Any:
    from upheld.actions.visiting import gather_walked

    rules = house.binding.policy.active_rules
    number = next(n for n, rule in enumerate(rules) if rule.text.partition(") ")[2].startswith(words))
    return gather_walked(house.binding, datetime.now(UTC)).get(number)


def test_what_the_visitor_tries_holds_and_nobody_is_left(house: House, tmp_path: Path) -> None:
    from upheld.records.models import Identifier, Item, Person, VisitorWalk

    before = [model.objects.count() for model in (Person, Item, Identifier)]
    found = walk(house, tmp_path)
    assert [one.step for one in found.steps if not one.step.is_kept] == []
    assert (found.faults, found.skipped) == ((), ())
    assert [model.objects.count() for model in (Person, Item, Identifier)] == before
    assert not list((tmp_path / "mail").glob("*.eml"))
    row = VisitorWalk.objects.get()
    assert (row.outcome, row.address, bool(row.entry)) == ("done", "", True)
    for words in (
        "set cookie session",
        "never employ third-party cookies",
        "show feedback form at every page",
        "show guarded contact email",
        "choice marketing is opt-in",
        "choice marketing is changed at registration",
        "choice marketing is changed at account",
        "choice marketing stops",
        "put unsubscribe link",
    ):
        evidence = find_evidence(house, words)
        assert evidence is not None, words
        assert evidence.outcome == HOLDS, evidence
    assert find_evidence(house, "set cookie preferences").steps  # that no other cookie is there


def test_faults_that_only_somebody_outside_sees_turn_their_rules_red(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.pages import stopping
    from upheld.pages.account import choices
    from upheld.web import cookies

    record = choices.record_answer

    def lose_a_no(account: Any, choice: str, *, is_yes: bool) -> None:
        if is_yes:
            record(account, choice, is_yes=is_yes)

    def let_all_pass(self: Any, request: Any) -> Any:
        """No guard stands before cookies, one is set for longer than a visit, one nobody named, one link is lost."""
        request.META.pop("HTTP_ACCEPT_ENCODING", None)
        response = self.get_response(request)
        for morsel in response.cookies.values():
            morsel["max-age"] = morsel["max-age"] or 7200
        response.set_cookie("tracker", "x", max_age=86_400)
        if b"feedback" in getattr(response, "content", b"") and request.path == "/privacy":
            response.content = response.content.replace(b"/feedback", b"/elsewhere")
        return response

    monkeypatch.setattr(choices, "record_answer", lose_a_no)
    monkeypatch.setattr(stopping, "stop_messages", lambda *_args, **_named: None)
    monkeypatch.setattr(cookies.CookieMiddleware, "__call__", let_all_pass)
    found = walk(house, tmp_path)
    for words in (
        "set cookie session",
        "set cookie preferences",
        "show feedback form at every page",
        "choice marketing is changed at account",
        "choice marketing stops",
        "put unsubscribe link",
    ):
        evidence = find_evidence(house, words)
        assert evidence is not None, words
        assert evidence.outcome == FAILS, (words, evidence.says)
    assert find_evidence(house, "choice marketing is opt-in").outcome == HOLDS
    assert not found.faults


def test_where_nobody_can_read_the_mails_only_the_stranger_walks(house: House, tmp_path: Path) -> None:
    from upheld.records.models import Person

    before = Person.objects.count()
    found = walk(house, tmp_path, mail="smtp")
    assert Person.objects.count() == before
    assert not found.faults
    assert "UPHELD_VISITOR_MAILDIR" in found.skipped[0].why
    assert find_evidence(house, "never employ third-party cookies").outcome == HOLDS
    awaited = find_evidence(house, "choice marketing is changed at account")
    assert (awaited.outcome, "did not try" in awaited.says) == (AWAITED, True)
