"""The audience of a campaign over a million people, with the reasons of those it does not reach, beside asking one by one."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bench.clock import Row
from bench.held import NOW, open_house, run_inside

PART = "a message to many"
PEOPLE = 1_000_000
CAPPED, SUPPRESSED = 100_000, 10_000
ONE_BY_ONE = 2_000
ROUNDS = 5
BATCH = 20_000
SEED = 20161003
TARGET_SECONDS = 2.0
OFFER = "promotional offer"


def measure_audience() -> Iterator[Row]:
    """The rows of this part, from a process with a database of its own."""
    found = run_inside("bench.audience")
    yield Row(
        PART,
        f"who of {PEOPLE:,} gets an offer, who not and by which sentence, with cap and suppressed addresses",
        found["survey"],
        "s",
        found["alone"] / found["survey"],
        f"{{}} × as fast as asking one by one (scaled from {ONE_BY_ONE:,})",
        "under 2 s",
        found["survey"] < TARGET_SECONDS,
    )


def measure_inside(folder: str) -> dict[str, float]:
    """The figures, measured in this process: the median of some rounds."""
    binding = open_house(folder)
    fill(binding)
    from upheld.actions.audiences import survey_audience  # noqa: PLC0415 - holds models
    from upheld.core.notices.audience import Cap  # noqa: PLC0415 - the same

    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = survey_audience(binding, OFFER, cap=Cap(1, 28), now=NOW)
        taken.append(time.perf_counter() - start)
    assert found.holders == PEOPLE, "somebody was not counted"
    assert found.reached + found.withheld == PEOPLE, "the reasons do not add up"
    assert found.suppressed, "nobody was held back"
    return {"survey": sorted(taken)[len(taken) // 2], "alone": ask_alone(binding) * PEOPLE / ONE_BY_ONE}


def ask_alone(binding: Any) -> float:
    """Seconds for gathering the facts of some people from their rows and asking the gate about each."""
    from upheld.actions.facts import gather_facts  # noqa: PLC0415 - holds models
    from upheld.core.notices.classes import list_carriers  # noqa: PLC0415 - the same
    from upheld.records.models import Person  # noqa: PLC0415 - the same

    [carrier] = list_carriers(binding.policy, OFFER)
    start = time.perf_counter()
    for person in Person.objects.filter(site=binding.site)[:ONE_BY_ONE]:
        binding.ask(carrier.act, gather_facts(binding, person), person.version)
    return time.perf_counter() - start


def fill(binding: Any) -> None:
    """A million account holders of both versions with every answer, some facts, addresses, and mails of last week."""
    from upheld.actions.ids import draw_id  # noqa: PLC0415 - one of ours, after Django
    from upheld.actions.rows import insert_rows  # noqa: PLC0415 - holds models
    from upheld.actions.standings import Combination, keep_combinations  # noqa: PLC0415 - the same
    from upheld.records.models import Campaign, CampaignMail, Identifier, Person, Suppression  # noqa: PLC0415 - the same
    from upheld.records.walls import enter_site  # noqa: PLC0415 - the same

    site, chance = binding.site, random.Random(SEED)
    answers: list[dict[str, str]] = [{}, {"marketing": "yes"}, {"marketing": "no"}]
    facts: list[dict[str, bool | None]] = [{}, {"told": True}, {"told": False}]
    combinations = [Combination("holder", answer, fact) for answer in answers for fact in facts]
    with enter_site(site):
        numbers = list(keep_combinations(site, {str(n): found for n, found in enumerate(combinations)}).values())
        Campaign.objects.create(
            id="cp_bench", site=site, name="x", mail_class=OFFER, made_at=NOW, changed_at=NOW, state="done"
        )
    versions, week = sorted(binding.gates), NOW - timedelta(days=7)
    long_ago = NOW - timedelta(days=1500)
    people = ("id", "site", "version", "standing", "created_at", "signed_in_at")
    identifiers = ("site", "person_id", "kind", "digest", "created_at", "verified_at")
    for start in range(0, PEOPLE, BATCH):
        rows = [
            (draw_id("p"), site, chance.choice(versions), chance.choice(numbers), chance.choice((long_ago, week)), week)
            for _ in range(start, start + BATCH)
        ]
        found = [(site, row[0], "email", chance.randbytes(16), week, week) for row in rows]
        with enter_site(site):
            insert_rows(Person, people, rows)
            insert_rows(Identifier, identifiers, found)
            if start < CAPPED:
                mails = [(site, "cp_bench", row[0], "m_bench", week) for row in rows]
                insert_rows(CampaignMail, ("site", "campaign_id", "person", "message", "at"), mails)
            held = [(site, row[3], "", "bounce", week) for row in found[: SUPPRESSED // (PEOPLE // BATCH)]]
            insert_rows(Suppression, ("site", "digest", "mail_class", "reason", "at"), held)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure_inside(sys.argv[1])) + "\n")
