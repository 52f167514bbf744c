"""The gate gives the verdicts that people wrote by hand from the register, before any rule existed."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from upheld.core.gate import Gate, Verdict, parse_act, parse_facts
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy
from upheld.core.register.clauses import load_register

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "golden"
VERDICTS = ("permitted", "refused", "silent")
KINDS_OF_ACTS = {
    "collect", "log-what", "use-for", "never-use-for", "aggregate-only", "disclose-to", "never-disclose",
    "legal-process", "merger", "opt-in", "opt-out", "cannot-opt-out", "access-role",
}  # fmt: skip
# of these kinds, but no act: a password guards the door, it does not say who may do what
NO_ACTS = {"LS-48"}


@dataclass(frozen=True, slots=True)
class Line:
    policy: str
    number: int
    act: str
    facts: str
    verdict: str
    because: frozenset[str]
    why: str

    def __str__(self) -> str:
        return f"{self.policy}:{self.number} {self.act}" + (f" | {self.facts}" if self.facts else "")


def read_lines(path: Path) -> list[Line]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        return [
            Line(
                policy=path.stem,
                number=reader.line_num,
                act=row["act"],
                facts=row["facts"],
                verdict=row["verdict"],
                because=frozenset(row["because"].replace(",", " ").split()),
                why=row["why"],
            )
            for row in reader
        ]


LINES = [line for path in sorted(FOLDER.glob("*.csv")) for line in read_lines(path)]


@cache
def open_policy(slug: str) -> Policy:
    """The first version: it restates what the source promised; later ones are our own story."""
    return load_policy(min((ROOT / "policies" / slug).glob("*.policy.md")))


@cache
def open_gate(slug: str) -> Gate:
    return Gate(compile_policy(open_policy(slug)))


@cache
def list_citations(slug: str) -> dict[str, frozenset[str]]:
    """For each sentence the clauses that the rules under it cite."""
    cited: dict[str, set[str]] = defaultdict(set)
    for rule in open_policy(slug).active_rules:
        for ref in rule.sentences:
            cited[ref].update(rule.refs)
    return {ref: frozenset(clauses) for ref, clauses in cited.items()}


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_gate_says_what_people_read_in_the_source(line: Line) -> None:
    policy = open_policy(line.policy)
    gate = open_gate(line.policy)
    verdict = gate.ask(parse_act(line.act, policy.words), parse_facts(line.facts, gate.table))
    assert verdict.outcome == line.verdict, line.why
    if line.because:
        deciding = find_deciding(verdict)
        cited = list_citations(line.policy)
        assert line.because & {clause for ref in deciding for clause in cited[ref]}, deciding
    if line.verdict == "silent":
        assert not verdict.because


def find_deciding(verdict: Verdict) -> tuple[str, ...]:
    """The sentence that permits or cuts, alone; where conditions are lacking, every sentence that could have opened."""
    is_lacking = verdict.outcome == "refused" and not verdict.is_cut
    return verdict.because if is_lacking else verdict.because[:1]


@pytest.mark.parametrize("slug", sorted({line.policy for line in LINES}))
def test_there_are_at_least_forty_lines_of_every_verdict(slug: str) -> None:
    counted = Counter(line.verdict for line in LINES if line.policy == slug)
    assert counted.total() >= 40
    assert set(counted) == set(VERDICTS)


def test_no_question_is_asked_twice() -> None:
    counted = Counter((line.policy, line.act, line.facts) for line in LINES)
    assert not [question for question, count in counted.items() if count > 1]


def test_every_line_says_why_and_only_silence_cites_nothing() -> None:
    for line in LINES:
        assert line.why, line
        assert line.because or line.verdict == "silent" or "expired" in line.facts, line
        assert not (line.because and line.verdict == "silent"), line


@pytest.mark.parametrize("slug", sorted({line.policy for line in LINES}))
def test_every_clause_that_speaks_of_an_act_is_asked_about(slug: str) -> None:
    clauses = [clause for clause in load_register(ROOT / "policies" / "register.csv") if clause.policy == slug]
    asked = {clause for line in LINES if line.policy == slug for clause in line.because}
    assert asked <= {clause.id for clause in clauses}
    assert {clause.id for clause in clauses if clause.kind in KINDS_OF_ACTS} - asked <= NO_ACTS
