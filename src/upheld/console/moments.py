"""The clock of the console, and how it says moments: both relative and exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

STEPS = (
    (60, "second"),
    (3600, "minute"),
    (86_400, "hour"),
    (86_400 * 14, "day"),
    (86_400 * 60, "week"),
    (86_400 * 730, "month"),
)
SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_800,
    "year": 31_557_600,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in words beside its exact time."""

    relative: str
    exact: str
    machine: str


def read_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def say_moment(at: datetime | None, now: datetime) -> Moment | None:
    """The moment as `3 hours ago` and `2026-11-22 14:05 UTC`; nothing for none."""
    if at is None:
        return None
    moment = at.astimezone(UTC)
    return Moment(say_distance((moment - now).total_seconds()), f"{moment:%Y-%m-%d %H:%M} UTC", moment.isoformat())


def say_distance(seconds: float) -> str:
    """How far away in whole units: `in 3 days`, `2 hours ago`, `now`."""
    away = abs(seconds)
    if away < 1:
        return "now"
    unit = next((unit for limit, unit in STEPS if away < limit), "year")
    count = max(1, int(away // SECONDS[unit]))
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds > 0 else f"{words} ago"
