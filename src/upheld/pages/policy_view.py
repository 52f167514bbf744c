"""The policy page as frozen values: everything the templates show, ready to print; the only caller of core here.

Knows nothing of requests and addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from upheld.core.policy.model import EVERY_ADDRESS, Passage, Policy, Rule, Section, Sentence
from upheld.core.policy.saying.rules import say_rule
from upheld.core.policy.words import print_body
from upheld.web.proof_words import StateMark
from upheld.web.shelf import Good

LAYER_WORDS = {"plain": "promised", "settled": "settled", "beyond": "beyond"}
LAYERS = tuple(LAYER_WORDS)
REACH_PARTS = {
    "contact desk": ("Who answers", "desk"),
    "contact email": ("E-mail", "email"),
    "guarded contact email": ("E-mail", "email"),
    "contact post": ("Post", "post"),
    "contact phone": ("Telephone", "phone"),
}
States = Mapping[str, StateMark]
NO_STATES: States = MappingProxyType({})
SHOWN_WHERE = ("policy", "every page")


@dataclass(frozen=True, slots=True)
class Mark:
    """A state said three ways: `kind` picks drawing and colour, `word` is read."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule under its sentence: in plain words, as it is written, and why it is as it is."""

    words: str
    line: str
    mark: Mark
    settled: str
    clauses: tuple[str, ...]
    laws: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentenceView:
    """One sentence with its anchor and its rules; `summary` stands at the margin."""

    ref: str
    anchor: str
    number: int
    text: str
    summary: str
    marks: tuple[Mark, ...]
    rules: tuple[RuleView, ...]
    proof: StateMark | None = None


@dataclass(frozen=True, slots=True)
class ParagraphView:
    """One paragraph, or one item of a list, as its sentences."""

    is_item: bool
    sentences: tuple[SentenceView, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A heading and the paragraphs below it."""

    anchor: str
    title: str
    level: int
    paragraphs: tuple[ParagraphView, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many rules stand on one layer, with the share of all of them as a drawing's start and width in percent."""

    mark: Mark
    number: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Link:
    """A sentence by its number in its section, and where it stands."""

    number: int
    anchor: str


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """The sentences of one section that something rests on."""

    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach who answers, as a rule of the policy has it shown here; with what has to stand beside it."""

    words: str
    value: str
    href: str = ""
    notes: tuple[str, ...] = ()


def view_sections(good: Good, states: States = NO_STATES) -> tuple[SectionView, ...]:
    """All sections of a policy in order; the title of the whole page is left to the page.

    `states` says how far each sentence is upheld, by its anchor.
    """
    rules_by_ref = collect_rules(good.policy)
    return tuple(view_section(section, good.policy, rules_by_ref, states) for section in good.policy.sections)


def collect_rules(policy: Policy) -> dict[str, list[Rule]]:
    """The active rules under each sentence, by its reference."""
    found: dict[str, list[Rule]] = {sentence.ref: [] for sentence in policy.sentences}
    for rule in policy.active_rules:
        for ref in rule.sentences:
            found[ref].append(rule)
    return found


def view_section(section: Section, policy: Policy, rules_by_ref: dict[str, list[Rule]], states: States) -> SectionView:
    """One section."""
    paragraphs = [
        view for passage in section.passages for view in view_paragraphs(passage, policy, rules_by_ref, states)
    ]
    # The first heading is the title of the page, which the page shows itself.
    title = "" if section.level == 1 else section.title
    return SectionView(section.slug, title, section.level, tuple(paragraphs))


def view_paragraphs(
    passage: Passage, policy: Policy, rules_by_ref: dict[str, list[Rule]], states: States
) -> Iterable[ParagraphView]:
    """The paragraphs of one passage, those without a sentence left out."""
    by_number = {sentence.number: sentence for sentence in passage.sentences}
    for kind, numbers in passage.paragraphs:
        sentences = tuple(view_sentence(by_number[n], policy, rules_by_ref[by_number[n].ref], states) for n in numbers)
        if sentences:
            yield ParagraphView(kind == "item", sentences)


def view_sentence(sentence: Sentence, policy: Policy, rules: list[Rule], states: States) -> SentenceView:
    """One sentence with its rules folded below it."""
    views = tuple(view_rule(rule, policy) for rule in rules if rule.verb != "state")
    if views:
        summary = "1 rule" if len(views) == 1 else f"{len(views)} rules"
        marks = tuple(
            Mark(layer, LAYER_WORDS[layer]) for layer in LAYERS if any(view.mark.kind == layer for view in views)
        )
    else:
        summary, marks = "", (Mark("stated", "stated"),)
    anchor = find_anchor(sentence.ref)
    proof = states.get(anchor) if views else None
    return SentenceView(sentence.ref, anchor, sentence.number, sentence.text, summary, marks, views, proof)


def view_rule(rule: Rule, policy: Policy) -> RuleView:
    """One rule in words and as it is written."""
    parameter = policy.parameters.get(rule.settled or "")
    settled = "" if rule.settled is None else rule.settled.replace("-", " ")
    if parameter is not None and parameter.value not in ("settled", "literal"):
        settled = f"{settled}: {parameter.value}"
    mark = Mark(rule.layer, LAYER_WORDS[rule.layer])
    return RuleView(say_rule(rule, policy), print_body(rule), mark, settled, rule.refs, rule.laws)


def find_anchor(ref: str) -> str:
    """The part of a sentence's reference that names it on its own page: `cookies.2` of `lasership#cookies.2`."""
    return ref.partition("#")[2]


def group_links(policy: Policy, refs: Iterable[str]) -> tuple[LinkGroup, ...]:
    """The sentences of these references by section, in the order of the file; those of another policy are left out."""
    wanted = set(refs)
    groups = []
    for section in policy.sections:
        sentences = (s for passage in section.passages for s in passage.sentences if s.ref in wanted)
        links = tuple(Link(sentence.number, find_anchor(sentence.ref)) for sentence in sentences)
        if links:
            groups.append(LinkGroup(section.title, links))
    return tuple(groups)


def count_layers(policy: Policy) -> tuple[Count, ...]:
    """How many rules stand on each layer, statements left out."""
    rules = [rule for rule in policy.active_rules if rule.verb != "state"]
    counts, start = [], 0.0
    for layer, word in LAYER_WORDS.items():
        number = sum(rule.layer == layer for rule in rules)
        width = round(100 * number / len(rules), 2) if rules else 0.0
        counts.append(Count(Mark(layer, word), number, start, width))
        start = round(start + width, 2)
    return tuple(counts)


def count_rules(policy: Policy) -> int:
    """The rules that ask for something: all but statements."""
    return sum(rule.verb != "state" for rule in policy.active_rules)


def list_reaches(policy: Policy) -> tuple[Reach, ...]:
    """The contacts that the policy has shown on its own page, and no others; guarded e-mail is written past harvesters.

    Notices that have to stand beside every e-mail address stand beside that one, others for themselves.
    """
    shown = list_shown(policy, SHOWN_WHERE)
    beside = tuple(text for kind, text in list_shown(policy, (EVERY_ADDRESS,)) if kind == "notice")
    alone = tuple(text for kind, text in shown if kind == "notice" and text not in beside)
    found = {}
    for part, (words, key) in REACH_PARTS.items():
        value = policy.contact.get(key, "")
        if ("part", part) not in shown or not value:
            continue
        if key == "email":
            is_guarded = part.startswith("guarded")
            href = "" if is_guarded else f"mailto:{value}"
            found[words] = Reach(words, guard_email(value) if is_guarded else value, href, beside)
        else:
            dials = "tel:" + re.sub(r"[^+0-9]", "", value) if key == "phone" else ""
            found[words] = Reach(words, value, dials)
    noted = (Reach("Please note", text) for text in alone)
    return (*found.values(), *noted)


def list_shown(policy: Policy, places: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """What rules in force have stand in one of these places, each as its kind and its name or text."""
    found: dict[tuple[str, str], None] = {}
    for rule in policy.active_rules:
        if rule.form == "show_part" and not set(places).isdisjoint(rule.part("at")):
            for thing in rule.part("things"):
                kind, _, name = thing.partition(":")
                found[kind, name] = None
    return tuple(found)


def guard_email(address: str) -> str:
    """The address in words: people and screen readers read it without a script, harvesters find no address."""
    return address.replace("@", " (at) ").replace(".", " (dot) ")
