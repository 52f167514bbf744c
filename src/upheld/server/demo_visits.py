"""Who looked at the pages of a demo in the weeks before: addresses that belong to nobody, in the log of visits as any others."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from upheld.actions.visits import FOLDER, Noted, VisitLog
from upheld.core.fields import VisitField, list_visit_fields
from upheld.core.gate.binding import Binding
from upheld.server.demo_recipe import Looking

DAYS = 27  # the whole weeks that a report counts, and those days of this one that are over
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737: addresses for examples, which nobody has


def fill_visits(binding: Binding, looking: Looking | None, state: Path, *, seed: int, now: datetime) -> int:
    """How many pages were looked at in the weeks before today; a day that has its file already is left as it is.

    Nothing where the policy has no visit noted.
    """
    fields = list_visit_fields(binding.gate.table)
    if looking is None or not fields:
        return 0
    chance = random.Random(f"{seed} {binding.site} visits")  # noqa: S311 - invented, and no secret
    log, count = VisitLog(state), 0
    for back in range(DAYS, 0, -1):
        day = (now - timedelta(days=back)).astimezone(UTC).date()
        visits = list(invent_day(fields, looking, day, chance))
        if not (state / FOLDER / binding.site / f"{day.isoformat()}.log").exists():
            log.append(binding.site, day.isoformat(), visits)
            count += len(visits)
    return count


def invent_day(fields: tuple[VisitField, ...], looking: Looking, day: date, chance: random.Random) -> list[Noted]:
    """The visits of one day in their order, fewer at the weekend: of each, what the policy has noted."""
    people = looking.people if day.weekday() < 5 else looking.people // 3
    pages, often = list(looking.pages), list(looking.pages.values())
    moments: list[tuple[datetime, Mapping[str, str]]] = []
    for _ in range(people):
        address = f"{chance.choice(NETWORKS)}.{chance.randint(1, 254)}"
        at = datetime.combine(day, time(), UTC) + timedelta(minutes=chance.triangular(300, 1320, 660))
        for page in dict.fromkeys(chance.choices(pages, often, k=chance.randint(1, 4))):
            told = {"address": address, "page": page, "time": at.isoformat(timespec="seconds"), "referrer": ""}
            told["hour"] = at.replace(minute=0, second=0).isoformat(timespec="minutes")
            moments.append((at, told))
            at += timedelta(seconds=chance.randint(5, 200))
    moments.sort(key=lambda moment: moment[0])
    return [tuple((field.data, told.get(field.part, "")) for field in fields) for _, told in moments]
