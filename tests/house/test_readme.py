"""The front page is run: its Python works as printed, its console shows what the command prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_front_page_runs_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    *setup, last = block.strip().splitlines()
    question, said = last.split("  # ")
    space: dict[str, object] = {}
    exec("\n".join(setup), space)  # noqa: S102 - our own front page
    assert repr(eval(question, space)) == said.split(",")[0]  # noqa: S307
    verdict = eval(question.removesuffix(".is_permitted"), space)  # noqa: S307
    assert verdict.because[0] == said.split("because of ")[1]


def test_the_refusal_on_the_front_page_is_what_the_command_prints() -> None:
    (block,) = re.findall(r"```console\n\$ upheld explain '(.*?)' --policy lasership\n(.*?)```", README, re.DOTALL)
    command = [sys.executable, "-m", "upheld.cli.main", "explain", block[0], "--policy", "lasership"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.strip() == block[1].strip()


def test_the_policy_on_the_front_page_stands_in_the_policy() -> None:
    (block,) = re.findall(r"````markdown\n(.*?)````", README, re.DOTALL)
    policy = (ROOT / "policies/lasership/2016-06-13.policy.md").read_text(encoding="utf-8")
    for line in block.strip().splitlines():
        assert line in policy, line
