"""A policy as JSON: everything is there, it fits the committed schema, and the schema is the one the code describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.core.gate.proving import write_policy
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.export import export_policy, export_schema
from upheld.core.policy.forms import FORMS
from upheld.core.policy.load import load_policy, parse_policy
from upheld.core.policy.model import Policy

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "src" / "upheld" / "core" / "policy" / "policy.schema.json"
POLICIES = sorted(
    path
    for folder in ("policies", "tests/pairs")
    for path in (ROOT / folder).rglob("*.policy.md")
    if path.name != "C-29.bad.policy.md"  # the one pair whose mistake is a word that cannot be read
)
CHECK = Draft202012Validator(export_schema())


def export(policy: Policy) -> dict[str, Any]:
    """The export as a program gets it, through JSON."""
    return json.loads(json.dumps(export_policy(policy, compile_policy(policy))))  # type: ignore[no-any-return]


def export_rules(*rules: str) -> list[dict[str, Any]]:
    exported = export(parse_policy(write_policy(*rules)))
    return exported["sections"][0]["passages"][0]["rules"]  # type: ignore[no-any-return]


def test_the_committed_schema_is_what_the_code_describes() -> None:
    written = json.dumps(export_schema(), indent=2, ensure_ascii=False) + "\n"
    said = f"run: upheld export --schema --force --out {SCHEMA.relative_to(ROOT)}"
    assert SCHEMA.read_text(encoding="utf-8") == written, said


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(export_schema())


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_every_policy_of_ours_fits_the_schema(path: Path) -> None:
    exported = export(load_policy(path))
    assert [error.message for error in CHECK.iter_errors(exported)] == []


def test_everything_that_the_courier_says_is_there() -> None:
    policy = load_policy(ROOT / "policies" / "lasership" / "2016-06-13.policy.md")
    exported = export(policy)
    passages = [passage for section in exported["sections"] for passage in section["passages"]]
    rules = [rule for passage in passages for rule in passage["rules"]]
    sentences = [sentence for passage in passages for sentence in passage["sentences"]]
    assert [rule["text"] for rule in rules] == [rule.text for rule in policy.rules]
    assert [(s["ref"], s["text"], s["digest"]) for s in sentences] == [
        (s.ref, s.text, s.digest) for s in policy.sentences
    ]
    assert sum(rule["active"] for rule in rules) == len(policy.active_rules) < len(rules)
    refs = {sentence["ref"] for sentence in sentences}
    assert {ref for rule in rules for ref in rule["sentences"]} <= refs
    assert exported["digest"] == policy.digest
    assert exported["contact"]["email"] == "privacy@lasership.example"
    assert {"name": "group-size", "value": "10", "literal": False} in exported["parameters"]
    assert exported["facts"]["demanded by safety"] == "act"
    assert {"sort": "data", "name": "person.email", "value": "user.contact.email", "members": []} in exported["names"]
    assert not [name for name in exported["names"] if name["name"] == "anything"]
    assert exported["table"]["choices"] == {"marketing": "opt-in"}
    assert exported["table"]["facts"] == list(compile_policy(policy).facts.names)


def test_the_same_file_gives_the_same_export_wherever_it_lies(tmp_path: Path) -> None:
    text = write_policy("share order with carriers for fulfil")
    (tmp_path / "moved.policy.md").write_text(text)
    assert export(load_policy(tmp_path / "moved.policy.md")) == export(parse_policy(text))


def test_the_table_is_left_out_unless_it_is_given() -> None:
    exported = export_policy(parse_policy(write_policy("state")))
    assert "table" not in exported
    assert [error.message for error in CHECK.iter_errors(exported)] == []


def test_a_rule_says_its_parts_degree_conditions_and_layer() -> None:
    (rule,) = export_rules(
        "(1) show order, visit in aggregate of group-size to analysts for reporting if told, requested or permitted"
        " unless known minor, approved by 2 of desk settled reading [LS-24, GDPR Art. 89]  # why"
    )
    assert (rule["verb"], rule["form"], rule["opens"], rule["closes"], rule["claims"]) == (
        "show", "show", True, False, False,
    )  # fmt: skip
    assert rule["parts"] == {"data": ["order", "visit"], "to": ["analysts"], "purposes": ["reporting"]}
    assert rule["degree"] == {"name": "aggregate", "k": None, "parameter": "group-size"}
    assert rule["if"] == {
        "mode": "any",
        "terms": [{"text": fact, "facts": [fact]} for fact in ("told", "requested", "permitted")],
    }
    assert rule["unless"] == {"mode": "all", "terms": [{"text": "known minor", "facts": ["known minor"]}]}
    assert rule["approval"] == {"count": 2, "role": "desk"}
    assert (rule["layer"], rule["settled"], rule["literal"], rule["active"]) == ("settled", "reading", False, True)
    assert (rule["refs"], rule["laws"], rule["comment"]) == (["LS-24"], ["GDPR Art. 89"], "why")
    assert (rule["sentences"], rule["line"]) == (["corner#what-we-do.1"], 33)


def test_a_reading_that_is_not_chosen_is_there_and_not_active() -> None:
    chosen, other = export_rules(
        "never share order settled reading", "share order with brokers for sale literal reading"
    )
    assert (chosen["active"], other["active"], other["literal"]) == (True, False, True)


def test_a_claim_is_marked_as_one() -> None:
    (claim,) = export_rules("claim nobody outside gets order")
    assert (claim["claims"], claim["opens"], claim["closes"]) == (True, False, False)


def test_the_schema_knows_every_form() -> None:
    schema: dict[str, Any] = export_schema()
    assert set(schema["$defs"]["rule"]["properties"]["form"]["enum"]) == set(FORMS)


SPOILED: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("a key is missing", lambda exported: exported.pop("digest")),
    ("a key that does not exist", lambda exported: exported.update(extra=1)),
    ("another format", lambda exported: exported.update(format="upheld-policy/2")),
    ("a date that is none", lambda exported: exported.update(version="soon")),
    ("a form that does not exist", lambda exported: exported["sections"][0]["passages"][0]["rules"][0].update(form="x")),
    ("a condition without terms", lambda exported: exported["sections"][0]["passages"][0]["rules"][0].update({"if": {"mode": "all", "terms": []}})),
    ("a layer that does not exist", lambda exported: exported["sections"][0]["passages"][0]["rules"][0].update(layer="x")),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "change"), SPOILED, ids=[name for name, _ in SPOILED])
def test_the_schema_refuses_what_is_no_policy(_name: str, change: Callable[[dict[str, Any]], object]) -> None:
    exported = export(parse_policy(write_policy("share order with carriers for fulfil")))
    change(exported)
    assert list(CHECK.iter_errors(exported))
