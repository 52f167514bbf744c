"""A proof on record becomes a bundle that verifies offline, as soon as its line has a place in the ledger, and not before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.senders import book_one
from tests.actions.stage import Cast
from upheld.core.errors import SealError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import HOLDS, OBSERVED, Evidence
from upheld.core.proof.formally import show_formally
from upheld.core.proof.recounting import recount_ledger
from upheld.core.proof.runs import Ledger, Proof, make_proof
from upheld.core.proof.verifying import verify_bundle
from upheld.core.seal.entries import write_moment

CODE = "c0de" * 16


@pytest.fixture(scope="module")
def formal() -> dict[int, Evidence]:
    """Filled by the first test that proves; it is the same for all."""
    return {}


def prove(
    binding: Binding,
    now: datetime,
    formal: dict[int, Evidence],
    lines: tuple[str, ...] = (),
    observed: Mapping[int, Evidence] | None = None,
    **others: Any,
) -> tuple[str, Proof]:
    """A run on record with formal evidence, and one observed piece that rests on these lines; its id and the proof."""
    from upheld.actions.ledger import find_size, name_origin, read_tiles
    from upheld.actions.proving import begin_run, finish_run
    from upheld.core.seal.log import root_of
    from upheld.records.walls import enter_site

    at = write_moment(now)
    if not formal:
        formal |= show_formally(binding.gate, at)
    evidence = {number: [one] for number, one in formal.items()}
    number = next(number for number, rule in enumerate(binding.policy.active_rules) if rule.form == "collect")
    for place, one in (
        observed or {number: Evidence(OBSERVED, HOLDS, "so many", (), len(lines), at, at, at, lines)}
    ).items():
        evidence.setdefault(place, []).append(one)
    with enter_site(binding.site):
        size = find_size(binding.site)
        root = root_of(size, read_tiles(binding.site)).hex() if size else ""
    run = begin_run(binding, cause="asked", code=CODE, now=now)
    values: Mapping[str, Any] = {
        "code": CODE,
        "cause": "asked",
        "began": at,
        "ended": at,
        "kinds": ("formal", "observed"),
        "ledger": Ledger(name_origin(binding.site), size, root),
    }
    proof = make_proof(binding.policy, evidence, **values)
    finish_run(binding, run, replace(proof, **others), now)
    return run, proof


def test_a_proof_on_record_is_given_out_as_a_bundle_that_verifies(
    binding: Binding, now: datetime, cast: Cast, formal: dict[int, Evidence]
) -> None:
    from upheld.actions.bundles import export_bundle
    from upheld.actions.ledger import find_verifier_key, sequence_entries
    from upheld.actions.ledger_export import export_ledger
    from upheld.actions.ledger_reading import list_lines
    from upheld.core.seal.proof import verify_export

    site, texts = binding.site, [gate.table.policy.text for gate in binding.gates.values()]
    sequence_entries(site, now)
    seen = tuple(line.id for line in list_lines(site, most=2) if line.place is not None)
    assert len(seen) == 2
    run, proof = prove(binding, now, formal, seen)
    assert export_bundle(site, run, now, texts) is None, "its line has no place yet"
    sequence_entries(site, now)
    raw = export_bundle(site, run, now, texts)
    assert raw is not None
    key = find_verifier_key(site, now)
    found = verify_bundle(raw, key, policy_text=binding.policy.text, code=CODE)
    assert found.proof == proof
    assert found.recomputed == len(formal)
    assert found.lines == 3
    assert [policy.version for policy in found.earlier] == sorted(binding.gates)[:-1]
    assert (found.made.body["run"], found.origin) == (run, f"upheld/{site}")
    sequence_entries(site, now + timedelta(hours=1))
    assert verify_export(export_ledger(site, now), key, [found.checkpoint]).size >= found.size
    assert export_bundle(site, "pr_" + "z" * 20, now, texts) is None


def test_what_was_observed_is_counted_again_from_the_whole_ledger(
    binding: Binding, now: datetime, cast: Cast, formal: dict[int, Evidence]
) -> None:
    from upheld.actions.bundles import export_bundle
    from upheld.actions.ledger import find_verifier_key, sequence_entries
    from upheld.actions.ledger_export import export_ledger
    from upheld.actions.observing import observe

    site, texts = binding.site, [gate.table.policy.text for gate in binding.gates.values()]
    book_one(binding, cast.bo, now)
    sequence_entries(site, now)
    seen = observe(binding, now, tell=lambda _done, _of: None)
    assert not seen.faults
    observed = {number: replace(one, at=write_moment(now)) for number, one in seen.evidence.items()}
    bundles = []
    for changed in ({}, _count_more(observed)):
        run, _ = prove(binding, now, formal, observed=observed | changed, ledger=seen.ledger)
        sequence_entries(site, now)
        raw = export_bundle(site, run, now, texts)
        assert raw is not None
        bundles.append(verify_bundle(raw, find_verifier_key(site, now)))
    export = list(export_ledger(site, now))
    lines = [line[:-1] for line in export if line.startswith('{"at":"')]
    assert recount_ledger(bundles[0], lines) == len([one for one in observed.values() if one.outcome != "broke off"])
    with pytest.raises(SealError, match="in the ledger, and there are"):
        recount_ledger(bundles[1], lines)
    with pytest.raises(SealError, match="and the export has"):
        recount_ledger(bundles[0], lines[: seen.ledger.size - 1])
    with pytest.raises(SealError, match="cannot be read again"):
        recount_ledger(bundles[0], ["{}", *lines])


def _count_more(observed: dict[int, Evidence]) -> dict[int, Evidence]:
    """One piece of evidence that counts one more than there is."""
    number, one = next((number, one) for number, one in observed.items() if one.outcome == HOLDS and one.count)
    return {number: replace(one, count=(one.count or 0) + 1)}


def test_no_bundle_is_made_of_what_is_not_there(
    binding: Binding, now: datetime, cast: Cast, formal: dict[int, Evidence]
) -> None:
    from upheld.actions.bundles import export_bundle
    from upheld.actions.ledger import sequence_entries
    from upheld.records.models import ProofRun
    from upheld.records.walls import enter_site

    site, texts = binding.site, [binding.policy.text]
    run, _ = prove(binding, now, formal, ("e_" + "z" * 20,))
    sequence_entries(site, now)
    with pytest.raises(VaultError, match="rests on 2 lines of the ledger, and 1 are there"):
        export_bundle(site, run, now, texts)
    run, _ = prove(binding, now, formal)
    sequence_entries(site, now)
    assert export_bundle(site, run, now, texts)
    with pytest.raises(VaultError, match="the text that was proven is not on record any more"):
        export_bundle(site, run, now)
    with enter_site(site):
        ProofRun.objects.filter(id=run).update(text="")
    with pytest.raises(VaultError, match="only its counts were kept"):
        export_bundle(site, run, now, texts)


def test_a_proof_that_was_altered_in_the_database_is_not_given_out(
    binding: Binding, now: datetime, cast: Cast, formal: dict[int, Evidence]
) -> None:
    from upheld.actions.bundles import export_bundle
    from upheld.actions.ledger import sequence_entries
    from upheld.records.models import ProofRun
    from upheld.records.walls import enter_site

    site = binding.site
    run, proof = prove(binding, now, formal)
    sequence_entries(site, now)
    with enter_site(site):
        row = ProofRun.objects.get(id=run)
        row.text = row.text.replace('"count":0', '"count":7', 1)
        row.save(update_fields=["text"])
    with pytest.raises(SealError, match="not the one that the ledger names"):
        export_bundle(site, run, now, [binding.policy.text])
    run, _ = prove(binding, now, formal, rules=tuple(replace(rule, state="upheld") for rule in proof.rules))
    sequence_entries(site, now)
    with pytest.raises(SealError, match="by its evidence it is"):
        export_bundle(site, run, now, [binding.policy.text])
