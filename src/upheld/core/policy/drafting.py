"""Help for whoever writes a policy, from its bare text: also from one that cannot be read yet. Knows no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from upheld.core.errors import Finding, Place
from upheld.core.policy.load import parse_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.verbs import SUBJECTS, VERBS
from upheld.core.policy.words import print_body, print_policy

_EDGE = "---"
_HEADING = re.compile(r"(#{1,4})\s+(.+)")
_FENCES = ("```", "~~~")
MOST_EXAMPLES = 2
# sorts of names -> how they are called to whoever writes
NAMED = {
    "data": "Data", "purpose": "Purposes", "recipient": "Recipients", "role": "Roles", "touchpoint": "Touchpoints",
    "choice": "Choices", "mail": "Messages", "audience": "Audiences", "event": "Events", "fact": "Facts",
    "ground": "Grounds", "place": "Places", "region": "Regions",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the prose, with its line; the declarations are one of their own, of level 1."""

    line: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class RuleForm:
    """One verb as whoever writes a rule looks for it: what it does, and lines that are right."""

    written: str
    does: str
    examples: tuple[str, ...]


def list_headings(text: str) -> tuple[Heading, ...]:
    """The headings of a text in their order, whatever else is wrong with it."""
    found: list[Heading] = []
    lines = text.split("\n")
    start = 0
    if lines[0].strip() == _EDGE:
        found.append(Heading(1, 1, "Declarations"))
        start = next((n for n in range(1, len(lines)) if lines[n].strip() == _EDGE), 0) + 1
    is_inside = False
    for number in range(start, len(lines)):
        line = lines[number]
        if line.lstrip().startswith(_FENCES):
            is_inside = not is_inside
        match = None if is_inside else _HEADING.match(line)
        if match:
            found.append(Heading(number + 1, len(match.group(1)), match.group(2).strip()))
    return tuple(found)


def find_key(text: str, key: str) -> Place:
    """Where a key of the declarations stands, in the first column; the first line where it does not stand at all."""
    for number, line in enumerate(text.split("\n"), start=1):
        if number > 1 and line.strip() == _EDGE:
            break
        if re.match(rf"{re.escape(key)}\s*:", line):
            return Place("", number, 1, len(line.rstrip()))
    return Place("", 1, 1, 3)


def place_finding(finding: Finding, text: str, key: str) -> Finding:
    """The finding with a place: its own, or that of the key it is about, so that it can be led to."""
    if finding.place is not None:
        return finding
    place = find_key(text, key)
    lines = text.split("\n")
    return replace(finding, place=place, source=lines[place.line - 1])


def redate_text(text: str, day: date) -> str:
    """The text with this day as its version; a day from which it is to bind that lies before goes."""
    lines = text.split("\n")
    if lines[0].strip() != _EDGE:
        return text
    end = next((n for n in range(1, len(lines)) if lines[n].strip() == _EDGE), len(lines))
    front, is_dated = [], False
    for line in lines[1:end]:
        if re.match(r"version\s*:", line):
            front.append(f"version: {day.isoformat()}" + _find_comment(line))
            is_dated = True
            continue
        effective = re.match(r"effective\s*:\s*['\"]?(\d{4}-\d{2}-\d{2})", line)
        if effective and effective.group(1) < day.isoformat():
            continue
        front.append(line)
    if not is_dated:
        front.insert(0, f"version: {day.isoformat()}")
    return "\n".join([lines[0], *front, *lines[end:]])


def _find_comment(line: str) -> str:
    match = re.search(r"\s+#.*", line)
    return match.group() if match else ""


def print_text(text: str) -> str:
    """The text with each rule in its one way of being written. Raises PolicyError for a text that cannot be read."""
    return print_policy(parse_policy(text))


def list_rule_forms(policy: Policy) -> tuple[tuple[str, tuple[RuleForm, ...]], ...]:
    """All verbs by what they are about, each with lines of this policy, or of the language's page where it has none."""
    lines: dict[str, list[str]] = {}
    for rule in policy.active_rules:
        own = lines.setdefault(rule.verb, [])
        if len(own) < MOST_EXAMPLES:
            own.append(print_body(rule))
    return tuple(
        (
            subject,
            tuple(
                RuleForm(verb.written, verb.does, tuple(lines.get(verb.name, ())) or verb.good[:MOST_EXAMPLES])
                for verb in VERBS
                if verb.subject == subject
            ),
        )
        for subject in SUBJECTS
    )


def list_names(policy: Policy) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The names that a policy's rules may use, by sort, each with how it is said to people; built-in words left out."""
    found = []
    for sort, title in NAMED.items():
        names = [word.name for word in policy.words.of_sort(sort).values() if not word.built_in]
        if names:
            found.append((title, tuple((name, policy.words.label(name, sort)) for name in names)))
    if policy.parameters:
        said = tuple((name, str(one.value)) for name, one in policy.parameters.items())
        found.append(("Settled", said))
    return tuple(found)
