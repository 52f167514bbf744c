"""The proof beside the policy: who may read it, of which text it is, what is told and what is not."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import binding, databases
from tests.pages.account.visitors import Visitor, settings_as, site
from tests.pages.proofs import LACKING, LINE, SEEN, find_rule, invent_proof, record_proof
from tests.web.sites import Workshop, open_workshop
from upheld.core.proof.evidence import ATTESTED, HOLDS, LACKS, OBSERVED, REHEARSED, WORKS, Evidence, Step
from upheld.core.proof.states import STATES
from upheld.web.proof_words import KINDS, LEAST, mark_state, sum_up_sentence, view_evidence

__all__ = ["binding", "databases", "settings_as", "site"]

ADDRESSES = ("/privacy/proof", "/privacy/proof.pdf", "/privacy/proof/cookies.1")


@pytest.fixture
def visitor(site: None) -> Visitor:
    from upheld.actions.newest_proof import forget_newest

    forget_newest()
    return Visitor()


def list_anchors(page: str) -> list[str]:
    return re.findall(r'<li class="proven" id="([^"]+)"', page)


def test_every_state_has_a_drawing_a_name_in_addresses_and_a_word() -> None:
    assert set(KINDS) == set(STATES)
    assert len({mark_state(state).kind for state in STATES}) == len(STATES)


def test_it_works(visitor: Visitor, binding: Any) -> None:
    broken = find_rule(binding.policy, "collect")
    record_proof(binding, broken=broken)
    page = visitor.read("/privacy/proof")
    assert len(list_anchors(page)) == len(binding.policy.sentences)
    assert "Of 73 sentences: " in page
    assert "checked in all cases, over 588 acts" in page
    assert "tried 3 things: 1 worked, 1 refused, 1 done in time" in page
    assert "looked at 12,431 entries on record since 1 October 2026" in page
    assert "vouched for by the privacy desk on 3 November 2026 until 3 November 2027" in page
    assert f"What is missing:</strong> {LACKING}." in page
    assert (
        f"What goes against it:</strong> a form with one field more than the sentence lists is sent: the field is not kept; {SEEN}."
        in page
    )
    assert "3 October 2016" in page


def test_the_bar_has_a_piece_and_a_link_for_each_state(visitor: Visitor, binding: Any) -> None:
    record_proof(binding, broken=0)
    page = visitor.read("/privacy/proof")
    proof = invent_proof(binding.policy, datetime.now(UTC), broken=0)
    widths = 0.0
    for state, number in proof.count_states().items():
        if number:
            assert re.search(
                rf'href="/privacy/proof\?state={KINDS[state]}#sentences">.*?{state}</span>\s+<strong>{number}<', page
            )
            widths += float(re.findall(rf'<rect class="{KINDS[state]}" x="[0-9.]+" y="0" width="([0-9.]+)"', page)[0])
    assert 99.5 < widths < 100.5


@pytest.mark.parametrize("state", list(KINDS))
def test_one_state_alone_is_shown_by_a_link(visitor: Visitor, binding: Any, state: str) -> None:
    record_proof(binding, broken=find_rule(binding.policy, "collect"))
    proof = invent_proof(binding.policy, datetime.now(UTC), broken=find_rule(binding.policy, "collect"))
    page = visitor.read(f"/privacy/proof?state={KINDS[state]}")
    assert list_anchors(page) == [one.ref.partition("#")[2] for one in proof.sentences if one.state == state]
    assert "See all sentences" in page


def test_a_state_that_is_none_shows_them_all(visitor: Visitor, binding: Any) -> None:
    record_proof(binding)
    page = visitor.read("/privacy/proof?state=%3Cb%3E&state=green")
    assert len(list_anchors(page)) == len(binding.policy.sentences)
    assert "green" not in page


def test_before_the_first_proof_nothing_is_invented(visitor: Visitor, binding: Any) -> None:
    page = visitor.read("/privacy/proof")
    assert "No proof of this text of the policy has been made yet." in page
    assert not list_anchors(page)
    assert visitor.get("/privacy/proof.pdf").status_code == 404
    assert visitor.get("/privacy/proof/cookies.1").status_code == 404


def test_while_the_first_proof_is_made_the_page_says_how_far_it_is(visitor: Visitor, binding: Any) -> None:
    from upheld.actions.proving import begin_run, tell_progress

    run = begin_run(binding, cause="deploy", code="c" * 64, now=datetime.now(UTC))
    tell_progress(binding.site, run, 34)
    page = visitor.read("/privacy/proof")
    assert "The first proof of this text is being made: 34 of 109 rules are done." in page
    tell_progress(binding.site, run, 35)
    assert "35 of 109 rules" in visitor.read("/privacy/proof")


def test_a_proof_that_broke_off_is_said_to_have_and_the_one_before_stays(visitor: Visitor, binding: Any) -> None:
    from upheld.actions.proving import begin_run, break_off

    record_proof(binding)
    now = datetime.now(UTC)
    break_off(binding.site, begin_run(binding, cause="asked", code="c" * 64, now=now), reason="killed", now=now)
    page = visitor.read("/privacy/proof")
    assert "broke off before its end and shows nothing" in page
    assert len(list_anchors(page)) == 73


def test_a_proof_that_is_old_is_said_to_be(visitor: Visitor, binding: Any) -> None:
    record_proof(binding, datetime.now(UTC) - timedelta(days=5, minutes=1))
    assert "What stands here is 5 days old." in visitor.read("/privacy/proof")
    record_proof(binding, datetime.now(UTC) - timedelta(hours=47))
    assert "days old" not in visitor.read("/privacy/proof")


def test_what_was_wrong_with_the_look_itself_stands_first(visitor: Visitor, binding: Any) -> None:
    record_proof(binding, faults=("line 7 of the ledger was altered",))
    page = visitor.read("/privacy/proof")
    assert page.index("line 7 of the ledger was altered") < page.index('class="proven"')


def test_evidence_for_another_text_never_shows(visitor: Visitor, binding: Any) -> None:
    from upheld.records.models import ProofRun

    record_proof(binding)
    ProofRun.objects.update(digest="f" * 64)
    from upheld.actions.newest_proof import forget_newest

    forget_newest()
    assert "No proof of this text of the policy has been made yet." in visitor.read("/privacy/proof")
    assert "sentence-proof" not in visitor.read("/privacy")


def test_a_new_proof_is_shown_as_soon_as_it_is_there(visitor: Visitor, binding: Any) -> None:
    record_proof(binding)
    for path in ("/privacy", "/privacy/proof"):
        assert 'class="mark broken"' not in visitor.read(path)
    record_proof(binding, broken=find_rule(binding.policy, "collect"))
    for path in ("/privacy", "/privacy/proof"):
        assert 'class="mark broken"' in visitor.read(path)


def test_beside_each_sentence_of_the_policy_stands_its_state(visitor: Visitor, binding: Any) -> None:
    record_proof(binding)
    page = visitor.read("/privacy")
    proof = invent_proof(binding.policy, datetime.now(UTC))
    for sentence in proof.sentences:
        anchor = sentence.ref.partition("#")[2]
        link = re.search(
            rf'<a class="sentence-proof ([a-z]+)" href="/privacy/proof/{anchor}">(.*?)</a>', page, re.DOTALL
        )
        if sentence.state == "stated":
            assert link is None
        else:
            assert link is not None
            assert link.group(1) == KINDS[sentence.state]
            assert link.group(2).strip().endswith(f"{sentence.state}</span>")
    assert "leads to <a" in page


def test_an_earlier_version_has_no_states(visitor: Visitor, binding: Any) -> None:
    record_proof(binding)
    assert "sentence-proof" not in visitor.read("/privacy/2016-06-13")


def test_the_policy_page_asks_the_database_once_a_second_at_most(visitor: Visitor, binding: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    record_proof(binding)
    visitor.read("/privacy")
    with CaptureQueriesContext(connection) as asked:
        for _ in range(20):
            visitor.read("/privacy")
    assert len([query for query in asked if "proofrun" in query["sql"]]) <= 1


def test_the_page_of_a_sentence_has_rules_evidence_history_and_a_question(visitor: Visitor, binding: Any) -> None:
    broken = find_rule(binding.policy, "collect")
    record_proof(binding, datetime.now(UTC) - timedelta(hours=1))
    record_proof(binding, broken=broken)
    rule = binding.policy.active_rules[broken]
    anchor = rule.sentences[0].partition("#")[2]
    page = visitor.read(f"/privacy/proof/{anchor}")
    assert f'href="/privacy#{anchor}"' in page
    assert f"Instead: {SEEN}" in page
    assert "A form with all fields of the sentence is sent: it is taken" in page
    assert f"<code>{LINE}</code>" in page
    history = page[page.index("How its state changed") :]
    assert history.index("became") < history.index("broken</span>")
    question = re.search(r'href="(/privacy/ask\?do=collect[^"]+)"', page)
    assert question is not None
    assert "not fit" not in visitor.read(question.group(1))


def test_every_sentence_has_its_page_and_every_link_on_it_leads_somewhere(visitor: Visitor, binding: Any) -> None:
    record_proof(binding, broken=find_rule(binding.policy, "send"))
    for sentence in binding.policy.sentences:
        page = visitor.read(f"/privacy/proof/{sentence.ref.partition('#')[2]}")
        for question in set(re.findall(r'href="(/privacy/ask\?[^"]+)"', page)):
            assert visitor.get(question).status_code == 200


@pytest.mark.parametrize("anchor", ["cookies.99", "no-such.1", "cookies.0", "cookies", "cookies.1/", "..%2Fcookies.1"])
def test_a_sentence_that_is_none_is_not_there(visitor: Visitor, binding: Any, anchor: str) -> None:
    record_proof(binding)
    assert visitor.get(f"/privacy/proof/{anchor}").status_code == 404


def test_only_reading_is_done_here(visitor: Visitor, binding: Any) -> None:
    record_proof(binding)
    for address in ("/privacy/proof", "/privacy/proof.pdf"):
        assert visitor.post(address, {}).status_code == 405


def test_of_few_things_on_record_everybody_learns_neither_how_many_nor_which() -> None:
    few = Evidence(
        OBSERVED, HOLDS, "3 demands, each with its ground", count=LEAST - 1, since="2026-11-02T08:00:00Z", lines=(LINE,)
    )
    told = view_evidence(few, is_public=True)
    assert not told.lines
    assert not told.period
    assert "3 demands" not in told.note
    within = view_evidence(few, is_public=False)
    assert within.lines == (LINE,)
    assert "2 November 2026" in within.period


def test_what_was_not_tried_is_not_called_tried() -> None:
    from upheld.core.proof.runs import RuleProof

    def sum_up(*found: Evidence) -> tuple[str, ...]:
        return sum_up_sentence([RuleProof(0, "", "", (), (), "", "", "", found)], is_public=True)

    assert sum_up(Evidence(REHEARSED, LACKS, "no letters", (Step("missing", "no letters"),), 0)) == ()
    assert sum_up(Evidence(ATTESTED, "lapsed", "ran out")) == ()
    wrong = (Step(WORKS, "it is sent", is_kept=False),)
    assert sum_up(Evidence(REHEARSED, "fails", "it is sent", wrong, 1)) == ("tried 1 thing: 1 went wrong",)


def test_a_business_that_does_not_want_it_has_no_such_page(tmp_path: Path) -> None:
    workshop = open_workshop(tmp_path)
    for address in ADDRESSES:
        assert workshop.get(address).status_code == 404
    assert "/privacy/proof" not in workshop.read("/privacy")


@pytest.mark.parametrize(("value", "fault"), [("everybody", "cannot be `everybody`"), ("[a]", "cannot be")])
def test_who_may_read_it_is_one_of_two_words(tmp_path: Path, value: str, fault: str) -> None:
    workshop: Workshop = open_workshop(tmp_path)
    text = workshop.path().read_text(encoding="utf-8")
    workshop.write(text.replace("  host: ", f"  proof: {value}\n  host: ", 1))
    findings = workshop.shelf.find_slug("lantern").faults[0].findings
    assert [finding.code for finding in findings] == ["P204"]
    assert fault in findings[0].text


def test_while_the_records_cannot_be_read_the_policy_stands_without_states(
    visitor: Visitor, binding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from upheld.pages import proof

    asked = []

    def fail(*_: str) -> None:
        asked.append(1)
        raise OperationalError

    record_proof(binding)
    monkeypatch.setattr(proof, "_away_until", 0.0)
    monkeypatch.setattr(proof, "find_newest", fail)
    for _ in range(3):
        assert "sentence-proof" not in visitor.read("/privacy")
    assert len(asked) == 1
