"""A no takes out what waits, an address gets no more of a class, and what nobody can stop goes on."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.actions.test_outbox import begin, find, list_kinds, read_log

HOME = "https://courier.example/"
NEWSLETTER, OFFER, PROOF = "newsletter", "promotional offer", "proof of delivery"
ADMINISTRATIVE = "administrative message"


def say(binding: Any, person: Any, now: datetime, *, is_yes: bool) -> None:
    from upheld.actions.choices import record_choice

    record_choice(binding, person=person, choice="marketing", is_yes=is_yes, touchpoint="account", now=now)


def write_to(binding: Any, person: Any, now: datetime, mail_class: str = NEWSLETTER) -> Any:
    from upheld.actions.notices import queue_letter

    return queue_letter(
        binding,
        now=now,
        person=person,
        mail_class=mail_class,
        subject_line="News from the yard",
        text="The yard has a new gate.",
        home=HOME,
    )


def digest(binding: Any, address: str, now: datetime) -> bytes:
    from upheld.actions.suppression import digest_address

    return digest_address(binding.site, address, now)


def stop(binding: Any, address: str, mail_class: str, now: datetime, reason: str = "link") -> str:
    from upheld.actions.suppression import suppress

    return suppress(binding, digest=digest(binding, address, now), mail_class=mail_class, reason=reason, now=now)


def test_a_no_takes_what_waits_out_of_the_outbox_and_the_mail_log_says_so(
    binding: Any, cast: Cast, now: datetime
) -> None:
    say(binding, cast.ada, now, is_yes=True)
    say(binding, cast.bo, now, is_yes=True)
    ours, theirs = write_to(binding, cast.ada, now).message, write_to(binding, cast.bo, now).message
    service = write_to(binding, cast.ada, now, ADMINISTRATIVE).message
    later = now + timedelta(seconds=1)
    say(binding, cast.ada, later, is_yes=False)
    assert (find(ours).state, find(ours).reason, bytes(find(ours).sealed)) == ("failed", "stopped", b"")
    assert [find(message).state for message in (theirs, service)] == ["queued", "queued"]
    assert "mail.stopped" in list_kinds()
    assert [(line["class"], line["result"], line["to"]) for line in read_log(binding, cast, later)] == [
        (NEWSLETTER, "not sent", "ada@quill.example")
    ]


def test_a_message_that_waits_for_another_attempt_is_taken_out_as_well(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Outgoing

    say(binding, cast.ada, now, is_yes=True)
    message = write_to(binding, cast.ada, now).message
    Outgoing.objects.filter(id=message).update(state="waiting", next_at=now + timedelta(hours=1))
    say(binding, cast.ada, now + timedelta(seconds=1), is_yes=False)
    assert find(message).reason == "stopped"


def test_a_no_that_is_taken_back_by_a_fault_takes_nothing_out(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Answer
    from upheld.records.walls import enter_site

    say(binding, cast.ada, now, is_yes=True)
    message = write_to(binding, cast.ada, now).message

    def fail() -> None:
        with enter_site(binding.site):
            say(binding, cast.ada, now + timedelta(seconds=1), is_yes=False)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert find(message).state == "queued"
    assert Answer.objects.filter(person=cast.ada, is_yes=False).count() == 0


def test_an_address_that_said_no_gets_no_more_of_the_class_and_of_others_it_does(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.suppression import is_suppressed

    say(binding, cast.ada, now, is_yes=True)
    waiting = write_to(binding, cast.ada, now).message
    entry = stop(binding, "ADA@quill.example", NEWSLETTER, now)
    assert entry
    assert find(waiting).reason == "stopped"
    refused = write_to(binding, cast.ada, now)
    assert (refused.message, refused.reason) == ("", "suppressed")
    assert write_to(binding, cast.ada, now, OFFER).is_queued
    assert write_to(binding, cast.ada, now, ADMINISTRATIVE).is_queued
    assert is_suppressed(binding.site, digest(binding, "ada@quill.example", now), NEWSLETTER)
    assert not is_suppressed("elsewhere", digest(binding, "ada@quill.example", now), NEWSLETTER)


def test_said_twice_it_is_one_line(binding: Any, cast: Cast, now: datetime) -> None:
    assert stop(binding, "ada@quill.example", NEWSLETTER, now) == stop(binding, "ada@quill.example", NEWSLETTER, now)
    assert list_kinds("address.") == ["address.suppressed"]


def test_a_stop_of_everything_reaches_every_class_that_can_be_stopped_and_no_other(
    binding: Any, cast: Cast, now: datetime
) -> None:
    say(binding, cast.ada, now, is_yes=True)
    stop(binding, "ada@quill.example", "", now, "message")
    assert [write_to(binding, cast.ada, now, name).reason for name in (NEWSLETTER, OFFER)] == ["suppressed"] * 2
    assert write_to(binding, cast.ada, now, ADMINISTRATIVE).is_queued


def test_a_class_that_nobody_can_stop_is_refused_with_the_sentence(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.core.errors import RefusedError

    with pytest.raises(RefusedError) as caught:
        stop(binding, "ada@quill.example", ADMINISTRATIVE, now)
    assert caught.value.because == ("lasership#your-choice-about-our-messages.7",)
    with pytest.raises(ValueError, match="no reason"):
        stop(binding, "ada@quill.example", NEWSLETTER, now, "whim")


def test_an_address_that_was_stopped_meanwhile_is_found_when_the_message_leaves(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Suppression

    say(binding, cast.ada, now, is_yes=True)
    message = write_to(binding, cast.ada, now).message
    Suppression.objects.create(
        site=binding.site,
        digest=digest(binding, "ada@quill.example", now),
        mail_class=NEWSLETTER,
        reason="link",
        at=now,
    )
    assert begin(binding, message, 1, now) is None
    assert find(message).reason == "stopped"


def test_a_yes_ends_what_the_person_said_themselves_and_not_that_the_address_takes_no_mail(
    binding: Any, cast: Cast, now: datetime
) -> None:
    stop(binding, "ada@quill.example", NEWSLETTER, now)
    stop(binding, "ada@quill.example", PROOF, now)
    stop(binding, "bo@marten.example", NEWSLETTER, now, "bounce")
    say(binding, cast.ada, now + timedelta(seconds=1), is_yes=True)
    say(binding, cast.bo, now + timedelta(seconds=1), is_yes=True)
    assert write_to(binding, cast.ada, now).is_queued
    assert write_to(binding, cast.bo, now).reason == "suppressed"
    assert list_kinds("address.lifted") == ["address.lifted"], "proof of delivery is no matter of this choice"


def test_a_stop_of_everything_goes_on_for_the_classes_that_the_yes_was_not_about(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.suppression import is_suppressed

    stop(binding, "ada@quill.example", "", now)
    say(binding, cast.ada, now + timedelta(seconds=1), is_yes=True)
    ada = digest(binding, "ada@quill.example", now)
    assert [is_suppressed(binding.site, ada, name) for name in (NEWSLETTER, OFFER, PROOF)] == [False, False, True]


def test_what_the_gate_was_told_when_it_was_queued_is_told_again(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.notices import queue_letter

    def write(facts: dict[str, bool | None]) -> Any:
        return queue_letter(
            binding,
            now=now,
            person=cast.ada,
            mail_class=PROOF,
            subject_line="Delivered",
            text="It was delivered.",
            home=HOME,
            values={"stop-link": f"{HOME}stop/x"},
            facts=facts,
            subject="shp_1",
        )

    told = {"shipment is delivered": True, "requested": True}
    queued = write(told)
    assert queued.is_queued, queued
    assert find(queued.message).facts == told
    assert find(queued.message).subject == "shp_1"
    assert begin(binding, queued.message, 1, now) is not None


def test_a_no_reaches_a_queue_of_thousands_in_a_few_statements(binding: Any, cast: Cast, now: datetime) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from upheld.actions.ids import draw_id
    from upheld.actions.outgoing import Parcel, store_parcels
    from upheld.actions.sending import begin_batch, list_due
    from upheld.channels.base import Message
    from upheld.records.models import Outgoing
    from upheld.records.walls import enter_site

    say(binding, cast.ada, now, is_yes=True)
    say(binding, cast.bo, now, is_yes=True)

    def make(number: int, person: Any) -> Parcel:
        text = Message(draw_id("m"), "a@b.example", "B", f"{number}@quill.example", "News", "News", "", now)
        return Parcel(text, person.id, NEWSLETTER, "campaign", {}, "person.email")

    with enter_site(binding.site):
        store_parcels(binding, [make(number, cast.ada if number % 2 else cast.bo) for number in range(2000)], now)
    with CaptureQueriesContext(connection) as asked:
        say(binding, cast.ada, now + timedelta(seconds=1), is_yes=False)
    assert len(asked) < 50, "one statement for each message that waited"
    counts = {
        person: Outgoing.objects.filter(person=person.id, state="queued").count() for person in (cast.ada, cast.bo)
    }
    assert counts == {cast.ada: 0, cast.bo: 1000}
    due = [due.message for due in list_due(binding.site, now, 100)]
    later = now + timedelta(seconds=2)
    opened = begin_batch(binding, messages=due, run="first", is_repeatable=False, now=later)
    assert len(opened) == 100
    assert {int(message.to.partition("@")[0]) % 2 for message in opened} == {0}


def test_a_message_that_came_back_says_so_and_its_address_gets_no_more_campaigns(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from tests.actions.test_outbox import settle
    from upheld.actions.outbox import note_bounce

    say(binding, cast.ada, now, is_yes=True)
    message = write_to(binding, cast.ada, now, ADMINISTRATIVE).message
    waiting = write_to(binding, cast.ada, now).message
    begin(binding, message, 1, now)
    settle(binding, message, 1, now, "sent")
    assert note_bounce(binding, message=message, is_hard=True, now=now)
    assert find(message).state == "bounced"
    assert find(waiting).reason == "stopped"
    results = {line["class"]: (line["result"], line["to"]) for line in read_log(binding, cast, now)}
    assert results[ADMINISTRATIVE] == ("came back", "ada@quill.example")
    assert write_to(binding, cast.ada, now).reason == "suppressed"
    assert write_to(binding, cast.ada, now, ADMINISTRATIVE).is_queued, "service goes on"


def test_a_storm_of_bounces_is_one_and_causes_no_mail(binding: Any, cast: Cast, now: datetime) -> None:
    from tests.actions.test_outbox import settle
    from upheld.actions.outbox import count_messages, note_bounce

    message = write_to(binding, cast.ada, now, ADMINISTRATIVE).message
    begin(binding, message, 1, now)
    assert not note_bounce(binding, message=message, is_hard=True, now=now), "it has not even left"
    settle(binding, message, 1, now, "sent")
    assert [note_bounce(binding, message=message, is_hard=True, now=now) for _ in range(20)] == [True] + [False] * 19
    assert not note_bounce(binding, message="m_of_somebody_else", is_hard=True, now=now)
    assert {state: count for state, count in count_messages(binding.site).items() if count} == {"bounced": 1}
    assert list_kinds("address.") == ["address.suppressed"]
    assert list_kinds("mail.bounced") == ["mail.bounced"]


def test_a_full_mailbox_stops_nothing(binding: Any, cast: Cast, now: datetime) -> None:
    from tests.actions.test_outbox import settle
    from upheld.actions.outbox import note_bounce

    say(binding, cast.ada, now, is_yes=True)
    message = write_to(binding, cast.ada, now).message
    begin(binding, message, 1, now)
    settle(binding, message, 1, now, "sent")
    assert note_bounce(binding, message=message, is_hard=False, now=now)
    assert write_to(binding, cast.ada, now).is_queued


def test_a_yes_from_before_an_address_was_confirmed_counts_for_it_then(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.accounts import confirm_identifier
    from upheld.actions.suppression import is_suppressed
    from upheld.records.models import Identifier
    from upheld.records.walls import enter_site

    ada = digest(binding, "ada@quill.example", now)
    stop(binding, "ada@quill.example", NEWSLETTER, now - timedelta(days=90))
    own = Identifier.objects.get(person=cast.ada)
    own.verified_at = None
    own.save()
    say(binding, cast.ada, now, is_yes=True)
    assert is_suppressed(binding.site, ada, NEWSLETTER), "anybody could have typed the address"
    stop(binding, "ada@quill.example", OFFER, now + timedelta(minutes=1))
    with enter_site(binding.site):
        confirm_identifier(binding, own, now + timedelta(minutes=2))
    assert not is_suppressed(binding.site, ada, NEWSLETTER)
    assert is_suppressed(binding.site, ada, OFFER), "that was said after the yes"


def test_a_report_about_an_address_that_somebody_named_stops_nothing_else_there(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from tests.actions.senders import book_one, deliver_one
    from upheld.actions.outbox import note_bounce
    from upheld.actions.suppression import is_suppressed
    from upheld.records.models import Outgoing

    deliver_one(binding, book_one(binding, cast.bo, now, named=["ada@quill.example"]).id, now)
    row = Outgoing.objects.get(kind="proof-of-delivery-named")
    row.state, row.settled_at = "sent", now
    row.save()
    assert note_bounce(binding, message=row.id, is_hard=True, now=now)
    ada = digest(binding, "ada@quill.example", now)
    assert [is_suppressed(binding.site, ada, name) for name in (NEWSLETTER, OFFER, PROOF)] == [False, False, True]


def test_an_address_that_is_confirmed_takes_mail_again(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.accounts import confirm_identifier
    from upheld.records.models import Identifier
    from upheld.records.walls import enter_site

    say(binding, cast.ada, now, is_yes=True)
    stop(binding, "ada@quill.example", "", now, "bounce")
    stop(binding, "ada@quill.example", NEWSLETTER, now + timedelta(minutes=1))
    assert write_to(binding, cast.ada, now, OFFER).reason == "suppressed"
    with enter_site(binding.site):
        confirm_identifier(binding, Identifier.objects.get(person=cast.ada), now + timedelta(minutes=2))
    assert write_to(binding, cast.ada, now, OFFER).is_queued
    assert write_to(binding, cast.ada, now).reason == "suppressed", "a no that they said themselves later stays"


def test_a_link_stops_the_address_it_came_to_when_the_person_has_another_by_now(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from tests.actions.senders import book_one, deliver_one
    from upheld.actions.stopping import StopLink
    from upheld.actions.suppression import is_suppressed
    from upheld.actions.unsubscribing import stop_messages
    from upheld.records.models import Identifier, Outgoing

    deliver_one(binding, book_one(binding, cast.bo, now).id, now)
    message = Outgoing.objects.get(mail_class=PROOF).id
    other = digest(binding, "bo@heron.example", now)
    Identifier.objects.filter(person=cast.bo, kind="email").update(digest=other)
    stop_messages(binding, person=cast.bo, link=StopLink(cast.bo.id, PROOF, message), is_one_click=False, now=now)
    came = digest(binding, "bo@marten.example", now)
    assert [is_suppressed(binding.site, one, PROOF) for one in (came, other)] == [True, True]
