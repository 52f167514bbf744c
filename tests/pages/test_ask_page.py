"""Asking the gate: a question from the policy's words, an answer with its sentence, nothing repeated that was typed."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.sites import Workshop

ASK = "/privacy/ask?"


def test_it_works(workshop: Workshop) -> None:
    page = workshop.read(f"{ASK}do=share&data=person.phone&with=makers&for=sale")
    assert "Refused" in page
    assert "Nobody else gets anything." in page
    assert "/privacy#who-sees-it.3" in page


def test_an_empty_form_gives_no_answer(workshop: Workshop) -> None:
    page = workshop.read("/privacy/ask")
    assert "Compose a question" in page
    assert "What would change the answer" not in page
    assert "Asked often" in page


def test_what_is_known_changes_the_answer(workshop: Workshop) -> None:
    question = f"{ASK}do=share&data=bicycle.frame&with=makers&for=repair"
    refused = workshop.read(question)
    assert "Refused" in refused
    assert "It would be permitted if:" in refused
    assert "you asked for the service that needs it" in refused
    permitted = workshop.read(f"{question}&fact.requested=yes")
    assert "Permitted" in permitted
    assert "It would be refused if this were not known:" in permitted
    assert "The maker gets the frame number when you ask for a part." in permitted


def test_a_choice_has_yes_no_not_asked_and_not_known(workshop: Workshop) -> None:
    question = f"{ASK}do=use&data=person.phone&for=offer&choice.offers="
    for answer, outcome in (("yes", "Permitted"), ("no", "Refused"), ("unasked", "Refused"), ("unknown", "Refused")):
        assert f"</svg>{outcome}</span>" in workshop.read(question + answer), answer


def test_what_no_sentence_speaks_of_is_silent(workshop: Workshop) -> None:
    page = workshop.read(f"{ASK}do=use&data=bicycle&for=*")
    assert "Silent, and so refused" in page
    assert "Only another version of the policy could." in page


def test_only_facts_that_matter_are_asked_for(workshop: Workshop) -> None:
    page = workshop.read(f"{ASK}do=share&data=bicycle.frame&with=makers&for=repair")
    assert 'name="fact.requested"' in page
    assert 'name="fact.merging"' not in page


@pytest.mark.parametrize(
    ("action", "other_side"),
    [("collect", "counter"), ("show", "mechanics"), ("share", "makers"), ("keep", "here")],
)
def test_the_other_side_fits_the_action(workshop: Workshop, action: str, other_side: str) -> None:
    page = workshop.read(f"{ASK}do={action}")
    assert f'<option value="{other_side}"' in page
    for other in {"counter", "mechanics", "makers"} - {other_side}:
        assert f'<option value="{other}"' not in page
    assert 'name="with"' not in workshop.read(f"{ASK}do=use")


def test_what_was_chosen_stays_chosen(workshop: Workshop) -> None:
    page = workshop.read(
        f"{ASK}do=share&data=bicycle.frame&with=makers&for=repair&degree=pseudonymous&fact.requested=no"
    )
    for option in ("bicycle.frame", "makers", "repair", "pseudonymous"):
        assert f'<option value="{option}" selected>' in page
    assert re.search(r'name="fact.requested" value="no" checked', page)


ODD = [
    "<script>alert(1)</script>",
    '"><img src=x>',
    "person.phone'",
    "../../etc",
    "é" * 500,
    "{{ 7*7 }}",
]
FIELDS = ["do", "data", "with", "for", "degree", "choice.offers", "fact.requested"]


def ask_with(workshop: Workshop, field: str, odd: str) -> Any:
    """The answer to a question that is whole but for this word."""
    values = {"do": "share", "data": "person.phone", "with": "makers", "for": "repair"} | {field: odd}
    return workshop.get(ASK + "&".join(f"{key}={quote(value)}" for key, value in values.items()))


@pytest.mark.parametrize("field", FIELDS)
def test_an_unknown_word_gets_400_and_is_not_repeated(workshop: Workshop, field: str) -> None:
    for odd in ODD:
        response = ask_with(workshop, field, odd)
        assert response.status_code == 400, odd
        assert b"The policy does not know this word" in response.content, odd
        assert odd.encode() not in response.content
        assert b"49" not in response.content


def test_a_word_with_the_sign_nul_makes_a_request_that_cannot_be_read(workshop: Workshop) -> None:
    for field in FIELDS:
        response = ask_with(workshop, field, "person.fax\x00")
        assert response.status_code == 400, field
        assert "This request cannot be read" in response.content.decode(), field
        assert b"person.fax" not in response.content


@pytest.mark.parametrize("name", ["fact.<b>", "choice.<b>", "fact.", "choice.", "fact.chosen offers"])
def test_an_unknown_fact_gets_400(workshop: Workshop, name: str) -> None:
    response = workshop.get(f"{ASK}do=use&data=person&for=repair&{quote(name)}=yes")
    assert response.status_code == 400
    assert b"<b>" not in response.content


def test_a_near_word_is_named(workshop: Workshop) -> None:
    response = workshop.get(f"{ASK}do=share&data=person.fone&with=makers")
    assert response.status_code == 400
    assert "the nearest word of this policy is “person.phone”" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "do=share&do=use&data=person",
        "do=use&data=person&with=makers",
        "&".join(["do=use"] + [f"data={name}" for name in ("person", "bicycle", "person.name", "person.phone")] * 3),
        "do=share&data=person&with=anyone",
    ],
)
def test_a_question_that_does_not_fit_is_refused_or_answered_but_never_breaks(workshop: Workshop, query: str) -> None:
    assert workshop.get(ASK + query).status_code in (200, 400)


def test_asking_many_things_makes_no_memory_grow(workshop: Workshop) -> None:
    gate = workshop.shelf.find_slug("lantern").versions[-1].gate
    for purpose in ("repair", "sale", "offer", "*"):
        workshop.read(f"{ASK}do=share&data=person&with=makers&for={purpose}")
    assert not gate._decisions


def test_a_listed_question_leads_to_its_answer(workshop: Workshop) -> None:
    page = workshop.read("/privacy")
    found = re.search(r'href="([^"]+)">Does the maker see my frame number\?', page)
    assert found
    assert "Permitted" in workshop.read(found[1].replace("&amp;", "&"))


def test_a_listed_question_that_cannot_be_asked_is_an_error_of_the_file(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    workshop.write(text.replace("share person.phone with makers for sale", "share person.fone with makers for sale"))
    shelved = workshop.shelf.find_slug("lantern")
    assert [finding.code for finding in shelved.faults[0].findings] == ["G401"]
    assert "for two years" in workshop.read("/privacy")


def test_what_the_policy_does_not_name_is_never_answered_as_what_it_declares(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    declared = text.replace(
        "offer: marketing.communications}", "offer: marketing.communications, another purpose: other}"
    )
    workshop.write(
        declared.replace("use person.phone for offer", "use bicycle for another purpose\nuse person.phone for offer")
    )
    assert not workshop.shelf.find_slug("lantern").faults
    question = f"{ASK}do=use&data=bicycle&for="
    assert "</svg>Permitted</span>" in workshop.read(f"{question}another+purpose")
    for unnamed in ("*", ""):
        page = workshop.read(question + unnamed)
        assert "Silent, and so refused" in page
        assert "use bicycle for another purpose" in page
        assert '<option value="*" selected>something the policy does not name' in page


def test_a_listed_question_may_name_what_the_policy_does_not(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    workshop.write(text.replace("with makers for sale}", "with 'a circus' for 'a raffle'}".replace("'", '"')))
    assert not workshop.shelf.find_slug("lantern").faults
    found = re.search(r'href="([^"]+)">Do you sell my number', workshop.read("/privacy"))
    assert found
    assert "with=%2A&amp;for=%2A" in found[1]
    assert "Nobody else gets anything." in workshop.read(found[1].replace("&amp;", "&"))


WIDE = ("anywhere", "every page", "every form", "every email address")


@pytest.mark.parametrize("wide", WIDE)
@pytest.mark.parametrize("rule", ["never collect person.phone at {}", "collect person.phone at {} for offer"])
def test_places_that_stand_for_others_are_neither_offered_nor_told(workshop: Workshop, rule: str, wide: str) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    text = text.replace("{counter: /counter}", "{counter: /counter, bell: automatic}")
    workshop.write(text.replace("at counter for repair\n", f"at counter for repair\n{rule.format(wide)}\n"))
    assert rule.format(wide) in workshop.shelf.find_slug("lantern").versions[-1].policy.text
    page = workshop.read(f"{ASK}do=collect")
    options = re.findall(r'<option value="([^"]*)"', page.partition('name="with"')[2].partition("</select>")[0])
    assert options == ["counter", "bell", "*"]
    assert workshop.get(f"{ASK}do=collect&data=person&with={quote(wide)}").status_code == 400
    answers = workshop.read("/privacy").partition('id="what-we-collect"')[2].partition('id="what-for"')[0]
    heads = re.findall(r'<th scope="row">\s*(\w[\w ]*)', answers)
    assert heads in (["Counter"], ["Counter", "Bell"])


def test_a_page_of_the_sites_own_is_offered_where_a_rule_speaks_of_it(workshop: Workshop) -> None:
    text = workshop.path().read_text(encoding="utf-8")
    workshop.write(
        text.replace("at counter for repair\n", "at counter for repair\ncollect person.phone at account for offer\n")
    )
    page = workshop.read(f"{ASK}do=collect")
    assert '<option value="account"' in page
    assert '<option value="home"' not in page
