"""What later lines of a ledger depend on, kept while it is replayed: answers, permissions, demands, mergers, grants, parcels.

Each class takes what lines say and answers what was so at a moment. Moments are texts as the ledger writes them, which are
in the order of time; none of it is read from any other record.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from upheld.core.policy.model import Approval
from upheld.core.seal.entries import write_moment

DAY = 86_400


def read_moment(text: str) -> datetime:
    """A moment of the ledger as a value."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def add_time(text: str, time: timedelta) -> str:
    """The moment so much later."""
    return write_moment(read_moment(text) + time)


class Clock:
    """Moments as seconds; days are remembered, since lines of one day stand together."""

    def __init__(self) -> None:
        self._days: dict[str, int] = {}

    def count(self, text: str) -> int:
        """The seconds of this moment."""
        day = self._days.get(text[:10])
        if day is None:
            day = self._days[text[:10]] = int(read_moment(f"{text[:10]}T00:00:00Z").timestamp())
        return day + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to a choice: when, yes or no, and where it was given."""

    at: str
    is_yes: bool
    touchpoint: str


class Answers:
    """What people answered; the latest by its moment counts, of two in one moment the one that stands later."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], list[Said]] = {}

    def take(self, person: str, choice: str, said: Said) -> None:
        """One more answer."""
        self._said.setdefault((person, choice), []).append(said)

    def find(self, person: str, choice: str, at: str) -> Said | None:
        """The answer that counted at this moment; None for somebody who had given none."""
        found: Said | None = None
        for said in self._said.get((person, choice), ()):
            if said.at <= at and (found is None or found.at <= said.at):
                found = said
        return found

    def list_since(self, person: str, choice: str, since: str, at: str) -> list[Said | None]:
        """Every answer that counted at some moment between these two, the first one as it stood at the earlier."""
        later = [said for said in self._said.get((person, choice), ()) if since < said.at <= at]
        return [self.find(person, choice, since), *later]


@dataclass(slots=True)
class Permission:
    """A permission that somebody gave, and whether it has ended."""

    person: str
    data: frozenset[str]
    purpose: str
    recipient: str
    is_over: bool = False

    def covers(self, person: str, data: Iterable[str], purpose: str, recipient: str) -> bool:
        """Whether it says exactly this, and has not ended."""
        return (
            not self.is_over
            and (self.person, self.purpose, self.recipient) == (person, purpose, recipient)
            and set(data) <= self.data
        )


@dataclass(frozen=True, slots=True)
class Voice:
    """One answer of one person to what was put to them, known by its digest."""

    digest: str
    role: str
    by: str
    is_yes: bool
    counts: bool  # somebody of the staff has a voice only with a live grant of the role


@dataclass(slots=True)
class Demand:
    """A legal demand as it stands: what it may have, what was put to people last, who answered."""

    ground: str
    recipient: str
    wanted: frozenset[str]
    given: frozenset[str]
    people: int = 0
    asked: str = ""
    voices: list[Voice] = field(default_factory=list)

    def change(self, data: Iterable[str], people: int) -> None:
        """Other contents or other people. Who added somebody left the contents as they are; nobody has agreed to it."""
        wanted = frozenset(data)
        if wanted != self.wanted or people == self.people:
            self.given = wanted
        self.wanted, self.people, self.asked = wanted, people, ""

    def count_voices(self, role: str) -> int:
        """How many different people of the role agreed to it as it stands; none when one of them said no."""
        if not self.asked:
            return 0
        own = [voice for voice in self.voices if voice.digest == self.asked and voice.role == role]
        return 0 if any(not voice.is_yes for voice in own) else len({voice.by for voice in own if voice.counts})

    def know(self, names: Iterable[str], approvals: Mapping[str, Approval], data: Iterable[str]) -> dict[str, bool]:
        """What is known of it for the gate: its ground and no other, whether enough agreed, whether it covers these data."""
        known = {name: name == f"demanded by {self.ground}" for name in names if name.startswith("demanded by ")}
        known |= {name: self.count_voices(one.role) >= one.count for name, one in approvals.items()}
        return known | {"in scope": set(data) <= self.given}


@dataclass(slots=True)
class Merger:
    """A merger: whether it stands, how long before anything goes people are told, and when each of them was."""

    lead: timedelta
    is_standing: bool = True
    told: dict[str, str] = field(default_factory=dict)

    def was_told(self, person: str, at: str) -> bool:
        """Whether this person had been told, and long enough before."""
        told = self.told.get(person)
        return told is not None and add_time(told, self.lead) <= at


@dataclass(slots=True)
class Review:
    """What is looked at again until a day (a grant, a line of a register): since when it stands, until when, which line says so."""

    what: str
    due: str
    since: str
    line: str


class Grants:
    """Which member of staff holds which role until which day."""

    def __init__(self) -> None:
        self.standing: dict[str, tuple[str, str, Review]] = {}

    def take(self, grant: str, staff: str, role: str, review: Review) -> None:
        """A grant was given, or looked at again."""
        self.standing[grant] = (staff, role, review)

    def end(self, grant: str) -> None:
        """It holds no more."""
        self.standing.pop(grant, None)

    def end_all(self, staff: str) -> None:
        """This member of staff is let in no more."""
        for grant in [name for name, (who, _, _) in self.standing.items() if who == staff]:
            del self.standing[grant]

    def is_live(self, staff: str, role: str, at: str) -> bool:
        """Whether they held the role then; on the day of the review itself nobody can tell, so it counts as yes."""
        return any(
            (who, what) == (staff, role) and at[:10] <= review.due for who, what, review in self.standing.values()
        )


@dataclass(slots=True)
class Case:
    """An open case: its sort, when it was opened, until when it has to be answered."""

    sort: str
    opened: str
    due: str
    line: str
    is_answered: bool = False


class Held:
    """When data of each category last came in, and when each person's clocks last started, by the number of the person."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._people: dict[str, int] = {}
        self._latest: dict[str, array[int]] = {}

    def take(self, person: str, names: Iterable[str], at: str) -> None:
        """Something of these names (categories, an event) happened about this person."""
        number = self._people.setdefault(person, len(self._people))
        seconds = self._clock.count(at)
        for name in names:
            row = self._latest.get(name)
            if row is None:
                row = self._latest[name] = array("q")
            if number >= len(row):
                row.extend([0] * (max(number + 1, 2 * len(row)) - len(row)))
            row[number] = max(row[number], seconds)

    def is_over(self, person: str, names: Iterable[str], days: int, at: str) -> bool:
        """Whether more than so many days had passed since the last of these; never when none of them is known."""
        number = self._people.get(person, -1)
        known = [row[number] for name in names if 0 <= number < len(row := self._latest.get(name, array("q")))]
        latest = max(known, default=0)
        return latest > 0 and latest + days * DAY < self._clock.count(at)
