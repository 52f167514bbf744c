"""Proof of delivery reaches the customer and exactly those they named, each with a link of their own, and stops when told to."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import read_mails
from tests.actions.senders import HOME, TOLD, book_one, deliver_one, list_lines, note_one
from tests.actions.stage import ADA, BO, Cast
from upheld.core.gate.binding import Binding

CLASS = "proof of delivery"


def find_stop(text: str) -> str:
    """The token at the end of a named person's link."""
    found = re.search(rf"^{HOME}stop/([^/\s]+)$", text, re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_customer_and_exactly_those_they_named_hear_who_received_it(
    binding: Binding, now: datetime, cast: Cast
) -> None:
    from upheld.actions.naming import list_named
    from upheld.records.models import Outgoing

    booked = book_one(binding, cast.bo, now, named=TOLD)
    book_one(binding, cast.bo, now, named=["other@harbour.example"])
    assert read_mails() == []
    noted = deliver_one(binding, booked.id, now)
    assert (noted.proofs.queued, noted.proofs.refused, noted.proofs.stopped) == (3, 0, 0)
    mails = {mail.to: mail for mail in read_mails()}
    assert set(mails) == {BO["person.email"], *TOLD}
    for mail in mails.values():
        words = " ".join(mail.text.split())
        assert booked.number in words
        assert "20 November 2026, 10:00 UTC" in words
        assert "R. Holt, neighbour" in words
    assert len({find_stop(mails[address].text) for address in TOLD}) == 2
    assert [found.state for found in list_named(binding.site, booked.id)] == ["queued", "queued"]
    assert set(Outgoing.objects.values_list("mail_class", "subject")) == {(CLASS, booked.id)}
    rows = Outgoing.objects.filter(kind="proof-of-delivery-named")
    assert all((row.address, row.facts) == ("addressee.email", {"requested": True}) for row in rows)


def test_the_ledger_counts_the_proofs_and_quotes_the_sentence(binding: Binding, now: datetime, cast: Cast) -> None:
    deliver_one(binding, book_one(binding, cast.bo, now, named=TOLD).id, now)
    [line] = list_lines("shipment.proof-sent")
    assert (line["body"]["mails"], line["body"]["refused"], line["body"]["stopped"]) == (3, 0, 0)
    queued = [line["body"] for line in list_lines("mail.queued")]
    assert {body["class"] for body in queued} == {CLASS}
    assert [body["because"] for body in queued if body["template"] == "proof-of-delivery-named"] == [
        ["lasership#what-we-collect.4"]
    ] * 2


def test_for_a_company_proof_goes_to_its_primary_address(binding: Binding, now: datetime, cast: Cast) -> None:
    deliver_one(binding, book_one(binding, cast.ada, now, company=cast.works).id, now)
    assert [mail.to for mail in read_mails()] == [ADA["person.email"]]


def test_a_customer_who_names_themselves_hears_once(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.naming import list_named

    booked = book_one(binding, cast.bo, now, named=["BO@marten.example", TOLD[0]])
    noted = deliver_one(binding, booked.id, now)
    assert sorted(mail.to for mail in read_mails()) == sorted([BO["person.email"], TOLD[0]])
    assert noted.proofs.queued == 2
    assert [held.state for held in list_named(binding.site, booked.id)] == ["own", "queued"]


def test_a_delivery_reported_twice_or_late_sends_once(binding: Binding, now: datetime, cast: Cast) -> None:
    booked = book_one(binding, cast.bo, now, named=TOLD)
    deliver_one(binding, booked.id, now, serial="9")
    again = note_one(binding, booked.id, "delivered", now + timedelta(hours=2), serial="9", source="staff")
    assert not again.is_new
    assert len(read_mails()) == 3


def test_nothing_is_sent_for_what_comes_back(binding: Binding, now: datetime, cast: Cast) -> None:
    booked = book_one(binding, cast.bo, now, named=TOLD)
    note_one(binding, booked.id, "picked-up", now)
    note_one(binding, booked.id, "returned", now + timedelta(hours=1))
    assert read_mails() == []


def test_a_named_person_stops_and_hears_of_no_shipment_any_more(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.naming import list_named
    from upheld.actions.stops import find_named, stop_named

    first = book_one(binding, cast.bo, now, named=TOLD)
    deliver_one(binding, first.id, now)
    token = find_stop(next(mail.text for mail in read_mails(TOLD[0])))
    found = find_named(binding, token)
    assert found is not None
    assert (found.mail_class, found.is_stopped) == (CLASS, False)
    assert stop_named(binding, token=token, now=now)
    assert stop_named(binding, token=token, now=now)
    assert find_named(binding, token).is_stopped  # type: ignore[union-attr]
    assert [held.state for held in list_named(binding.site, first.id)] == ["stopped", "queued"]

    second = book_one(binding, cast.ada, now, named=TOLD)
    noted = deliver_one(binding, second.id, now)
    assert (noted.proofs.queued, noted.proofs.stopped) == (2, 1)
    assert {held.state for held in list_named(binding.site, second.id)} == {"stopped", "queued"}
    assert len(list_lines("address.suppressed")) == 1


def test_a_stop_takes_out_what_still_waits_for_the_address(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.stops import stop_named
    from upheld.records.models import Outgoing

    booked = book_one(binding, cast.bo, now, named=TOLD)
    deliver_one(binding, booked.id, now)
    token = find_stop(next(mail.text for mail in read_mails(TOLD[0])))
    assert stop_named(binding, token=token, now=now)
    found = sorted(Outgoing.objects.values_list("state", "reason"))
    assert found == [("failed", "stopped"), ("queued", ""), ("queued", "")]


def test_a_token_that_was_never_given_out_stops_nothing(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.stops import find_named, stop_named

    book_one(binding, cast.bo, now, named=TOLD)
    for token in ("", "x", "A" * 43):
        assert find_named(binding, token) is None
        assert not stop_named(binding, token=token, now=now)


def test_the_stop_outlives_the_customer_who_named_the_address(binding: Binding, now: datetime, cast: Cast) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.actions.stops import stop_named

    deliver_one(binding, book_one(binding, cast.bo, now, named=TOLD[:1]).id, now)
    token = find_stop(next(mail.text for mail in read_mails(TOLD[0])))
    stop_named(binding, token=token, now=now)
    erase_person(binding, person=cast.bo, now=now)
    noted = deliver_one(binding, book_one(binding, cast.ada, now, named=TOLD[:1]).id, now)
    assert (noted.proofs.queued, noted.proofs.stopped) == (1, 1)


def test_what_waits_is_asked_of_the_gate_again_and_noted_in_the_customer_s_log(
    binding: Binding, now: datetime, cast: Cast
) -> None:
    from upheld.actions.held import list_mail_leaves, open_held

    deliver_one(binding, book_one(binding, cast.bo, now, named=TOLD).id, now)
    assert set(send_all(binding, now)) == {BO["person.email"], *TOLD}
    leaves = list_mail_leaves(binding.policy.words)
    logged: list[Any] = [found.value for found in open_held(binding, person=cast.bo, now=now, data=leaves).values]
    assert {entry["to"] for entry in logged} == {BO["person.email"], *TOLD}
    assert {entry["result"] for entry in logged} == {"handed over"}


@pytest.mark.parametrize("mail_class", ["newsletter", "promotional offer", "service announcement"])
def test_no_other_class_of_message_knows_the_way_to_a_named_address(binding: Binding, mail_class: str) -> None:
    from upheld.core.gate.act import Act
    from upheld.core.notices.classes import list_carriers

    carriers = list_carriers(binding.policy, mail_class)
    assert "addressee.email" not in {carrier.address for carrier in carriers}
    for carrier in carriers:
        verdict = binding.ask(
            Act("use", ("addressee.email",), carrier.purpose), {"requested": True, "chosen marketing": True}
        )
        assert verdict.outcome == "refused"
        assert verdict.because


def send_all(binding: Binding, now: datetime) -> list[str]:
    """Everything that waits, handed over; to whom."""
    from upheld.actions.outgoing import SENT, Outcome
    from upheld.actions.sending import begin_batch, settle_batch
    from upheld.records.models import Outgoing

    waiting = list(Outgoing.objects.values_list("id", flat=True))
    opened = begin_batch(binding, messages=waiting, run="run", is_repeatable=False, now=now)
    outcomes, messages = {m.id: Outcome(SENT) for m in opened}, {m.id: m for m in opened}
    settle_batch(binding, outcomes, run="run", now=now, messages=messages)
    return [message.to for message in opened]
