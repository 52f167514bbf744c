"""The declarations on top of a policy file, as Words and settled values; reads no rules and no prose."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from upheld.core.errors import Finding
from upheld.core.policy.builtin import BUILT_IN
from upheld.core.policy.model import Certificate, Parameter, Word, Words
from upheld.core.policy.reading.mistakes import shorten
from upheld.core.policy.reading.yaml_tree import Node, parse_date

# a name starts with a letter, so that it is never taken for a number
_NAME = re.compile(r"[a-z][a-z0-9-]*(?: [a-z0-9][a-z0-9-]*)*")
_LONGEST_NAME = 80
_MOST_HINTED = 100  # looking for near names takes time, and a hundred unknown keys are no policy
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DURATION = re.compile(r"\d{1,6} (?:minutes|hours|days|business days|months)")

# key of the declarations -> sort of the names below it; one entry: the value is text
_FLAT_SORTS = {
    "recipients": "recipient", "roles": "role", "touchpoints": "touchpoint", "places": "place", "regions": "region",
    "choices": "choice", "mail": "mail", "audiences": "audience", "events": "event", "facts": "fact",
    "grounds": "ground", "exclusions": "exclusion", "parties": "party", "activities": "activity",
    "documents": "document", "measures": "measure", "techniques": "technique",
}  # fmt: skip
KEYS = {
    "policy", "business", "title", "version", "surface", "site", "contact", "effective", "summary", "data", "groups",
    "purposes", "certificates", "settle", "labels", *_FLAT_SORTS,
}  # fmt: skip
# sorts whose names stand for names of another sort
_OPEN_INTO = {"mail": "purpose", "audience": "data"}
_HEAD = ("policy", "business", "title", "surface", "summary")
_NEEDED = ("policy", "business", "title", "version", "surface", "data", "purposes")
FACT_SORTS = ("person", "act", "context")
_EXAMPLES = {
    "policy": "lasership", "business": "the name people know", "title": "what stands on top of the page",
    "version": "2016-06-13", "surface": "web", "data": "{person: {email: user.contact.email}}",
    "purposes": "{fulfil: essential.service}",
}  # fmt: skip


@dataclass(slots=True)
class Declarations:
    """What the top of the file says; filled while it is read, then copied into the Policy."""

    head: dict[str, str] = field(default_factory=dict)
    version: date | None = None
    effective: date | None = None
    site: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    contact: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    words: Words = field(default_factory=lambda: Words(MappingProxyType({})))
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    certificates: Mapping[str, Certificate] = field(default_factory=lambda: MappingProxyType({}))
    documents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fact_sorts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class DeclarationReader:
    """Reads one tree of declarations; everything wrong with it gathers in `findings`."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self.findings: list[Finding] = []
        self._nodes: dict[tuple[str, str], Node] = {}
        self._sorts: dict[str, dict[str, Word]] = {
            sort: {name: Word(name, sort, meaning, built_in=True) for name, meaning in names.items()}
            for sort, names in BUILT_IN.items()
        }

    def read(self) -> Declarations:
        """The declarations; what could not be read is left out and found in `findings`."""
        self._check_keys()
        found = Declarations(head=self._read_head())
        found.version = self._read_date("version")
        found.effective = self._read_date("effective")
        self._read_tree("data", "data")
        self._read_tree("purposes", "purpose")
        self._read_groups()  # before the audiences, which may name a group
        for key, sort in _FLAT_SORTS.items():
            self._read_flat(key, sort)
        found.parameters = MappingProxyType(self._read_parameters())
        found.certificates = MappingProxyType(self._read_certificates())
        self._check_twins()
        found.fact_sorts = MappingProxyType(self._read_fact_sorts())
        found.documents = self._texts("documents")
        found.contact = self._texts("contact")
        site = self._get_map("site", "for example `host: name.localhost`")
        value = site.as_value() if site else {}
        found.site = MappingProxyType(value) if isinstance(value, dict) else MappingProxyType({})
        found.words = Words(
            MappingProxyType({sort: MappingProxyType(names) for sort, names in self._sorts.items()}),
            self._texts("labels"),
        )
        self._check_labels(found.words)
        return found

    def _check_keys(self) -> None:
        unknown = [name for name, _ in self._root.pairs if name.text not in KEYS]
        for name in unknown[:_MOST_HINTED]:
            hint = nearest(name.text, KEYS) or f"there are {', '.join(sorted(KEYS))}"
            self.findings.append(name.finding("P202", f"there is no declaration `{shorten(name.text)}`", hint))
        for key in _NEEDED:
            if self._root.get(key) is None:
                hint = f"add `{key}: {_EXAMPLES[key]}`"
                self.findings.append(self._root.finding("P203", f"the declaration `{key}` is missing", hint))

    def _read_head(self) -> dict[str, str]:
        head: dict[str, str] = {}
        for key in _HEAD:
            node = self._root.get(key)
            if node is None:
                continue
            if node.kind != "text" or "\n" in node.text:
                self.findings.append(node.finding("P204", f"`{key}` is one line of text", "write it on the line"))
                continue
            head[key] = node.text
            if key == "policy" and not _SLUG.fullmatch(node.text):
                hint = "lower-case letters, digits and hyphens, as in `lasership`"
                self.findings.append(node.finding("P009", f"`{shorten(node.text)}` cannot name a policy", hint))
            if key == "surface" and node.text not in ("web", "app"):
                text = f"`{shorten(node.text)}` is not a surface"
                self.findings.append(node.finding("P204", text, "write `web` or `app`"))
        return head

    def _read_date(self, key: str) -> date | None:
        node = self._root.get(key)
        if node is None:
            return None
        value = parse_date(node.text)
        if value is None:
            self.findings.append(node.finding("P204", f"`{key}` is a date", "as in `2016-06-13`"))
        return value

    def _read_tree(self, key: str, sort: str) -> None:
        root = self._get_map(key, f"for example `{_EXAMPLES[key]}`")
        for name, node in root.pairs if root else ():
            self._read_branch(name, node, sort, "")

    def _read_branch(self, name: Node, node: Node, sort: str, above: str) -> str | None:
        path = f"{above}.{name.text}" if above else name.text
        if not self._is_name(name):
            return None
        if node.kind == "map":
            members = tuple(
                member
                for child, below in node.pairs
                if (member := self._read_branch(child, below, sort, path)) is not None
            )
            self._add(Word(path, sort, "", members, place=name.place), name)
        elif node.kind == "list":
            text = f"`{path}` is a standard key, or names with standard keys"
            self.findings.append(node.finding("P204", text, "write `name: user.contact.email`, not a list"))
            return None
        else:
            self._add(Word(path, sort, node.text, place=name.place), name)
        return path

    def _read_flat(self, key: str, sort: str) -> None:
        root = self._root.get(key)
        if root is None:
            return
        if root.kind not in ("map", "list"):
            hint = "write names below it, or a list `[one, another]`"
            self.findings.append(root.finding("P204", f"`{key}` has names below it", hint))
        pairs = root.pairs if root.kind == "map" else tuple((item, item) for item in root.items)
        for name, node in pairs:
            if not self._is_name(name):
                continue
            members = self._read_members(name, node, sort)
            value = "" if node is name or members or node.kind != "text" else node.text
            known = self._sorts.get(sort, {}).get(name.text)
            if known is not None and known.built_in and sort == "audience":
                del self._sorts[sort][name.text]
            self._add(Word(name.text, sort, value, members, place=name.place), name)

    def _read_members(self, name: Node, node: Node, sort: str) -> tuple[str, ...]:
        """The names that a mail or an audience stands for; other sorts have none."""
        wanted = _OPEN_INTO.get(sort)
        if wanted is None:
            if node.kind in ("list", "map"):
                text = f"`{name.text}` is a name with one line of text beside it"
                self.findings.append(node.finding("P204", text, "write `name: what it means`"))
            return ()
        if (
            node is name and sort == "audience"
        ):  # known by name alone; the linter asks for an address when mail goes there
            return ()
        nodes = node.items if node.kind == "list" else (node,)
        named = tuple(item for item in nodes if item.kind == "text" and item is not name)
        if len(named) < len(nodes) or not named:
            hint = f"write `{name.text}: NAME` with a declared {wanted}"
            self.findings.append(node.finding("P204", f"`{name.text}` names no {wanted}", hint))
        for item in named:
            if item.text not in self._sorts.get(wanted, {}):
                hint = nearest(item.text, self._sorts.get(wanted, {})) or f"declare it as {wanted}"
                text = f"`{shorten(item.text)}` is not declared as {wanted}"
                self.findings.append(item.finding("P208", text, hint))
        return tuple(item.text for item in named) if sort == "audience" or node.kind == "list" else ()

    def _read_groups(self) -> None:
        root = self._get_map("groups", "for example `contact details: [person.email, person.phone]`")
        if root is None:
            return
        groups = {name.text for name, _ in root.pairs}
        for name, node in root.pairs:
            if not self._is_name(name):
                continue
            if node.kind != "list" or not node.items:
                hint = f"write `{name.text}: [one, another]`"
                self.findings.append(node.finding("P204", f"the group `{name.text}` is a list of data", hint))
                continue
            members = tuple(item.text for item in node.items)
            self._add(Word(name.text, "data", "group", members, place=name.place), name)
            for item in node.items:
                if item.text not in self._sorts["data"] and item.text not in groups:
                    hint = nearest(item.text, self._sorts["data"]) or "declare it under `data`"
                    text = f"`{shorten(item.text)}` is not declared as data"
                    self.findings.append(item.finding("P208", text, hint))
        self._check_circles(root)

    def _check_circles(self, root: Node) -> None:
        names = {name.text: name for name, _ in root.pairs}
        found = self._find_circle(names)
        if found is not None:
            hint = "take the name out of one of the groups in the circle"
            self.findings.append(names[found].finding("P207", f"the group `{found}` contains itself", hint))

    def _find_circle(self, names: Iterable[str]) -> str | None:
        """The first group found that its own members lead back to."""
        done: set[str] = set()
        for start in names:
            path = {} if start in done else {start: iter(self._members(start))}
            while path:
                name = next(reversed(path))
                member = next(path[name], None)
                if member is None:
                    done.add(name)
                    del path[name]
                elif member in path:
                    return member
                elif member not in done:
                    path[member] = iter(self._members(member))
        return None

    def _members(self, name: str) -> tuple[str, ...]:
        word = self._sorts["data"].get(name)
        return word.members if word else ()

    def _read_parameters(self) -> dict[str, Parameter]:
        parameters: dict[str, Parameter] = {}
        root = self._get_map("settle", "for example `notice: 30 days`")
        for name, node in root.pairs if root else ():
            if not self._is_name(name):
                continue
            if node.kind not in ("text", "empty"):
                self.findings.append(node.finding("P204", f"`{name.text}` is one value", "for example `30 days`"))
                continue
            parameters[name.text] = Parameter(name.text, node.text, node.text == "literal", name.place)
            self._add(Word(name.text, "param", node.text, place=name.place), name)
        return parameters

    def _read_certificates(self) -> dict[str, Certificate]:
        certificates: dict[str, Certificate] = {}
        hint = "write `until: 2027-01-31`, `programme:` and `number:` below its name"
        root = self._get_map("certificates", hint)
        for name, node in root.pairs if root else ():
            if not self._is_name(name):
                continue
            until = node.get("until") if node.kind == "map" else None
            day = parse_date(until.text) if until else None
            if day is None:
                text = f"the certificate `{name.text}` has no last day"
                self.findings.append((until or name).finding("P204", text, hint))
                continue
            programme, number = node.get("programme"), node.get("number")
            certificates[name.text] = Certificate(
                name.text, programme.text if programme else "", number.text if number else "", day, name.place
            )
            self._add(Word(name.text, "certificate", place=name.place), name)
        return certificates

    def _check_twins(self) -> None:
        """Two sorts that can stand in the same place share no name: a rule would not say which is meant."""
        for sort, other in _OPEN_INTO.items():
            for name in self._sorts.get(sort, {}):
                node = self._nodes.get((sort, name)) or self._nodes.get((other, name))
                if name in self._sorts.get(other, {}) and node is not None:
                    text = f"`{name}` is declared as {sort} and as {other}"
                    self.findings.append(node.finding("P205", text, "give one of the two another name"))

    def _read_fact_sorts(self) -> dict[str, str]:
        sorts = {name: meaning.split(":")[0] for name, meaning in BUILT_IN["fact"].items()}
        hint = 'write `NAME: "person: what it means"`; a fact is about a person, an act or the context'
        root = self._get_map("facts", hint)
        for name, node in root.pairs if root else ():
            sort = node.text.partition(":")[0].strip()
            if sort not in FACT_SORTS:
                text = f"the fact `{name.text}` does not say what it is a fact about"
                self.findings.append(node.finding("P204", text, hint))
                continue
            sorts[name.text] = sort
        for choice in self._sorts.get("choice", {}):
            sorts[f"chosen {choice}"] = sorts[f"refused {choice}"] = "person"
        for region in self._sorts.get("region", {}):
            sorts[f"living in {region}"] = "person"
        for ground in self._sorts.get("ground", {}):
            sorts[f"demanded by {ground}"] = "act"
        return sorts

    def _texts(self, key: str) -> Mapping[str, str]:
        root = self._root.get(key)
        is_listed = root is not None and root.kind == "list" and key in _FLAT_SORTS
        root = None if is_listed else self._get_map(key, "write `name: text` below it")
        texts: dict[str, str] = {}
        for name, node in root.pairs if root else ():
            if node.kind == "text":
                texts[name.text] = node.text
            elif key not in _FLAT_SORTS:
                text = f"`{shorten(name.text)}` has a line of text beside it"
                self.findings.append(node.finding("P204", text, "write `name: text`"))
        return MappingProxyType(texts)

    def _get_map(self, key: str, hint: str) -> Node | None:
        """The declaration of this key when it has names below it; another kind of value is a finding."""
        root = self._root.get(key)
        if root is None or root.kind == "map":
            return root
        self.findings.append(root.finding("P204", f"`{key}` has names below it", hint))
        return None

    def _check_labels(self, words: Words) -> None:
        known = {name for names in words.by_sort.values() for name in names}
        known |= {f"{sort} {name}" for sort, names in words.by_sort.items() for name in names}
        root = self._root.get("labels")
        for name, _ in root.pairs if root else ():
            if name.text not in known:
                text = f"the label is for `{shorten(name.text)}`, which is not declared"
                hint = nearest(name.text, known) or "a label is for a declared name"
                self.findings.append(name.finding("P208", text, hint))

    def _add(self, word: Word, node: Node) -> None:
        names = self._sorts.setdefault(word.sort, {})
        if word.name in names:
            built_in = names[word.name].built_in
            text = f"`{word.name}` is a word of the language" if built_in else f"`{word.name}` is declared twice"
            hint = "take another name" if built_in else "keep one of the two"
            self.findings.append(node.finding("P206" if built_in else "P205", text, hint))
            return
        names[word.name] = word
        self._nodes[word.sort, word.name] = node

    def _is_name(self, node: Node) -> bool:
        """Whether this can be a name; otherwise it is a finding."""
        if _NAME.fullmatch(node.text) and len(node.text) <= _LONGEST_NAME:
            return True
        hint = "small letters, digits and hyphens, a letter first; words are parted by one space"
        self.findings.append(node.finding("P206", f"`{shorten(node.text)}` cannot be a name", hint))
        return False


def nearest(word: str, names: Iterable[str]) -> str | None:
    """A hint with the nearest known name, or None when none is near."""
    names = list(names)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not close:
        close = [name for name in names if name.endswith("." + word)][:1]
    return f"did you mean `{close[0]}`?" if close else None


def parse_count(value: str) -> int | None:
    """A whole number written in plain figures, or None when it is none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def parse_days(value: str) -> float | None:
    """A duration in days (a month is 30, a business day 1.4), or None when it is none."""
    if not _DURATION.fullmatch(value):
        return None
    count, unit = value.split(" ", 1)
    days = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1.0, "business days": 1.4, "months": 30.0}[unit]
    return int(count) * days
