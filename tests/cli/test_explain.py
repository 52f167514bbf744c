"""upheld explain: an act, a sentence or an error code in words, as text and as JSON."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.core.policy.conftest import ROOT

COURIER = str(ROOT / "policies")


def test_sharing_an_email_for_sale_is_refused_and_the_sentence_is_named(run: Run) -> None:
    ended = run(
        "explain", 'share person.email with "a list broker" for sale', "--policies", COURIER, "--policy", "lasership"
    )
    assert ended.code == 1
    assert "Refused: the policy rules this out, as things stand." in ended.out
    assert "“We do not sell, rent or pass on anything about you to people or companies outside" in ended.out
    assert "lasership#whom-we-give-it-to.1  [LS-25]" in ended.out
    assert "rule: (1) never share anything with anyone" in ended.out
    assert "- you have permitted exactly this" in ended.out


def test_a_permission_names_what_it_rests_on(run: Run) -> None:
    ended = run("explain", "share person with carriers for fulfil", "--facts", "requested")
    assert ended.code == 0
    assert "Permitted" in ended.out
    assert "shop#what-we-promise.2" in ended.out
    assert "would be permitted" not in ended.out


def test_silence_is_told_as_a_gap(run: Run) -> None:
    ended = run("explain", "use person for sale")
    assert ended.code == 1
    assert "says nothing about this" in ended.out
    assert "gap" in ended.out


def test_showing_is_explained_category_by_category(run: Run) -> None:
    ended = run("explain", "show person, person.age to office for fulfil", "--facts", "granted")
    assert "category by category:" in ended.out
    assert "permitted  person.name" in ended.out


def test_an_act_as_json(run: Run) -> None:
    described = json.loads(run("explain", "share person with carriers for fulfil", "--format", "json").out)
    assert described["verdict"] == "refused"
    assert described["changes"] == ["you asked for the service that needs it"]
    assert described["sentences"][0]["ref"] == "shop#what-we-promise.2"
    assert described["clauses"] == ["SH-02"]


def test_a_sentence_is_explained_rule_by_rule(run: Run) -> None:
    ended = run("explain", "shop#what-we-promise.2")
    assert ended.code == 0
    assert "“We sell nothing.”" in ended.out
    assert "never share person with anyone for sale" in ended.out
    assert "We never give your contact details to anyone outside for sale." in ended.out


def test_a_sentence_as_json(run: Run) -> None:
    described = json.loads(run("explain", "stall#what-we-promise.3", "--format", "json").out)
    assert described["text"] == "Our letter goes to whoever wants it."
    assert [rule["chosen"] for rule in described["rules"]] == [True, True]
    assert described["rules"][1]["said"].startswith("We may send the letter to customers")


def test_a_reading_that_is_not_chosen_is_marked(run: Run) -> None:
    ended = run("explain", "lasership#your-choice-about-our-messages.8", "--policies", COURIER)
    assert "(a reading that is not chosen)" in ended.out


@pytest.mark.parametrize("name", ["P303", "p303"])
def test_an_error_code_is_explained(run: Run, name: str) -> None:
    ended = run("explain", name)
    assert ended.code == 0
    assert ended.out.startswith("P303  a permission that can never be used\n")
    assert json.loads(run("explain", name, "--format", "json").out)["code"] == "P303"


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("P399", "there is no error code `P399`"),
        ("shop#what-we-promise.9", "this section has shop#what-we-promise.1 to 3"),
        ("shop#nowhere.1", "`upheld words` lists sections"),
        ("bakery#x.1", "there is no policy `bakery`"),
        ("../policies#x.1", "there is no policy"),
        ("sell person", "an act starts with"),
    ],
)
def test_what_cannot_be_explained_ends_with_2_and_a_hint(run: Run, what: str, said: str) -> None:
    ended = run("explain", what)
    assert ended.code == 2
    assert said in ended.err
