"""The outbox: which run may hand a message over, what is left of it afterwards, and what a crash does."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast

HOME = "https://courier.example/"


@pytest.fixture
def message(binding: Any, cast: Cast, now: datetime) -> str:
    """A notice to Ada that is queued."""
    from upheld.actions.notices import queue_notice

    values = {"at": "noon"}
    return str(
        queue_notice(binding, now=now, person=cast.ada, kind="password-changed", home=HOME, values=values).message
    )


def begin(binding: Any, message: str, turn: int, now: datetime, *, is_repeatable: bool = False) -> Any:
    from upheld.actions.sending import begin_batch

    run = f"{message}.{turn}"
    return next(iter(begin_batch(binding, messages=[message], run=run, is_repeatable=is_repeatable, now=now)), None)


def settle(binding: Any, message: str, turn: int, now: datetime, state: str, **outcome: Any) -> str:
    from upheld.actions.outgoing import Outcome
    from upheld.actions.sending import settle_batch

    outcomes = {message: Outcome(state, **outcome)}
    return settle_batch(binding, outcomes, run=f"{message}.{turn}", now=now, messages={}).get(message, "")


def find(message: str) -> Any:
    from upheld.records.models import Outgoing

    return Outgoing.objects.get(id=message)


def list_kinds(prefix: str = "mail.") -> list[str]:
    from upheld.records.models import Entry

    return list(Entry.objects.filter(kind__startswith=prefix).order_by("serial").values_list("kind", flat=True))


def read_log(binding: Any, cast: Cast, now: datetime) -> list[Any]:
    """What Ada sees in her mail log."""
    from upheld.actions.vault import open_items

    opening = open_items(
        binding, person=cast.ada, action="show", counterpart="self", data=("message.mail-log",), now=now
    )
    return [opened.value for opened in opening.values]


def test_a_message_that_is_sent_leaves_a_line_in_the_mail_log_and_none_of_its_words(
    binding: Any, cast: Cast, now: datetime, message: str
) -> None:
    assert begin(binding, message, 1, now).to == "ada@quill.example"
    assert find(message).state == "sending"
    assert settle(binding, message, 1, now, "sent") == "sent"
    row = find(message)
    assert (row.state, row.attempts, bytes(row.sealed), row.settled_at) == ("sent", 1, b"", now)
    assert list_kinds() == ["mail.queued", "mail.sent"]
    assert read_log(binding, cast, now) == [
        {
            "to": "ada@quill.example",
            "class": "administrative message",
            "kind": "password-changed",
            "at": now.isoformat(timespec="seconds"),
            "result": "handed over",
        }
    ]


def test_only_one_run_may_hand_a_message_over(binding: Any, now: datetime, message: str) -> None:
    assert begin(binding, message, 1, now) is not None
    assert begin(binding, message, 2, now) is None
    settle(binding, message, 1, now, "sent")
    assert begin(binding, message, 1, now) is None
    assert begin(binding, message, 2, now) is None


def test_a_run_that_was_cut_short_is_in_doubt_and_not_sent_again_by_itself(
    binding: Any, cast: Cast, now: datetime, message: str
) -> None:
    from upheld.actions.sending import list_due

    begin(binding, message, 1, now)
    assert begin(binding, message, 1, now) is None
    row = find(message)
    assert row.state == "in-doubt"
    assert bytes(row.sealed)
    assert list_due(binding.site, now + timedelta(days=9)) == ()
    assert list_kinds() == ["mail.queued", "mail.in-doubt"]
    assert read_log(binding, cast, now)[0]["result"] == "not known"


def test_a_channel_that_is_repeatable_finishes_what_was_cut_short(binding: Any, now: datetime, message: str) -> None:
    first = begin(binding, message, 1, now, is_repeatable=True)
    assert begin(binding, message, 1, now, is_repeatable=True) == first
    assert settle(binding, message, 1, now, "sent") == "sent"


def test_a_message_that_waits_is_due_later_and_each_time_later(binding: Any, now: datetime, message: str) -> None:
    from upheld.actions.outgoing import FAILED
    from upheld.actions.sending import list_due
    from upheld.actions.settling import GIVE_UP_AFTER

    waits, moment, turn = [], now, 0
    while find(message).state != FAILED:
        turn += 1
        [due] = list_due(binding.site, moment)
        assert due.run == f"{message}.{turn}"
        assert begin(binding, message, turn, moment) is not None
        settle(binding, message, turn, moment, "waiting", reason="M902", after=timedelta(minutes=1))
        if find(message).state == "waiting":
            assert list_due(binding.site, moment) == ()
            waits.append(find(message).next_at - moment)
            moment = find(message).next_at
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=4)
    assert moment - now >= GIVE_UP_AFTER
    assert list_kinds() == ["mail.queued", "mail.failed"]


def test_a_wrong_setting_gives_a_message_up_only_after_a_month(binding: Any, now: datetime, message: str) -> None:
    later = now + timedelta(days=29)
    begin(binding, message, 1, later)
    assert settle(binding, message, 1, later, "waiting", may_give_up=False) == "waiting"
    later += timedelta(days=2)
    begin(binding, message, 2, later)
    assert settle(binding, message, 2, later, "waiting", may_give_up=False) == "failed"
    assert bytes(find(message).sealed) == b""


def test_a_no_that_came_meanwhile_stops_the_message(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.notices import queue_notice
    from upheld.records.models import Answer

    def answer(*, is_yes: bool, at: datetime) -> None:
        Answer.objects.create(
            site=binding.site,
            person=cast.ada,
            choice="marketing",
            is_yes=is_yes,
            at=at,
            version=binding.current,
            touchpoint="registration",
        )

    answer(is_yes=True, at=now)
    values = {"number": "2026-000001", "within": "20 days", "unsubscribe-link": f"{HOME}stop/abc"}
    queued = queue_notice(
        binding, now=now, person=cast.ada, kind="message-received", home=HOME, values=values, mail_class="newsletter"
    )
    assert queued.is_queued
    answer(is_yes=False, at=now + timedelta(seconds=1))
    assert begin(binding, queued.message, 1, now + timedelta(seconds=2)) is None
    assert (find(queued.message).state, find(queued.message).reason) == ("failed", "stopped")


def test_a_message_to_somebody_who_is_erased_is_gone(binding: Any, cast: Cast, now: datetime, message: str) -> None:
    from upheld.actions.forgetting import erase_person

    erase_person(binding, person=cast.ada, now=now)
    assert begin(binding, message, 1, now) is None


def test_words_that_somebody_altered_are_not_sent(binding: Any, now: datetime, message: str) -> None:
    row = find(message)
    row.sealed = bytes(row.sealed)[:-1] + bytes([bytes(row.sealed)[-1] ^ 1])
    row.save()
    assert begin(binding, message, 1, now) is None
    assert (find(message).state, find(message).reason) == ("failed", "erased or altered")


def test_a_message_moved_to_another_row_is_not_sent(binding: Any, cast: Cast, now: datetime, message: str) -> None:
    from upheld.actions.notices import queue_notice

    other = queue_notice(
        binding, now=now, person=cast.bo, kind="password-changed", home=HOME, values={"at": "noon"}
    ).message
    row, moved = find(message), find(other)
    row.sealed, row.key = moved.sealed, moved.key
    row.save()
    assert begin(binding, message, 1, now) is None
    assert find(message).reason == "erased or altered"


def test_what_no_run_can_hold_any_more_is_settled(binding: Any, now: datetime, message: str) -> None:
    from upheld.actions.sending import LOST_AFTER, find_lost

    begin(binding, message, 1, now)
    assert find_lost(binding, is_repeatable=False, now=now + LOST_AFTER / 2) == 0
    assert find_lost(binding, is_repeatable=False, now=now + LOST_AFTER) == 1
    assert find(message).state == "in-doubt"


def test_staff_send_a_message_in_doubt_again_and_the_log_says_what_came_of_it(
    binding: Any, cast: Cast, now: datetime, message: str
) -> None:
    from upheld.actions.outbox import send_again
    from upheld.actions.sending import list_due

    begin(binding, message, 1, now)
    settle(binding, message, 1, now, "in-doubt")
    assert send_again(binding, message=message, now=now, by="s_7")
    [due] = list_due(binding.site, now)
    assert due.run == f"{message}.2"
    assert begin(binding, message, 2, now) is not None
    settle(binding, message, 2, now, "sent")
    assert [line["result"] for line in read_log(binding, cast, now)] == ["handed over"]
    assert not send_again(binding, message=message, now=now, by="s_7")


def test_staff_let_a_message_in_doubt_be(binding: Any, cast: Cast, now: datetime, message: str) -> None:
    from upheld.actions.outbox import let_be

    begin(binding, message, 1, now)
    settle(binding, message, 1, now, "in-doubt")
    assert let_be(binding, message=message, now=now, by="s_7")
    row = find(message)
    assert (row.state, bytes(row.sealed)) == ("failed", b"")


def test_the_console_gets_counts_and_rows_without_a_word(binding: Any, cast: Cast, now: datetime, message: str) -> None:
    from upheld.actions.outbox import count_messages, list_messages

    assert count_messages(binding.site) == {
        "queued": 1,
        "sending": 0,
        "waiting": 0,
        "sent": 0,
        "failed": 0,
        "in-doubt": 0,
        "bounced": 0,
    }
    [row] = list_messages(binding.site, state="queued", person=cast.ada.id)
    assert (row.message, row.kind) == (message, "password-changed")
    assert "quill" not in repr(row)
    assert list_messages("elsewhere") == ()


def test_rows_of_settled_messages_go_after_a_month_and_the_mail_log_stays(
    binding: Any, cast: Cast, now: datetime, message: str
) -> None:
    from upheld.actions.outbox import sweep_messages
    from upheld.actions.settling import KEEP_FOR
    from upheld.records.models import Outgoing

    begin(binding, message, 1, now)
    settle(binding, message, 1, now, "sent")
    assert sweep_messages(binding, now + KEEP_FOR / 2) == 0
    assert sweep_messages(binding, now + KEEP_FOR) == 1
    assert not Outgoing.objects.exists()
    assert [line["result"] for line in read_log(binding, cast, now)] == ["handed over"]


def test_the_words_of_a_message_in_doubt_do_not_stay_for_ever(
    binding: Any, cast: Cast, now: datetime, message: str
) -> None:
    from upheld.actions.outbox import sweep_messages
    from upheld.actions.settling import KEEP_FOR

    begin(binding, message, 1, now)
    settle(binding, message, 1, now, "in-doubt")
    assert sweep_messages(binding, now + KEEP_FOR) == 0
    assert (find(message).state, find(message).reason, bytes(find(message).sealed)) == ("failed", "nobody decided", b"")
    assert list_kinds() == ["mail.queued", "mail.in-doubt", "mail.failed"]


def test_a_message_that_is_under_way_is_not_swept(binding: Any, now: datetime, message: str) -> None:
    from upheld.actions.outbox import sweep_messages
    from upheld.actions.settling import KEEP_FOR

    assert sweep_messages(binding, now + KEEP_FOR * 2) == 0
    assert find(message).state == "queued"
