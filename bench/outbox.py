"""The outbox: queueing mails one by one and many at once, handing them to a folder and a mail server, and a no that comes."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.clock import Row
from bench.held import NOW, invent, open_house, run_inside
from bench.mail_sink import open_sink

PART = "the outbox"
MAILS = 300
CROWD = 2_000  # people who get one text
WAITING = 3_000  # messages that wait for one person when their no comes
IN_A_BATCH = 100
PATIENCE_SECONDS = 120
LEAST_A_SECOND, MOST_SECONDS = 300, 5.0
HOME = "https://courier.example/"


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
    yield Row(PART, "queue one text to many, a hundred at once: the same for each", found["crowding"], "/s")
    yield Row(
        PART,
        "hand over a waiting mail: durable jobs, gate twice again, folder, mail log, ledger",
        found["sending"],
        "/s",
        found["sending"] / found["writing"],
        "{} × writing the file with its sync",
        f"{LEAST_A_SECOND}/s",
        is_reached=found["sending"] >= LEAST_A_SECOND,
    )
    yield Row(
        PART,
        "the same to a mail server on this machine",
        found["mailing"],
        "/s",
        target=f"{LEAST_A_SECOND}/s",
        is_reached=found["mailing"] >= LEAST_A_SECOND,
    )
    yield Row(PART, "processor time for one of these, without the mail server's", found["processor"], "s")
    yield Row(
        PART,
        f"a no, with {WAITING:,} messages waiting for the same person: all are out of the outbox",
        found["stopping"],
        "s",
        target="5 s",
        is_reached=found["stopping"] <= MOST_SECONDS,
    )
    yield Row(PART, "memory of the process that does the jobs", found["memory"], "B")


def measure_inside(folder: str) -> dict[str, float]:
    """The figures, measured in this process."""
    binding = open_house(folder)
    state = Path(folder) / "state"
    found = {"queueing": queue_mails(binding), "inserting": insert_lines(Path(folder) / "bare.sqlite3")}
    found["sending"], _ = send_mails(binding, MAILS)
    found["writing"] = write_files(state / "mail", Path(folder) / "bare")
    found["crowding"] = queue_for_crowd(binding)
    with open_sink() as port:
        found["mailing"], found["processor"] = send_mails(binding, MAILS + CROWD, port)
    found["stopping"] = stop_waiting(binding)
    return found | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


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
            home=HOME,
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


def queue_for_crowd(binding: Any) -> float:
    """How many people a second were written one text that can be stopped, each with a link of their own."""
    from upheld.actions.imports import Said, import_people  # noqa: PLC0415 - holds models
    from upheld.actions.letters import queue_letters  # noqa: PLC0415 - the same
    from upheld.records.models import Person  # noqa: PLC0415 - the same

    said = (Said("marketing", is_yes=True, at=NOW, touchpoint="registration"),)
    import_people(binding, (replace(newcomer, answers=said) for newcomer in invent(CROWD, 1)), now=NOW)
    people = list(Person.objects.filter(site=binding.site, id__in=_list_willing(binding)))
    start = time.perf_counter()
    for place in range(0, CROWD, IN_A_BATCH):
        queue_letters(
            binding,
            people=people[place : place + IN_A_BATCH],
            now=NOW,
            mail_class="newsletter",
            subject_line="News from the yard",
            text="The yard has a new gate.\n\nIt opens at six, and closes when the last van is in.",
            home=HOME,
        )
    return CROWD / (time.perf_counter() - start)


def _list_willing(binding: Any) -> list[str]:
    from upheld.records.models import Answer  # noqa: PLC0415 - the same

    return list(Answer.objects.filter(site=binding.site, is_yes=True).values_list("person_id", flat=True))


def stop_waiting(binding: Any) -> float:
    """Seconds until the no of somebody with very many messages waiting is recorded, and all of these are out."""
    from upheld.actions.choices import record_choice  # noqa: PLC0415 - holds models
    from upheld.actions.ids import draw_id  # noqa: PLC0415 - the same
    from upheld.actions.outgoing import Parcel, store_parcels  # noqa: PLC0415 - the same
    from upheld.channels.base import Message  # noqa: PLC0415 - the same
    from upheld.records.models import Outgoing, Person  # noqa: PLC0415 - the same
    from upheld.records.walls import enter_site  # noqa: PLC0415 - the same

    person = Person.objects.get(id=_list_willing(binding)[0])
    parcels = [
        Parcel(
            Message(draw_id("m"), "desk@b.example", "Desk", "a@b.example", "News", "News", "", NOW),
            *(person.id, "newsletter", "campaign"),
            address="person.email",
        )
        for _ in range(WAITING)
    ]
    with enter_site(binding.site):
        store_parcels(binding, parcels, NOW)
    start = time.perf_counter()
    record_choice(binding, person=person, choice="marketing", is_yes=False, touchpoint="account", now=NOW)
    taken = time.perf_counter() - start
    if Outgoing.objects.filter(site=binding.site, person=person.id, state="queued").exists():
        raise RuntimeError("the no did not reach everything")
    return taken


def send_mails(binding: Any, goal: int, port: int = 0) -> tuple[float, float]:
    """How many of the waiting mails a second were handed over and settled, by the jobs as they always run.

    To the folder, or to the mail server on this port; with the processor time that one took.
    """
    from django.conf import settings  # noqa: PLC0415 - there only now

    from upheld.actions.outbox import SENT, count_messages  # noqa: PLC0415 - holds models
    from upheld.channels.smtp.channel import SmtpChannel, SmtpSettings  # noqa: PLC0415 - the same
    from upheld.jobs.pickup import Pickup  # noqa: PLC0415 - the same
    from upheld.jobs.run import LOOK_AGAIN_SECONDS, launch  # noqa: PLC0415 - the same
    from upheld.jobs.work import place_work  # noqa: PLC0415 - the same
    from upheld.server.opening import open_shelf  # noqa: PLC0415 - the same
    from upheld.server.working import open_work  # noqa: PLC0415 - the same
    from upheld.web.hosts import place_shelf  # noqa: PLC0415 - the same

    work = open_work(settings.ENVIRONMENT)
    if port:
        place_work(replace(work, channel=SmtpChannel(SmtpSettings("127.0.0.1", port, tls="none"))))
    else:
        place_shelf(open_shelf(settings.ENVIRONMENT))
        place_work(work)
        launch(work.database, 0)
    logging.getLogger("upheld").setLevel(logging.WARNING)  # not a line for each job
    before = count_messages(binding.site)[SENT]
    pickup, start, processor = Pickup(), time.perf_counter(), time.process_time()
    while count_messages(binding.site)[SENT] < goal:
        pickup.look()
        time.sleep(LOOK_AGAIN_SECONDS)
        if time.perf_counter() - start > PATIENCE_SECONDS:
            raise RuntimeError("the mails do not leave")
    mails = goal - before
    return mails / (time.perf_counter() - start), (time.process_time() - processor) / mails


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
