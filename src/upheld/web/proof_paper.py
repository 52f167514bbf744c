"""The proof on paper, for an auditor: gaps first, then every sentence with its evidence, as a tagged PDF made on this machine.

Nothing is fetched: the template and its style sheet are our own files, and every other address is refused. The same proof
gives the same document; the moment it names is the one at which the proof ended.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from upheld.core.errors import UpheldError
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.saying.rules import say_rule
from upheld.core.policy.words import print_body
from upheld.core.proof.runs import Proof, SentenceProof
from upheld.core.proof.states import MEANINGS, STATED
from upheld.web.proof_words import (
    CAUSE_WORDS,
    GAPS,
    EvidenceView,
    StateMark,
    count_states,
    count_things,
    list_missing,
    mark_state,
    say_gap,
    say_kinds,
    say_moment,
    sum_up_sentence,
    view_evidence,
)

STYLES = Path(__file__).parent / "static" / "elements" / "proof_paper.css"
MOST_PAPERS = 8
NEEDED = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class MissingPartError(UpheldError):
    """The server lacks what sets a document on paper."""


@dataclass(frozen=True, slots=True)
class PaperRule:
    """One rule of a sentence on paper."""

    words: str
    line: str
    mark: StateMark
    why: str
    evidence: tuple[EvidenceView, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperSentence:
    """One sentence on paper; `where` says its section and number."""

    anchor: str
    where: str
    text: str
    mark: StateMark
    summary: tuple[str, ...]
    gap_title: str
    gap: str
    rules: tuple[PaperRule, ...]


@dataclass(frozen=True, slots=True)
class PaperSection:
    """A heading and its sentences."""

    title: str
    sentences: tuple[PaperSentence, ...]


@dataclass(frozen=True, slots=True)
class PaperView:
    """Everything that stands on the paper."""

    title: str
    business: str
    made_at: str
    moment: str
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[StateMark, int, str], ...]
    summary: str
    faults: tuple[str, ...]
    gaps: tuple[PaperSentence, ...]
    sections: tuple[PaperSection, ...]


def view_paper(policy: Policy, proof: Proof, digest: str, *, is_public: bool) -> PaperView:
    """What stands on the paper of this proof; `digest` is the one of the written proof, as the ledger holds it."""
    views = {one.ref: _view_sentence(policy, proof, one, is_public=is_public) for one in proof.sentences}
    ledger = f"{proof.ledger.size:,} of {proof.ledger.origin}" if proof.ledger.origin else "none"
    facts = (
        ("Version", proof.version),
        ("Made", f"{say_moment(proof.began)} to {say_moment(proof.ended)}, {CAUSE_WORDS.get(proof.cause, '')}"),
        ("Looked for", say_kinds(proof)),
        ("Lines of the ledger", ledger),
        ("Root of the ledger", proof.ledger.root),
        ("SHA-256 of the policy", proof.digest),
        ("SHA-256 of the program", proof.code),
        ("SHA-256 of the proof", digest),
    )
    counts = tuple((mark_state(state), number, MEANINGS[state]) for state, number in count_states(proof))
    gaps = tuple(views[one.ref] for state in GAPS for one in proof.sentences if one.state == state)
    return PaperView(
        title=policy.title,
        business=policy.business,
        made_at=say_moment(proof.ended),
        moment=proof.ended,
        facts=tuple((name, value) for name, value in facts if value),
        counts=counts,
        summary=f"{count_things(len(proof.sentences), 'sentence')}, {len(gaps)} with a gap",
        faults=proof.faults,
        gaps=gaps,
        sections=tuple(_list_sections(policy, proof, views)),
    )


def _list_sections(policy: Policy, proof: Proof, views: dict[str, PaperSentence]) -> list[PaperSection]:
    found = []
    for section in policy.sections:
        sentences = tuple(views[one.ref] for one in proof.sentences if one.section == section.slug)
        if sentences:
            found.append(PaperSection(section.title, sentences))
    return found


def _view_sentence(policy: Policy, proof: Proof, sentence: SentenceProof, *, is_public: bool) -> PaperSentence:
    titles = {section.slug: section.title for section in policy.sections}
    anchor = sentence.ref.partition("#")[2]
    gap_title, gap = say_gap(sentence)
    numbers = [n for n in sentence.rules if proof.rules[n].state != STATED]
    return PaperSentence(
        anchor=anchor,
        where=f"{titles.get(sentence.section, '')}, sentence {anchor.rpartition('.')[2]}",
        text=sentence.text,
        mark=mark_state(sentence.state),
        summary=sum_up_sentence((proof.rules[n] for n in numbers), is_public=is_public),
        gap_title=gap_title,
        gap=gap,
        rules=tuple(_view_rule(policy, policy.active_rules[n], proof, n, is_public=is_public) for n in numbers),
    )


def _view_rule(policy: Policy, rule: Rule, proof: Proof, number: int, *, is_public: bool) -> PaperRule:
    proven = proof.rules[number]
    return PaperRule(
        words=say_rule(rule, policy),
        line=print_body(rule),
        mark=mark_state(proven.state),
        why=proven.why,
        evidence=tuple(view_evidence(found, is_public=is_public) for found in proven.evidence),
        missing=list_missing(rule, proven),
    )


def make_paper(view: PaperView) -> bytes:
    """The PDF: A4, tagged, with the moment of the proof as its date. Raises MissingPartError S714 where it cannot be set."""
    try:
        # takes a second and needs libraries of the system: only who asks for paper waits for it
        from weasyprint import CSS, HTML  # noqa: PLC0415
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
    except (ImportError, OSError) as problem:
        hint = f"on Debian: apt-get install {NEEDED}"
        raise MissingPartError("S714", "what sets documents on paper is not installed", hint) from problem
    fonts = FontConfiguration()
    styles = CSS(string=STYLES.read_text(encoding="utf-8"), url_fetcher=refuse_address, font_config=fonts)
    page = HTML(string=render_to_string("elements/proof_paper.html", {"paper": view}), url_fetcher=refuse_address)
    made: bytes = page.write_pdf(
        stylesheets=[styles], font_config=fonts, pdf_variant="pdf/ua-1", pdf_identifier=view.moment.encode()
    )
    return made


def refuse_address(address: str, *_rest: Any, **_more: Any) -> dict[str, Any]:
    """Fetches nothing: a document about what a business keeps does not ask strangers for anything."""
    raise ValueError("nothing is fetched for this document")


class Papers:
    """Documents that were set before, the least recently used goes first; each is set once, whoever asks meanwhile waits."""

    def __init__(self, most: int = MOST_PAPERS) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.kept: OrderedDict[str, bytes] = OrderedDict()

    def find_paper(self, key: str, view: Callable[[], PaperView]) -> bytes:
        """The document kept under this key, set now when there is none."""
        with self.lock:
            paper = self.kept.get(key)
            if paper is None:
                paper = self.kept[key] = make_paper(view())
                while len(self.kept) > self.most:
                    self.kept.popitem(last=False)
            self.kept.move_to_end(key)
            return paper
