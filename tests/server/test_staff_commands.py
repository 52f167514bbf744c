"""upheld staff: the first owner is added on the machine itself, with a link that works once and no password to type."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.courier import ROOT


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How all the commands ended."""
    state = tmp_path_factory.mktemp("staff") / "state"
    ended = subprocess.run(
        [sys.executable, "-m", "tests.server.staff_commands", str(state)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_it_works(told: dict[str, Any]) -> None:
    assert told["nobody"]["out"].startswith("nobody yet: `upheld staff add NAME --owner`")
    assert re.match(r"http://localhost:8000/console/welcome/\w+/[\w-]+/\n", told["owner"]["out"])
    assert told["granted"]["out"].startswith("c.lindqvist is customer-service at lasership, to be looked at again by ")
    assert told["closed"]["out"] == "c.lindqvist is let in no longer\n"
    assert re.search(r"^c\.lindqvist +let in no longer$", told["all"]["out"], re.MULTILINE)
    assert re.search(r"^o\.reyes +no password yet +owner$", told["all"]["out"], re.MULTILINE)


def test_the_link_is_for_whoever_was_named(told: dict[str, Any]) -> None:
    assert told["elsewhere"]["out"].startswith("https://console.example/console/welcome/")
    assert told["opens for"] == "o.reyes"
    # within one second the same link comes out; both open for the one who was named
    assert "/console/welcome/" in told["link"]["out"].splitlines()[0]


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("taken", "W104: there is somebody called `c.lindqvist` already"),
        ("bad name", "W104: a name for signing in has 3 to 40 small letters"),
        ("twice", "W108: `c.lindqvist` holds the role `customer-service` already"),
        ("no role", "W101: the policy has no role `chief`"),
        ("no site", "W101: there is no site `nowhere`"),
        ("no reason", "W102: a grant needs a reason"),
        ("no link", "W105: `c.lindqvist` is let in no longer"),
        ("unknown", "W105: there is nobody called `nobody`"),
        ("whose", "W112: it is not clear who gives the grant"),
        ("by no owner", "W103: only the owner of this server gives grants"),
    ],
)
def test_what_cannot_be_done_says_why(told: dict[str, Any], which: str, said: str) -> None:
    assert told[which]["code"] == 2, told[which]
    assert said in told[which]["err"]


def test_an_owner_may_give_a_grant_to_themselves(told: dict[str, Any]) -> None:
    assert told["own"]["code"] == 0, told["own"]
