"""The vault and the ledger inside one process: sealing, reading through the gate, the cost of a line, imports, the tree."""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.clock import Row, time_rounds
from bench.held import NOW, invent, list_quantiles, open_house, run_inside

PART = "the vault and the ledger"
PEOPLE = 3_000
READS = 1_500
LINES = 20_000
SEALS = 2_000
KILOBYTE = 1024
READ_RATE, READ_SECONDS = 400, 0.010
ADDED_SECONDS = 0.001
SEAL_RATIO = 6
IMPORT_RATE, LEDGER_RATE = 3_000, 10_000


def measure_vault() -> Iterator[Row]:
    """The rows of this part."""
    ours, raw = measure_seal(), measure_raw()
    ratio = raw / ours
    what = "1 KB sealed and opened, bound to person, item and site"
    yield Row(
        PART, what, ours, "/s", ratio, "{} × as long as AES-GCM alone", "6 × as long", is_reached=ratio <= SEAL_RATIO
    )
    found = run_inside("bench.vault")
    yield from list_rows(found)


def list_rows(found: dict[str, float]) -> Iterator[Row]:
    """What the child found, each beside what it has to reach."""
    read, most = found["read"], found["read_most"]
    what = "a person's four contact details read: gate, permits, keys, a line of the ledger, committed"
    yield Row(PART, what, read, "/s", None, "", f"{READ_RATE}/s", is_reached=read >= READ_RATE)
    yield Row(PART, "99 of 100 reads take at most", most, "s", None, "", "10 ms", is_reached=most <= READ_SECONDS)
    added = found["added_most"]
    what = "gate and line of the ledger inside a request that writes, 99 of 100 at most"
    yield Row(PART, what, added, "s", None, "", "1 ms", is_reached=added <= ADDED_SECONDS)
    for name, what in (("one", "one item each"), ("two", "two items each")):
        rate = found[f"import_{name}"]
        aim = f"{IMPORT_RATE:,}/s" if name == "one" else ""
        yield Row(PART, f"people imported, {what}", rate, "/s", None, "", aim, rate >= IMPORT_RATE if aim else None)
    rate = found["ledger"]
    what = "lines written and put into the tree, in batches of ten thousand"
    yield Row(PART, what, rate, "/s", None, "", f"{LEDGER_RATE:,}/s", is_reached=rate >= LEDGER_RATE)
    yield Row(PART, "lines of the ledger walked through and verified, database and all", found["verified"], "/s")


def measure_seal() -> float:
    """A kilobyte sealed and opened again, times a second."""
    from upheld.core.seal.envelope import Label, open_sealed, seal  # noqa: PLC0415 - beside what it is measured against

    key, plain = secrets.token_bytes(32), secrets.token_bytes(KILOBYTE)
    label = Label("courier", "p_" + "a" * 20, "i_" + "a" * 20, "registration")

    def work() -> None:
        for _ in range(SEALS):
            open_sealed(key, seal(key, os.urandom(12), plain, label), label)

    return SEALS / time_rounds(work)


def measure_raw() -> float:
    """The same with nothing but the cipher, made once."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - the same

    cipher, plain = AESGCM(secrets.token_bytes(32)), secrets.token_bytes(KILOBYTE)

    def work() -> None:
        for _ in range(SEALS):
            nonce = os.urandom(12)
            cipher.decrypt(nonce, cipher.encrypt(nonce, plain, b"label"), b"label")

    return SEALS / time_rounds(work)


def measure_inside(folder: str) -> None:
    """In the child: prints the figures of the house as JSON."""
    binding = open_house(folder)
    from upheld.actions.imports import import_people  # noqa: PLC0415 - Django lives in the child alone

    found: dict[str, float] = {}
    import_people(binding, invent(500, 2), now=NOW)
    for place, (name, items) in enumerate((("one", 1), ("two", 2)), 1):
        start = time.process_time()
        import_people(binding, invent(PEOPLE, items, place * 100_000), now=NOW)
        found[f"import_{name}"] = PEOPLE / (time.process_time() - start)
    found |= measure_reads(binding, READS)
    found |= measure_added(binding)
    found |= measure_ledger(binding.site)
    print(json.dumps(found))


def measure_reads(binding: Any, reads: int) -> dict[str, float]:
    """Reads of one person after the other: a second of one core, and by the clock."""
    from upheld.actions.vault import open_items  # noqa: PLC0415 - the same
    from upheld.records.models import Person  # noqa: PLC0415 - the same

    people = list(Person.objects.filter(site=binding.site).order_by("id")[:reads])
    data = binding.policy.words.expand("data", ("person",))

    def read(person: Any) -> None:
        opened = open_items(binding, person=person, action="show", counterpart="self", data=data, now=NOW)
        assert len(opened.values) == len(data)

    for person in people[:50]:
        read(person)
    start, taken = time.process_time(), time_each(read, people)
    rate = len(people) / (time.process_time() - start)
    half, most = list_quantiles(taken)
    return {"read": rate, "read_half": half, "read_most": most}


def time_each(work: Callable[[Any], object], things: list[Any]) -> list[float]:
    """By the clock, how long each of these took."""
    taken = []
    for thing in things:
        start = time.perf_counter()
        work(thing)
        taken.append(time.perf_counter() - start)
    return taken


def measure_added(binding: Any) -> dict[str, float]:
    """What asking the gate and writing the line add to a transaction that is open anyway."""
    from upheld.actions.ledger import write_line  # noqa: PLC0415 - the same
    from upheld.core.gate.act import Act  # noqa: PLC0415 - the same
    from upheld.records.walls import enter_site  # noqa: PLC0415 - the same

    def ask_and_write(_number: int) -> None:
        verdict = binding.ask(Act("collect", ("answer.survey",), "research", "survey"), {}, binding.current)
        assert verdict.is_permitted
        write_line(
            binding.site,
            "item.collected",
            at=NOW,
            person=f"p_{'a' * 20}",
            touchpoint="survey",
            data=["answer.survey"],
            items=[f"i_{'b' * 20}"],
            because=verdict.because,
            version=binding.current.isoformat(),
        )

    with enter_site(binding.site):
        for number in range(100):
            ask_and_write(number)
        _, most = list_quantiles(time_each(ask_and_write, list(range(READS))))
    return {"added_most": most}


def measure_ledger(site: str) -> dict[str, float]:
    """Lines written in batches and put into the tree, then everything verified from the first line."""
    from upheld.actions.ids import draw_id  # noqa: PLC0415 - the same
    from upheld.actions.ledger import Line, find_size, sequence_entries, write_lines  # noqa: PLC0415 - the same
    from upheld.actions.ledger_reading import verify_ledger  # noqa: PLC0415 - the same
    from upheld.records.walls import enter_site  # noqa: PLC0415 - the same

    while sequence_entries(site, NOW):
        pass
    start = time.process_time()
    for _ in range(LINES // 10_000):
        lines = [Line(draw_id("e"), "person.signed-out", draw_id("p"), NOW, {"sessions": 1}) for _ in range(10_000)]
        with enter_site(site):
            write_lines(site, lines)
        sequence_entries(site, NOW)
    rate = LINES / (time.process_time() - start)
    size, start = find_size(site), time.process_time()
    assert verify_ledger(site, now=NOW).is_whole
    return {"ledger": rate, "verified": size / (time.process_time() - start)}


if __name__ == "__main__":
    measure_inside(sys.argv[1])
