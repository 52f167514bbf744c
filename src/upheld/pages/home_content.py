"""What a policy file says for a site's first page, read into frozen values; knows nothing of Django.

Every part may be left out; what is absent is not shown. All of it is plain text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from upheld.core.errors import Finding, PolicyError

PHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,20}[0-9]")
NUMERIC = re.compile(r"[\d.,:–—\s-]+")
MOST_ENTRIES = 60
MOST_LINKS = 6
MOST_COLUMNS = 4
SHADES = 5
SHORT_TEXT = 8
DRAWINGS = ("bloom", "drop", "hands", "leaf", "moon", "stones", "sun", "wave")
# What can be the part of a first page that a link of the menu leads to: the same names are the anchors on it.
PARTS = ("day", "services", "steps", "courses", "facts", "areas", "prices", "team", "hours", "contact", "privacy")
# words before a name that are no part of its initials
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "mx", "prof", "sr", "sister", "nurse"})


@dataclass(frozen=True, slots=True)
class Call:
    """A telephone number that a phone dials when it is touched."""

    words: str
    phone: str
    link: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a line: when, where, what happens."""

    time: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of stops with its heading."""

    title: str
    note: str
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing or person with a name, a sentence and perhaps a few facts in pairs, who gives it, and a drawing."""

    name: str
    text: str
    facts: tuple[tuple[str, str], ...]
    by: str = ""
    drawing: str = ""

    @property
    def initials(self) -> str:
        """The letters that stand for whoever gives it, or for the name, where there are no pictures of people."""
        words = [word for word in re.split(r"[\s-]+", self.by or self.name) if word.strip(".").lower() not in _TITLES]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:]) if word).upper()

    @property
    def shade(self) -> int:
        """Which of a few colours the initials stand on: always the same for one name."""
        return sum(map(ord, self.by or self.name)) % SHADES + 1


@dataclass(frozen=True, slots=True)
class Items:
    """Several things below one heading."""

    title: str
    note: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; numbers stand at the right, with figures of one width. `column` names it where rows are stacked."""

    text: str
    is_number: bool
    column: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; each row has one cell for each column, the first names the row."""

    title: str
    note: str
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def is_wide(self) -> bool:
        """Whether it has more columns than a telephone is wide; its rows are then stacked there."""
        return len(self.columns) > MOST_COLUMNS


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the business."""

    title: str
    note: str
    lines: tuple[str, ...]
    call: Call | None


@dataclass(frozen=True, slots=True)
class Aside:
    """A heading and a paragraph."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the menu of every page: to a part of the first page, or to the form of a touchpoint."""

    words: str
    part: str
    form: str


@dataclass(frozen=True, slots=True)
class Home:
    """The content of a first page; `form` is the touchpoint whose form is what most people come for."""

    headline: str
    lead: str
    menu: tuple[Link, ...]
    form: str
    call: Call | None
    day: Line | None
    services: Items | None
    steps: Items | None
    courses: Items | None
    team: Items | None
    facts: Grid | None
    areas: Grid | None
    prices: Grid | None
    hours: Grid | None
    contact: Contact | None
    privacy: Aside | None

    @property
    def headline_lines(self) -> tuple[str, ...]:
        """The headline by its sentences, so that a line breaks between two of them before it breaks inside one."""
        return tuple(line for line in re.split(r"(?<=[.!?]) ", self.headline) if line)


def read_home(values: Mapping[str, object], touchpoints: Collection[str] | None = None) -> Home:
    """The content of a first page; raises PolicyError with one finding for each thing that cannot be read.

    With `touchpoints`, a form at none of them is found as well.
    """
    reader = ContentReader(touchpoints)
    top = reader.open_mapping("", values, tuple(Home.__dataclass_fields__))
    home = Home(
        headline=reader.read_text("headline", top),
        lead=reader.read_text("lead", top),
        menu=reader.read_menu(top),
        form=reader.read_form("form", top),
        call=reader.read_call("call", top.get("call")),
        day=reader.read_line("day", top.get("day")),
        services=reader.read_items("services", top.get("services")),
        steps=reader.read_items("steps", top.get("steps")),
        courses=reader.read_items("courses", top.get("courses")),
        team=reader.read_items("team", top.get("team")),
        facts=reader.read_grid("facts", top.get("facts")),
        areas=reader.read_grid("areas", top.get("areas")),
        prices=reader.read_grid("prices", top.get("prices")),
        hours=reader.read_grid("hours", top.get("hours")),
        contact=reader.read_contact("contact", top.get("contact")),
        privacy=reader.read_aside("privacy", top.get("privacy")),
    )
    if values and not home.headline:
        reader.note("P203", "`site: home` has no `headline`", "add a short one")
    if reader.findings:
        raise PolicyError(tuple(reader.findings))
    return home


class ContentReader:
    """Reads parts of the content and collects what is wrong; a part's path names it in the finding."""

    def __init__(self, touchpoints: Collection[str] | None = None) -> None:
        self.touchpoints = touchpoints
        self.findings: list[Finding] = []

    def note(self, code: str, text: str, hint: str) -> None:
        """Keep one finding."""
        self.findings.append(Finding(code, "error", text, None, hint))

    def open_mapping(self, path: str, value: object, known: tuple[str, ...]) -> Mapping[str, object]:
        """The mapping with only its known keys; others are noted with the nearest known one."""
        name = f"site: home: {path}".rstrip(": ")
        if not isinstance(value, Mapping):
            self.note(
                "P204", f"`{name}` is not a mapping", "write keys such as `" + "`, `".join(known[:3]) + "` below it"
            )
            return {}
        for key in value:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                self.note(
                    "P202",
                    f"`{name}` has no key `{key}`",
                    f"did you mean `{near[0]}`" if near else "known: " + ", ".join(known),
                )
        return {str(key): entry for key, entry in value.items()}

    def open_list(self, path: str, value: object) -> tuple[object, ...]:
        """The entries of a list; noted when it is none or too long to be shown."""
        if value in (None, ""):
            return ()
        if not isinstance(value, list | tuple) or len(value) > MOST_ENTRIES:
            self.note(
                "P204",
                f"`site: home: {path}` is not a list of at most {MOST_ENTRIES}",
                "start each entry with a hyphen",
            )
            return ()
        return tuple(value)

    def read_text(self, key: str, values: Mapping[str, object], path: str = "") -> str:
        """A text, or a number as it is written; empty when absent."""
        value = values.get(key, "")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.note("P204", f"`site: home: {path}{key}` is not a text", "put it in quotes")
            return ""
        return str(value).strip()

    def read_call(self, path: str, value: object) -> Call | None:
        """A telephone number with the words of its link."""
        if value in (None, ""):
            return None
        values = self.open_mapping(path, value, ("words", "phone"))
        return self.make_call(
            path, self.read_text("words", values, f"{path}: "), self.read_text("phone", values, f"{path}: ")
        )

    def make_call(self, path: str, words: str, phone: str) -> Call | None:
        """The number with its `tel:` link; noted when it is no number."""
        if not PHONE.fullmatch(phone):
            self.note("P204", f"`site: home: {path}` has no telephone number", "write digits, such as `555-0142`")
            return None
        return Call(words, phone, "tel:" + re.sub(r"[^+0-9]", "", phone))

    def read_form(self, key: str, values: Mapping[str, object], path: str = "") -> str:
        """The name of a touchpoint; noted when the policy declares none of this name."""
        name = self.read_text(key, values, path)
        if name and self.touchpoints is not None and name not in self.touchpoints:
            near = get_close_matches(name, self.touchpoints, n=1)
            known = ", ".join(sorted(self.touchpoints))
            self.note(
                "P204",
                f"`site: home: {path}{key}` names `{name}`, which is no touchpoint",
                f"did you mean `{near[0]}`" if near else f"declared: {known}",
            )
        return name

    def read_menu(self, top: Mapping[str, object]) -> tuple[Link, ...]:
        """The links that stand on every page; each leads to one part that is there, or to one form."""
        links = []
        listed = self.open_list("menu", top.get("menu"))
        if len(listed) > MOST_LINKS:
            self.note(
                "P204", f"`site: home: menu` has more than {MOST_LINKS} links", "keep those that people need most"
            )
        for entry in listed:
            values = self.open_mapping("menu", entry, ("words", "part", "form"))
            words, part = (self.read_text(key, values, "menu: ") for key in ("words", "part"))
            form = self.read_form("form", values, "menu: ")
            if not words or bool(part) == bool(form):
                self.note("P203", "a link of `site: home: menu` needs `words`, and either `part` or `form`", "add it")
            elif part and (part not in PARTS or not top.get(part)):
                there = ", ".join(name for name in PARTS if top.get(name)) or "none"
                self.note("P204", f"`site: home: menu` leads to `{part}`, which is not on the page", f"parts: {there}")
            else:
                links.append(Link(words, part, form))
        return tuple(links)

    def read_line(self, path: str, value: object) -> Line | None:
        """A line of stops."""
        if value in (None, ""):
            return None
        values = self.open_mapping(path, value, ("title", "note", "stops"))
        stops = []
        for entry in self.open_list(f"{path}: stops", values.get("stops")):
            stop = self.open_mapping(f"{path}: stops", entry, ("time", "place", "note"))
            stops.append(Stop(*(self.read_text(key, stop, f"{path}: stops: ") for key in ("time", "place", "note"))))
        return Line(self.read_text("title", values), self.read_text("note", values), tuple(stops))

    def read_items(self, path: str, value: object) -> Items | None:
        """Several things with names and sentences."""
        if value in (None, ""):
            return None
        values = self.open_mapping(path, value, ("title", "note", "items"))
        items = []
        for entry in self.open_list(f"{path}: items", values.get("items")):
            item = self.open_mapping(f"{path}: items", entry, ("name", "text", "facts", "by", "drawing"))
            listed = item.get("facts")
            facts = (
                {}
                if listed in (None, "")
                else self.open_mapping(f"{path}: facts", listed, tuple(listed) if isinstance(listed, Mapping) else ())
            )
            pairs = tuple((key, self.read_text(key, facts, f"{path}: facts: ")) for key in facts)
            texts = {key: self.read_text(key, item, f"{path}: items: ") for key in ("name", "text", "by", "drawing")}
            if texts["drawing"] and texts["drawing"] not in DRAWINGS:
                self.note(
                    "P204",
                    f"there is no drawing `{texts['drawing']}` for `site: home: {path}`",
                    "choose one of " + ", ".join(DRAWINGS),
                )
            items.append(Item(facts=pairs, **texts))
        return Items(self.read_text("title", values), self.read_text("note", values), tuple(items))

    def read_grid(self, path: str, value: object) -> Grid | None:
        """A table; each row must have one cell for each column."""
        if value in (None, ""):
            return None
        values = self.open_mapping(path, value, ("title", "note", "columns", "rows"))
        rows = tuple(
            self.read_cells(f"{path}: rows", entry) for entry in self.open_list(f"{path}: rows", values.get("rows"))
        )
        names = self.read_cells(f"{path}: columns", values.get("columns") or ())
        if len({len(row) for row in rows} | ({len(names)} if names else set())) > 1:
            self.note(
                "P204", f"the rows of `site: home: {path}` differ in length", "give each row one cell for each column"
            )
            return None
        rows = align_columns(rows)
        columns = tuple(Cell(name.text, bool(rows) and rows[0][i].is_number) for i, name in enumerate(names))
        rows = (
            tuple(tuple(replace(cell, column=name.text) for cell, name in zip(row, names, strict=True)) for row in rows)
            if names
            else rows
        )
        return Grid(self.read_text("title", values), self.read_text("note", values), columns, rows)

    def read_cells(self, path: str, value: object) -> tuple[Cell, ...]:
        """The cells of one row."""
        texts = [self.read_text("cell", {"cell": cell}, f"{path}: ") for cell in self.open_list(path, value)]
        return tuple(Cell(keep_together(text), bool(NUMERIC.fullmatch(text))) for text in texts)

    def read_contact(self, path: str, value: object) -> Contact | None:
        """How to reach the business: lines of an address, a telephone number."""
        if value in (None, ""):
            return None
        values = self.open_mapping(path, value, ("title", "note", "phone", "lines"))
        lines = tuple(
            self.read_text("line", {"line": line}) for line in self.open_list(f"{path}: lines", values.get("lines"))
        )
        phone = self.read_text("phone", values)
        call = self.make_call(path, phone, phone) if phone else None
        return Contact(self.read_text("title", values), self.read_text("note", values), lines, call)

    def read_aside(self, path: str, value: object) -> Aside | None:
        """A heading and a paragraph."""
        if value in (None, ""):
            return None
        values = self.open_mapping(path, value, ("title", "text"))
        return Aside(self.read_text("title", values), self.read_text("text", values))


def align_columns(rows: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[Cell, ...], ...]:
    """The rows, with a whole column taken for numbers when most of its cells are; all rows have one length."""
    most = [2 * sum(cell.is_number for cell in column) > len(rows) for column in zip(*rows, strict=True)]
    return tuple(tuple(Cell(cell.text, is_number) for cell, is_number in zip(row, most, strict=True)) for row in rows)


def keep_together(text: str) -> str:
    """The text, with spaces that no line breaks at when it is as short as a weight or a price."""
    return text.replace(" ", "\u00a0") if len(text) <= SHORT_TEXT else text
