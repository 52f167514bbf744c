"""A policy that stands on the site of another has its own pages in the console: what is about it, and nobody's data."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.actions.stage import COURIER
from tests.actions.test_surfaces import APP_POLICY
from tests.console.clerks import CLERK, OWNER, Console, read_text

APP = "lasership-app"


@pytest.fixture
def joined(console: Console, tmp_path: Path) -> Console:
    """The courier's site with the policy of an app on it."""
    from upheld.server.opening import check_pages
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Shelf

    folder = tmp_path / "both"
    (folder / APP).mkdir(parents=True)
    (folder / COURIER.name).symlink_to(COURIER)
    (folder / APP / "2020-01-01.policy.md").write_text(APP_POLICY, encoding="utf-8")
    place_shelf(Shelf(folder, tmp_path / "both-copies", check=check_pages))
    return console


SEAT = f"/console/at/{APP}/"


def test_what_is_about_the_policy_is_there_and_nothing_about_people(joined: Console) -> None:
    owner = joined.sign_in(OWNER)
    for page in ("policy/", "proof/", "grants/", "functions/"):
        answer = owner.get(SEAT + page)
        assert answer.status_code == 200, page
        assert "(app)" in read_text(answer)
        text = answer.content.decode()
        assert f"{SEAT}proof/" in text
        for gone in ("cases/", "shipments/", "campaigns/", "recipients/", "programs/"):
            assert SEAT + gone not in text, (page, gone)
    assert owner.get("/console/").status_code == 200


def test_whoever_works_with_it_comes_to_its_versions(joined: Console) -> None:
    from upheld.actions.grants import give_grant
    from upheld.actions.staff import find_staff
    from upheld.console.moments import read_now
    from upheld.web.binding import make_binding
    from upheld.web.hosts import find_shelf

    now = read_now()
    shelved = find_shelf().find_slug(APP)
    assert shelved is not None
    binding = make_binding(shelved, now.date())
    assert (binding.stands_on, binding.site) == (COURIER.name, APP)
    assert joined.sign_in(CLERK).get(SEAT).status_code == 404  # a grant at the site is none for the policy beside it
    told = {"role": "customer-service", "reason": "minds the app", "given_by": find_staff(OWNER), "now": now}
    give_grant(binding, staff=find_staff(CLERK), **told)
    answer = joined.sign_in(CLERK).get(SEAT)
    assert (answer.status_code, answer["Location"]) == (302, f"{SEAT}policy/")
