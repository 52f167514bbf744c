"""What people may do themselves is what the rules `let … at account` say, and a choice reaches as far as its rules."""

from functools import cache

from tests.house.files import ROOT
from upheld.core.fields.correction import find_touchpoint, plan_correction
from upheld.core.policy.compile import Table
from upheld.core.policy.versions import load_versions
from upheld.core.rights.letting import CHANGE, DOWNLOAD, find_letting, find_reach


@cache
def load_table() -> Table:
    return load_versions(ROOT / "policies" / "lasership").tables[-1]


def test_what_may_be_changed_is_what_the_rule_names_and_no_more() -> None:
    letting = find_letting(load_table(), CHANGE)
    assert letting.is_open
    assert set(letting.data) == {
        *(f"person.{part}" for part in ("name", "email", "zip", "phone")),
        *(f"company.{part}" for part in ("name", "address", "account-contact", "billing-contact")),
    }
    assert letting.sentences == ("lasership#seeing-changing-and-leaving.2",)


def test_a_deed_is_let_only_at_its_place() -> None:
    assert not find_letting(load_table(), CHANGE, place="registration").is_open
    assert "sign-in.password" not in find_letting(load_table(), DOWNLOAD).data


def test_a_choice_is_changed_where_its_rules_say() -> None:
    policy = load_table().policy
    reach = find_reach(policy, "marketing")
    assert reach.is_changed_here
    assert not find_reach(policy, "marketing", place="feedback").is_changed_here
    assert [rule.form for rule in (*reach.stops, *reach.spares)] == ["choice_stops", "choice_spares"]


def test_the_form_of_corrections_leaves_out_secrets_and_what_it_is_told_to() -> None:
    plan = plan_correction(load_table(), ["registration", "feedback"], ["person.email"])
    assert plan is not None
    assert plan.data == ("person.name", "person.zip", "person.phone")
    assert plan.sort == "correction"


def test_where_nothing_may_be_changed_there_is_no_form() -> None:
    assert plan_correction(load_table(), ["feedback", "survey"]) is None
    assert plan_correction(load_table(), []) is None


def test_a_category_belongs_to_the_first_place_that_asks_for_it() -> None:
    places = ["feedback", "registration", "account set-up"]
    assert find_touchpoint(load_table(), places, "person.zip") == "registration"
    assert find_touchpoint(load_table(), places, "service.order") == ""
