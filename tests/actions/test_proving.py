"""Proofs on record: how far a run is, what it leaves, what changed since the one before, and when the next one is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast, binding, cast, databases, now
from tests.pages.proofs import find_rule, invent_proof
from upheld.core.proof.bundle import COUNTED
from upheld.core.proof.runs import Proof, digest_proof, write_proof
from upheld.core.proof.states import BROKEN, STATES

__all__ = ["binding", "cast", "databases", "now"]

pytestmark = pytest.mark.usefixtures("databases")

CODE = "c" * 64  # of the invented proofs
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def make(binding: Any, at: datetime, broken: int = -1, cause: str = "daily", **others: Any) -> tuple[str, Proof, Any]:
    """A finished run: its id, its proof, what changed."""
    from upheld.actions.proving import begin_run, finish_run

    proof = invent_proof(binding.policy, at, broken=broken, **others)
    run = begin_run(binding, cause=cause, code=proof.code, now=at - 40 * SECOND)
    return run, proof, finish_run(binding, run, proof, at)


def list_lines(binding: Any, *kinds: str) -> list[Any]:
    """The lines of these kinds, the first one first."""
    from upheld.actions.ledger_reading import list_lines

    return sorted(list_lines(binding.site, kinds=kinds), key=lambda line: (line.at, line.place))


def read_body(binding: Any, line: str) -> dict[str, Any]:
    """What a line of the ledger says, as it was written."""
    import json

    from upheld.records.models import Entry
    from upheld.records.walls import read_site

    with read_site(binding.site):
        text = Entry.objects.get(site=binding.site, id=line).text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_run_begins_says_how_far_it_is_and_ends_with_its_proof(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import begin_run, find_run, finish_run, list_runs, read_newest, tell_progress

    run = begin_run(binding, cause="deploy", code=CODE, now=now)
    held = find_run(binding.site, run)
    assert held is not None
    assert (held.state, held.cause, held.done_rules, held.ended_at) == ("running", "deploy", 0, None)
    assert held.rules == len(binding.policy.active_rules)
    assert read_newest(binding.site) is None
    tell_progress(binding.site, run, 34)
    told = find_run(binding.site, run)
    assert told is not None
    assert told.done_rules == 34
    proof = invent_proof(binding.policy, now + MINUTE, faults=("the clock was set back",))
    finish_run(binding, run, proof, now + MINUTE)
    tell_progress(binding.site, run, 35)  # comes too late
    found = read_newest(binding.site, binding.policy.digest)
    assert found is not None
    done, kept = found
    assert kept == proof
    assert (done.state, done.done_rules, done.ended_at) == ("done", held.rules, now + MINUTE)
    assert (done.version, done.digest, done.code) == ("2016-10-03", binding.policy.digest, CODE)
    assert dict(done.counts) == dict(proof.count_states())
    assert done.faults == ("the clock was set back",)
    assert done.text_digest == digest_proof(write_proof(proof))
    assert [one.id for one in list_runs(binding.site)] == [run]


def test_the_line_of_a_proof_names_it_by_its_digest_and_counts_each_state(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import find_run

    run, proof, _ = make(binding, now)
    held = find_run(binding.site, run)
    assert held is not None
    line = read_body(binding, held.entry)
    assert line["kind"] == "proof.made"
    body = line["body"]
    assert body["digest"] == held.text_digest
    assert (body["policy"], body["code"], body["cause"]) == (binding.policy.digest, CODE, "daily")
    assert {state: body[COUNTED[state]] for state in STATES} == dict(proof.count_states())
    assert body["outcome"] == "done"
    assert line["at"] == "2026-11-20T09:00:00Z"
    for others in ({"broken": find_rule(binding.policy, "collect")}, {"faults": ("an altered ledger",)}):
        run, _, _ = make(binding, now + MINUTE, **others)
        held = find_run(binding.site, run)
        assert held is not None
        assert read_body(binding, held.entry)["body"]["outcome"] == "failed"


def test_what_broke_and_what_was_mended_has_its_line_and_stands_in_the_history(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import list_changes

    first, proof, changes = make(binding, now)
    assert {one.sentence: (one.was, one.state, one.why) for one in changes} == {
        one.ref: ("", one.state, one.why) for one in proof.sentences
    }
    assert list_lines(binding, "proof.broken", "proof.mended") == []
    _, _, changes = make(binding, now + DAY)
    assert changes == ()  # nothing is another than the day before
    number = find_rule(binding.policy, "collect")
    third, broken_proof, changes = make(binding, now + 2 * DAY, broken=number)
    broken = {one.ref for one in broken_proof.sentences if one.state == BROKEN}
    assert broken == set(binding.policy.active_rules[number].sentences)
    assert {one.sentence for one in changes} == broken
    assert {one.state for one in changes} == {BROKEN}
    lines = list_lines(binding, "proof.broken", "proof.mended")
    assert [(line.kind, line.at) for line in lines] == [("proof.broken", now + 2 * DAY)] * len(broken)
    assert {ref for line in lines for ref in read_body(binding, line.id)["body"]["because"]} == broken
    make(binding, now + 3 * DAY, broken=number)
    assert len(list_lines(binding, "proof.broken", "proof.mended")) == len(broken)  # it was said already
    fifth, _, changes = make(binding, now + 4 * DAY)
    assert {one.was for one in changes} == {BROKEN}
    lines = list_lines(binding, "proof.mended")
    assert {ref for line in lines for ref in read_body(binding, line.id)["body"]["because"]} == broken
    assert {read_body(binding, line.id)["body"]["run"] for line in lines} == {fifth}
    ref = min(broken)
    assert [one.run for one in list_changes(binding.site, sentence=ref)] == [fifth, third, first]
    assert {one.sentence for one in list_changes(binding.site, run=third)} == broken


def test_other_words_under_the_same_number_are_another_sentence(binding: Any, now: datetime) -> None:
    from dataclasses import replace

    from upheld.actions.proving import begin_run, finish_run

    number = find_rule(binding.policy, "collect")
    make(binding, now, broken=number)
    ref = binding.policy.active_rules[number].sentences[0]
    proof = invent_proof(binding.policy, now + DAY)
    sentences = tuple(replace(one, digest="d" * 64) if one.ref == ref else one for one in proof.sentences)
    run = begin_run(binding, cause="change", code=CODE, now=now + DAY - MINUTE)
    changes = {one.sentence: one for one in finish_run(binding, run, replace(proof, sentences=sentences), now + DAY)}
    assert changes[ref].was == ""  # nobody had proven these words before
    mended = [read_body(binding, line.id)["body"]["because"] for line in list_lines(binding, "proof.mended")]
    assert [ref] not in mended


def test_a_run_that_breaks_off_leaves_a_line_and_no_proof(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import begin_run, break_off, find_run, list_changes, read_newest, tell_progress

    first, proof, _ = make(binding, now - DAY)
    run = begin_run(binding, cause="daily", code=CODE, now=now)
    tell_progress(binding.site, run, 12)
    break_off(binding.site, run, reason="killed", now=now + MINUTE)
    break_off(binding.site, run, reason="again", now=now + 2 * MINUTE)  # it is over
    held = find_run(binding.site, run)
    assert held is not None
    assert (held.state, held.done_rules, held.ended_at, held.text_digest) == ("broke-off", 12, now + MINUTE, "")
    (line,) = list_lines(binding, "proof.broke-off")
    assert line.id == held.entry
    body = read_body(binding, line.id)["body"]
    assert (body["run"], body["cause"], body["reason"]) == (run, "daily", "killed")
    assert list_changes(binding.site, run=run) == ()
    newest = read_newest(binding.site, binding.policy.digest)
    assert newest is not None
    assert (newest[0].id, newest[1]) == (first, proof)


def test_a_run_that_was_left_counts_as_broken_off_when_the_next_one_begins(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import begin_run, find_run, finish_run
    from upheld.core.errors import VaultError

    left = begin_run(binding, cause="daily", code=CODE, now=now)
    run = begin_run(binding, cause="asked", code=CODE, now=now + MINUTE)
    held = find_run(binding.site, left)
    assert held is not None
    assert held.state == "broke-off"
    (line,) = list_lines(binding, "proof.broke-off")
    assert read_body(binding, line.id)["body"]["reason"] == "left"
    with pytest.raises(VaultError, match="V827"):  # it was alive after all: what it saw is older than what comes now
        finish_run(binding, left, invent_proof(binding.policy, now), now + 2 * MINUTE)
    assert list_lines(binding, "proof.made") == []
    finish_run(binding, run, invent_proof(binding.policy, now), now + 2 * MINUTE)
    assert len(list_lines(binding, "proof.made")) == 1


def test_nothing_is_kept_of_a_proof_whose_lines_could_not_be_written(
    binding: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import proving

    def refuse(_site: str, kind: str, **_fields: Any) -> str:
        raise OSError(kind)

    run = proving.begin_run(binding, cause="daily", code=CODE, now=now)
    proof = invent_proof(binding.policy, now)
    with monkeypatch.context() as patch:
        patch.setattr(proving, "write_line", refuse)
        with pytest.raises(OSError, match=r"proof\.made"):
            proving.finish_run(binding, run, proof, now + MINUTE)
    held = proving.find_run(binding.site, run)
    assert held is not None
    assert held.state == "running"
    assert proving.list_changes(binding.site) == ()
    assert proving.read_newest(binding.site) is None
    assert list_lines(binding, "proof.made", "proof.broken") == []


def test_evidence_for_another_text_is_not_read(binding: Any, now: datetime) -> None:
    from upheld.actions.newest_proof import find_newest, forget_newest
    from upheld.actions.proving import read_newest

    run, _, _ = make(binding, now)
    forget_newest()
    assert read_newest(binding.site, "d" * 64) is None
    assert find_newest(binding.site, "d" * 64) is None
    newest = find_newest(binding.site, binding.policy.digest)
    assert newest is not None
    assert newest.id == run
    assert read_newest("another", binding.policy.digest) is None


def test_of_old_runs_the_counts_and_the_changes_stay_and_the_text_goes(
    binding: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import proving
    from upheld.records.models import ProofRun
    from upheld.records.walls import read_site

    monkeypatch.setattr(proving, "TEXTS_KEPT", 2)
    made = [make(binding, now + days * DAY)[0] for days in range(4)]
    with read_site(binding.site):
        held = {row.id: bool(row.text) for row in ProofRun.objects.filter(site=binding.site)}
    assert [held[run] for run in made] == [False, False, True, True]
    runs = proving.list_runs(binding.site)
    assert [one.id for one in runs] == made[::-1]
    assert all(one.counts and one.text_digest and one.entry for one in runs)
    assert len(proving.list_changes(binding.site, run=made[0], most=1000)) == len(binding.policy.sentences)
    newest = proving.read_newest(binding.site, binding.policy.digest)
    assert newest is not None
    assert newest[0].id == made[-1]
    assert [one.id for one in proving.list_runs(binding.site, most=2)] == made[:1:-1]


def find_cause(binding: Any, now: datetime, code: str = CODE, **others: Any) -> str:
    from upheld.actions import proving

    return proving.find_cause(binding, code=code, now=now, **others)


def test_a_program_that_was_never_proven_here_is_a_cause(binding: Any, now: datetime) -> None:
    assert find_cause(binding, now) == "deploy"
    make(binding, now)
    assert find_cause(binding, now + SECOND) == ""
    assert find_cause(binding, now + SECOND, code="d" * 64) == "deploy"
    # this process has had it proven: the program on the disk is another than the one that runs, and no proof mends that
    assert find_cause(binding, now + SECOND, code="d" * 64, is_begun=True) == ""


def test_a_text_that_was_never_proven_is_a_cause(binding: Any, now: datetime) -> None:
    from upheld.core.gate.binding import Binding

    make(binding, now)
    earlier = Binding(binding.site, binding.gates, min(binding.gates))
    assert earlier.policy.digest != binding.policy.digest
    assert find_cause(earlier, now + SECOND) == "change"
    assert find_cause(earlier, now + SECOND, code="d" * 64, is_begun=True) == "change"


def test_a_day_after_the_last_one_began_the_next_is_due_to_the_second(binding: Any, now: datetime) -> None:
    make(binding, now)
    began = now - 40 * SECOND
    assert find_cause(binding, began + DAY - SECOND) == ""
    assert find_cause(binding, began + DAY) == "daily"


def test_none_is_due_while_one_runs_and_one_that_was_left_counts_as_broken_off(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import AGAIN_AFTER, LONGEST_RUN, ask_for_run, begin_run, find_running

    run = begin_run(binding, cause="deploy", code=CODE, now=now)
    almost = now + LONGEST_RUN - SECOND
    assert find_cause(binding, now + SECOND) == ""
    assert find_cause(binding, almost) == ""
    held = find_running(binding.site, almost)
    assert held is not None
    assert held.id == run
    assert not ask_for_run(binding, by="s_1", now=almost)
    assert find_running(binding.site, now + LONGEST_RUN) is None
    assert find_cause(binding, now + AGAIN_AFTER - SECOND) == ""
    assert find_cause(binding, now + AGAIN_AFTER) == "deploy"


def test_after_one_broke_off_the_next_waits_unless_somebody_asks(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import AGAIN_AFTER, ask_for_run, begin_run, break_off

    run = begin_run(binding, cause="deploy", code=CODE, now=now)
    break_off(binding.site, run, reason="fell-over", now=now + MINUTE)
    assert find_cause(binding, now + AGAIN_AFTER - SECOND) == ""
    assert find_cause(binding, now + AGAIN_AFTER) == "deploy"
    assert ask_for_run(binding, by="s_1", now=now + 2 * MINUTE)
    assert find_cause(binding, now + 2 * MINUTE) == "deploy"  # what is due for a graver cause is called by it


def test_a_wish_is_a_cause_until_a_run_begins(binding: Any, now: datetime) -> None:
    from upheld.actions.proving import ask_for_run, begin_run, find_wish

    make(binding, now)
    assert find_wish(binding.site) is None
    assert ask_for_run(binding, by="s_1", now=now + MINUTE)
    assert find_wish(binding.site) == now + MINUTE
    assert find_cause(binding, now + 2 * MINUTE) == "asked"
    begin_run(binding, cause="asked", code=CODE, now=now + 2 * MINUTE)
    assert find_wish(binding.site) is None
    assert not ask_for_run(binding, by="s_1", now=now + 3 * MINUTE)  # one is being made
    (line,) = list_lines(binding, "proof.asked")
    assert read_body(binding, line.id)["body"]["by"] == "s_1"


def test_no_value_of_a_person_stands_in_what_a_proof_leaves(binding: Any, cast: Cast, now: datetime) -> None:
    from tests.actions.stage import ADA
    from upheld.records.models import Entry, ProofRun
    from upheld.records.walls import read_site

    run, _, _ = make(binding, now)
    with read_site(binding.site):
        text = ProofRun.objects.get(id=run).text
        text += "".join(
            Entry.objects.filter(site=binding.site, kind__startswith="proof.").values_list("text", flat=True)
        )
    assert len(text) > 10_000
    assert not [value for value in ADA.values() if value in text]
