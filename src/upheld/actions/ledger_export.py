"""The whole ledger as a file that anybody can verify offline; reads line by line, so that a long one needs no memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from upheld.actions.ledger import find_verifier_key
from upheld.core.errors import VaultError
from upheld.core.seal.proof import write_export
from upheld.records.models import Checkpoint, Entry
from upheld.records.walls import enter_site

LINES_AT_ONCE = 2000
# A busy ledger has a checkpoint each second; so many show as well which stretch was changed.
MOST_CHECKPOINTS = 1000


def export_ledger(site: str, now: datetime) -> Iterator[str]:
    """The lines of an export up to the newest checkpoint, each with its end. Others write meanwhile.

    Of very many checkpoints it has every n-th and the newest one. Raises VaultError V823 when there is none yet.
    """
    with enter_site(site):
        notes = list(Checkpoint.objects.filter(site=site).order_by("size").values_list("size", "note"))
        key = find_verifier_key(site, now)
    if not notes:
        raise VaultError("V823", f"the ledger of `{site}` has no checkpoint yet", "wait for the jobs of the server")
    step = -(-len(notes) // MOST_CHECKPOINTS)
    thinned = [note for _, note in notes[::-step]][::-1]
    return write_export(key=key, entries=_read_texts(site, notes[-1][0]), checkpoints=thinned)


def find_checkpoint(site: str) -> str:
    """The newest signed checkpoint, to be kept elsewhere. Raises VaultError V823 when there is none yet."""
    with enter_site(site):
        newest = Checkpoint.objects.filter(site=site).order_by("-size").first()
    if newest is None:
        raise VaultError("V823", f"the ledger of `{site}` has no checkpoint yet", "wait for the jobs of the server")
    return newest.note


def _read_texts(site: str, size: int) -> Iterator[str]:
    for start in range(0, size, LINES_AT_ONCE):
        with enter_site(site):
            end = min(start + LINES_AT_ONCE, size)
            rows = Entry.objects.filter(site=site, place__gte=start, place__lt=end).order_by("place")
            page = list(rows.values_list("text", flat=True))
        yield from page
