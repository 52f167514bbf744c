"""Writes the pages of docs/ that come from code: `make docs` runs it, test_docs holds the pages to it.

The pages are written from the values themselves, not from printed help, so that they are the same on every Python.
"""

import argparse
import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from tests.house.files import ROOT, list_under, name_file, read_tree
from tests.house.language_page import write_language
from tests.house.ledger_page import write_ledger
from tests.house.openapi_page import write_openapi
from tests.house.proof_page import write_proofs

NOTE = "<!-- Written by `make docs`; change the code, not this page. -->"
CODE = re.compile(r"[PGRSVFAMWCB]\d{3}")
ERRORS_OPENING = (
    "Every error and every finding has a code that stays the same across versions. What you see is the code, a text,"
    " the place (file, line, column) with the piece underlined where there is a file, and a hint."
    " None of them ever holds a value of a person."
)
SETTINGS_OPENING = (
    "Each is read once, at the start, from a variable of the environment, or from the file that the variable with `_FILE`"
    " at its end names. A name that is not in this list, or a value of the wrong kind, stops the start."
)
SUBJECTS = {
    "P0": "The file",
    "P1": "Rules",
    "P2": "Declarations",
    "P3": "What the linter finds",
    "G4": "The gate",
    "R5": "Register, coverage, align",
    "S7": "The server",
    "V8": "The vault, the ledger, proofs",
    "F9": "Forms",
    "A1": "Accounts",
    "M9": "Messages on their way",
    "B1": "Shipments",
    "W1": "Staff at work",
    "C6": "Commands",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One generated page: its file in docs/ and what writes its text."""

    name: str
    write: Callable[[], str]


def write_errors() -> str:
    """docs/errors.md, from upheld.core.errors.CODES."""
    from upheld.core.errors import CODES

    lines = [
        "# Errors",
        "",
        NOTE,
        "",
        ERRORS_OPENING,
    ]
    subject = ""
    for code in sorted(CODES, key=lambda code: list(SUBJECTS).index(code.code[:2]) * 1000 + int(code.code[2:])):
        if code.code[:2] != subject:
            subject = code.code[:2]
            lines += ["", f"## {SUBJECTS[subject]}", "", "| code | what it means | what to do |", "| --- | --- | --- |"]
        lines.append(f"| {code.code} | {escape_cell(code.title)} | {escape_cell(code.advice)} |")
    return "\n".join(lines) + "\n"


def write_commands() -> str:
    """docs/commands.md, from the parser of the command line."""
    from upheld.cli.main import make_parser

    parser = make_parser()
    lines = ["# Commands", "", NOTE, "", parser.description or "", ""]
    lines += ["| command | what it does |", "| --- | --- |"]
    commands = list(walk_commands(parser))
    lines += [f"| [`{name}`](#{name.replace(' ', '-')}) | {escape_cell(told)} |" for name, told, _ in commands]
    for name, told, command in commands:
        lines += ["", f"## {name}", "", command.description or told, "", "```", write_usage(name, command), "```"]
        lines += write_options(command)
        if command.epilog:
            lines += ["", "```", command.epilog.strip("\n"), "```"]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def walk_commands(
    parser: argparse.ArgumentParser, prefix: str = "upheld"
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Every command with its full name and the line that its parent's help says of it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                if name in told:  # aliases are not listed twice
                    yield f"{prefix} {name}", told[name], command
                    yield from walk_commands(command, f"{prefix} {name}")


def write_usage(name: str, command: argparse.ArgumentParser) -> str:
    """The usage line of a command, on one line."""
    pieces = [name]
    for action in command._actions:
        if not isinstance(action, argparse._HelpAction) and action.help != argparse.SUPPRESS:
            piece = name_argument(action)
            pieces.append(piece if action.required and action.nargs not in ("?", "*") else f"[{piece}]")
    return " ".join(pieces)


def name_argument(action: argparse.Action) -> str:
    """How an argument is written: `--format {text,json}`, `POLICY...`."""
    value = ""
    if action.nargs != 0:
        value = str(
            action.metavar
            or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper())
        )
        value += "..." if action.nargs in ("+", "*") else ""
    return " ".join(filter(None, (max(action.option_strings, key=len, default=""), value)))


def write_options(command: argparse.ArgumentParser) -> list[str]:
    """The table of a command's arguments and options."""
    actions = [
        action
        for action in command._actions
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
        and action.help != argparse.SUPPRESS
    ]
    if not actions:
        return []
    lines = ["", "| argument | what it is |", "| --- | --- |"]
    for action in actions:
        told = (action.help or "") % {**vars(action), "prog": "upheld"}
        lines.append(f"| `{name_argument(action).replace('|', chr(92) + '|')}` | {escape_cell(told)} |")
    return lines


def write_settings() -> str:
    """docs/settings.md, from upheld.server.environment.SETTINGS."""
    from upheld.server.environment import PREFIX, SETTINGS

    lines = [
        "# Settings of the server",
        "",
        NOTE,
        "",
        SETTINGS_OPENING,
        "",
        "| variable | kind | default | what for |",
        "| --- | --- | --- | --- |",
    ]
    for setting in SETTINGS:
        kind = ", ".join(setting.choices) or setting.kind
        kind += " (secret)" if setting.secret else ""
        lines.append(
            f"| `{PREFIX}{setting.name}` | {kind} | {f'`{setting.default}`' if setting.default else ''} | {escape_cell(setting.help)} |"
        )
    return "\n".join(lines) + "\n"


def escape_cell(text: str) -> str:
    """The text as it can stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def list_codes_in_use() -> dict[str, list[str]]:
    """Every error code that stands as a text in src, with the files it stands in, without the table itself."""
    used: dict[str, list[str]] = {}
    for path in list_under("src", suffixes=(".py",)):
        tree = read_tree(path)
        is_table = name_file(path) == "src/upheld/core/errors.py"  # where the classes alone raise something
        roots = [node for node in tree.body if isinstance(node, ast.ClassDef)] if is_table else [tree]
        for node in (inner for root in roots for inner in ast.walk(root)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                used.setdefault(node.value, []).append(name_file(path))
    return used


def is_there(module: str) -> bool:
    """Whether the module can be imported; its page comes with it."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


PAGES = tuple(
    page
    for page, module in (
        (Page("errors.md", write_errors), "upheld.core.errors"),
        (Page("commands.md", write_commands), "upheld.cli.main"),
        (Page("settings.md", write_settings), "upheld.server.environment"),
        (Page("language.md", write_language), "upheld.core.policy.verbs"),
        (Page("ledger.md", write_ledger), "upheld.core.seal.entries"),
        (Page("openapi.json", write_openapi), "upheld.api"),
        (Page("proof.md", write_proofs), "upheld.core.proof.tally"),
    )
    if is_there(module)
)


if __name__ == "__main__":
    for written in PAGES:
        (ROOT / "docs" / written.name).write_text(written.write(), encoding="utf-8")
        print(f"docs/{written.name}")  # noqa: T201 - the one line a person waits for
