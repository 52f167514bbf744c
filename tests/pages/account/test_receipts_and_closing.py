"""Receipts that prove without us, the ledger in public, closing an account, and pages that meet what they do not expect."""

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actions.stage import ADA, COURIER, Cast, binding, cast, databases
from tests.pages.account.visitors import PAGES, PASSWORD, Visitor, ada, bo, count_lines, list_values, now, sign_in, site
from tests.web.sites import open_workshop, settings_as

__all__ = ["ada", "binding", "bo", "cast", "databases", "now", "settings_as", "site"]


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
