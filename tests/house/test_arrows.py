"""An arrow only points down, and the core asks nobody: no clock, no Django, no file but the one it is given."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.files import ROOT, list_under, name_file, read_text, read_tree

CORE = list_under("src/upheld/core", suffixes=(".py",))
ASKS_THE_CLOCK = frozenset(
    ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic", "time.time_ns")
)
ASKS_FOR_CHANCE = frozenset(("random", "secrets", "uuid"))
OUTSIDE = frozenset(("django", "granian", "whitenoise", "requests", "httpx", "urllib.request", "socket", "subprocess"))


def test_import_linter_finds_every_arrow_pointing_down() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, re.sub(r"\n{3,}", "\n\n", run.stdout + run.stderr)


def walk_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_core_imports_nothing_that_reaches_outside() -> None:
    reaching = [
        f"{name_file(path)}: {name}"
        for path in CORE
        for name in walk_imports(read_tree(path))
        if name in OUTSIDE or name.partition(".")[0] in OUTSIDE | ASKS_FOR_CHANCE
    ]
    assert not reaching


def test_core_asks_no_clock() -> None:
    asking = [
        f"{name_file(path)}:{node.lineno}"
        for path in CORE
        for node in ast.walk(read_tree(path))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in ASKS_THE_CLOCK
    ]
    assert not asking


def test_every_import_inside_a_function_says_why() -> None:
    silent = [
        f"{name_file(path)}:{number}"
        for path in list_under("src", suffixes=(".py",))
        for number in list_late_imports(read_tree(path))
        if not has_comment(read_text(path).splitlines(), number)
    ]
    assert not silent


def list_late_imports(tree: ast.Module) -> list[int]:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    inside = (node for function in functions for node in ast.walk(function))
    return sorted({node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)})


def has_comment(lines: list[str], number: int) -> bool:
    """Whether the line, or the run of imports it stands in, has a comment above or beside it."""
    while number > 1 and re.match(r"\s*(from|import)\s", lines[number - 2]):
        number -= 1
    return lines[number - 2].lstrip().startswith("#") or bool(re.search(r"#(?! noqa)", lines[number - 1]))


def test_no_code_names_a_site() -> None:
    names = {path.parent.name for path in list_under("policies", suffixes=(".policy.md",))}
    floors = ("src/upheld/web", "src/upheld/pages", "src/upheld/server")
    naming = [
        f"{name_file(path)}: {name}"
        for path in list_under(*floors, suffixes=(".py", ".html", ".css", ".js"))
        for name in names
        if re.search(rf"\b{re.escape(name)}\b", read_working_text(path), re.IGNORECASE)
    ]
    assert not naming, "everything that differs between sites comes from its policy files"


def read_working_text(path: Path) -> str:
    """The text of a file without what only people read: an example in a docstring may name a site."""
    if path.suffix != ".py":
        return re.sub(r"{#.*?#}|/\*.*?\*/", "", read_text(path), flags=re.DOTALL)
    tree = ast.parse(read_text(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)
