"""Letting somebody have one's data, in a browser: one sentence before the yes, all of it shown, withdrawn at once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.givers import NAMED, WISH, hand_over, permit, register_recipient
from tests.actions.stage import ADA, Cast
from tests.pages.account.visitors import Visitor, ada, binding, bo, cast, databases, now, settings_as, site

__all__ = ["ada", "binding", "bo", "cast", "databases", "now", "settings_as", "site"]

PAGE, NEW = "/account/releases", "/account/releases/new"


def fill(now: datetime, **more: Any) -> dict[str, Any]:
    told = {"recipient": "somebody", **NAMED, "data": ["person.email"], "purpose": "research", "times": "once"}
    return {**told, "until": (now.date() + timedelta(days=30)).isoformat(), "do": "check", **more}


def ask_and_say(visitor: Visitor, filled: dict[str, Any], answer: str = "") -> Any:
    """Send the form, look at the sentence, and answer; yes unless another answer is given."""
    page = visitor.send(NEW, filled).content.decode()
    found = re.search(r'name="do" value="(permit [0-9a-f]{32})"', page)
    assert found is not None, page
    return visitor.send(NEW, {**filled, "do": answer or found.group(1)})


def count_permissions() -> int:
    from upheld.records.models import Permission

    return Permission.objects.count()


def test_it_is_said_in_one_sentence_and_recorded_by_a_yes_to_that_sentence(ada: Visitor, now: datetime) -> None:
    filled = fill(now)
    page = ada.send(NEW, filled).content.decode()
    assert "for research. Once, until the end of" in page
    assert count_permissions() == 0
    assert page.count('<button class="button" type="submit" name="do"') == 2  # yes and no weigh the same
    assert ask_and_say(ada, filled)["Location"] == f"{PAGE}?done=given"
    listed = ada.read(f"{PAGE}?done=given")
    for text in ("It is recorded.", NAMED["name"], NAMED["email"], "Your e-mail address", "Nothing so far"):
        assert text in listed
    assert "Of your e-mail address; for research; to somebody you name yourself" in ada.read("/account/receipts")


def test_a_no_records_nothing(ada: Visitor, now: datetime) -> None:
    assert ask_and_say(ada, fill(now), "leave")["Location"] == f"{PAGE}?done=not"
    assert count_permissions() == 0
    assert "Nothing was permitted." in ada.read(f"{PAGE}?done=not")


def test_nobody_gives_more_than_twenty_in_an_hour(ada: Visitor, binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.releases import MOST_GIVEN, may_give_more

    assert all(may_give_more(binding.site, cast.ada.id, now) for _ in range(MOST_GIVEN - 1))
    assert ask_and_say(ada, fill(now)).status_code == 303
    answer = ask_and_say(ada, fill(now, purpose="improve"))
    assert answer.status_code == 429
    assert "You gave many permissions in this hour; wait an hour" in answer.content.decode()
    assert count_permissions() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"data": ["person.email", "person.phone"]},
        {"purpose": "improve"},
        {"name": "Somebody Else"},
        {"times": "standing"},
    ],
)
def test_a_yes_counts_for_the_sentence_it_was_said_to(ada: Visitor, now: datetime, change: dict[str, Any]) -> None:
    filled = fill(now)
    page = ada.send(NEW, filled).content.decode()
    seen = re.findall(r'value="(permit [0-9a-f]{32})"', page)[0]
    answer = ada.send(NEW, {**filled, **change, "do": seen})
    assert answer.status_code == 200
    assert "Look at it once more" in answer.content.decode()
    assert count_permissions() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recipient": ""}, "Say who gets it, one recipient"),
        ({"recipient": "o_" + "a" * 20}, "Pick one of the recipients"),
        ({"recipient": "o_\0"}, "Say who gets it, one recipient"),
        ({"data": []}, "Tick what they get, at least one category"),
        ({"data": ["anything"]}, "Tick only what is held about you"),
        ({"purpose": "any purpose"}, "Pick what it is for, one purpose"),
        ({"until": "tomorrow"}, "Give the last day"),
        ({"until": "2099-01-01"}, "Give the last day"),
        ({"times": ""}, "Say whether it is for once"),
        ({"name": ""}, "Give the name of whoever gets it"),
        ({"email": "no address"}, "This is no e-mail address"),
        ({"email": "", "post": ""}, "A recipient needs an address"),
        ({"post": "x" * 501}, "At most 500 characters"),
    ],
)
def test_a_wide_or_half_said_yes_is_not_taken(ada: Visitor, now: datetime, change: dict[str, Any], words: str) -> None:
    answer = ada.send(NEW, fill(now, **change))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert count_permissions() == 0


def test_what_the_policy_rules_out_is_refused_with_its_sentence(ada: Visitor, now: datetime) -> None:
    page = ada.read(NEW)
    assert "Reports stay inside LaserShip." in page
    answer = ada.send(NEW, fill(now, purpose="reporting"))
    assert answer.status_code == 403
    assert "Not even with your permission." in answer.content.decode()
    assert count_permissions() == 0


def test_what_went_stands_there_and_a_withdrawal_counts_at_once(
    ada: Visitor, binding: Any, cast: Cast, now: datetime
) -> None:
    line = register_recipient(binding, now)
    given = permit(
        binding, cast.ada, now, replace(WISH, named=None, recipient=line.id, is_once=False, until=now.date())
    )
    gone = hand_over(binding, given, now)
    page = ada.read(PAGE)
    assert "Sandspit Freight (companies of our group)" in page
    assert gone.id in page
    assert f"/account/receipts/{gone.entry}" in page
    answer = ada.send(PAGE, {"withdraw": given.id})
    assert answer["Location"] == f"{PAGE}?done=withdrawn"
    page = ada.read(PAGE)
    assert "You withdrew it." in page
    assert "still to be told; with us it counts already" in page
    assert ada.get(f"/account/receipts/{gone.entry}").status_code == 200


def test_nobody_withdraws_or_sees_what_is_somebody_else_s(
    bo: Visitor, ada: Visitor, binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.records.models import Permission

    given = permit(binding, cast.ada, now, replace(WISH, until=now.date()))
    permit(binding, cast.bo, now, replace(WISH, until=now.date(), data=("person.name",)))
    page = bo.read(PAGE)
    assert given.id not in page
    assert bo.send(PAGE, {"withdraw": given.id}).status_code == 404
    given.refresh_from_db()
    assert given.ended_at is None
    assert Permission.objects.filter(ended_at=None).count() == 2
    assert Visitor().get(PAGE).status_code == 303
    assert ADA["person.email"] not in page


def test_a_form_from_elsewhere_or_sent_twice_does_nothing(ada: Visitor, now: datetime) -> None:
    assert ada.post(NEW, fill(now)).status_code == 422
    assert ada.post(NEW, fill(now), origin="https://elsewhere.example").status_code == 403
    assert ask_and_say(ada, fill(now)).status_code == 303
    assert count_permissions() == 1


def test_the_page_of_choices_says_who_has_heard_of_a_no(ada: Visitor, binding: Any, cast: Cast, now: datetime) -> None:
    from upheld.actions.tellings import list_tellings, mark_told, note_no

    line = register_recipient(binding, now)
    wish = replace(WISH, named=None, recipient=line.id, purpose="marketing.offer", is_once=False, until=now.date())
    hand_over(binding, permit(binding, cast.ada, now, wish), now)
    note_no(binding, person=cast.ada, reason="marketing", now=now)
    assert "still to be told; with us it counts already" in ada.read("/account/choices")
    (telling,) = list_tellings(binding.site)
    mark_told(binding, telling.id, by="s_1", now=now)
    page = ada.read("/account/choices")
    assert "Sandspit Freight" in page
    assert "told on" in page


def test_what_went_without_a_permission_stands_there_but_not_what_a_court_forbids_to_tell(
    ada: Visitor, binding: Any, cast: Cast, now: datetime
) -> None:
    from upheld.actions.disclosures import disclose
    from upheld.records.models import Demand, DemandPerson, Disclosure

    disclose(
        binding,
        person=cast.ada,
        data=("person.phone",),
        purpose="fulfil.service",
        kind="carriers",
        ground="service",
        facts={"requested": True},
        now=now,
    )
    page = ada.read(PAGE)
    assert "The carriers who bring your parcel" in page
    assert "A service you asked for; for the service you asked for" in page
    demand = Demand.objects.create(
        id="d_" + "a" * 20, site=binding.site, number="1", ground="law", kind="authorities", is_barred=True,
        made_by="s_1", made_at=now,
    )  # fmt: skip
    DemandPerson.objects.create(site=binding.site, demand=demand, person=cast.ada.id)
    Disclosure.objects.update(ground="law", subject=demand.id, kind="authorities")
    assert "authorities" not in ada.read(PAGE)
    DemandPerson.objects.update(told_at=now)
    assert "The law requires it in another way" in ada.read(PAGE)


def test_where_no_permission_counts_and_nothing_went_there_is_no_page_and_no_link(
    ada: Visitor, monkeypatch: Any
) -> None:
    from upheld.pages.account import mine, releases

    assert PAGE in ada.read("/account")
    for module in (mine, releases):
        monkeypatch.setattr(module, "is_offered", lambda _binding: False)
    assert PAGE not in ada.read("/account")
    assert ada.get(PAGE).status_code == 404
