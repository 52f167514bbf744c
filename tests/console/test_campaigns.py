"""Campaigns in the console: written, refused with the sentence, tested, confirmed with the number, paused and called off."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from tests.actions.crowds import OFFER, SERVICE, WORDS, bring_in, list_receivers
from tests.console.clerks import OWNER, SEAT, Console, list_kinds, read_text
from upheld.core.gate.binding import Binding

LIST = f"{SEAT}campaigns/"
SENT = {**WORDS, "mail_class": OFFER, "audience": "account holders"}


def write(client: Any, **more: str) -> str:
    """The address of a campaign that was just written."""
    answer = client.post(f"{LIST}new/", {**SENT, **more})
    assert answer.status_code == 302, read_text(answer)
    return str(answer.headers["Location"])


@pytest.fixture
def crowd(console: Console, binding: Binding, now: datetime) -> dict[str, Any]:
    """Three said yes, one no; with Ada and Bo of the cast two were not asked."""
    return bring_in(binding, now, {"a": ("yes",), "b": ("yes",), "c": ("yes",), "d": ("no",)})


def test_it_works(console: Console, crowd: Any, binding: Binding, now: datetime) -> None:
    from tests.actions.crowds import send_all
    from upheld.actions.campaign_sending import begin_campaign

    client = console.sit_down()
    assert "No campaign was written yet" in read_text(client.get(LIST))
    place = write(client)
    page = read_text(client.get(place))
    assert "3 of 6 account holders" in page
    assert "3 do not" in page
    assert "only if you said yes" in page
    assert "Until Friday the second parcel of a day travels free." in page
    assert "Confirm and send" not in page
    assert "A test is on its way to privacy@lasership.example" in read_text(client.post(f"{place}test/", follow=True))
    confirm = read_text(client.get(f"{place}send/"))
    assert "Send to 3 people" in confirm
    sent = client.post(f"{place}send/", {"people": "3", "when": "now"}, follow=True)
    assert "It is on its way." in read_text(sent)
    campaign = place.rstrip("/").rpartition("/")[2]
    assert begin_campaign(binding, campaign, now=now)
    send_all(binding, campaign, now)
    assert list_receivers(campaign) == ["a", "b", "c"]
    done = read_text(client.get(place))
    assert "3 of 3 are in the outbox" in done
    assert "done" in read_text(client.get(LIST))


def test_another_text_than_was_read_is_not_sent(console: Console, crowd: Any) -> None:
    client = console.sit_down()
    place = write(client)
    client.post(f"{place}test/")
    read = client.get(f"{place}send/").content.decode().partition('name="letter" value="')[2].partition('"')[0]
    client.post(f"{place}change/", {**SENT, "text": "Something that nobody has agreed to say."})
    client.post(f"{place}test/")
    answer = client.post(f"{place}send/", {"people": "3", "when": "now", "letter": read})
    assert answer.status_code == 422
    assert "changed since you looked" in read_text(answer)


def test_marketing_to_people_whom_customers_named_is_refused_with_the_sentence(
    console: Console, binding: Binding
) -> None:
    from upheld.records.models import Campaign

    client = console.sit_down()
    form = client.get(f"{LIST}new/").content.decode()
    assert "the e-mail address of people you name" in form
    for mail_class in (OFFER, SERVICE):
        answer = client.post(f"{LIST}new/", {**SENT, "mail_class": mail_class, "audience": "addressee.email"})
        assert answer.status_code == 403
        page = read_text(answer)
        assert "The policy does not permit it" in page
        assert "go to the e-mail address of people you name." in page
        assert "The addresses of people you named are used for this message and for nothing else." in page
        assert '<blockquote class="quote">' in answer.content.decode()
    assert not Campaign.objects.exists()
    assert list_kinds().count("campaign.refused") == 2


@pytest.mark.parametrize("people", ["", "2", "4", "three", "-3", "3000000000000"])
def test_another_number_than_the_one_shown_sends_nothing(console: Console, crowd: Any, people: str) -> None:
    client = console.sit_down()
    place = write(client)
    client.post(f"{place}test/")
    answer = client.post(f"{place}send/", {"people": people, "when": "now"})
    assert answer.status_code == 422
    assert "It was not sent" in read_text(answer)
    assert "campaign.scheduled" not in list_kinds()


def test_a_campaign_that_was_not_tested_is_not_offered_for_sending(console: Console, crowd: Any) -> None:
    client = console.sit_down()
    place = write(client)
    for answer in (client.get(f"{place}send/"), client.post(f"{place}send/", {"people": "3", "when": "now"})):
        assert answer.status_code == 302
    assert "campaign.scheduled" not in list_kinds()


def test_a_change_wants_a_new_test(console: Console, crowd: Any) -> None:
    client = console.sit_down()
    place = write(client)
    client.post(f"{place}test/")
    assert "Confirm and send" in read_text(client.get(place))
    client.post(f"{place}change/", {**SENT, "subject": "Another one"})
    page = read_text(client.get(place))
    assert "Another one" in page
    assert "Confirm and send" not in page


def test_it_can_wait_for_its_time_and_be_called_off(console: Console, crowd: Any) -> None:
    client = console.sit_down()
    place = write(client)
    client.post(f"{place}test/")
    wrong = {"people": "3", "when": "later"}
    for moment in ("", "yesterday", "2020-01-01T09:00"):
        assert client.post(f"{place}send/", {**wrong, "at": moment}).status_code == 422
    answer = client.post(f"{place}send/", {**wrong, "at": "2026-12-24T09:00"}, follow=True)
    assert "It waits for its time." in read_text(answer)
    assert "2026-12-24 09:00" in read_text(answer)
    assert client.get(f"{place}change/").status_code == 302
    assert "It is called off." in read_text(client.post(f"{place}move/", {"do": "cancel"}, follow=True))
    assert "called off" in read_text(client.get(LIST))
    assert "the campaign is cancelled" in read_text(client.post(f"{place}move/", {"do": "resume"}, follow=True))
    assert client.post(f"{place}move/", {"do": "burn"}).status_code == 404


def test_every_fault_stands_beside_its_field(console: Console) -> None:
    client = console.sit_down()
    answer = client.post(f"{LIST}new/", {**SENT, "subject": "Dear {name}", "text": "Write to x@y.example"})
    page = read_text(answer)
    assert "everybody would read “{name}”" in page
    assert "an e-mail address has no place here" in page


def test_the_preview_is_the_mail_and_runs_nothing(console: Console, crowd: Any) -> None:
    client = console.sit_down()
    place = write(client, text="One <script>alert(1)</script> & two.\n\nThree.")
    answer = client.get(f"{place}preview/")
    body = answer.content.decode()
    assert "<p>One &lt;script&gt;alert(1)&lt;/script&gt; &amp; two.</p>" in body
    assert "Stop these messages" in body
    assert "<script" not in body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script>alert" not in client.get(place).content.decode()


def test_who_holds_no_role_here_finds_none_of_it(console: Console, crowd: Any) -> None:
    place = write(console.sit_down())
    for client in (console.sign_in("s.mbeki"), console.sign_in(OWNER)):
        for path in (LIST, f"{LIST}new/", place, f"{place}preview/", f"{place}send/"):
            assert client.get(path).status_code == 404
        assert client.post(f"{place}test/").status_code == 404
    stranger = console.open_door().get(LIST)
    assert stranger.status_code == 302
    assert "sign-in" in stranger.headers["Location"]


def test_one_that_is_not_there_is_not_found(console: Console) -> None:
    client = console.sit_down()
    for path in ("x/", "cp_aaaaaaaaaaaaaaaaaaaa/", "x/send/"):
        assert client.get(LIST + path).status_code == 404
    for path in ("x/test/", "x/move/"):
        assert client.post(LIST + path).status_code == 404


def test_no_page_shows_an_address_of_somebody(console: Console, crowd: Any) -> None:
    client = console.sit_down()
    place = write(client)
    client.post(f"{place}test/")
    for path in (LIST, place, f"{place}send/", f"{place}preview/"):
        assert not re.search(r"[a-d]@crowd|ada@|bo@", client.get(path).content.decode())


def test_the_list_asks_the_database_no_more_for_ten_rows_more(console: Console, crowd: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = console.sit_down()
    counts = []
    for _ in range(2):
        for number in range(5):
            write(client, name=f"n{number}")
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counts.append(len(asked))
    assert counts[0] == counts[1]
