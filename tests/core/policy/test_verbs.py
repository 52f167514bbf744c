"""The catalogue of verbs is whole, and each of its lines is as right or as wrong as it says."""

from __future__ import annotations

import pytest

from upheld.core.errors import Finding
from upheld.core.policy.forms import FORMS
from upheld.core.policy.reading.build import find_verb
from upheld.core.policy.reading.lexer import split_line
from upheld.core.policy.reading.parse import RuleParser, list_first_words
from upheld.core.policy.verbs import EVIDENCE, SUBJECTS, VERBS, Verb, find_verb_entry
from upheld.core.policy.words import print_rule

GOOD = [(verb, line) for verb in VERBS for line in verb.good]
BAD = [(verb, line, code) for verb in VERBS for line, code in verb.bad]


@pytest.mark.parametrize(("verb", "line"), GOOD, ids=lambda value: value if isinstance(value, str) else "")
def test_a_good_line_is_a_rule_of_its_verb_and_prints_as_it_stands(verb: Verb, line: str, parser: RuleParser) -> None:
    rule = parser.parse_line(line, "line", 1)
    assert not isinstance(rule, Finding), rule
    assert rule.verb == verb.name
    assert line.endswith(print_rule(rule))


@pytest.mark.parametrize(("verb", "line", "code"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_line_gives_exactly_its_error(verb: Verb, line: str, code: str, parser: RuleParser) -> None:
    finding = parser.parse_line(line, "line", 1)
    assert isinstance(finding, Finding), f"{line} was read"
    assert finding.code == code
    assert finding.hint


def test_every_form_has_a_good_line_under_its_verb(parser: RuleParser) -> None:
    shown = set()
    for _, line in GOOD:
        rule = parser.parse_line(line, "line", 1)
        assert not isinstance(rule, Finding)
        shown.add(rule.form)
    assert shown == set(FORMS)


def test_every_verb_of_the_language_is_in_the_catalogue_and_none_else() -> None:
    assert [verb.name for verb in VERBS] == list(dict.fromkeys(verb.name for verb in VERBS))
    assert {verb.name for verb in VERBS} == {find_verb(form) for form in FORMS}
    assert sorted(form for verb in VERBS for form in verb.forms) == sorted(FORMS)


def test_every_word_a_rule_can_begin_with_begins_a_good_line() -> None:
    first = {split_line(line).pieces[0].text for _, line in GOOD}
    assert first == set(list_first_words())


def test_every_verb_says_what_it_needs() -> None:
    for verb in VERBS:
        assert verb.does.endswith(".")
        assert verb.subject in SUBJECTS
        assert all(evidence.sort in EVIDENCE and evidence.shows for evidence in verb.evidence)
        assert len(verb.bad) >= 2 or verb.name == "state"
        assert verb.evidence or verb.name == "state"


def test_what_opens_or_closes_acts_is_proved_formally() -> None:
    for verb in VERBS:
        is_about_acts = any(FORMS[form].grants or FORMS[form].cuts for form in verb.forms)
        is_proved = "formal" in {evidence.sort for evidence in verb.evidence}
        assert is_proved == (is_about_acts or verb.name == "claim"), verb.name


def test_an_entry_is_found_by_the_name_that_rules_carry() -> None:
    entry = find_verb_entry("leave")
    assert entry is not None
    assert entry.written == "leave out"
    assert find_verb_entry("sell") is None
