"""Formal proofs as text for a terminal and as values for JSON; knows only proofs."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from upheld.core.gate.act import REFUSED, SILENT
from upheld.core.gate.counterexample import Counterexample
from upheld.core.gate.formal import FAILS, HOLDS, UNUSED, FormalProof
from upheld.core.policy.model import Policy
from upheld.core.policy.saying.rules import say_rule
from upheld.core.policy.words import print_body

MIN_WIDTH = 60
MAX_WIDTH = 110
LABEL_WIDTH = 16


def print_proofs(policy: Policy, proofs: tuple[FormalProof, ...], width: int, *, shows_all: bool) -> str:
    """One line that sums up, then what fails with its counterexample and what is unused; with `shows_all` every rule."""
    width = max(MIN_WIDTH, min(width, MAX_WIDTH))
    lines = [summarise_proofs(policy, proofs)]
    for proof in proofs:
        if shows_all or proof.state != HOLDS:
            lines += ["", *_print_proof(policy, proof, width)]
    return "\n".join(lines) + "\n"


def summarise_proofs(policy: Policy, proofs: tuple[FormalProof, ...]) -> str:
    """One line: how many rules hold, fail and are unused, of how many."""
    counts = [sum(proof.state == state for proof in proofs) for state in (HOLDS, FAILS, UNUSED)]
    return (
        f"{policy.file}: {counts[0]} hold, {counts[1]} fail, {counts[2]} unused;"
        f" {len(proofs)} of {len(policy.active_rules)} rules can be checked in all cases"
    )


def describe_proofs(policy: Policy, proofs: tuple[FormalProof, ...]) -> dict[str, object]:
    """The same as values for JSON."""
    return {
        "policy": policy.slug,
        "version": policy.version.isoformat(),
        "digest": policy.digest,
        "holds": all(proof.state != FAILS for proof in proofs),
        "rules": len(policy.active_rules),
        "proofs": [_describe_proof(proof) for proof in proofs],
    }


def _print_proof(policy: Policy, proof: FormalProof, width: int) -> list[str]:
    rule = proof.rule
    state = proof.state.upper() if proof.state == FAILS else proof.state
    where = f"line {rule.place.line}, " if rule.place else ""
    lines = _wrap(f"{state:7}{print_body(rule)}", width, 7)
    lines += _wrap(f"       {where}{', '.join(rule.sentences)}", width, 7)
    looked = f"{_count(proof.cells, 'act')}, {_count(proof.cases, 'case')} of facts" if proof.cells else ""
    if 0 < proof.failing <= proof.cells:
        looked += f"; fails for {_count(proof.failing, 'act')}"
    told = "; ".join(filter(None, (looked, proof.note)))
    lines += _wrap(f"       {told}", width, 7) if told else []
    if proof.counterexample:
        lines += ["", *_print_example(policy, proof, proof.counterexample, width)]
    return lines


def _print_example(policy: Policy, proof: FormalProof, example: Counterexample, width: int) -> list[str]:
    lines = _label("it says", [say_rule(proof.rule, policy)], width)
    if example.verdict is None:
        return lines + _label("but", [example.why], width)
    lines += _label("but this act", [str(example.act)], width)
    lines += _label("when it is known", example.known or ["nothing at all"], width)
    lines += _label("and", example.doubts, width)
    outcome = {REFUSED: "refused", SILENT: "refused: no sentence speaks of it"}.get(
        example.verdict.outcome, "permitted"
    )
    lines += _label("the gate says", [outcome], width)
    if example.verdict.rule >= 0:
        lines += _label("by the rule", [print_body(policy.active_rules[example.verdict.rule])], width)
    for ref in example.verdict.because[:3]:
        sentence = policy.find_sentence(ref)
        lines += _label("of the sentence", [f"{ref}: “{sentence.text}”" if sentence else ref], width)
    lines += _label("what is wrong", [example.why], width)
    facts = f" --facts '{example.facts}'" if example.facts else ""
    command = f"upheld explain '{example.act}'{facts} --policy {policy.file}"
    return [*lines, *_label("see for yourself", [command], width)]


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def _label(label: str, texts: Iterable[str], width: int) -> list[str]:
    lines: list[str] = []
    for text in texts:
        lead = f"    {label if not lines else '':{LABEL_WIDTH}}  "
        lines += wrap(text, width, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False)
    return lines


def _wrap(text: str, width: int, indent: int) -> list[str]:
    lead = text[: len(text) - len(text.lstrip())]
    return wrap(text.lstrip(), width, initial_indent=lead, subsequent_indent=" " * indent, break_on_hyphens=False)


def _describe_proof(proof: FormalProof) -> dict[str, object]:
    rule, example = proof.rule, proof.counterexample
    described: dict[str, object] = {
        "rule": print_body(rule),
        "form": rule.form,
        "line": rule.place.line if rule.place else None,
        "sentences": list(rule.sentences),
        "refs": list(rule.refs),
        "layer": rule.layer,
        "state": proof.state,
        "acts": proof.cells,
        "cases": proof.cases,
        "failing": proof.failing,
        "note": proof.note,
        "counterexample": None,
    }
    if example:
        verdict = example.verdict
        described["counterexample"] = {
            "why": example.why,
            "act": str(example.act) if example.act else None,
            "facts": example.facts,
            "known": list(example.known),
            "doubts": list(example.doubts),
            "verdict": verdict.outcome if verdict else None,
            "because": list(verdict.because) if verdict else [],
        }
    return described
