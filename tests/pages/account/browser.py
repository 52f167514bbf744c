"""A visitor's browser for the pages of accounts, and the courier's site that it visits."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.actions.stage import databases
from tests.courier import lay_out_courier
from tests.web.sites import settings_as

HOST = "lasership.localhost"
INPUT = re.compile(r"<(?:input|textarea)\b[^>]*>")
ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')


class Browser:
    """Keeps cookies, fills in forms and follows where they lead."""

    def __init__(self) -> None:
        from django.test import Client

        self.client = Client(raise_request_exception=False)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"host": HOST})

    def read(self, path: str) -> str:
        """The words of a page that has to be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.content[:300])
        return words_of(answer)

    def post(self, path: str, values: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, values, headers={"host": HOST, **headers})

    def send(self, path: str, values: dict[str, Any], **headers: str) -> Any:
        """Open the page and send its first form with these values."""
        hidden = dict(
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.get(path).content.decode())
        )
        return self.post(path, {**hidden, **values}, **headers)

    @property
    def cookie(self) -> str:
        """What the session cookie holds."""
        found = self.client.cookies.get("session")
        return found.value if found else ""


def words_of(answer: Any) -> str:
    """A page as its reader has it, tags included."""
    return unescape(answer.content.decode())


def list_inputs(page: str) -> dict[str, dict[str, str]]:
    """The inputs of a page by their names, each with its attributes."""
    tags = (dict(ATTRIBUTE.findall(tag[1:-1])) for tag in INPUT.findall(page))
    return {tag["name"]: tag for tag in tags if "name" in tag}


@cache
def load_shelf() -> Any:
    """The courier's policies, read once: no test here changes them."""
    from upheld.web.shelf import Shelf

    folder = Path(mkdtemp(prefix="upheld-test-"))
    return Shelf(lay_out_courier(folder), folder)


@pytest.fixture
def browser(databases: dict[str, Path], settings_as: Any) -> Browser:
    """A browser before the courier's site; nobody is too fast."""
    from upheld.web.hosts import place_shelf

    settings_as(FORM_SECONDS=0)
    place_shelf(load_shelf())
    return Browser()


__all__ = ["Browser", "browser", "databases", "settings_as"]
