"""Cookies and the log of visits hold what the policy lists, for as long as it says, and nothing besides."""

from datetime import timedelta

from tests.core.fields.courier import compile_courier
from upheld.core.fields import find_cookie, list_cookies, list_visit_fields

SESSION = "(1) set cookie session for fulfil, up to the end of the visit, first-party [LS-37]"
PREFERENCES = "(1) set cookie preferences for customise, up to 365 days, first-party [LS-37]"
NOTE = "(2) record visit.ip, visit.page, visit.time at visit for reporting [LS-09 LS-15]"


def test_the_register_of_cookies_is_what_the_rules_name() -> None:
    table = compile_courier()
    assert [(plan.name, plan.lifetime) for plan in list_cookies(table)] == [
        ("session", None),
        ("preferences", timedelta(days=365)),
    ]
    assert all(plan.is_first_party for plan in list_cookies(table))
    assert find_cookie(table, "counter") is None


def test_of_two_rules_for_a_cookie_the_shorter_life_counts() -> None:
    table = compile_courier((PREFERENCES, PREFERENCES + "\n" + PREFERENCES.replace("365", "30")))
    plan = find_cookie(table, "preferences")
    assert plan is not None
    assert plan.lifetime == timedelta(days=30)


def test_a_policy_without_cookies_has_none() -> None:
    assert list_cookies(compile_courier((SESSION, "(1) state"), (PREFERENCES, "(1) state"))) == ()


def test_a_visit_leaves_what_the_sentence_names_for_thirty_days() -> None:
    fields = list_visit_fields(compile_courier())
    assert [(field.data, field.part) for field in fields] == [
        ("visit.ip", "address"),
        ("visit.page", "page"),
        ("visit.time", "time"),
    ]
    assert {field.days for field in fields} == {30}
    assert {field.purposes for field in fields} == {("reporting",)}


def test_a_policy_that_has_nothing_noted_has_no_log() -> None:
    assert list_visit_fields(compile_courier((NOTE, "(2) state"))) == ()


def test_what_is_banned_or_has_no_end_is_not_noted() -> None:
    table = compile_courier((NOTE, f"{NOTE}\n(2) never collect visit.ip at visit"))
    assert [field.part for field in list_visit_fields(table)] == ["page", "time"]
    assert list_visit_fields(compile_courier(("(5) keep visit 30 days after visit beyond", "(5) state"))) == ()


def test_the_moment_of_a_visit_that_is_kept_apart_is_noted_by_the_hour() -> None:
    apart = (NOTE, f"{NOTE}\n(2) keep visit.time apart from person")
    assert [field.part for field in list_visit_fields(compile_courier(apart))] == ["address", "page", "hour"]
