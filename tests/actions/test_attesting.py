"""What people vouch for: only who holds the role, only for the words of the policy in force, and only for its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast, binding, cast, databases, now
from upheld.core.errors import StaffError
from upheld.core.proof.evidence import AWAITED, HOLDS, LAPSED

__all__ = ["binding", "cast", "databases", "now"]


@pytest.fixture
def clerk(databases: dict[str, Path], binding: Any, now: datetime) -> Any:
    from upheld.actions.grants import give_grant
    from upheld.actions.staff import add_staff

    owner, clerk = add_staff("owner", is_owner=True), add_staff("clerk")
    give_grant(binding, staff=clerk, role="privacy-desk", reason="keeps the promises", given_by=owner, now=now)
    return clerk


def find_first(binding: Any) -> Any:
    from upheld.core.rights.attesting import list_statements

    return list_statements(binding.policy)[0]


def look(binding: Any, at: datetime) -> Any:
    from upheld.actions.attesting import gather_attested

    return gather_attested(binding, at)[find_first(binding).number]


def test_it_holds_until_its_time_is_over_to_the_second(clerk: Any, binding: Any, now: datetime) -> None:
    from upheld.actions.attesting import list_held, sign

    statement = find_first(binding)
    assert look(binding, now).outcome == AWAITED
    signed = sign(binding, statement.digest, by=clerk, note="walked through the exports", now=now)
    assert signed.until == now + statement.period == now + timedelta(days=90)
    held = look(binding, now)
    assert (held.outcome, held.lines) == (HOLDS, (signed.entry,))
    assert look(binding, signed.until - timedelta(seconds=1)).outcome == HOLDS
    assert look(binding, signed.until).outcome == LAPSED
    first = list_held(binding, now)[0]
    assert not first.is_due(now)
    assert first.is_due(signed.until - timedelta(days=14))


def test_who_does_not_hold_the_role_is_refused_and_it_is_written_down(clerk: Any, binding: Any, now: datetime) -> None:
    from upheld.actions.attesting import sign
    from upheld.actions.ledger_reading import list_lines
    from upheld.actions.staff import add_staff

    statement, stranger = find_first(binding), add_staff("stranger")
    with pytest.raises(StaffError, match="holds the role") as refused:
        sign(binding, statement.digest, by=stranger, now=now)
    assert refused.value.code == "W172"
    lapsed = now + timedelta(days=91)  # the clerk's own grant has not been looked at again
    with pytest.raises(StaffError):
        sign(binding, statement.digest, by=clerk, now=lapsed)
    assert len(list_lines(binding.site, kinds=("attestation.refused",))) == 2
    assert look(binding, now).outcome == AWAITED


def test_words_that_the_policy_does_not_have_are_vouched_for_by_nobody(clerk: Any, binding: Any, now: datetime) -> None:
    from upheld.actions.attesting import sign

    with pytest.raises(StaffError) as refused:
        sign(binding, "0" * 64, by=clerk, now=now)
    assert refused.value.code == "W171"


def test_what_is_taken_back_counts_for_nothing(clerk: Any, cast: Cast, binding: Any, now: datetime) -> None:
    from upheld.actions.attesting import sign, take_back
    from upheld.actions.staff import add_staff

    signed = sign(binding, find_first(binding).digest, by=clerk, now=now)
    with pytest.raises(StaffError) as refused:
        take_back(binding, signed.id, by=add_staff("other"), now=now)
    assert refused.value.code == "W173"
    take_back(binding, signed.id, by=clerk, now=now)
    assert look(binding, now).outcome == AWAITED


def test_whoever_signs_twice_is_one_voice_and_a_signature_of_the_future_is_none(
    clerk: Any, binding: Any, now: datetime
) -> None:
    from upheld.actions import attesting
    from upheld.actions.attesting import HeldStatement, keep_latest, list_held, sign

    statement = find_first(binding)
    sign(binding, statement.digest, by=clerk, now=now)
    again = sign(binding, statement.digest, by=clerk, now=now + timedelta(days=1))
    later = now + timedelta(days=2)
    assert keep_latest(list_held(binding, later)[0].signatures) == [again]
    assert look(binding, later).count == 1
    assert look(binding, now).lines != look(binding, later).lines
    two = replace(statement, voices=2)
    held = list_held(binding, later)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attesting, "list_held", lambda *_: (HeldStatement(two, held.signatures, None),))
        found = look(binding, later)
    assert (found.outcome, found.says) == (AWAITED, "1 of 2 who have to vouch did")
