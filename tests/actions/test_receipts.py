"""Receipts: one's own lines and nobody else's, each with a proof that holds without us."""

from datetime import datetime
from typing import Any

from tests.actions.stage import Cast


def record_yes(binding: Any, person: Any, now: datetime) -> str:
    from upheld.actions.choices import record_choice

    answer = record_choice(binding, person=person, choice="marketing", is_yes=True, touchpoint="account", now=now)
    return str(answer.entry)


def test_it_works(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.ledger_reading import find_state
    from upheld.actions.receipts import make_receipt
    from upheld.core.seal.proof import verify_receipt

    entry = record_yes(binding, cast.ada, now)
    sequence_entries(binding.site, now)
    receipt = make_receipt(binding.site, entry=entry, persons=[cast.ada], now=now)
    assert receipt is not None
    assert receipt.is_ready
    verified = verify_receipt(receipt.text, find_state(binding.site, now).key)
    assert (verified.kind, verified.person, verified.is_key_trusted) == ("choice.recorded", cast.ada.id, True)


def test_until_the_sequencer_has_come_by_there_is_nothing_to_prove(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.receipts import make_receipt

    entry = record_yes(binding, cast.ada, now)
    receipt = make_receipt(binding.site, entry=entry, persons=[cast.ada], now=now)
    assert receipt is not None
    assert not receipt.is_ready
    assert receipt.line.meaning == "a yes or no was given"


def test_nobody_gets_the_receipt_of_somebody_else(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.receipts import make_receipt

    entry = record_yes(binding, cast.ada, now)
    sequence_entries(binding.site, now)
    assert make_receipt(binding.site, entry=entry, persons=[cast.bo], now=now) is None
    assert make_receipt("elsewhere", entry=entry, persons=[cast.ada], now=now) is None
    assert make_receipt(binding.site, entry="e_" + "a" * 20, persons=[cast.ada], now=now) is None


def test_a_receipt_still_holds_when_the_log_has_grown(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.ledger_reading import find_state
    from upheld.actions.receipts import make_receipt
    from upheld.core.seal.proof import verify_receipt

    entry = record_yes(binding, cast.ada, now)
    for _ in range(5):
        record_yes(binding, cast.bo, now)
        sequence_entries(binding.site, now)
    receipt = make_receipt(binding.site, entry=entry, persons=[cast.ada], now=now)
    assert receipt is not None
    assert verify_receipt(receipt.text).size == find_state(binding.site, now).size


def test_only_what_another_did_is_said_to_be_by_another(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.held import open_held
    from upheld.actions.ledger import write_line
    from upheld.actions.receipts import count_lines, list_lines
    from upheld.records.walls import enter_site

    open_held(binding, person=cast.bo, company=cast.works, now=now)
    with enter_site(binding.site):
        write_line(binding.site, "item.exported", at=now, person=cast.works.id, by="s_7", items=1)
    by_staff, by_bo = list_lines(binding.site, [cast.ada, cast.works], most=2)
    assert (by_staff.by, by_staff.is_by_staff, by_staff.is_by_user) == ("s_7", True, False)
    assert (by_bo.by, by_bo.is_by_staff, by_bo.is_by_user) == (cast.bo.id, False, True)
    # to Bo it was Bo, and the look is one of theirs; to Ada it is none of hers
    assert list_lines(binding.site, [cast.bo, cast.works], skip=1, most=1)[0].by == ""
    assert count_lines(binding.site, [cast.works, cast.ada], with_looks=False) == 4
    assert count_lines(binding.site, [cast.works, cast.bo], with_looks=False) == 3


def test_the_lines_are_the_person_s_own_the_newest_first(binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.receipts import count_lines, list_lines

    record_yes(binding, cast.bo, now)
    entry = record_yes(binding, cast.ada, now)
    lines = list_lines(binding.site, [cast.ada, cast.works])
    assert lines[0].entry == entry
    assert [line.kind for line in lines] == ["choice.recorded", "item.collected", "item.collected"]
    assert {line.about for line in lines} == {"you", "your company"}
    assert count_lines(binding.site, [cast.ada, cast.works]) == 3
    assert list_lines(binding.site, [cast.ada], most=1, skip=1)[0].kind == "item.collected"
