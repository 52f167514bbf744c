"""What `upheld ledger` does with the ledger of a site, once the house is open; says nothing to anybody itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from upheld.actions.ledger import find_verifier_key, sequence_entries
from upheld.actions.ledger_export import export_ledger, find_checkpoint
from upheld.actions.ledger_notes import keep_note, read_notes, set_notes_aside
from upheld.actions.ledger_reading import Verification, issue_receipt, verify_ledger
from upheld.actions.ledger_restoring import Loss, accept_loss, find_loss
from upheld.core.errors import VaultError
from upheld.core.seal.proof import VerifiedExport, verify_export


def verify_site(site: str, state: Path) -> Verification:
    """What a walk through the whole ledger gave, held against the checkpoints in the state folder; leaves a line."""
    return verify_ledger(site, now=_now(), kept=read_notes(state, site, _now()))


def weigh_restored(site: str) -> Loss | None:
    """What the ledger lacks of what was signed once, or None."""
    return find_loss(site, _now())


def go_on_restored(site: str, state: Path) -> tuple[Loss, Path | None]:
    """Accept what is lost, with a line that says so; and the new name of the file of checkpoints, when there was one.

    Raises VaultError V825 when nothing is lost.
    """
    loss = accept_loss(site, _now())
    aside = set_notes_aside(state, site, _now())
    _sequence(site)
    keep_note(state, site, _now())
    return loss, aside


def read_key(site: str) -> str:
    """The verifier key, one line, as it is published."""
    return find_verifier_key(site, _now())


def read_checkpoint(site: str) -> str:
    """The newest checkpoint, after what waited was put into the tree. Raises VaultError V823 for an empty ledger."""
    _sequence(site)
    return find_checkpoint(site)


def open_export(site: str) -> Iterator[str]:
    """The lines of the export, after what waited was put into the tree. Raises VaultError V823 for an empty ledger."""
    # A ledger that was altered gets nothing added, and can be exported all the same: somebody will want to look.
    with suppress(VaultError):
        _sequence(site)
    return export_ledger(site, _now())


def check_lines(lines: Iterator[str], site: str) -> VerifiedExport:
    """What an export proves that is read on the way out. Raises SealError V803 as `verify_export` does."""
    return verify_export(lines, read_key(site))


def make_receipt(site: str, entry: str) -> str | None:
    """The receipt of the line of this id, or None when there is none."""
    _sequence(site)
    return issue_receipt(site, entry, _now())


def _sequence(site: str) -> None:
    while sequence_entries(site, _now()):
        pass


def _now() -> datetime:
    return datetime.now(UTC)
