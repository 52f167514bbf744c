"""How proofs stand over time: since when each sentence is in its state, the counts day by day, where a line of the ledger lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max

from upheld.actions.proving import BROKEN_OFF, FINISHED, HeldRun, list_runs
from upheld.core.seal.entries import read_entry
from upheld.records.models import Entry, ProofRun, SentenceChange
from upheld.records.walls import read_site


@dataclass(frozen=True, slots=True)
class DayCounts:
    """How many sentences were in which state at the end of a day; `counts` is empty for a day without a proof."""

    day: date
    counts: Mapping[str, int]


def find_last_runs(site: str, digest: str) -> tuple[HeldRun | None, HeldRun | None]:
    """The newest finished run for this text of the policy, and the newest run of all, without the proofs themselves."""
    last = next(iter(list_runs(site, most=1)), None)
    if last is None or (last.state == FINISHED and last.digest == digest):
        return last, last
    newest = next((run for run in list_runs(site) if run.state == FINISHED and run.digest == digest), None)
    return newest, last


def find_reasons(site: str, runs: Iterable[HeldRun]) -> Mapping[str, str]:
    """Why each of these runs broke off, by its id, as the ledger has it; left out are those that did not."""
    entries = {run.entry: run.id for run in runs if run.state == BROKEN_OFF and run.entry}
    with read_site(site):
        rows = Entry.objects.filter(site=site, id__in=list(entries)).values_list("id", "text")
        return {entries[entry]: str(read_entry(text).body.get("reason", "")) for entry, text in rows}


def find_since(site: str) -> Mapping[tuple[str, str], datetime]:
    """Since when each sentence is in its state, by its reference and the digest of its words."""
    with read_site(site):
        rows = SentenceChange.objects.filter(site=site).values("sentence", "digest").annotate(at=Max("at"))
        return {(row["sentence"], row["digest"]): row["at"] for row in rows}


def count_by_day(site: str, now: datetime, days: int) -> tuple[DayCounts, ...]:
    """The counts of the last proof of each of so many days (UTC), today last; in runs of any text of the policy."""
    first = now.date() - timedelta(days=days - 1)
    found: dict[date, Mapping[str, int]] = {}
    with read_site(site):
        rows = ProofRun.objects.filter(site=site, state=FINISHED, began_at__date__gte=first).order_by("began_at", "id")
        for began_at, counts in rows.values_list("began_at", "counts"):
            found[began_at.date()] = counts
    every = (first + timedelta(days=number) for number in range(days))
    return tuple(DayCounts(day, found.get(day, {})) for day in every)


def find_serials(site: str, ids: Iterable[str]) -> Mapping[str, int]:
    """Where these lines lie in the list of the ledger; left out are those that are not there."""
    with read_site(site):
        rows = Entry.objects.filter(site=site, id__in=list(ids)).values_list("id", "serial")
        return dict(rows)
