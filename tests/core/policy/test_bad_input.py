"""Whatever stands in a file, the answer is a policy or a PolicyError with code, place and hint, and it comes soon."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from upheld.core.errors import Finding, PolicyError, find_code, render_finding
from upheld.core.policy.load import MAX_BYTES, MAX_FINDINGS, load_policy, parse_policy

HEAD = """\
---
policy: bicycles
business: Bicycles
title: Your bicycle and you
version: 2026-03-01
surface: web
data: {person: {name: user.name, email: user.contact.email}, repair: x.repair}
purposes: {fulfil: essential.service, marketing: {offer: marketing.communications.email}}
recipients: {carriers: processor}
roles: [desk]
touchpoints: {order: /order}
---

"""
GOOD = "We ask for your name. We ask for no more.\n\n```rules\n(1) collect person.name at order for fulfil\n(2) state\n```\n"


def refuse(text: str) -> tuple[Finding, ...]:
    """The findings of a text that is no policy."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "bicycles.policy.md")
    for finding in caught.value.findings:
        assert finding.place is not None
        assert finding.hint
        assert find_code(finding.code)
        assert render_finding(finding)
    return caught.value.findings


def underline(finding: Finding) -> str:
    assert finding.place is not None
    return finding.source[finding.place.column - 1 : finding.place.column - 1 + finding.place.length]


@dataclass(frozen=True, slots=True)
class Bad:
    """A text, the error it gives, what is underlined, and words of the hint."""

    name: str
    text: str
    code: str
    said: str
    underlined: str
    hint: str

    def __str__(self) -> str:
        return self.name


def with_head(old: str, new: str) -> str:
    assert old in HEAD
    return HEAD.replace(old, new) + GOOD


def with_rule(line: str) -> str:
    return f"{HEAD}We ask for your name.\n\n```rules\n{line}\n```\n"


THE_FILE = (
    Bad("empty", "", "P006", "the declarations are missing", "", "start the file with a line `---`"),
    Bad("no declarations", "# Hello\n", "P006", "the declarations are missing", "# Hello", "start the file"),
    Bad("declarations without end", "---\npolicy: x\n", "P006", "the declarations do not end", "---", "close them"),
    Bad("only declarations", HEAD, "P012", "this policy says nothing", "---", "below the declarations"),
    Bad("only headings", HEAD + "# One\n\n# Two\n", "P012", "this policy says nothing", "---", "below the declarations"),
    Bad("tab in prose", HEAD + "A\tb.\n" + GOOD, "P005", "a tab stands here", "\t", "use spaces"),
    Bad("tab in YAML", with_head("roles: ", "roles:\t"), "P005", "a tab stands here", "\t", "use spaces"),
    Bad("nul", HEAD + "A\0b.\n", "P004", "the character U+0000 hides, turns or ends text", "\ufffd", "remove it"),
    Bad("right to left", HEAD + "A \u202eb.\n", "P004", "the character U+202E hides, turns or ends text", "\ufffd", "remove it"),
    Bad("isolate", with_rule("state \u2066"), "P004", "the character U+2066 hides, turns or ends text", "\ufffd", "remove"),
    Bad("no width", with_rule("sta\u200bte"), "P004", "the character U+200B hides, turns or ends text", "\ufffd", "remove"),
    Bad("unseen line end", HEAD + "A\u2028b.\n", "P004", "the character U+2028 hides, turns or ends text", "\ufffd", "remove"),
    Bad("half a character", HEAD + "A\ud800b.\n", "P004", "the character U+D800 hides, turns or ends text", "\ufffd", "remove"),
    Bad("5 MB", HEAD + "A b c. " * 750_000, "P003", f"the text has {len(HEAD) + 5_250_000} characters", "", "at most 1 MB"),
)  # fmt: skip

DECLARATIONS = (
    Bad("mapping in mapping", with_head("title: Your", "title: a: Your"), "P201",
        "the declarations are not YAML: mapping values are not allowed here", ":", "goes into quotes"),
    Bad("open bracket", with_head("[desk]", "[desk"), "P201",
        "the declarations are not YAML: expected ',' or ']', but got ':'", ":", "write `key: value`"),
    Bad("open quote", with_head("title: Your", 'title: "Your'), "P201",
        "the declarations are not YAML: found unexpected end of stream", "", "write `key: value`"),
    Bad("a text", "---\nhello\n---\n" + GOOD, "P201", "the declarations are not a list of `key: value`", "hello", "start with"),
    Bad("nothing", "---\n---\n" + GOOD, "P201", "the declarations are not a list of `key: value`", "", "start with"),
    Bad("a list", "---\n- a\n---\n" + GOOD, "P201", "the declarations are not a list of `key: value`", "- a", "start with"),
    Bad("anchor", with_head("[desk]", "&a [desk]"), "P209", "anchors and aliases are not read here", "&a", "write the value out"),
    Bad("alias", with_head("[desk]", "*a"), "P209", "anchors and aliases are not read here", "*a", "write the value out"),
    Bad("bomb", "---\na: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n---\n" + GOOD, "P209",
        "anchors and aliases are not read here", "&a", "write the value out"),
    Bad("merge", with_head("[desk]", "{<<: *a}"), "P209", "anchors and aliases are not read here", "*a", "write"),
    Bad("tag", with_head("[desk]", "!!python/object:os.system [desk]"), "P209",
        "tags such as `tag:yaml.org,2002:python/object:os.system` are not read here", "!!python/object:os.system", "plain"),
    Bad("deep", with_head("x.repair", "{a: " * 13 + "x" + "}" * 13), "P201", "the declarations are nested too deeply", "a", "at most"),
    Bad("very deep", with_head("x.repair", "[" * 100_000), "P201", "the declarations are nested too deeply", "[", "at most"),
    Bad("unknown key", with_head("roles:", "rols:"), "P202", "there is no declaration `rols`", "rols", "did you mean `roles`?"),
    Bad("strange key", with_head("roles:", "zzz:"), "P202", "there is no declaration `zzz`", "zzz", "there are activities, aud"),
    Bad("missing key", with_head("title: Your bicycle and you\n", ""), "P203", "the declaration `title` is missing",
        "policy: bicycles", "add `title: what stands on top of the page`"),
    Bad("key twice", with_head("roles:", "title: again\nroles:"), "P205", "`title` is declared twice", "title", "keep one"),
    Bad("name twice", with_head("name: user.name", "name: a, name: b"), "P205", "`name` is declared twice", "name", "keep one"),
    Bad("name twice in a list", with_head("[desk]", "[desk, desk]"), "P205", "`desk` is declared twice", "desk", "keep one"),
    Bad("group and data", with_head("roles:", "groups: {repair: [person]}\nroles:"), "P205",
        "`repair` is declared twice", "repair", "keep one"),
    Bad("mail and purpose", with_head("roles:", "mail: {fulfil: marketing.offer}\nroles:"), "P205",
        "`fulfil` is declared as mail and as purpose", "fulfil", "give one of the two another name"),
    Bad("built-in audience and data", with_head("repair: x", "customers: x"), "P205",
        "`customers` is declared as audience and as data", "customers", "give one of the two another name"),
    Bad("built-in word", with_head("repair: x", "anything: x"), "P206", "`anything` is a word of the language", "anything", "another"),
    Bad("capital", with_head("[desk]", "[Desk]"), "P206", "`Desk` cannot be a name", "Desk", "small letters"),
    Bad("figure first", with_head("[desk]", "[2 desks]"), "P206", "`2 desks` cannot be a name", "2 desks", "a letter first"),
    Bad("other letters", with_head("[desk]", "[d\u0435sk]"), "P206", "`d\u0435sk` cannot be a name", "d\u0435sk", "small letters"),
    Bad("dot in a name", with_head("repair: x", "re.pair: x"), "P206", "`re.pair` cannot be a name", "re.pair", "small letters"),
    Bad("no name", with_head("[desk]", "{[a]: b}"), "P206", "a name is missing here", "[a]", "write `name: value`"),
    Bad("long name", with_head("[desk]", f"[{'d' * 200}]"), "P206", f"`{'d' * 57}...` cannot be a name", "d" * 200, "small letters"),
    Bad("circle", with_head("roles:", "groups: {a: [person, b], b: [c], c: [a]}\nroles:"), "P207",
        "the group `a` contains itself", "a", "take the name out"),
    Bad("own member", with_head("roles:", "groups: {a: [a]}\nroles:"), "P207", "the group `a` contains itself", "a", "take the name"),
    Bad("circle further down", with_head("roles:", "groups: {a: [b], b: [c], c: [b]}\nroles:"), "P207",
        "the group `b` contains itself", "b", "take the name out"),
    Bad("unknown member", with_head("roles:", "groups: {a: [person.nam]}\nroles:"), "P208",
        "`person.nam` is not declared as data", "person.nam", "did you mean `person.name`?"),
    Bad("mail for nothing", with_head("roles:", "mail: {offer: marketing.ofer}\nroles:"), "P208",
        "`marketing.ofer` is not declared as purpose", "marketing.ofer", "did you mean `marketing.offer`?"),
    Bad("mail in a list", with_head("roles:", "mail: [offer]\nroles:"), "P204", "`offer` names no purpose", "offer", "write `offer: NAME`"),
    Bad("label for nothing", with_head("roles:", "labels: {person.nme: you}\nroles:"), "P208",
        "the label is for `person.nme`, which is not declared", "person.nme", "did you mean `person.name`?"),
    Bad("date", with_head("2026-03-01", "2026-02-30"), "P204", "`version` is a date", "2026-02-30", "2016-06-13"),
    Bad("date in another way", with_head("2026-03-01", "20260301"), "P204", "`version` is a date", "20260301", "2016-06-13"),
    Bad("surface", with_head("surface: web", "surface: fax"), "P204", "`fax` is not a surface", "fax", "write `web` or `app`"),
    Bad("title of two lines", with_head("title: Your bicycle", "title: |\n  Your\n  bicycle"), "P204",
        "`title` is one line of text", "|", "write it on the line"),
    Bad("roles as a text", with_head("[desk]", "desk"), "P204", "`roles` has names below it", "desk", "write names below it"),
    Bad("a role with names", with_head("[desk]", "{desk: [a, b]}"), "P204",
        "`desk` is a name with one line of text beside it", "[a, b]", "write `name: what it means`"),
    Bad("data as a text", with_head("{person: {name: user.name, email: user.contact.email}, repair: x.repair}", "person"), "P204",
        "`data` has names below it", "person", "for example"),
    Bad("data as a list", with_head("x.repair", "[a, b]"), "P204", "`repair` is a standard key, or names with standard keys",
        "[a, b]", "not a list"),
    Bad("groups as a text", with_head("roles:", "groups: all\nroles:"), "P204", "`groups` has names below it", "all", "for example"),
    Bad("an empty group", with_head("roles:", "groups: {all: []}\nroles:"), "P204", "the group `all` is a list of data", "[]", "write"),
    Bad("settle as a text", with_head("roles:", "settle: yes\nroles:"), "P204", "`settle` has names below it", "yes", "for example"),
    Bad("a list settled", with_head("roles:", "settle: {a: [b]}\nroles:"), "P204", "`a` is one value", "[b]", "30 days"),
    Bad("facts as a list", with_head("roles:", "facts: [paid]\nroles:"), "P204", "`facts` has names below it", "[paid]", "a fact is about"),
    Bad("a fact about nothing", with_head("roles:", "facts: {paid: money came}\nroles:"), "P204",
        "the fact `paid` does not say what it is a fact about", "money came", "a fact is about a person, an act or the context"),
    Bad("certificate without end", with_head("roles:", "certificates: {seal: {number: a}}\nroles:"), "P204",
        "the certificate `seal` has no last day", "seal", "until"),
    Bad("site as a text", with_head("roles:", "site: here\nroles:"), "P204", "`site` has names below it", "here", "host"),
    Bad("contact with lists", with_head("roles:", "contact: {email: [a]}\nroles:"), "P204",
        "`email` has a line of text beside it", "[a]", "write `name: text`"),
    Bad("out of the folder", with_head("policy: bicycles", "policy: ../bicycles"), "P009",
        "`../bicycles` cannot name a policy", "../bicycles", "letters, digits and hyphens"),
    Bad("absolute", with_head("policy: bicycles", "policy: /etc/passwd"), "P009", "`/etc/passwd` cannot name a policy", "/etc/passwd", "letters"),
    Bad("a dot", with_head("policy: bicycles", "policy: ."), "P009", "`.` cannot name a policy", ".", "letters"),
)  # fmt: skip

BLOCKS = (
    Bad("unclosed block", HEAD + GOOD[:-4], "P007", "this block is not closed", "```rules", "close it with a line ```"),
    Bad("block in block", HEAD + GOOD[:-4] + "More.\n\n" + GOOD, "P007", "this block is not closed", "```rules", "close it"),
    Bad("block without name", HEAD + GOOD.replace("```rules", "```"), "P101", "this block has no name", "```", "```rules"),
    Bad("block of code", HEAD + GOOD.replace("```rules", "```python"), "P101",
        "a block of `python` is not read here", "```python", "start it with ```rules"),
    Bad("indented block", HEAD + GOOD.replace("```rules", "  ```rules"), "P101",
        "a block of `rules` is not read here", "```rules", "at the beginning of the line"),
    Bad("other fence", HEAD + GOOD.replace("```", "~~~"), "P101", "a block of `rules` is not read here", "~~~rules", "```rules"),
    Bad("rules without sentence", HEAD + "```rules\nstate\n```\n", "P008",
        "these rules have no sentence above them", "```rules", "below the paragraph"),
    Bad("rules under a heading", HEAD + "# Title\n\n```rules\nstate\n```\n", "P008",
        "these rules have no sentence above them", "```rules", "below the paragraph"),
)  # fmt: skip

RULES = (
    Bad("unknown verb", with_rule("colect person at order"), "P102", "`colect` is not a known word", "colect", "did you mean `collect`?"),
    Bad("strange verb", with_rule("xyzzy collect person at order"), "P102", "`xyzzy` is not a known word", "xyzzy", "here can stand"),
    Bad("unknown name", with_rule("collect person.nam at order"), "P102", "`person.nam` is not a known word", "person.nam", "did you mean `person.name`?"),
    Bad("leaf alone", with_rule("collect email at order"), "P107", "`email` is a way of reaching somebody or a way of coming by data; here stands data", "email", "did you mean `person.email`?"),
    Bad("wrong sort", with_rule("share person with desk"), "P107", "`desk` is a role; here stands a recipient", "desk", "here can stand"),
    Bad("too short", with_rule("collect person at"), "P103", "the rule stops here, but something is missing", "", "a touchpoint"),
    Bad("two rules", with_rule("state state"), "P101", "`state` has no place here", "state", "one rule a line"),
    Bad("semicolon", with_rule("state; state"), "P102", "`state;` is not a known word", "state;", "one rule a line, no semicolons"),
    Bad("stray bracket", with_rule("collect person] at order"), "P101", "`]` has no place here", "]", "here can stand"),
    Bad("open text", with_rule('attest "we do by desk every 3 days'), "P106", "this text has no closing quote", '"we do by desk every 3 days', "close it"),
    Bad("open references", with_rule("state [LS-1"), "P105", "these references have no closing bracket", "[LS-1", "write clause ids"),
    Bad("no references", with_rule("state []"), "P105", "a reference is missing here", "[]", "write clause ids"),
    Bad("small reference", with_rule("state [ls-25]"), "P105", "`ls-25` is not a clause id", "[ls-25]", "write clause ids"),
    Bad("mixed references", with_rule("state [LS-25 GDPR 17]"), "P105", "`LS-25 GDPR 17` mixes clause ids with something else", "[LS-25 GDPR 17]", "write clause ids"),
    Bad("number too high", with_rule("(2) state"), "P104", "there is no sentence 2; the text above has 1", "2", "count the sentences"),
    Bad("number nought", with_rule("(0) state"), "P104", "there is no sentence 0; the text above has 1", "0", "count the sentences"),
    Bad("span too long", with_rule("(1-900) state"), "P104", "there is no sentence 1-900; the text above has 1", "1-900", "count"),
    Bad("span backwards", with_rule("(1 2-1) state"), "P104", "there is no sentence 2-1; the text above has 1", "2-1", "count"),
    Bad("no number", with_rule("() state"), "P104", "a sentence number is missing", "()", "write `(1)`, `(1 3)` or `(1-3)`"),
    Bad("no real number", with_rule("(one) state"), "P104", "`one` is not a sentence number", "one", "write `(1)`"),
    Bad("commas", with_rule("(1,1) state"), "P104", "`1,1` is not a sentence number", "1,1", "write `(1)`, `(1 3)`"),
    Bad("open number", with_rule("(1 state"), "P104", "these sentence numbers have no closing bracket", "(1", "write `(1)`"),
    Bad("only a number", with_rule("(1)"), "P103", "there is no rule on this line", "(1)", "write a rule"),
)  # fmt: skip


@pytest.mark.parametrize("bad", THE_FILE + DECLARATIONS + BLOCKS + RULES, ids=str)
def test_what_is_wrong_is_found_at_its_place_with_a_hint(bad: Bad) -> None:
    findings = refuse(bad.text)
    matching = [finding for finding in findings if finding.code == bad.code]
    assert matching, findings
    finding = matching[0]
    assert finding.text == bad.said
    assert underline(finding) == bad.underlined
    assert bad.hint in str(finding.hint)


def test_the_good_example_is_good() -> None:
    policy = parse_policy(HEAD + GOOD)
    assert [rule.text for rule in policy.rules] == ["(1) collect person.name at order for fulfil", "(2) state"]


def test_all_findings_come_at_once_in_the_order_of_the_file() -> None:
    text = with_head("roles:", "rols:").replace("collect", "colect").replace("(2) state", "(7) state")
    assert [finding.code for finding in refuse(text)] == ["P202", "P102", "P104"]


def test_the_place_counts_from_the_start_of_the_file() -> None:
    (finding,) = refuse(with_rule("colect person at order"))
    assert finding.place is not None
    assert (finding.place.file, finding.place.line, finding.place.column) == ("bicycles.policy.md", 17, 1)


def test_an_unclosed_block_does_not_hide_the_rules_after_it() -> None:
    text = HEAD + GOOD[:-4] + "\n" + GOOD.replace("collect", "colect")
    assert [finding.code for finding in refuse(text)] == ["P007", "P102", "P102"]


def test_of_a_file_that_is_no_policy_only_the_first_findings_are_shown() -> None:
    findings = refuse(with_rule("\n".join(["colect person at order"] * 5_000)))
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].code == "P013"


# ------------------------------------------------------------------------------------------------------------- the file


def load_bytes(folder: Path, data: bytes) -> Path:
    path = folder / "2026-03-01.policy.md"
    path.write_bytes(data)
    return path


def refuse_file(path: Path) -> Finding:
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    finding = caught.value.findings[0]
    assert finding.place is not None
    assert finding.hint
    return finding


def test_other_line_ends_are_the_same_policy(tmp_path: Path) -> None:
    plain = load_policy(load_bytes(tmp_path, (HEAD + GOOD).encode()))
    for ends in ("\r\n", "\r"):
        other = load_policy(load_bytes(tmp_path, (HEAD + GOOD).replace("\n", ends).encode()))
        assert (other.digest, other.rules, other.sentences) == (plain.digest, plain.rules, plain.sentences)
        assert parse_policy((HEAD + GOOD).replace("\n", ends)).digest == plain.digest


def test_a_mark_at_the_start_of_the_file_is_no_text(tmp_path: Path) -> None:
    marked = load_policy(load_bytes(tmp_path, b"\xef\xbb\xbf" + (HEAD + GOOD).encode()))
    assert marked.digest == parse_policy("\ufeff" + HEAD + GOOD).digest == parse_policy(HEAD + GOOD).digest


def test_a_byte_that_is_not_utf_8_has_its_place(tmp_path: Path) -> None:
    data = (HEAD + "Caf\u00e9 prices: ").encode() + b"\xe9 and more.\r\nNext line.\r\n"
    finding = refuse_file(load_bytes(tmp_path, data))
    assert (finding.code, finding.text) == ("P002", "the byte e9 is not UTF-8")
    assert finding.place is not None
    assert (finding.place.line, finding.place.column) == (HEAD.count("\n") + 1, 14)
    assert finding.source == "Caf\u00e9 prices: \ufffd and more."
    assert underline(finding) == "\ufffd"


@pytest.mark.parametrize(
    "data", [b"\xff\xfe" + HEAD.encode("utf-16-le"), b"\x00" * 100, b"\x80", b"PK\x03\x04\xff\xd8"]
)
def test_what_is_no_text_is_refused(data: bytes, tmp_path: Path) -> None:
    assert refuse_file(load_bytes(tmp_path, data)).code in {"P002", "P004"}


def test_a_missing_file_a_folder_and_a_device_are_refused(tmp_path: Path) -> None:
    missing = refuse_file(tmp_path / "no.policy.md")
    assert (missing.code, missing.text) == ("P001", "`no.policy.md` does not exist")
    folder = refuse_file(tmp_path)
    assert (folder.code, folder.text) == ("P001", f"`{tmp_path.name}` is a folder")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refuse_file(pipe).text == "`pipe` is not a file"
    assert refuse_file(Path("a\0b")).code == "P001"
    assert refuse_file(tmp_path / ("x" * 5_000)).code == "P001"


def test_a_large_file_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    finding = refuse_file(load_bytes(tmp_path, HEAD.encode() + b"A b. " * MAX_BYTES))
    assert (finding.code, finding.text) == ("P003", f"the file has more than {MAX_BYTES} bytes")


# ----------------------------------------------------------------------------------------------------------------- time


def list_large(part: int) -> dict[str, str]:
    """Texts that take long to read if anything in the reading grows faster than the text; `part` is how often smaller."""

    def many(count: int) -> int:
        return count // part

    names = ", ".join(["person.name"] * many(1_700))
    places = "order form, policy link, " * many(800)
    return {
        "rules": with_rule("\n".join(["collect person at order for fulfil if requested, permitted and told [LS-1]"] * many(2_000))),
        "a line of names": with_rule(f"collect {names} at order for fulfil"),
        "a line with words of two sorts": with_rule(f"show {places}order form at order"),
        "the same, with a mistake at its end": with_rule(f"show {places}order form at ordr"),
        "one word": with_rule("x" * many(900_000)),
        "one text": with_rule(f'attest "{"x" * many(900_000)}" by desk every 3 days'),
        "opening brackets": with_rule("[" * many(20_000)),
        "unknown lines": with_rule("\n".join(f"colect person{n} at order" for n in range(many(20_000)))),
        "sentences on one line": HEAD + "Ab. " * many(100_000),
        "sentences that never end": HEAD + "e.g. A " * many(100_000),
        "headings of one name": HEAD + "# a\n" * many(100_000),
        "fences": HEAD + "```\n" * many(100_000),
        "a heading of spaces": HEAD + "# a" + " " * many(900_000) + "b\n",
        "keys": "---\n" + "".join(f"key{n}: x\n" for n in range(many(20_000))) + "---\n",
        "open lists": "---\n" + "[" * many(100_000) + "\n---\n",
        "a circle of groups": with_head(
            "roles:", "groups: {" + "".join(f"g{n}: [g{(n + 1) % many(2_000)}], " for n in range(many(2_000))) + "}\nroles:"
        ),
        "names": with_head("repair: x", ", ".join(f"n{n}: x" for n in range(many(10_000)))),
    }  # fmt: skip


@pytest.mark.timeout(60)  # each takes a second at most; what grows out of hand ends here
@pytest.mark.parametrize("part", [4, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", list_large(1_000))
def test_large_and_crooked_texts_are_read_or_refused_soon(name: str, part: int) -> None:
    findings: tuple[Finding, ...] = ()
    try:
        parse_policy(list_large(part)[name])
    except PolicyError as error:
        findings = error.findings
    shown = [render_finding(finding) for finding in findings]
    assert all(finding.hint and finding.place and len(finding.text) < 500 for finding in findings)
    assert all(len(text) < 2_000 for text in shown)
