"""The forms of a site stand where its policy has them, take what they ask for and nothing else, and keep what was typed."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actions.stage import COURIER, databases, open_courier
from tests.web.sites import Workshop, open_workshop

__all__ = ["databases"]

HOST = "lasership.localhost"
MESSAGE = "The bell at the side door does not ring."


class Visitor:
    """A browser that opens a form, fills it in and sends it."""

    def __init__(self) -> None:
        from django.test import Client

        self.client = Client(raise_request_exception=False)

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"host": HOST})

    def post(self, path: str, values: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, values, headers={"host": HOST, **headers})

    def open(self, path: str) -> dict[str, str]:
        """The hidden fields of the form at this address."""
        return dict(
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.get(path).content.decode())
        )

    def send(self, path: str, values: dict[str, Any]) -> Any:
        return self.post(path, {**self.open(path), **values})


@pytest.fixture
def courier(tmp_path: Path, databases: dict[str, Path], settings_as: Any) -> Workshop:
    """The courier's site, with a policy file that a test may change; nobody is too fast."""
    settings_as(FORM_SECONDS=0)
    shutil.copytree(COURIER, tmp_path / "policies" / "lasership")
    return open_workshop(tmp_path)


@pytest.fixture
def visitor(courier: Workshop) -> Visitor:
    return Visitor()


def change_policy(courier: Workshop, old: str, new: str) -> None:
    path = courier.folder / "lasership" / "2016-10-03.policy.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    import os

    os.utime(path, (1, 1))
    courier.look()


def open_held() -> list[dict[str, Any]]:
    """The values of all items, opened with their keys."""
    from upheld.actions.keys import open_person_key
    from upheld.actions.vault import open_values
    from upheld.core.seal.envelope import Label
    from upheld.records.models import Item

    return [
        open_values(
            open_person_key(item.site, item.key),
            bytes(item.sealed),
            Label(item.site, item.person_id, item.id, item.touchpoint),
        )
        for item in Item.objects.all()
    ]


def test_feedback_opens_a_case_and_says_its_number(visitor: Visitor) -> None:
    from upheld.records.models import Case, Entry, Item, Person, Shown

    answer = visitor.send("/feedback", {"message.feedback": MESSAGE})
    assert answer.status_code == 303
    page = visitor.get(answer.headers["Location"]).content.decode()
    case = Case.objects.get()
    assert case.number in page
    assert case.item == Item.objects.get().id
    assert open_held() == [{"message.feedback": MESSAGE}]
    assert Person.objects.get().is_visitor
    assert [entry.kind for entry in Entry.objects.order_by("serial")] == ["item.collected", "case.opened"]
    shown = Shown.objects.get()
    assert shown.digest == Item.objects.get().shown
    assert "What you write to us (required: without it there is nothing to send)" in shown.text


@pytest.mark.sqlite
def test_nothing_of_a_message_stands_in_the_clear(visitor: Visitor, databases: dict[str, Path]) -> None:
    visitor.send("/feedback", {"message.feedback": MESSAGE})
    for path in databases["default"].parent.glob("*.sqlite3*"):
        assert b"side door" not in path.read_bytes()


def sign_in(visitor: Visitor) -> str:
    """Ada, signed in: her id; the browser has the policy's own cookie."""
    from upheld.actions.people import create_person
    from upheld.actions.sessions import open_session

    now = datetime.now(UTC)
    ada = create_person(open_courier(), now=now)
    visitor.client.cookies["session"] = open_session(open_courier(), person=ada, now=now)
    return str(ada.id)


def test_who_is_signed_in_sends_it_from_their_account(visitor: Visitor, settings_as: Any) -> None:
    from upheld.records.models import Case, Item, Person

    settings_as(FORM_SECONDS=60)  # who is known is never too fast
    ada = sign_in(visitor)
    assert "You are signed in" in visitor.get("/feedback").content.decode()
    assert visitor.send("/feedback", {"message.feedback": MESSAGE}).status_code == 303
    assert Item.objects.get().person_id == ada
    assert Case.objects.get().person == ada
    assert Person.objects.count() == 1


def test_a_form_opened_before_signing_in_comes_again(visitor: Visitor) -> None:
    from upheld.records.models import Item

    sent = {**visitor.open("/feedback"), "message.feedback": MESSAGE}
    sign_in(visitor)
    answer = visitor.post("/feedback", sent)
    assert answer.status_code == 422
    assert "side door" in answer.content.decode()
    assert not Item.objects.exists()


def test_a_survey_keeps_each_answer_with_its_question(visitor: Visitor) -> None:
    from upheld.records.models import Case

    page = visitor.get("/survey").content.decode()
    assert "How was your parcel?" in page
    assert page.count("<fieldset") == 3
    answer = visitor.send("/survey", {"answer.survey:1": "2", "answer.survey:4": "Ring twice."})
    assert answer.status_code == 303
    assert open_held() == [
        {
            "answer.survey": {
                "Did it come when we said?": "Yes on that day",
                "What is the one thing we should do better?": "Ring twice.",
            }
        }
    ]
    assert not Case.objects.exists()


def test_a_promotion_takes_an_entry(visitor: Visitor) -> None:
    answer = visitor.send("/promotions", {"answer.promotion:1": "3"})
    assert answer.status_code == 303
    assert open_held() == [{"answer.promotion": {"How many parcels do you send in a month?": "More than 60"}}]


def test_the_same_form_is_not_taken_twice(visitor: Visitor) -> None:
    from upheld.records.models import Item

    hidden = visitor.open("/feedback")
    sent = {**hidden, "message.feedback": MESSAGE}
    assert [visitor.post("/feedback", sent).status_code for _ in range(2)] == [303, 409]
    assert Item.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"form:token": ""}, 422),
        ({"form:token": "made.up"}, 422),
        ({"form:website": "http://spam.example"}, 422),
        ({"person.email": "ada@quill.example"}, 422),
        ({"message.feedback": ""}, 422),
        ({"message.feedback": ["a", "b"]}, 422),
        ({"message.feedback": "x" * 4001}, 422),
        ({"message.feedback": "a\x00b"}, 422),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(visitor: Visitor, change: dict[str, Any], status: int) -> None:
    from upheld.records.models import Entry, Item, Person

    answer = visitor.post("/feedback", {**visitor.open("/feedback"), "message.feedback": MESSAGE, **change})
    assert answer.status_code == status
    page = answer.content.decode()
    assert "There is a problem" in page
    if "message.feedback" not in change:
        assert "side door does not ring" in page
    assert "spam.example" not in page
    assert not Item.objects.exists()
    assert not Person.objects.exists()
    assert not Entry.objects.exists()


def test_who_was_too_fast_may_send_the_same_page_again(visitor: Visitor, settings_as: Any) -> None:
    settings_as(FORM_SECONDS=60)
    hidden = visitor.open("/feedback")
    answer = visitor.post("/feedback", {**hidden, "message.feedback": MESSAGE})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert hidden["form:token"] in page
    assert "side door" in page
    page = visitor.post("/feedback", hidden).content.decode()
    assert "What you write to us is missing" in page
    assert "faster" not in page  # one thing after the other
    settings_as(FORM_SECONDS=0)
    assert visitor.post("/feedback", {**hidden, "message.feedback": MESSAGE}).status_code == 303


def test_a_file_is_a_field_that_no_form_has(visitor: Visitor) -> None:
    from io import BytesIO

    sent = {**visitor.open("/feedback"), "message.feedback": MESSAGE, "picture": BytesIO(b"x")}
    assert visitor.post("/feedback", sent).status_code == 422


def test_a_page_of_somebody_else_cannot_send_it(visitor: Visitor) -> None:
    sent = {**visitor.open("/feedback"), "message.feedback": MESSAGE}
    assert visitor.post("/feedback", sent, **{"sec-fetch-site": "cross-site"}).status_code == 403


def test_from_one_network_comes_only_so_much(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.pages import taking

    monkeypatch.setattr(taking, "MOST_POSTS", 2)
    statuses = [visitor.send("/feedback", {"message.feedback": MESSAGE}).status_code for _ in range(3)]
    assert statuses == [303, 303, 429]


def test_a_store_that_cannot_write_says_so_and_keeps_what_was_typed(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import OperationalError

    from upheld.pages import touchpoints

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("database or disk is full: " + MESSAGE)

    monkeypatch.setattr(touchpoints, "take_submission", fail)
    answer = visitor.send("/feedback", {"message.feedback": MESSAGE})
    assert answer.status_code == 503
    assert "side door" in answer.content.decode()
    assert "side door" not in caplog.text


def test_without_its_sentence_there_is_no_page(courier: Workshop, visitor: Visitor) -> None:
    assert visitor.get("/survey").status_code == 200
    change_policy(courier, "(5) collect answer.survey at survey for research, improve [LS-10]", "(5) state")
    assert visitor.get("/survey").status_code == 404
    assert visitor.post("/survey", {}).status_code == 404


def test_what_the_gate_refuses_has_no_page(courier: Workshop, visitor: Visitor) -> None:
    rule = "(5) collect answer.survey at survey for research, improve [LS-10]"
    change_policy(courier, rule, f"{rule}\n(5) never collect answer at survey unless requested")
    assert visitor.get("/survey").status_code == 404


def test_other_addresses_are_not_named(visitor: Visitor) -> None:
    for path in ("/order", "/nothing", "/feedback/", "/survey/1"):
        assert visitor.get(path).status_code == 404, path


def test_every_page_leads_to_the_feedback_form(courier: Workshop, visitor: Visitor) -> None:
    for path in ("/", "/privacy", "/survey", "/nothing"):
        assert '<a href="/feedback">Write to us</a>' in visitor.get(path).content.decode(), path
    change_policy(courier, "(5) show feedback form at every page [LS-41]", "(5) state")
    assert "Write to us" not in visitor.get("/survey").content.decode()


def test_a_policy_that_bans_hidden_fields_still_knows_its_own_forms(courier: Workshop, visitor: Visitor) -> None:
    rule = "(2) never employ third-party cookies [LS-37]"
    change_policy(courier, rule, rule.replace("cookies", "cookies, hidden fields"))
    page = visitor.get("/feedback").content.decode()
    assert 'type="hidden"' not in page
    assert "form:website" not in page
    (action,) = re.findall(r'action="([^"]+)"', page)
    assert visitor.post(action, {"message.feedback": MESSAGE}).status_code == 303


def test_the_page_of_thanks_believes_only_what_we_signed(visitor: Visitor) -> None:
    for done in ("x", "", "a:b:c"):
        page = visitor.get(f"/feedback?done={done}").content.decode()
        assert "field-message-feedback" in page
        assert "It has the number" not in page


def test_each_page_that_was_asked_for_is_noted_sealed(courier: Workshop, visitor: Visitor) -> None:
    from upheld.actions.visits import VisitLog, read_visits
    from upheld.web.visit_log import place_visit_writer

    log = VisitLog(courier.state)
    place_visit_writer(log.write)
    try:
        for path in ("/", "/privacy?from=ada@quill.example", "/feedback", "/ada@quill.example"):
            visitor.get(path)
    finally:
        place_visit_writer(None)
    log.stop()
    visits = list(read_visits(courier.state, "lasership", datetime.now(UTC).date()))
    assert [visit["visit.page"] for visit in visits] == ["/", "/privacy", "/feedback", "(no page)"]
    assert all(set(visit) == {"visit.ip", "visit.page", "visit.time"} for visit in visits)


def test_no_cookie_is_set_by_a_form(visitor: Visitor) -> None:
    answer = visitor.send("/feedback", {"message.feedback": MESSAGE})
    assert not answer.cookies
    assert not visitor.client.cookies


names = st.sampled_from(["message.feedback", "form:token", "form:website", "x", "choice:marketing"]) | st.text(
    max_size=8
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(names, st.lists(st.text(max_size=20), max_size=2), max_size=5))
def test_no_post_is_an_error_of_ours(visitor: Visitor, posted: dict[str, list[str]]) -> None:
    from upheld.records.models import Item

    answer = visitor.post("/feedback", posted)
    assert answer.status_code in (400, 422, 429)
    assert not Item.objects.exists()
