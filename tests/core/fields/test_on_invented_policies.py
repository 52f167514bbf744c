"""Whatever policy there is: a form asks for nothing that the slow second reading of the policy would not let in."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.gate.both import read_both
from tests.model.policies import invent_additions, invent_policies
from tests.model.reading import Act, Facts
from upheld.core.fields import list_cookies, list_forms, list_visit_fields

TAKING = ("collect", "collect", "collect only", "at collect only")
QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def invent_takers(draw: Any) -> str:
    """The text of a policy that takes something more, at touchpoints that all have pages."""
    text = draw(invent_additions(draw(invent_policies()), TAKING))
    return str(text).replace(": automatic", ": /by-itself")


@QUICK
@given(invent_takers())
def test_every_field_has_exactly_the_purposes_that_both_readings_permit(text: str) -> None:
    both = read_both(text)
    table = both.gate.table
    for plan in list_forms(table):
        known = {"known minor": False} if plan.least_age else {}
        visitor = Facts(known, dict.fromkeys(table.choices, "unasked"))
        for field in plan.fields:
            permitted = [
                purpose
                for purpose in table.words.leaves("purpose")
                if both.reading.decide(Act("collect", (field.data,), purpose, plan.touchpoint), visitor)[0]
                == "permitted"
            ]
            assert list(field.purposes) == permitted, (field.data, text)
        assert plan.digest() == plan.digest()
        assert len({field.name for field in plan.fields}) == len(plan.fields)
    assert list_visit_fields(table) is not None
    assert list_cookies(table) is not None


def test_the_search_meets_forms_and_fields() -> None:
    found: Counter[str] = Counter()

    @QUICK
    @given(invent_takers())
    def look(text: str) -> None:
        for plan in list_forms(read_both(text).gate.table):
            found.update(forms=1, fields=len(plan.fields), purposes=len(plan.purposes))

    look()
    assert found["fields"] > found["forms"] > 10, found
