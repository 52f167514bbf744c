"""Ten thousand kills of those who write: the short run of 200 is tests/server/test_ledger_kills.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.test_ledger_kills import run_kills

pytestmark = pytest.mark.soak
ROUNDS = 20


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_ten_thousand_kills_lose_nothing_that_was_acknowledged(tmp_path: Path, seed: int) -> None:
    report = run_kills(tmp_path / "state", kills=10_000 // ROUNDS, seed=1000 + seed)
    assert report["wrong"] == []
    assert report["fell"] == 0, "a writer fell over by itself"
    assert report["acknowledged"] > 250, "the writers hardly got to work: this shows nothing"
