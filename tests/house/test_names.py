"""Names say what a thing is for; a name that could be anybody's is not one."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, list_under, name_file, read_tree, walk_names

BANNED = frozenset(
    ("util", "utils", "common", "helper", "helpers", "service", "services", "manager", "managers", "misc")
)

# dotted name -> why it may stay
EXCEPTIONS: dict[str, str] = {}


def split_words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def test_words_are_split_at_underscores_hyphens_and_capitals() -> None:
    assert split_words("HTMLPage_fold-out") == {"html", "page", "fold", "out"}
    assert split_words("contextmanager") == {"contextmanager"}


def test_no_file_or_folder_has_a_banned_name() -> None:
    banned = [
        name_file(path)
        for path in list_under("src", "tests", "bench", "docs")
        if any(split_words(part) & BANNED for part in Path(name_file(path)).parts)
    ]
    assert not banned


@pytest.mark.parametrize("folder", ["src", "tests", "bench"])
def test_no_function_or_class_has_a_banned_name(folder: str) -> None:
    banned = [
        f"{name_file(path)}::{name}"
        for path in list_under(folder, suffixes=(".py",))
        for name, node in walk_names(read_tree(path))
        if split_words(node.name) & BANNED
    ]
    assert set(banned) <= EXCEPTIONS.keys()


def test_every_module_opens_with_its_place_in_the_house() -> None:
    silent = [
        name_file(path)
        for path in list_under("src", "tests", "bench", suffixes=(".py",))
        if path.stat().st_size and not ast.get_docstring(read_tree(path))
    ]
    silent += [name_file(path) for path in list_under("src", suffixes=(".py",)) if not path.stat().st_size]
    assert not silent


def test_every_public_name_of_core_has_a_docstring() -> None:
    silent = [
        f"{name_file(path)}::{name}"
        for path in list_under("src/upheld/core", suffixes=(".py",))
        for name, node in walk_public(read_tree(path))
        if not ast.get_docstring(node)
    ]
    assert not silent


def walk_public(tree: ast.Module) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Functions and classes of a module and methods of its classes, without what starts with an underscore."""
    named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    found = []
    for node in tree.body:
        if isinstance(node, named) and not node.name.startswith("_"):
            found.append((node.name, node))
            if isinstance(node, ast.ClassDef) and not is_private_base(node):
                found += [
                    (f"{node.name}.{inner.name}", inner)
                    for inner in node.body
                    if isinstance(inner, named) and not inner.name.startswith("_")
                ]
    return found


def is_private_base(node: ast.ClassDef) -> bool:
    """Whether the class is a lark transformer: its methods are rules of the grammar, which says what they are."""
    return any(getattr(base, "id", getattr(base, "attr", "")) == "Transformer" for base in node.bases)


def test_the_exceptions_are_still_there() -> None:
    for entry in EXCEPTIONS:
        path, _, name = entry.partition("::")
        assert name in dict(walk_names(read_tree(ROOT / path)))
