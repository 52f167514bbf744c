"""Rules and whole policies back to text, in the one way to say each thing; the inverse of parse and load."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upheld.core.policy.forms import FORMS
from upheld.core.policy.model import Passage, Policy, Rule, Section

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_FIELD = re.compile(r"\{(\w+)\}")
_EFFECTS = {
    "on_posting": "on posting",
    "on_date": "on its date",
    "on_acceptance": "on acceptance",
    "use_after_posting": "on first use after posting",
    "use_after_date": "on first use after its date",
}
_THINGS = {
    "part": "{}", "form": "{} form", "document": "{} document", "certificate": "{} certificate",
    "question": "{} question", "notice": 'notice "{}"', "mail": "{}", "purpose": "{}", "sharing": "sharing with {}",
    "at": "at {}", "by": "by {}", "text": '"{}"', "after_notice": "{} after notice",
}  # fmt: skip
_FIXED = {
    ("position", "inside"): "in", ("position", "at_end"): "at the end of", ("party", "first_party"): "first-party",
    ("life", "visit"): "the end of the visit", ("per", "yes"): " per recipient",
}  # fmt: skip


def print_rule(rule: Rule) -> str:
    """The rule's canonical line without its comment: parse it again and you get an equal rule."""
    template = FORMS[rule.form].template.replace("~", _print_condition(rule))
    line = _OPTIONAL.sub(lambda match: _fill_optional(rule, match.group(1)), template)
    line = _FIELD.sub(lambda match: _print_field(rule, match.group(1)), line)
    if rule.approval:
        line += f", {rule.approval}"
    if rule.part("once"):
        line += ", once"
    return _print_numbers(rule) + line + _print_tail(rule)


def print_body(rule: Rule) -> str:
    """The rule's line without sentence numbers, layer and references."""
    line = print_rule(rule)
    return line[len(_print_numbers(rule)) : len(line) - len(_print_tail(rule)) or None]


def print_policy(policy: Policy) -> str:
    """The whole file again, rules in canonical form, declarations and prose as they were written."""
    lines = ["---", policy.front, "---", ""]
    for section in policy.sections:
        lines.extend(_print_section(section))
    return "\n".join(lines).rstrip("\n") + "\n"


def _print_section(section: Section) -> list[str]:
    lines = [f"{'#' * section.level} {section.title}", ""] if section.title else []
    for passage in section.passages:
        if passage.prose:
            lines += [passage.prose, ""]
        if passage.rules or passage.notes:
            lines += ["```rules", *_print_block(passage), "```", ""]
    return lines


def _print_block(passage: Passage) -> Iterator[str]:
    notes = list(passage.notes)
    for above, rule in enumerate(passage.rules):
        while notes and notes[0][0] <= above:
            yield notes.pop(0)[1]
        yield rule.text + (f"  # {rule.comment}" if rule.comment else "")
    yield from (text for _, text in notes)


def _print_numbers(rule: Rule) -> str:
    """`(1 2) ` for two sentences, `(1-3) ` for three and more in a row."""
    if not rule.numbers:
        return ""
    spans: list[list[int]] = []
    for number in rule.numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    said = (f"{span[0]}-{span[-1]}" if len(span) > 2 else " ".join(map(str, span)) for span in spans)
    return f"({' '.join(said)}) "


def _print_tail(rule: Rule) -> str:
    tail = ""
    if rule.settled:
        tail += f" {'literal' if rule.is_literal else 'settled'} {rule.settled}"
    elif rule.layer == "beyond":
        tail += " beyond"
    refs = [" ".join(rule.refs)] if rule.refs else []
    refs += rule.laws
    return tail + (f" [{', '.join(refs)}]" if refs else "")


def _print_condition(rule: Rule) -> str:
    if rule.form == "keep_while":
        return ""
    text = f" if {rule.holds}" if rule.holds else ""
    return text + (f" unless {rule.unless}" if rule.unless else "")


def _fill_optional(rule: Rule, inner: str) -> str:
    keys = _FIELD.findall(inner)
    return inner if all(_print_field(rule, key) for key in keys) else ""


def _print_field(rule: Rule, key: str) -> str:
    if key == "degree":
        return str(rule.degree) if rule.degree else ""
    if key == "while":
        return str(rule.holds)
    if key == "timing":
        return _print_timing(rule)
    if key in ("data", "purposes"):
        text = ", ".join(rule.part(key))
        but = rule.part("but" if key == "data" else "purposes_but")
        return text + (f" but {', '.join(but)}" if but else "")
    values = rule.part(key)
    if key == "routes":
        return f" by {_join(values, 'or')}" if values else ""
    if key == "effects":
        return " or ".join(_print_tagged(value) for value in values)
    if key in ("things", "targets", "changes", "putting"):
        return ", ".join(_print_tagged(value) for value in values)
    if key in ("because", "text"):
        return ", ".join(f'"{value}"' for value in values)
    if key == "events":
        return " and ".join(values)
    if key == "party" and values == ("third_party",):
        return f"from {', '.join(rule.part('recipients'))}"
    return ", ".join(_FIXED.get((key, value), value) for value in values)


def _print_timing(rule: Rule) -> str:
    if rule.part("before"):
        lead = "".join(f"{value} " for value in rule.part("lead"))
        return f", {lead}before {rule.part('before')[0]}"
    return f" within {rule.part('within')[0]}" if rule.part("within") else ""


def _print_tagged(value: str) -> str:
    kind, _, name = value.partition(":")
    return _EFFECTS.get(kind) or _THINGS[kind].format(name)


def _join(values: tuple[str, ...], word: str) -> str:
    return values[0] if len(values) == 1 else ", ".join(values[:-1]) + f" {word} " + values[-1]
