"""A program that has writers killed: they act as fast as they can, and after each kill nothing is lost and nothing half done.

`python -m tests.server.kills STATE KILLS SEED` sets Django up once and forks a pair for each kill: one takes people and
their data in, one puts the lines into the tree. What a writer has been told is done, it writes into a file of its own.
Prints a report in JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from tests.courier import COURIER, lay_out_courier

TOP_KEY = bytes(range(32))
# A pair lives until some acts are acknowledged and a moment longer, so that a slow machine kills at the same points.
MOST_ACTS = 3
LONGEST_MOMENT_SECONDS = 0.012  # an act takes about half of it
LONGEST_WAIT_SECONDS = 10.0
BETWEEN_BATCHES_SECONDS = 0.004
BYTES_AN_ACT = 2 * 23  # the ids of a person and an item
VALUES = {"person.name": "Ada Quill", "person.email": "ada@quill.example"}


def set_up(state: Path) -> Any:
    """Two migrated databases with the settings of a real server, and the courier's versions."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith("UPHELD_")]:
        del os.environ[name]
    os.environ |= {
        "UPHELD_STATE": str(state),
        "UPHELD_POLICIES": str(lay_out_courier(state.parent / "alone")),
        "DJANGO_SETTINGS_MODULE": "upheld.server.settings",
    }
    import django
    from django.core.management import call_command

    django.setup()
    for alias in ("default", "keys"):
        call_command("migrate", database=alias, interactive=False, verbosity=0)

    from upheld.actions.keys import LocalTopKey, check_top_key, place_top_key
    from upheld.core.gate import Gate
    from upheld.core.gate.binding import Binding
    from upheld.core.policy.versions import load_versions

    place_top_key(LocalTopKey(TOP_KEY))
    check_top_key(datetime.now(UTC))
    versions = load_versions(COURIER)
    gates = {policy.version: Gate(table) for policy, table in zip(versions.policies, versions.tables, strict=True)}
    return Binding(versions.slug, gates, versions.newest.version)


def act(binding: Any, done: int, acts: int = 0) -> None:
    """People and items, one after the other and without end; each is acknowledged once its action has returned."""
    from upheld.actions.ledger import write_line
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items
    from upheld.records.walls import enter_site

    for _ in range(acts) if acts else count():
        now = datetime.now(UTC)
        with enter_site(binding.site):
            person = create_person(binding, now=now)
            write_line(binding.site, "person.created", at=now, person=person.id, touchpoint="registration")
            items = put_items(binding, person=person, touchpoint="registration", values=VALUES, now=now)
        os.write(done, "".join(f"{each.id}\n" for each in (person, *items)).encode())


def sequence(binding: Any, _done: int) -> None:
    """What waits gets its place, again and again."""
    from upheld.actions.ledger import sequence_entries

    while True:
        sequence_entries(binding.site, datetime.now(UTC), most=7)
        time.sleep(BETWEEN_BATCHES_SECONDS)  # or the other never finds the database free


def fork(work: Callable[[Any, int], None], binding: Any, done: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work(binding, done)
    except BaseException as error:  # noqa: BLE001 - a child must not go on as if it were the parent
        os.write(2, f"{work.__name__}: {type(error).__name__}: {error}\n".encode())
    os._exit(3)


def wait_for_acts(done: int, acts: int) -> None:
    """Until so many acts more are acknowledged, or something is wrong with the writer, which the report will say."""
    wanted = os.fstat(done).st_size + acts * BYTES_AN_ACT
    given_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
    while os.fstat(done).st_size < wanted and time.monotonic() < given_up_at:
        time.sleep(0.001)


def kill_one_pair(binding: Any, chance: random.Random, done: int) -> int:
    """The number of children that fell over by themselves before they were killed."""
    from django.db import connections

    connections.close_all()  # a connection must not be shared with a child
    children = [fork(work, binding, done) for work in (act, sequence)]
    wait_for_acts(done, chance.randint(0, MOST_ACTS))
    chance.shuffle(children)
    for child in children:
        time.sleep(chance.uniform(0, LONGEST_MOMENT_SECONDS))
        os.kill(child, signal.SIGKILL)
    return sum(os.WTERMSIG(status) != signal.SIGKILL for _, status in (os.waitpid(child, 0) for child in children))


def check(site: str, since: int) -> tuple[list[str], int]:
    """What is wrong with the lines after this serial and with the tree, in words; and the last serial that was seen."""
    from upheld.actions.ledger import read_tiles
    from upheld.actions.ledger_head import find_head
    from upheld.core.errors import UpheldError
    from upheld.core.seal.entries import read_entry
    from upheld.core.seal.log import hash_leaf, prove_inclusion, root_of, verify_inclusion
    from upheld.records.models import Checkpoint, Entry, Item, Person

    wrong = []
    fresh = list(Entry.objects.filter(serial__gt=since).order_by("serial"))
    people, items = set(), set()
    for row in fresh:
        try:
            entry = read_entry(row.text)
        except UpheldError:
            wrong.append("a line that was half written")
            continue
        if entry.kind == "person.created":
            people.add(entry.person)
        elif entry.kind == "item.collected":
            items |= set(entry.body["items"])
    if people != set(Person.objects.filter(id__in=people).values_list("id", flat=True)):
        wrong.append("a line about a person who is not there")
    if items != set(Item.objects.filter(id__in=items).values_list("id", flat=True)):
        wrong.append("a line about an item that is not there")
    placed = Entry.objects.filter(place__isnull=False)
    newest = Checkpoint.objects.order_by("-size").first()
    size = newest.size if newest else 0
    head = find_head(site)
    if head is not None and head.size > size:
        wrong.append("more lines remembered with the keys than there are")
    last = placed.order_by("-place").first()
    if placed.count() != size or (last is not None and last.place != size - 1):
        wrong.append("places that no checkpoint covers, or a gap in them")
    elif last is not None and newest is not None:
        reader, root = read_tiles(site), bytes(newest.root)
        proof = prove_inclusion(size - 1, size, reader)
        if root_of(size, reader) != root:
            wrong.append("a tree that is not the one of the newest checkpoint")
        if not verify_inclusion(hash_leaf(last.text.encode()), size - 1, size, proof, root):
            wrong.append("a last line that is not in the tree")
    return wrong, fresh[-1].serial if fresh else since


def check_all(binding: Any, acknowledged: list[str], now: datetime) -> list[str]:
    """What is wrong in the end, with everything that was ever done."""
    from django.db import connections

    from upheld.actions.keys import open_person_keys
    from upheld.actions.ledger import find_verifier_key, sequence_entries
    from upheld.actions.vault import open_values
    from upheld.core.errors import UpheldError
    from upheld.core.seal.envelope import Label
    from upheld.core.seal.proof import verify_export, write_export
    from upheld.records.models import Checkpoint, Entry, Item, Person

    wrong = []
    while sequence_entries(binding.site, now):
        pass
    people, items = set(Person.objects.values_list("id", flat=True)), {row.id: row for row in Item.objects.all()}
    if set(acknowledged) - people - set(items):
        wrong.append(f"{len(set(acknowledged) - people - set(items))} acknowledged and lost")
    texts = list(Entry.objects.order_by("place").values_list("text", flat=True))
    lines = [json.loads(text) for text in texts]
    created = [line["person"] for line in lines if line["kind"] == "person.created"]
    collected = [item for line in lines if line["kind"] == "item.collected" for item in line["body"]["items"]]
    if sorted(created) != sorted(people) or sorted(collected) != sorted(items):
        wrong.append("rows without their line, or lines without their row")
    for row in items.values():
        try:
            key = open_person_keys(row.site, {row.key})[row.key]
            values = open_values(key, bytes(row.sealed), Label(row.site, row.person_id, row.id, row.touchpoint))
            if values != {leaf: VALUES[leaf] for leaf in row.categories}:
                wrong.append("an item that opens to something else")
        except UpheldError as error:
            wrong.append(f"an item that does not open: {error.code}")
    notes = list(Checkpoint.objects.order_by("size").values_list("note", flat=True))
    key = find_verifier_key(binding.site, now)
    try:
        verify_export(write_export(key=key, entries=texts, checkpoints=notes), key, notes)
    except UpheldError as error:
        wrong.append(error.text)
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            if cursor.fetchall() != [("ok",)]:
                wrong.append(f"the file of {alias} is damaged")
    return wrong


def run(state: Path, kills: int, seed: int) -> dict[str, Any]:
    binding = set_up(state)
    told = state / "acknowledged"
    chance = random.Random(seed)  # noqa: S311 - when to kill is no secret
    wrong: list[str] = []
    fell = since = 0
    done = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    act(binding, done, acts=1)  # what is computed once is computed here, and not in every child
    for _ in range(0, kills, 2):
        fell += kill_one_pair(binding, chance, done)
        found, since = check(binding.site, since)
        wrong += found
    acknowledged = told.read_text(encoding="ascii").split()
    wrong += check_all(binding, acknowledged, datetime.now(UTC))
    return {"wrong": wrong, "fell": fell, "acknowledged": len(acknowledged), "lines": since, "kills": kills}


if __name__ == "__main__":
    json.dump(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])), sys.stdout)
