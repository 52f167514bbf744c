"""Notices to people: the gate first, sealed words, a line without a value, and the mail log that the person sees."""

from datetime import datetime
from typing import Any

import pytest

from tests.actions.stage import Cast

HOME = "https://courier.example/"


def queue(binding: Any, person: Any, now: datetime, kind: str = "password-changed", **options: Any) -> Any:
    from upheld.actions.notices import queue_notice

    values = options.pop("values", {"at": "4 March 2026 at 10:30"})
    return queue_notice(binding, now=now, person=person, kind=kind, home=HOME, values=values, **options)


def open_outgoing(message: str) -> Any:
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    return open_message(Outgoing.objects.get(id=message))


def test_a_notice_goes_to_the_address_that_the_person_gave(binding: Any, cast: Cast, now: datetime) -> None:
    queueing = queue(binding, cast.ada, now)
    message = open_outgoing(queueing.message)
    assert queueing.is_queued
    assert (message.to, message.sender) == ("ada@quill.example", "privacy@lasership.example")
    assert message.sender_name == "Parcel courier"
    assert "Some messages belong to having an account" in message.text.replace("\n", " ")
    assert f"{HOME}privacy#your-choice-about-our-messages.6" in message.text


def test_nothing_that_was_written_can_be_read_in_the_row(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Outgoing

    row = Outgoing.objects.get(id=queue(binding, cast.ada, now).message)
    stored = b"".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in vars(row).values()
    )
    assert b"quill" not in stored
    assert b"password was changed" not in stored
    assert (row.state, row.mail_class, row.kind) == ("queued", "administrative message", "password-changed")


def test_the_ledger_has_a_line_for_the_message_and_no_value_in_it(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Entry

    queueing = queue(binding, cast.ada, now)
    line = Entry.objects.get(kind="mail.queued")
    assert queueing.message in line.text
    assert "administrative message" in line.text
    assert "quill" not in line.text
    assert line.person == cast.ada.id


def test_an_address_that_is_only_claimed_is_written_to_as_given(binding: Any, cast: Cast, now: datetime) -> None:
    values = {"link": "https://courier.example/verify/abc", "until": "tomorrow"}
    queueing = queue(binding, cast.ada, now, "verify-address", to="new@quill.example", values=values)
    assert open_outgoing(queueing.message).to == "new@quill.example"


def test_the_corrected_address_counts(binding: Any, cast: Cast, now: datetime) -> None:
    from datetime import timedelta

    from upheld.actions.vault import put_items

    later = now + timedelta(hours=1)
    put_items(
        binding, person=cast.ada, touchpoint="registration", values={"person.email": "ada@new.example"}, now=later
    )
    assert open_outgoing(queue(binding, cast.ada, later).message).to == "ada@new.example"


def test_a_newsletter_to_somebody_who_said_nothing_is_refused_with_the_sentence(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Outgoing

    queueing = queue(binding, cast.ada, now, mail_class="newsletter")
    assert (queueing.is_queued, queueing.reason) == (False, "refused")
    assert queueing.verdict.because
    assert not Outgoing.objects.exists()


def test_a_class_that_the_policy_does_not_have_is_not_sent(binding: Any, cast: Cast, now: datetime) -> None:
    assert queue(binding, cast.ada, now, mail_class="telegram").reason == "no class"


def test_somebody_without_an_address_gets_nothing(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.people import create_person

    assert queue(binding, create_person(binding, now=now), now).reason == "no address"


def test_a_value_that_is_missing_queues_nothing(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.core.errors import NoticeError
    from upheld.records.models import Outgoing

    with pytest.raises(NoticeError):
        queue(binding, cast.ada, now, "verify-address", values={})
    assert not Outgoing.objects.exists()


def test_the_last_message_outlives_its_person_and_then_its_words_are_gone(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.actions.outgoing import Outcome
    from upheld.actions.sending import begin_batch, settle_batch
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Item, Outgoing

    queueing = queue(binding, cast.ada, now, "account-closed", is_last=True)
    ada = cast.ada.id
    erase_person(binding, person=cast.ada, now=now)
    [message] = begin_batch(binding, messages=[queueing.message], run="first", is_repeatable=False, now=now)
    assert message.to == "ada@quill.example"
    outcomes = {queueing.message: Outcome("sent")}
    settle_batch(binding, outcomes, run="first", now=now, messages={message.id: message})
    row = Outgoing.objects.get(id=queueing.message)
    assert (row.state, bytes(row.sealed)) == ("sent", b"")
    assert not PersonKey.objects.filter(keep_class__startswith="outgoing").exists()
    assert not Item.objects.filter(person=ada).exists()
