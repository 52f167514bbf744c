"""A policy file to a Policy: bytes, text, declarations, passages, rules; all findings at once, nothing half read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from upheld.core.errors import Finding, Place, PolicyError
from upheld.core.policy.model import Passage, Policy, Rule, Section, Sentence
from upheld.core.policy.reading.declare import DeclarationReader, Declarations
from upheld.core.policy.reading.mistakes import shorten
from upheld.core.policy.reading.parse import RuleParser
from upheld.core.policy.reading.text import collapse, digest_text, make_slug, split_sentences
from upheld.core.policy.reading.yaml_tree import Node, YamlReader
from upheld.core.policy.words import print_rule

MAX_BYTES = 1_000_000
MAX_FINDINGS = 500
# what hides text, turns it around (CVE-2021-42574) or ends a line unseen: a line must be what it looks like
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e01ef]"
)
_FENCE = "```"
_HASHES = re.compile(r"(#{1,4})\s")
_ITEM = re.compile(r"(?:[-*+]|\d+\.)\s+")
_SPAN = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)


def load_policy(path: Path) -> Policy:
    """The policy in this file. Raises PolicyError with every finding when it cannot be used; reads only the file."""
    file = str(path)
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
            raise _refuse(file, "P001", f"`{path.name}` {what}", "name a policy file, `VERSION.policy.md`")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = getattr(error, "strerror", None) or "this is not a path"
        raise _refuse(
            file, "P001", f"the file cannot be read: {reason}", "check the path and the permissions"
        ) from None
    if len(data) > MAX_BYTES:
        text = f"the file has more than {MAX_BYTES} bytes"
        raise _refuse(file, "P003", text, "a policy has at most 1 MB; move what is not policy into documents")
    return parse_policy(decode_text(data, file), file)


def decode_text(data: bytes, file: str) -> str:
    """The bytes as text, every line end as one newline. Raises PolicyError at the first byte that is not UTF-8."""
    try:
        return _unify_line_ends(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start]
        start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
        column = len(data[start : error.start].decode("utf-8")) + 1
        number = _unify_line_ends(before.decode("utf-8")).count("\n") + 1
        source = _unify_line_ends(data[start:].decode("utf-8", "replace")).split("\n", 1)[0]
        finding = Finding(
            "P002",
            "error",
            f"the byte {data[error.start]:02x} is not UTF-8",
            Place(file, number, column),
            "save the file as UTF-8",
            source,
        )
        raise PolicyError((finding,)) from None


def unify_text(text: str) -> str:
    """The text as its digest is taken: every line end as one newline, without a mark at its start."""
    return _unify_line_ends(text.removeprefix("\ufeff"))


def _unify_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse(file: str, code: str, text: str, hint: str) -> PolicyError:
    return PolicyError((Finding(code, "error", text, Place(file, 1, 1), hint),))


def parse_policy(text: str, file: str = "policy.md") -> Policy:
    """The policy in this text; line ends and a mark at the start of the file make no difference.

    Raises PolicyError with every finding when it cannot be used.
    """
    if len(text) > MAX_BYTES:
        said = f"the text has {len(text)} characters"
        raise _refuse(file, "P003", said, "a policy has at most 1 MB; move what is not policy into documents")
    text = unify_text(text)
    hidden = _find_hidden(text, file)
    if hidden:
        raise PolicyError(_cut_findings(hidden))
    front, body, body_line = _split_front(text, file)
    declared, findings = _read_declarations(front, file)
    reader = _BodyReader(declared, file, body_line)
    sections = reader.read(body)
    findings += reader.findings
    if not findings and not any(passage.sentences for section in sections for passage in section.passages):
        place = Place(file, body_line - 1, 1, 3)
        hint = "write what you promise below the declarations, each paragraph with its rules under it"
        findings.append(Finding("P012", "error", "this policy says nothing", place, hint, "---"))
    if any(finding.level == "error" for finding in findings):
        raise PolicyError(_cut_findings(sorted(findings, key=_position)))
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


def _cut_findings(findings: list[Finding]) -> tuple[Finding, ...]:
    """All findings; of a file that is no policy at all only the first, and a last one that says so."""
    if len(findings) <= MAX_FINDINGS:
        return tuple(findings)
    text = f"there are more than {MAX_FINDINGS} findings"
    last = Finding(
        "P013", "error", text, findings[MAX_FINDINGS].place, "mend these first", findings[MAX_FINDINGS].source
    )
    return (*findings[:MAX_FINDINGS], last)


def _position(finding: Finding) -> tuple[int, int]:
    return (finding.place.line, finding.place.column) if finding.place else (0, 0)


def _find_hidden(text: str, file: str) -> list[Finding]:
    findings = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = _HIDDEN.search(line)
        if match:
            said = f"the character U+{ord(match.group()):04X} hides, turns or ends text"
            place = Place(file, number, match.start() + 1)
            shown = _HIDDEN.sub("\ufffd", line)
            findings.append(Finding("P004", "error", said, place, "remove it; here it is shown as \ufffd", shown))
        tab = line.find("\t")
        if tab >= 0:
            place = Place(file, number, tab + 1)
            findings.append(Finding("P005", "error", "a tab stands here", place, "use spaces", line))
        if len(findings) > MAX_FINDINGS:
            break
    return findings


def _split_front(text: str, file: str) -> tuple[str, list[str], int]:
    lines = text.split("\n")
    if lines[0].strip() != "---":
        place = Place(file, 1, 1, max(1, len(lines[0])))
        hint = "start the file with a line `---`, the declarations, and another line `---`"
        raise PolicyError((Finding("P006", "error", "the declarations are missing", place, hint, lines[0]),))
    for number in range(1, len(lines)):
        if lines[number].strip() == "---":
            return "\n".join(lines[1:number]), lines[number + 1 :], number + 2
    finding = Finding(
        "P006", "error", "the declarations do not end", Place(file, 1, 1, 3), "close them with `---`", "---"
    )
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
        self._slugs: dict[str, int] = {}  # slug -> the number of the last heading with this title
        self.findings: list[Finding] = []

    def read(self, lines: list[str]) -> tuple[Section, ...]:
        """All sections in order; text before the first heading is a section of its own."""
        sections: list[Section] = []
        title, level, passages = "", 1, [_OpenPassage()]
        index = 0
        while index < len(lines):
            line = lines[index]
            heading = _read_heading(line)
            if line.lstrip().startswith((_FENCE, "~~~")):
                index = self._read_fence(lines, index, passages)
                continue
            if heading:
                self._close(sections, title, level, passages)
                level, title, passages = *heading, [_OpenPassage()]
            else:
                if passages[-1].rule_lines and line.strip():
                    passages.append(_OpenPassage())
                _add_prose(passages[-1], self._first + index, line)
            index += 1
        self._close(sections, title, level, passages)
        return tuple(sections)

    def _read_fence(self, lines: list[str], index: int, passages: list[_OpenPassage]) -> int:
        """Reads one block and returns the number of the line after it."""
        passage, line = passages[-1], lines[index]
        word = line.strip()[3:].strip()
        is_rules = line.rstrip() == f"{_FENCE}rules"
        if not is_rules:
            self._add("P101", f"a block of `{shorten(word)}` is not read here" if word else "this block has no name",
                      index, line, "start it with ```rules at the beginning of the line")  # fmt: skip
        elif not passage.paragraphs:
            hint = "put them below the paragraph that they uphold"
            self._add("P008", "these rules have no sentence above them", index, line, hint)
        for end in range(index + 1, len(lines)):
            if not lines[end].startswith((_FENCE, line.strip()[:3])):
                continue
            if is_rules:
                self._take_rules(passage, lines, index + 1, end)
            if lines[end].rstrip() in (_FENCE, "~~~"):
                return end + 1
            self._add("P007", "this block is not closed", index, line, "close it with a line ```")
            return end
        if is_rules:
            self._take_rules(passage, lines, index + 1, len(lines))
        self._add("P007", "this block is not closed", index, line, "close it with a line ```")
        return len(lines)

    def _take_rules(self, passage: _OpenPassage, lines: list[str], start: int, end: int) -> None:
        passage.rule_lines.extend((self._first + n, lines[n]) for n in range(start, end) if lines[n].strip())

    def _add(self, code: str, text: str, index: int, line: str, hint: str) -> None:
        start = len(line) - len(line.lstrip())
        place = Place(self._file, self._first + index, start + 1, max(1, len(line.strip())))
        self.findings.append(Finding(code, "error", text, place, hint, line))

    def _close(self, sections: list[Section], title: str, level: int, passages: list[_OpenPassage]) -> None:
        if not title and not any(p.paragraphs or p.rule_lines for p in passages):
            return
        slug = make_slug(title or "start")
        base = slug
        while slug in self._slugs:
            self._slugs[base] += 1
            slug = f"{base}-{self._slugs[base]}"
        self._slugs[slug] = 1
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
            row = row_start = last = 0
            for start, end in split_sentences(joined):
                row += joined.count("\n", last, start)
                row_start = max(row_start, joined.rfind("\n", last, start) + 1)
                last = start
                number = before + len(sentences) + 1
                width = min(end, row_start + len(texts[row])) - start
                place = Place(self._file, line + row, start - row_start + 1, max(1, width))
                text, ref = collapse(joined[start:end]), f"{self._slug}#{slug}.{number}"
                sentences.append(Sentence(ref, text, digest_text(text), slug, number, place, texts[row]))
                numbers.append(number)
            paragraphs.append((kind, tuple(numbers)))
        rules, notes = self._read_rules(passage.rule_lines, tuple(sentences))
        return Passage(tuple(sentences), tuple(paragraphs), rules, "\n".join(passage.prose).strip("\n"), notes)

    def _read_rules(
        self, lines: list[tuple[int, str]], sentences: tuple[Sentence, ...]
    ) -> tuple[tuple[Rule, ...], tuple[tuple[int, str], ...]]:
        rules: list[Rule] = []
        notes: list[tuple[int, str]] = []
        for number, source in lines:
            if source.lstrip().startswith("#"):
                notes.append((len(rules), source))
                continue
            if len(self.findings) > MAX_FINDINGS:
                break
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
        return tuple(rules), tuple(notes)

    def _read_numbers(self, source: str, line: int, count: int) -> tuple[int, ...] | None:
        """The sentences a rule is about, none written for all of them; None when there is a finding."""
        match = re.match(r"\s*\(([^)]*)\)", source)
        if not match:
            return ()
        numbers: list[int] = []
        hint = "write `(1)`, `(1 3)` or `(1-3)`, or nothing for all of them"
        if not match.group(1).strip():
            place = Place(self._file, line, match.start(1), 2 + len(match.group(1)))
            self.findings.append(Finding("P104", "error", "a sentence number is missing", place, hint, source))
            return None
        for piece in re.finditer(r"\S+", match.group(1)):
            place = Place(self._file, line, match.start(1) + piece.start() + 1, len(piece.group()))
            span = _SPAN.fullmatch(piece.group())
            if not span:
                text = f"`{shorten(piece.group())}` is not a sentence number"
                self.findings.append(Finding("P104", "error", text, place, hint, source))
                return None
            first, last = int(span.group(1)), int(span.group(2) or span.group(1))
            if not 1 <= first <= last <= count:
                text = f"there is no sentence {piece.group()}; the text above has {count}"
                hint = "count the sentences between the last rules or heading and these rules"
                self.findings.append(Finding("P104", "error", text, place, hint, source))
                return None
            numbers.extend(range(first, last + 1))
        return tuple(dict.fromkeys(numbers))


def _read_heading(line: str) -> tuple[int, str] | None:
    """The level and the title of a heading, or None."""
    match = _HASHES.match(line)
    title = line[match.end() :].strip().rstrip("#").rstrip() if match else ""
    return (len(match.group(1)), title) if match and title else None


def _add_prose(passage: _OpenPassage, number: int, line: str) -> None:
    passage.prose.append(line)
    item = _ITEM.match(line)
    if item:
        passage.paragraphs.append(("item", number, [" " * item.end() + line[item.end() :]]))
    elif not line.strip():
        if passage.paragraphs and passage.paragraphs[-1][2]:
            passage.paragraphs.append(("text", number + 1, []))
    elif passage.paragraphs and passage.paragraphs[-1][0] in ("text", "item"):
        texts = passage.paragraphs[-1][2]
        if texts:
            texts.append(line)
        else:
            passage.paragraphs[-1] = ("text", number, [line])
    else:
        passage.paragraphs.append(("text", number, [line]))
