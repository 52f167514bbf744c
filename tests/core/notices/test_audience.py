"""Which classes may go to many, how often, and what cannot stand in a text that is the same for everybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from upheld.core.notices.audience import (
    USUAL_CAP,
    Cap,
    find_campaign_class,
    find_faults,
    find_house_cap,
    list_campaign_classes,
    list_other_addresses,
)
from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy

COURIER = Path(__file__).parents[3] / "policies" / "lasership" / "2016-10-03.policy.md"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(COURIER)


def change(tmp_path: Path, old: str, new: str) -> Policy:
    """The courier's policy with one piece of it changed."""
    text = COURIER.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "terms.md").write_text("Terms.", encoding="utf-8")
    path = tmp_path / COURIER.name
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_policy(path)


def test_classes_that_go_to_an_audience_without_an_event(policy: Policy) -> None:
    found = {one.name: one for one in list_campaign_classes(policy)}
    assert set(found) == {"service announcement", "administrative message", "promotional offer", "newsletter"}
    assert found["newsletter"].audiences == ("account holders",)
    assert found["newsletter"].choices == ("marketing",)
    assert (found["newsletter"].can_stop, found["newsletter"].cap) == (True, USUAL_CAP)
    assert (found["service announcement"].can_stop, found["service announcement"].cap) == (False, Cap())


def test_addresses_of_people_whom_somebody_named_are_in_no_audience(policy: Policy) -> None:
    assert list_other_addresses(policy) == ("addressee.email",)


@pytest.mark.parametrize(
    ("said", "cap"),
    [("2 in 7 days", Cap(2, 7)), ("1 in 1 day", Cap(1, 1)), ("", USUAL_CAP), ("often", USUAL_CAP)],
)
def test_the_site_says_how_often(policy: Policy, said: str, cap: Cap) -> None:
    assert find_house_cap(replace(policy, site={**policy.site, "mail-cap": said})) == cap


def test_a_rule_that_says_how_often_goes_before_it(tmp_path: Path) -> None:
    old = "(3) send promotional offer, newsletter to account holders if chosen marketing settled marketing-stop [LS-42]"
    new = old.replace("if chosen marketing", "if chosen marketing, at most 2 in 30 days")
    found = find_campaign_class(change(tmp_path, old, new), "newsletter")
    assert found is not None
    assert found.cap == Cap(2, 30)


def test_without_a_rule_for_many_there_is_no_campaign(tmp_path: Path) -> None:
    text = "(1) send service announcement, administrative message to account holders [LS-42]"
    policy = change(tmp_path, text, text.replace("account holders", "addressee.email"))
    assert find_campaign_class(policy, "service announcement") is None


def test_a_good_text_has_no_fault() -> None:
    words = "Dear customer,\r\n\r\nprices in $: 5 (as always) [see below].\n\nWrite to Desk@x.example."
    assert find_faults(name="a", subject="Prices", text=words, own=("desk@x.example",)) == ()


@pytest.mark.parametrize(
    "words", ["{name}", "{{ first }}", "%(name)s", "<<Name>>", "*|FNAME|*", "[Your Name]", "$name"]
)
def test_what_programs_fill_in_is_found(words: str) -> None:
    [fault] = find_faults(name="a", subject="b", text=f"Dear {words},")
    assert fault.field == "text"


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\t", "\x00", "\x0b", "\u2028", "\x7f"])
def test_a_subject_is_one_line_of_plain_signs(sign: str) -> None:
    assert [fault.field for fault in find_faults(name="a", subject=f"b{sign}c", text="d")] == ["subject"]


def test_an_address_of_somebody_has_no_place_in_it_and_is_not_repeated() -> None:
    [fault] = find_faults(name="a", subject="b", text="Ask ada@quill.example.", own=("desk@x.example", ""))
    assert "ada@" not in fault.words
