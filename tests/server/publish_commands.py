"""A program that runs `upheld publish` on a state folder as people do and prints how each command ended, in JSON.

In a process of its own, because a command opens the house by itself: `python -m tests.server.publish_commands STATE`.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.actions.stage import COURIER
from tests.actions.versions import MORE_OFTEN, WIDER, read_text
from tests.server.kills import TOP_KEY, set_up
from tests.server.ledger_commands import run
from tests.web.sites import name_quick_shelf

# Announced by a plan that did not have it.
BOTH = (WIDER[0], f"{WIDER[1]} ")


@contextlib.contextmanager
def changed_behind_the_plan(change: Callable[[], object]) -> Iterator[None]:
    """Somebody saves the file while its plan is read."""
    from upheld.server import publications_desk

    plan = publications_desk.plan_version

    def plan_and_change(*asked: str) -> Any:
        planned = plan(*asked)
        change()
        return planned

    publications_desk.plan_version = plan_and_change
    try:
        yield
    finally:
        publications_desk.plan_version = plan


def work(state: Path) -> dict[str, Any]:
    set_up(state)
    (state / "top.key").write_text(base64.b64encode(TOP_KEY).decode(), encoding="ascii")
    policies = state.parent / "policies"
    shutil.copytree(COURIER, policies / COURIER.name)
    from django.conf import settings

    from upheld.server import opening

    opening.Shelf = name_quick_shelf()  # what twenty commands find unchanged is read once
    # a command has its settings read for it alone; here the first one's stand for all
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, policies=policies)
    here = ("--state", str(state), "--policies", str(policies))
    today = datetime.now(UTC).date()
    passed, now, ahead = today - timedelta(days=9), today, today + timedelta(days=9)

    def publish(name: str, *words: str) -> dict[str, Any]:
        return run("publish", name, *words, *here)

    def put(day: date, change: tuple[str, str]) -> str:
        (policies / COURIER.name / f"{day}.policy.md").write_text(read_text(day, change), encoding="utf-8")
        return f"lasership/{day}"

    told = {"first": publish("lasership")}
    broken = put(ahead + timedelta(days=1), ("collect person at", "colect person at"))
    one, other, late = put(ahead, WIDER), put(now, MORE_OFTEN), put(passed, MORE_OFTEN)
    told |= {
        "waiting": publish("lasership"),
        "dry": publish(one, "--dry-run"),
        "dry by the site": publish(one, "--dry-run", "--notice", "site"),
        "still waiting": publish("lasership"),
        "passed": publish(late),
        "broken": publish(broken),
        "nothing": publish("lasership/2050-01-01"),
        "no site": publish("nowhere/2050-01-01"),
        "not needed": publish(other, "--notice", "mail"),
        "small": publish(other),
    }
    with changed_behind_the_plan(lambda: put(ahead, BOTH)):
        told["another text"] = publish(one)
    told["still not announced"] = publish("lasership")
    put(ahead, WIDER)
    told |= {
        "announced": publish(one),
        "twice": publish(one),
        "called off": publish(one, "--withdraw"),
        "called off twice": publish(one, "--withdraw"),
        "in force": publish(other, "--withdraw"),
        "all": publish("lasership"),
    }
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, draft=True)
    told["draft"] = publish("lasership")
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(work(Path(sys.argv[1]))))
