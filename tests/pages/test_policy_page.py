"""The policy page: every sentence addressable, its rules folded below it, what is in force said plainly."""

import html
import re

import pytest

from tests.actions.stage import COURIER
from tests.web.sites import NEW, OLD, Workshop
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import load_policy, parse_policy
from upheld.pages.answers import tell_cookies


def test_it_works(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    assert "<title>How we treat what you tell us · Lantern &amp; Sons &lt;Cycles&gt;</title>" in page
    assert "In force since 4 May 2021" in page
    assert "2 versions" in page


def test_every_sentence_has_an_anchor_and_its_rules(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    policy = workshop.shelf.find_slug("lantern").versions[-1].policy
    for sentence in policy.sentences:
        assert f'id="{sentence.ref.partition("#")[2]}"' in page
        assert html.escape(sentence.text) in page
    assert "<code>share bicycle.frame with makers for repair if requested</code>" in page
    assert page.count('<details class="rules">') == len(
        {ref for rule in policy.active_rules if rule.verb != "state" for ref in rule.sentences}
    )


def test_anchors_are_unique_and_every_link_on_the_page_leads_to_one(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids


def test_the_layer_is_said_in_a_word(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    assert re.search(r'class="mark settled".*?</svg>settled</span>', page, re.DOTALL)
    assert re.search(r'class="mark beyond".*?</svg>beyond</span>', page, re.DOTALL)
    assert "shelf time: 730 days" in page


def test_a_sentence_that_promises_nothing_is_marked_as_stated(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    sentence = page[page.index("We like bicycles.") :]
    assert "stated" in sentence[: sentence.index('<div class="sentence"')]


def test_the_three_answers_come_from_the_rules(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    short = page[page.index('id="in-short"') : page.index('id="legend-title"')]
    for title in ("What we collect, and where", "What we use it for", "Who gets it"):
        assert title in short
    assert "you asked for the service that needs it" in short
    assert "Makers" in short


def test_the_cookies_of_a_policy_stand_in_a_table() -> None:
    table = compile_policy(load_policy(COURIER / "2016-10-03.policy.md"))
    answer = tell_cookies(table)
    rows = {row.head: [cell.text for cell in row.cells] for row in answer.rows}
    assert rows["session"] == ["doing what you asked for", "until you close your browser", "this site"]
    assert rows["preferences"][1:] == ["at most 365 days", "this site"]
    assert answer.short == "2 cookies; any other is taken off before it leaves."


def test_without_cookies_there_is_no_table_of_them(workshop: Workshop) -> None:
    assert "Which cookies we set" not in workshop.read("/privacy")


def test_an_earlier_version_says_that_it_is_one(workshop: Workshop) -> None:
    page = workshop.read(f"/privacy/{OLD}")
    assert "This is an earlier version. It was in force from 1 January 2020 until 4 May 2021." in page
    assert "for a year" in page
    assert "earlier version" not in workshop.read(f"/privacy/{NEW}")


@pytest.mark.parametrize(
    "slug", ["2020-01-02", "1-1-1", "2020-1-1", "latest", "2020-01-01x", "20200101", "0000-00-00", "versions/", "ask/"]
)
def test_a_version_that_does_not_exist_is_not_named_by_the_policy(workshop: Workshop, slug: str) -> None:
    response = workshop.get(f"/privacy/{slug}")
    assert response.status_code == 404
    assert b"The policy does not name this" in response.content
    assert slug.encode() not in response.content


def test_versions_stand_newest_first_with_what_they_changed(workshop: Workshop) -> None:
    page = workshop.read("/privacy/versions")
    assert page.index("4 May 2021") < page.index("1 January 2020")
    assert "in force" in page
    assert "730 days" in page
    assert "The first version." in page
    assert f"/privacy/changes/{OLD}..{NEW}" in page


def test_what_changed_stands_on_a_page_of_its_own(workshop: Workshop) -> None:
    page = workshop.read(f"/privacy/changes/{OLD}..{NEW}")
    assert "significant" in page
    assert "730 days" in page
    back = workshop.read(f"/privacy/changes/{NEW}..{OLD}")
    assert "365 days" in back


def test_nothing_changed_between_a_version_and_itself(workshop: Workshop) -> None:
    assert "words only" in workshop.read(f"/privacy/changes/{NEW}..{NEW}")


def test_no_function_appears_that_does_not_exist_yet(workshop: Workshop) -> None:
    for path in ("/", "/privacy", "/privacy/versions", "/privacy/ask"):
        page = workshop.read(path).lower()
        assert 'method="post"' not in page
        assert "log in" not in page
        assert "sign in" not in re.sub(r"<code>.*?</code>", "", page)
        assert "<script" not in page


def test_a_name_with_markup_in_it_stays_text(workshop: Workshop) -> None:
    for path in ("/", "/privacy", "/privacy/versions", "/privacy/ask", "/nothing"):
        assert b"<Cycles>" not in workshop.get(path).content


def test_a_contact_stands_on_the_page_only_when_a_rule_has_it_shown(workshop: Workshop) -> None:
    assert "lantern.example" not in workshop.read("/privacy")
    text = workshop.path().read_text(encoding="utf-8")
    workshop.write(f"{text}\n## Ask us\n\nWrite to us.\n\n```rules\nshow guarded contact email at policy\n```\n")
    page = workshop.read("/privacy")
    assert "workshop (at) lantern (dot) example" in page
    assert "workshop@lantern.example" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/privacy",
        "/privacy/versions",
        "/privacy/2020-01-01",
        "/privacy/changes/2020-01-01..2021-05-04",
        "/privacy/ask",
    ],
)
def test_every_policy_gets_these_pages(workshop: Workshop, path: str) -> None:
    assert workshop.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/counter", "/privacy/documents/terms", "/account", "/contact", "/look"])
def test_what_no_rule_has_shown_is_no_page(workshop: Workshop, path: str) -> None:
    response = workshop.get(path)
    assert response.status_code == 404
    assert b"/counter" not in response.content


def test_an_address_is_guarded_where_the_policy_says_so_and_a_notice_stands_beside_it() -> None:
    from upheld.pages.policy_view import list_reaches

    text = min(COURIER.glob("*.policy.md")).read_text(encoding="utf-8")
    (guarded,) = list_reaches(parse_policy(text))
    assert ("@" in guarded.value, guarded.href, guarded.notes) == (False, "", ())
    plain = text.replace("show guarded contact email at policy", "show contact email at policy")
    noted = plain.replace(
        "(1 2) show feedback form at policy",
        '(1) show notice "Mail is open." at policy, every email address\n(1) show notice "Ring twice." at policy\n'
        "(1 2) show feedback form at policy",
    )
    address, alone = list_reaches(parse_policy(noted))
    assert address.href == f"mailto:{address.value}"
    assert "@" in address.value
    assert (address.notes, alone.value) == (("Mail is open.",), "Ring twice.")


def test_a_form_that_a_rule_has_shown_here_is_linked(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8").replace("user.device.identifier", "x.request.frame")
    assert 'href="/counter"' not in workshop.read("/privacy")
    workshop.write(text.replace("(3) claim nobody", "(1) show counter form at policy\n(3) claim nobody"))
    here = workshop.read("/privacy").partition("Reach us about this")[2]
    assert 'href="/counter"' in here.partition("</section>")[0]
