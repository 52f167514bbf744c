"""One text to many people: the same for each as if they were written to alone, with few queries for all of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.actions.test_outbox import find, list_kinds
from tests.actions.test_suppression import ADMINISTRATIVE, HOME, NEWSLETTER, say, stop, write_to


def write_to_all(binding: Any, people: list[Any], now: datetime, mail_class: str = NEWSLETTER) -> tuple[Any, ...]:
    from upheld.actions.letters import queue_letters

    return queue_letters(
        binding,
        people=people,
        now=now,
        mail_class=mail_class,
        subject_line="News from the yard",
        text="The yard has a new gate.",
        home=HOME,
        subject="cmp_1",
    )


def strip(message: Any) -> tuple[Any, ...]:
    """A message without what is another each time: its id and the link with it."""
    headers = [name for name, _ in message.headers]
    return message.sender, message.to, message.subject, message.text.partition("Stop these")[0], headers


def test_each_gets_what_they_would_have_got_alone(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.outgoing import open_message

    for person in (cast.ada, cast.bo):
        say(binding, person, now, is_yes=True)
    alone = write_to(binding, cast.ada, now).message
    ada, bo = write_to_all(binding, [cast.ada, cast.bo], now)
    opened = [open_message(find(queued)) for queued in (alone, ada.message, bo.message)]
    assert strip(opened[0]) == strip(opened[1])
    assert [message.to for message in opened if message] == [
        *("ada@quill.example", "ada@quill.example", "bo@marten.example")
    ]
    row, other = find(ada.message), find(alone)
    assert (row.kind, row.subject, row.address) == ("campaign", "cmp_1", "person.email")
    assert bytes(row.digest) == bytes(other.digest)
    assert list_kinds("mail.") == ["mail.queued"] * 3
    assert list_kinds("item.opened") == ["item.opened"] * 3


def test_each_link_stops_messages_to_its_own_person(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.outgoing import open_message
    from upheld.actions.stopping import open_stop_link

    for person in (cast.ada, cast.bo):
        say(binding, person, now, is_yes=True)
    for person, queued in zip((cast.ada, cast.bo), write_to_all(binding, [cast.ada, cast.bo], now), strict=True):
        message = open_message(find(queued.message))
        assert message is not None
        link, by_mail = dict(message.headers)["List-Unsubscribe"].split(", ")
        found = open_stop_link(binding.site, link.strip("<>").rpartition("/")[2])
        assert found is not None
        assert (found.person, found.mail_class, found.message) == (person.id, NEWSLETTER, queued.message)
        assert by_mail == f"<mailto:privacy@lasership.example?subject=unsubscribe%20{queued.message}>"
        assert ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") in message.headers
        assert link.strip("<>") in message.text


def test_whoever_gets_none_is_told_apart_by_the_reason(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.people import create_person

    stranger = create_person(binding, now=now)
    for person in (cast.bo, stranger):
        say(binding, person, now, is_yes=True)
    stop(binding, "bo@marten.example", NEWSLETTER, now)
    ada, bo, nobody = write_to_all(binding, [cast.ada, cast.bo, stranger], now)
    assert (ada.reason, bo.reason, nobody.reason) == ("refused", "suppressed", "no address")
    assert ada.verdict.because, "the sentence says why"
    assert list_kinds("mail.") == []


def test_one_whose_address_was_altered_keeps_nobody_else_from_getting_it(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Item

    for person in (cast.ada, cast.bo):
        say(binding, person, now, is_yes=True)
    Item.objects.filter(person=cast.ada).update(sealed=b"altered")
    ada, bo = write_to_all(binding, [cast.ada, cast.bo], now)
    assert ada.reason == "no address"
    assert bo.is_queued
    assert "item.altered" in list_kinds("item.altered")


def test_campaigns_let_all_other_messages_go_first(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.sending import list_due

    say(binding, cast.ada, now, is_yes=True)
    [campaign] = write_to_all(binding, [cast.ada], now)
    service = write_to(binding, cast.ada, now + timedelta(seconds=1), ADMINISTRATIVE).message
    later = now + timedelta(seconds=2)
    assert [due.message for due in list_due(binding.site, later)] == [service, campaign.message]
    assert [due.message for due in list_due(binding.site, later, 1)] == [service]


def test_a_message_that_nobody_can_stop_says_so_with_the_sentence(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.outgoing import open_message

    message = open_message(find(write_to(binding, cast.ada, now, ADMINISTRATIVE).message))
    assert message is not None
    told = " ".join(message.text.split())
    assert "A no does not stop such messages. Our policy says: “A no does not stop those.”" in told
    assert [name for name, _ in message.headers] == ["Auto-Submitted"]


def test_a_letter_without_words_is_refused(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.letters import queue_letters
    from upheld.core.errors import NoticeError

    say(binding, cast.ada, now, is_yes=True)
    with pytest.raises(NoticeError):
        queue_letters(
            binding, people=[cast.ada], now=now, mail_class=NEWSLETTER, subject_line="News", text=" \n", home=HOME
        )
    assert list_kinds("mail.") == []


@pytest.mark.parametrize("kind", ["letter", "case-answer"])
def test_what_staff_wrote_is_not_marked_as_written_by_a_program(
    binding: Any, cast: Cast, now: datetime, kind: str
) -> None:
    from upheld.actions.ids import draw_id
    from upheld.actions.notices import queue_letter
    from upheld.actions.outgoing import open_message

    queued = queue_letter(
        binding,
        now=now,
        person=cast.ada,
        mail_class=ADMINISTRATIVE,
        subject_line="Your question",
        text="Your parcel lies at the yard.",
        home=HOME,
        by=draw_id("s"),
        to="ada@elsewhere.example",
        kind=kind,
    )
    message = open_message(find(queued.message))
    assert message is not None
    assert (message.to, message.headers) == ("ada@elsewhere.example", ())
    assert list_kinds("item.opened") == [], "with an address given, none is opened"


def test_an_account_has_a_message_of_its_own_also_where_one_person_stands_for_two(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.letters import queue_for_accounts
    from upheld.actions.notices import make_notice
    from upheld.actions.primary import find_receiver, find_receivers
    from upheld.records.models import Outgoing

    accounts = [cast.ada, cast.works, cast.bo]
    receivers = find_receivers(binding.site, accounts)
    assert receivers == {account.id: find_receiver(binding.site, account) for account in accounts}
    draft = make_notice(binding, kind="account-closed", home=HOME, values={"at": "today"})
    queued = queue_for_accounts(binding, draft, receivers, now)
    assert set(queued) == {account.id for account in accounts}
    messages = [one.message for one in queued.values()]
    assert set(Outgoing.objects.values_list("id", flat=True)) == set(messages)
    assert len(set(messages)) == 3


def test_a_company_that_nobody_uses_has_no_receiver(binding: Any, cast: Cast) -> None:
    from upheld.actions.primary import find_receivers
    from upheld.records.models import Membership

    Membership.objects.all().delete()
    assert set(find_receivers(binding.site, [cast.works, cast.bo])) == {cast.bo.id}
