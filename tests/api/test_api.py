"""What a program of a customer can do: come in, see, correct, take along, choose, prove, leave; and what it cannot."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.actions.customers import CY, OTHER_PASSWORD, PASSWORD, find_mail, read_mails, tell
from tests.actions.stage import open_courier
from tests.api.programs import COMPANY, REGISTRATION, Program

MESSAGE = "The bell at the side door does not ring."


def held(program: Program) -> dict[str, str]:
    return {value["data"]: value["value"] for value in program.get("/me/held").json()["values"]}


def test_somebody_registers_confirms_signs_in_and_sees_what_is_held(program: Program) -> None:
    program.come_in()
    assert held(program)["person.name"] == CY["person.name"]
    found = program.get("/me/held").json()
    assert found["withheld"] == []
    name = next(value for value in found["values"] if value["data"] == "person.name")
    assert name["version"] == "2016-10-03"
    assert "fulfil.service" in name["purposes"]
    assert name["kept"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/me/mails"), ("DELETE", "/forms"), ("GET", "/sign-in"), ("HEAD", "/ledger")]
)
def test_a_method_that_an_address_does_not_take_is_answered_as_a_problem(
    program: Program, method: str, path: str
) -> None:
    answer = program.call(method, path)
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Allow"] in ("GET", "POST")
    if method != "HEAD":
        assert answer.json()["detail"] == f"it takes {answer['Allow']}"


def test_the_forms_say_what_is_asked_and_why(program: Program) -> None:
    forms = {form["touchpoint"]: form for form in program.get("/forms").json()}
    registration = forms["registration"]
    email = next(field for field in registration["fields"] if field["data"] == "person.email")
    assert email["is_required"]
    assert email["reason"]
    assert email["sentences"]
    assert registration["choices"][0]["silence_counts_as"] == "no"


def test_a_field_that_the_policy_does_not_name_is_refused_and_nothing_is_stored(program: Program) -> None:
    from upheld.records.models import Person

    answer = program.register({**REGISTRATION, "person.age": "44"})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert "44" not in answer.content.decode()
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"person.email": "no address"}, "F905"),
        ({"person.email": ""}, "F902"),
        ({"sign-in.password": "short"}, "F903"),
        ({"person.name": "x\u0000y"}, "F904"),
    ],
)
def test_what_is_wrong_is_said_field_by_field(program: Program, change: dict[str, str], code: str) -> None:
    answer = program.register({**REGISTRATION, **change})
    assert answer.status_code == 422
    assert [field["code"] for field in answer.json()["fields"]] == [code]


def test_an_address_with_an_account_gets_the_answer_of_one_without(program: Program) -> None:
    first = program.register()
    program.verify()
    second = program.register()
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert find_mail(CY["person.email"], "already-registered")
    forgot = [program.post("/forgot", {"email": email}) for email in (CY["person.email"], "nobody@reed.example")]
    assert forgot[0].content == forgot[1].content
    assert forgot[0].status_code == forgot[1].status_code == 202


def test_a_wrong_password_and_an_unknown_address_get_one_answer_and_lock_alike(program: Program) -> None:
    program.register()
    program.verify()
    for email in (CY["person.email"], "nobody@reed.example"):
        answers = [program.sign_in(email, "not the password at all") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429, 429]
        assert int(answers[-1]["Retry-After"]) > 0


def test_whoever_tries_many_addresses_from_one_network_is_held_up(program: Program) -> None:
    answers = [program.sign_in(f"somebody{number}@reed.example", "not the password at all") for number in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {401}
    assert answers[60].status_code == 429
    assert answers[60]["Retry-After"]


def test_before_the_address_is_confirmed_nobody_is_in(program: Program) -> None:
    program.register()
    assert program.sign_in().status_code == 403
    assert program.get("/me/held").status_code == 401


def test_a_link_confirms_nothing_without_the_password_chosen_at_registration(program: Program) -> None:
    program.register()
    assert program.post("/verify", {"token": find_mail(CY["person.email"], "verify-address").token}).status_code == 422
    answers = [program.verify(password=OTHER_PASSWORD) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    assert int(program.verify()["Retry-After"]) > 0
    assert program.sign_in().status_code == 429


def test_confirming_opens_a_session_like_signing_in(program: Program) -> None:
    program.register()
    program.token = program.verify().json()["token"]
    assert held(program)["person.name"] == CY["person.name"]


def test_without_a_token_nothing_of_an_account_is_told(program: Program) -> None:
    for path in ("/me/held", "/me/mails", "/me/choices", "/me/lines", "/me/copy", "/company/users"):
        answer = program.get(path)
        assert answer.status_code == 401, path
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_cookie_opens_nothing_here(program: Program) -> None:
    program.come_in()
    token, program.token = program.token, ""
    program.client.cookies["session"] = token
    assert program.get("/me/held").status_code == 401


def test_signing_out_ends_the_token(program: Program) -> None:
    program.come_in()
    assert program.post("/sign-out").status_code == 200
    assert program.get("/me/held").status_code == 401


def test_details_are_corrected_by_the_rules_of_their_form(program: Program) -> None:
    program.come_in()
    answer = program.call("PATCH", "/me/held", {"values": {"person.name": "Cyra Reed"}})
    assert answer.json() == {"changed": ["person.name"]}
    assert held(program)["person.name"] == "Cyra Reed"
    assert program.call("PATCH", "/me/held", {"values": {"person.zip": "?"}}).status_code == 422
    assert held(program)["person.zip"] == CY["person.zip"]


def test_what_the_policy_lets_nobody_change_is_refused_with_the_sentence(program: Program) -> None:
    program.come_in()
    answer = program.call("PATCH", "/me/held", {"values": {"service.order": "none"}})
    assert answer.status_code == 403
    found = answer.json()
    assert found["code"] == "G405"
    assert found["version"] == "2016-10-03"
    assert "correct your own details" in found["sentences"][0]["text"]


def test_a_copy_is_json_or_csv(program: Program) -> None:
    program.come_in()
    assert json.loads(program.get("/me/copy").content)["held"]
    table = program.get("/me/copy?form=csv").content.decode()
    assert CY["person.name"] in table
    assert program.get("/me/copy?form=xml").status_code == 422


def test_a_choice_is_said_and_has_a_receipt(program: Program) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.core.seal.proof import verify_receipt

    program.come_in()
    assert program.get("/me/choices").json()[0]["answer"] == "unasked"
    entry = program.call("PUT", "/me/choices/marketing", {"is_yes": True}).json()["entry"]
    assert program.get("/me/choices").json()[0]["answer"] == "yes"
    assert program.get(f"/me/receipts/{entry}").status_code == 202
    sequence_entries("lasership", _now())
    receipt = program.get(f"/me/receipts/{entry}")
    assert receipt.status_code == 200
    key = program.get("/ledger").json()["key"]
    assert verify_receipt(receipt.content.decode(), key)
    assert program.call("PUT", "/me/choices/nothing", {"is_yes": True}).status_code == 404


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def test_nobody_gets_the_receipt_of_somebody_else(program: Program) -> None:
    program.come_in()
    entry = program.get("/me/lines").json()[0]["entry"]
    other = Program()
    other.come_in({**REGISTRATION, "person.email": "dee@reed.example"})
    assert other.get(f"/me/receipts/{entry}").status_code == 404


def test_a_message_opens_a_case(program: Program) -> None:
    answer = program.post("/forms/feedback", {"values": {"message.feedback": MESSAGE}})
    assert answer.status_code == 201, answer.content
    assert answer.json()["number"]
    assert program.post("/forms/registration", {"values": REGISTRATION}).status_code == 404
    assert program.post("/forms/nowhere", {"values": {}}).status_code == 404


def test_a_company_comes_in_invites_and_sees_its_people(program: Program) -> None:
    program.come_in(COMPANY)
    assert held(program)["company.name"] == COMPANY["company.name"]
    assert [user["is_holder"] for user in program.get("/company/users").json()] == [True]
    assert program.post("/company/invitations", {"email": "dee@reed.example"}).status_code == 202
    assert find_mail("dee@reed.example", "invitation").path
    assert program.post("/company/invitations", {"email": "nothing"}).status_code == 422
    assert program.call("DELETE", "/company/users/p_nobody").status_code == 422


def list_told(program: Program) -> dict[str | None, str | None]:
    """The names and addresses of the users of the account, as the API tells them."""
    return {user["name"]: user["email"] for user in program.get("/company/users").json()}


def test_a_user_s_name_goes_out_to_a_holder_only_with_their_permission(program: Program) -> None:
    from upheld.actions.companies import join_company
    from upheld.actions.permissions import give_permission
    from upheld.records.models import Membership

    program.come_in(COMPANY)
    program.post("/company/invitations", {"email": "dee@reed.example"})
    token, now = find_mail("dee@reed.example", "invitation").token, datetime.now(UTC)
    told = tell({"person.name": "Dee Reed"}, OTHER_PASSWORD)
    dee = join_company(open_courier(), token=token, told=told, home="http://x.example/", now=now)
    assert list_told(program) == {CY["person.name"]: CY["person.email"], None: None}
    (company,) = [place.company for place in Membership.objects.filter(person=dee)]
    give_permission(open_courier(), person=dee, company=company, touchpoint="registration", now=now)
    assert list_told(program) == {CY["person.name"]: CY["person.email"], "Dee Reed": "dee@reed.example"}
    other = Program()
    other.sign_in("dee@reed.example", OTHER_PASSWORD)
    assert list_told(other) == {None: None}  # who holds nothing sees ids


def test_another_password_signs_out_elsewhere(program: Program) -> None:
    program.come_in()
    other = Program()
    other.sign_in()
    change = {"old": PASSWORD, "new": OTHER_PASSWORD}
    assert program.call("PUT", "/me/password", change).status_code == 200
    assert other.get("/me/held").status_code == 401
    assert program.get("/me/held").status_code == 200
    assert program.call("PUT", "/me/password", change).status_code == 422


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(program: Program) -> None:
    program.register()
    program.verify()
    program.post("/forgot", {"email": CY["person.email"]})
    link = {"token": find_mail(CY["person.email"], "password-reset").token, "password": OTHER_PASSWORD}
    assert program.post("/new-password", link).status_code == 200
    assert program.post("/new-password", link).status_code == 422
    assert program.sign_in(password=OTHER_PASSWORD).status_code == 200


def test_an_account_is_closed_with_everything_in_it(program: Program) -> None:
    from upheld.records.models import Item

    program.come_in()
    assert program.post("/me/close", {"password": "wrong", "is_erased": True}).status_code == 422
    answer = program.post("/me/close", {"password": PASSWORD, "is_erased": True})
    assert answer.status_code == 200
    assert len(answer.json()["entries"]) == 2
    assert not Item.objects.exists()
    assert program.get("/me/held").status_code == 401
    assert program.sign_in().status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 5000, b"null", b'"x"', b'{"email": 1}', b"\xff\xfe"])
def test_a_body_that_is_not_what_was_asked_for_is_a_problem_and_no_fault(program: Program, body: bytes) -> None:
    answer = program.client.generic(
        "POST", "/api/v1/sign-in", body, "application/json", headers={"host": "lasership.localhost"}
    )
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_form_of_another_site_can_send_nothing_here(program: Program) -> None:
    sent = json.dumps({"email": CY["person.email"], "password": PASSWORD})
    answer = program.client.generic(
        "POST", "/api/v1/sign-in", sent, "text/plain", headers={"host": "lasership.localhost"}
    )
    assert answer.status_code == 400


def test_the_document_names_no_page_from_elsewhere(program: Program) -> None:
    nowhere = program.get("/docs")
    assert (nowhere.status_code, nowhere.headers["Content-Type"]) == (404, "application/problem+json")
    assert program.get("/openapi.json").status_code == 200
    assert not read_mails()


def test_somebody_is_invited_joins_permits_and_leaves(program: Program) -> None:
    program.come_in(COMPANY)
    sent = program.post("/company/invitations", {"email": "eve@reed.example"})
    assert sent.status_code == 202, sent.content
    assert [found["email"] for found in program.get("/company/invitations").json()] == ["eve@reed.example"]
    eve = Program()
    token = find_mail("eve@reed.example", "invitation").token
    values = {"person.name": "Eve Sand", "sign-in.password": OTHER_PASSWORD}
    answer = eve.post("/join", {"token": token, "values": values})
    assert answer.status_code == 201, answer.content
    assert eve.post("/join", {"token": token, "values": values}).status_code == 422
    assert eve.sign_in("eve@reed.example", OTHER_PASSWORD).status_code == 200
    names = [user.get("name") for user in program.get("/company/users").json()]
    assert "Eve Sand" not in names
    assert eve.call("PUT", "/company/permission", {"is_yes": True}).status_code == 200
    assert "Eve Sand" in [user.get("name") for user in program.get("/company/users").json()]
    assert eve.call("PUT", "/company/permission", {"is_yes": False}).status_code == 200
    assert "Eve Sand" not in [user.get("name") for user in program.get("/company/users").json()]
    assert eve.post("/company/leave").status_code == 200
    assert eve.get("/company/users").status_code == 404


def test_an_invitation_is_withdrawn(program: Program) -> None:
    program.come_in(COMPANY)
    program.post("/company/invitations", {"email": "eve@reed.example"})
    (found,) = program.get("/company/invitations").json()
    assert program.call("DELETE", f"/company/invitations/{found['invitation']}").status_code == 200
    assert program.get("/company/invitations").json() == []
    assert program.call("DELETE", f"/company/invitations/{found['invitation']}").status_code == 422


def test_another_address_counts_once_its_link_was_opened(program: Program) -> None:
    program.come_in()
    change = {"email": "cy@harbour.example", "password": PASSWORD}
    assert program.post("/me/address", {**change, "password": "wrong"}).status_code == 422
    assert program.post("/me/address", change).status_code == 202
    assert Program().sign_in("cy@harbour.example").status_code == 401
    link = {"token": find_mail("cy@harbour.example", "confirm-address").token}
    assert program.post("/new-address", link).status_code == 200
    assert program.post("/new-address", link).status_code == 422
    assert Program().sign_in("cy@harbour.example").status_code == 200
