"""Coverage says of each clause whether a rule upholds it, and whether that rule is of the right sort."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from upheld.core.errors import RegisterError
from upheld.core.policy.forms import FORMS
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import Policy, Rule
from upheld.core.register.clauses import KINDS, MODALITIES, Clause, load_register
from upheld.core.register.coverage import ClauseCover, cover_clause, is_fitting, measure_coverage
from upheld.core.register.coverage_sheet import describe_coverage, print_coverage, print_totals, summarise_coverage
from upheld.core.register.kinds import FORMS_OF_KINDS

FOLDER = Path(__file__).parents[3] / "policies"
VERSIONS = sorted(FOLDER.glob("*/*.policy.md"))

MakeClause = Callable[..., Clause]
MakePolicy = Callable[..., Policy]


def cover(clauses: tuple[Clause, ...], policy: Policy, clause_id: str) -> ClauseCover:
    return next(c for c in measure_coverage(policy, clauses).covers if c.clause.id == clause_id)


def test_it_works(clauses: tuple[Clause, ...], policy: Policy) -> None:
    coverage = measure_coverage(policy, clauses)
    assert [(c.clause.id, c.state, c.layer) for c in coverage.covers] == [
        ("TC-01", "covered", "plain"),
        ("TC-02", "covered", "plain"),
        ("TC-03", "covered", "plain"),
        ("TC-04", "covered", "settled"),
        ("TC-05", "missing", None),
    ]
    assert not coverage.is_complete
    assert coverage.findings == ()


def test_a_policy_that_covers_every_clause_is_complete(clauses: tuple[Clause, ...], policy: Policy) -> None:
    assert measure_coverage(policy, clauses[:4]).is_complete


def test_a_missing_clause_says_what_it_needs(clauses: tuple[Clause, ...], policy: Policy) -> None:
    assert cover(clauses, policy, "TC-05").needs == "no rule cites it; it needs a duty, a safeguard or a limit"


@pytest.mark.parametrize(
    ("modality", "rule"),
    [
        ("MUST NOT", "share person with carriers for fulfil"),
        ("MUST", "use person for fulfil"),
        ("MAY", "never share person with anyone"),
        ("SHOW", "collect person at order for fulfil"),
        ("CLAIM", "never share person with anyone"),
        ("STATE", "share person with carriers for fulfil"),
    ],
)
def test_a_rule_of_the_wrong_sort_does_not_cover(
    make_clause: MakeClause, make_policy: MakePolicy, modality: str, rule: str
) -> None:
    clause = make_clause("TC-01", kind="use-for", modality=modality)
    found = cover((clause,), make_policy(f"(1) {rule} [TC-01]"), "TC-01")
    assert (found.state, found.layer) == ("wrong fit", None)
    assert found.needs.startswith(f"{modality} needs ")
    assert found.needs.endswith(f"it has `{rule.split(maxsplit=1)[0]}`")


@pytest.mark.parametrize(
    ("kind", "modality", "rule"),
    [
        ("use-for", "MUST", "for fulfil use only person"),
        ("human-attested", "MUST", 'attest "staff sign for the key" by staff every 90 days'),
        ("disclose-to", "MAY", "share person with carriers for fulfil"),
        ("show", "SHOW", "show contents at policy"),
        ("mark-required", "SHOW", "mark person as required at order"),
        ("never-collect", "CLAIM", "claim person is collected only at order"),
        ("transfer-country", "CLAIM", 'attest "the chest stands in our own shop" by staff every 90 days'),
        ("statement-only", "STATE", "state"),
    ],
)
def test_a_rule_of_the_right_sort_covers(
    make_clause: MakeClause, make_policy: MakePolicy, kind: str, modality: str, rule: str
) -> None:
    clause = make_clause("TC-01", kind=kind, modality=modality)
    assert cover((clause,), make_policy(f"(1) {rule} [TC-01]"), "TC-01").state == "covered"


def test_a_rule_that_speaks_of_something_else_does_not_cover_and_the_reason_says_so(
    make_clause: MakeClause, make_policy: MakePolicy
) -> None:
    clause = make_clause("TC-01", kind="disclose-to", modality="MAY")
    found = cover((clause,), make_policy("(1) use person for offers [TC-01]"), "TC-01")
    assert found.state == "wrong fit"
    assert found.needs == "disclose-to needs `show`, `share` or `share … only`, it has `use`"


def test_a_use_is_no_disclosure_under_a_legal_order() -> None:
    """A permission to use what a clause lets go to a court only, in the courier's own words."""
    path = next(path for path in VERSIONS if path.name == "2016-06-13.policy.md")
    text = re.sub(r" \[LS-29\]", "", path.read_text("utf-8"))
    text = text.replace("(8) share customer", "(3) use person.name for improve [LS-29]\n(8) share customer", 1)
    register = load_register(path.parents[1] / "register.csv")
    coverage = measure_coverage(parse_policy(text, str(path)), register)
    assert [(c.clause.id, c.state) for c in coverage.open] == [("LS-29", "wrong fit")]
    assert coverage.open[0].needs.startswith("legal-process needs `share`")
    assert coverage.open[0].needs.endswith(", it has `use`")


def test_a_clause_is_upheld_by_a_rule_of_any_of_its_kinds(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    policy = make_policy("(1) use person for offers [TC-01]")
    clause = make_clause("TC-01", kind="disclose-to", modality="MAY")
    assert cover((replace(clause, also=("merger", "use-for")),), policy, "TC-01").state == "covered"
    found = cover((replace(clause, also=("merger",)),), policy, "TC-01")
    assert found.needs.startswith("disclose-to and merger needs ")


def test_a_claim_about_something_else_does_not_check_a_ban(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="never-disclose", modality="MUST NOT")
    policy = make_policy("(1) never share person with anyone [TC-01]", "(1) claim nothing keeps person [TC-01]")
    assert cover((clause,), policy, "TC-01").state == "wrong fit"


def test_every_kind_has_its_forms_and_no_other_has() -> None:
    assert tuple(FORMS_OF_KINDS) == KINDS
    assert all(forms and forms <= set(FORMS) for forms in FORMS_OF_KINDS.values())


def test_every_form_upholds_some_kind() -> None:
    beside = {form for form in FORMS if not any(form in forms for forms in FORMS_OF_KINDS.values())}
    assert beside == set()


def test_a_ban_needs_a_claim_that_cites_the_same_clause(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="never-disclose", modality="MUST NOT")
    ban = "(1) never share person with anyone [TC-01]"
    assert cover((clause,), make_policy(ban, "(1) claim nobody outside gets person"), "TC-01").state == "wrong fit"
    assert "claim" in cover((clause,), make_policy(ban), "TC-01").needs
    checked = make_policy(ban, "(1) claim nobody outside gets person [TC-01]")
    assert cover((clause,), checked, "TC-01").state == "covered"


def test_a_claim_alone_is_no_ban(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="never-disclose", modality="MUST NOT")
    assert cover((clause,), make_policy("(1) claim nobody outside gets person [TC-01]"), "TC-01").state == "wrong fit"


def test_an_only_with_a_claim_is_a_ban(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="never-use-for", modality="MUST NOT")
    policy = make_policy("(1) use person only for fulfil [TC-01]", "(1) claim person is used only for fulfil [TC-01]")
    assert cover((clause,), policy, "TC-01").state == "covered"


def test_a_banned_technique_needs_no_claim(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="never-collect", modality="MUST NOT")
    assert cover((clause,), make_policy("(1) never employ enrichment [TC-01]"), "TC-01").state == "covered"


@pytest.mark.parametrize(
    ("kind", "rule", "state"),
    [
        ("collect", "collect person at order for fulfil", "covered"),
        ("log-what", "record person at order for fulfil", "covered"),
        ("cookie", "set cookie cart for fulfil, up to 30 days, first-party", "covered"),
        ("never-collect", "collect person at order for fulfil", "wrong fit"),
    ],
)
def test_a_closed_list_is_a_limit_only_for_what_is_listed(
    make_clause: MakeClause, make_policy: MakePolicy, kind: str, rule: str, state: str
) -> None:
    clause = make_clause("TC-01", kind=kind, modality="MUST")
    assert cover((clause,), make_policy(f"(1) {rule} [TC-01]"), "TC-01").state == state


def test_one_rule_that_fits_is_enough(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="use-for", modality="MUST")
    policy = make_policy("(1) use person for offers [TC-01]", "(1) use person only for fulfil [TC-01]")
    found = cover((clause,), policy, "TC-01")
    assert found.state == "covered"
    assert len(found.rules) == 2


def test_the_plainest_layer_counts_and_only_of_rules_that_fit(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="human-attested", modality="MUST")
    mixed = make_policy(
        "(1) use person for offers [TC-01]",
        '(1) attest "a" by staff every 90 days beyond [TC-01]',
        '(1) attest "b" by staff every 90 days settled stop [TC-01]',
    )
    assert cover((clause,), mixed, "TC-01").layer == "settled"
    beyond = make_policy('(1) attest "a" by staff every 90 days beyond [TC-01]')
    assert cover((clause,), beyond, "TC-01").layer == "beyond"


def test_a_reading_that_is_not_chosen_covers_nothing(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="use-for", modality="MAY")
    line = "(1) send offer to customers literal stop [TC-01]"
    assert cover((clause,), make_policy(line), "TC-01").state == "missing"
    assert cover((clause,), make_policy(line, stop="literal"), "TC-01").state == "covered"


def test_a_clause_the_register_does_not_have_is_a_finding_with_its_place(
    clauses: tuple[Clause, ...], make_policy: MakePolicy
) -> None:
    coverage = measure_coverage(make_policy("(1) state [TC-01 TC-21]"), clauses[:1])
    assert not coverage.open
    assert not coverage.is_complete
    finding = coverage.findings[0]
    assert (finding.code, finding.level) == ("R503", "error")
    assert finding.text == "the register has no clause `TC-21`"
    assert finding.hint == "did you mean `TC-01`?"
    assert finding.place is not None
    assert finding.source[finding.place.column - 1 :][: finding.place.length] == "TC-21"


def test_a_clause_of_another_policy_is_a_finding(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clauses = (make_clause("TC-01"), make_clause("OT-09", policy="other"))
    coverage = measure_coverage(make_policy("(1) state [OT-09]"), clauses)
    assert [finding.text for finding in coverage.findings] == ["`OT-09` is a clause of the policy `other`"]
    assert coverage.findings[0].hint is None


def test_a_policy_without_clauses_is_refused_with_those_there_are(make_clause: MakeClause, policy: Policy) -> None:
    with pytest.raises(RegisterError) as caught:
        measure_coverage(policy, (make_clause("OT-01", policy="other"),))
    assert (caught.value.code, caught.value.hint) == ("R505", "it has those of: other")


def test_every_modality_can_be_upheld_by_some_form(make_clause: MakeClause) -> None:
    for modality in MODALITIES:
        clauses = [make_clause("TC-01", kind=kind, modality=modality) for kind in KINDS]
        assert [form for form in FORMS if any(is_fitting(Rule(form, form, ()), clause) for clause in clauses)], modality


def test_a_clause_nobody_cites_is_missing(make_clause: MakeClause) -> None:
    assert cover_clause(make_clause("TC-01"), ()).state == "missing"


def test_the_tallies_add_up(clauses: tuple[Clause, ...], policy: Policy) -> None:
    coverage = measure_coverage(policy, clauses)
    for tallies in (coverage.count_by_modality(), coverage.count_by_kind()):
        assert sum(tally.clauses for tally in tallies) == 5
        assert [sum(column) for column in zip(*(tally.states for tally in tallies), strict=True)] == [4, 1, 0]
        assert [sum(column) for column in zip(*(tally.layers for tally in tallies), strict=True)] == [3, 1, 0]
        assert all(sum(tally.states) == tally.clauses for tally in tallies)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_fits_its_width_and_names_what_is_open(
    clauses: tuple[Clause, ...], policy: Policy, width: int
) -> None:
    table = print_coverage(measure_coverage(policy, clauses), width)
    assert table.startswith("tea-corner 2024-05-01: 4 of 5 clauses covered (3 plain, 1 settled, 0 beyond)\n")
    assert "TC-05 · protect-at-rest · MUST · missing: no rule cites it" in table
    assert max(map(len, table.splitlines())) <= max(80, min(width, 120))


def test_the_table_shows_the_rules_that_do_not_fit(make_clause: MakeClause, make_policy: MakePolicy) -> None:
    clause = make_clause("TC-01", kind="use-for", modality="MUST")
    table = print_coverage(measure_coverage(make_policy("(1) state [TC-01]"), (clause,)), 80)
    assert "TC-01 · use-for · MUST · wrong fit: MUST needs a duty" in table
    assert ": state\n" in table


def test_the_values_for_json_hold_the_same(clauses: tuple[Clause, ...], policy: Policy) -> None:
    described = json.loads(json.dumps(describe_coverage(measure_coverage(policy, clauses))))
    assert described["complete"] is False
    assert described["all"] == {
        "name": "all", "clauses": 5, "covered": 4, "missing": 1, "wrong_fit": 0, "plain": 3, "settled": 1, "beyond": 0,
    }  # fmt: skip
    assert described["clauses"][2]["rules"][1]["rule"] == "claim nobody outside gets person"
    assert described["clauses"][4]["state"] == "missing"
    assert "3 plain" in summarise_coverage(measure_coverage(policy, clauses))


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: f"{path.parent.name} {path.name}")
def test_every_version_we_keep_covers_every_clause(path: Path) -> None:
    register = load_register(path.parents[1] / "register.csv")
    coverage = measure_coverage(load_policy(path), register)
    assert coverage.is_complete, print_coverage(coverage, 80)


def test_the_courier_covers_all_54() -> None:
    first = min(path for path in VERSIONS if path.parent.name == "lasership")
    coverage = measure_coverage(load_policy(first), load_register(first.parents[1] / "register.csv"))
    assert len(coverage.covered) == 54


def test_every_clause_of_the_six_policies_has_a_rule_that_fits() -> None:
    register = load_register(FOLDER / "register.csv")
    newest = [max(folder.glob("*.policy.md")) for folder in FOLDER.iterdir() if folder.is_dir()]
    coverages = [measure_coverage(load_policy(path), register) for path in newest]
    assert [coverage.slug for coverage in coverages if not coverage.is_complete] == []
    assert sum(coverage.count_all().clauses for coverage in coverages) == len(register) == 432
    assert print_totals(coverages).splitlines()[-1].split()[:3] == ["all", "432", "432"]
