"""`upheld function`: the policies side by side, one of them, and one address, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from upheld.cli.main import main

FOLDER = str(Path(__file__).parents[2] / "policies")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["function", *arguments, "--policies", FOLDER])
    out, err = capsys.readouterr()
    return code, out, err


def test_policies_stand_side_by_side(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = run(capsys, "american-laser", "lasership")
    assert code == 0
    head, *rest = out.splitlines()
    assert head.split() == ["american-laser", "lasership"]
    rows = {line.split()[0]: line for line in rest if line.startswith("F-")}
    assert len(rows) == 83
    assert rows["F-10"].split()[-2:] == ["yes", "·"]
    assert rows["F-34"].split()[-2:] == ["never", "yes"]
    monkeypatch.setenv("COLUMNS", "60")
    narrow = run(capsys, "american-laser", "lasership")[1]
    assert max(len(line) for line in narrow.splitlines()) <= 60


def test_one_policy_says_where_and_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "lasership")
    assert code == 0
    assert out.startswith("lasership: of 83 functions ")
    works, _, rest = out.partition("the policy allows this, not built (")
    assert "F-15  surveys\n        where: " in works
    assert "/survey" in works
    assert "F-81" in rest
    assert "missing: destroying it" in rest
    described = json.loads(run(capsys, "lasership", "--format", "json")[1])["policies"][0]
    assert sum(described["counts"].values()) == len(described["functions"]) == 83


def test_an_address_is_one_of_four(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "lasership", "--address", "/forum")[1].startswith("/forum: the policy does not name this\n")
    told = json.loads(run(capsys, "american-laser", "--address", "newsletter", "--format", "json")[1])
    assert (told["state"], told["here"], told["touchpoint"]) == ("not built", False, "subscription")
    code, _, err = run(capsys, "lasership", "american-laser", "--address", "/forum")
    assert code == 2
    assert "R505" in err
