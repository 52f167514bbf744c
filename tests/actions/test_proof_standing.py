"""How proofs stand over time: each sentence since its last change, each day by its last proof, whatever text it was of."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.actions.stage import binding, databases, now
from tests.pages.proofs import find_rule, record_proof
from upheld.core.gate.binding import Binding

__all__ = ["binding", "databases", "now"]

DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("databases")


def test_a_sentence_stands_so_since_it_last_changed(binding: Binding, now: datetime) -> None:
    from upheld.actions.proof_standing import find_since

    number = find_rule(binding.policy, "collect")
    ref = binding.policy.active_rules[number].sentences[0]
    record_proof(binding, now - 3 * DAY)
    record_proof(binding, now - 2 * DAY, broken=number)
    record_proof(binding, now - DAY, broken=number)
    since = find_since(binding.site)
    sentence, other = (binding.policy.find_sentence(one) for one in (ref, binding.policy.sentences[-1].ref))
    assert sentence is not None
    assert other is not None
    assert since[ref, sentence.digest] == now - 2 * DAY
    assert since[other.ref, other.digest] == now - 3 * DAY


def test_each_day_counts_by_its_last_proof(binding: Binding, now: datetime) -> None:
    from upheld.actions.proof_standing import count_by_day

    number = find_rule(binding.policy, "collect")
    record_proof(binding, now - 2 * DAY)
    record_proof(binding, now - timedelta(hours=3))
    record_proof(binding, now, broken=number)
    days = count_by_day(binding.site, now, 3)
    assert [one.day for one in days] == [(now - n * DAY).date() for n in (2, 1, 0)]
    assert days[1].counts == {}
    assert days[0].counts["broken"] == 0
    assert days[2].counts["broken"] > 0
    assert sum(days[2].counts.values()) == len(binding.policy.sentences)


def test_the_newest_run_for_a_text_and_the_newest_of_all(binding: Binding, now: datetime) -> None:
    from upheld.actions import proving
    from upheld.actions.proof_standing import find_last_runs, find_reasons, find_serials

    assert find_last_runs(binding.site, binding.policy.digest) == (None, None)
    done = record_proof(binding, now)
    broken = proving.begin_run(binding, cause="daily", code="c" * 64, now=now + DAY)
    proving.break_off(binding.site, broken, reason="killed", now=now + DAY)
    newest, last = find_last_runs(binding.site, binding.policy.digest)
    assert newest is not None
    assert last is not None
    assert (newest.id, last.id) == (done, broken)
    assert find_last_runs(binding.site, "0" * 64)[0] is None
    assert find_reasons(binding.site, (newest, last)) == {broken: "killed"}
    assert list(find_serials(binding.site, (newest.entry, "e_nothing"))) == [newest.entry]
