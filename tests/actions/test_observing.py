"""One look at what really happened: the ledger is checked on the way, the clock is doubted, the records are counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.actions.observed import Teller
from tests.actions.stage import NOW, Cast
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import BROKE_OFF, FAILS, HOLDS, IDLE, LACKS, Evidence
from upheld.core.proof.history import replay
from upheld.core.proof.observing import observe_rules
from upheld.core.proof.runs import Ledger
from upheld.core.seal.entries import write_moment

pytestmark = pytest.mark.usefixtures("databases")


def look(binding: Binding, now: datetime = NOW, state: Path | None = None) -> dict[str, Evidence]:
    """The evidence by the words of the rule."""
    from upheld.actions.observing import observe

    rules = binding.policy.active_rules
    seen = observe(binding, now, state=state)
    return {rules[number].text.partition(") ")[2]: found for number, found in seen.evidence.items()}


def find(evidence: dict[str, Evidence], words: str) -> Evidence:
    [found] = [one for text, one in evidence.items() if text.startswith(words)]
    return found


def list_failing(evidence: dict[str, Evidence]) -> list[str]:
    return [text for text, found in evidence.items() if found.outcome == FAILS]


def test_what_happened_is_counted_with_its_period_and_lines(binding: Binding, cast: Cast) -> None:
    evidence = look(binding)
    found = find(evidence, "collect person at registration")
    assert (found.outcome, found.count) == (HOLDS, 2)
    assert found.since == found.until == write_moment(NOW - timedelta(days=30))
    assert len(found.lines) == 2
    assert find(evidence, "collect answer.survey").outcome == IDLE
    assert find(evidence, "keep answer").outcome == IDLE
    assert find(evidence, "keep person, company").outcome == HOLDS
    assert find(evidence, "record visit.ip").outcome == LACKS  # nobody said where the log lies
    assert list_failing(evidence) == []


def test_somebody_with_the_lines_alone_counts_the_same(binding: Binding, cast: Cast) -> None:
    from upheld.actions.observing import observe
    from upheld.records.models import Entry
    from upheld.records.walls import enter_site

    Teller().mail("mail.queued", 1)
    seen = observe(binding, NOW)
    with enter_site(binding.site):
        rows = Entry.objects.filter(site=binding.site, place__lt=seen.ledger.size).order_by("place")
        texts = list(rows.values_list("text", flat=True))
    policies = {version: gate.table.policy for version, gate in binding.gates.items()}
    again = observe_rules(binding.policy, replay(policies, texts), at=write_moment(NOW))
    assert again.keys() == seen.evidence.keys()
    for number, found in again.items():
        live = seen.evidence[number]
        assert (found.count, found.since, found.until) == (live.count, live.since, live.until)
        assert found.outcome in (live.outcome, LACKS)
        assert found.lines == live.lines or live.outcome == LACKS
    assert seen.ledger == Ledger("upheld/lasership", len(texts), seen.ledger.root)
    assert sum(seen.counts.values()) == len(texts)


def test_the_reader_hears_how_far_it_is(binding: Binding, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.actions import observing

    monkeypatch.setattr(observing, "TOLD_EACH", 1)
    told: list[tuple[int, int]] = []
    seen = observing.observe(binding, NOW, lambda done, whole: told.append((done, whole)))
    assert told[-1] == (seen.ledger.size, seen.ledger.size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_over_an_altered_ledger_nothing_holds(binding: Binding, cast: Cast) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.observing import observe
    from upheld.records.models import Entry

    teller = Teller()
    teller.mail("mail.queued", 1)
    sequence_entries(binding.site, NOW)
    row = Entry.objects.filter(site=binding.site, kind="item.collected").first()
    assert row is not None
    row.text = row.text.replace("registration", "survey")
    row.save()
    seen = observe(binding, NOW)
    assert any("line" in fault for fault in seen.faults)
    assert HOLDS not in {found.outcome for found in seen.evidence.values()}
    assert BROKE_OFF in {found.outcome for found in seen.evidence.values()}


def test_a_clock_that_was_set_back_is_said(binding: Binding, cast: Cast) -> None:
    from upheld.actions.observing import SET_BACK, observe

    assert observe(binding, NOW - timedelta(days=30)).faults == ()
    seen = observe(binding, NOW - timedelta(days=30, minutes=6))
    assert seen.faults[0].startswith(SET_BACK)
    assert {found.outcome for found in seen.evidence.values()} == {BROKE_OFF}


def test_a_proof_of_a_later_moment_is_a_clock_set_back(binding: Binding, cast: Cast) -> None:
    from upheld.actions.observing import SET_BACK, observe
    from upheld.actions.proving import begin_run

    begin_run(binding, cause="asked", code="c" * 64, now=NOW + timedelta(hours=1))
    assert observe(binding, NOW).faults[0].startswith(SET_BACK)


def test_what_no_rule_speaks_of_is_a_fault_of_its_own(binding: Binding) -> None:
    from upheld.actions.observing import observe

    Teller().mail("mail.queued", 1, "fax of the year")
    seen = observe(binding, NOW)
    assert len(seen.faults) == 1
    assert "which nothing permitted" in seen.faults[0]


def test_what_is_past_its_end_and_still_there_is_a_gap(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Item

    Item.objects.filter(person=cast.bo).update(keep_until=NOW)
    found = find(look(binding), "keep person, company, sign-in")
    assert found.outcome == LACKS
    assert "1 of" in found.says or "2 of" in found.says


def test_an_item_that_is_not_sealed_breaks_the_sentence(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Item

    Item.objects.filter(person=cast.bo).update(sealed=b'{"person.name": "somebody who can be read by all"}')
    assert [text[:14] for text in list_failing(look(binding))] == ["protect anythi"]


def test_an_item_of_a_version_that_is_not_there_breaks_the_sentence(binding: Binding, cast: Cast) -> None:
    from datetime import date

    from upheld.records.models import Item

    Item.objects.filter(person=cast.bo).update(version=date(2001, 1, 1))
    failing = list_failing(look(binding))
    assert failing
    assert all(text.startswith("applies to") for text in failing)


def test_a_password_that_is_not_hashed_breaks_the_sentence(binding: Binding, cast: Cast) -> None:
    from upheld.actions.passwords import hash_password, store_password

    store_password(
        binding, person=cast.ada, leaf="sign-in.password", encoded=hash_password("four words in one row"), now=NOW
    )
    assert list_failing(look(binding)) == []
    store_password(binding, person=cast.bo, leaf="sign-in.password", encoded="four words in one row", now=NOW)
    assert [text[:23] for text in list_failing(look(binding))] == ["protect what is on reco"]


def test_a_permission_for_once_that_was_used_twice_breaks_the_sentence(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Disclosure, Permission

    Permission.objects.create(
        id="r_" + "a" * 20, site=binding.site, person=cast.ada, recipient="r_" + "a" * 20, data=["person.email"],
        purpose="research", is_once=True, given_at=NOW, version=binding.current, touchpoint="account",
    )  # fmt: skip
    for number in range(2):
        Disclosure.objects.create(
            id=f"x_{number}", site=binding.site, person=cast.ada.id, kind="affiliates", recipient="", at=NOW,
            ground="permission", subject="r_" + "a" * 20, data=["person.email"], purpose="research", entry=f"e_{number}",
        )  # fmt: skip
    evidence = look(binding)
    assert [text[:46] for text in list_failing(evidence)] == ["share customer information with anyone for any"]
    assert find(evidence, "share customer information with anyone").steps[-1].lines == ("e_1",)


def test_a_release_without_the_written_belief_breaks_its_own_ground(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Demand, Disclosure

    demand = Demand.objects.create(
        id="d_" + "a" * 20, site=binding.site, number="2026-000001", ground="safety", kind="authorities", made_by="s_1",
        made_at=NOW, released_at=NOW,
    )  # fmt: skip
    Disclosure.objects.create(
        id="x_1", site=binding.site, person=cast.ada.id, kind="authorities", recipient="", at=NOW, ground="safety",
        subject=demand.id, data=["person.email"], purpose="legal", entry="e_1",
    )  # fmt: skip
    [failing] = list_failing(look(binding))
    assert "demanded by safety" in failing


@pytest.mark.parametrize(("noted", "failing"), [((), 0), ((("visit.referrer", "somewhere"),), 1)])
def test_the_log_of_visits_holds_what_is_listed_and_nothing_else(
    binding: Binding, tmp_path: Path, noted: tuple[tuple[str, str], ...], failing: int
) -> None:
    from upheld.actions.visits import VisitLog

    log = VisitLog(tmp_path)
    visit = (("visit.ip", "192.0.2.7"), ("visit.page", "/"), ("visit.time", "09:00"), *noted)
    assert log.append(binding.site, (NOW - timedelta(days=2)).date().isoformat(), [visit])
    evidence = look(binding, state=tmp_path)
    assert len(list_failing(evidence)) == failing
    assert find(evidence, "record visit.ip").outcome == (FAILS if failing else HOLDS)


@pytest.mark.parametrize(("days", "outcome"), [(31, HOLDS), (32, FAILS)])
def test_the_log_of_visits_goes_back_no_further_than_the_sentence_says(
    binding: Binding, tmp_path: Path, days: int, outcome: str
) -> None:
    from upheld.actions.visits import VisitLog

    assert VisitLog(tmp_path).append(
        binding.site, (NOW - timedelta(days=days)).date().isoformat(), [(("visit.page", "/"),)]
    )
    assert find(look(binding, state=tmp_path), "keep visit 30 days").outcome == outcome
