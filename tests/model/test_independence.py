"""The second reading stays a second one: it imports nothing of the product."""

import ast
import sys
from pathlib import Path

MODULES = sorted(Path(__file__).parent.glob("*.py"))


def list_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_second_reading_imports_nothing_of_the_product() -> None:
    assert len(MODULES) > 5
    for path in MODULES:
        roots = {name.split(".")[0] for name in list_imports(path) if not name.startswith("tests.model.")}
        assert roots <= {*sys.stdlib_module_names, "hypothesis", "yaml"}, path
