"""How many of everybody may get a class of message, and why the others do not: counted by combinations, not one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from upheld.actions.facts import LAST_SIGN_IN
from upheld.actions.merging import know_of_merger
from upheld.actions.rows import read_columns
from upheld.actions.standings import Combination, mend_standings
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import (
    Cap,
    Group,
    Judgement,
    find_campaign_class,
    judge_groups,
    list_campaign_classes,
)
from upheld.core.notices.classes import list_carriers
from upheld.core.notices.standing import HOLDER
from upheld.core.notices.stops import list_stoppable
from upheld.core.rights.keeping import find_keeping
from upheld.records.models import Campaign, CampaignMail, Identifier, Person, Standing, Suppression
from upheld.records.walls import read_site

EMAIL = "email"
LAPSED, SUPPRESSED, CAPPED = "lapsed", "suppressed", "capped"
HELD = (LAPSED, SUPPRESSED, CAPPED)
IN_A_QUERY = 500
STANDING = ("id", "belongs", "answers", "facts", "since")


@dataclass(frozen=True, slots=True)
class Audience:
    """What a class of message would come to if it went out now.

    `holders` are all who have an account with a verified address; `judgement` is the gate's word on them. Of those it
    lets have the message, `lapsed` were away so long that their address is past its time of keeping, `suppressed` have an address that gets no more of it and `capped` had as many lately as anybody
    gets; `reached` is who is left. `others` are people who are in no such audience, by how they stand towards the house.
    """

    mail_class: str
    holders: int
    judgement: Judgement
    lapsed: int
    suppressed: int
    capped: int
    others: Mapping[str, int]

    @property
    def reached(self) -> int:
        """How many people get it."""
        return self.judgement.reached - self.lapsed - self.suppressed - self.capped

    @property
    def withheld(self) -> int:
        """How many account holders do not."""
        return self.holders - self.reached


def survey_audience(binding: Binding, mail_class: str, *, cap: Cap, now: datetime, leaving_out: str = "") -> Audience:
    """Who gets a campaign of this class now. `cap` counts what other campaigns than `leaving_out` sent.

    One grouping query over everybody, one question for the gate for each combination, one query for who is held back.
    Side effect: people whose combination was never looked up get theirs.
    """
    while mend_standings(binding):
        pass
    with read_site(binding.site):
        counted = count_people(binding.site)
        known = read_combinations(binding.site, {standing for _, standing, _ in counted})
        groups: list[Group] = []
        others: dict[str, int] = {}
        for version, standing, people in counted:
            one = known[standing]
            if one.belongs == HOLDER:
                groups.append(Group(version, standing, one.answers, one.facts, people, one.since))
            else:
                others[one.belongs] = others.get(one.belongs, 0) + people
        judgement = judge_groups(binding, mail_class, groups, know_of_merger(binding.site, ""))
        held = count_held(binding, mail_class, judgement.permitted, cap=cap, now=now, leaving_out=leaving_out)
    return Audience(
        mail_class,
        sum(group.people for group in groups),
        judgement,
        held[LAPSED],
        held[SUPPRESSED],
        held[CAPPED],
        others,
    )


def count_people(site: str) -> list[tuple[date, int, int]]:
    """How many people there are of each version and combination, from the index alone; belongs inside the site."""
    table = Person._meta.db_table  # noqa: SLF001 - Django's own documented name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT version, standing, COUNT(*) FROM {table} WHERE site = %s GROUP BY version, standing",  # noqa: S608 - our own name
            [site],
        )
        return [(read_day(version), int(standing), int(people)) for version, standing, people in cursor.fetchall()]


def read_combinations(site: str, numbers: Iterable[int]) -> dict[int, Combination]:
    """The combinations of these numbers; belongs inside the site."""
    wanted = sorted(numbers)
    found: dict[int, Combination] = {}
    for start in range(0, len(wanted), IN_A_QUERY):
        some = wanted[start : start + IN_A_QUERY]
        marks = ", ".join(["%s"] * len(some))
        rest = f"WHERE site = %s AND id IN ({marks})"
        found |= {number: Combination(*told) for number, *told in read_columns(Standing, STANDING, rest, (site, *some))}
    return found


def count_held(
    binding: Binding,
    mail_class: str,
    permitted: frozenset[tuple[date, int]],
    *,
    cap: Cap,
    now: datetime,
    leaving_out: str = "",
) -> dict[str, int]:
    """How many of those whom the gate lets have it are held back, each by the first reason of HELD that is theirs.

    A class that nobody can stop is held back from nobody but who was away for so long that the time of keeping is over.
    Belongs inside the site.
    """
    held, parts = dict.fromkeys(HELD, 0), []
    if (lapsed := _select_lapsed(binding, mail_class, now)) is not None:
        parts.append((LAPSED, *lapsed))
    if mail_class in list_stoppable(binding.policy):
        parts.append((SUPPRESSED, *_select_suppressed(binding.site, mail_class)))
        if cap.is_set:
            parts.append((CAPPED, *_select_capped(binding, cap, now, leaving_out)))
    if not parts:
        return held
    found = " UNION ALL ".join(
        f"SELECT person, {HELD.index(reason)} AS rank FROM ({select}) AS s{HELD.index(reason)}"  # noqa: S608 - our own words
        for reason, select, _ in parts
    )
    people = Person._meta.db_table  # noqa: SLF001 - Django's own documented name
    statement = (
        f"SELECT h.rank, p.version, p.standing, COUNT(*)"  # noqa: S608 - the same
        f" FROM (SELECT person, MIN(rank) AS rank FROM ({found}) AS f GROUP BY person) AS h"
        f" JOIN {people} p ON p.id = h.person WHERE p.site = %s GROUP BY h.rank, p.version, p.standing"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for _, _, values in parts for value in values] + [binding.site])
        for rank, version, standing, count in cursor.fetchall():
            if (read_day(version), int(standing)) in permitted:
                held[HELD[rank]] += int(count)
    return held


def find_capped(binding: Binding, people: list[str], cap: Cap, now: datetime, leaving_out: str = "") -> frozenset[str]:
    """Which of these people had as many messages of campaigns lately as anybody gets; belongs inside the site."""
    if not cap.is_set or not people:
        return frozenset()
    statement, values = _select_capped(binding, cap, now, leaving_out, people)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return frozenset(person for (person,) in cursor.fetchall())


def list_capped_classes(binding: Binding) -> tuple[str, ...]:
    """The classes whose messages count for the cap: those of campaigns that can be stopped."""
    return tuple(found.name for found in list_campaign_classes(binding.policy) if found.can_stop)


def find_cap(binding: Binding, mail_class: str) -> Cap:
    """How often the policy, or the house, lets one person hear from campaigns of this class."""
    found = find_campaign_class(binding.policy, mail_class)
    return found.cap if found else Cap()


def read_day(value: Any) -> date:
    """A day as either database gives it."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _select_lapsed(binding: Binding, mail_class: str, now: datetime) -> tuple[str, list[Any]] | None:
    """Who signed in so long ago that the policy keeps no address of theirs any more; None where it ends otherwise."""
    leaves = {carrier.address for carrier in list_carriers(binding.policy, mail_class)}
    keepings = [find_keeping(binding.gate.table, leaf) for leaf in leaves]
    days = [keeping.days for keeping in keepings if keeping.event == LAST_SIGN_IN and keeping.days is not None]
    if not days or len(days) < len(leaves):
        return None
    before = connection.ops.adapt_datetimefield_value(now - timedelta(days=max(days)))
    people = Person._meta.db_table  # noqa: SLF001 - Django's own documented name
    return (
        (
            f"SELECT id AS person FROM {people} WHERE site = %s AND created_at <= %s"  # noqa: S608 - our own name
            " AND (signed_in_at IS NULL OR signed_in_at <= %s)"
        ),  # nobody signs in before they are there: an index finds few
        [binding.site, before, before],
    )


def _select_suppressed(site: str, mail_class: str) -> tuple[str, list[Any]]:
    """Whose verified address gets no more of this class."""
    suppressions, identifiers = Suppression._meta.db_table, Identifier._meta.db_table  # noqa: SLF001 - Django's own documented name
    return (
        (
            f"SELECT DISTINCT i.person_id AS person FROM {suppressions} s JOIN {identifiers} i"  # noqa: S608 - our own names
            " ON i.site = s.site AND i.kind = %s AND i.digest = s.digest AND i.verified_at IS NOT NULL"
            " WHERE s.site = %s AND s.mail_class IN (%s, '')"
        ),
        [EMAIL, site, mail_class],
    )


def _select_capped(
    binding: Binding, cap: Cap, now: datetime, leaving_out: str, people: list[str] | None = None
) -> tuple[str, list[Any]]:
    """Who was sent as many messages of campaigns that can be stopped in the last days as the cap allows."""
    mails, campaigns = CampaignMail._meta.db_table, Campaign._meta.db_table  # noqa: SLF001 - Django's own documented name
    classes = list_capped_classes(binding) or ("",)
    since = connection.ops.adapt_datetimefield_value(now - timedelta(days=cap.days))
    only = f" AND m.person IN ({', '.join(['%s'] * len(people))})" if people is not None else ""
    return (
        (
            f"SELECT m.person AS person FROM {mails} m JOIN {campaigns} c ON c.id = m.campaign_id"  # noqa: S608 - our own names
            f" WHERE m.site = %s AND m.at > %s AND m.message <> '' AND m.campaign_id <> %s{only}"
            f" AND c.mail_class IN ({', '.join(['%s'] * len(classes))}) GROUP BY m.person HAVING COUNT(*) >= %s"
        ),
        [binding.site, since, leaving_out, *(people or ()), *classes, cap.count],
    )
