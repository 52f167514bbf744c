"""Visitors of My Account, with and without somebody signed in, on the courier's site."""

import re
from datetime import UTC, datetime
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.actions.stage import ADA, WORKS, Cast, binding, cast, databases
from tests.courier import lay_out_courier
from tests.web.sites import settings_as

__all__ = ["ada", "binding", "bo", "cast", "databases", "now", "settings_as", "site"]

HOST = "lasership.localhost"
PASSWORD = "seven drivers and a lantern"  # noqa: S105 - of an invented person
PAGES = (
    "/account",
    "/account/held",
    "/account/correct",
    "/account/copy",
    "/account/mails",
    "/account/choices",
    "/account/receipts",
    "/account/close",
)


class Visitor:
    """A browser with or without somebody signed in."""

    def __init__(self, token: str = "") -> None:
        from django.test import Client

        self.client = Client(raise_request_exception=False)
        if token:
            self.client.cookies["session"] = token

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"host": HOST})

    def read(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.content[:300])
        return unescape(answer.content.decode())

    def post(self, path: str, values: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, values, headers={"host": HOST, **headers})

    def send(self, path: str, values: dict[str, Any], **headers: str) -> Any:
        """Open the page and send its first form with these values."""
        found = re.search(r'name="form:token" value="([^"]+)"', self.get(path).content.decode())
        assert found is not None
        return self.post(path, {"form:token": found.group(1), **values}, **headers)


@pytest.fixture
def now() -> datetime:
    """The pages read the clock, so the cast lives today."""
    return datetime.now(UTC)


@cache
def load_shelf() -> Any:
    """The courier's policies, read once: no test here changes them."""
    from upheld.web.shelf import Shelf

    folder = Path(mkdtemp(prefix="upheld-test-"))
    return Shelf(lay_out_courier(folder), folder)


@pytest.fixture
def site(databases: dict[str, Path], settings_as: Any) -> None:
    """The courier's site, with a hash of passwords that takes no time."""
    from upheld.web.hosts import place_shelf

    settings_as(FORM_SECONDS=0, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    place_shelf(load_shelf())


def sign_in(binding: Any, person: Any, now: datetime) -> Visitor:
    """A browser in which this person is signed in, with the password of these tests."""
    from django.contrib.auth.hashers import make_password

    from upheld.actions.passwords import store_password
    from upheld.actions.sessions import open_session

    store_password(binding, person=person, leaf="sign-in.password", encoded=make_password(PASSWORD), now=now)
    return Visitor(open_session(binding, person=person, now=now))


@pytest.fixture
def ada(site: None, binding: Any, cast: Cast, now: datetime) -> Visitor:
    """Ada, who holds the company's account."""
    return sign_in(binding, cast.ada, now)


@pytest.fixture
def bo(site: None, binding: Any, cast: Cast, now: datetime) -> Visitor:
    """Bo, a private customer."""
    return sign_in(binding, cast.bo, now)


def list_values(page: str) -> set[str]:
    return {text for text in (*ADA.values(), *WORKS.values()) if text in page.replace("<br>", "")}


def count_lines(kind: str) -> int:
    from upheld.records.models import Entry

    return Entry.objects.filter(kind=kind).count()
