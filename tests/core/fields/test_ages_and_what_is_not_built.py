"""A form with an age limit asks for the age; one that nothing could work on has no page, and loses what nothing could do."""

from datetime import date

import pytest

from tests.core.fields.courier import compile_courier
from upheld.core.fields import FormPlan, judge_age, list_forms, plan_form, read_submission
from upheld.core.fields.form import AGE
from upheld.core.fields.plan import plan_mailbox
from upheld.core.policy.compile import Table

TODAY = date(2026, 11, 23)
MARK = "(2) collect person at registration for fulfil, contact [LS-07 LS-11]\n"
ANSWERS = "answer:    {survey: x.survey.answer"


def make_table(lines: str, data: str = "") -> Table:
    """The courier's policy with these rules more, and these data."""
    return compile_courier((MARK, MARK + lines), (ANSWERS, data + ANSWERS))


def plan(table: Table, touchpoint: str) -> FormPlan:
    found = plan_form(table, touchpoint)
    assert found is not None
    return found


def test_a_notice_of_the_policy_stands_on_the_forms_that_it_names_and_in_their_evidence() -> None:
    rules = '(2) show notice "For adults." at every form\n(2) show notice "Be kind." at feedback\n'
    table = make_table(rules)
    assert plan(table, "feedback").notices == ("For adults.", "Be kind.")
    assert plan(table, "survey").notices == ("For adults.",)
    assert "\nBe kind.\n" in plan(table, "feedback").text()
    assert plan(make_table(""), "feedback").notices == ()


def test_mail_comes_in_at_a_touchpoint_of_its_own_where_the_policy_has_one() -> None:
    assert plan_mailbox(make_table("")) is None
    rules = "(2) require age 18 at feedback\n(2) record message.feedback, person.email at mailing for contact\n"
    mailbox = plan_mailbox(make_table(rules))
    assert mailbox is not None
    assert (mailbox.touchpoint, mailbox.path, set(mailbox.data)) == (
        "mailing", "", {"message.feedback", "person.email", "message.mail-log"},
    )  # fmt: skip
    assert not mailbox.least_age


def test_the_question_about_the_age_stands_behind_the_fields_and_is_no_data() -> None:
    table = make_table("(2) require age 18 at registration, feedback\n")
    feedback = plan(table, "feedback")
    assert [one.name for one in feedback.inputs] == ["message.feedback", AGE]
    assert feedback.data == ("message.feedback",)
    asked = feedback.inputs[-1]
    assert asked.is_required
    assert (asked.label, [option.value for option in asked.options]) == ("Are you 18 or older?", ["yes", "no"])
    assert [one.name for one in plan(table, "survey").inputs] == ["answer.survey"]
    sent = {"message.feedback": ["Hello"]}
    for answer, outcome in ((["yes"], True), (["no"], False)):
        read = read_submission(feedback, {**sent, AGE: answer})
        assert read.is_good
        assert judge_age(feedback, read, TODAY) is outcome
        assert dict(read.values) == {"message.feedback": "Hello"}
    assert [error.code for error in read_submission(feedback, sent).errors] == ["F902"]
    assert [error.code for error in read_submission(feedback, {**sent, AGE: ["maybe"]}).errors] == ["F907"]
    survey = plan(table, "survey")
    assert judge_age(survey, read_submission(survey, {"answer.survey": ["Good"]}), TODAY) is None


@pytest.mark.parametrize(("born", "is_old_enough"), [("2008-11-23", True), ("2008-11-24", False), ("2008-02-29", True)])
def test_a_date_of_birth_answers_it_to_the_day(born: str, is_old_enough: bool) -> None:
    table = make_table(
        "(2) require age 18 at feedback\n(2) collect born at feedback for fulfil.service\n",
        "born: user.demographic.date_of_birth\n  ",
    )
    form = plan(table, "feedback")
    assert [one.name for one in form.inputs] == ["born", "message.feedback"]
    assert form.fields[0].is_required
    read = read_submission(form, {"message.feedback": ["Hello"], "born": [born]})
    assert read.is_good, read.errors
    assert judge_age(form, read, TODAY) is is_old_enough
    assert [e.code for e in read_submission(form, {"message.feedback": ["Hello"]}).errors] == ["F902"]
    assert [e.code for e in read_submission(form, {"message.feedback": ["Hi"], "born": ["2007-02-30"]}).errors] == [
        "F905"
    ]


def test_what_nothing_could_do_is_left_out_and_what_says_nothing_has_no_page() -> None:
    table = make_table(
        "(2) collect till.card, person at order for fulfil\n"
        "(2) collect post, person.name at survey for fulfil\n"
        "(2) collect club at registration for fulfil\n"
        "(2) collect person.email at feedback for marketing\n",
        "till: {card: user.financial.payment_card, tip: user.financial}\n  post: user.content.public\n  club: x.account.community\n  ",
    )
    forms = {form.touchpoint: form for form in list_forms(table)}
    assert "club" not in forms["registration"].data
    assert forms["registration"].can_be_typed
    assert "post" not in forms["survey"].data
    assert forms["survey"].can_be_typed

    lone = compile_courier(
        (MARK, MARK + "(2) collect till, person at till for fulfil\n(2) collect wall at wall for fulfil\n"),
        (ANSWERS, "till: user.financial\n  wall: user.content.public\n  " + ANSWERS),
        ("  survey: /survey\n", "  survey: /survey\n  till: /checkout\n  wall: /forum\n"),
    )
    paths = {form.path: form for form in list_forms(lone)}
    assert not paths["/checkout"].can_be_typed  # a name and an address, and nothing that says what for
    assert "/forum" not in paths


def test_what_stops_without_a_field_stands_beside_it() -> None:
    table = compile_courier(
        (
            MARK,
            MARK + '(2) mark person.phone as required at registration because "the driver calls", stopping pick-up\n',
        ),
        ("choices: {marketing", "activities: [pick-up]\nchoices: {marketing"),
    )
    field = plan(table, "registration").find_field("person.phone")
    assert field is not None
    assert (field.reason, field.stops) == ("the driver calls", "pick-up")
    assert "left empty, this stops: pick-up" in plan(table, "registration").text()
