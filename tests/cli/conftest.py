"""What the tests of commands share: a folder with two policies, and a command run as a person runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from upheld.cli.main import main

POLICY = """---
policy: {slug}
business: Shop
title: Shop
version: {version}
surface: web
data: {{person: {{name: user.name, email: user.contact.email}}}}
purposes: {{fulfil: essential, news: marketing, sale: third_party_sharing}}
recipients: {{carriers: processor}}
roles: [office]
touchpoints: {{order: /order}}
choices: {{offers: our offers}}
mail: {{letter: news}}
audiences: {{customers: [person.email]}}
settle: {{answers: {answers}}}
labels: {{person: your contact details}}
---

# What we promise

We take orders. We sell nothing. Our letter goes to whoever wants it.

```rules
(1) collect person at order for fulfil [SH-01]
(1) keep person 30 days
(1) answer access requests by email within answers settled answers
(1) show person to office for fulfil if granted
(2) never share person with anyone for sale [SH-02]
(2) claim nobody outside gets person for sale
(2) share person with carriers for fulfil if requested
(3) choice offers is opt-in, asked at order
(3) send letter to customers if chosen offers
{more}
```
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def write_version(slug: str, version: str, *, answers: str = "20 days", more: str = "") -> str:
    return POLICY.format(slug=slug, version=version, answers=answers, more=more)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder: `policies` holds `shop` in two versions and `stall` in one."""
    for slug, version, answers in (
        ("shop", "2024-05-01", "20 days"),
        ("shop", "2025-05-01", "10 days"),
        ("stall", "2024-01-01", "20 days"),
    ):
        folder = tmp_path / "policies" / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{version}.policy.md").write_text(write_version(slug, version, answers=answers), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def run(shop: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in that folder."""

    def call(*words: str) -> Ended:
        try:
            code = main(words)
        except SystemExit as end:  # how argparse ends after help and bad usage
            code = end.code if isinstance(end.code, int) else 1
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return call
