"""What staff do about a case: only who has it reads and answers it, and a sender who is not proved opens nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.letters import CHECKED_BY, PROOF, STRANGER, write_one
from tests.console.clerks import CLERK, OWNER, ROLE, SEAT, SITE, Console, list_kinds, read_text
from tests.console.clerks import STRANGER as OTHER
from upheld.core.gate.binding import Binding

HOME = "https://courier.example/"
READ = {"role": ROLE, "purpose": "fulfil.service"}


def take(binding: Binding, now: datetime, text: str, **headers: str) -> Any:
    """A message that has arrived, and its case."""
    from upheld.actions.inbound import take_letter

    return take_letter(binding, write_one(text, **headers), now=now, home=HOME, authority=CHECKED_BY)


@pytest.fixture
def arrived(console: Console, binding: Binding, now: datetime) -> Any:
    """A case that a mail from somebody unknown opened."""
    return take(binding, now, "Where is parcel 4711?", sender=STRANGER, subject="My parcel")


@pytest.fixture
def clerk(console: Console) -> Any:
    return console.sit_down()


def place(case: str, what: str = "") -> str:
    return f"{SEAT}cases/{case}/{what}"


def list_queued(kind: str = "case-answer") -> list[Any]:
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    return [open_message(row) for row in Outgoing.objects.filter(kind=kind)]


def find_case(case: str) -> Any:
    from upheld.records.models import Case

    return Case.objects.get(id=case)


def test_it_works(clerk: Any, arrived: Any) -> None:
    page = read_text(clerk.get(place(arrived.case)))
    assert "sender not proved" in page
    assert "4711" not in page
    clerk.post(place(arrived.case, "take/"))
    assert "4711" in read_text(clerk.post(place(arrived.case), READ))
    response = clerk.post(place(arrived.case, "answer/"), {"role": ROLE, "text": "It comes tomorrow."})
    assert response.status_code == 302, read_text(response)
    [mail] = list_queued()
    assert (mail.to, mail.subject) == (STRANGER, f"Our answer to your message {arrived.number}")
    assert "It comes tomorrow." in mail.text
    assert find_case(arrived.case).answered_at is not None
    kinds = list_kinds()
    assert [kind for kind in kinds if kind.startswith(("case.", "inbox."))] == [
        "case.opened",
        "inbox.taken",
        "case.taken",
        "case.answered",
    ]
    assert "answered" in read_text(clerk.get(f"{SEAT}cases/"))


@pytest.mark.parametrize("what", ["", "answer/", "kind/", "stop/"])
def test_a_case_that_is_with_nobody_or_somebody_else_opens_and_does_nothing(
    console: Console, clerk: Any, arrived: Any, what: str
) -> None:
    posted = {**READ, "text": "It comes tomorrow.", "kind": "access", "address": STRANGER}
    before = list_kinds()
    assert "4711" not in read_text(clerk.post(place(arrived.case, what), posted))
    assert list_kinds() == before
    console.sit_down(OTHER).post(place(arrived.case, "take/"))
    before = list_kinds()
    assert "4711" not in read_text(clerk.post(place(arrived.case, what), posted))
    assert list_kinds() == before
    assert list_queued() == []


def test_an_unproved_sender_opens_nothing_of_whom_they_name(
    console: Console, clerk: Any, binding: Binding, now: datetime
) -> None:
    found = take(binding, now, "I am Ada. Send me everything.")
    page = read_text(clerk.get(place(found.case)))
    assert "Sender not proved" in page
    assert "this case opens nothing of what is held about them" in page
    clerk.post(place(found.case, "take/"))
    opened = clerk.post(f"{SEAT}people/{console.cast.ada.id}/", {**READ, "case": found.case})
    assert "Ada Quill" not in read_text(opened)


def test_the_case_of_a_proved_sender_is_about_them_and_answered_to_the_address_on_file(
    console: Console, clerk: Any, binding: Binding, now: datetime
) -> None:
    found = take(binding, now, "Where is my parcel?", Authentication_Results=PROOF)
    assert "a sender whom our mail server proved" in read_text(clerk.get(place(found.case)))
    clerk.post(place(found.case, "take/"))
    clerk.post(place(found.case, "answer/"), {"role": ROLE, "text": "It comes tomorrow."})
    assert [mail.to for mail in list_queued()] == ["ada@quill.example"]


@pytest.mark.parametrize("sender", [STRANGER, "Ada Quill <ada@quill.example>"])
def test_an_answer_is_a_person_s_and_says_of_nobody_that_they_have_an_account(
    console: Console, clerk: Any, binding: Binding, now: datetime, sender: str
) -> None:
    found = take(binding, now, "Where is my parcel?", sender=sender, Authentication_Results=PROOF)
    clerk.post(place(found.case, "take/"))
    clerk.post(place(found.case, "answer/"), {"role": ROLE, "text": "It comes tomorrow."})
    [mail] = list_queued()
    assert "Auto-Submitted" not in dict(mail.headers)
    assert "your account" not in " ".join(mail.text.split())
    for automatic in list_queued("message-arrived") + list_queued("message-received"):  # to addresses on file alone
        assert dict(automatic.headers)["Auto-Submitted"].startswith("auto-")


def test_a_kind_that_the_policy_answers_has_its_deadline_and_its_sentence(
    clerk: Any, arrived: Any, now: datetime
) -> None:
    clerk.post(place(arrived.case, "take/"))
    assert "the policy gives no time" in read_text(clerk.get(place(arrived.case)))
    clerk.post(place(arrived.case, "kind/"), {"kind": "access"})
    case = find_case(arrived.case)
    assert (case.kind, case.due_at) == ("access", now + timedelta(days=20))
    page = clerk.get(place(arrived.case)).content.decode()
    assert "we answer within 20 days" in page
    assert list_kinds(kind="case.sorted") == ["case.sorted"]


@pytest.mark.parametrize("kind", ["", "murder", "x" * 300])
def test_a_kind_that_is_none_changes_nothing(clerk: Any, arrived: Any, kind: str) -> None:
    clerk.post(place(arrived.case, "take/"))
    assert clerk.post(place(arrived.case, "kind/"), {"kind": kind}).status_code == 422
    assert find_case(arrived.case).kind == "message"


@pytest.mark.parametrize("text", ["", " ", "x" * 10_001])
def test_an_answer_without_words_or_with_far_too_many_is_not_sent(clerk: Any, arrived: Any, text: str) -> None:
    clerk.post(place(arrived.case, "take/"))
    assert clerk.post(place(arrived.case, "answer/"), {"role": ROLE, "text": text}).status_code == 422
    assert list_queued() == []


def test_in_a_role_that_may_not_the_senders_address_is_not_opened(console: Console, arrived: Any) -> None:
    clerk = console.sit_down(role="analysts")
    clerk.post(place(arrived.case, "take/"))
    response = clerk.post(place(arrived.case, "answer/"), {"role": ROLE, "text": "It comes tomorrow."})
    assert response.status_code == 422
    assert list_queued() == []


def test_whoever_wrote_by_the_form_without_signing_in_cannot_be_answered(
    console: Console, clerk: Any, binding: Binding, now: datetime
) -> None:
    from upheld.actions.submissions import take_submission
    from upheld.core.fields import read_submission
    from upheld.core.fields.plan import find_form

    plan = find_form(binding.gate.table, "message")
    assert plan is not None
    submission = read_submission(plan, {"message.feedback": ["The van was late."]})
    take_submission(binding, plan=plan, submission=submission, person=None, now=now)
    from upheld.actions.cases import list_cases

    [case] = list_cases(SITE)
    clerk.post(place(case.id, "take/"))
    assert "There is no address to answer to" in read_text(clerk.get(place(case.id)))
    response = clerk.post(place(case.id, "answer/"), {"role": ROLE, "text": "We are sorry."})
    assert "The answer was not sent" in read_text(response)
    assert find_case(case.id).answered_at is None


def test_a_no_that_only_a_person_could_read_is_recorded_by_one(
    console: Console, clerk: Any, binding: Binding, now: datetime
) -> None:
    from upheld.actions.choices import record_choice, settle_choices

    ada = console.cast.ada
    record_choice(
        binding, person=ada, choice="marketing", is_yes=True, touchpoint="registration", now=now - timedelta(days=1)
    )
    found = take(binding, now, "How do I stop these mails? It is ada@quill.example.", sender=STRANGER)
    assert "It may be a no to our messages" in read_text(clerk.get(place(found.case)))
    clerk.post(place(found.case, "take/"))
    bad = clerk.post(place(found.case, "stop/"), {"role": ROLE, "address": "nobody"})
    assert "not one e-mail address" in read_text(bad)
    clerk.post(place(found.case, "stop/"), {"role": ROLE, "address": "ada@quill.example"})
    assert settle_choices(binding, ada)["marketing"] == "no"
    assert list_kinds(kind="choice.recorded") == ["choice.recorded"] * 2


def test_the_no_of_a_sender_is_recorded_without_typing_their_address(
    console: Console, clerk: Any, binding: Binding, now: datetime
) -> None:
    from upheld.actions.choices import settle_choices
    from upheld.actions.suppression import digest_address, is_suppressed

    found = take(binding, now, "How do I stop these mails?")
    clerk.post(place(found.case, "take/"))
    clerk.post(place(found.case, "stop/"), {"role": ROLE, "address": ""})
    assert settle_choices(binding, console.cast.ada)["marketing"] == "no"
    assert [mail.to for mail in list_queued("stopped-by-message")] == ["ada@quill.example"]
    unknown = take(binding, now, "How do I stop these mails?", sender=STRANGER)
    clerk.post(place(unknown.case, "take/"))
    clerk.post(place(unknown.case, "stop/"), {"role": ROLE, "address": ""})
    assert is_suppressed(SITE, digest_address(SITE, STRANGER, now), "newsletter")
    assert len(list_queued("stopped-by-message")) == 1


def test_the_owner_gives_a_case_to_somebody_and_reads_nothing(console: Console, arrived: Any) -> None:
    console.give_role()
    owner = console.sign_in(OWNER)
    assert "1 case with nobody" in read_text(owner.get("/console/"))
    page = read_text(owner.get(f"{SEAT}cases/"))
    assert arrived.number in page
    assert "p_" not in page
    assert owner.post(place(arrived.case, "give/"), {"staff": OTHER}).status_code == 422, "no live grant"
    owner.post(place(arrived.case, "give/"), {"staff": CLERK})
    assert find_case(arrived.case).assigned_to.startswith("s_")
    assert list_kinds(kind="case.assigned") == ["case.assigned"]
    assert "4711" not in read_text(owner.post(place(arrived.case), READ))
    for what in ("take/", "answer/", "kind/", "stop/", "close/"):
        assert owner.post(place(arrived.case, what), {}).status_code == 404


def test_nobody_but_the_owner_gives_a_case_to_somebody_else(console: Console, clerk: Any, arrived: Any) -> None:
    console.give_role(OTHER)
    clerk.post(place(arrived.case, "give/"), {"staff": OTHER})
    assert find_case(arrived.case).assigned_to == ""


def test_the_list_is_narrowed_and_counted(clerk: Any, arrived: Any, now: datetime) -> None:
    from upheld.actions.cases import open_case

    late = open_case(SITE, kind="question", now=now - timedelta(days=40), due_at=now - timedelta(days=1))
    clerk.post(place(arrived.case, "take/"))
    found = {
        view: [
            number
            for number in (arrived.number, late.number)
            if number in read_text(clerk.get(f"{SEAT}cases/?view={view}"))
        ]
        for view in ("", "mine", "nobodys", "late", "rubbish")
    }
    assert found == {
        "": [arrived.number, late.number],
        "mine": [arrived.number],
        "nobodys": [late.number],
        "late": [late.number],
        "rubbish": [arrived.number, late.number],
    }
    page = read_text(clerk.get(f"{SEAT}cases/"))
    assert "2 open 1 with you 1 with nobody 1 late" in page
    assert page.index(late.number) < page.index(arrived.number), "the one due first before the others"


def test_an_answered_case_is_not_late(clerk: Any, arrived: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.cases import count_cases, note_answer

    later = now + timedelta(days=31)
    assert count_cases(SITE, mine="s_1", now=later).late == 1
    note_answer(SITE, arrived.case, message="m_abcdefghijkmnpqrstuv", by="s_1", now=now)
    assert count_cases(SITE, mine="s_1", now=later).late == 0


def test_what_is_typed_as_an_answer_stays_when_it_could_not_be_sent(clerk: Any, arrived: Any) -> None:
    text = "It comes <b>tomorrow</b>."
    response = clerk.post(place(arrived.case, "answer/"), {"role": ROLE, "text": text})
    assert response.status_code == 409
    clerk.post(place(arrived.case, "take/"))
    again = clerk.post(place(arrived.case, "answer/"), {"role": "analysts", "text": text})
    assert "It comes &lt;b&gt;tomorrow&lt;/b&gt;." in again.content.decode()
