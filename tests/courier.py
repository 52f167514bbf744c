"""The courier's policy alone, as a folder of policies: whoever opens all that we publish waits for the other sites, too."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COURIER = ROOT / "policies" / "lasership"


def lay_out_courier(folder: Path) -> Path:
    """The folder `policies` in this one, with the courier and the register of clauses; made where it is not there yet."""
    place = folder / "policies"
    if not place.exists():
        place.mkdir(parents=True)
        for kept in (COURIER, COURIER.parent / "register.csv"):
            (place / kept.name).symlink_to(kept)
    return place
