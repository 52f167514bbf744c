"""A policy file to a Policy: bytes, text, declarations, passages, rules; all findings at once, nothing half read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from upheld.core.errors import Finding, Place, PolicyError
from upheld.core.policy.declare import DeclarationReader, Declarations
from upheld.core.policy.model import Passage, Policy, Rule, Section, Sentence
from upheld.core.policy.parse import RuleParser
from upheld.core.policy.text import collapse, digest_text, make_slug, split_sentences
from upheld.core.policy.words import print_rule
from upheld.core.policy.yaml_tree import Node, YamlReader

MAX_BYTES = 1_000_000
# marks that hide or turn text around (CVE-2021-42574): a line must be what it looks like
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u0000-\u0008\u000b-\u001f\u007f]")
_FENCE = "```"
_HEADING = re.compile(r"(#{1,4})\s+(.+?)\s*#*$")
_ITEM = re.compile(r"(?:[-*+]|\d+\.)\s+")


def load_policy(path: Path) -> Policy:
    """The policy in this file. Raises PolicyError with every finding when it cannot be used; reads only the file."""
    file = str(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            text = f"the file has {size} bytes, a policy at most {MAX_BYTES}"
            raise PolicyError((Finding("P003", "error", text, Place(file, 1, 1)),))
        data = path.read_bytes()
    except OSError as error:
        text = f"the file cannot be read: {error.strerror or error}"
        raise PolicyError((Finding("P001", "error", text, Place(file, 1, 1)),)) from None
    return parse_policy(decode_text(data, file), file)


def decode_text(data: bytes, file: str) -> str:
    """The bytes as text with `\\n` line ends. Raises PolicyError at the first byte that is not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        finding = Finding("P002", "error", "this byte is not UTF-8", Place(file, line, column), "save the file as UTF-8")
        raise PolicyError((finding,)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_policy(text: str, file: str = "policy.md") -> Policy:
    """The policy in this text. Raises PolicyError with every finding when it cannot be used."""
    if len(text) > MAX_BYTES:
        said = f"the text has {len(text)} characters, a policy at most {MAX_BYTES}"
        raise PolicyError((Finding("P003", "error", said, Place(file, 1, 1)),))
    findings = list(_find_hidden(text, file))
    if findings:
        raise PolicyError(tuple(findings))
    front, body, body_line = _split_front(text, file)
    declared, declared_findings = _read_declarations(front, file)
    reader = _BodyReader(declared, file, body_line)
    sections = reader.read(body)
    findings = declared_findings + reader.findings
    if any(finding.level == "error" for finding in findings):
        raise PolicyError(tuple(sorted(findings, key=_position)))
    head = declared.head
    return Policy(
        slug=head["policy"],
        version=declared.version or date.min,
        title=head["title"],
        business=head["business"],
        surface=head["surface"],
        site=declared.site,
        contact=declared.contact,
        words=declared.words,
        parameters=declared.parameters,
        certificates=declared.certificates,
        documents=declared.documents,
        fact_sorts=declared.fact_sorts,
        sections=sections,
        front=front,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        file=file,
        effective=declared.effective,
        summary=head.get("summary", ""),
    )


def _position(finding: Finding) -> tuple[int, int]:
    return (finding.place.line, finding.place.column) if finding.place else (0, 0)


def _find_hidden(text: str, file: str) -> list[Finding]:
    findings = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = _HIDDEN.search(line)
        if match:
            said = f"the character U+{ord(match.group()):04X} hides or turns text"
            findings.append(Finding("P004", "error", said, Place(file, number, match.start() + 1), "remove it", line))
        tab = line.find("\t")
        if tab >= 0:
            place = Place(file, number, tab + 1)
            findings.append(Finding("P005", "error", "a tab stands here", place, "use spaces", line))
    return findings


def _split_front(text: str, file: str) -> tuple[str, list[str], int]:
    lines = text.split("\n")
    if lines[0].strip() != "---":
        place = Place(file, 1, 1, max(1, len(lines[0])))
        raise PolicyError((Finding("P006", "error", "the declarations are missing", place, None, lines[0]),))
    for number in range(1, len(lines)):
        if lines[number].strip() == "---":
            return "\n".join(lines[1:number]), lines[number + 1 :], number + 2
    finding = Finding("P006", "error", "the declarations do not end", Place(file, 1, 1, 3), "close them with `---`", "---")
    raise PolicyError((finding,))


def _read_declarations(front: str, file: str) -> tuple[Declarations, list[Finding]]:
    yaml_reader = YamlReader(front, file, first_line=2)
    root: Node | None = yaml_reader.read()
    if root is None:
        raise PolicyError(tuple(yaml_reader.findings))
    reader = DeclarationReader(root)
    declared = reader.read()
    return declared, yaml_reader.findings + reader.findings


@dataclass(slots=True)
class _OpenPassage:
    """A passage while it is read: paragraphs as line numbers and text, rule lines, then the sentences."""

    paragraphs: list[tuple[str, int, list[str]]] = field(default_factory=list)
    rule_lines: list[tuple[int, str]] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)


class _BodyReader:
    """Reads headings, paragraphs and rule blocks; findings gather in `findings`."""

    def __init__(self, declared: Declarations, file: str, first_line: int) -> None:
        self._slug = declared.head.get("policy", "policy")
        self._parser = RuleParser(declared.words)
        self._file = file
        self._first = first_line
        self._slugs: set[str] = set()
        self.findings: list[Finding] = []

    def read(self, lines: list[str]) -> tuple[Section, ...]:
        """All sections in order; text before the first heading is a section of its own."""
        sections: list[Section] = []
        title, level, passages = "", 1, [_OpenPassage()]
        index = 0
        while index < len(lines):
            line = lines[index]
            heading = _HEADING.match(line)
            if line.startswith(_FENCE):
                index = self._read_fence(lines, index, passages)
                continue
            if heading:
                self._close(sections, title, level, passages)
                title, level, passages = heading.group(2), len(heading.group(1)), [_OpenPassage()]
            else:
                if passages[-1].rule_lines and line.strip():
                    passages.append(_OpenPassage())
                _add_prose(passages[-1], self._first + index, line)
            index += 1
        self._close(sections, title, level, passages)
        return tuple(sections)

    def _read_fence(self, lines: list[str], index: int, passages: list[_OpenPassage]) -> int:
        opening = self._first + index
        word = lines[index][3:].strip()
        place = Place(self._file, opening, 1, max(1, len(lines[index])))
        if word != "rules":
            text = f"a block of `{word}` is not read here" if word else "this block has no name"
            self.findings.append(Finding("P101", "error", text, place, "write ```rules", lines[index]))
        if not passages[-1].paragraphs:
            text = "these rules have no sentence above them"
            self.findings.append(Finding("P008", "error", text, place, None, lines[index]))
        for end in range(index + 1, len(lines)):
            if lines[end].startswith(_FENCE):
                rules = [(self._first + n, lines[n]) for n in range(index + 1, end)]
                if word == "rules":
                    passages[-1].rule_lines.extend((n, text) for n, text in rules if text.strip())
                return end + 1
        text = "this block is not closed"
        self.findings.append(Finding("P007", "error", text, place, "close it with a line ```", lines[index]))
        return len(lines)

    def _close(self, sections: list[Section], title: str, level: int, passages: list[_OpenPassage]) -> None:
        if not title and not any(p.paragraphs or p.rule_lines for p in passages):
            return
        slug = make_slug(title or "start")
        base, number = slug, 2
        while slug in self._slugs:
            slug, number = f"{base}-{number}", number + 1
        self._slugs.add(slug)
        built: list[Passage] = []
        count = 0
        for passage in passages:
            if passage.paragraphs or passage.rule_lines:
                done = self._build_passage(passage, slug, count)
                count += len(done.sentences)
                built.append(done)
        sections.append(Section(slug, title, level, tuple(built)))

    def _build_passage(self, passage: _OpenPassage, slug: str, before: int) -> Passage:
        sentences: list[Sentence] = []
        paragraphs: list[tuple[str, tuple[int, ...]]] = []
        for kind, line, texts in passage.paragraphs:
            if not texts:
                continue
            joined = "\n".join(texts)
            numbers: list[int] = []
            for start, end in split_sentences(joined):
                text = collapse(joined[start:end])
                row = joined.count("\n", 0, start)
                column = start - (joined.rfind("\n", 0, start) + 1)
                number = before + len(sentences) + 1
                width = min(end, (joined + "\n").find("\n", start)) - start
                place = Place(self._file, line + row, column + 1, max(1, width))
                ref = f"{self._slug}#{slug}.{number}"
                source = joined.split("\n")[row]
                sentences.append(Sentence(ref, text, digest_text(text), slug, number, place, source))
                numbers.append(number)
            paragraphs.append((kind, tuple(numbers)))
        rules = tuple(self._read_rules(passage.rule_lines, tuple(sentences)))
        return Passage(tuple(sentences), tuple(paragraphs), rules, "\n".join(passage.prose).strip("\n"))

    def _read_rules(self, lines: list[tuple[int, str]], sentences: tuple[Sentence, ...]) -> list[Rule]:
        rules = []
        for number, source in lines:
            if source.lstrip().startswith("#"):
                continue
            result = self._parser.parse_line(source, self._file, number)
            if isinstance(result, Finding):
                self.findings.append(result)
                continue
            numbers = self._read_numbers(source, number, len(sentences))
            if numbers is None:
                continue
            refs = tuple(sentences[n - 1].ref for n in numbers) or tuple(s.ref for s in sentences)
            rule = replace(result, numbers=numbers, sentences=refs)
            rules.append(replace(rule, text=print_rule(rule)))
        return rules

    def _read_numbers(self, source: str, line: int, count: int) -> tuple[int, ...] | None:
        match = re.match(r"\s*\(([^)]*)\)", source)
        if not match:
            return ()
        column, inside = match.start(1) + 1, match.group(1)
        numbers: list[int] = []
        place = Place(self._file, line, column, max(1, len(inside)))
        for piece in inside.split():
            span = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", piece)
            if not span:
                text = f"`{piece}` is not a sentence number"
                self.findings.append(Finding("P104", "error", text, place, "write `(1)`, `(1 3)` or `(1-3)`", source))
                return None
            first, last = int(span.group(1)), int(span.group(2) or span.group(1))
            numbers.extend(range(first, last + 1))
            if not 1 <= first <= last <= count:
                text = f"there is no sentence {piece}; the text above has {count}"
                self.findings.append(Finding("P104", "error", text, place, None, source))
                return None
        return tuple(dict.fromkeys(numbers))


def _add_prose(passage: _OpenPassage, number: int, line: str) -> None:
    passage.prose.append(line)
    item = _ITEM.match(line)
    if item:
        passage.paragraphs.append(("item", number, [" " * item.end() + line[item.end() :]]))
    elif not line.strip():
        if passage.paragraphs and passage.paragraphs[-1][2]:
            passage.paragraphs.append(("text", number + 1, []))
    elif passage.paragraphs and passage.paragraphs[-1][0] in ("text", "item"):
        kind, start, texts = passage.paragraphs[-1]
        if texts:
            texts.append(line)
        else:
            passage.paragraphs[-1] = ("text", number, [line])
    else:
        passage.paragraphs.append(("text", number, [line]))
