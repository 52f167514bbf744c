"""What is left of a form where two policies bind what it takes in."""

from __future__ import annotations

from dataclasses import replace

from tests.web.joined import compile_both
from upheld.core.fields import FormPlan, plan_form
from upheld.core.fields.meeting import meet_forms


def find_both() -> tuple[FormPlan, FormPlan]:
    """The form at the counter under the policy for the pages, and under that for the app."""
    web, app = (plan_form(table, "counter") for table in compile_both())
    assert web is not None
    assert app is not None
    return web, app


def test_both_have_to_ask_for_it() -> None:
    web, app = find_both()
    assert set(web.data) == {"person.name", "person.phone", "bicycle.frame", "bicycle.fault"}
    met = meet_forms(web, app)
    assert met is not None
    assert set(met.data) == {"person.name", "bicycle.frame"}
    assert (met.title, met.site, met.choices) == (web.title, web.site, web.choices)
    assert met.digest() != web.digest()
    [name] = [field for field in met.fields if field.data == "person.name"]
    assert name.purposes == ("repair",)
    assert {ref.partition("#")[0] for ref in name.sentences} == {"lantern", "lantern-app"}


def test_what_one_requires_is_required_and_the_higher_age_counts() -> None:
    web, app = find_both()
    needed = replace(app, fields=tuple(replace(f, is_required=True, reason="so") for f in app.fields), least_age=18)
    met = meet_forms(replace(web, least_age=13), needed)
    assert met is not None
    assert {(field.is_required, field.reason) for field in met.fields} == {(True, "so")}
    assert met.least_age == 18
    assert meet_forms(needed, replace(web, least_age=13)) is not None


def test_nothing_is_left_where_the_second_asks_for_nothing_of_it() -> None:
    web, app = find_both()
    assert meet_forms(web, None) is None
    assert meet_forms(web, replace(app, fields=())) is None
    other = tuple(replace(field, purposes=("offer",)) for field in app.fields)
    assert meet_forms(web, replace(app, fields=other)) is None
