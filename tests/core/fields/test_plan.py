"""A form asks what the policy has collected there, in its words, and nothing that the gate would refuse."""

from tests.core.fields.courier import compile_courier
from upheld.core.fields import find_form, list_forms, plan_form
from upheld.core.gate import Act, Gate

REGISTER = "(2) collect sign-in.password at registration for fulfil [LS-11]"


def test_registration_asks_what_the_sentence_names_in_its_order() -> None:
    plan = plan_form(compile_courier(), "registration")
    assert plan is not None
    assert plan.sort == "registration"
    assert plan.path == "/register"
    assert [field.name for field in plan.fields] == [
        "person.name",
        "person.email",
        "person.zip",
        "person.phone",
        "sign-in.password",
    ]
    assert [field.label for field in plan.fields][1] == "Your e-mail address"


def test_what_signing_in_needs_is_required_and_says_so() -> None:
    plan = find_form(compile_courier(), "registration")
    assert plan is not None
    required = {field.name: field.reason for field in plan.fields if field.is_required}
    assert set(required) == {"person.email", "sign-in.password"}
    assert all("you sign in with it" in reason for reason in required.values())


def test_what_the_policy_marks_is_required_for_the_reason_it_gives() -> None:
    plan = find_form(compile_courier(), "company")
    assert plan is not None
    company = [field for field in plan.fields if field.data.startswith("company.")]
    assert len(company) == 4
    assert {field.reason for field in company} == {"the account is opened in the company's name"}
    assert not next(field for field in plan.fields if field.name == "person.phone").is_required


def test_the_narrowest_mark_counts() -> None:
    mark = (
        '(1) mark company as required at account set-up because "the account is opened in the company\'s name" [LS-12]'
    )
    table = compile_courier((mark, f"{mark}\n(1) mark company.billing-contact as optional at account set-up"))
    plan = find_form(table, "company")
    assert plan is not None
    needs = {field.name: field.is_required for field in plan.fields}
    assert needs["company.name"]
    assert not needs["company.billing-contact"]


def test_a_required_field_without_a_reason_says_what_needs_it() -> None:
    table = compile_courier((REGISTER, f"{REGISTER}\n(2) mark person.phone as required at registration"))
    plan = find_form(table, "registration")
    assert plan is not None
    phone = plan.find_field("person.phone")
    assert phone is not None
    assert phone.reason == "we need it for doing what you asked for and messages that belong to your account"


def test_the_marketing_question_is_asked_and_not_preset() -> None:
    plan = find_form(compile_courier(), "registration")
    assert plan is not None
    (choice,) = plan.choices
    assert choice.choice == "marketing"
    assert choice.mode == "opt-in"
    assert choice.hint == "If you do not answer, it counts as a no; you can change it later in your account."
    assert [form.touchpoint for form in list_forms(compile_courier()) if form.choices] == ["registration"]


def test_a_field_that_the_gate_refuses_does_not_exist() -> None:
    table = compile_courier((REGISTER, f"{REGISTER}\n(2) never collect person.zip at registration"))
    plan = find_form(table, "registration")
    assert plan is not None
    assert plan.find_field("person.zip") is None
    assert plan.find_field("person.phone") is not None


def test_a_form_without_a_field_does_not_exist() -> None:
    table = compile_courier((REGISTER, f"{REGISTER}\n(2) never collect anything at survey"))
    assert plan_form(table, "survey") is None
    assert "survey" not in [plan.touchpoint for plan in list_forms(table)]


def test_where_a_server_notes_by_itself_there_is_no_form() -> None:
    table = compile_courier()
    assert [plan_form(table, name) for name in ("visit", "service", "mailing", "account", "policy", "no such")] == [
        None
    ] * 6


def test_every_purpose_of_a_field_is_one_the_gate_permits() -> None:
    table = compile_courier()
    gate = Gate(table)
    for plan in list_forms(table):
        for field in plan.fields:
            assert field.purposes
            assert field.sentences
            for purpose in field.purposes:
                assert gate.ask(Act("collect", (field.data,), purpose, plan.touchpoint), {}).is_permitted


def test_an_age_limit_is_on_the_plan_and_the_fields_are_those_of_who_is_old_enough() -> None:
    table = compile_courier((REGISTER, f"{REGISTER}\n(2) require age 16 at registration"))
    plan = find_form(table, "registration")
    assert plan is not None
    assert plan.least_age == 16
    assert len(plan.fields) == 5


def test_browsers_fill_in_what_is_the_visitors_own_and_nothing_of_people_they_name() -> None:
    forms = {plan.sort: plan for plan in list_forms(compile_courier())}
    own = [field.autofill for field in forms["registration"].fields]
    assert own == ["name", "email", "postal-code", "tel", "new-password"]
    assert {field.autofill for field in forms["other"].fields} == {"off"}


def test_a_form_that_inputs_cannot_ask_for_says_so() -> None:
    typed = {plan.touchpoint: plan.can_be_typed for plan in list_forms(compile_courier())}
    assert not typed.pop("order")
    assert all(typed.values())


def test_the_digest_changes_with_every_word_that_is_seen_and_with_nothing_else() -> None:
    plan = find_form(compile_courier(), "registration")
    again = find_form(compile_courier(), "registration")
    assert plan is not None
    assert again is not None
    assert plan.digest() == again.digest()
    other = find_form(compile_courier(("person.zip: your zip code", "person.zip: your zip")), "registration")
    assert other is not None
    assert other.digest() != plan.digest()
    assert "Your zip code (optional)" in plan.text()
    assert "at least 12 characters" in plan.text()
