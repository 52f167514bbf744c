"""A program that runs `upheld staff` on a state folder as people do and prints how each command ended, in JSON.

In a process of its own, because a command opens the house by itself: `python -m tests.server.staff_commands STATE`.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from tests.courier import lay_out_courier
from tests.server.kills import TOP_KEY, set_up
from tests.server.ledger_commands import run
from tests.web.sites import name_quick_shelf

REASON = "answers what customers ask"


def work(state: Path) -> dict[str, Any]:
    set_up(state)
    from upheld.server import opening

    opening.Shelf = name_quick_shelf()  # type: ignore[misc]  # each command opens the house anew; the files are the same
    (state / "top.key").write_text(base64.b64encode(TOP_KEY).decode(), encoding="ascii")
    here = ("--state", str(state), "--policies", str(lay_out_courier(state.parent / "alone")))

    def staff(*words: str) -> dict[str, Any]:
        return run("staff", *words, *here)

    grant = ("grant", "c.lindqvist", "lasership", "customer-service", "--reason", REASON)
    told = {
        "nobody": staff("list"),
        "owner": staff("add", "o.reyes", "--owner"),
        "added": staff("add", "c.lindqvist"),
        "taken": staff("add", "c.lindqvist"),
        "bad name": staff("add", "C L"),
        "granted": staff(*grant),
        "twice": staff(*grant),
        "no role": staff("grant", "c.lindqvist", "lasership", "chief", "--reason", REASON),
        "no site": staff("grant", "c.lindqvist", "nowhere", "dispatch", "--reason", REASON),
        "no reason": staff("grant", "c.lindqvist", "lasership", "dispatch", "--reason", "x"),
        "link": staff("link", "c.lindqvist", "--lost-factor"),
        "elsewhere": staff("link", "c.lindqvist", "--at", "https://console.example/"),
        "closed": staff("close", "c.lindqvist"),
        "no link": staff("link", "c.lindqvist"),
        "unknown": staff("close", "nobody"),
        "all": staff("list"),
        "second owner": staff("add", "p.duarte", "--owner"),
        "whose": staff("grant", "o.reyes", "lasership", "dispatch", "--reason", REASON),
        "own": staff("grant", "o.reyes", "lasership", "dispatch", "--reason", REASON, "--by", "o.reyes"),
        "by no owner": staff("grant", "o.reyes", "lasership", "analysts", "--reason", REASON, "--by", "c.lindqvist"),
    }
    from upheld.actions.staff import find_welcomed

    name, token = told["owner"]["out"].splitlines()[0].strip("/").split("/")[-2:]
    welcomed = find_welcomed(name, token)
    told["opens for"] = welcomed.username if welcomed else ""
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(work(Path(sys.argv[1]))))
