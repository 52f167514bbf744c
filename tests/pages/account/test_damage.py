"""What is held does not open, or cannot be judged: the pages say so, show nothing of it, and the account can be closed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.actions.stage import BO, Cast
from tests.pages.account.visitors import PAGES, PASSWORD, Visitor, binding, bo, cast, databases, now, settings_as, site

__all__ = ["binding", "bo", "cast", "databases", "now", "settings_as", "site"]

DAMAGES = {
    "a version that is gone": ({"version": date(2015, 1, 1)}, 503, "a version of our policy that is not in its place"),
    "an item that was moved": ({"touchpoint": "elsewhere"}, 500, "does not open"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_pages_say_so_and_removing_everything_still_works(bo: Visitor, cast: Cast, damage: str) -> None:
    from upheld.records.models import Item, Person

    change, status, words = DAMAGES[damage]
    Item.objects.filter(person=cast.bo).update(**change)
    seen: dict[str, Any] = {path: bo.get(path) for path in (*PAGES, "/account/password")}
    assert {answer.status_code for answer in seen.values()} == {200, status}
    assert seen["/account/held"].status_code == status
    for answer in seen.values():
        page = answer.content.decode()
        assert not [value for value in BO.values() if value in page]
        assert answer.status_code == 200 or words in page
    assert bo.send("/account/close", {"way": "remove", "password": PASSWORD}).status_code == 303
    assert not Person.objects.filter(id=cast.bo.id).exists()
