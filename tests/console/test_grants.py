"""Grants: the owner gives them with a reason, they end by themselves unless somebody looks at them again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.actions.stage import open_courier
from tests.console.clerks import CLERK, OWNER, REASON, ROLE, SEAT, SITE, STRANGER, Console, list_kinds, read_text
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding

GIVE = f"{SEAT}grants/give/"


def find(name: str) -> Any:
    from upheld.actions.staff import find_staff

    return find_staff(name)


def give(name: str, role: str) -> Any:
    from upheld.actions.grants import give_grant

    now = datetime.now(UTC)
    return give_grant(open_courier(), staff=find(name), role=role, reason=REASON, given_by=find(OWNER), now=now)


def test_it_works(console: Console) -> None:
    from upheld.records.models import Entry

    client = console.sign_in(OWNER)
    response = client.post(GIVE, {"username": CLERK, "role": ROLE, "reason": REASON})
    assert response.headers["Location"] == f"{SEAT}grants/"
    page = read_text(client.get(f"{SEAT}grants/"))
    assert REASON in page
    assert "live" in page
    assert "we look at it again every 90 days" in page
    line = Entry.objects.get(kind="grant.given")
    assert REASON not in line.text
    assert '"review":"2027-02-18"' in line.text
    assert console.sign_in(CLERK).get(SEAT).status_code == 200


def test_a_grant_past_its_review_opens_nothing(console: Console, clock: time_machine.Traveller, now: datetime) -> None:
    from upheld.actions.grants import has_live_grant

    console.give_role()
    clock.shift(timedelta(days=90, seconds=1))
    assert console.sign_in(CLERK).get(SEAT).status_code == 404
    later = now + timedelta(days=90, seconds=1)
    assert not has_live_grant(site=SITE, staff=find(CLERK).pk, role=ROLE, now=later)
    client = console.sign_in(OWNER)
    assert "past its review" in read_text(client.get(f"{SEAT}grants/"))
    assert f"Review the grant of {CLERK}" in read_text(client.get("/console/"))


def test_a_grant_that_was_looked_at_again_lasts_another_period(console: Console, clock: time_machine.Traveller) -> None:
    grant = console.give_role()
    clock.shift(timedelta(days=80))
    client = console.sign_in(OWNER)
    client.post(f"{SEAT}grants/{grant.id}/review/")
    clock.shift(timedelta(days=80))
    assert console.sign_in(CLERK).get(SEAT).status_code == 200
    assert "grant.reviewed" in list_kinds()


def test_a_grant_that_ended_opens_nothing_from_that_moment(console: Console) -> None:
    grant = console.give_role()
    clerk, owner = console.sign_in(CLERK), console.sign_in(OWNER)
    assert clerk.get(SEAT).status_code == 200
    owner.post(f"{SEAT}grants/{grant.id}/end/")
    assert clerk.get(SEAT).status_code == 404
    assert "grant.ended" in list_kinds()
    assert "ended" in read_text(owner.get(f"{SEAT}grants/"))


def test_a_grant_to_oneself_is_marked(console: Console) -> None:
    client = console.sign_in(OWNER)
    client.post(GIVE, {"username": OWNER, "role": ROLE, "reason": REASON})
    assert "to themselves" in read_text(client.get(f"{SEAT}grants/"))


def test_a_role_that_the_policy_does_not_name_for_it_neither_gives_nor_reviews_nor_ends(console: Console) -> None:
    grant = console.give_role()
    client = console.sign_in(CLERK)
    client.post(GIVE, {"username": CLERK, "role": "dispatch", "reason": REASON})
    client.post(f"{SEAT}grants/{grant.id}/review/")
    client.post(f"{SEAT}grants/{grant.id}/end/")
    assert list_kinds(kind__startswith="grant.") == ["grant.given"]
    assert "Give a grant" not in read_text(client.get(f"{SEAT}grants/"))


@pytest.mark.parametrize(
    "change",
    [{"reason": ""}, {"reason": "short"}, {"role": "chief"}, {"role": "self"}, {"username": "nobody"}, {"role": ""}],
)
def test_what_is_missing_or_unknown_is_refused_and_the_reason_is_kept(console: Console, change: dict[str, str]) -> None:
    client = console.sign_in(OWNER)
    response = client.post(GIVE, {"username": CLERK, "role": ROLE, "reason": REASON} | change)
    assert response.status_code == 422
    assert not list_kinds(kind="grant.given")
    if "reason" not in change:
        assert REASON in response.content.decode()


def test_the_same_grant_is_not_given_twice(console: Console) -> None:
    console.give_role()
    response = console.sign_in(OWNER).post(GIVE, {"username": CLERK, "role": ROLE, "reason": REASON})
    assert response.status_code == 422
    assert "holds the role" in read_text(response)


def test_whom_the_policy_gives_the_review_to_keeps_the_grants_of_others(
    console: Console, clock: time_machine.Traveller
) -> None:
    grant = console.give_role()
    clock.shift(timedelta(days=80))
    own = give(STRANGER, "privacy-desk")
    desk, owner = console.sign_in(STRANGER), console.sign_in(OWNER)
    assert f"Review the grant of {CLERK}" in read_text(desk.get("/console/"))
    assert "Review the grant" not in read_text(owner.get("/console/"))
    assert f"grants/{own.id}/review/" not in desk.get(f"{SEAT}grants/").content.decode()
    owner.post(f"{SEAT}grants/{grant.id}/review/")
    desk.post(f"{SEAT}grants/{own.id}/review/")
    desk.post(f"{SEAT}grants/{grant.id}/end/")
    assert "grant.reviewed" not in list_kinds()
    assert "grant.ended" not in list_kinds()
    desk.post(f"{SEAT}grants/{grant.id}/review/")
    assert "grant.reviewed" in list_kinds()


def test_the_owner_stands_in_where_nobody_else_can_review(console: Console, clock: time_machine.Traveller) -> None:
    own = console.give_role(STRANGER, "privacy-desk")
    clock.shift(timedelta(days=80))
    client = console.sign_in(OWNER)
    assert f"Review the grant of {STRANGER}" in read_text(client.get("/console/"))
    client.post(f"{SEAT}grants/{own.id}/review/")
    assert "grant.reviewed" in list_kinds()


def test_a_grant_of_another_site_cannot_be_changed_from_here(console: Console, binding: Binding, now: datetime) -> None:
    from dataclasses import replace

    from upheld.actions.grants import end_grant, give_grant

    other = replace(binding, site="elsewhere")
    grant = give_grant(other, staff=find(CLERK), role=ROLE, reason=REASON, given_by=find(OWNER), now=now)
    with pytest.raises(UpheldError) as refused:
        end_grant(SITE, grant.id, by=find(OWNER), now=now)
    assert refused.value.code == "W109"
    assert console.sign_in(CLERK).get(SEAT).status_code == 404


@pytest.mark.parametrize(
    ("code", "change"),
    [("W101", {"role": "chief"}), ("W102", {"reason": "  x  "}), ("W103", {"given_by": STRANGER})],
)
def test_the_action_refuses_too(
    console: Console, binding: Binding, now: datetime, code: str, change: dict[str, str]
) -> None:
    from upheld.actions.grants import give_grant

    given = {"role": ROLE, "reason": REASON, "given_by": OWNER} | change
    with pytest.raises(UpheldError) as refused:
        give_grant(
            binding,
            staff=find(CLERK),
            role=given["role"],
            reason=given["reason"],
            given_by=find(given["given_by"]),
            now=now,
        )
    assert refused.value.code == code
