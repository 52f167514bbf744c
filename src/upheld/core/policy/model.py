"""The values a policy is made of; every other room of the policy reads them, and they know nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from upheld.core.errors import Place

ANYTHING = "anything"
ANYONE = "anyone"
ANYWHERE = "anywhere"
EVERY_PAGE = "every page"
EVERY_FORM = "every form"
EVERY_ADDRESS = "every email address"
# they stand for others, never for themselves
WIDE_TOUCHPOINTS = frozenset({ANYWHERE, EVERY_PAGE, EVERY_FORM, EVERY_ADDRESS})
BY_ITSELF = frozenset({"automatic", "every page"})  # what a touchpoint is declared as where a server notes by itself
ANY_PURPOSE = "any purpose"
SELF = "self"
OTHER = "(not named)"  # the cell of every recipient, role, touchpoint, place or purpose the policy does not name
MOST_OPENED = 4096
HERE = "here"
NO_COUNTERPART = "-"
_WIDE_NAMES = (ANYTHING, ANYONE, ANYWHERE, ANY_PURPOSE)
_HYPHEN = re.compile(r"-(?!(?:in|out|up)\b)")


@dataclass(frozen=True, slots=True)
class Word:
    """One declared or built-in name.

    `sort` says what it can stand for (data, purpose, recipient ...), `value` what the declaration said
    beside it: a path, a kind, the names a group holds.
    """

    name: str
    sort: str
    value: str = ""
    members: tuple[str, ...] = ()
    built_in: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Words:
    """All names of a policy by sort, and how the names of inner nodes open into leaves."""

    by_sort: Mapping[str, Mapping[str, Word]]
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    # What was opened before: every page and every job asks for the same few names again and again.
    _opened: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def of_sort(self, sort: str) -> Mapping[str, Word]:
        """The names of one sort, in the order they were declared; empty when there are none."""
        return self.by_sort.get(sort, MappingProxyType({}))

    def has(self, sort: str, name: str) -> bool:
        """Whether this name is declared (or built in) with this sort."""
        return name in self.of_sort(sort)

    def leaves(self, sort: str) -> tuple[str, ...]:
        """The declared names of a sort that hold no others, in order; built-in words are left out."""
        return tuple(w.name for w in self.of_sort(sort).values() if not w.members and not w.built_in)

    def expand(self, sort: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """The leaves below these names, each once, in the order of the declarations.

        `anything` and its like open into all leaves. Groups are data. Unknown names are left out.
        """
        words = self.of_sort(sort)
        if len(names) == 1 and names[0] in words and names[0] not in _WIDE_NAMES and not words[names[0]].members:
            return names  # by far the most asked are leaves themselves
        known = self._opened.get((sort, names))
        if known is None:
            known = self._open(sort, names)
            if len(self._opened) < MOST_OPENED:  # strangers choose names on the public page
                self._opened[sort, names] = known
        return known

    def _open(self, sort: str, names: tuple[str, ...]) -> tuple[str, ...]:
        words = self.of_sort(sort)
        found: set[str] = set()
        seen: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in _WIDE_NAMES:
                found.update(self.leaves(sort))
                continue
            word = words.get(name)
            if word is None:
                continue
            if word.members:
                todo.extend(word.members)
            else:
                found.add(name)
        return tuple(leaf for leaf in words if leaf in found)

    def find_label(self, name: str, sort: str) -> str | None:
        """The label of this name in this sort, or None.

        A label that names no sort belongs to the first sort that has the name: data before a touchpoint or an event.
        """
        found = self.labels.get(f"{sort} {name}")
        if found is None and name in self.labels:
            first = next((other for other, names in self.by_sort.items() if name in names), sort)
            found = self.labels[name] if sort in ("", first) else None
        return found

    def label(self, name: str, sort: str = "") -> str:
        """How the name is said to people: its label, or the name in plain words."""
        return self.find_label(name, sort) or write_plainly(name)


def write_plainly(name: str) -> str:
    """A name without dots and most hyphens: `person.first-name` is person first name; sign-in keeps its own."""
    return _HYPHEN.sub(" ", name.replace(".", " "))


@dataclass(frozen=True, slots=True)
class Degree:
    """How close to the person: `identified`, `pseudonymous`, `de-identified` or `aggregate` of at least k."""

    name: str
    k: int = 0
    parameter: str | None = None  # when k was written as the name of a parameter

    def __str__(self) -> str:
        if self.name != "aggregate":
            return self.name
        return f"in aggregate of {self.parameter or self.k}"


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a condition; it holds when any of its facts does."""

    text: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """Terms joined by `and` (mode "all") or by `or` (mode "any")."""

    mode: str
    terms: tuple[Term, ...]

    def __str__(self) -> str:
        texts = [term.text for term in self.terms]
        if len(texts) == 1:
            return texts[0]
        return ", ".join(texts[:-1]) + (" and " if self.mode == "all" else " or ") + texts[-1]


@dataclass(frozen=True, slots=True)
class Approval:
    """That so many people of a role have to agree first."""

    count: int
    role: str

    def __str__(self) -> str:
        return f"approved by {self.count} of {self.role}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the rule language.

    `form` names the shape of the line (`share`, `share_only`, `for_share_only` ...), `parts` what stands in
    it, by the names of the grammar; a rule has only the parts its form has.
    """

    verb: str
    form: str
    numbers: tuple[int, ...]
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    degree: Degree | None = None
    holds: Condition | None = None
    unless: Condition | None = None
    approval: Approval | None = None
    layer: str = "plain"
    settled: str | None = None
    is_literal: bool = False
    refs: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    comment: str = ""
    sentences: tuple[str, ...] = field(default=(), compare=False)
    place: Place | None = field(default=None, compare=False)
    source: str = field(default="", compare=False)
    text: str = field(default="", compare=False)
    spans: tuple[tuple[str, int, int], ...] = field(default=(), compare=False)

    def part(self, key: str) -> tuple[str, ...]:
        """The words of one part, empty when the rule has no such part."""
        return next((values for name, values in self.parts if name == key), ())

    @property
    def data(self) -> tuple[str, ...]:
        """The data names as written, before they are opened into leaves."""
        return self.part("data")

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes as written."""
        return self.part("purposes")

    def find(self, word: str) -> Place | None:
        """Where this word stands in the rule's line, for underlining; the rule's own place when it does not."""
        if self.place is None:
            return None
        for name, start, end in self.spans:
            if name == word:
                return Place(self.place.file, self.place.line, start, end - start)
        return self.place


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the prose; `ref` stays the same as long as its heading and number do."""

    ref: str
    text: str
    digest: str
    section: str
    number: int
    place: Place | None = field(default=None, compare=False)
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Passage:
    """Some paragraphs and the rules that uphold their sentences.

    `paragraphs` holds, for each paragraph, its kind (`text` or `item`) and the numbers of its sentences,
    `notes` the lines of the rules block that are only a comment, each with the number of rules above it.
    """

    sentences: tuple[Sentence, ...]
    paragraphs: tuple[tuple[str, tuple[int, ...]], ...]
    rules: tuple[Rule, ...]
    prose: str = field(default="", compare=False)
    notes: tuple[tuple[int, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    slug: str
    title: str
    level: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A settled value: what a vague or colliding wording means here."""

    name: str
    value: str
    is_literal: bool
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that the policy claims; `until` is its last day."""

    name: str
    programme: str
    number: str
    until: date
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of one policy, read from one file."""

    slug: str
    version: date
    title: str
    business: str
    surface: str
    site: Mapping[str, object]
    contact: Mapping[str, str]
    words: Words
    parameters: Mapping[str, Parameter]
    certificates: Mapping[str, Certificate]
    documents: Mapping[str, str]
    fact_sorts: Mapping[str, str]
    sections: tuple[Section, ...]
    front: str
    text: str
    digest: str
    file: str
    effective: date | None = None
    summary: str = ""
    # Read off the sections once: whoever works with a policy asks for them again and again.
    rules: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    active_rules: tuple[Rule, ...] = field(init=False, repr=False, compare=False)
    sentences: tuple[Sentence, ...] = field(init=False, repr=False, compare=False)
    _by_ref: Mapping[str, Sentence] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """All rules and sentences in the order of the file.

        `rules` has those of a reading that is not chosen as well. `active_rules` are the ones in force: a parameter set to
        `literal` picks the literal readings, else the settled ones.
        """
        passages = [passage for _, passage in self.iter_passages()]
        rules = tuple(rule for passage in passages for rule in passage.rules)
        sentences = tuple(sentence for passage in passages for sentence in passage.sentences)
        object.__setattr__(self, "rules", rules)
        object.__setattr__(self, "active_rules", tuple(rule for rule in rules if self.is_active(rule)))
        object.__setattr__(self, "sentences", sentences)
        first = {sentence.ref: sentence for sentence in reversed(sentences)}
        object.__setattr__(self, "_by_ref", MappingProxyType(first))

    def is_active(self, rule: Rule) -> bool:
        """Whether this rule's reading is the chosen one."""
        if rule.settled is None:
            return True
        parameter = self.parameters.get(rule.settled)
        return parameter is None or parameter.is_literal == rule.is_literal

    def find_sentence(self, ref: str) -> Sentence | None:
        """The sentence of this reference, or None."""
        return self._by_ref.get(ref)

    def iter_passages(self) -> Iterator[tuple[Section, Passage]]:
        """Each passage with its section, in order."""
        for section in self.sections:
            for passage in section.passages:
                yield section, passage
