"""The pages behind the link that stops messages: one press, no account, and nothing shown but the choices."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest

from tests.actions.stage import ADA, Cast, binding, cast, databases
from tests.pages.account.visitors import HOST, Visitor, count_lines, now, site
from tests.web.sites import settings_as
from upheld.core.gate.binding import Binding

__all__ = ["binding", "cast", "databases", "now", "settings_as", "site"]

HOME = f"http://{HOST}/"


def make_path(site: str, person: str, mail_class: str = "promotional offer") -> str:
    from upheld.actions.stopping import make_stop_link

    return "/" + make_stop_link(
        site, person=person, mail_class=mail_class, message="m_" + "a" * 20, home=HOME
    ).removeprefix(HOME)


@pytest.fixture
def path(site: None, binding: Binding, cast: Cast, now: datetime) -> str:
    """The link in an offer to Ada, who had said yes."""
    from upheld.actions.choices import record_choice

    record_choice(
        binding,
        person=cast.ada,
        choice="marketing",
        is_yes=True,
        touchpoint="account",
        now=now - timedelta(days=1),
    )
    return make_path(binding.site, cast.ada.id)


def settle(binding: Binding, person: Any) -> str:
    from upheld.actions.choices import settle_choices

    return settle_choices(binding, person)["marketing"]


def read_words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(answer.content.decode())))


def test_looking_changes_nothing_and_one_press_stops_them(path: str, binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Answer

    visitor = Visitor()
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert "promotional offers" in read_words(answer)
    assert "newsletter" in read_words(answer)
    assert settle(binding, cast.ada) == "yes"
    pressed = visitor.post(path, {})
    assert pressed.status_code == 303
    assert settle(binding, cast.ada) == "no"
    latest = Answer.objects.order_by("at").last()
    assert latest is not None
    assert (latest.touchpoint, bool(latest.entry)) == ("link", True)
    done = visitor.get(pressed.headers["Location"])
    assert "These messages are stopped" in read_words(done)
    assert "service announcements" in read_words(done).lower()


def test_a_mail_program_presses_it_by_itself(path: str, binding: Binding, cast: Cast) -> None:
    answer = Visitor().post(
        path,
        {"List-Unsubscribe": "One-Click"},
        Origin="https://mail.example",
        **{"Sec-Fetch-Site": "cross-site"},
    )
    assert (answer.status_code, answer.content) == (200, b"Stopped.\n")
    assert not answer.cookies
    assert settle(binding, cast.ada) == "no"


def test_what_the_page_said_is_kept_as_evidence_and_a_program_has_read_nothing(
    path: str, binding: Binding, cast: Cast
) -> None:
    from upheld.actions.submissions import find_wording
    from upheld.records.models import Entry

    visitor = Visitor()
    visitor.post(path, {})
    visitor.post(f"{path}/choices", {"choice": "marketing", "answer": "yes"})
    visitor.post(path, {"List-Unsubscribe": "One-Click"})
    found = [json.loads(row.text)["body"] for row in Entry.objects.filter(kind="choice.recorded").order_by("serial")]
    by_link = [body.get("evidence") for body in found if body["touchpoint"] == "link"]
    assert len(by_link) == 3
    assert by_link.count(None) == 1
    for digest in filter(None, by_link):
        assert "Offers, news and other information by e-mail" in find_wording(binding.site, digest)


def test_pressed_twice_it_is_recorded_once(path: str, binding: Binding, cast: Cast) -> None:
    before = count_lines("choice.recorded")
    for _ in range(3):
        assert Visitor().post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert count_lines("choice.recorded") == before + 1


def test_what_waits_in_the_outbox_is_taken_back(path: str, binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.notices import queue_letter
    from upheld.records.models import Outgoing

    for mail_class in ("promotional offer", "newsletter", "service announcement"):
        assert queue_letter(
            binding, now=now, person=cast.ada, mail_class=mail_class, subject_line="x", text="y", home=HOME
        ).is_queued
    Visitor().post(path, {"List-Unsubscribe": "One-Click"})
    states = dict(Outgoing.objects.values_list("mail_class", "state"))
    assert states == {"promotional offer": "failed", "newsletter": "failed", "service announcement": "queued"}


def test_nothing_of_the_person_is_shown(path: str, binding: Binding, cast: Cast) -> None:
    visitor = Visitor()
    visitor.post(path, {})
    for place in (path, f"{path}?done", f"{path}/choices"):
        page = unescape(visitor.get(place).content.decode())
        assert not [value for value in ADA.values() if value in page]
        assert cast.ada.id not in page


def test_the_choices_can_be_answered_either_way(path: str, binding: Binding, cast: Cast) -> None:
    visitor = Visitor()
    page = visitor.read(f"{path}/choices")
    assert page.count('type="radio"') == 2
    assert "No </" not in page
    for answer in ("no", "yes"):
        sent = visitor.post(f"{path}/choices", {"choice": "marketing", "answer": answer})
        assert sent.status_code == 303
        assert settle(binding, cast.ada) == answer
        assert f"Your answer is {answer}." in visitor.read(sent.headers["Location"])
    assert "Administrative messages" in page
    assert "A no does not stop those." in page


@pytest.mark.parametrize(
    "sent", [{}, {"choice": "marketing"}, {"choice": "marketing", "answer": "maybe"}, {"choice": "x", "answer": "no"}]
)
def test_an_answer_that_is_none_changes_nothing(path: str, binding: Binding, cast: Cast, sent: dict[str, str]) -> None:
    answer = Visitor().post(f"{path}/choices", sent)
    assert answer.status_code == 422
    assert "Nothing was changed" in read_words(answer)
    assert settle(binding, cast.ada) == "yes"


def test_a_foreign_page_cannot_say_yes(path: str, binding: Binding, cast: Cast) -> None:
    sent = {"choice": "marketing", "answer": "no"}
    assert Visitor().post(f"{path}/choices", sent, Origin="https://evil.example").status_code == 403
    assert settle(binding, cast.ada) == "yes"


def test_the_receipt_proves_the_no(path: str, binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.ledger import sequence_entries

    visitor = Visitor()
    visitor.post(path, {})
    place = f"{path}/receipts/marketing"
    assert "One moment" in visitor.read(place)
    sequence_entries(binding.site, now)
    receipt = visitor.get(place)
    assert receipt.headers["Content-Type"] == "application/json"
    assert b"choice.recorded" in receipt.content
    assert Visitor().get(f"{path}/receipts/nothing").status_code == 404


def test_broken_links_get_the_same_calm_page(path: str, binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.forgetting import erase_person

    visitor = Visitor()
    broken = [path[:-2], path[:9] + "A" + path[10:], "/stop/m/x", "/stop/m/" + "A" * 300]
    pages = {unescape(visitor.get(one).content.decode()) for one in broken}
    assert len(pages) == 1
    assert {visitor.get(one).status_code for one in broken} == {404}
    assert visitor.post(broken[0], {"List-Unsubscribe": "One-Click"}).status_code == 404
    erase_person(binding, person=cast.ada, now=now)
    gone = visitor.get(path)
    assert gone.status_code == 410
    assert unescape(gone.content.decode()) in pages
    assert visitor.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 410


def test_who_tries_many_links_is_told_to_wait_and_one_that_works_still_does(
    path: str, binding: Binding, cast: Cast
) -> None:
    visitor = Visitor()
    statuses = [visitor.get("/stop/m/" + "B" * 60).status_code for _ in range(31)]
    assert statuses[:30] == [404] * 30
    assert statuses[30] == 429
    assert visitor.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert settle(binding, cast.ada) == "no"


def test_the_link_of_a_test_says_so_and_stops_nothing(path: str, binding: Binding) -> None:
    test = make_path(binding.site, "")
    visitor = Visitor()
    assert "came in a test" in read_words(visitor.get(test))
    assert visitor.post(test, {}).status_code == 303
    assert "A test stops nothing" in read_words(visitor.get(f"{test}/choices"))


def test_a_class_that_only_its_link_stops_is_stopped_and_taken_again_by_it(
    path: str, binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.people import digest_identifier
    from upheld.actions.suppression import is_suppressed

    proof = "proof of delivery"
    link, visitor = make_path(binding.site, cast.ada.id, proof), Visitor()
    digest = digest_identifier(binding.site, "email", ADA["person.email"], now)
    assert "proofs of delivery" in read_words(visitor.get(link))
    assert visitor.post(link, {}).status_code == 303
    assert is_suppressed(binding.site, digest, proof)
    assert not is_suppressed(binding.site, digest, "newsletter")
    assert settle(binding, cast.ada) == "yes"
    assert "Get these messages again" in read_words(visitor.get(link))
    assert visitor.post(link, {"do": "again"}, Origin="https://evil.example").status_code == 403
    assert is_suppressed(binding.site, digest, proof)
    assert visitor.post(link, {"do": "again"}).status_code == 303
    assert not is_suppressed(binding.site, digest, proof)
    assert "Stop these messages" in read_words(visitor.get(link))


def test_a_link_in_a_message_that_no_answer_stops_says_so(path: str, binding: Binding, cast: Cast) -> None:
    other = make_path(binding.site, cast.ada.id, "service announcement")
    answer = Visitor().post(other, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 409
    assert "A no does not stop those." in read_words(answer)
    assert settle(binding, cast.ada) == "yes"


def test_where_the_policy_puts_no_link_there_is_no_page(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.pages import stopping

    monkeypatch.setattr(stopping, "has_stop_links", lambda _policy: False)
    assert Visitor().get(path).status_code == 404
    assert "This link stops nothing" not in read_words(Visitor().get(path))
