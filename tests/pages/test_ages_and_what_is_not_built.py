"""A form with an age limit takes from whoever is old enough, and keeps nothing of anybody else."""

from typing import Any

from tests.pages.test_forms import HOST, MESSAGE, Visitor, change_policy, courier, databases, visitor
from tests.web.sites import Workshop, settings_as
from upheld.core.fields.form import AGE

__all__ = ["courier", "databases", "settings_as", "visitor"]

MARK = "(2) collect person at registration for fulfil, contact [LS-07 LS-11]\n"
NEW = {
    "person.name": "Wren Ashby",
    "person.email": "wren@ashby.example",
    "person.zip": "90401",
    "person.phone": "+15550140001",
    "sign-in.password": "three slow herons",
}


def count_rows() -> dict[str, int]:
    from upheld.records.models import Case, Entry, Item, Person, Shown

    return {model.__name__: model.objects.count() for model in (Case, Entry, Item, Person, Shown)}


def call(visitor: Visitor, path: str, values: dict[str, Any]) -> Any:
    body = {"values": values, "choices": {}}
    return visitor.client.post(f"/api/v1/{path}", body, content_type="application/json", headers={"host": HOST})


def test_the_answer_opens_or_closes_every_way_in(courier: Workshop, visitor: Visitor) -> None:
    from upheld.records.models import Person

    change_policy(courier, MARK, MARK + "(2) require age 18 at registration, feedback, account set-up\n")
    for path in ("/feedback", "/register"):
        text = visitor.get(path).content.decode()
        assert "Are you 18 or older?" in text
        assert f'name="{AGE}"' in text
    before = count_rows()
    for age, status in (("no", 403), ("", 422)):
        assert visitor.send("/feedback", {"message.feedback": MESSAGE, AGE: age}).status_code == status
        assert visitor.send("/register", {**NEW, AGE: age}).status_code == status
        values = {AGE: age} if age else {}
        assert call(visitor, "forms/feedback", {"message.feedback": MESSAGE, **values}).status_code == status
        assert call(visitor, "register", {**NEW, **values}).status_code == status
    after = count_rows()
    assert {name: after[name] for name in ("Case", "Item", "Person")} == {
        name: before[name] for name in ("Case", "Item", "Person")
    }
    refused = visitor.send("/feedback", {"message.feedback": MESSAGE, AGE: "no"}).content.decode()
    assert MESSAGE not in refused
    assert visitor.send("/feedback", {"message.feedback": MESSAGE, AGE: "yes"}).status_code == 303
    assert visitor.send("/register", {**NEW, AGE: "yes"}).status_code == 303
    assert call(visitor, "forms/feedback", {"message.feedback": MESSAGE, AGE: "yes"}).status_code == 201
    assert [person.facts for person in Person.objects.all()] == [{"known minor": False}] * 3
    # whoever has no account is answered as those who have one, though nobody knows how old they are
    for address in (NEW["person.email"], "nobody@ashby.example"):
        assert visitor.send("/account/forgot", {"person.email": address}).status_code == 200
    assert Person.objects.count() == 3


def test_an_address_that_the_policy_allows_and_nobody_built_says_so(courier: Workshop, visitor: Visitor) -> None:
    line = "(5) collect answer.survey at survey for research, improve [LS-10]\n"
    change_policy(courier, "  survey: /survey\n", "  survey: /survey\n  till: /checkout\n")
    change_policy(courier, line, line + "(5) collect person at till for fulfil\n")
    for path, says in (("/checkout", "There is no such page here"), ("/forum", "The policy does not name this")):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert says in answer.content.decode()
    assert visitor.post("/checkout", {"person.name": "Wren Ashby"}).status_code == 404
    assert call(visitor, "forms/till", {"person.name": "Wren Ashby"}).status_code == 404
    assert "till" not in {form["touchpoint"] for form in visitor.get("/api/v1/forms").json()}


def test_a_registration_that_nobody_can_fill_in_takes_nothing_from_programs(
    courier: Workshop, visitor: Visitor
) -> None:
    assert call(visitor, "register", NEW).status_code == 202
    change_policy(
        courier, "phone: user.contact.phone_number}", "phone: user.contact.phone_number, likings: user.behavior}"
    )
    assert visitor.get("/register").status_code == 404
    before = count_rows()
    for path in ("register", "companies"):
        assert call(visitor, path, NEW | {"person.email": "jay@ashby.example"}).status_code == 404
    assert count_rows() == before
