"""Which version somebody is under stands in their account, and they alone say whether it holds for what came before."""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.actions.stage import COURIER, Cast
from tests.actions.versions import FREER, read_text
from tests.pages.account.visitors import Visitor, ada, binding, bo, cast, databases, now, settings_as, site

__all__ = ["ada", "binding", "bo", "cast", "databases", "now", "settings_as", "site"]

PAGE = "/account/version"
DAY = date(2017, 1, 2)  # the pages read the clock, so it has come


@cache
def load_newer() -> Any:
    """The courier with a version that lets dispatch see the zip code in every case, in force by its day."""
    from upheld.web.shelf import Shelf

    folder = Path(mkdtemp(prefix="upheld-test-"))
    shutil.copytree(COURIER, folder / COURIER.name)
    (folder / COURIER.name / f"{DAY}.policy.md").write_text(read_text(DAY, FREER), encoding="utf-8")
    return Shelf(folder, folder / "state")


@pytest.fixture
def newer(site: None, cast: Cast) -> None:
    """The newer version is in force, and Ada and the company are under it."""
    from upheld.records.models import Person
    from upheld.web.hosts import place_shelf

    place_shelf(load_newer())
    Person.objects.filter(id__in=[cast.ada.id, cast.works.id]).update(version=DAY)


def count_answers(**chosen: Any) -> int:
    from upheld.records.models import Agreement

    return Agreement.objects.filter(**chosen).count()


def test_it_works(ada: Visitor, newer: None, cast: Cast) -> None:
    from upheld.records.models import Person, Shown

    page = ada.read(PAGE)
    assert "You have not answered. That counts as a no." in page
    assert "Dispatch may see your zip code" in page
    answer = ada.send(PAGE, {"answer": "yes", "about": "me"})
    assert answer["Location"] == f"{PAGE}?done=me"
    page = ada.read(f"{PAGE}?done=me")
    assert "Recorded. Your answer is yes." in page
    assert "Download the receipt" in page
    assert Person.objects.get(id=cast.ada.id).agreed == DAY
    assert Shown.objects.filter(text__contains="Dispatch may see your zip code").exists()
    ada.send(PAGE, {"answer": "no", "about": "me"})
    assert Person.objects.get(id=cast.ada.id).agreed is None
    assert "Your answer is no" in ada.read(PAGE)


def test_yes_and_no_weigh_the_same_and_neither_is_preset(ada: Visitor, newer: None) -> None:
    page = ada.read(PAGE)
    inputs = re.findall(r'<input type="radio"[^>]*>', page)
    assert [re.search(r'value="(\w+)"', tag)[1] for tag in inputs][:2] == ["yes", "no"]  # type: ignore[index]
    assert not [tag for tag in inputs if "checked" in tag]


def test_where_nothing_is_opened_for_what_is_held_nothing_is_asked(bo: Visitor) -> None:
    page = bo.read(PAGE)
    assert "There is nothing to agree to" in page
    assert 'type="radio"' not in page
    assert "You are under the version of" in page
    assert bo.post(PAGE, {"answer": "yes", "about": "me"}).status_code == 422
    assert count_answers() == 0


@pytest.mark.parametrize(
    "sent", [{"answer": "maybe", "about": "me"}, {"answer": "yes"}, {"answer": "yes", "about": "company2"}, {}]
)
def test_an_answer_that_was_not_offered_is_not_recorded(ada: Visitor, newer: None, sent: dict[str, str]) -> None:
    assert ada.send(PAGE, sent).status_code == 422
    assert count_answers() == 0


def test_who_only_uses_a_company_s_account_does_not_answer_for_it(
    ada: Visitor, newer: None, cast: Cast, binding: Any, now: datetime
) -> None:
    from upheld.records.models import Membership

    Membership.objects.filter(person=cast.ada).update(is_holder=False)
    assert ada.send(PAGE, {"answer": "yes", "about": "company"}).status_code == 422
    assert count_answers() == 0


def test_nobody_answers_who_is_not_signed_in_or_by_somebody_else_s_page(ada: Visitor, bo: Visitor, newer: None) -> None:
    from django.test import Client

    answer = Client().get(PAGE, headers={"host": "lasership.localhost"})
    assert answer.status_code == 303
    token = re.search(r'name="form:token" value="([^"]+)"', ada.read(PAGE))
    assert token is not None
    bo.post(PAGE, {"form:token": token[1], "answer": "yes", "about": "me"})
    assert count_answers() == 0
