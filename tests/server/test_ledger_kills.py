"""Kill -9 at any moment: nothing that was acknowledged is lost, nothing is half written, and the tree stays one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.courier import ROOT


def run_kills(state: Path, kills: int, seed: int) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.server.kills", str(state), str(kills), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    report: dict[str, Any] = json.loads(ended.stdout)
    assert ended.stderr == ""
    return report


def test_200_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    report = run_kills(tmp_path / "state", kills=200, seed=1)
    assert report["wrong"] == []
    assert report["fell"] == 0, "a writer fell over by itself"
    assert report["acknowledged"] > 100, "the writers hardly got to work: this shows nothing"
