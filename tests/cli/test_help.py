"""Each command teaches: what it does, examples that can be typed, and what its exit codes mean."""

from __future__ import annotations

import argparse
import re
import shlex

import pytest

from tests.cli.conftest import Run
from upheld import __version__
from upheld.cli.main import make_parser


def list_commands() -> dict[str, argparse.ArgumentParser]:
    actions = make_parser()._actions
    found = next(action for action in actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


COMMANDS = list_commands()


def list_examples(command: str) -> list[str]:
    """The command lines of a command's help, without what stands beside them."""
    examples = (COMMANDS[command].epilog or "").partition("exit codes:")[0]
    return [re.split(r"\s{2,}|\s+[<>]", line.strip())[0] for line in examples.splitlines() if "upheld" in line]


def test_every_command_of_the_design_is_there() -> None:
    wanted = {
        "check",
        "explain",
        "ask",
        "coverage",
        "align",
        "diff",
        "words",
        "prove",
        "export",
        "init",
        "serve",
        "demo",
    }
    assert set(COMMANDS) >= wanted


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_a_description_examples_and_exit_codes(run: Run, command: str) -> None:
    ended = run(command, "--help")
    assert ended.code == 0
    assert ended.err == ""
    assert "examples:" in ended.out
    codes = ended.out.partition("exit codes:")[2]
    assert re.findall(r"^  (\d)  \S", codes, re.MULTILINE), "no exit code is told"
    assert len((COMMANDS[command].description or "").split()) > 10


@pytest.mark.parametrize(("command", "example"), [(c, e) for c in COMMANDS for e in list_examples(c)])
def test_an_example_can_be_typed(command: str, example: str) -> None:
    words = shlex.split(example)
    assert words[0] == "upheld"
    args = make_parser().parse_args(words[1:])
    assert args.command in COMMANDS
    assert args.command == command or {command, args.command} == {"serve", "demo"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_says_what_it_is(command: str) -> None:
    for action in COMMANDS[command]._actions:
        assert action.help, action.dest


def test_the_command_alone_teaches_where_to_start(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    assert "start here:" in ended.out
    assert "exit codes, for every command:" in ended.out
    assert all(f"\n    {name} " in ended.out for name in COMMANDS)


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"upheld {__version__}\n"


@pytest.mark.parametrize(
    "words", [(), ("chek",), ("ask",), ("check", "--formt", "json"), ("ask", "x", "--format", "xml")]
)
def test_bad_usage_ends_with_2_and_says_how_it_is_used(run: Run, words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert "usage: upheld" in ended.err
    assert "Traceback" not in ended.err
