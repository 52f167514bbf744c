"""The proof on paper: gaps first, tagged, the same for the same proof, and words where the server cannot make it."""

import re
import sys
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.actions.stage import binding, databases
from tests.pages.account.visitors import Visitor, settings_as, site
from tests.pages.proofs import LINE, SEEN, find_rule, invent_proof, record_proof
from upheld.web.proof_paper import (
    MissingPartError,
    Papers,
    PaperSection,
    PaperView,
    make_paper,
    refuse_address,
    view_paper,
)

__all__ = ["binding", "databases", "settings_as", "site"]

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def view(site: None, binding: Any) -> PaperView:
    policy = binding.policy
    proof = invent_proof(policy, NOW, broken=find_rule(policy, "collect"), faults=("the clock was set back",))
    return view_paper(policy, proof, "d" * 64, is_public=False)


@pytest.fixture
def short(view: PaperView) -> PaperView:
    """The same with a page or two, which is set ten times as fast."""
    first = view.gaps[0]
    return replace(view, sections=(PaperSection("One section", (first,)),), gaps=(first,))


def inflate(document: bytes) -> bytes:
    """The document with what is packed in it laid open."""
    found = [document]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        with suppress(zlib.error):
            found.append(zlib.decompress(packed))
    return b"\n".join(found)


def render(view: PaperView) -> str:
    from django.template.loader import render_to_string

    return render_to_string("elements/proof_paper.html", {"paper": view})


def test_it_works(short: PaperView) -> None:
    made = make_paper(short)
    assert made.startswith(b"%PDF-1.7")
    inside = inflate(made)
    assert b"/StructTreeRoot" in inside
    assert b"/Lang (en)" in inside
    assert b"20261120090000Z" in inside
    assert b'pdfuaid:part="1"' in inside


def test_gaps_stand_first_what_presses_most_before_the_rest(view: PaperView) -> None:
    words = [sentence.mark.word for sentence in view.gaps]
    order = ["broken", "expired", "not yet provable", "upheld in part", "unused"]
    assert words == sorted(words, key=order.index)
    assert set(words) == set(order)
    page = render(view)
    assert (
        page.index("the clock was set back") < page.index("Gaps, what presses most first") < page.index(">Every sent")
    )


def test_every_sentence_stands_on_it_with_the_evidence_for_each_rule(view: PaperView, binding: Any) -> None:
    page = render(view)
    for sentence in binding.policy.sentences:
        assert page.count(f'<article id="{sentence.ref.partition("#")[2]}">') == 1
    for words in (
        "588 acts, in 520 cases of facts.",
        SEEN,
        LINE,
        "2016-10-03",
        "SHA-256 of the policy",
        binding.policy.digest,
    ):
        assert words in page


def test_every_link_leads_to_a_sentence_on_it(view: PaperView) -> None:
    places = {sentence.anchor for section in view.sections for sentence in section.sentences}
    assert {sentence.anchor for sentence in view.gaps} <= places


def test_the_same_proof_gives_the_same_document(short: PaperView) -> None:
    assert make_paper(short) == make_paper(short)


def test_nothing_is_fetched(short: PaperView, caplog: pytest.LogCaptureFixture) -> None:
    for address in ("https://stranger.example/a.png", "file:///etc/hostname", "data:text/plain,a"):
        with pytest.raises(ValueError, match="nothing is fetched"):
            refuse_address(address)
    make_paper(short)
    assert not [record for record in caplog.records if record.name.startswith("weasyprint")]
    marked = replace(short, business='<img src="file:///etc/hostname">')
    assert "<img" not in render(marked)


def test_a_document_is_set_once(monkeypatch: pytest.MonkeyPatch, short: PaperView) -> None:
    made: list[PaperView] = []
    monkeypatch.setattr("upheld.web.proof_paper.make_paper", lambda view: made.append(view) or b"%PDF")
    papers = Papers(most=2)
    for key in ("a", "a", "b", "a", "c", "a", "b"):
        assert papers.find_paper(key, lambda: short) == b"%PDF"
    assert len(made) == 4  # b had to make room for c


def test_the_page_gives_it(site: None, binding: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upheld.web.proof_paper.make_paper", lambda view: f"%PDF {view.made_at}".encode())
    record_proof(binding, NOW)
    answer = Visitor().get("/privacy/proof.pdf")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert 'filename="proof-lasership-2026-11-20.pdf"' in answer.headers["Content-Disposition"]
    assert answer.content == b"%PDF 20 November 2026, 09:00 UTC"


def test_a_server_without_the_parts_says_so_and_names_them_in_its_log(
    site: None, binding: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    record_proof(binding, NOW)
    answer = Visitor().get("/privacy/proof.pdf")
    assert answer.status_code == 503
    assert "cannot be set on paper just now" in answer.content.decode()
    assert "libpango" in caplog.text
    assert "libpango" not in answer.content.decode()


def test_the_error_names_what_to_install(short: PaperView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingPartError) as caught:
        make_paper(short)
    assert caught.value.code == "S714"
    assert "apt-get install libpango-1.0-0" in str(caught.value.hint)
