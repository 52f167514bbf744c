"""Checks on sentences: each is claimed, vague words are settled, bans can be checked, literal readings are flagged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from upheld.core.errors import Finding
from upheld.core.policy.forms import is_claim
from upheld.core.policy.lint.case import Case, Check, find_in_rule, find_in_sentence
from upheld.core.policy.lint.vague import find_vague, say_settling
from upheld.core.policy.model import Rule

_BANS = ("never_collect", "never_use", "never_show", "never_share", "never_keep", "never_employ")


def check_claimed(case: Case) -> Iterator[Finding]:
    """P301: every sentence has a rule, if only `state`."""
    claimed = {ref for rule in case.rules for ref in rule.sentences}
    for sentence in case.policy.sentences:
        if sentence.ref not in claimed:
            text = f"the sentence {sentence.ref} has no rule"
            yield find_in_sentence(sentence, "P301", text, hint="write its rule, or `state` if it promises nothing")


def check_vague(case: Case) -> Iterator[Finding]:
    """P307: a vague wording is settled by a parameter in a rule below it, or its sentence only states."""
    for sentence in case.policy.sentences:
        rules = [rule for rule in case.rules if sentence.ref in rule.sentences]
        if all(rule.verb == "state" for rule in rules) or any(_settles(case, rule) for rule in rules):
            continue
        word = find_vague(sentence.text)
        if word and sentence.place is not None:
            start = sentence.source.lower().find(word.lower())
            place = sentence.place
            if start >= 0:
                place = replace(place, column=start + 1, length=len(word))
            text = f"`{word}` can mean much, and nothing settles it"
            hint = f"{say_settling(word)}, and mark the rule `settled NAME`"
            yield Finding("P307", "warning", text, place, hint, sentence.source)


def _settles(case: Case, rule: Rule) -> bool:
    """Whether a rule makes a wording decidable: it is marked so, uses a parameter, or says how large a group is."""
    if rule.settled or (rule.degree is not None and (rule.degree.parameter or rule.degree.k)):
        return True
    return any(value in case.policy.parameters for _, found in rule.parts for value in found)


def check_bans(case: Case) -> Iterator[Finding]:
    """P316: a sentence that bans something also claims what then holds in all cases."""
    with_claim = {ref for rule in case.rules if is_claim(rule.form) for ref in rule.sentences}
    seen: set[str] = set()
    for rule in case.rules:
        if rule.form in _BANS and not set(rule.sentences) & with_claim and rule.sentences[0] not in seen:
            seen.add(rule.sentences[0])
            text = "this sentence bans something and claims nothing that can be checked in all cases"
            yield find_in_rule(rule, "P316", text, hint="add a `claim …` under the same sentence", level="warning")


def check_literal(case: Case) -> Iterator[Finding]:
    """P311: a parameter that picks the literal reading is said aloud, with the two readings."""
    for parameter in case.policy.parameters.values():
        if not parameter.is_literal:
            continue
        rules = [rule for rule in case.policy.rules if rule.settled == parameter.name]
        refs = sorted({ref for rule in rules for ref in rule.refs})
        text = f"`{parameter.name}` picks the literal reading, which collides with another sentence"
        readings = [next((rule for rule in rules if rule.is_literal is literal), None) for literal in (True, False)]
        said = [
            f"the {kind} reading is: {rule.text} (line {rule.place.line})"
            for kind, rule in zip(("literal", "settled"), readings, strict=True)
            if rule is not None and rule.place is not None
        ]
        hint = "; ".join([*said, f"it concerns {' '.join(refs)}"] if refs else said)
        yield case.find_in_declarations(parameter.place, "P311", text, hint=hint)


def check_parameters(case: Case) -> Iterator[Finding]:
    """P307 for a `settled NAME` without parameter cannot happen (the name would not read); P312 for the reverse."""
    used: set[str] = set()
    for rule in case.policy.rules:
        used.update([rule.settled or ""], *(values for _, values in rule.parts))
        if rule.degree and rule.degree.parameter:
            used.add(rule.degree.parameter)
    for parameter in case.policy.parameters.values():
        if parameter.name not in used:
            text = f"nothing uses the parameter `{parameter.name}`"
            hint = f"remove it, or mark the rule it decides `settled {parameter.name}`"
            yield case.find_in_declarations(parameter.place, "P312", text, hint=hint)


SENTENCE_CHECKS: tuple[Check, ...] = (check_claimed, check_vague, check_bans, check_literal, check_parameters)
