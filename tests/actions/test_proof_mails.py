"""Whoever answers for privacy hears of what a proof found: each thing once, to the contact of the policy, with no value in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import binding, databases, now
from tests.actions.test_attesting import clerk, find_first
from tests.pages.proofs import SEEN, find_rule, record_proof
from upheld.core.gate.binding import Binding

__all__ = ["binding", "clerk", "databases", "now"]

HOME, CONSOLE = "https://lasership.localhost/", "https://localhost/console/"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("databases")


def tell(binding: Binding, now: datetime, console: str = CONSOLE) -> int:
    from upheld.actions.proof_mails import tell_of_broken

    return tell_of_broken(binding, home=HOME, now=now, console=console)


def remind(binding: Binding, now: datetime) -> int:
    from upheld.actions.proof_mails import remind as remind_them

    return remind_them(binding, home=HOME, now=now, console=CONSOLE)


def read_mails() -> list[Any]:
    from upheld.actions.outgoing import open_message
    from upheld.records.models import Outgoing

    return [open_message(row) for row in Outgoing.objects.order_by("queued_at", "id")]


def list_told(site: str, kind: str = "proof.told") -> list[Any]:
    from upheld.actions.ledger_reading import list_lines

    return list(list_lines(site, kinds=(kind,)))


def break_one(binding: Binding, now: datetime) -> str:
    """The sentence whose first rule fails from now on."""
    number = find_rule(binding.policy, "collect")
    record_proof(binding, now, broken=number)
    return binding.policy.active_rules[number].sentences[0]


def test_a_sentence_that_breaks_is_told_once_with_why_and_where(binding: Binding, now: datetime) -> None:
    record_proof(binding, now - DAY)
    assert tell(binding, now - DAY) == 0
    ref = break_one(binding, now)
    assert tell(binding, now + MINUTE) >= 1
    [line] = [line for line in list_told(binding.site) if line.body["because"] == [ref]]
    mail = next(one for one in read_mails() if one.id == line.body["mail"])
    assert mail.to == mail.sender == binding.policy.contact["email"]
    sentence = binding.policy.find_sentence(ref)
    assert sentence is not None
    text = " ".join(mail.text.split())
    assert sentence.text in text
    assert SEEN in text
    assert f"{CONSOLE}at/lasership/proof/{ref.partition('#')[2]}/" in text
    count = len(read_mails())
    assert tell(binding, now + 2 * MINUTE) == 0
    record_proof(binding, now + DAY, broken=find_rule(binding.policy, "collect"))
    assert tell(binding, now + DAY) == 0  # it is still the same
    record_proof(binding, now + 2 * DAY)
    assert tell(binding, now + 2 * DAY) == 0
    break_one(binding, now + 3 * DAY)  # it was mended, and is broken anew
    assert tell(binding, now + 3 * DAY) >= 1
    assert len(read_mails()) > count


def test_without_a_console_the_link_leads_to_the_policy(binding: Binding, now: datetime) -> None:
    ref = break_one(binding, now)
    tell(binding, now, console="")
    assert any(f"{HOME}privacy#{ref.partition('#')[2]}" in mail.text for mail in read_mails())


def test_what_was_mended_before_anybody_was_told_is_not_told(binding: Binding, now: datetime) -> None:
    break_one(binding, now - DAY)
    record_proof(binding, now)
    assert tell(binding, now) == 0


def test_many_at_once_are_one_mail(binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upheld.actions.proof_mails.MOST_MAILS", 0)
    ref = break_one(binding, now)
    assert tell(binding, now) == 1
    [mail] = read_mails()
    assert "sentences of the policy" in mail.subject
    assert mail.text.count(f"{CONSOLE}at/lasership/proof/\n") == 1
    assert ref in list_told(binding.site)[0].body["because"]
    monkeypatch.undo()
    assert tell(binding, now + MINUTE) == 0  # they have been told of


def test_faults_are_told_when_they_are_new(binding: Binding, now: datetime) -> None:
    fault = "the ledger was altered at line 12"
    for day, faults, mails in ((0, (), 0), (1, (fault,), 1), (2, (fault,), 0), (3, (), 0), (4, (fault,), 1)):
        record_proof(binding, now + day * DAY, faults=faults)
        assert tell(binding, now + day * DAY) == mails, day
    assert fault in " ".join(read_mails()[0].text.split())


def break_off(binding: Binding, at: datetime, reason: str) -> str:
    from upheld.actions import proving

    run = proving.begin_run(binding, cause="daily", code="c" * 64, now=at)
    proving.break_off(binding.site, run, reason=reason, now=at + MINUTE)
    return run


def test_a_proof_that_broke_off_is_told_once_for_as_long_as_none_is_finished(binding: Binding, now: datetime) -> None:
    record_proof(binding, now)
    first = break_off(binding, now + DAY, "fell-over")
    assert tell(binding, now + DAY) == 1
    break_off(binding, now + DAY + timedelta(hours=1), "fell-over")
    assert tell(binding, now + DAY + timedelta(hours=2)) == 0
    assert [line.body["run"] for line in list_told(binding.site)] == [first]
    record_proof(binding, now + 2 * DAY)
    break_off(binding, now + 3 * DAY, "killed")
    assert tell(binding, now + 3 * DAY) == 1


def test_a_server_that_ends_in_the_middle_of_a_proof_alarms_nobody(binding: Binding, now: datetime) -> None:
    break_off(binding, now, "stopped")
    assert tell(binding, now + MINUTE) == 0


def test_a_statement_is_reminded_of_when_it_is_due_and_when_it_is_over(
    clerk: Any, binding: Binding, now: datetime
) -> None:
    from upheld.actions.attesting import sign, take_back
    from upheld.core.rights.attesting import list_statements

    statements = list_statements(binding.policy)
    signed = [sign(binding, one.digest, by=clerk, now=now) for one in statements]
    end = signed[0].until
    assert remind(binding, end - 14 * DAY - timedelta(seconds=1)) == 0
    assert remind(binding, end - 14 * DAY) == len(statements)
    assert remind(binding, end - timedelta(seconds=1)) == 0
    assert remind(binding, end) == len(statements)
    assert remind(binding, end + 30 * DAY) == 0
    assert [line.body["digest"] for line in list_told(binding.site, "attestation.due")][-1] == statements[0].digest
    due, over = (
        next(one for one in read_mails() if said in one.subject and statements[0].words in " ".join(one.text.split()))
        for said in ("Please vouch", "any more")
    )
    assert "counts until 18 February 2027" in " ".join(due.text.split())
    assert "counted until 18 February 2027" in " ".join(over.text.split())
    assert f"{CONSOLE}at/lasership/vouching/" in due.text
    take_back(binding, signed[0].id, by=clerk, now=end)
    assert remind(binding, end) == 1  # nobody vouches for it at all
    assert remind(binding, end + DAY) == 0


def test_what_nobody_ever_signed_is_reminded_of_once(binding: Binding, now: datetime) -> None:
    count = remind(binding, now)
    assert count == len({find_first(binding).digest}) * 4
    assert remind(binding, now + DAY) == 0


def test_a_policy_without_a_class_of_message_for_it_sends_nothing(
    binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_one(binding, now)
    monkeypatch.setattr("upheld.actions.proof_mails.list_administrative_classes", lambda _policy: ())
    assert tell(binding, now) == remind(binding, now) == 0
    assert not list_told(binding.site)
    monkeypatch.undo()
    assert tell(binding, now) >= 1


def test_our_own_mail_that_comes_back_to_the_mailbox_is_left_alone(binding: Binding, now: datetime) -> None:
    from upheld.channels.mail import write_mail
    from upheld.core.notices.inbound import LOOP, sort_letter
    from upheld.core.notices.letters import read_letter

    break_one(binding, now)
    tell(binding, now)
    raw = write_mail(read_mails()[0])
    assert sort_letter(read_letter(raw, len(raw)), own={binding.policy.contact["email"]}).sort == LOOP


def test_a_proof_that_somebody_asks_for_is_due_at_once_and_once(binding: Binding, now: datetime) -> None:
    from upheld.actions.proving import ask_for_run, begin_run, find_cause, find_wish

    code = "c" * 64
    record_proof(binding, now - timedelta(hours=2))
    assert find_cause(binding, code=code, now=now) == ""
    assert ask_for_run(binding, by="s_1", now=now)
    assert not ask_for_run(binding, by="s_2", now=now)
    assert find_cause(binding, code=code, now=now) == "asked"
    assert find_wish(binding.site) == now
    begin_run(binding, cause="asked", code=code, now=now + timedelta(seconds=5))
    assert not ask_for_run(binding, by="s_2", now=now + timedelta(seconds=6))
    assert find_cause(binding, code=code, now=now + timedelta(seconds=6)) == ""
    break_off(binding, now + MINUTE, "fell-over")
    assert find_cause(binding, code=code, now=now + 2 * MINUTE) == ""
    assert ask_for_run(binding, by="s_2", now=now + 3 * MINUTE)  # nobody need wait for an hour
    assert find_cause(binding, code=code, now=now + 3 * MINUTE) == "asked"
    assert [line.by for line in list_told(binding.site, "proof.asked")] == ["s_2", "s_1"]
