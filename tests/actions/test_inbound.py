"""Messages that arrive: taken in once, a no carried out, reports noted, anything else a sealed case that staff answer."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.actions.letters import CHECKED_BY, PROOF, STRANGER, write_one, write_report
from tests.actions.stage import Cast

HOME = "https://courier.example/"


def take(binding: Any, letter: Any, now: datetime, **options: Any) -> Any:
    from upheld.actions.inbound import take_letter

    return take_letter(binding, letter, now=now, home=HOME, **options)


def choose(binding: Any, person: Any, now: datetime, *, is_yes: bool = True) -> None:
    from upheld.actions.choices import record_choice

    record_choice(binding, person=person, choice="marketing", is_yes=is_yes, touchpoint="registration", now=now)


def settle(binding: Any, person: Any) -> str:
    from upheld.actions.choices import settle_choices

    return str(settle_choices(binding, person)["marketing"])


def read_mails(to: str = "") -> list[Any]:
    """What waits in the outbox, to one address or to everybody, with the kind of each."""
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    found = []
    for row in Outgoing.objects.filter(state="queued").order_by("queued_at", "pk"):
        message = open_message(row)
        assert message is not None
        if to in ("", message.to):
            found.append(SimpleNamespace(kind=row.kind, to=message.to, text=message.text))
    return found


def list_lines(*kinds: str) -> list[str]:
    from upheld.records.models import Entry

    return [row.kind for row in Entry.objects.order_by("serial") if row.kind in kinds]


def read_ledger() -> str:
    from upheld.records.models import Entry

    return "\n".join(Entry.objects.values_list("text", flat=True))


def find_item(case: str) -> Any:
    from upheld.records.models import Case, Item

    return Item.objects.get(id=Case.objects.get(id=case).item)


def queue_offer(binding: Any, person: Any, now: datetime) -> str:
    """A promotional offer that waits in the outbox."""
    from upheld.actions.notices import queue_letter

    queueing = queue_letter(
        binding,
        now=now,
        person=person,
        mail_class="promotional offer",
        subject_line="Autumn offers",
        text="Half price for a week.",
        home=HOME,
        values={"unsubscribe-link": f"{HOME}stop/m/x"},
    )
    assert queueing.is_queued
    return str(queueing.message)


def find_state(message: str) -> str:
    from upheld.records.models import Outgoing

    return str(Outgoing.objects.get(id=message).state)


def test_a_no_by_message_is_carried_out_and_acknowledged(binding: Any, cast: Cast, now: datetime) -> None:
    choose(binding, cast.ada, now - timedelta(days=1))
    offer = queue_offer(binding, cast.ada, now)
    intake = take(binding, write_one("Please stop sending me offers.\n\nAda"), now)
    assert (intake.sort, intake.choices, intake.case) == ("choice", ("marketing",), "")
    assert settle(binding, cast.ada) == "no"
    assert find_state(offer) == "failed"
    [said] = [mail for mail in read_mails("ada@quill.example") if mail.kind == "stopped-by-message"]
    assert "We have stopped" in said.text
    assert "stop offers, news and other information" in said.text.replace("\n", " ")
    assert list_lines("choice.recorded", "inbox.taken") == ["choice.recorded", "choice.recorded", "inbox.taken"]
    assert "quill" not in read_ledger()


def test_the_same_message_is_taken_in_once_however_often_it_is_read(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Case, Inbound

    letter = write_one()
    first, again = take(binding, letter, now), take(binding, letter, now + timedelta(minutes=1))
    assert (first.is_new, again.is_new) == (True, False)
    assert first.id == again.id
    assert (Inbound.objects.count(), Case.objects.count()) == (1, 1)


def test_two_messages_to_which_a_careless_program_gave_one_id_are_two(binding: Any, cast: Cast, now: datetime) -> None:
    one = take(binding, write_one("Where is my parcel?", Message_ID="<1@x>"), now)
    two = take(binding, write_one("Where is the other one?", Message_ID="<1@x>"), now)
    assert one.case != two.case
    assert two.is_new


def test_two_who_take_in_one_message_at_once_leave_one_case(
    binding: Any, cast: Cast, now: datetime, databases: Any
) -> None:
    from django.db import connections

    from upheld.records.models import Case, Inbound

    letter, problems = write_one(), []
    gate = threading.Barrier(3)

    def run() -> None:
        try:
            gate.wait()
            take(binding, letter, now)
        except Exception as problem:  # noqa: BLE001 - the test looks at it
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert (Inbound.objects.count(), Case.objects.count()) == (1, 1)


def test_anything_else_opens_a_sealed_case_with_a_deadline(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.cases import find_case

    intake = take(binding, write_one("Where is parcel 4711?", subject="My parcel"), now)
    case = find_case(binding.site, intake.case)
    assert case is not None
    assert (intake.sort, case.kind) == ("case", "message")
    assert case.due_at == now + timedelta(days=30)
    item = find_item(intake.case)
    assert (item.touchpoint, item.categories, item.method) == ("feedback", ["message.feedback"], "mail")
    assert b"4711" not in bytes(item.sealed)
    assert item.keep_until == now + timedelta(days=365)
    assert "4711" not in read_ledger()


def test_a_sender_who_is_not_proved_opens_nothing_that_is_held_about_whom_they_name(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Case, Inbound

    intake = take(binding, write_one("Send me everything you have about me."), now, authority=CHECKED_BY)
    row, case = Inbound.objects.get(), Case.objects.get(id=intake.case)
    assert row.person == cast.ada.id
    assert not row.is_proved
    assert case.person != cast.ada.id


def test_a_proved_sender_is_the_person(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Case, Inbound

    letter = write_one("Where is my parcel?", Authentication_Results=PROOF)
    intake = take(binding, letter, now, authority=CHECKED_BY)
    assert Inbound.objects.get().is_proved
    assert Case.objects.get(id=intake.case).person == cast.ada.id


def test_a_forged_no_is_carried_out_and_the_person_is_told_at_their_own_address(
    binding: Any, cast: Cast, now: datetime
) -> None:
    choose(binding, cast.ada, now - timedelta(days=1))
    forged = write_one("stop", Authentication_Results=f"{CHECKED_BY}; dmarc=fail header.from=quill.example")
    take(binding, forged, now, authority=CHECKED_BY)
    assert settle(binding, cast.ada) == "no"
    assert [mail.to for mail in read_mails()] == ["ada@quill.example"]


def test_nobody_gets_more_than_one_answer_of_a_program_a_day(binding: Any, cast: Cast, now: datetime) -> None:
    for hour in range(4):
        take(binding, write_one(f"Question {hour}"), now + timedelta(hours=hour))
    assert len(read_mails("ada@quill.example")) == 1
    take(binding, write_one("Question 5"), now + timedelta(hours=25))
    assert len(read_mails("ada@quill.example")) == 2


def test_whoever_says_no_hears_that_it_counts_and_hears_it_once_a_day(binding: Any, cast: Cast, now: datetime) -> None:
    take(binding, write_one("Where is my parcel?"), now)
    for minute in range(3):
        take(binding, write_one("stop", Message_ID=f"<{minute}@x>"), now + timedelta(minutes=minute))
    kinds = sorted(mail.kind for mail in read_mails("ada@quill.example"))
    assert kinds == ["message-arrived", "stopped-by-message"]


def test_whom_we_do_not_know_gets_no_answer_of_a_program(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.suppression import digest_address, is_suppressed

    take(binding, write_one("Where is my parcel?", sender=STRANGER), now)
    intake = take(binding, write_one("unsubscribe", sender=STRANGER), now)
    assert (intake.sort, intake.choices) == ("choice", ())
    assert read_mails() == []
    digest = digest_address(binding.site, STRANGER, now)
    assert is_suppressed(binding.site, digest, "promotional offer")


def test_a_no_from_another_address_counts_for_whom_the_answered_message_went_to(
    binding: Any, cast: Cast, now: datetime
) -> None:
    choose(binding, cast.ada, now - timedelta(days=1))
    offer = queue_offer(binding, cast.ada, now)
    letter = write_one(
        "no thanks", sender=STRANGER, subject="Re: Autumn offers", In_Reply_To=f"<{offer}@lasership.example>"
    )
    assert take(binding, letter, now).choices == ("marketing",)
    assert settle(binding, cast.ada) == "no"


def test_what_our_own_header_asks_for_is_heard(binding: Any, cast: Cast, now: datetime) -> None:
    import re
    from urllib.parse import unquote

    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    choose(binding, cast.ada, now - timedelta(days=1))
    message = open_message(Outgoing.objects.get(id=queue_offer(binding, cast.ada, now)))
    assert message is not None
    asked = re.search(r"<mailto:([^?>]+)\?subject=([^>]+)>", dict(message.headers)["List-Unsubscribe"])
    assert asked is not None
    assert asked[1] == "privacy@lasership.example"
    letter = write_one("", sender=STRANGER, subject=unquote(asked[2]), Auto_Submitted="auto-generated")
    assert take(binding, letter, now).choices == ("marketing",)
    assert settle(binding, cast.ada) == "no"


def test_what_somebody_says_who_was_named_for_a_delivery_is_not_the_customers(
    binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.notices import queue_letter
    from upheld.actions.suppression import digest_address, is_suppressed

    choose(binding, cast.ada, now - timedelta(days=1))
    proof = queue_letter(
        binding,
        now=now,
        person=cast.ada,
        mail_class="proof of delivery",
        subject_line="Delivered",
        text="It was delivered.",
        home=HOME,
        values={"stop-link": f"{HOME}stop/x"},
        facts={"requested": True},
        to=STRANGER,
    )
    assert proof.is_queued
    answer = write_one("stop", sender=STRANGER, In_Reply_To=f"<{proof.message}@lasership.example>")
    assert take(binding, answer, now).choices == ()
    assert settle(binding, cast.ada) == "yes"
    assert is_suppressed(binding.site, digest_address(binding.site, STRANGER, now), "proof of delivery")
    assert find_state(proof.message) == "failed"


def test_notes_of_messages_go_after_a_time_but_for_open_cases(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.cases import close_case
    from upheld.actions.inbound import sweep_letters
    from upheld.records.models import Inbound

    take(binding, write_one("stop"), now)
    standing, closed = take(binding, write_one("Where is it?"), now), take(binding, write_one("Where is she?"), now)
    close_case(binding.site, closed.case, outcome="done", by="s_1", now=now)
    assert sweep_letters(binding.site, now + timedelta(days=89)) == 0
    assert sweep_letters(binding.site, now + timedelta(days=91)) == 2
    assert [row.id for row in Inbound.objects.all()] == [standing.id]


def test_the_button_of_a_mail_program_says_no(binding: Any, cast: Cast, now: datetime) -> None:
    choose(binding, cast.ada, now - timedelta(days=1))
    offer = queue_offer(binding, cast.ada, now)
    letter = write_one(
        "This message was automatically generated.",
        sender=STRANGER,
        subject=f"unsubscribe {offer}",
        Auto_Submitted="auto-generated",
    )
    assert take(binding, letter, now).choices == ("marketing",)
    assert read_mails(STRANGER) == []


DOUBTS = ["Please don't stop the newsletter", "How do I unsubscribe?", "If this goes on I will unsubscribe."]


@pytest.mark.parametrize("words", DOUBTS)
def test_in_doubt_it_is_a_case_that_is_due_within_the_time_of_a_no(
    binding: Any, cast: Cast, now: datetime, words: str
) -> None:
    from upheld.actions.cases import find_case

    choose(binding, cast.ada, now - timedelta(days=1))
    intake = take(binding, write_one(words), now)
    case = find_case(binding.site, intake.case)
    assert case is not None
    assert (case.kind, case.due_at) == ("stop-request", now + timedelta(hours=72))
    assert settle(binding, cast.ada) == "yes"


def test_no_message_is_ever_a_yes(binding: Any, cast: Cast, now: datetime) -> None:
    choose(binding, cast.ada, now - timedelta(days=1), is_yes=False)
    for words in ("Please send me your newsletter again", "subscribe", "START", "opt me in, please", "yes"):
        take(binding, write_one(words), now)
    assert settle(binding, cast.ada) == "no"


def test_a_no_with_a_question_is_both(binding: Any, cast: Cast, now: datetime) -> None:
    choose(binding, cast.ada, now - timedelta(days=1))
    intake = take(binding, write_one("Stop the offers. And where is my parcel 4711?"), now)
    assert intake.sort == "choice"
    assert intake.number
    assert settle(binding, cast.ada) == "no"


AUTOMATIC = [
    {"Auto_Submitted": "auto-replied"},
    {"Precedence": "bulk"},
    {"List_Id": "<news.elsewhere.example>"},
    {"Return_Path": "<>"},
    {"subject": "Automatic reply: Autumn offers"},
    {"sender": "privacy@lasership.example"},
]


@pytest.mark.parametrize("headers", AUTOMATIC, ids=lambda headers: next(iter(headers)))
def test_what_a_program_wrote_is_seen_and_not_answered(
    binding: Any, cast: Cast, now: datetime, headers: dict[str, str]
) -> None:
    from upheld.records.models import Case

    intake = take(binding, write_one("I am away until Monday. Stop by next week.", **headers), now)
    assert intake.sort in ("automatic", "loop")
    assert Case.objects.count() == 0
    assert read_mails() == []
    assert list_lines("inbox.left", "inbox.taken") == ["inbox.left"]


def send_off(message: str) -> None:
    """As if the message had left the house."""
    from upheld.records.models import Outgoing

    Outgoing.objects.filter(id=message).update(state="sent")


def test_a_message_that_comes_back_is_noted(binding: Any, cast: Cast, now: datetime) -> None:
    choose(binding, cast.ada, now - timedelta(days=1))
    offer = queue_offer(binding, cast.ada, now)
    send_off(offer)
    intake = take(binding, write_report(offer), now)
    assert intake.sort == "bounce"
    assert find_state(offer) == "bounced"
    assert list_lines("mail.bounced", "inbox.left") == ["mail.bounced", "inbox.left"]


def test_a_storm_of_reports_causes_no_mail_and_nothing_twice(binding: Any, cast: Cast, now: datetime) -> None:
    choose(binding, cast.ada, now - timedelta(days=1))
    offer = queue_offer(binding, cast.ada, now)
    send_off(offer)
    count = len(read_mails())
    for _ in range(3):
        take(binding, write_report(offer), now)
        take(binding, write_report(offer, status="5.2.2"), now)
        take(binding, write_report("m_" + "z" * 20), now)
    assert list_lines("mail.bounced") == ["mail.bounced"]
    assert len(read_mails()) == count


def test_where_the_policy_lets_no_message_in_nothing_of_it_is_kept(
    binding: Any, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import inbound
    from upheld.records.models import Case, Item, Person

    monkeypatch.setattr(inbound, "find_message_form", lambda _table: None)
    before = (Item.objects.count(), Person.objects.count())
    intake = take(binding, write_one("Where is my parcel?", sender=STRANGER), now)
    assert intake.sort == "refused"
    assert (Item.objects.count(), Person.objects.count()) == before
    assert Case.objects.count() == 0


def test_what_is_attached_is_not_taken_and_the_case_says_so(binding: Any, cast: Cast, now: datetime) -> None:
    from email.message import EmailMessage

    from upheld.actions.vault import open_items
    from upheld.core.notices.letters import read_letter

    mail = EmailMessage()
    mail["From"], mail["Subject"] = STRANGER, "Picture of the damage"
    mail.set_content("See the picture.")
    mail.add_attachment(b"\xff" * 3000, maintype="image", subtype="jpeg", filename="damage.jpg")
    content = mail.as_bytes()
    intake = take(binding, read_letter(content[:5000], 50 * 1024 * 1024), now)
    item = find_item(intake.case)
    opening = open_items(
        binding,
        person=item.person,
        action="show",
        counterpart="customer-service",
        purpose="fulfil.service",
        facts={"granted": True},
        now=now,
    )
    [value] = [opened.value for opened in opening.values]
    assert value["text"] == "See the picture."
    assert value["from"] == STRANGER
    assert value["not taken"].startswith("1 attached: ")
    assert "50.0 MB" in value["cut"]
    assert intake.sort == "too-large"


def test_words_in_the_form_count_as_a_message(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.submissions import take_submission
    from upheld.core.fields import read_submission
    from upheld.core.fields.plan import find_form
    from upheld.records.models import Case

    choose(binding, cast.ada, now - timedelta(days=1))
    plan = find_form(binding.gate.table, "message")
    assert plan is not None
    submission = read_submission(plan, {"message.feedback": ["Please stop your newsletter."]})
    take_submission(binding, plan=plan, submission=submission, person=cast.ada, now=now)
    assert settle(binding, cast.ada) == "no"
    take_submission(binding, plan=plan, submission=submission, person=None, now=now)
    kinds = [(case.kind, case.due_at - now) for case in Case.objects.order_by("number")]
    assert kinds == [("feedback", timedelta(days=30)), ("stop-request", timedelta(hours=72))]


def test_a_choice_that_is_named_is_the_one_that_is_meant(databases: Any, binding: Any) -> None:
    from upheld.actions.no_by_message import find_meant

    assert find_meant(binding.policy, "Stop the newsletter") == ("marketing",)
    assert find_meant(binding.policy, "stop") == ("marketing",)
