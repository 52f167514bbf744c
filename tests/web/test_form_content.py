"""The words around a form stand in the policy file; what cannot be read there is said before the file is served."""

from typing import Any

import pytest

from tests.core.fields.courier import compile_courier
from upheld.core.errors import PolicyError
from upheld.core.fields import Question, ask_questions, find_form, gather_values, read_submission
from upheld.web.form_content import read_form_content

WORDS = compile_courier().words
QUESTIONS = (Question("How was it?", ("Good", "Bad")), Question("What else?"))


def find_codes(values: dict[str, Any]) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        read_form_content(values, WORDS)
    return [finding.code for finding in caught.value.findings]


def test_title_lead_and_questions_are_read() -> None:
    content = read_form_content(
        {
            "survey": {
                "title": "How was it?",
                "lead": "A minute.",
                "questions": [{"words": "Well?", "answers": ["Yes", 2]}],
            }
        },
        WORDS,
    )["survey"]
    assert content.title == "How was it?"
    assert content.questions == (Question("Well?", ("Yes", "2")),)
    assert read_form_content({}, WORDS) == {}


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"surveys": {}}, ["P202"]),
        ({"survey": "How was it?"}, ["P204"]),
        ({"survey": {"titel": "x"}}, ["P202"]),
        ({"survey": {"title": ["x"]}}, ["P204"]),
        ({"survey": {"questions": "x"}}, ["P204"]),
        ({"survey": {"questions": [{"answers": ["a"]}]}}, ["P203"]),
        ({"survey": {"questions": [{"words": "a"}, {"words": "a"}]}}, ["P205"]),
        ({"survey": {"questions": [{"words": "a", "answers": [True]}]}}, ["P204"]),
        ({"survey": {"questions": [{"words": "a"}] * 31}}, ["P204"]),
    ],
)
def test_what_cannot_be_read_has_its_code(values: dict[str, Any], codes: list[str]) -> None:
    assert find_codes(values) == codes


def test_questions_take_the_place_of_the_one_field_and_keep_its_purposes() -> None:
    plan = find_form(compile_courier(), "survey")
    assert plan is not None
    asked = ask_questions(plan, QUESTIONS, title="How was your parcel?", lead="A minute.")
    assert [field.name for field in asked.fields] == ["answer.survey:1", "answer.survey:2"]
    assert asked.data == ("answer.survey",)
    assert asked.purposes == plan.purposes
    assert asked.sentences == plan.sentences
    assert "How was it? (optional); for making our services better, research; Good / Bad" in asked.text()
    assert asked.digest() != plan.digest()


def test_a_form_of_another_sort_has_no_questions() -> None:
    plan = find_form(compile_courier(), "message")
    assert plan is not None
    assert ask_questions(plan, QUESTIONS).fields == plan.fields


def test_answers_are_gathered_by_category_and_question() -> None:
    plan = find_form(compile_courier(), "survey")
    assert plan is not None
    asked = ask_questions(plan, QUESTIONS)
    sent = read_submission(asked, {"answer.survey:1": ["2"], "answer.survey:2": [" the bell "]})
    assert gather_values(asked, sent) == {"answer.survey": {"How was it?": "Bad", "What else?": "the bell"}}
    assert gather_values(asked, read_submission(asked, {})) == {}
    assert gather_values(plan, read_submission(plan, {"answer.survey": ["fine"]})) == {"answer.survey": "fine"}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_tries_are_counted_by_household_and_not_by_device(address: str, network: str) -> None:
    from tests.web.sites import set_up_django

    set_up_django()
    from django.test import RequestFactory

    from upheld.web.networks import name_network

    assert name_network(RequestFactory().get("/", REMOTE_ADDR=address)) == network
