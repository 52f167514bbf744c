"""The outbox: queueing a mail with the act, and handing waiting mails to a folder, beside writing the same files bare."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.clock import Row
from bench.held import NOW, open_house, run_inside

PART = "the outbox"
MAILS = 300
PATIENCE_SECONDS = 120


def measure_outbox() -> Iterator[Row]:
    """The rows of this part, from a process that queues mails and then does the jobs."""
    found = run_inside("bench.outbox")
    yield Row(
        PART,
        "queue a notice: gate, words, sealed, on the ledger, committed",
        found["queueing"],
        "/s",
        found["queueing"] / found["inserting"],
        "{} × one bare INSERT and COMMIT",
    )
    yield Row(
        PART,
        "hand over a waiting mail: durable job, gate again, folder, mail log, ledger",
        found["sending"],
        "/s",
        found["sending"] / found["writing"],
        "{} × writing the file with its sync",
    )
    yield Row(PART, "memory of the process that does the jobs", found["memory"], "B")


def measure_inside(folder: str) -> dict[str, float]:
    """The figures, measured in this process."""
    binding = open_house(folder)
    queueing = queue_mails(binding)
    state = Path(folder) / "state"
    return {
        "queueing": queueing,
        "inserting": insert_lines(Path(folder) / "bare.sqlite3"),
        "sending": send_mails(binding),
        "writing": write_files(state / "mail", Path(folder) / "bare"),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def queue_mails(binding: Any) -> float:
    """How many notices a second were queued to one person."""
    from upheld.actions.notices import queue_notice  # noqa: PLC0415 - holds models
    from upheld.actions.people import create_person  # noqa: PLC0415 - the same
    from upheld.actions.vault import put_items  # noqa: PLC0415 - the same

    person = create_person(binding, now=NOW)
    put_items(binding, person=person, touchpoint="registration", values={"person.email": "a@b.example"}, now=NOW)
    start = time.perf_counter()
    for _ in range(MAILS):
        queue_notice(
            binding,
            now=NOW,
            person=person,
            kind="password-changed",
            home="https://courier.example/",
            values={"at": "noon"},
        )
    return MAILS / (time.perf_counter() - start)


def insert_lines(database: Path) -> float:
    """How many lines a second the yardstick puts in, each committed to the disk."""
    os.environ["YARDSTICK_SYNCHRONOUS"] = "FULL"
    from bench.yardstick import insert_line, open_database  # noqa: PLC0415 - reads the variable when it is imported

    connection = open_database(str(database))
    start = time.perf_counter()
    for _ in range(MAILS):
        insert_line(connection)
    return MAILS / (time.perf_counter() - start)


def send_mails(binding: Any) -> float:
    """How many of the waiting mails a second were in the folder and settled, by the jobs as they always run."""
    from django.conf import settings  # noqa: PLC0415 - there only now

    from upheld.actions.outbox import SENT, count_messages  # noqa: PLC0415 - holds models
    from upheld.jobs.pickup import Pickup  # noqa: PLC0415 - the same
    from upheld.jobs.run import LOOK_AGAIN_SECONDS, launch  # noqa: PLC0415 - the same
    from upheld.jobs.work import place_work  # noqa: PLC0415 - the same
    from upheld.server.opening import open_shelf  # noqa: PLC0415 - the same
    from upheld.server.working import open_work  # noqa: PLC0415 - the same
    from upheld.web.hosts import place_shelf  # noqa: PLC0415 - the same

    place_shelf(open_shelf(settings.ENVIRONMENT))
    work = open_work(settings.ENVIRONMENT)
    place_work(work)
    launch(work.database, 0)
    logging.getLogger("upheld").setLevel(logging.WARNING)  # not a line for each mail
    pickup, start = Pickup(), time.perf_counter()
    while count_messages(binding.site)[SENT] < MAILS:
        pickup.look()
        time.sleep(LOOK_AGAIN_SECONDS)
        if time.perf_counter() - start > PATIENCE_SECONDS:
            raise RuntimeError("the mails do not leave")
    return MAILS / (time.perf_counter() - start)


def write_files(mails: Path, folder: Path) -> float:
    """How many files a second with the same bytes a bare loop writes, each forced to the disk."""
    folder.mkdir()
    contents = [mail.read_bytes() for mail in mails.glob("*.eml")]
    start = time.perf_counter()
    for number, content in enumerate(contents):
        with (folder / f"{number}.eml").open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    return len(contents) / (time.perf_counter() - start)


if __name__ == "__main__":
    print(json.dumps(measure_inside(sys.argv[1])), flush=True)
    os._exit(0)  # the library's threads have nothing left to do
