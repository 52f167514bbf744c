"""The second reading, part one: a policy file taken apart into its declarations and its rule lines; shares no code
with the product and knows nothing of what a rule means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml


class UnreadableError(Exception):
    """A policy, or a line of it, that the second reading does not understand."""


@dataclass(frozen=True)
class RuleLine:
    """One rule as it stands in the file, and the references of the sentences it stands under."""

    text: str
    sentences: tuple[str, ...]


def read_page(text: str) -> tuple[dict[str, Any], list[RuleLine]]:
    """The declarations on top and every rule line below, in the order of the file."""
    _, front, body = re.split(r"^--- *$", text, maxsplit=2, flags=re.MULTILINE)
    declared = yaml.load(front, Loader=yaml.BaseLoader)  # noqa: S506 (the plainest loader there is: every value is text)
    return declared, list(read_body(body, declared["policy"]))


def read_body(body: str, policy: str) -> list[RuleLine]:
    found: list[RuleLine] = []
    slugs: list[str] = []
    slug, count = "start", 0  # of the section: its name, and how many sentences it has so far
    paragraphs: list[str] = [""]  # since the last heading or block of rules
    refs: list[str] = []  # of the sentences that the next block of rules stands under
    block: list[str] | None = None  # the lines of a block of rules, while we are inside one
    for line in body.split("\n"):
        if block is not None and line.startswith("```"):
            numbers = list(range(count + 1, count + 1 + sum(count_sentences(one) for one in paragraphs)))
            count += len(numbers)
            if numbers:  # two blocks with nothing between them stand under the same sentences
                refs = [f"{policy}#{slug}.{number}" for number in numbers]
            found += [cite_sentences(rule, refs) for rule in block if strip_comment(rule).strip()]
            block, paragraphs = None, [""]
        elif block is not None:
            block.append(line)
        elif line.startswith("```rules"):
            block = []
        elif re.match(r"#{1,4} ", line):
            slug, count, paragraphs, refs = name_section(line.strip("# "), slugs), 0, [""], []
        elif not line.strip():
            paragraphs.append("")
        elif re.match(r"[-*+] |\d+\. ", line):
            paragraphs.append(re.sub(r"^[-*+] |^\d+\. ", "", line))
        else:
            paragraphs[-1] += " " + line
    return found


def name_section(title: str, slugs: list[str]) -> str:
    """`What we do` is `what-we-do`; a second section of that title is `what-we-do-2`."""
    plain = "-".join(re.findall("[a-z0-9]+", re.sub("['’]", "", title.lower()))) or "section"
    slug, number = plain, 2
    while slug in slugs:
        slug, number = f"{plain}-{number}", number + 1
    slugs.append(slug)
    return slug


def count_sentences(paragraph: str) -> int:
    """A sentence ends with a full stop or a mark, and the next begins with a capital or a figure."""
    text = paragraph.strip()
    return len(re.findall(r"[.!?][\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9])", text)) + 1 if text else 0


def cite_sentences(line: str, refs: list[str]) -> RuleLine:
    """`(1 3-4) use …` stands under the first, third and fourth sentence; without numbers under all of them."""
    body = strip_comment(line).strip()
    match = re.match(r"\(([^)]*)\)", body)
    if not match:
        return RuleLine(body, tuple(refs))
    cited: list[str] = []
    for piece in match.group(1).split():
        first, _, last = piece.partition("-")
        cited += [ref for ref in refs[int(first) - 1 : int(last or first)] if ref not in cited]
    return RuleLine(body[match.end() :].strip(), tuple(cited))


def strip_comment(line: str) -> str:
    """The line without what stands behind a `#` that is not inside a quotation."""
    quoted = False
    for place, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        if letter == "#" and not quoted and (place == 0 or line[place - 1] == " "):
            return line[:place]
    return line
