"""How people come in under a policy: found by standard keys, and not there unless the policy has all it takes."""

import pytest

from tests.core.fields.courier import compile_courier
from upheld.core.fields.entrance import find_entrance, find_session_cookie

COOKIE = "(1) set cookie session for fulfil, up to the end of the visit, first-party [LS-37]"
REGISTER = "(2) collect sign-in.password at registration for fulfil [LS-11]"
COMPANY = "(1) collect company, person at account set-up for fulfil, contact [LS-06 LS-12]"


def test_the_courier_lets_people_and_companies_in() -> None:
    entrance = find_entrance(compile_courier())
    assert entrance is not None
    assert (entrance.registration.path, entrance.address, entrance.password) == (
        "/register",
        "person.email",
        "sign-in.password",
    )
    assert entrance.company is not None
    assert (entrance.company.path, entrance.cookie.name) == ("/account/new", "session")


def test_a_company_is_asked_for_itself_its_first_user_and_the_question() -> None:
    entrance = find_entrance(compile_courier())
    assert entrance is not None
    whole = entrance.whole_company
    assert whole is not None
    assert whole.data == (
        "company.name",
        "company.address",
        "company.account-contact",
        "company.billing-contact",
        "person.name",
        "person.email",
        "person.zip",
        "person.phone",
        "sign-in.password",
    )
    assert [choice.choice for choice in whole.choices] == ["marketing"]
    assert entrance.list_company_data() == whole.data[:4]
    needed = {field.data for field in whole.fields if field.is_required}
    assert needed == {*whole.data[:4], "person.email", "sign-in.password"}


@pytest.mark.parametrize("line", [COOKIE, REGISTER])
def test_without_a_cookie_or_a_password_nobody_signs_in(line: str) -> None:
    assert find_entrance(compile_courier((line, ""))) is None


@pytest.mark.parametrize(
    "change",
    [
        ("for fulfil, up to the end of the visit", "for customise, up to the end of the visit"),
        ("for fulfil, up to the end of the visit", "for fulfil, up to 10 days"),
    ],
)
def test_no_other_cookie_carries_a_sign_in(change: tuple[str, str]) -> None:
    assert find_session_cookie(compile_courier((COOKIE, COOKIE.replace(*change)))) is None


def test_a_policy_without_company_accounts_lets_people_in() -> None:
    entrance = find_entrance(compile_courier((COMPANY, "")))
    assert entrance is not None
    assert entrance.company is None
    assert entrance.whole_company is None
    assert entrance.list_company_data() == ()
