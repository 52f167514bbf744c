"""What is posted goes by the rules that the labels state: nothing else is taken, and nothing that was sent breaks it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.fields.courier import compile_courier
from upheld.core.errors import FormError
from upheld.core.fields import FormPlan, check_submission, find_form, read_submission
from upheld.core.fields.form import Option

GOOD = {"person.email": ["ada@example.org"], "sign-in.password": ["a long enough secret"]}


def find_registration() -> FormPlan:
    plan = find_form(compile_courier(), "registration")
    assert plan is not None
    return plan


def find_codes(posted: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in read_submission(find_registration(), posted).errors]


def test_the_required_fields_alone_are_enough() -> None:
    submission = read_submission(find_registration(), GOOD)
    assert submission.is_good
    assert submission.find("person.email") == "ada@example.org"
    assert submission.choices == ()


def test_a_missing_required_field_is_named_by_its_label() -> None:
    submission = read_submission(find_registration(), {"person.email": ["ada@example.org"]})
    assert [(error.code, error.words) for error in submission.errors] == [("F902", "Your password is missing")]


def test_a_field_that_the_form_does_not_have_is_refused_and_not_repeated() -> None:
    submission = read_submission(find_registration(), {**GOOD, "ssn 123-45-6789": ["x"]})
    assert [error.code for error in submission.errors] == ["F901"]
    assert "123-45-6789" not in repr(submission)


def test_what_was_typed_is_kept_but_never_a_password() -> None:
    submission = read_submission(find_registration(), {"person.email": ["ada"], "sign-in.password": ["hunter2hunter2"]})
    assert ("person.email", "ada") in submission.typed
    assert "hunter2" not in repr(submission.typed)
    assert "hunter2" not in repr(submission.errors)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("person.email", "ada", "F905"),
        ("person.email", "ada@localhost", "F905"),
        ("person.email", "ada@a.example, bob@a.example", "F905"),
        ("person.email", "a" * 250 + "@b.example", "F903"),
        ("person.name", "Ada\x00", "F904"),
        ("person.name", "Ada\nBcc: x", "F904"),
        ("person.name", "\u202eadA", "F904"),
        ("person.name", "\ud800", "F904"),
        ("person.phone", "call me", "F905"),
        ("person.zip", "<script>", "F905"),
        ("sign-in.password", "short", "F903"),
        ("choice:marketing", "maybe", "F907"),
    ],
)
def test_each_field_has_its_rule(name: str, value: str, code: str) -> None:
    assert find_codes({**GOOD, name: [value]}) == [(name, code)]


def test_a_field_sent_twice_is_refused() -> None:
    assert find_codes({**GOOD, "person.email": ["a@b.example", "c@d.example"]}) == [("person.email", "F906")]
    assert find_codes({**GOOD, "choice:marketing": ["yes", "no"]}) == [("choice:marketing", "F906")]


def test_yes_and_no_are_answers_and_silence_is_none() -> None:
    plan = find_registration()
    answers = [
        read_submission(plan, {**GOOD, "choice:marketing": sent}).choices for sent in (["yes"], ["no"], [""], [])
    ]
    assert answers == [(("marketing", True),), (("marketing", False),), (), ()]


def test_composed_characters_and_blanks_around_are_kept_in_one_way() -> None:
    submission = read_submission(find_registration(), {**GOOD, "person.name": ["  Rene\u0301 "]})
    assert submission.find("person.name") == "Ren\u00e9"
    secret = read_submission(find_registration(), {**GOOD, "sign-in.password": ["  blanks around  "]})
    assert secret.find("sign-in.password") == "  blanks around  "


def test_lines_are_kept_where_there_may_be_lines() -> None:
    plan = find_form(compile_courier(), "message")
    assert plan is not None
    assert (
        read_submission(plan, {"message.feedback": ["one\r\ntwo\rthree"]}).find("message.feedback") == "one\ntwo\nthree"
    )


def test_only_an_offered_answer_is_taken() -> None:
    plan = find_form(compile_courier(), "survey")
    assert plan is not None
    field = replace(plan.fields[0], kind="pick", options=(Option("1", "Well"), Option("2", "Badly")))
    plan = replace(plan, fields=(field,))
    assert read_submission(plan, {field.name: ["2"]}).find(field.name) == "2"
    assert [error.code for error in read_submission(plan, {field.name: ["3"]}).errors] == ["F907"]


def test_an_empty_form_is_not_sent() -> None:
    plan = find_form(compile_courier(), "survey")
    assert plan is not None
    assert [error.code for error in read_submission(plan, {}).errors] == ["F902"]


def test_a_closer_look_comes_after_the_plain_one() -> None:
    def refuse(value: str) -> str:
        raise ValueError("is at a domain that takes no mail")

    checks = {"email": refuse}
    assert [error.words for error in read_submission(find_registration(), GOOD, checks).errors] == [
        "Your e-mail address is at a domain that takes no mail"
    ]


def test_callers_without_a_page_get_the_first_error_raised() -> None:
    with pytest.raises(FormError) as caught:
        check_submission(read_submission(find_registration(), {}))
    assert caught.value.code == "F902"
    check_submission(read_submission(find_registration(), GOOD))


names = st.sampled_from([field.name for field in find_registration().fields] + ["choice:marketing"]) | st.text(
    max_size=9
)


@given(st.dictionaries(names, st.lists(st.text(max_size=40), max_size=3), max_size=8))
def test_no_posted_form_breaks_it_and_nothing_unnamed_is_taken(posted: dict[str, list[str]]) -> None:
    plan = find_registration()
    submission = read_submission(plan, posted)
    assert {name for name, _ in submission.values} <= {field.name for field in plan.fields}
    assert {name for name, _ in submission.choices} <= {"marketing"}
    if set(posted) - {field.name for field in plan.fields} - {"choice:marketing"}:
        assert not submission.is_good
    for name, value in submission.values:
        assert value.encode()
        assert "\x00" not in value
        assert len(value) <= 400, name
    assert "sign-in.password" not in dict(submission.typed)


@given(st.text(max_size=300))
def test_any_text_is_kept_as_typed_or_refused(text: str) -> None:
    plan = find_form(compile_courier(), "message")
    assert plan is not None
    submission = read_submission(plan, {"message.feedback": [text]})
    kept, typed = submission.find("message.feedback"), dict(submission.typed)["message.feedback"]
    assert kept == typed or not submission.is_good
    assert submission.is_good or submission.errors[0].words
