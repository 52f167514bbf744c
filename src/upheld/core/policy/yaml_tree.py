"""YAML with places: plain values that remember line and column, duplicate keys found, no anchors, no tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import yaml

from upheld.core.errors import Finding, Place


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
            root = yaml.compose(self._text, Loader=yaml.SafeLoader)
            for event in yaml.parse(self._text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                    self._add("P209", "anchors and aliases are not read here", event.start_mark)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            problem = getattr(error, "problem", None) or "this cannot be read"
            self._add("P201", f"the declarations are not YAML: {problem}", mark)
            return None
        except RecursionError:
            self._add("P201", "the declarations are nested too deeply", None)
            return None
        if self.findings:
            return None
        if root is None or not isinstance(root, yaml.MappingNode):
            self._add("P201", "the declarations are not a list of `key: value`", root.start_mark if root else None)
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
                self.findings.append(name.finding("P206", "a name is missing here"))
                continue
            if name.text in seen:
                self.findings.append(name.finding("P205", f"`{name.text}` is declared twice"))
                continue
            seen.add(name.text)
            yield name, self._build(value)

    def _place(self, start: yaml.Mark, end: yaml.Mark) -> tuple[Place, str]:
        source = self._lines[start.line] if start.line < len(self._lines) else ""
        length = end.column - start.column if end.line == start.line else len(source.rstrip()) - start.column
        return Place(self._file, start.line + self._first, start.column + 1, max(1, length)), source

    def _add(self, code: str, text: str, mark: yaml.Mark | None) -> None:
        line = mark.line if mark else 0
        column = mark.column if mark else 0
        source = self._lines[line] if line < len(self._lines) else ""
        place = Place(self._file, line + self._first, column + 1, 1)
        self.findings.append(Finding(code, "error", text, place, None, source))


def parse_date(text: str) -> date | None:
    """A date written as 2016-06-13, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
