"""What a demo's people vouched for is of all sorts, and once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import binding, databases, now
from upheld.core.proof.evidence import AWAITED, HOLDS, LAPSED

__all__ = ["binding", "databases", "now"]

pytestmark = pytest.mark.usefixtures("databases")


def hire(binding: Any, now: datetime) -> tuple[str, ...]:
    from upheld.actions.filling import make_staff, staff_roles

    return staff_roles(binding, make_staff("seven green kites"), "seven green kites", now)


def test_one_is_new_one_is_due_one_ran_out_and_one_was_never_signed(binding: Any, now: datetime) -> None:
    from upheld.actions.attesting import gather_attested, list_held
    from upheld.actions.ledger_reading import list_lines
    from upheld.server.demo_proof import fill_proof

    names = hire(binding, now)
    assert fill_proof(binding, names, now) == 3
    held = list_held(binding, now)
    assert [one.until - now if one.until else None for one in held] == [
        timedelta(days=70),
        timedelta(days=10),
        timedelta(days=-5),
        None,
    ]
    assert [one.is_due(now) for one in held] == [False, True, True, True]
    outcomes = gather_attested(binding, now)
    assert [outcomes[one.statement.number].outcome for one in held] == [HOLDS, HOLDS, LAPSED, AWAITED]
    assert all(line.at < now for line in list_lines(binding.site, kinds=("attestation.signed",)))
    assert fill_proof(binding, names, now) == 0


def test_nothing_is_signed_by_nobody(binding: Any, now: datetime) -> None:
    from upheld.server.demo_proof import fill_proof

    assert fill_proof(binding, (), now) == 0
    names = tuple(name for name in hire(binding, now) if not name.startswith("privacy"))
    assert fill_proof(binding, names, now) == 0
