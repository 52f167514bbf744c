"""What an attempt left behind: rows, lines of the ledger, and what lies sealed in the new items; knows no rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connections

from upheld.actions.keys import open_person_key
from upheld.actions.vault import Value, open_values
from upheld.core.seal.envelope import Label
from upheld.records.models import (
    Answer,
    Case,
    Identifier,
    Item,
    NamedAddress,
    Outgoing,
    Person,
    Shipment,
    SignIn,
)
from upheld.records.walls import read_site
from upheld.rehearsal.stage import Line, Stage

COUNTED: tuple[Any, ...] = (
    Person,
    Identifier,
    SignIn,
    Case,
    Shipment,
    NamedAddress,
    Outgoing,
    Answer,
)
TAKEN = "item.collected"


@dataclass(frozen=True, slots=True)
class KeptItem:
    """One new item with its tags, and what it holds, opened: the people are invented and the house is thrown away."""

    id: str
    person: str
    touchpoint: str
    version: date
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    method: str
    shown: str
    sealed: bytes
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Traces:
    """What is there that was not there before: items, lines, and how many rows of other kinds, by the kind."""

    items: tuple[KeptItem, ...]
    lines: tuple[Line, ...]
    rows: Mapping[str, int]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all was left behind."""
        return not (self.items or self.lines or any(self.rows.values()))

    @property
    def said(self) -> str:
        """What was left behind, by kinds alone."""
        found = [f"{len(self.items)} new items"] if self.items else []
        found += [f"{number} new rows of the kind {name}" for name, number in self.rows.items() if number]
        found += [f"a line `{kind}` in the ledger" for kind in dict.fromkeys(line.kind for line in self.lines)]
        return "; ".join(found)

    def list_items(self, touchpoint: str) -> tuple[KeptItem, ...]:
        """The new items of one touchpoint."""
        return tuple(item for item in self.items if item.touchpoint == touchpoint)

    def list_takings(self, touchpoint: str) -> tuple[Line, ...]:
        """The lines that say that something came in at this touchpoint."""
        return tuple(line for line in self.lines if line.kind == TAKEN and line.body.get("touchpoint") == touchpoint)

    def has_kept(self, leaf: str, text: str = "") -> bool:
        """Whether something of this category was kept, or told of, or this text under any name."""
        return (
            any(leaf in item.categories or (text and text in str(item.values)) for item in self.items)
            or any(leaf in line.body.get("data", ()) for line in self.lines)
            or any(text and text in str(line.body) for line in self.lines)
        )


class Watch:
    """Remembers what is there when it begins, and tells later what has come since."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        with read_site(stage.site):
            self.items = set(Item.objects.filter(site=stage.site).values_list("id", flat=True))
            self.rows = self._count()
        self.serial = stage.last_serial

    def _count(self) -> dict[str, int]:
        return {model.__name__: model.objects.filter(site=self.stage.site).count() for model in COUNTED}

    def look(self) -> Traces:
        """What has come since the watch began."""
        with read_site(self.stage.site):
            new = Item.objects.filter(site=self.stage.site).exclude(id__in=self.items).order_by("collected_at", "id")
            items = tuple(open_kept(item) for item in new)
            rows = {name: number - self.rows[name] for name, number in self._count().items()}
        return Traces(items, self.stage.list_lines(after=self.serial), rows)


def open_kept(item: Item) -> KeptItem:
    """An item with what lies sealed in it; an item that does not open holds nothing."""
    label = Label(item.site, item.person_id, item.id, item.touchpoint)
    values = open_values(open_person_key(item.site, item.key), bytes(item.sealed), label)
    return KeptItem(
        id=item.id,
        person=item.person_id,
        touchpoint=item.touchpoint,
        version=item.version,
        categories=tuple(item.categories),
        purposes=tuple(item.purposes),
        method=item.method,
        shown=item.shown,
        sealed=bytes(item.sealed),
        values=values,
    )


def find_readable(texts: Iterable[str]) -> bool:
    """Whether one of these texts stands readable in the files of the databases."""
    wanted = [text.encode() for text in texts]
    for alias in ("default", "keys"):
        file = Path(connections[alias].settings_dict["NAME"])
        for path in (file, file.with_name(file.name + "-wal")):
            content = path.read_bytes() if path.is_file() else b""
            if any(text in content for text in wanted):
                return True
    return False
