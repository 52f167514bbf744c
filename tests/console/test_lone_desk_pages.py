"""The legal desk of one person in the console: what stands in is offered where the policy declares it, and others may object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.actions.lone_desk import open_lone
from tests.actions.stage import NOW, databases, now
from tests.actions.test_approvals import NOTARY, Lone
from tests.console.clerks import PASSWORD, SEAT, read_text
from tests.pages.test_agreeing_page import open_site
from tests.web.sites import settings_as

__all__ = ["databases", "now", "settings_as"]


@pytest.fixture
def lone(
    databases: dict[str, Path], settings_as: Callable[..., None], tmp_path: Path
) -> Iterator[tuple[Lone, time_machine.Traveller]]:
    from upheld.actions.grants import give_grant

    settings_as(SECOND_FACTOR_REQUIRED=False, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with time_machine.travel(NOW, tick=False) as clock:
        value = "7 days without objection or one outside approver"
        open_site(tmp_path, value)
        made = Lone(open_lone(value), NOW)
        helper = made.desk[1]
        reason = "sorts the parcels in the morning"
        give_grant(made.binding, staff=helper, role="helper", reason=reason, given_by=made.owner, now=NOW)
        for staff in made.desk:
            staff.set_password(PASSWORD)
            staff.save()
        yield made, clock


def sign_in(staff: Any) -> Any:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    assert client.post("/console/sign-in/", {"login": staff.username, "password": PASSWORD}).status_code == 302
    return client


def test_time_without_objection_is_offered_once_one_agreed_and_then_counts(
    lone: tuple[Lone, time_machine.Traveller],
) -> None:
    made, clock = lone
    client, page = sign_in(made.desk[0]), f"{SEAT}demands/{made.demand}/"
    assert "Let the time stand in" not in read_text(client.get(page))
    client.post(page + "do/answer/", {"answer": "yes"})
    assert "Let the time stand in" in read_text(client.get(page))
    client.post(page + "do/wait/")
    assert "Unless somebody objects" in read_text(client.get(page))
    assert client.post(page + "do/release/").status_code == 409
    clock.shift(timedelta(days=7))
    client = sign_in(made.desk[0])
    assert client.post(page + "do/release/").status_code == 302
    assert "the time that the policy names has passed" in read_text(client.get(page))


def test_somebody_of_another_role_sees_an_outline_and_objects(lone: tuple[Lone, time_machine.Traveller]) -> None:
    made, _ = lone
    client, helper, page = sign_in(made.desk[0]), sign_in(made.desk[1]), f"{SEAT}demands/{made.demand}/"
    client.post(page + "do/answer/", {"answer": "yes"})
    assert "What you may object to" not in read_text(helper.get(SEAT + "demands/"))
    client.post(page + "do/wait/")
    text = read_text(helper.get(SEAT + "demands/"))
    assert "What you may object to" in text
    assert made.ada.id not in text
    assert helper.get(page).status_code == 404
    assert helper.post(page + "do/object/").status_code == 302
    assert "not agreed to" in read_text(client.get(page))
    assert helper.post(page + "do/object/").status_code == 302  # nothing waits any more, and it says so
    assert "W142" not in read_text(helper.get(SEAT + "demands/"))


def test_the_link_for_somebody_outside_is_mailed_and_shown_to_nobody(
    lone: tuple[Lone, time_machine.Traveller],
) -> None:
    from upheld.records.models import Outgoing

    made, _ = lone
    client, page = sign_in(made.desk[0]), f"{SEAT}demands/{made.demand}/"
    client.post(page + "do/answer/", {"answer": "yes"})
    assert client.post(page + "do/ask/", {"who": "", "email": NOTARY}).status_code == 409
    assert client.post(page + "do/ask/", {"who": "R. Achterberg, notary"}).status_code == 409
    asked = client.post(page + "do/ask/", {"who": "R. Achterberg, notary", "email": NOTARY}, follow=True)
    text = asked.content.decode()
    assert "They are asked by mail." in text
    assert "/agree/" not in text
    assert f"R. Achterberg, notary, {NOTARY} was asked by mail" in read_text(asked)
    assert Outgoing.objects.get().kind == "approval-asked"
