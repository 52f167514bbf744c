"""What the house's rules look at: the files of the project as git would take them, and the Python in them as trees."""

import ast
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "upheld"
LEFT_BEHIND = frozenset(
    (
        ".git",
        ".venv",
        "__pycache__",
        "build",
        "dist",
        "mutants",
        "var",
        "shots",
        "scratch",
        "staticfiles",
        "node_modules",
    )
)
NOT_TEXT = frozenset((".png", ".jpg", ".webp", ".woff2", ".ico", ".gz", ".sqlite3", ".pdf"))


@cache
def list_files() -> tuple[Path, ...]:
    """Every file of the project, also those not committed yet, without what a run leaves behind."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive without git
        return tuple(sorted(walk_folders()))
    return tuple(sorted(path for name in listed if name and (path := ROOT / name).is_file()))


def walk_folders() -> Iterator[Path]:
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in LEFT_BEHIND and not name.startswith(".")]
        yield from (Path(folder) / file for file in files)


def list_under(*folders: str, suffixes: tuple[str, ...] = ()) -> tuple[Path, ...]:
    """The project's files under the given folders (relative to the root), all of them or those with one of the suffixes."""
    tops = [ROOT / folder for folder in folders]
    return tuple(
        path
        for path in list_files()
        if any(path == top or top in path.parents for top in tops) and (not suffixes or path.name.endswith(suffixes))
    )


def list_texts() -> tuple[Path, ...]:
    """Every file that holds text."""
    return tuple(path for path in list_files() if path.suffix not in NOT_TEXT)


def name_file(path: Path) -> str:
    """The path as a person would say it, from the root of the project."""
    return path.relative_to(ROOT).as_posix()


def read_text(path: Path) -> str:
    """The text of a file; what is bad on purpose in tests/pairs is read as far as it can be."""
    return path.read_bytes().decode("utf-8", errors="replace")


@cache
def read_tree(path: Path) -> ast.Module:
    """The Python of a file as a tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = Function | ast.ClassDef


def walk_names(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Named]]:
    """Every function and class in the tree with its dotted name, the ones inside others too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Named):
            name = f"{prefix}{node.name}"
            yield name, node
            yield from walk_names(node, f"{name}.")
        else:
            yield from walk_names(node, prefix)
