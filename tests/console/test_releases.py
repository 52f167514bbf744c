"""Staff hand over what a person permitted: once, through the gate, in a role that may see it; a no is passed on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.actions.customers import read_mails
from tests.actions.givers import CONTACT, NAMED, WISH, hand_over, permit, register_recipient
from tests.actions.stage import ADA
from tests.console.clerks import SEAT, STRANGER, Console, list_kinds, read_text
from upheld.core.gate.binding import Binding

PAGE = f"{SEAT}releases/"


@pytest.fixture
def given(console: Console, binding: Binding, now: datetime) -> Any:
    """Ada's permission: her address, once, to somebody she names."""
    return permit(binding, console.cast.ada, now)


def test_the_list_and_the_page_open_nothing(console: Console, given: Any) -> None:
    client = console.sit_down()
    for path in (PAGE, f"{PAGE}{given.id}/"):
        page = read_text(client.get(path))
        assert "somebody they named" in page
        for value in (*ADA.values(), *NAMED.values()):
            assert not value or value not in page
    assert "item.opened" not in list_kinds()


def test_it_is_handed_over_as_a_page_once(console: Console, given: Any) -> None:
    client = console.sit_down()
    answer = client.post(f"{PAGE}{given.id}/", {"role": "customer-service", "form": "page"})
    page = read_text(answer)
    assert answer["Cache-Control"] == "no-store"
    for value in (ADA["person.email"], NAMED["name"], NAMED["email"]):
        assert value in page
    assert ADA["person.phone"] not in page
    again = client.post(f"{PAGE}{given.id}/", {"role": "customer-service", "form": "page"})
    assert again.status_code == 403
    said = read_text(again)
    assert "The permission does not count: used up." in said
    assert "We do not sell, rent or pass on anything about you" in said
    assert ADA["person.email"] not in said
    assert "Nothing to hand over." in read_text(client.get(PAGE))
    assert given.id in read_text(client.get(f"{PAGE}?state=ended"))


def test_it_is_handed_over_as_a_file_that_its_digest_proves(console: Console, given: Any) -> None:
    import hashlib

    from upheld.records.models import Disclosure

    answer = console.sit_down().post(f"{PAGE}{given.id}/", {"role": "customer-service", "form": "json"})
    assert answer["Content-Disposition"].startswith("attachment")
    assert json.loads(answer.content)["to"]["name"] == NAMED["name"]
    assert Disclosure.objects.get().digest == hashlib.sha256(answer.content).hexdigest()


def test_a_role_that_may_not_see_it_gets_the_sentence(console: Console, given: Any) -> None:
    client = console.sit_down(role="analysts")
    answer = client.post(f"{PAGE}{given.id}/", {"role": "analysts", "form": "page"})
    assert answer.status_code == 403
    assert "Only staff who need it for their work" in read_text(answer)
    assert client.post(f"{PAGE}{given.id}/", {"role": "customer-service", "form": "page"}).status_code == 422
    assert "data.disclosed" not in list_kinds()


def test_withdrawn_meanwhile_it_is_refused(console: Console, given: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.releases import withdraw_release

    client = console.sit_down()
    client.get(f"{PAGE}{given.id}/")
    withdraw_release(binding, person=console.cast.ada, permission=given.id, now=now)
    answer = client.post(f"{PAGE}{given.id}/", {"role": "customer-service", "form": "json"})
    assert answer.status_code == 403
    assert "The permission does not count: withdrawn." in read_text(answer)


def test_its_time_over_it_is_refused(console: Console, given: Any, now: datetime) -> None:
    from upheld.records.models import Permission

    client = console.sit_down()
    Permission.objects.update(until=now)
    answer = client.post(f"{PAGE}{given.id}/", {"role": "customer-service", "form": "json"})
    assert answer.status_code == 403
    assert "its time is over" in read_text(answer)


def test_without_a_role_here_or_for_another_permission_there_is_nothing(console: Console, given: Any) -> None:
    stranger = console.sign_in(STRANGER)
    for path in (PAGE, f"{PAGE}{given.id}/"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{PAGE}{given.id}/", {"role": "customer-service", "form": "json"}).status_code == 404
    assert console.sit_down().get(f"{PAGE}r_{'a' * 20}/").status_code == 404


def test_who_was_given_it_is_told_of_the_withdrawal_by_mail_or_by_staff(
    console: Console, binding: Binding, now: datetime
) -> None:
    from upheld.actions.releases import withdraw_release
    from upheld.actions.tellings import list_tellings

    line = register_recipient(binding, now)
    ada = console.cast.ada
    by_post = {"name": "Dr. Ashby", "post": "1 Wharf"}
    for wish in (replace(WISH, named=None, recipient=line.id), replace(WISH, named=by_post, purpose="improve")):
        given = permit(binding, ada, now, replace(wish, is_once=False))
        hand_over(binding, given, now)
        withdraw_release(binding, person=ada, permission=given.id, now=now)
    client = console.sign_in("c.lindqvist")
    page = read_text(client.get(PAGE))
    assert "Sandspit Freight" in page
    assert "a permission was withdrawn" in page
    mailed, posted = sorted(list_tellings(binding.site), key=lambda told: told.id)
    path = f"{SEAT}tellings/{{}}/told/"
    assert "Told." in read_text(client.post(path.format(mailed.id), {"how": "mail"}, follow=True))
    assert len(read_mails(CONTACT["email"])) == 1
    assert "no e-mail address is kept" in read_text(client.post(path.format(posted.id), {"how": "mail"}, follow=True))
    assert "Told." in read_text(client.post(path.format(posted.id), {"how": "staff"}, follow=True))
    assert "told already" in read_text(client.post(path.format(posted.id), {"how": "staff"}, follow=True))
    assert "Nobody has to be told." in read_text(client.get(PAGE))
