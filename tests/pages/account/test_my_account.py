"""My Account: everything held seen, corrected, taken along, chosen, proved and closed, each by its own person alone."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actions.stage import ADA, COURIER, WORKS, Cast, binding, cast, databases
from tests.web.sites import open_workshop, settings_as

__all__ = ["binding", "cast", "databases", "settings_as"]

HOST = "lasership.localhost"
PASSWORD = "seven drivers and a lantern"  # noqa: S105 - of an invented person
PAGES = (
    "/account",
    "/account/held",
    "/account/correct",
    "/account/copy",
    "/account/mails",
    "/account/choices",
    "/account/receipts",
    "/account/close",
)


class Visitor:
    """A browser with or without somebody signed in."""

    def __init__(self, token: str = "") -> None:
        from django.test import Client

        self.client = Client(raise_request_exception=False)
        if token:
            self.client.cookies["session"] = token

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"host": HOST})

    def read(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.content[:300])
        return unescape(answer.content.decode())

    def post(self, path: str, values: dict[str, Any], **headers: str) -> Any:
        return self.client.post(path, values, headers={"host": HOST, **headers})

    def send(self, path: str, values: dict[str, Any], **headers: str) -> Any:
        """Open the page and send its first form with these values."""
        found = re.search(r'name="form:token" value="([^"]+)"', self.get(path).content.decode())
        assert found is not None
        return self.post(path, {"form:token": found.group(1), **values}, **headers)


@pytest.fixture
def now() -> datetime:
    """The pages read the clock, so the cast lives today."""
    return datetime.now(UTC)


@cache
def load_shelf() -> Any:
    """The courier's policies, read once: no test here changes them."""
    from upheld.web.shelf import Shelf

    return Shelf(COURIER.parent, Path(mkdtemp(prefix="upheld-test-")))


@pytest.fixture
def site(databases: dict[str, Path], settings_as: Any) -> None:
    """The courier's site, with a hash of passwords that takes no time."""
    from upheld.web.hosts import place_shelf

    settings_as(FORM_SECONDS=0, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    place_shelf(load_shelf())


def sign_in(binding: Any, person: Any, now: datetime) -> Visitor:
    """A browser in which this person is signed in, with the password of these tests."""
    from django.contrib.auth.hashers import make_password

    from upheld.actions.passwords import store_password
    from upheld.actions.sessions import open_session

    store_password(binding, person=person, leaf="sign-in.password", encoded=make_password(PASSWORD), now=now)
    return Visitor(open_session(binding, person=person, now=now))


@pytest.fixture
def ada(site: None, binding: Any, cast: Cast, now: datetime) -> Visitor:
    """Ada, who holds the company's account."""
    return sign_in(binding, cast.ada, now)


@pytest.fixture
def bo(site: None, binding: Any, cast: Cast, now: datetime) -> Visitor:
    """Bo, a private customer."""
    return sign_in(binding, cast.bo, now)


def list_values(page: str) -> set[str]:
    return {text for text in (*ADA.values(), *WORKS.values()) if text in page.replace("<br>", "")}


def count_lines(kind: str) -> int:
    from upheld.records.models import Entry

    return Entry.objects.filter(kind=kind).count()


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
    for words in ("Administrative messages", "ada@quill.example", "handed to your mail server", "waiting to be sent"):
        assert words in page
    assert "No mail was sent for you so far" in bo.read("/account/mails")
    assert "ada@quill.example" in ada.read("/account/held")
    assert "1 mail sent for you" in ada.read("/account/held")


def test_a_receipt_is_given_to_its_own_person_alone_and_verifies(
    ada: Visitor, bo: Visitor, cast: Cast, binding: Any, now: datetime
) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.core.seal.proof import verify_receipt
    from upheld.records.models import Answer

    ada.send("/account/choices", {"choice": "marketing", "answer": "no"})
    path = f"/account/receipts/{Answer.objects.get(person=cast.ada).entry}"
    assert "Not in the log yet" in ada.read(path)
    sequence_entries(binding.site, now)
    answer = ada.get(path)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    key = Visitor().get("/privacy/ledger/key").content.decode().strip()
    assert verify_receipt(answer.content, key).kind == "choice.recorded"
    assert bo.get(path).status_code == 404


def test_the_receipts_say_what_was_done_in_plain_words_page_by_page(ada: Visitor) -> None:
    for answer in ("yes", "no"):
        ada.send("/account/choices", {"choice": "marketing", "answer": answer})
    ada.read("/account/held")
    page = ada.read("/account/receipts")
    assert "A yes or no was given" in page
    assert "; to you" not in page.lower()
    assert "; to you" in ada.read("/account/receipts?all").lower()
    for odd in ("?page=0", "?page=99", "?page=-1", "?page=x", "?page=²", "?all&page=2"):
        ada.read(f"/account/receipts{odd}")


def test_the_ledger_has_a_public_page_with_key_and_checkpoint(
    site: None, cast: Cast, binding: Any, now: datetime
) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.core.seal.note import open_note

    visitor = Visitor()
    assert "No line is in the log yet" in visitor.read("/privacy/ledger")
    assert visitor.get("/privacy/ledger/checkpoint").status_code == 404
    sequence_entries(binding.site, now)
    key, note = (visitor.get(f"/privacy/ledger/{part}").content.decode() for part in ("key", "checkpoint"))
    assert open_note(note, {"upheld/lasership": key.strip()}).startswith("upheld/lasership\n")
    assert note.splitlines()[2] in visitor.read("/privacy/ledger")


@pytest.mark.parametrize("way", ["keep", "remove"])
def test_a_closed_account_lets_nobody_in_and_leaves_receipts(bo: Visitor, binding: Any, cast: Cast, way: str) -> None:
    from upheld.core.seal.proof import verify_receipt
    from upheld.records.models import Item

    person = cast.bo.id
    answer = bo.send("/account/close", {"way": way, "password": PASSWORD})
    assert answer.status_code == 303
    assert answer.cookies["session"].value == ""
    last = answer.headers["Location"]
    page = Visitor().read(last)
    assert "Your account is closed" in page
    assert ("removed with its keys" in page) is (way == "remove")
    for entry in re.findall(r"\?file=(e_[a-z2-9]+)", page):
        receipt = Visitor().get(f"{last}?file={entry}").content
        assert verify_receipt(receipt).person == person
    assert bo.get("/account").status_code == 303
    assert Item.objects.filter(person=person).exists() is (way == "keep")


def test_nothing_is_closed_without_the_password_and_one_of_the_two_ways(bo: Visitor) -> None:
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"way": "remove", "password": "wrong"}, "not your password"),
        ({"way": "remove"}, "not your password"),
        ({"password": PASSWORD}, "Pick one of the two ways"),
        ({"way": "both", "password": PASSWORD}, "Pick one of the two ways"),
        ({"way": "remove", "what": "company", "password": PASSWORD}, "Only a holder"),
    )
    for values, words in wrong:
        answer = bo.send("/account/close", values)
        assert answer.status_code == 422
        page = unescape(answer.content.decode())
        assert words in page
        assert PASSWORD not in page
    assert bo.get("/account").status_code == 200
    assert count_lines("person.closed") == 0


def test_the_last_holder_closes_the_company_first_and_then_the_own_account(
    ada: Visitor, cast: Cast, binding: Any
) -> None:
    from upheld.records.models import Item, Person

    assert ada.send("/account/close", {"what": "mine", "way": "remove", "password": PASSWORD}).status_code == 422
    works = cast.works.id
    answer = ada.send("/account/close", {"what": "company", "way": "remove", "password": PASSWORD})
    assert "The company's account is closed" in ada.read(answer.headers["Location"])
    assert not Item.objects.filter(person=works).exists()
    assert not Person.objects.filter(id=works).exists()
    assert list_values(ada.read("/account/held")) == set(ADA.values())
    assert ada.send("/account/close", {"way": "remove", "password": PASSWORD}).status_code == 303
    assert ada.get("/account").status_code == 303


def test_the_last_page_needs_a_link_of_ours_and_only_for_an_hour(bo: Visitor) -> None:
    import time
    from unittest.mock import patch

    last = bo.send("/account/close", {"way": "keep", "password": PASSWORD}).headers["Location"]
    assert Visitor().get(last[:-3] + "abc").status_code == 404
    assert Visitor().get("/account/closed/" + "a" * 40).status_code == 404
    later = time.time() + 3601
    with patch("django.core.signing.time.time", return_value=later):
        assert Visitor().get(last).status_code == 404


def test_a_policy_that_lets_nobody_change_or_download_has_no_such_pages(
    tmp_path: Path, settings_as: Any, binding: Any, cast: Cast, now: datetime
) -> None:
    folder = tmp_path / "policies" / "lasership"
    folder.mkdir(parents=True)
    text = (COURIER / "2016-10-03.policy.md").read_text(encoding="utf-8")
    for line in ("(1) let customers download", "(2) let customers change"):
        text = re.sub(rf"^{re.escape(line)}.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("You can correct your own details and those of your company. ", "").replace(
        "(3) answer access", "(2) answer access"
    )
    (folder / "2016-10-03.policy.md").write_text(text, encoding="utf-8")
    (folder / "terms.md").write_text("# Terms\n", encoding="utf-8")
    open_workshop(tmp_path)
    visitor = sign_in(binding, cast.ada, now)
    assert visitor.get("/account/correct").status_code == 404
    assert visitor.get("/account/copy").status_code == 404
    page = visitor.read("/account")
    assert "/account/correct" not in page
    assert "/account/copy" not in page


def test_what_somebody_typed_is_text_in_every_page_and_copy(ada: Visitor) -> None:
    name = '<b>Ada</b> & "Quill"'
    assert ada.send("/account/correct", {"person.name": name}).status_code == 303
    pages = [ada.get(path).content.decode() for path in ("/account/held", "/account/correct")]
    pages.append(ada.send("/account/copy", {"form": "page"}).content.decode())
    for page in pages:
        assert "<b>Ada</b>" not in page
        assert name in unescape(page)


def test_what_was_altered_is_shown_to_nobody_and_reported(ada: Visitor, cast: Cast) -> None:
    from upheld.records.models import Item

    mine, theirs = Item.objects.get(person=cast.ada), Item.objects.get(person=cast.bo)
    mine.sealed = theirs.sealed
    mine.save(update_fields=["sealed"])
    for path in ("/account/held", "/account/correct"):
        answer = ada.get(path)
        page = answer.content.decode()
        assert answer.status_code == 500
        assert "We cannot open this" in page
        assert not list_values(page)
        assert "Marten" not in page
    assert count_lines("item.altered") == 2
    assert ada.send("/account/copy", {"form": "json"}).status_code == 500


def test_when_the_store_fails_nothing_changes_and_what_was_typed_stays(ada: Visitor) -> None:
    from unittest.mock import patch

    from django.db import OperationalError

    failing = OperationalError("database or disk is full: Ada Ray")
    with patch("upheld.actions.corrections.write_line", side_effect=failing):
        answer = ada.send("/account/correct", {"person.name": "Ada Ray"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert 'value="Ada Ray"' in page
    assert "disk" not in page
    assert "Ada Ray" not in ada.read("/account/held")
    with patch("upheld.pages.account.held.open_held", side_effect=failing):
        answer = ada.get("/account/held")
    assert answer.status_code == 503
    assert "disk" not in answer.content.decode()


NAMES = st.sampled_from(
    ["person.name", "person.zip", "choice", "answer", "form", "way", "what", "password", "form:token", "done"]
)
TEXTS = st.one_of(
    st.text(max_size=30), st.sampled_from(["yes", "json", "remove", "mine", "company", "marketing", "=1", "\0"])
)


@given(st.dictionaries(st.one_of(NAMES, st.text(max_size=12)), st.lists(TEXTS, min_size=1, max_size=3), max_size=5))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_posted_brings_a_page_down(ada: Visitor, posted: dict[str, list[str]]) -> None:
    clean = {
        name.encode("utf-8", "replace").decode(): [text.encode("utf-8", "replace").decode() for text in texts]
        for name, texts in posted.items()
    }
    clean.pop("password", None)
    for path in ("/account/correct", "/account/choices", "/account/copy", "/account/close"):
        assert ada.post(path, clean).status_code in (422, 409)
        assert ada.send(path, {name: texts for name, texts in clean.items() if name != "form:token"}).status_code < 500


def test_below_a_prefix_every_step_stays_below_it(ada: Visitor, settings_as: Any) -> None:
    settings_as(PREFIX_MODE=True)
    base, headers = "/at/lasership", {"host": "localhost"}
    for path in PAGES:
        answer = ada.client.get(base + path, headers=headers)
        assert answer.status_code == 200, path
        links = re.findall(r'(?:href|action)="(/[^"]*)"', answer.content.decode())
        assert all(link.startswith((f"{base}/", "/static/")) for link in links), path
    page = ada.client.get(f"{base}/account/close", headers=headers).content.decode()
    token = re.search(r'name="form:token" value="([^"]+)"', page)
    assert token is not None
    values = {"form:token": token.group(1), "what": "company", "way": "keep", "password": PASSWORD}
    answer = ada.client.post(f"{base}/account/close", values, headers=headers)
    assert answer.headers["Location"].startswith(f"{base}/account/closed/")
    assert ada.client.get("/account", headers=headers).status_code == 404  # the overview knows no customer


def test_what_is_withheld_is_not_taken_back_by_a_form_that_does_not_show_it(
    ada: Visitor, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Item

    Item.objects.filter(person=cast.ada).update(keep_until=now - timedelta(days=1))
    assert "Nothing is held that can be changed here." in ada.read("/account/correct")
    ada.post("/account/correct", {"person.name": ""})
    assert set(Item.objects.get(person=cast.ada).categories) == set(ADA)
    assert count_lines("item.corrected") == 0
