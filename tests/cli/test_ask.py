"""upheld ask: one line a verdict, for people and programs, from the command line and from standard input."""

from __future__ import annotations

import io
import json
import sys

import pytest

from tests.cli.conftest import Run


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_it_works(run: Run) -> None:
    ended = run("ask", "share person.email with carriers for fulfil", "--facts", "requested")
    assert ended.code == 0
    assert ended.out == (
        "permitted  share person.email with carriers for fulfil  because of shop#what-we-promise.2  SH-02\n"
    )


@pytest.mark.parametrize(
    ("act", "facts", "outcome", "code"),
    [
        ("share person with carriers for fulfil", "requested", "permitted", 0),
        ("share person with carriers for fulfil", "not requested", "refused", 1),
        ("share person with carriers for fulfil", "", "refused", 1),
        ('share person with "a list broker" for sale', "", "refused", 1),
        ('share person with "a list broker" for fulfil', "requested", "silent", 1),
        ("use person.email for news", "offers yes", "permitted", 0),
        ("use person.email for news", "offers unasked", "refused", 1),
        ("share person with anyone for sale", "", "refused", 1),
    ],
)
def test_the_exit_code_follows_the_verdict(run: Run, act: str, facts: str, outcome: str, code: int) -> None:
    ended = run("ask", act, "--facts", facts)
    assert ended.out.split()[0] == outcome
    assert ended.code == code
    assert "(not named)" not in ended.out


def test_the_first_policy_is_asked_unless_one_is_named(run: Run) -> None:
    act = "share person with anyone for sale"
    assert "shop#" in run("ask", act).out
    assert "stall#" in run("ask", act, "--policy", "stall").out
    assert "shop#" in run("ask", act, "--policy", "policies/shop/2024-05-01.policy.md").out


def test_json_is_one_object_a_line(run: Run) -> None:
    ended = run("ask", "share person with anyone for sale", "--format", "json")
    assert json.loads(ended.out) == {
        "act": "share person with someone else for sale",
        "facts": "",
        "verdict": "refused",
        "because": ["shop#what-we-promise.2"],
        "clauses": ["SH-02"],
    }


def test_json_answers_showing_category_by_category(run: Run) -> None:
    described = json.loads(
        run("ask", "show person, person.age to office for fulfil", "--facts", "granted", "--format", "json").out
    )
    assert described["verdict"] == "silent"
    assert described["parts"]["person.name"] == "permitted"


def test_acts_come_from_standard_input_with_their_own_facts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "# acts\n\nshare person with carriers for fulfil | requested\n  share person with carriers for fulfil\n"
        "use person.email for news|offers yes\n"
    )
    feed(monkeypatch, lines.encode())
    ended = run("ask", "-", "--facts", "not requested")
    assert [line.split()[0] for line in ended.out.splitlines()] == ["permitted", "refused", "permitted"]
    assert ended.code == 1


def test_all_permitted_from_standard_input_ends_with_0(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"share person with carriers for fulfil | requested\r\n" * 3)
    ended = run("ask", "-", "--format", "json")
    assert ended.code == 0
    assert [json.loads(line)["facts"] for line in ended.out.splitlines()] == ["requested"] * 3


def test_nothing_on_standard_input_is_nothing_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"")
    ended = run("ask", "-")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"use person for fulfil\nuse persn for fulfil\n",
            "standard input:2:5: error G403: the policy does not know `persn`",
        ),
        (b"use person for fulfil | tld\n", "standard input:1:1: error G402: `tld` is not a fact"),
        (b"use person for fulfil\n\xff\xfe\n", "is not UTF-8"),
        (b"use " + b"x" * 20_000 + b"\n", "line 1 is too long"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, data: bytes, said: str) -> None:
    feed(monkeypatch, data)
    ended = run("ask", "-")
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ask", "sell person"), "an act starts with"),
        (("ask", "use persn for fulfil"), "did you mean `person`?"),
        (("ask", "use person for fulfil", "--facts", "tld"), "did you mean `told`?"),
        (("ask", ""), "there is no act here"),
        (("ask", "use person for fulfil", "--policy", "shp"), "did you mean `shop`?"),
    ],
)
def test_a_question_that_cannot_be_read_ends_with_2_and_a_hint(run: Run, words: tuple[str, ...], said: str) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert said in ended.err
