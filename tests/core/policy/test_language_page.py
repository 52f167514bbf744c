"""docs/language.md is run: its policy loads and is sound, what it quotes stands there, what it says comes out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.policy.conftest import ROOT
from tests.house.language_page import END, START, write_language
from upheld.core.gate import Gate, parse_act, parse_facts
from upheld.core.gate.formal import prove_formally
from upheld.core.policy.builtin import BUILT_IN
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.lint import lint_policy
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.verbs import VERBS
from upheld.core.policy.words import print_policy

EXAMPLE = ROOT / "docs" / "example.policy.md"
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
TAUGHT, REFERENCE = PAGE.split(START)[0], PAGE.split(START)[1].split(END)[0]


def find_blocks(kind: str) -> list[str]:
    """The blocks of one kind in the taught part, those in lists too."""
    found = re.findall(rf"^( *)```{kind}\n(.*?)^\1```", TAUGHT, re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in block.splitlines()) for indent, block in found]


@pytest.fixture(scope="module")
def example() -> Policy:
    return load_policy(EXAMPLE)


def test_the_example_is_sound_and_written_in_the_one_way(example: Policy) -> None:
    assert lint_policy(example) == ()
    assert print_policy(example) == example.text


def test_every_rule_of_the_example_that_can_be_proved_holds(example: Policy) -> None:
    proofs = prove_formally(Gate(compile_policy(example)))
    assert len(proofs) > 25
    assert [proof.rule.text for proof in proofs if proof.state != "holds"] == []


def test_what_the_page_quotes_stands_in_the_example(example: Policy) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    lines = {line.strip() for line in text.splitlines()}
    quoted = [line for kind in ("rules", "yaml") for block in find_blocks(kind) for line in block.splitlines()]
    assert len(quoted) > 20
    assert [line for line in quoted if line.strip() not in lines] == []
    sentences = {sentence.text for sentence in example.sentences}
    assert [said for said in re.findall(r"^> (.*)$", TAUGHT, re.MULTILINE) if said not in sentences] == []


def read_table() -> list[list[str]]:
    rows = re.search(r"\| act \| what is known .*?\n\n", TAUGHT, re.DOTALL)
    assert rows is not None
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.group().strip().splitlines()[2:]]


@pytest.mark.parametrize("row", read_table(), ids=lambda row: f"{row[0]} ({row[1]})")
def test_the_gate_answers_as_the_page_says(row: list[str], example: Policy) -> None:
    asked, known, answer, because = row
    gate = Gate(compile_policy(example))
    verdict = gate.ask(parse_act(asked, example.words), parse_facts(known, gate.table))
    assert verdict.outcome == answer
    assert verdict.because[:1] == ((f"wheelhouse#{because}",) if because else ())


def test_the_mistakes_on_the_page_are_found_as_printed(tmp_path: Path) -> None:
    (wrong,), (console,) = find_blocks("wrong"), find_blocks("console")
    text = EXAMPLE.read_text(encoding="utf-8")
    right = (
        "(2) for delivery share only person.name, person.phone, person.address with couriers if requested",
        "(1) never share anything with anyone for sale",
        "(3) share everything about you with authorities for legal if in scope and demanded by court order, approved by 2 of owners",
    )
    for old, new in zip(right, wrong.splitlines(), strict=True):
        assert text.count(f"{old}\n") == 1
        text = text.replace(f"{old}\n", f"{new}\n")
    (tmp_path / "wheelhouse.policy.md").write_text(text, encoding="utf-8")
    command, shown = console.split("\n", 1)
    arguments = command.removeprefix("$ upheld ").split()
    done = subprocess.run(
        [sys.executable, "-m", "upheld.cli.main", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.strip() == shown.strip()


def test_the_reference_is_as_the_code_would_write_it() -> None:
    assert write_language() == PAGE, "run make docs"


def test_every_verb_and_every_word_is_in_the_reference() -> None:
    for verb in VERBS:
        assert f"### {verb.written}\n\n{verb.does}\n" in REFERENCE
        assert all(f"\n{line}\n" in REFERENCE for line in verb.good)
        assert all(f"- `{line}` [{code}](errors.md)" in REFERENCE for line, code in verb.bad)
    for names in BUILT_IN.values():
        for name, meaning in names.items():
            assert meaning, name
            assert f"| `{name}` | {meaning} |" in REFERENCE


def test_every_key_of_the_declarations_is_on_the_page() -> None:
    from upheld.core.policy.reading.declare import KEYS

    table = re.search(r"\| key \| what it names .*?\n\n", TAUGHT, re.DOTALL)
    assert table is not None
    named = {
        key
        for row in table.group().splitlines()[2:]
        for key in re.findall(r"`([a-z]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert named == set(KEYS)
