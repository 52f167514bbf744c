"""Rehearsals under policies that are unlike the courier's: one without accounts, and one in which a choice keeps a part here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.house.files import ROOT
from upheld.core.policy.versions import load_versions
from upheld.core.proof.evidence import HOLDS, LACKS, MISSING, WORKS, Evidence
from upheld.server.proof_desk import list_files
from upheld.server.rehearsal_desk import rehearse_all

MOMENT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def rehearse_some(name: str, beginnings: tuple[str, ...], folder: Path) -> list[Evidence]:
    """The evidence for the rules that begin so, in this order, from one process."""
    policy = load_versions(ROOT / "policies" / name).newest
    bodies = [rule.text.partition(") ")[2] or rule.text for rule in policy.active_rules]
    numbers = [next(place for place, text in enumerate(bodies) if text.startswith(one)) for one in beginnings]
    found = rehearse_all(
        list_files(policy), name, numbers, moment=MOMENT, digest=policy.digest, workers=1, folder=folder
    )
    assert not found.faults
    return [found.evidence[number] for number in numbers]


def list_missing(one: Evidence) -> list[str]:
    return [step.says for step in one.steps if step.sort == MISSING]


def test_without_accounts_whoever_sent_a_form_stands_in_for_the_customer(tmp_path: Path) -> None:
    rules = (
        "keep visit 30 days",  # by a house of which the tree was signed before
        "show message.text only to",
        "show visit in aggregate",
        "answer access requests",
        "protect anything by access control, lockout",
        "share what you send us with authorities",
        "never use what you send us for marketing",
    )
    found = dict(zip(rules, rehearse_some("american-laser", rules, tmp_path), strict=True))
    assert all(step.is_kept for one in found.values() for step in one.steps)
    assert found[rules[0]].outcome == found[rules[1]].outcome == HOLDS
    assert sum(step.sort == WORKS for step in found[rules[1]].steps) == 2
    assert [found[rule].outcome for rule in rules[2:]] == [LACKS] * 5
    assert any("the mailbox of whoever asked" in step.says for step in found[rules[3]].steps)
    assert any("pages of the console without a sign-in" in step.says for step in found[rules[4]].steps)
    assert list_missing(found[rules[5]]) == [
        "the desk is tried with somebody who has an account, and this policy lets nobody have one"
    ]


def test_one_of_several_grounds_is_enough_and_what_stays_here_does_not_keep_the_rest(tmp_path: Path) -> None:
    rules = (
        "share what is on record about you with authorities",
        "share what is on record about you with successor",
        "answer question requests",
        "show contact phone",
    )
    demanded, merged, asked, phone = rehearse_some("imagelab-app", rules, tmp_path)
    assert demanded.outcome == merged.outcome == phone.outcome == HOLDS, (demanded.says, merged.says, phone.says)
    assert asked.outcome == LACKS
    assert any("by itself takes in the text of a mail" in says for says in list_missing(asked))
    assert any(step.says.startswith("somebody asks for question by form") for step in asked.steps)


def test_the_desk_vouches_by_its_grant_and_a_form_of_one_field_is_filled_in_without_a_token(tmp_path: Path) -> None:
    rules = ("share person with authorities for safety", "protect what is on record about you by field encryption")
    released, sealed = rehearse_some("imagelab-web", rules, tmp_path)
    assert released.outcome == sealed.outcome == HOLDS, (released.says, sealed.says)
