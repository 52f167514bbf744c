"""No command but serve and demo ever imports Django; a process in which it cannot be imported shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.core.policy.conftest import ROOT
from tests.core.seal.trees import make_ledger

SERVER = ("django", "granian", "whitenoise", "asgiref")
PROGRAM = """
import contextlib, io, json, sys

class Refuse:
    asked = []

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {server!r}:
            self.asked.append(name)
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
from upheld.cli.main import main

codes = {{}}
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            codes[" ".join(words)] = main(words)
        except SystemExit as end:
            codes[" ".join(words)] = end.code
print(json.dumps([Refuse.asked, codes]))
"""
COMMANDS = [
    ["check", "lasership"],
    ["ask", "use person for fulfil"],
    ["explain", "use person for fulfil"],
    ["explain", "lasership#cookies.1"],
    ["explain", "P303"],
    ["coverage", "lasership"],
    ["align", "original.txt", "--policy", "lasership"],
    ["diff", "lasership"],
    ["words", "lasership"],
    ["prove", "--formal", "shop"],
    ["export", "lasership"],
    ["verify", "receipt.json"],
    ["init", "corner-bakery"],
    ["--help"],
    ["serve", "--help"],
    ["demo", "--help"],
]


def test_no_command_but_serve_and_demo_imports_django(shop: Path) -> None:
    (shop / "original.txt").write_text("An original.", encoding="utf-8")
    (shop / "receipt.json").write_text(make_ledger(3).receipt(1), encoding="utf-8")
    for source in (ROOT / "policies" / "lasership").iterdir():
        target = shop / "policies" / "lasership" / source.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(source.read_bytes())
    (shop / "policies" / "register.csv").write_bytes((ROOT / "policies" / "register.csv").read_bytes())
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(server=SERVER), json.dumps(COMMANDS)],
        cwd=shop,
        env={name: value for name, value in os.environ.items() if not name.startswith("UPHELD_")},
        capture_output=True,
        text=True,
        check=True,
    )
    asked, codes = json.loads(ended.stdout)
    assert asked == []
    assert len(codes) == len(COMMANDS)
    assert {words: code for words, code in codes.items() if code != 0} == {
        "align original.txt --policy lasership": 1,
        "diff lasership": 1,
    }
