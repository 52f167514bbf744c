"""Modules have at most 500 lines, functions at most 60, packages at most three folders below the first."""

import ast

from tests.house.files import PACKAGE, ROOT, list_under, name_file, read_tree, walk_names

MOST_LINES_OF_A_MODULE = 500
MOST_LINES_OF_A_FUNCTION = 60
MOST_FOLDERS_BELOW_THE_PACKAGE = 3

# path, or path::function -> why it may be longer
EXCEPTIONS: dict[str, str] = {
    "src/upheld/records/migrations/0005_run_the_business.py": "written by a tool, one step for everything that came with it",
}

PYTHON = list_under("src", "tests", "bench", suffixes=(".py",))


def test_modules_are_short_enough_to_read_at_one_sitting() -> None:
    long = {
        name_file(path): lines
        for path in PYTHON
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES_OF_A_MODULE
    }
    assert long.keys() <= EXCEPTIONS.keys(), long


def test_functions_fit_on_a_screen() -> None:
    long = {
        f"{name_file(path)}::{name}": lines
        for path in PYTHON
        for name, node in walk_names(read_tree(path))
        if not isinstance(node, ast.ClassDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long.keys() <= EXCEPTIONS.keys(), long


def test_packages_are_not_nested_deep() -> None:
    python = list_under("src/upheld", suffixes=(".py",))
    deep = [
        name_file(path)
        for path in python
        if len(path.relative_to(PACKAGE).parents) - 1 > MOST_FOLDERS_BELOW_THE_PACKAGE
    ]
    assert not deep


def test_every_exception_is_still_needed() -> None:
    for entry in EXCEPTIONS:
        path, _, function = entry.partition("::")
        assert (ROOT / path).is_file(), f"{entry} is gone"
        if function:
            node = dict(walk_names(read_tree(ROOT / path))).get(function)
            assert node is not None, f"{entry} is gone"
            assert (node.end_lineno or 0) - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION, f"{entry} is short now"
        else:
            assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) > MOST_LINES_OF_A_MODULE, (
                f"{entry} is short now"
            )
