"""Reading and printing undo each other, for every line the grammar can make; and nothing is read that was not written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.policy.conftest import PAIRS, ROOT
from tests.core.policy.lines import LineMaker
from tests.core.policy.test_kinds import ROWS
from upheld.core.errors import Finding
from upheld.core.policy.forms import FORMS
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import Policy, Rule, Word, Words
from upheld.core.policy.reading.build import find_verb
from upheld.core.policy.reading.lexer import SORT_OF_TERMINAL
from upheld.core.policy.reading.parse import RuleParser, list_keywords
from upheld.core.policy.words import print_body, print_policy, print_rule

KEPT = sorted((ROOT / "policies").glob("*/*.policy.md"))
WHOLE = [*KEPT, PAIRS / "kinds.policy.md", *sorted((PAIRS / "conflicts").rglob("mended.policy.md"))]
SHARED = load_policy(PAIRS / "kinds.policy.md")
MAKER = LineMaker(SHARED.words)
PARSER = RuleParser(SHARED.words)

SMALL = """---
policy: small
business: Small
title: Small
version: 2026-01-01
surface: web
data: {a: b}
purposes: {c: d}
---
"""


def read(line: str, parser: RuleParser = PARSER) -> Rule:
    result = parser.parse_line(line, "line", 1)
    assert not isinstance(result, Finding), f"{line}\n{result.text}; {result.hint}"
    return result


def refuse(line: str, parser: RuleParser = PARSER) -> Finding:
    result = parser.parse_line(line, "line", 1)
    assert isinstance(result, Finding), f"{line} was read as {result}"
    return result


# ------------------------------------------------------------------------------------------------------- whole policies


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_policy_prints_to_itself(path: Path) -> None:
    policy = load_policy(path)
    again = parse_policy(print_policy(policy), str(path))
    assert again.rules == policy.rules
    assert again.sentences == policy.sentences
    assert [s.slug for s in again.sections] == [s.slug for s in policy.sections]
    assert [rule.sentences for rule in again.rules] == [rule.sentences for rule in policy.rules]
    assert (again.words, again.parameters, again.site) == (policy.words, policy.parameters, policy.site)
    assert print_policy(again) == print_policy(policy)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: "/".join(path.parts[-2:]))
def test_the_policies_we_keep_are_written_in_the_one_way(path: Path) -> None:
    policy = load_policy(path)
    assert print_policy(policy) == policy.text


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: "/".join(path.parts[-2:]))
def test_every_rule_of_a_policy_reads_the_same_when_printed(path: Path) -> None:
    policy = load_policy(path)
    parser = RuleParser(policy.words)
    for rule in policy.rules:
        again = read(print_rule(rule), parser)
        assert replace(again, numbers=rule.numbers, comment=rule.comment) == rule


def test_comments_stay_where_they_were() -> None:
    block = "# first\nstate [LS-1]  # why\n# between\n# two lines\nstate\n# last"
    policy = parse_policy(f"---\n{SHARED.front}\n---\n\nOne sentence.\n\n```rules\n{block}\n```\n")
    assert f"```rules\n{block}\n```" in print_policy(policy)


# --------------------------------------------------------------------------------------------------------- random rules


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=6)
@given(data=st.data())
def test_every_line_the_grammar_makes_prints_as_it_stands(form: str, data: st.DataObject) -> None:
    check_line(form, data.draw(MAKER.lines(form)))


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=500)
@given(data=st.data())
def test_hundreds_of_lines_of_a_form_print_as_they_stand(form: str, data: st.DataObject) -> None:
    check_line(form, data.draw(MAKER.lines(form)))


def check_line(form: str, line: str) -> None:
    rule = read(line)
    assert rule.form == form
    assert print_rule(rule) == line
    assert read(print_rule(rule)) == rule


@given(line=MAKER.lines(), gaps=st.lists(st.integers(1, 3), min_size=1, max_size=5))
def test_spaces_make_no_difference(line: str, gaps: list[int]) -> None:
    if '"' in line:
        return
    words = line.replace(",", " ,").split(" ")
    spaced = "".join(word + " " * gaps[number % len(gaps)] for number, word in enumerate(words))
    assert read("  " + spaced) == read(line)


@given(numbers=st.lists(st.integers(1, 9), min_size=1, max_size=6, unique=True))
def test_sentence_numbers_print_in_the_one_way(numbers: list[int]) -> None:
    sentences = " ".join(f"Number {n}." for n in range(1, 10))
    written = f"({' '.join(map(str, numbers))}) state"
    policy = parse_policy(f"{SMALL}\n{sentences}\n\n```rules\n{written}\n```\n")
    again = parse_policy(print_policy(policy))
    assert policy.rules[0].numbers == tuple(numbers)
    assert again.rules == policy.rules
    assert print_body(policy.rules[0]) == "state"


def test_numbers_in_a_row_are_a_span_from_three_on() -> None:
    rule = read("state")
    assert print_rule(replace(rule, numbers=(1, 2))) == "(1 2) state"
    assert print_rule(replace(rule, numbers=(1, 2, 3, 5, 7, 8))) == "(1-3 5 7 8) state"
    assert print_rule(replace(rule, numbers=(3, 2, 1))) == "(3 2 1) state"


# Words that meet in names: some are the language's own, some begin like them, some are figures.
POOL = (
    "person",
    "name",
    "legal",
    "process",
    "fore",
    "only",
    "for",
    "at",
    "use",
    "with",
    "and",
    "or",
    "if",
    "30",
    "days",
)
FIRST = tuple(word for word in POOL if word.isalpha())
NAMES = st.lists(
    st.tuples(st.sampled_from(FIRST), st.lists(st.sampled_from(POOL), max_size=3)).map(
        lambda p: " ".join([p[0], *p[1]])
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


def make_words(names: dict[str, list[str]]) -> Words:
    return Words({sort: {name: Word(name, sort) for name in of_sort} for sort, of_sort in names.items()})


def is_plain(names: list[str]) -> bool:
    """Whether no name is another one followed by a word of the language."""
    keywords = {text.split(" ")[0] for text, _ in list_keywords()}
    return not any(
        long.startswith(f"{short} ") and long[len(short) + 1 :].split(" ")[0] in keywords
        for long in names
        for short in names
    )


@given(names=NAMES.filter(is_plain), data=st.data())
def test_names_that_begin_alike_and_hold_words_of_the_language_are_read_whole(
    names: list[str], data: st.DataObject
) -> None:
    by_sort = dict.fromkeys(SORT_OF_TERMINAL.values(), names)
    # the declarations refuse a name that is of both of these (P205)
    by_sort |= {"mail": names[::2], "purpose": names[1::2] or ["why"], "audience": names[::2]}
    by_sort["data"] = names[1::2] or ["what"]
    words = make_words(by_sort)
    line = data.draw(LineMaker(words).lines())
    rule = read(line, RuleParser(words))
    assert print_rule(rule) == line


# ------------------------------------------------------------------------------------------------- what is not a rule

GLUED = (
    ("collect person at registration fore fulfil", "fore"),
    ("collect person at registration forfulfil", "forfulfil"),
    ("share person withcarriers for fulfil", "withcarriers"),
    ("collect person atregistration for fulfil", "atregistration"),
    ("use person onlyfor fulfil", "onlyfor"),
    ("neveruse person for sale", "neveruse"),
    ("collectperson at registration", "collectperson"),
    ("collect person, account.id,request.quoteat registration", "request.quoteat"),
    ("share person with carriers for fulfil ifrequested", "ifrequested"),
    ("keep message 90days after visit", "90days"),
    ("statebeyond", "statebeyond"),
)


@pytest.mark.parametrize(("line", "word"), GLUED)
def test_a_word_of_the_language_ends_where_the_word_ends(line: str, word: str) -> None:
    finding = refuse(line)
    assert (finding.code, finding.text) == ("P102", f"`{word}` is not a known word")
    assert finding.place is not None
    assert finding.place.column == line.index(word) + 1


def test_the_hint_parts_what_was_written_together() -> None:
    assert refuse("collect person at registration forfulfil").hint == "did you mean `for fulfil`?"
    assert refuse("collect person atregistration").hint == "did you mean `at registration`?"


@pytest.mark.parametrize("line", [row.line for row in ROWS if row.line[0] in "acens"][::7])
def test_capitals_are_not_read(line: str) -> None:
    first, _, rest = line.partition(" ")
    finding = refuse(f"{first.upper()} {rest}".strip())
    assert finding.code == "P102"
    assert f"did you mean `{first}`" in str(finding.hint)


def test_capitals_inside_a_rule_are_not_read_either() -> None:
    assert refuse("collect person AT registration").hint == "did you mean `at`? All words of a rule are written small"
    assert (
        refuse("collect Person at registration").hint == "did you mean `person`? All words of a rule are written small"
    )


SWAPPED = (
    ("collect person for fulfil at registration", "for"),
    ("share person for fulfil with carriers", "for"),
    ("share person with carriers if requested for fulfil", "for"),
    ("share person with carriers for fulfil unless told if requested", "if"),
    ("share person with carriers in aggregate of 10 for fulfil", "in"),
    ("collect person at registration for fulfil pseudonymous", "pseudonymous"),
    ("erase person within 3 days when removal is asked", "within"),
    ("tell customers by email when merging if told", "if"),
    ("tell customers when merging by email", "when"),
    ("share person with carriers for fulfil, approved by 2 of sales if told", "if"),
    ("state [LS-1] beyond", "beyond"),
)  # fmt: skip


@pytest.mark.parametrize(("line", "word"), SWAPPED)
def test_parts_stand_in_one_order(line: str, word: str) -> None:
    finding = refuse(line)
    assert finding.code == "P101"
    assert finding.text == f"`{word}` has no place here"


DOUBLED = (
    ("collect person at registration at checkout for fulfil", "at"),
    ("collect person at registration for fulfil for improve", "for"),
    ("share person with carriers if requested if told", "if"),
    ("share person pseudonymous de-identified with carriers for fulfil", "de-identified"),
    ("collect collect person at registration", "collect"),
    ("use person only only for fulfil", "only"),
    ("state beyond beyond", "beyond"),
)


@pytest.mark.parametrize(("line", "word"), DOUBLED)
def test_a_part_stands_once(line: str, word: str) -> None:
    finding = refuse(line)
    assert finding.code == "P101"
    assert finding.text == f"`{word}` has no place here"


def test_a_misplaced_part_is_told_the_order() -> None:
    assert str(refuse(SWAPPED[0][0]).hint).startswith("parts stand in one order, each once: verb, data, degree, ")


@pytest.mark.parametrize(
    ("line", "code", "hint"),
    [
        ("state; state", "P102", "one rule a line, no semicolons"),
        ("collect person at registration; ", "P102", "one rule a line, no semicolons"),
        ("collect person at registration ; state", "P102", "one rule a line, no semicolons"),
        ("state state", "P101", "one rule a line: start a new line for `state`"),
        ("use person for fulfil use person for improve", "P101", "one rule a line: start a new line for `use`"),
        ("state [LS-1] use person for fulfil", "P101", "one rule a line: start a new line for `use`"),
    ],
)
def test_one_rule_stands_on_a_line(line: str, code: str, hint: str) -> None:
    finding = refuse(line)
    assert (finding.code, finding.hint) == (code, hint)


@pytest.mark.parametrize(
    "line",
    [
        "collect person,, account at registration", "collect , person at registration", "collect person, at registration",
        "collect person at registration,", "share person with carriers, approved by sales", "keep message days",
        "keep message 12345678 days", "keep message -3 days", "keep message 3.5 days", "keep message ٣ days",
        "collect person at registration [LS-1] [LS-2]", '"state"', "[LS-1]", ",", "claim", "choice", "for fulfil",
        "never employ person", "share person with one of carriers, one of partners", "if requested share person",
    ],
)  # fmt: skip
def test_what_the_grammar_does_not_have_is_refused(line: str) -> None:
    assert refuse(line).code in {"P101", "P102", "P103", "P107"}


# ------------------------------------------------------------------------------------------------------ longest first


def make_parser(**names: list[str]) -> RuleParser:
    return RuleParser(make_words(names))


@pytest.mark.parametrize("declared", [["person", "person name"], ["person name", "person"]])
def test_the_longest_declared_name_is_read(declared: list[str]) -> None:
    parser = make_parser(data=declared, touchpoint=["order"])
    assert read("collect person name at order", parser).data == ("person name",)
    assert read("collect person at order", parser).data == ("person",)
    assert read("collect person name, person at order", parser).data == ("person name", "person")
    assert refuse("collect person names at order", parser).text == "`names` is not a known word"


def test_the_longest_ground_is_read() -> None:
    parser = make_parser(
        data=["person"], recipient=["courts"], purpose=["legal"], ground=["legal", "legal process"], fact=["told"]
    )
    line = "share person with courts for legal if demanded by legal process, legal or legal process"
    rule = read(line, parser)
    assert rule.holds is not None
    assert rule.holds.terms[0].facts == (
        "demanded by legal process", "demanded by legal", "demanded by legal process",
    )  # fmt: skip
    assert read("share person with courts for legal if demanded by legal and told", parser).holds is not None


def test_a_name_may_hold_words_of_the_language() -> None:
    parser = make_parser(data=["use at home", "use"], touchpoint=["at home", "home"], purpose=["for fun only", "fun"])
    line = "use use at home only for for fun only"
    rule = read(line, parser)
    assert (rule.form, rule.data, rule.purposes) == ("use_only", ("use at home",), ("for fun only",))
    assert print_rule(rule) == line
    assert read("collect use at at home for fun", parser).part("at") == ("at home",)


def test_a_word_of_several_sorts_is_read_by_what_follows() -> None:
    parser = make_parser(
        data=["order", "visit"], touchpoint=["order"], document=["order"], role=["desk"], purpose=["why"]
    )
    assert read("show order to desk for why", parser).form == "show"
    assert read("show order form at order", parser).part("things") == ("form:order",)
    assert read("show order document, order form at order", parser).part("things") == ("document:order", "form:order")
    assert read("collect order at order for why", parser).part("at") == ("order",)


def test_demanded_by_and_living_in_stand_last_before_a_comma_or_an_or() -> None:
    assert read("share person with partners for sale if demanded by law and told").holds is not None
    assert read("share person with partners for sale if told or demanded by law").holds is not None
    assert refuse("share person with partners for sale if demanded by law or told").code == "P107"
    assert refuse("share person with partners for sale if living in utah, told and requested").code == "P107"


# --------------------------------------------------------------------------------------------------- forms and grammar


def test_every_form_of_the_grammar_has_a_template_and_none_else(shared: Policy) -> None:
    assert set(MAKER._forms()) == set(FORMS)


def test_every_form_has_a_verb_that_is_one_word() -> None:
    assert all(find_verb(form).isalpha() for form in FORMS)
