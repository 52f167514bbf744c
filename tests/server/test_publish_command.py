"""upheld publish: what a version would mean is said before it is announced, and what cannot be done says why."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.courier import ROOT


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How all the commands ended."""
    state = tmp_path_factory.mktemp("publish") / "state"
    ended = subprocess.run(
        [sys.executable, "-m", "tests.server.publish_commands", str(state)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_it_works(told: dict[str, Any]) -> None:
    assert told["first"]["out"].count("founding") == 2
    assert told["waiting"]["out"].count("waiting") == 3
    assert "cannot be announced: its day" in told["waiting"]["out"]
    dry = " ".join(told["dry"]["out"].split())
    assert "! Analysts may now see your zip code" in dry
    assert "people are told by mail; it binds once all messages have left" in dry
    assert "because of lasership#when-this-page-changes.2" in dry
    assert dry.endswith("nothing was announced")
    assert "by a notice on every page" in told["dry by the site"]["out"]
    assert told["still waiting"]["out"] == told["waiting"]["out"]
    assert told["small"]["out"].splitlines()[-1].endswith("is in force")
    assert "is announced; it binds nobody before" in told["announced"]["out"]
    assert "is called off; 0 messages" in told["called off"]["out"]
    assert "withdrawn" in told["all"]["out"]
    assert "active" in told["all"]["out"]


def test_it_announces_the_text_whose_plan_it_showed_and_no_other(told: dict[str, Any]) -> None:
    assert told["another text"]["code"] == 2
    assert "is another than was planned" in " ".join(told["another text"]["err"].split())
    assert " announced  " not in told["still not announced"]["out"]
    assert "SHA-256 of its text: " in told["dry"]["out"]


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("passed", "W161: the version of"),
        ("broken", "has errors"),
        ("nothing", "W163: no version of 2050-01-01 waits"),
        ("no site", "W101: there is no site `nowhere`"),
        ("not needed", "W162: the policy does not have people told by mail"),
        ("twice", "is announced already"),
        ("called off twice", "W163"),
        ("in force", "W163"),
    ],
)
def test_what_cannot_be_done_says_why(told: dict[str, Any], which: str, said: str) -> None:
    assert told[which]["code"] == 2, told[which]
    assert said in told[which]["err"]


def test_a_server_for_drafting_lists_what_is_on_record_and_nothing_waits(told: dict[str, Any]) -> None:
    assert told["draft"]["code"] == 0
    assert "waiting" not in told["draft"]["out"]
