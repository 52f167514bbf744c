"""Seeded faults: what somebody could get wrong in the house, each of which has to turn the rehearsal of its rule red."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

SEMANTIC, PLAIN = "semantic", "plain"
# Names under which modules remember what they worked out for a policy; what was worked out with a fault is forgotten.
_REMEMBERED = ("_kept", "_found", "_plans", "_purposes", "_fields", "_registers")
_RENDERED = ("BODIES", "OVERVIEW_BODIES", "CHANGES_BODIES")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `sentence` is the part of its reference behind the #, `rule` the words that the rule's line begins with.

    `sort` says whether a handler crashes or forgets something (`plain`) or does the wrong thing while it looks right
    (`semantic`): half of a duty, one field more, a limit off by one, a refusal that leaves a row behind. `plant` puts it into
    the house by monkeypatch, in the module in which the name is used; it is given the stage, to ask the policy with.
    """

    name: str
    sort: str
    sentence: str
    rule: str
    plant: Callable[[pytest.MonkeyPatch, Any], None]


def list_tables() -> dict[str, tuple[Fault, ...]]:
    """All tables: each file `faults_ROOM.py` beside this one has a list FAULTS. By room."""
    files = sorted(Path(__file__).parent.glob("faults_*.py"))
    rooms = {file.stem.removeprefix("faults_"): f"tests.rehearsal.{file.stem}" for file in files}
    return {room: tuple(import_module(name).FAULTS) for room, name in rooms.items()}


def forget_all() -> None:
    """Forget what modules of the house worked out for a policy and remember by its digest, and the pages they rendered."""
    for name, module in list(sys.modules.items()):
        if name.startswith("upheld."):
            for place in _REMEMBERED:
                kept = getattr(module, place, None)
                if isinstance(kept, dict):
                    kept.clear()
            for place in _RENDERED:
                bodies = getattr(module, place, None)
                if bodies is not None:
                    bodies.kept.clear()


def wrap(patch: pytest.MonkeyPatch, place: str, around: Callable[..., Any]) -> None:
    """Put a function around the one that stands there: it is given that one, then the arguments."""
    original = _find(place)
    patch.setattr(place, lambda *args, **kwargs: around(original, *args, **kwargs))


def _find(place: str) -> Any:
    module, _, name = place.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)
