"""A form's page says of each field whether it is needed, why, what for and which sentence has it asked; nothing is preset."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.fields.courier import compile_courier
from tests.web.sites import set_up_django
from upheld.core.fields import FormPlan, find_form

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GOOD = {"person.email": ["ada@example.org"], "sign-in.password": ["a long enough secret"]}
BAN = ("(2) never employ third-party cookies [LS-37]", "(2) never employ third-party cookies, hidden fields [LS-37]")


@pytest.fixture(autouse=True)
def _django() -> None:
    set_up_django()


def find_registration(*changes: tuple[str, str]) -> FormPlan:
    plan = find_form(compile_courier(*changes), "registration")
    assert plan is not None
    return plan


def render(posted: dict[str, list[str]] | None = None, token: str = "", *changes: tuple[str, str]) -> str:
    from django.template.loader import render_to_string

    from upheld.web.forms import lay_out_form, read_posted

    plan, policy = find_registration(*changes), compile_courier(*changes).policy
    submission = None if posted is None else read_posted(plan, posted)
    form = lay_out_form(plan, policy, action="/register", policy_href="/privacy", submission=submission, token=token)
    return render_to_string("elements/form.html", {"form": form})


def test_each_field_says_whether_it_is_needed_and_why() -> None:
    page = render()
    email = page[page.index('for="field-person-email"') : page.index('for="field-person-zip"')]
    assert "required" in email
    assert "You sign in with it" in email
    assert "For: doing what you asked for and messages that belong to your account." in email
    assert page.count('<span class="need">optional</span>') == 3


def test_the_sentence_is_one_click_away() -> None:
    page = render()
    assert '<a href="/privacy#what-we-collect.2">What we collect, sentence what-we-collect.2</a>' in page
    assert "When you register as a user we ask for your name" in page


def test_browsers_may_fill_in_and_the_label_leads_to_its_input() -> None:
    page = render()
    assert 'type="email" id="field-person-email" name="person.email" autocomplete="email" inputmode="email"' in page
    assert 'autocomplete="new-password"' in page
    for target in re.findall(r'<label for="([^"]+)"', page):
        assert f'id="{target}"' in page


def test_yes_and_no_stand_side_by_side_and_neither_is_preset() -> None:
    page = render()
    assert page.count('type="radio"') == 2
    assert "checked" not in page
    assert "checked" in render({"choice:marketing": ["no"]})


def test_what_is_wrong_stands_above_and_at_the_field() -> None:
    page = render({"person.email": ["ada"], "person.name": ['"><script>x</script>']})
    assert 'role="alert"' in page
    assert '<a href="#field-person-email">Your e-mail address is no e-mail address' in page
    assert 'aria-describedby="field-person-email-notes field-person-email-error" aria-invalid="true"' in page
    assert "<script>" not in page


def test_what_was_typed_stays_but_never_a_password() -> None:
    page = render({"person.email": ["ada"], "person.phone": ["555-0142"], "sign-in.password": ["hunter2hunter2"]})
    assert 'value="ada"' in page
    assert 'value="555-0142"' in page
    assert "hunter2" not in page


def test_a_policy_that_bans_hidden_fields_gets_none() -> None:
    page = render(None, "abc", BAN)
    assert "hidden" not in page
    assert "trap" not in page
    assert 'action="/register?form:token=abc"' in page
    assert 'type="hidden" name="form:token" value="abc"' in render(None, "abc")


@pytest.mark.parametrize("address", ["ada@example.org", "ada+x@exämple.org", "ada@shop.example"])
def test_an_address_that_can_take_mail_is_taken(address: str) -> None:
    from upheld.web.forms import read_posted

    assert read_posted(find_registration(), {**GOOD, "person.email": [address]}).is_good


@pytest.mark.parametrize("number", ["+1 22", "+999 123456789"])
def test_a_number_with_a_country_has_to_fit_it(number: str) -> None:
    from upheld.web.forms import read_posted

    submission = read_posted(find_registration(), {**GOOD, "person.phone": [number]})
    assert [error.field for error in submission.errors] == ["person.phone"]


def ask(token: str, after: float = 10, session: str = "", form: str = "registration", **posted: str) -> str:
    from upheld.web.form_tokens import read_token

    sent = {name.replace("_", ":"): [value] for name, value in posted.items()} | {"form:token": [token]}
    found = read_token(sent, {}, site="lasership", form=form, session=session, now=NOW + timedelta(seconds=after))
    return found.outcome


def test_a_token_is_good_for_one_form_one_browser_and_some_hours() -> None:
    from upheld.web.form_tokens import issue_token

    token = issue_token("lasership", "registration", "", NOW)
    assert ask(token) == "good"
    assert ask(token, after=0.5) == "fast"
    assert ask(token, after=13 * 3600) == "old"
    assert ask(token, form="feedback") == "forged"
    assert ask(token, session="somebody") == "forged"
    assert ask(token, form_website="http://spam.example") == "robot"
    assert ask(token[:-2] + "xx") == "forged"
    assert ask("") == "forged"
    assert ask("\ud800") == "forged"
    assert ask(issue_token("lasership", "registration", "s", NOW), after=0.1, session="s") == "good"


def test_two_tokens_are_told_apart_and_one_stays_the_same() -> None:
    from upheld.web.form_tokens import issue_token, read_token

    first, second = (issue_token("lasership", "feedback", "", NOW) for _ in range(2))
    digests = [
        read_token({"form:token": [t]}, {}, site="lasership", form="feedback", session="", now=NOW).digest
        for t in (first, second, first)
    ]
    assert digests[0] == digests[2] != digests[1]


@given(
    st.dictionaries(st.sampled_from([*GOOD, "person.name", "choice:marketing", "x"]), st.lists(st.text(max_size=30)))
)
def test_any_posted_form_can_be_shown_again(posted: dict[str, list[str]]) -> None:
    set_up_django()
    page = render(posted)
    assert page.encode()
    assert not re.search(r'type="password"[^>]* value=', page)
