"""My Account: everything held seen, corrected, taken along and chosen, each by its own person alone."""

import csv
import io
import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest

from tests.actions.stage import ADA, WORKS, Cast, binding, cast, databases
from tests.pages.account.visitors import (
    HOST,
    PAGES,
    Visitor,
    ada,
    bo,
    count_lines,
    list_values,
    now,
    sign_in,
    site,
)
from tests.web.sites import settings_as

__all__ = ["ada", "binding", "bo", "cast", "databases", "now", "settings_as", "site"]


def test_it_works(ada: Visitor) -> None:
    for path in PAGES:
        answer = ada.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert not answer.cookies


def test_who_is_not_signed_in_sees_no_page_of_it(site: None, cast: Cast) -> None:
    for path in (*PAGES, "/account/correct/company", "/account/receipts/e_" + "a" * 20):
        for visitor in (Visitor(), Visitor("made-up")):
            answer = visitor.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["Location"].startswith("/account/sign-in?next=")
            assert visitor.post(path, {"answer": "yes"}).status_code == 303


def test_no_other_verb_does_anything(ada: Visitor) -> None:
    before = count_lines("item.opened")
    for path in (*PAGES, "/account/correct/company"):
        for verb in ("put", "delete", "patch"):
            assert getattr(ada.client, verb)(path, headers={"host": HOST}).status_code == 405, path
    assert count_lines("item.opened") == before


def test_everything_held_stands_there_with_where_when_what_for_and_until_when(ada: Visitor) -> None:
    page = ada.read("/account/held")
    assert list_values(page) == {*ADA.values(), *WORKS.values()}
    for words in ("When you register", "When you open an account", "under the version of", "about your company"):
        assert words in page
    assert "3 years (1095 days) after you last signed in; if nobody signs in again, until" in page
    assert "#seeing-changing-and-leaving.1" in page


def test_nobody_sees_anything_of_somebody_else(ada: Visitor, bo: Visitor) -> None:
    for path in PAGES:
        assert not list_values(bo.read(path)), path
        assert "Bo Marten" not in ada.read(path), path


def test_what_the_policy_withholds_is_named_and_not_shown(
    ada: Visitor, binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Item

    Item.objects.filter(person=cast.ada).update(keep_until=now - timedelta(days=1))
    page = ada.read("/account/held")
    assert "Held, and not shown" in page
    assert "Ada Quill" not in page
    assert "Your name" in page


def test_a_correction_counts_at_once_and_is_kept_sealed(ada: Visitor, cast: Cast) -> None:
    values = {"person.name": "Ada Ray", "person.zip": "", "person.phone": ADA["person.phone"]}
    answer = ada.send("/account/correct", values)
    assert answer.status_code == 303
    assert "Saved" in ada.read(answer.headers["Location"])
    page = ada.read("/account/held")
    assert "Ada Ray" in page
    assert "corrected" in page
    assert ADA["person.zip"] not in page
    assert count_lines("item.corrected") == 1


def test_a_mistake_is_said_beside_its_field_and_what_was_typed_stays(ada: Visitor) -> None:
    values = {"person.name": "Ada Ray", "person.zip": "90417", "person.phone": "call me"}
    answer = ada.send("/account/correct", values)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "There is a problem" in page
    assert 'value="call me"' in page
    assert "Ada Ray" not in ada.read("/account/held")


def test_what_the_form_does_not_ask_for_is_not_taken(ada: Visitor) -> None:
    for name in ("person.email", "message.feedback", "company.name"):
        answer = ada.send("/account/correct", {"person.name": "Ada Ray", name: "x@y.example"})
        assert answer.status_code == 422, name
    assert count_lines("item.corrected") == 0


def test_only_the_holder_corrects_the_company(
    ada: Visitor, site: None, binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Membership

    Membership.objects.create(site=binding.site, company=cast.works, person=cast.bo, joined_at=now)
    user = sign_in(binding, cast.bo, now)
    assert WORKS["company.name"] in user.read("/account/held")
    assert user.get("/account/correct/company").status_code == 404
    page = ada.read("/account/correct/company")
    assert WORKS["company.name"] in page
    values = {**WORKS, "company.name": "Ray Bindery", "company.account-contact": "A", "company.billing-contact": "B"}
    assert ada.send("/account/correct/company", values).status_code == 303
    assert "Ray Bindery" in user.read("/account/held")


@pytest.mark.parametrize("form", ["json", "csv", "page"])
def test_every_value_is_in_every_copy(ada: Visitor, form: str) -> None:
    answer = ada.send("/account/copy", {"form": form})
    text = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="lasership-copy.')
    for value in (*ADA.values(), *WORKS.values()):
        assert value in text, value
    assert count_lines("item.exported") == 1
    if form == "json":
        assert {part["about"] for part in json.loads(text)["held"]} == {"you", "your company"}
    if form == "csv":
        assert len(list(csv.DictReader(io.StringIO(text)))) > 8
    if form == "page":
        assert "http" not in text
        assert "<style>" in text


def test_a_copy_needs_the_button_and_a_form_of_the_three(ada: Visitor) -> None:
    assert ada.post("/account/copy", {"form": "json"}).status_code == 422
    assert ada.send("/account/copy", {"form": "xml"}).status_code == 422
    assert count_lines("item.exported") == 0


def test_a_choice_is_recorded_with_where_and_its_receipt(ada: Visitor, cast: Cast) -> None:
    from upheld.records.models import Answer, Shown

    assert "You have not answered. That counts as a no." in ada.read("/account/choices")
    answer = ada.send("/account/choices", {"choice": "marketing", "answer": "yes"})
    assert answer.status_code == 303
    page = ada.read(answer.headers["Location"])
    assert "Recorded. Your answer is yes." in page
    assert "in your account" in page
    row = Answer.objects.get(person=cast.ada)
    assert (row.is_yes, row.touchpoint) == (True, "account")
    assert Shown.objects.filter(touchpoint="account").exists()
    assert f"/account/receipts/{row.entry}" in page


def test_what_a_no_stops_and_does_not_stop_is_said_with_its_sentences(ada: Visitor) -> None:
    page = ada.read("/account/choices")
    assert "stops promotional offers and the newsletter" in page
    assert "does not stop service announcements or administrative messages" in page
    assert "#your-choice-about-our-messages.7" in page
    assert page.count('name="answer" value="yes"') == page.count('name="answer" value="no"') == 1
    assert " checked" not in page


def test_an_answer_that_was_not_offered_is_not_recorded(ada: Visitor) -> None:
    for values in (
        {"choice": "marketing"},
        {"choice": "marketing", "answer": "maybe"},
        {"choice": "all", "answer": "yes"},
    ):
        assert ada.send("/account/choices", values).status_code == 422, values
    assert count_lines("choice.recorded") == 0


def test_the_same_post_a_second_time_does_nothing(ada: Visitor) -> None:
    found = re.search(r'name="form:token" value="([^"]+)"', ada.get("/account/choices").content.decode())
    assert found is not None
    values = {"form:token": found.group(1), "choice": "marketing", "answer": "yes"}
    assert ada.post("/account/choices", values).status_code == 303
    assert ada.post("/account/choices", values).status_code == 409
    assert count_lines("choice.recorded") == 1


def test_a_page_of_somebody_else_cannot_send_for_the_person(ada: Visitor, bo: Visitor) -> None:
    values = {"choice": "marketing", "answer": "yes"}
    assert ada.send("/account/choices", values, Origin="https://elsewhere.example").status_code == 403
    assert ada.send("/account/choices", values, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    found = re.search(r'name="form:token" value="([^"]+)"', bo.get("/account/choices").content.decode())
    assert found is not None
    assert ada.post("/account/choices", {"form:token": found.group(1), **values}).status_code == 422
    assert count_lines("choice.recorded") == 0


def test_the_mails_stand_with_their_address_and_what_came_of_them(
    ada: Visitor, bo: Visitor, binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.notices import queue_notice
    from upheld.actions.vault import put_items

    line = {
        "to": "ada@quill.example",
        "class": "administrative message",
        "at": now.isoformat(),
        "result": "handed over",
    }
    put_items(binding, person=cast.ada, touchpoint="mailing", values={"message.mail-log": line}, now=now)
    queue_notice(
        binding, now=now, person=cast.ada, kind="password-changed", home="http://x.example/", values={"at": "now"}
    )
    page = ada.read("/account/mails")
    for words in ("Administrative messages", "ada@quill.example", "handed to the mail server", "waiting to be sent"):
        assert words in page
    assert "No mail was sent for you so far" in bo.read("/account/mails")
    assert "ada@quill.example" in ada.read("/account/held")
    assert "1 mail sent for you" in ada.read("/account/held")


def test_mails_sent_for_the_company_stand_in_the_log_of_its_users_the_newest_first(
    ada: Visitor, bo: Visitor, binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.vault import put_items

    for person, to, hours in ((cast.works, "cleo@gull.example", 1), (cast.ada, "ada@quill.example", 2)):
        at = now - timedelta(hours=hours)
        line = {"to": to, "class": "proof of delivery", "at": at.isoformat(), "result": "handed over"}
        put_items(binding, person=person, touchpoint="mailing", values={"message.mail-log": line}, now=now)
    page = ada.read("/account/mails")
    assert 0 < page.index("cleo@gull.example") < page.index("ada@quill.example")
    assert "cleo@gull.example" not in bo.read("/account/mails")


def test_what_somebody_typed_is_text_in_every_page_and_copy(ada: Visitor) -> None:
    name = '<b>Ada</b> & "Quill"'
    assert ada.send("/account/correct", {"person.name": name}).status_code == 303
    pages = [ada.get(path).content.decode() for path in ("/account/held", "/account/correct")]
    pages.append(ada.send("/account/copy", {"form": "page"}).content.decode())
    for page in pages:
        assert "<b>Ada</b>" not in page
        assert name in unescape(page)
