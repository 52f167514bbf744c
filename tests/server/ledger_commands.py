"""A program that has a small ledger made in a state folder, then runs commands on it and prints how each ended, in JSON.

In a process of its own, because a command opens the house by itself: `python -m tests.server.ledger_commands STATE`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.courier import lay_out_courier
from tests.server.kills import TOP_KEY, act, set_up
from tests.web.sites import name_quick_shelf
from upheld.cli.main import main

SITE = "lasership"


def run(*words: str) -> dict[str, Any]:
    """One command as a person runs it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as end:
            code = int(end.code or 0)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def lose_some_lines(binding: Any, state: Path, here: tuple[str, ...]) -> dict[str, Any]:
    """The data is put back from a copy, and the keys and the file of checkpoints are not."""
    from django.db import connections

    from upheld.actions.ledger_notes import keep_note

    told = {"nothing lost": run("ledger", "restored", SITE, "--yes", *here)}
    run("ledger", "checkpoint", SITE, *here)
    copy_database(state / "upheld.sqlite3", state / "copy.sqlite3")
    with Path(os.devnull).open("wb") as done:
        act(binding, done.fileno(), acts=2)
    run("ledger", "checkpoint", SITE, *here)
    keep_note(state, SITE, datetime.now(UTC))
    connections.close_all()
    copy_database(state / "copy.sqlite3", state / "upheld.sqlite3")
    told["cut"] = run("ledger", "verify", SITE, *here)
    told["refused"] = run("ledger", "checkpoint", SITE, *here)
    told["weighed"] = run("ledger", "restored", SITE, *here)
    told["restored"] = run("ledger", "restored", SITE, "--yes", *here)
    told["goes on"] = run("ledger", "verify", SITE, *here)
    return told


def copy_database(old: Path, new: Path) -> None:
    """All of one database in place of another's content."""
    with contextlib.closing(sqlite3.connect(old)) as source, contextlib.closing(sqlite3.connect(new)) as copy:
        source.backup(copy)


def work(state: Path) -> dict[str, Any]:
    binding = set_up(state)
    from upheld.server import opening

    opening.Shelf = name_quick_shelf()  # type: ignore[misc]  # each command opens the house anew; the files are the same
    (state / "top.key").write_text(base64.b64encode(TOP_KEY).decode(), encoding="ascii")
    os.chdir(state)
    here = ("--state", str(state), "--policies", str(lay_out_courier(state.parent / "alone")))
    told: dict[str, Any] = {"empty": run("ledger", "export", SITE, *here)}

    from upheld.records.models import Entry

    with Path(os.devnull).open("wb") as done:
        act(binding, done.fileno(), acts=3)
    line = Entry.objects.order_by("serial")[2].id
    told["line"] = line
    told["waiting"] = run("ledger", "verify", SITE, *here)
    told["receipt"] = run("ledger", "prove", SITE, line, "--out", "receipt.json", *here)
    told["no line"] = run("ledger", "prove", SITE, "e_nothing", *here)
    told["key"] = run("ledger", "key", SITE, *here)
    told["checkpoint"] = run("ledger", "checkpoint", SITE, *here)
    Path("kept.checkpoint").write_text(told["checkpoint"]["out"], encoding="utf-8")
    told["printed"] = run("ledger", "export", SITE, *here)
    told["export"] = run("ledger", "export", SITE, "--out", "ledger.jsonl", *here)
    told["taken"] = run("ledger", "export", SITE, "--out", "ledger.jsonl", *here)
    told["all"] = run("ledger", "verify", *here)
    key = told["key"]["out"].strip()
    told["receipt verifies"] = run("verify", "receipt.json", "--key", key)
    told["export verifies"] = run("verify", "ledger.jsonl", "--key", key, "--against", "kept.checkpoint")
    told["unknown"] = run("ledger", "verify", "lasersip", *here)
    told["nowhere"] = run("ledger", "verify", SITE, "--state", str(state / "nowhere"), *here[2:])

    told |= lose_some_lines(binding, state, here)

    row = Entry.objects.get(id=line)
    Entry.objects.filter(id=line).update(text=row.text.replace("registration", "feedback"))
    told["altered"] = run("ledger", "verify", SITE, *here)
    told["altered export"] = run("ledger", "export", SITE, "--out", "altered.jsonl", *here)
    told["altered lines"] = Path("altered.jsonl").read_text(encoding="utf-8").count("\n")

    (state / "top.key").write_text(base64.b64encode(bytes(32)).decode(), encoding="ascii")
    told["wrong key"] = run("ledger", "key", SITE, *here)
    (state / "top.key").unlink()
    told["no key"] = run("ledger", "key", SITE, *here)
    told["at"] = datetime.now(UTC).isoformat()
    return told


if __name__ == "__main__":
    json.dump(work(Path(sys.argv[1])), sys.stdout)
