"""A proof as text for a terminal and as values for JSON: what presses most comes first; knows only proofs."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import shorten, wrap

from upheld.core.proof.evidence import FAILS, Evidence
from upheld.core.proof.runs import Proof, RuleProof, SentenceProof
from upheld.core.proof.states import BROKEN, EXPIRED, PARTLY, STATES, UNPROVEN, UNUSED

MIN_WIDTH = 60
MAX_WIDTH = 110
GAPS = (BROKEN, EXPIRED, UNPROVEN, PARTLY, UNUSED)
_STATE_WIDTH = max(map(len, STATES)) + 2
_MOST_OF_TEXT = 160  # of a sentence; its reference says where the rest is
_MOST_LINES = 3  # ids of lines that stand in full


def print_proof(proof: Proof, width: int, *, shows_all: bool) -> str:
    """What came of it in one line, the counts, then each gap with why and where; with `shows_all` every sentence."""
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    lines = [summarise_proof(proof), *_print_head(proof, width)]
    for fault in proof.faults:
        lines += ["", *_wrap(f"FAULT  {fault}", width, 7)]
    for sentence in _order_gaps(proof):
        lines += ["", *_print_gap(sentence, proof, width)]
    rest = [sentence for sentence in proof.sentences if sentence.state not in GAPS]
    if shows_all and rest:
        lines += ["", *(line for sentence in rest for line in _print_kept(sentence, width))]
    return "\n".join(lines) + "\n"


def summarise_proof(proof: Proof) -> str:
    """One line: how many sentences are in which state; a fault of the look itself is named first."""
    counts = [f"{count} {state}" for state, count in [*proof.count_states().items()][::-1] if count]
    found = ", ".join(counts) or "no sentence"
    faults = (
        f"{len(proof.faults)} fault{'' if len(proof.faults) == 1 else 's'} of the look itself; " if proof.faults else ""
    )
    return (
        f"{proof.policy} {proof.version}: {faults}{found}; {len(proof.sentences)} sentences, {len(proof.rules)} rules"
    )


def describe_proof(proof: Proof) -> dict[str, object]:
    """The same as values for JSON, with all evidence."""
    return {
        "policy": proof.policy,
        "version": proof.version,
        "digest": proof.digest,
        "code": proof.code,
        "broken": proof.is_broken,
        "began": proof.began,
        "ended": proof.ended,
        "cause": proof.cause,
        "kinds": list(proof.kinds),
        "states": dict(proof.count_states()),
        "faults": list(proof.faults),
        "ledger": asdict(proof.ledger),
        "sentences": [asdict(sentence) for sentence in proof.sentences],
        "rules": [asdict(rule) for rule in proof.rules],
    }


def _print_head(proof: Proof, width: int) -> list[str]:
    ledger = proof.ledger
    looked = f", {ledger.size:,} lines of the ledger `{ledger.origin}`" if ledger.origin else ", no ledger"
    text = f"looked at: {', '.join(proof.kinds) or 'nothing'}{looked}; began {proof.began}, ended {proof.ended}"
    return _wrap(f"    {text}", width, 4)


def _order_gaps(proof: Proof) -> list[SentenceProof]:
    found = [sentence for sentence in proof.sentences if sentence.state in GAPS]
    return sorted(found, key=lambda sentence: GAPS.index(sentence.state))


def _print_gap(sentence: SentenceProof, proof: Proof, width: int) -> list[str]:
    name = sentence.state.upper() if sentence.state == BROKEN else sentence.state
    lines = _wrap(f"{name:{_STATE_WIDTH}}{sentence.ref}", width, _STATE_WIDTH)
    lead = " " * _STATE_WIDTH
    lines += _wrap(f"{lead}“{shorten(sentence.text, _MOST_OF_TEXT, placeholder=' …')}”", width, _STATE_WIDTH)
    if sentence.state == BROKEN:
        for number in sentence.rules:
            lines += _print_broken(proof.rules[number], width)
        return lines
    said = sentence.why or "nothing shows it"
    return lines + _wrap(f"{lead}{said}", width, _STATE_WIDTH)


def _print_broken(rule: RuleProof, width: int) -> list[str]:
    """One rule of a broken sentence: each piece of evidence that fails, the step that showed it, the lines that do."""
    failing = [one for one in rule.evidence if one.outcome == FAILS]
    lead = " " * _STATE_WIDTH
    lines = _wrap(f"{lead}rule {rule.number + 1}: {rule.text}", width, _STATE_WIDTH + 2) if failing else []
    for one in failing:
        lines += _wrap(f"{lead}  {one.kind}: {one.says}", width, _STATE_WIDTH + 4)
        found = _list_lines(one)
        if found:
            lines += _wrap(f"{lead}    in the ledger: {_list_some(found)}", width, _STATE_WIDTH + 6)
    return lines


def _list_lines(evidence: Evidence) -> tuple[str, ...]:
    failing = [line for step in evidence.steps if not step.is_kept for line in step.lines]
    return tuple(dict.fromkeys(failing or evidence.lines))


def _list_some(lines: tuple[str, ...]) -> str:
    more = len(lines) - _MOST_LINES
    return ", ".join(lines[:_MOST_LINES]) + (f" and {more:,} more" if more > 0 else "")


def _print_kept(sentence: SentenceProof, width: int) -> list[str]:
    line = f"{sentence.state:{_STATE_WIDTH}}{sentence.ref}  {' '.join(sentence.text.split())}"
    return [line if len(line) <= width else line[: width - 2].rstrip() + " …"]


def _wrap(text: str, width: int, indent: int) -> list[str]:
    lead = text[: len(text) - len(text.lstrip())]
    return wrap(
        text.lstrip(),
        width,
        initial_indent=lead,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    ) or [lead]
