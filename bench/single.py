"""One decision at a time from Python: the gate, a dict written by hand, cedarpy and casbin on the same 4,000 questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from bench import casbin_peer
from bench.cedar_peer import Cedar
from bench.cedar_peer import write_request as write_for_cedar
from bench.clock import Row, time_rounds
from bench.naive import build_naive
from bench.questions import COUNT, Question, draw_questions, open_gate
from upheld.core.gate import Verdict

PART = "one decision"
REPEATS = 25  # the quick ones go through the questions so often in one round
TARGET = 2_000_000
TARGET_RATIO = 100


def measure_single() -> Iterator[Row]:
    """The rows of this part; raises AssertionError before any timing when an answer differs."""
    gate, questions = open_gate(), draw_questions()
    naive = build_naive(gate.table, questions)
    cedar, for_cedar = Cedar(gate.table), [write_for_cedar(question) for question in questions]
    for_casbin = [casbin_peer.write_request(question) for question in questions]
    plain = casbin_peer.build_enforcer(gate.table, is_fast=False)
    fast = casbin_peer.build_enforcer(gate.table, is_fast=True)
    peers: list[tuple[str, Callable[[], list[bool]]]] = [
        ("cedarpy, `is_authorized`", lambda: [cedar.ask(request) for request in for_cedar]),
        ("cedarpy, `is_authorized_batch`, all in one call", lambda: cedar.ask_all(for_cedar)),
        (
            "casbin, `FastEnforcer` that looks only at the action's lines",
            lambda: [fast.enforce(*r) for r in for_casbin],
        ),
        ("casbin, `Enforcer`", lambda: [plain.enforce(*request) for request in for_casbin]),
    ]
    wanted = [gate.ask(question.act, question.mask).is_permitted for question in questions]
    assert [naive(question.cell, question.mask)[0] for question in questions] == wanted, "the dict answers otherwise"
    for name, ask in peers:
        assert ask() == wanted, f"{name} answers otherwise"
    pairs = [(question.act, question.mask) for question in questions]
    ready = [(gate.prepare(question.act), question.mask) for question in questions]
    cells = [(question.cell, question.mask) for question in questions]
    asked = rate(lambda: ask_pairs(gate.ask, pairs))
    prepared = rate(lambda: ask_ready(ready))
    yield Row(PART, "`gate.ask(act, mask)`", asked, "/s", target="2,000,000/s", is_reached=asked >= TARGET)
    yield Row(
        PART, "`decide(mask)`, after `decide = gate.prepare(act)`", prepared, "/s", prepared / asked, "{} × `gate.ask`"
    )
    by_hand = rate(lambda: ask_pairs(naive, cells))
    yield Row(
        PART, "a dict of conditions written by hand", by_hand, "/s", asked / by_hand, "`gate.ask` does {} × as many"
    )
    for name, ask in peers:
        found = COUNT / time_rounds(ask, rounds=3)
        ratio = asked / found
        yield Row(
            PART, name, found, "/s", ratio, "`gate.ask` does {} × as many", "gate 100 × as many", ratio >= TARGET_RATIO
        )


def rate(work: Callable[[], None]) -> float:
    """Questions per second of work that goes through all of them REPEATS times."""
    return COUNT * REPEATS / time_rounds(work)


def ask_pairs(ask: Callable[[Any, int], object], pairs: list[tuple[Any, int]]) -> None:
    for _ in range(REPEATS):
        for act, mask in pairs:
            ask(act, mask)


def ask_ready(ready: list[tuple[Callable[[int], Verdict], int]]) -> None:
    for _ in range(REPEATS):
        for decide, mask in ready:
            decide(mask)


def say_questions(questions: tuple[Question, ...]) -> str:
    """How the verdicts on the questions are spread, for the page."""
    gate = open_gate()
    counts = Counter(gate.ask(question.act, question.mask).outcome for question in questions)
    spread = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in ("permitted", "refused", "silent"))
    return f"{len(questions):,} questions, {len({q.act for q in questions}):,} different acts: {spread}"
