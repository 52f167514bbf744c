"""upheld verify, of bundles of proofs and of the OSCAL results written from them: offline, with the expected exit codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.core.proof.invented import CODE, KEY, SMALL, change_evidence, invent_bundle, invent_house
from upheld.core.proof.evidence import FAILS, OBSERVED
from upheld.core.proof.history import replay
from upheld.core.proof.observing import observe_rules
from upheld.core.proof.oscal import write_oscal
from upheld.core.seal.proof import write_export

GOOD = invent_bundle()


@pytest.fixture
def files(shop: Path) -> Path:
    (shop / "bundle.json").write_bytes(GOOD)
    (shop / "oscal.json").write_bytes(write_oscal(GOOD))
    (shop / "ledger.key").write_text(KEY + "\n", encoding="utf-8")
    (shop / "mine.policy.md").write_text(SMALL, encoding="utf-8")
    (shop / "other.policy.md").write_text(SMALL.replace("30 days", "31 days"), encoding="utf-8")
    return shop


def test_a_bundle_verifies_and_says_what_it_shows(run: Run, files: Path) -> None:
    ended = run("verify", "bundle.json", "--key", "ledger.key", "--policy", "mine.policy.md", "--code", CODE)
    assert ended.code == 0, ended.out
    assert ended.out.startswith(
        "verified: what each sentence of `shop` 2025-05-01 came to, as of 2026-11-20T09:00:40Z\n"
    )
    for said in (
        "  sentences    1 stated, 3 upheld\n",
        "  states       follow from the evidence, for all 10 rules\n",
        "  all cases    checked again for 8 rules, with the same outcome\n",
        "  rests on     9 lines of the ledger `upheld/shop`, each of which leads to its root\n",
        "  named by     line 12 of 13, at 2026-11-20T09:00:40Z\n",
        "the one you gave",
        ", the one you named",
        "  key          the one you trust\n",
    ):
        assert said in ended.out


def test_oscal_results_verify_by_the_bundle_in_them(run: Run, files: Path) -> None:
    ended = run("verify", "oscal.json", "--key", "ledger.key")
    assert ended.code == 0
    assert "results      are what is written from the bundle in them, to the byte" in ended.out
    text = (files / "oscal.json").read_text(encoding="utf-8")
    changed = text.replace('"state":"satisfied"', '"state":"not-satisfied"', 1)
    assert changed != text
    (files / "oscal.json").write_text(changed, encoding="utf-8")
    ended = run("verify", "oscal.json", "--key", "ledger.key")
    assert ended.code == 1
    assert "the results are not those of the bundle that lies in them" in ended.out


def test_a_broken_sentence_verifies_and_is_named(run: Run, files: Path) -> None:
    house, proof = invent_house()
    changed = change_evidence(proof, 0, OBSERVED, outcome=FAILS, says="a line goes against it")
    (files / "broken.json").write_bytes(house.bundle(house.prove(changed, faults=("the clock was set back",))))
    ended = run("verify", "broken.json", "--key", KEY)
    assert ended.code == 0
    assert "  broken       shop#what-we-promise.1: a line goes against it\n" in ended.out
    assert "  FAULT        the clock was set back\n" in ended.out


def test_without_a_key_or_a_policy_it_says_what_that_does_not_show(run: Run, files: Path) -> None:
    ended = run("verify", "bundle.json")
    assert ended.code == 0
    assert "this shows only that the file fits itself" in ended.out
    assert "give the one that is in force with --policy" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--policy", "other.policy.md"), "the evidence is for another text of the policy than the one you gave"),
        (("--code", "a" * 64), "the evidence is for another program than the one you named"),
        (("--newer-than", "2026-11-21"), "the evidence is older than 2026-11-21T00:00:00Z"),
        (("--newer-than", "2026-11-20T09:00:01Z"), "the evidence is older than 2026-11-20T09:00:01Z"),
    ],
)
def test_what_is_older_or_for_something_else_does_not_verify(
    run: Run, files: Path, words: tuple[str, ...], said: str
) -> None:
    ended = run("verify", "bundle.json", *words)
    assert ended.code == 1
    assert ended.out.startswith("does not verify: ")
    assert said in ended.out
    assert "hint: " in ended.out


def test_a_flipped_byte_does_not_verify(run: Run, files: Path) -> None:
    for place in range(0, len(GOOD), 1777):
        (files / "bundle.json").write_bytes(bytes([*GOOD[:place], GOOD[place] ^ 1, *GOOD[place + 1 :]]))
        ended = run("verify", "bundle.json")
        assert ended.code in (1, 2), place
        assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--newer-than", "yesterday"), "`yesterday` is no moment"),
        (("--code", "abc"), "`abc` is no digest"),
        (("--policy", "nowhere.policy.md"), "does not exist"),
        (("--key", "nowhere.key"), "`nowhere.key` is neither a key nor a file"),
    ],
)
def test_what_cannot_be_read_ends_with_2(run: Run, files: Path, words: tuple[str, ...], said: str) -> None:
    ended = run("verify", "bundle.json", *words)
    assert ended.code == 2
    assert said in ended.err


def test_a_forged_bundle_sends_no_signs_to_the_terminal(run: Run, files: Path) -> None:
    house, proof = invent_house()
    changed = change_evidence(proof, 0, OBSERVED, outcome=FAILS, says="\x1b[2Jall is well\u202e")
    (files / "forged.json").write_bytes(house.bundle(house.prove(changed)))
    ended = run("verify", "forged.json")
    assert ended.code == 0
    assert ended.out.replace("\n", "").isprintable()


def write_both(folder: Path, **changes: int) -> None:
    """A bundle whose observed evidence is what its ledger shows (but for `changes` of a count), and that whole ledger."""
    house, proof = invent_house()
    at = proof.began
    again = observe_rules(house.policy, replay({house.policy.version: house.policy}, house.texts.values()), at=at)
    evidence = {rule.number: [one for one in rule.evidence if one.kind != OBSERVED] for rule in proof.rules}
    for number, one in again.items():
        evidence[number].append(replace(one, **changes))
    (folder / "seen.json").write_bytes(house.bundle(house.prove(evidence)))
    written = write_export(key=KEY, entries=house.texts.values(), checkpoints=[house.note()])
    (folder / "ledger.jsonl").write_text("".join(written), encoding="utf-8")


def test_what_was_observed_is_counted_again_from_an_export(run: Run, files: Path) -> None:
    write_both(files)
    ended = run("verify", "seen.json", "--key", KEY, "--ledger", "ledger.jsonl")
    assert ended.code == 0, ended.out
    assert "  counted      again from the 11 lines that were looked at, of 13; the same for" in ended.out
    write_both(files, count=7)
    ended = run("verify", "seen.json", "--key", KEY, "--ledger", "ledger.jsonl")
    assert ended.code == 1
    assert "the bundle counts 7 in the ledger, and there are 0" in ended.out
    ended = run("verify", "bundle.json", "--key", KEY, "--ledger", "ledger.jsonl")
    assert ended.code == 1, "a ledger of somebody else"
    text = (files / "ledger.jsonl").read_text(encoding="utf-8")
    (files / "ledger.jsonl").write_text(text.replace("staff.closed", "staff.hired", 1), encoding="utf-8")
    ended = run("verify", "seen.json", "--key", KEY, "--ledger", "ledger.jsonl")
    assert ended.code == 1
    assert "the first 13 lines are not those of the checkpoint" in ended.out
    assert run("verify", "seen.json", "--ledger", "nowhere.jsonl").code == 2
