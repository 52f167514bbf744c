"""Help for whoever writes: it works on whole texts and on broken ones, and changes nothing but what it says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from upheld.core.errors import Finding
from upheld.core.policy.drafting import (
    Heading,
    find_key,
    list_headings,
    list_names,
    list_rule_forms,
    place_finding,
    print_text,
    redate_text,
)
from upheld.core.policy.load import parse_policy

EXAMPLE = Path(__file__).parents[3] / "docs" / "example.policy.md"
DAY = date(2027, 1, 31)


def test_headings_are_found_in_a_text_that_cannot_be_read() -> None:
    text = "---\npolicy: x\n# a comment\n---\n# One\n\n```rules\n# a note\n```\n## Two  \n####### no\n#no\n"
    expected = (Heading(1, 1, "Declarations"), Heading(5, 1, "One"), Heading(10, 2, "Two"))
    assert list_headings(text) == expected
    assert list_headings("") == ()
    assert list_headings("---\nnever closed\n# here\n")[0].title == "Declarations"


def test_another_day_changes_the_day_alone() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    dated = redate_text(text, DAY)
    assert parse_policy(dated).version == DAY
    changed = [(a, b) for a, b in zip(text.split("\n"), dated.split("\n"), strict=True) if a != b]
    assert len(changed) == 1
    assert redate_text(dated, DAY) == dated


def test_a_day_from_which_it_binds_goes_when_it_would_lie_before() -> None:
    text = "---\nversion: 2026-01-01  # first\neffective: 2026-03-01\npolicy: x\n---\nversion: 1\n"
    assert redate_text(text, DAY) == "---\nversion: 2027-01-31  # first\npolicy: x\n---\nversion: 1\n"
    assert "effective: 2026-03-01" in redate_text(text, date(2026, 2, 1))
    assert redate_text("---\npolicy: x\n---\n", DAY) == "---\nversion: 2027-01-31\npolicy: x\n---\n"
    assert redate_text("no declarations", DAY) == "no declarations"


def test_a_finding_without_a_place_leads_to_the_key_it_is_about() -> None:
    text = "---\npolicy: x\nsite:\n  host: y\n---\nsite: z\n"
    placed = place_finding(Finding("P203", "error", "the site has no `host`"), text, "site")
    assert placed.place is not None
    assert (placed.place.line, placed.source) == (3, "site:")
    assert find_key(text, "nowhere").line == 1


def test_names_and_forms_are_those_of_the_policy() -> None:
    policy = parse_policy(EXAMPLE.read_text(encoding="utf-8"))
    names = dict(list_names(policy))
    assert ("person.email", policy.words.label("person.email", "data")) in names["Data"]
    assert "anything" not in [name for name, _ in names["Data"]]
    forms = {form.written: form for _, group in list_rule_forms(policy) for form in group}
    lines = [line.strip() for line in policy.text.split("\n")]
    assert all(any(line.endswith(example) for line in lines) for example in forms["share"].examples)
    assert all(form.does and form.examples for form in forms.values())


def test_the_one_form_changes_no_meaning() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert print_text(text) == text
    untidy = text.replace("never share anything with anyone", "never   share anything with anyone")
    assert untidy != text
    assert print_text(untidy) == text
