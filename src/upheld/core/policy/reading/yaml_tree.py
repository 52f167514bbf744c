"""YAML with places: plain values that remember line and column, duplicate keys found, no anchors, no tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from upheld.core.errors import Finding, Place
from upheld.core.policy.reading.mistakes import shorten

MAX_DEPTH = 12
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Mark = Any  # PyYAML has two classes of marks, its own and that of its C part


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the declarations with its place. `value` is text, a tuple of nodes, or pairs of nodes."""

    kind: str  # "text" | "list" | "map" | "empty"
    text: str
    items: tuple[Node, ...]
    pairs: tuple[tuple[Node, Node], ...]
    place: Place
    source: str

    def get(self, key: str) -> Node | None:
        """The value under this key, or None."""
        return next((value for name, value in self.pairs if name.text == key), None)

    def as_value(self) -> object:
        """Plain dicts, lists and texts, for parts of the declarations that only pages read."""
        if self.kind == "map":
            return {key.text: value.as_value() for key, value in self.pairs}
        if self.kind == "list":
            return [item.as_value() for item in self.items]
        return self.text

    def finding(self, code: str, text: str, hint: str | None = None, level: str = "error") -> Finding:
        """A finding at this value."""
        return Finding(code, level, text, self.place, hint, self.source)


class _RefusedError(Exception):
    """YAML that is more than names, lists and texts."""

    def __init__(self, code: str, text: str, hint: str, start: yaml.Mark, end: yaml.Mark) -> None:
        super().__init__(text)
        self.finding = (code, text, hint, start, end)


class _PlainLoader(yaml.SafeLoader):
    """Stops at the first anchor, alias or tag and at deep nesting, before anything is built of them."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML leaves it without types
        marks = event.start_mark, event.end_mark
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _RefusedError("P209", "anchors and aliases are not read here", "write the value out", *marks)
        if getattr(event, "tag", None):
            raise _RefusedError(
                "P209", f"tags such as `{event.tag}` are not read here", "write the plain value", *marks
            )
        if self.depth > MAX_DEPTH:
            raise _RefusedError("P201", "the declarations are nested too deeply", f"at most {MAX_DEPTH} levels", *marks)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class YamlReader:
    """Reads the declarations of one file; findings gather in `findings`."""

    def __init__(self, text: str, file: str, first_line: int) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._file = file
        self._first = first_line
        self.findings: list[Finding] = []

    def read(self) -> Node | None:
        """The tree of the declarations, or None when it is not YAML at all."""
        try:
            root = yaml.compose(self._text, Loader=_PlainLoader)
        except _RefusedError as refused:
            self._add(*refused.finding)
            return None
        except yaml.MarkedYAMLError as error:
            problem = error.problem or error.context or "this cannot be read"
            hint = "write `key: value`; a value with `: ` or ` #` in it goes into quotes"
            mark = error.problem_mark or error.context_mark
            self._add("P201", f"the declarations are not YAML: {problem}", hint, mark, mark)
            return None
        except yaml.YAMLError:
            # the reader of characters has no mark; what it refuses has been found before, so this is a rest
            self._add("P201", "the declarations are not YAML", "save the file as plain text", None, None)
            return None
        if not isinstance(root, yaml.MappingNode):
            text, hint = "the declarations are not a list of `key: value`", "start with `policy: NAME`"
            self._add("P201", text, hint, root.start_mark if root else None, root.end_mark if root else None)
            return None
        return self._build(root)

    def _build(self, node: yaml.Node) -> Node:
        place, source = self._place(node.start_mark, node.end_mark)
        if isinstance(node, yaml.MappingNode):
            return Node("map", "", (), tuple(self._build_pairs(node)), place, source)
        if isinstance(node, yaml.SequenceNode):
            return Node("list", "", tuple(self._build(item) for item in node.value), (), place, source)
        text = str(node.value)
        return Node("text" if text else "empty", text, (), (), place, source)

    def _build_pairs(self, node: yaml.MappingNode) -> Iterator[tuple[Node, Node]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = self._build(key)
            if name.kind != "text":
                self.findings.append(name.finding("P206", "a name is missing here", "write `name: value`"))
                continue
            if name.text in seen:
                text = f"`{shorten(name.text)}` is declared twice"
                self.findings.append(name.finding("P205", text, "keep one of the two"))
                continue
            seen.add(name.text)
            yield name, self._build(value)

    def _place(self, start: yaml.Mark, end: yaml.Mark) -> tuple[Place, str]:
        source = self._lines[start.line] if start.line < len(self._lines) else ""
        length = end.column - start.column if end.line == start.line else len(source.rstrip()) - start.column
        return Place(self._file, start.line + self._first, start.column + 1, max(1, length)), source

    def _add(self, code: str, text: str, hint: str, start: Mark | None, end: Mark | None) -> None:
        line = min(start.line, len(self._lines) - 1) if start else 0
        source = self._lines[line]
        column = min(start.column, len(source)) if start else 0
        is_one_line = start and end and end.line == start.line and end.column > start.column
        piece = source[column : end.column if is_one_line and end else column + 1]
        length = len((piece.split(" ", 1)[0]) if code == "P209" else piece)
        place = Place(self._file, line + self._first, column + 1, max(1, length))
        self.findings.append(Finding(code, "error", text, place, hint, source))


def parse_date(text: str) -> date | None:
    """A date written as 2016-06-13, or None."""
    if not _DATE.fullmatch(text):  # fromisoformat also takes `20160613` and weeks
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
