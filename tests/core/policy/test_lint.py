"""Each thing the linter looks for, by its smallest policy: found at its place with a way out, and gone when mended."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from tests.core.policy.conftest import ROOT
from upheld.cli.init import write_policy
from upheld.cli.main import main
from upheld.core.errors import CODES, Finding, render_finding
from upheld.core.policy.lint import CHECKS, has_errors, lint_policy
from upheld.core.policy.load import load_policy, parse_policy

TODAY = date(2026, 6, 1)
HEAD = """---
policy: pair
business: Pair
title: A pair
version: 2026-01-01
surface: web
data: {person: {name: user.name, email: user.contact.email}}
purposes: {fulfil: essential, news: marketing}
touchpoints: {order: /order, log: every page}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One finding: what is wrong in the smallest policy, the piece that is underlined, and what mends it."""

    code: str
    piece: str
    bad: str
    good: str
    hint: str
    declared: str = ""
    mended: str = ""  # the declarations of the mended policy, when they differ
    prose: str = "We promise this. And that."
    good_prose: str = ""
    level: str = "error"

    def write(self, *, is_bad: bool) -> str:
        """The policy as a file."""
        declared = self.declared if is_bad else self.mended or self.declared
        prose = self.prose if is_bad else self.good_prose or self.prose
        rules = "\n".join(line.strip() for line in (self.bad if is_bad else self.good).split(";"))
        return f"{HEAD}{declared}\n---\n\n# A pair\n\n{prose}\n\n```rules\n{rules}\n```\n"


USED = "collect person at order for fulfil; record person at log for fulfil; keep person 30 days"
CASES = (
    Case(
        "P301", "And that.", f"(1) {USED.replace('; ', '; (1) ')}", f"(1) {USED.replace('; ', '; (2) ')}",
        "write its rule",
    ),
    Case(
        "P302", "use person", f"{USED}; use person", f"{USED}; use person for news", "for every purpose write",
    ),
    Case(
        "P303", "use person for news", f"{USED}; use person for news; (2) never use person for news; (2) claim nothing uses person for news",
        f"{USED}; use person for news if told; (2) never use person for news unless told; (2) claim nothing uses person for news unless told",
        "never use person for news; settle by name",
    ),
    Case(
        "P303", "person.name", f"{USED}; share person.name, person.email with carriers for fulfil; (2) never share person.name with carriers; claim nobody outside gets person.name",
        f"{USED}; share person.email with carriers for fulfil; (2) never share person.name with carriers; claim nobody outside gets person.name",
        "settle by name which", "recipients: {carriers: processor}",
    ),
    Case(
        "P305", "log", f"{USED}; collect person at log for fulfil", USED, "write `record …`",
    ),
    Case(
        "P305", "order", f"{USED}; record person at order for fulfil", USED, "write `collect …`",
    ),
    Case(
        "P306", "(2) keep person 60 days", f"{USED}; (2) keep person 60 days", f"{USED}; (2) keep person 30 days",
        "keep person 30 days; settle by name",
    ),
    Case(
        "P306", "change takes effect on acceptance", f"{USED}; change takes effect on posting; change takes effect on acceptance",
        f"{USED}; small change takes effect on posting; material change takes effect on acceptance",
        "change takes effect on posting",
    ),
    Case(
        "P307", "reasonable", USED, USED, "settle the measure it is held to", prose="We take reasonable care. And that.",
        good_prose="We take care. And that.", level="warning",
    ),
    Case(
        "P307", "Such as", f"(1) {USED.replace('; ', '; (2) ')}", f"(1) {USED.replace('; ', '; (2) ')} settled care",
        "settle the rest of the list", "", "settle: {care: a list}", prose="We keep this. Such as that.",
        level="warning",
    ),
    Case(
        "P308", "terms", f"{USED}; show terms document at policy", f"{USED}; show terms document at policy",
        "add the file", "documents: {terms: gone.md}", "documents: {terms: terms.md}",
    ),
    Case(
        "P308", "terms", f"{USED}; show terms document at policy", f"{USED}; show terms document at policy",
        "declare `documents: {terms: FILE.md}`", "documents: [terms]", "documents: {terms: https://pair.example/terms}",
    ),
    Case(
        "P309", "contact phone", f"{USED}; show contact phone at policy", f"{USED}; show contact phone at policy",
        "add `contact: {phone: …}`", "contact: {email: a@pair.example}", "contact: {phone: 555-0100}",
    ),
    Case(
        "P310", "seal", f"{USED}; show seal certificate at policy", f"{USED}; show seal certificate at policy",
        "renew it", 'certificates: {seal: {until: 2026-05-31, programme: p, number: "1"}}',
        'certificates: {seal: {until: 2026-06-01, programme: p, number: "1"}}',
    ),
    Case(
        "P311", "care", f"{USED}; use person for news literal care; use person for news if told settled care",
        f"{USED}; use person for news literal care; use person for news if told settled care",
        "the settled reading is: use person for news if told settled care", "settle: {care: literal}",
        "settle: {care: only when told}", level="warning",
    ),
    Case(
        "P312", "care", USED, f"{USED} settled care", "remove it", "settle: {care: a list}", level="warning",
    ),
    Case(
        "P313", "offers", f"{USED}; choice offers is opt-in, asked at order; choice offers is opt-out, asked at order",
        f"{USED}; choice offers is opt-in, asked at order", "before the answer", "choices: {offers: our offers}",
    ),
    Case(
        "P313", "letter", f"{USED}; choice offers is opt-in, asked at order; choice offers stops letter; choice offers does not stop letter",
        f"{USED}; choice offers is opt-in, asked at order; choice offers stops letter", "whether the no counts",
        "choices: {offers: our offers}\nmail: {letter: news}",
    ),
    Case(
        "P313", "letter", f"{USED}; choice offers is opt-in, asked at order; choice offers stops letter; send letter to readers",
        f"{USED}; choice offers is opt-in, asked at order; choice offers stops letter; send letter to readers if chosen offers",
        "add `if chosen offers`", "choices: {offers: our offers}\nmail: {letter: news}\naudiences: {readers: [person.email]}",
    ),
    Case(
        "P314", "office", USED, f"{USED}; show person to office for fulfil", "write its rule, or take it out",
        "roles: [office]", level="warning",
    ),
    Case(
        "P315", "person", "collect person at order for fulfil; record person at log for fulfil", USED,
        "add `keep person … days after …`", level="warning",
    ),
    Case(
        "P316", "(2) never use person for news", f"{USED}; (2) never use person for news",
        f"{USED}; (2) never use person for news; (2) claim nothing uses person for news", "add a `claim …`",
        level="warning",
    ),
    Case(
        "P317", "does not apply to person by collection", f"{USED}; applies to person by collection; does not apply to person by collection",
        f"{USED}; applies to person by collection; does not apply to person by offline contact", "leave out",
    ),
    Case(
        "P318", "customers", f"{USED}; tell readers by email when merging; send letter to customers",
        f"{USED}; send letter to customers; tell readers by email when merging", "declare `audiences: {customers: [...]}`",
        "mail: {letter: news}\naudiences: {readers: [person.email]}",
        "mail: {letter: news}\naudiences: {customers: [person.email], readers: [person.email]}",
    ),
    Case(
        "P319", "offers", f"{USED}; choice offers stops letter", f"{USED}; choice offers stops letter; choice offers is opt-in, asked at order",
        "add `choice offers is opt-in, asked at …`", "choices: {offers: our offers}\nmail: {letter: news}", level="warning",
    ),
    Case(
        "P322", "password", f"{USED}; protect person by password", f"{USED}; protect person by password, encryption in transit",
        "encryption in transit",
    ),
    Case(
        "P324", "person.email", f"{USED.replace('person at order', 'person.name, person.email at order').replace('record person', 'record person.name')}; applies to person.name by collection",
        f"{USED}; applies to person by collection", "add `applies to person.email by …`",
    ),
    Case(
        "P325", "1", f"{USED}; use person in aggregate of 1 for news",
        f"{USED}; use person in aggregate of 10 for news", "at least two people",
    ),
    Case(
        "P325", "size", f"{USED}; use person in aggregate of size for news settled size",
        f"{USED}; use person in aggregate of size for news settled size", "at least two people",
        declared="settle: {size: \u00b2}", mended='settle: {size: "10"}',
    ),
    Case(
        "P325", "soon", f"{USED}; answer access requests by form within soon settled soon",
        f"{USED}; answer access requests by form within soon settled soon", "write the parameter as",
        declared="settle: {soon: promptly}", mended="settle: {soon: 30 days}",
    ),
    Case(
        "P325", "lone-approval", f"{USED}; state settled lone-approval",
        f"{USED}; state settled lone-approval", "write `7 days without objection`",
        declared="settle: {lone-approval: whenever nobody minds}",
        mended="settle: {lone-approval: 7 days without objection or one outside approver}",
    ),
    Case(
        "P325", "use person for news if demanded", f"{USED}; use person for news if demanded",
        f"{USED}; use person for news if demanded", "declare `grounds:",
        mended="grounds: {court order: a court asks}",
    ),
    Case(
        "P326", "email", f"{USED}; tell readers by email when material change, before it takes effect; send letter to readers",
        f"{USED}; tell readers by email when material change, before it takes effect; send account letter to readers",
        "declare a class about the account", "mail: {letter: news}\naudiences: {readers: person.email}",
        "mail: {account letter: fulfil}\naudiences: {readers: person.email}",
    ),
    Case(
        "P326", "email", f"{USED}; tell readers by email or site notice when any change",
        f"{USED}; tell readers by email or site notice when any change; send account letter to readers",
        "declare a class about the account", "audiences: {readers: person.email}",
        "mail: {account letter: fulfil}\naudiences: {readers: person.email}", level="warning",
    ),
)  # fmt: skip


def lint_text(text: str) -> tuple[Finding, ...]:
    return lint_policy(parse_policy(text, "pair.policy.md"), today=TODAY, files=frozenset({"terms.md"}))


def cut(text: str, finding: Finding) -> str:
    """The underlined piece."""
    place = finding.place
    assert place is not None
    line = text.split("\n")[place.line - 1]
    return line[place.column - 1 : place.column - 1 + place.length]


def name_case(case: Case) -> str:
    return f"{case.code}-{case.piece[:20]}"


@pytest.mark.parametrize("case", CASES, ids=name_case)
def test_it_is_found_at_its_place_with_a_way_out_and_nothing_else_is(case: Case) -> None:
    text = case.write(is_bad=True)
    (finding,) = lint_text(text)
    assert (finding.code, finding.level) == (case.code, case.level)
    assert cut(text, finding) == case.piece
    assert case.hint in (finding.hint or "")


@pytest.mark.parametrize("case", CASES, ids=name_case)
def test_the_mended_policy_is_clean(case: Case) -> None:
    assert [render_finding(finding) for finding in lint_text(case.write(is_bad=False))] == []


@pytest.mark.parametrize("case", CASES, ids=name_case)
def test_a_finding_is_printed_with_its_line_and_the_piece_underlined(case: Case) -> None:
    (finding,) = lint_text(case.write(is_bad=True))
    place, line, underline, hint = render_finding(finding).split("\n")
    assert place.startswith(f"pair.policy.md:{finding.place.line if finding.place else 0}:")
    start = underline.index("^")
    assert line[start : start + underline.count("^")] == case.piece
    assert hint.strip().startswith("hint: ")


def test_every_code_of_the_linter_has_its_case() -> None:
    raised = {code for check in CHECKS for code in re.findall(r"P3\d\d", check.__doc__ or "")}
    declared = {code.code for code in CODES if code.code.startswith("P3")}
    rows = csv.DictReader((ROOT / "tests/pairs/conflicts/pairs.csv").read_text(encoding="utf-8").splitlines())
    tried = {case.code for case in CASES} | {row["code"] for row in rows if row["code"].startswith("P3")}
    assert tried - {"P321"} == raised == declared - {"P321"}  # that one is proved, not looked for


# --- all of it ---


def test_all_findings_come_at_once_by_their_place() -> None:
    text = HEAD + (
        "roles: [office]\ncontact: {desk: us}\n---\n\n# A pair\n\nWe take reasonable care. Nobody claims this.\n\n"
        "```rules\n(1) collect person at log for fulfil\n(1) use person\n(1) show contact phone at policy\n```\n"
    )
    found = lint_text(text)
    assert {finding.code for finding in found} == {"P301", "P302", "P305", "P307", "P309", "P314", "P315"}
    places = [(finding.place.line, finding.place.column) for finding in found if finding.place]
    assert places == sorted(places)
    assert has_errors(found)


def test_a_finding_is_told_once() -> None:
    text = CASES[0].write(is_bad=False).replace("record person at log for fulfil", "state")
    found = lint_text(text)
    assert len(found) == len(set(found))


def test_warnings_alone_are_no_errors() -> None:
    warning = next(case for case in CASES if case.level == "warning")
    assert not has_errors(lint_text(warning.write(is_bad=True)))


def test_without_a_day_and_a_folder_certificates_and_files_are_not_looked_at() -> None:
    for case in CASES:
        if case.code == "P310" or "gone.md" in case.declared:
            assert lint_policy(parse_policy(case.write(is_bad=True))) == ()


def test_a_sentence_that_only_states_may_be_vague() -> None:
    text = CASES[0].write(is_bad=False).replace("And that.", "We act as reasonable people do.").replace("(2)", "(1)")
    assert lint_text(text.replace("```rules\n", "```rules\n(2) state\n")) == ()


def test_a_rule_of_a_reading_that_is_not_chosen_is_not_looked_at() -> None:
    case = next(case for case in CASES if case.code == "P306")
    settled = (
        case.write(is_bad=True)
        .replace("60 days", "60 days literal care")
        .replace("---\n\n#", "settle: {care: 30 days}\n---\n\n#")
    )
    assert lint_text(settled) == ()


def test_figures_about_groups_are_not_cut_by_a_ban_on_people() -> None:
    more = (
        "use person in aggregate of 10 for news\n(2) never use person identified for news\n"
        "(2) claim nothing uses person identified for news\n```"
    )
    text = CASES[1].write(is_bad=True).replace("use person\n```", more)
    assert more in text
    assert lint_text(text) == ()


# --- as a command, and on what we publish ---


@pytest.mark.parametrize("case", CASES, ids=name_case)
def test_the_command_gives_the_same_as_json(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "terms.md").write_text("x")
    path = tmp_path / "2026-01-01.policy.md"
    path.write_text(case.write(is_bad=True), encoding="utf-8")
    code = main(["check", str(path), "--format", "json"])
    described = json.loads(capsys.readouterr().out)
    findings = described["files"][0]["findings"]
    if case.code == "P310":  # the command looks at today's clock; the certificate may still be good on that day
        assert {finding["code"] for finding in findings} <= {"P310"}
        return
    assert [finding["code"] for finding in findings] == [case.code]
    assert code == (1 if case.level == "error" else 0)
    assert described["sound"] is (case.level == "warning")
    assert set(findings[0]) == {"code", "level", "text", "hint", "line", "column", "length"}


@pytest.mark.parametrize("version", ["2016-06-13", "2016-10-03"])
def test_the_courier_is_clean(version: str) -> None:
    path = ROOT / "policies" / "lasership" / f"{version}.policy.md"
    files = frozenset(entry.name for entry in path.parent.iterdir())
    assert lint_policy(load_policy(path), today=TODAY, files=files) == ()


def test_the_policy_to_start_from_is_clean() -> None:
    assert lint_policy(parse_policy(write_policy("corner-bakery", "Corner Bakery", "2026-01-01")), today=TODAY) == ()


def test_conditions_that_multiply_are_refused_in_good_time() -> None:
    grounds = [f"ground {chr(97 + n // 5)}{n % 5}" for n in range(50)]
    bans = []
    for number in range(10):
        named = grounds[number * 5 : number * 5 + 5]
        bans.append(f"never use person for news unless demanded by {', '.join(named[:-1])} or {named[-1]}")
    rules = "\n".join((*USED.split("; "), "use person for news", *bans))
    text = f"{HEAD}grounds: [{', '.join(grounds)}]\n---\n\n# A pair\n\nWe promise this.\n\n```rules\n{rules}\n```\n"
    assert "P014" in {finding.code for finding in lint_text(text)}
