"""What `upheld prove` does in a house that holds data: opens it beside a running server, proves its sites, writes bundles."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from upheld.core.errors import SealError
from upheld.core.proof.runs import Proof
from upheld.server.desk import open_desk
from upheld.server.environment import override_settings, read_environment
from upheld.server.proof_desk import prove_site
from upheld.server.top_key import has_data


@dataclass(frozen=True, slots=True)
class House:
    """A house that is open in this process; `sites` are the names of the policies that it serves."""

    sites: tuple[str, ...]

    def prove(
        self, site: str, *, cause: str, is_kept: bool, workers: int, tell: Callable[[str, int, int], None]
    ) -> tuple[Proof, str]:
        """The proof of the version in force at a site, and the id of the run where it is kept on record."""
        return prove_site(site, cause=cause, is_kept=is_kept, workers=workers, tell=tell)

    def write_bundle(self, site: str, run: str) -> bytes:
        """The bundle of a run that is on record. Raises SealError V803 when its line has no place in the tree."""
        # Both rooms hold models.
        from upheld.actions.bundles import export_bundle  # noqa: PLC0415
        from upheld.actions.ledger import sequence_entries  # noqa: PLC0415

        now = datetime.now(UTC)
        while sequence_entries(site, now):
            pass
        found = export_bundle(site, run, now)
        if found is None:
            raise SealError("V803", "the line of this proof has no place in the ledger's tree yet", "try again")
        return found


def open_house(*, state_folder: Path | None, policies_folder: Path | None, is_wanted: bool) -> House | None:
    """The house of this folder; None where nothing is held there, unless it is wanted.

    Raises SettingError S711 then, and as `open_desk` does.
    """
    environment = override_settings(read_environment(os.environ), state=state_folder, policies=policies_folder)
    if not is_wanted and not (environment.state.is_dir() and has_data(environment)):
        return None
    environment = open_desk(state_folder=state_folder, policies_folder=policies_folder)
    # These rooms hold models.
    from upheld.server.opening import open_shelf  # noqa: PLC0415
    from upheld.web.hosts import place_shelf  # noqa: PLC0415

    shelf = open_shelf(environment)
    place_shelf(shelf)
    return House(tuple(shelved.slug for shelved in shelf.policies))
