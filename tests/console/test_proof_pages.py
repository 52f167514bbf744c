"""The proof and vouching in the console: gaps first with why and who acts, runs, a proof asked for, files; signed by the role alone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.actions.stage import NOW
from tests.console.clerks import CLERK, OWNER, ROLE, SEAT, SITE, STRANGER, Console, list_kinds, read_text
from tests.pages.proofs import SEEN, find_rule, invent_evidence, invent_proof, record_proof
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import BROKE_OFF, KINDS, REHEARSED, Evidence
from upheld.core.proof.runs import make_proof

PROOF, VOUCHING = f"{SEAT}proof/", f"{SEAT}vouching/"
DESK = "privacy-desk"
DAY = timedelta(days=1)
NOTE = {"note": "Walked through the exports of last month.", "looked": "yes"}


def break_one(binding: Binding) -> str:
    """A proof in which one rule fails; the anchor of its sentence."""
    number = find_rule(binding.policy, "collect")
    record_proof(binding, NOW - timedelta(minutes=1), broken=number)
    return binding.policy.active_rules[number].sentences[0].partition("#")[2]


def test_gaps_come_first_with_why_since_when_and_who_acts(console: Console, binding: Binding) -> None:
    record_proof(binding, NOW - 3 * DAY)
    anchor = break_one(binding)
    page = console.sit_down().get(PROOF)
    text, html = read_text(page), page.content.decode()
    states = [html.index(f'id="gap-{kind}"') for kind in ("broken", "expired", "unproven", "partly", "unused")]
    assert states == sorted(states)
    first = text[text.index(anchor) :]
    assert SEEN in first[:1500]
    assert "1 minute ago 2026-11-20 08:59 UTC" in first[:1800]
    assert "privacy desk" in first[:1900]
    assert "3 days ago" in text  # what stood so before is older
    assert html.index('id="gap-unused"') < html.index("<summary>", html.index('id="gap-unused"'))
    assert "nobody has to" in text[text.index("A permission that is never used") :]
    assert "a later version of the program" in text  # for what is not built
    assert "upheld in part" in text
    assert "<style" not in html
    assert "<script>" not in html


def test_a_sentence_has_its_rules_evidence_and_history(console: Console, binding: Binding) -> None:
    record_proof(binding, NOW - 3 * DAY)
    anchor = break_one(binding)
    client = console.sit_down()
    text = read_text(client.get(f"{PROOF}{anchor}/"))
    assert f"Instead: {SEEN}" in text
    assert "Who acts" in text
    assert "Tried out" in text
    assert text.count("broken") >= 2  # its state, and how it became so
    assert client.get(f"{PROOF}no-such-heading.1/").status_code == 404
    assert client.get(f"{PROOF}{anchor}0000/").status_code == 404


def test_a_line_of_the_ledger_is_one_click_away(console: Console, binding: Binding) -> None:
    from upheld.actions.ledger_reading import list_lines

    record_proof(binding, NOW)
    client = console.sit_down()
    made = next(line for line in list_lines(SITE) if line.kind == "proof.made")
    assert f'href="{SEAT}ledger/?line={made.id}"' in client.get(PROOF).content.decode()
    page = client.get(f"{SEAT}ledger/?line={made.id}").content.decode()
    assert page.index('class="wanted"') < page.index("<tr><td")
    assert client.get(f"{SEAT}ledger/?line=e_nothing").status_code == 200


def test_evidence_for_another_text_of_the_policy_does_not_show(
    console: Console, binding: Binding, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.records.models import ProofRun

    anchor = break_one(binding)
    ProofRun.objects.update(digest="d" * 64)
    client = console.sit_down()
    page = read_text(client.get(PROOF))
    assert "No proof of the version of 2016-10-03 has been finished yet" in page
    assert SEEN not in page
    assert client.get(f"{PROOF}{anchor}/")["Location"] == PROOF  # which says that there is none yet
    assert client.get(f"{PROOF}bundle/").status_code == client.get(f"{PROOF}paper/").status_code == 404
    assert "sentence of the policy is broken" not in read_text(client.get("/console/"))


def test_a_run_that_goes_on_and_one_that_broke_off_and_why(console: Console, binding: Binding) -> None:
    from upheld.actions.proving import begin_run, break_off, tell_progress

    record_proof(binding, NOW - DAY, faults=("the ledger was altered at line 12",))
    run = begin_run(binding, cause="daily", code="c" * 64, now=NOW - timedelta(minutes=20))
    client = console.sit_down()
    tell_progress(SITE, run, 34)
    page = client.get(PROOF)
    assert "34 of 109 rules are done" in read_text(page)
    assert "Prove now" not in read_text(page)
    break_off(SITE, run, reason="fell-over", now=NOW - timedelta(hours=1))
    text = read_text(client.get(PROOF))
    assert "broke off a fault of the program" in text
    assert "Something was wrong with the look itself" in text
    assert "the ledger was altered at line 12" in text
    assert "Prove now" in text


def test_a_proof_is_asked_for_once_and_written_down(console: Console, binding: Binding, settings_as: Any) -> None:
    client = console.sit_down()
    client.post(f"{PROOF}now/")
    text = read_text(client.get(PROOF))
    assert "A proof is asked for. It begins within half a minute" in text
    assert "Prove now" not in text
    client.post(f"{PROOF}now/")
    assert "asked for already" in read_text(client.get(PROOF))
    assert list_kinds(kind="proof.asked") == ["proof.asked"]
    assert client.get(f"{PROOF}now/").status_code == 405


def test_a_server_that_proves_nothing_by_itself_says_so(console: Console, binding: Binding, settings_as: Any) -> None:
    import dataclasses

    from django.conf import settings

    settings_as(ENVIRONMENT=dataclasses.replace(settings.ENVIRONMENT, proofs=False))
    client = console.sit_down()
    text = read_text(client.get(PROOF))
    assert "UPHELD_PROOFS" in text
    assert "Prove now" not in text
    client.post(f"{PROOF}now/")
    assert "proves nothing by itself" in read_text(client.get(PROOF))
    assert "proof.asked" not in list_kinds()


def test_the_chart_has_a_column_for_each_day_and_a_table(console: Console, binding: Binding) -> None:
    for days in (9, 4, 0):
        record_proof(binding, NOW - days * DAY)
    page = console.sit_down().get(PROOF).content.decode()
    assert page.count('x="50"') == page.count('x="59"') > 2
    assert 'x="51"' not in page
    assert '<th scope="row">16 November 2026</th>' in page


def test_files_for_an_auditor(console: Console, binding: Binding, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.console import proof as pages
    from upheld.core.errors import VaultError

    client = console.sit_down()
    record_proof(binding, NOW)
    monkeypatch.setattr(pages, "export_bundle", lambda *_: None)
    assert client.get(f"{PROOF}bundle/").status_code == 302
    assert "Not ready" in read_text(client.get(PROOF))

    def refuse(*_: Any) -> bytes:
        raise VaultError("V826", "the proof rests on 3 lines of the ledger, and 2 are there", "verify it")

    monkeypatch.setattr(pages, "export_bundle", refuse)
    client.get(f"{PROOF}oscal/")
    assert "rests on 3 lines" in read_text(client.get(PROOF))
    monkeypatch.setattr(pages, "export_bundle", lambda *_: b"{}")
    monkeypatch.setattr(pages, "write_oscal", lambda raw: json.dumps({"from": raw.decode()}).encode())
    answer = client.get(f"{PROOF}bundle/")
    assert (answer.content, answer.headers["Content-Type"]) == (b"{}", "application/json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lasership-bundle-2026-11-20.json"'
    assert client.get(f"{PROOF}oscal/").json() == {"from": "{}"}


def test_the_paper_is_for_staff_and_says_what_is_missing(
    console: Console, binding: Binding, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.console import proof as pages
    from upheld.web.proof_paper import MissingPartError

    client = console.sit_down()
    record_proof(binding, NOW)
    monkeypatch.setattr(pages.PAPERS, "find_paper", lambda _key, view: view().business.encode())
    answer = client.get(f"{PROOF}paper/")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert binding.policy.business.encode() in answer.content

    def miss(*_: Any) -> bytes:
        raise MissingPartError("S714", "what sets documents on paper is not installed", "apt-get install it")

    monkeypatch.setattr(pages.PAPERS, "find_paper", miss)
    client.get(f"{PROOF}paper/")
    assert "is not installed" in read_text(client.get(PROOF))


@pytest.mark.parametrize("path", [PROOF, VOUCHING])
def test_who_may_look(console: Console, binding: Binding, path: str) -> None:
    record_proof(binding, NOW)
    assert console.sit_down(CLERK, "analysts").get(path).status_code == 200
    owner = console.sign_in(OWNER).get(path)
    assert owner.status_code == 200
    assert "ledger/?line=" not in owner.content.decode()  # the ledger is not theirs to read
    assert console.sign_in(STRANGER).get(path).status_code == 404
    assert console.open_door().get(path).status_code == 302


def find_digest(binding: Binding, place: int = 0) -> str:
    from upheld.core.rights.attesting import list_statements

    return list_statements(binding.policy)[place].digest


def test_somebody_of_the_role_signs_and_takes_it_back(
    console: Console, binding: Binding, clock: time_machine.Traveller
) -> None:
    client, digest = console.sit_down(CLERK, DESK), find_digest(binding)
    text = read_text(client.get(VOUCHING))
    assert "4 of 4 wait for somebody" in text
    assert "Vouch for 4 statements" in read_text(client.get("/console/"))
    assert client.post(f"{VOUCHING}{digest}/sign/", NOTE).status_code == 302
    page = client.get(VOUCHING)
    text = read_text(page)
    assert "Signed until 2027-02-18" in text
    assert f"vouched for by {CLERK}, runs out" in text
    assert NOTE["note"] in text
    assert "3 of 4 wait for somebody" in text
    [signed] = [
        part.split("/back/")[0]
        for part in page.content.decode().split(f'action="{VOUCHING}')[1:]
        if "/back/" in part[:60]
    ]
    other = console.sit_down(STRANGER, DESK)
    other.post(f"{VOUCHING}{signed}/back/")
    assert "nothing of yours to take back" in read_text(other.get(VOUCHING))
    client.post(f"{VOUCHING}{signed}/back/")
    text = read_text(client.get(VOUCHING))
    assert "4 of 4 wait for somebody" in text
    assert "taken back now" in text
    assert list_kinds()[-1] == "attestation.withdrawn"
    assert client.post(f"{VOUCHING}{signed}/back/").status_code == 302


def test_what_is_due_first_stands_first(console: Console, binding: Binding, clock: time_machine.Traveller) -> None:
    from upheld.actions.attesting import sign
    from upheld.actions.staff import find_staff
    from upheld.core.rights.attesting import list_statements

    client = console.sit_down(CLERK, DESK)
    statements = list_statements(binding.policy)
    for place, days in ((0, 20), (1, 80), (2, 95)):
        sign(binding, statements[place].digest, by=find_staff(CLERK), note="x", now=NOW - days * DAY)
    text = read_text(client.get(VOUCHING))
    places = [text.index(statements[place].words[1:] + " ") for place in (2, 3, 1, 0)]
    assert places == sorted(places)
    for said in ("ran out", "nobody has vouched for it yet", "due soon"):
        assert said in text
    assert "Vouch for 3 statements" in read_text(client.get("/console/"))


@pytest.mark.parametrize("sent", [{}, {"looked": "yes"}, {"note": NOTE["note"]}, {"note": "short", "looked": "yes"}])
def test_nothing_is_signed_without_the_tick_and_what_was_looked_at(
    console: Console, binding: Binding, sent: dict[str, str]
) -> None:
    client = console.sit_down(CLERK, DESK)
    answer = client.post(f"{VOUCHING}{find_digest(binding)}/sign/", sent)
    assert answer.status_code == 422
    assert "Not signed" in read_text(answer)
    assert "Ensure this value" not in read_text(answer)  # our words, and not the framework's
    assert sent.get("note", "") in answer.content.decode()
    assert not [kind for kind in list_kinds() if kind.startswith("attestation")]


def test_who_does_not_hold_the_role_sees_why_not_and_a_try_leaves_its_line(console: Console, binding: Binding) -> None:
    client = console.sit_down(CLERK, ROLE)
    page = client.get(VOUCHING)
    assert "vouch for this; you are here as" in read_text(page)
    assert "/sign/" not in page.content.decode()
    client.post(f"{VOUCHING}{find_digest(binding)}/sign/", NOTE)
    assert "Nothing was signed: only who holds the role" in read_text(client.get(VOUCHING))
    assert list_kinds()[-1] == "attestation.refused"
    console.sign_in(OWNER).post(f"{VOUCHING}{find_digest(binding)}/sign/")
    assert [kind for kind in list_kinds() if kind.startswith("attestation")] == ["attestation.refused"] * 2
    client.post(f"{VOUCHING}{'0' * 64}/sign/", NOTE)
    assert "no such statement" in read_text(client.get(VOUCHING))


def test_a_form_without_its_mark_is_refused(console: Console, binding: Binding) -> None:
    client = console.open_door(checks=True)
    for path in (f"{VOUCHING}{find_digest(binding)}/sign/", f"{PROOF}now/"):
        assert client.post(path, NOTE).status_code in (302, 403)
    assert "proof.asked" not in list_kinds()


def test_what_is_broken_stands_on_the_first_page_for_everybody(console: Console, binding: Binding) -> None:
    break_one(binding)
    for client in (console.sit_down(CLERK, "analysts"), console.sign_in(OWNER)):
        text = read_text(client.get("/console/"))
        assert "of the policy" in text
        assert "broken" in text
    assert "Vouch for" not in read_text(console.sign_in(CLERK).get("/console/"))


def test_a_look_that_broke_off_is_for_whoever_runs_the_server(databases: object, binding: Binding) -> None:
    from upheld.console.proof_view import OPERATOR, Look, find_who_acts

    policy, broke = binding.policy, Evidence(REHEARSED, BROKE_OFF, "the rehearsal broke off: its process ended")
    sentence = next(one for one in invent_proof(policy, NOW).sentences if find_rule(policy, "collect") in one.rules)
    found = invent_evidence(policy) | {number: [broke] for number in sentence.rules}
    proof = make_proof(policy, found, code="c" * 64, cause="daily", began="", ended="", kinds=KINDS)
    sentence = next(one for one in proof.sentences if one.ref == sentence.ref)
    assert find_who_acts(Look(policy, proof, {}, (DESK,), NOW), sentence) == OPERATOR
