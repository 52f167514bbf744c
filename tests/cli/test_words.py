"""upheld words: what acts, facts and rules of a policy are made of."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run


def test_it_works(run: Run) -> None:
    ended = run("words")
    assert ended.code == 0
    assert (
        "data\n  person.name   person name\n  person.email  person email\n  person        your contact details\n"
        in ended.out
    )
    assert "fact\n" in ended.out
    assert "  requested       if you asked for the service that needs it\n" in ended.out
    assert "  shop#what-we-promise  What we promise\n" in ended.out


def test_json_holds_each_sort(run: Run) -> None:
    listed = json.loads(run("words", "stall", "--format", "json").out)
    assert list(listed["data"]) == ["person.name", "person.email", "person"]
    assert set(listed) >= {"data", "purpose", "recipient", "role", "touchpoint", "choice", "fact", "section"}
    assert "anything" not in listed["data"]


def test_one_sort_can_be_listed(run: Run) -> None:
    assert json.loads(run("words", "--sort", "role", "--format", "json").out) == {"role": {"office": "our office"}}


def test_the_language_s_own_words_come_with_all(run: Run) -> None:
    listed = json.loads(run("words", "--all", "--format", "json").out)
    assert "anything" in listed["data"]
    assert "encryption at rest" in listed["measure"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("words", "--sort", "rolle"), "did you mean `role`?"),
        (("words", "nothing"), "there is no policy `nothing`"),
        (("words", "--policies", "nowhere"), "there are no policies in `nowhere`"),
    ],
)
def test_what_is_not_there_ends_with_2_and_a_hint(run: Run, words: tuple[str, ...], said: str) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert said in ended.err
