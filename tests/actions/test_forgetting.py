"""Erasing is whole: sealed copies for others lose the person, whoever holds data hears of it, and a no stays."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import HOME, read_mails
from tests.actions.givers import CONTACT, NAMED, WISH, hand_over, permit, register_recipient
from tests.actions.legal_desk import BELIEF, Desk, approve_one, list_lines, open_one, release_one, set_up_desk
from tests.actions.stage import ADA, Cast
from tests.actions.test_mergers import LEAD, tell_everybody, transfer
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding


@pytest.fixture
def desk(cast: Cast, binding: Binding, now: datetime) -> Desk:
    return set_up_desk(binding, now)


def erase(binding: Binding, person: Any, now: datetime) -> str:
    from upheld.actions.forgetting import erase_person

    return erase_person(binding, person=person, now=now)


def release(binding: Binding, desk: Desk, now: datetime, *people: Any, **more: Any) -> str:
    """A demand about these people that was released."""
    from tests.actions.legal_desk import agree
    from upheld.actions.demand_answers import put_demand
    from upheld.actions.demands import add_person

    demand = open_one(binding, desk, people[0].id, now, **more)
    for person in people[1:]:
        add_person(binding, demand, person=person.id, staff=desk.one, now=now)
    put_demand(binding, demand, staff=desk.one, now=now)
    agree(binding, demand, desk.one, desk.two, now=now)
    release_one(binding, desk, demand, now)
    return demand


def fetch(binding: Binding, desk: Desk, demand: str, now: datetime) -> Any:
    from upheld.actions.demand_release import fetch_package

    return fetch_package(binding, demand, staff=desk.one, now=now)


def list_people(package: Any) -> list[str]:
    return [one["person"] for one in json.loads(package.document)["people"]]


def list_destroyed() -> set[str]:
    from upheld.records.keyring.models import DestroyedKey

    return set(DestroyedKey.objects.values_list("name", flat=True))


def test_a_package_that_no_instrument_asks_for_loses_who_is_erased(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Demand, DemandPackage

    demand = release(binding, desk, now, cast.ada, cast.bo, ground="safety", belief=BELIEF)
    old = DemandPackage.objects.get(demand=demand)
    ada, bo = cast.ada.id, cast.bo.id
    erase(binding, cast.ada, now)
    package = fetch(binding, desk, demand, now)
    assert list_people(package) == [bo]
    assert ADA["person.name"].encode() not in package.document
    assert package.digest == Demand.objects.get(id=demand).digest
    assert old.key in list_destroyed()
    [line] = list_lines("copy.erased")
    assert (line["subject"], line["people"], line["digest"], line["person"]) == (demand, 1, package.digest, "")
    erase(binding, cast.bo, now)
    assert not DemandPackage.objects.exists()
    assert ada not in json.dumps(list_lines("copy.erased"))
    with pytest.raises(StaffError, match="W147"):
        fetch(binding, desk, demand, now)


def test_a_package_that_a_court_asks_for_waits_until_it_is_taken_once(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demands import find_demand
    from upheld.records.models import DemandPackage

    demand, ada = release(binding, desk, now, cast.ada, cast.bo), cast.ada.id
    key = DemandPackage.objects.get(demand=demand).key
    erase(binding, cast.ada, now)
    held = find_demand(binding, demand, now)
    assert held is not None
    assert (held.gone, held.held_until) == ({ada}, now + timedelta(days=30))
    [line] = list_lines("copy.held")
    assert (line["subject"], line["person"]) == (demand, "")
    assert ada in list_people(fetch(binding, desk, demand, now))
    assert key in list_destroyed()
    assert list_people(fetch(binding, desk, demand, now)) == [cast.bo.id]
    held = find_demand(binding, demand, now)
    assert held is not None
    assert (held.gone, held.held_until) == ({ada}, None)


def test_a_package_that_nobody_comes_for_waits_no_longer_than_its_time(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demand_release import forget_packages

    demand = release(binding, desk, now, cast.ada)
    erase(binding, cast.ada, now)
    assert forget_packages(binding, now + timedelta(days=29)) == 0
    assert forget_packages(binding, now + timedelta(days=30)) == 1
    with pytest.raises(StaffError, match="W147"):
        fetch(binding, desk, demand, now + timedelta(days=30))


def test_a_package_that_was_taken_goes_with_the_only_person_in_it(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import DemandPackage

    demand = release(binding, desk, now, cast.ada)
    fetch(binding, desk, demand, now)
    key = DemandPackage.objects.get(demand=demand).key
    erase(binding, cast.ada, now)
    assert not DemandPackage.objects.exists()
    assert key in list_destroyed()


def test_a_package_that_was_altered_stands_in_nobody_s_way(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import DemandPackage, Person

    release(binding, desk, now, cast.ada, cast.bo, ground="safety", belief=BELIEF)
    DemandPackage.objects.update(sealed=b"x" * 60)
    erase(binding, cast.ada, now)
    assert not DemandPackage.objects.exists()
    assert not Person.objects.filter(id=cast.ada.id).exists()


def test_a_demand_that_was_not_released_gives_out_nothing_of_who_is_erased(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    demand = approve_one(binding, desk, cast.ada.id, now)
    erase(binding, cast.ada, now)
    release_one(binding, desk, demand, now)
    assert list_people(fetch(binding, desk, demand, now)) == []


def test_a_file_of_a_merger_loses_who_is_erased_and_keeps_the_others(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.merger_transfer import fetch_batch
    from upheld.records.models import MergerBatch, MergerNotice

    row, later = tell_everybody(binding, desk, now), now + LEAD
    assert transfer(binding, desk, row, later) == 3
    old, ada = MergerBatch.objects.get(), cast.ada.id
    erase(binding, cast.ada, later)
    file = fetch_batch(binding, row.id, 1, staff=desk.one, now=later)
    assert ADA["person.name"].encode() not in file.document
    assert len(file.document.splitlines()) == 1 + 2
    new = MergerBatch.objects.get()
    assert (new.people, new.digest == file.digest, new.digest == old.digest) == (2, True, False)
    assert old.key in list_destroyed()
    assert MergerNotice.objects.get(person=ada).transferred_at == later
    erase(binding, cast.bo, later)
    erase(binding, cast.works, later)
    with pytest.raises(StaffError, match="W147"):
        fetch_batch(binding, row.id, 1, staff=desk.one, now=later)


def test_that_somebody_was_told_of_a_merger_goes_with_them_while_nothing_went_over(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import MergerNotice

    tell_everybody(binding, desk, now)
    bo = cast.bo.id
    erase(binding, cast.bo, now)
    assert not MergerNotice.objects.filter(person=bo).exists()
    assert MergerNotice.objects.count() == 2


def test_the_key_of_an_old_copy_that_a_crash_left_goes_with_the_sweep(
    cast: Cast, desk: Desk, binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import erasing
    from upheld.records.models import DemandPackage

    demand = release(binding, desk, now, cast.ada, cast.bo, ground="safety", belief=BELIEF)
    old = DemandPackage.objects.get(demand=demand).key
    monkeypatch.setattr(erasing, "destroy_person_keys", lambda *_arguments: 0)
    erase(binding, cast.ada, now)
    monkeypatch.undo()
    assert old not in list_destroyed()
    later = now + timedelta(days=1)
    erasing.destroy_left_keys(binding.site, later, "outgoing")
    assert old in list_destroyed()
    assert list_people(fetch(binding, desk, demand, later)) == [cast.bo.id]


def test_whoever_was_given_data_by_permission_hears_of_it_before_the_keys_go(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.tellings import ERASED, list_tellings

    line = register_recipient(binding, now)
    live = permit(binding, cast.bo, now, replace(WISH, is_once=False))
    used = permit(binding, cast.bo, now, replace(WISH, named=None, recipient=line.id))
    given = [hand_over(binding, one, now).id for one in (live, used)]
    bo = cast.bo.id
    close_account(binding, person=cast.bo, is_erased=True, now=now, home=HOME)
    (withdrawn,) = read_mails(NAMED["email"])
    assert given[0] in withdrawn.text
    (mail,) = read_mails(CONTACT["email"])
    assert mail.kind == "recipient-told-erased"
    assert given[1] in mail.subject
    assert "had everything erased" in " ".join(mail.text.split())
    assert bo not in mail.text
    tellings = list_tellings(binding.site, person=bo)
    assert sorted(told.reason for told in tellings) == sorted([ERASED, live.id])
    assert all(told.is_told for told in tellings)


def test_who_erases_without_a_closing_leaves_them_pending(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.tellings import count_pending
    from upheld.records.models import Permission

    line = register_recipient(binding, now)
    given = permit(binding, cast.bo, now, replace(WISH, named=None, recipient=line.id, is_once=False))
    hand_over(binding, given, now)
    erase(binding, cast.bo, now)
    assert not Permission.objects.exists()
    assert count_pending(binding.site) == 1
    assert [line["permission"] for line in list_lines("permission.withdrawn")] == [given.id]


@pytest.mark.parametrize(("ground", "count"), [("service", 1), ("legal process", 0), ("merger", 0)])
def test_a_carrier_hears_of_it_and_a_court_or_a_successor_does_not(
    cast: Cast, binding: Binding, now: datetime, ground: str, count: int
) -> None:
    from upheld.actions.telling_mails import tell_pending
    from upheld.actions.tellings import note_erased
    from upheld.records.models import Disclosure

    line = register_recipient(binding, now)
    for serial in ("x_1", "x_2"):
        Disclosure.objects.create(
            id=serial, site=binding.site, person=cast.bo.id, kind=line.kind, recipient=line.id, ground=ground,
            data=["person.name"], purpose="fulfil.service", at=now,
        )  # fmt: skip
    bo = cast.bo.id
    erase(binding, cast.bo, now)
    assert note_erased(binding, person=bo, now=now) == 0
    assert tell_pending(binding, home=HOME, now=now) == count
    assert all("x_1" in mail.text and "x_2" in mail.text for mail in read_mails(CONTACT["email"]))


def test_an_erased_person_gets_no_mail_again_when_they_come_back(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.suppression import digest_address, is_suppressed, suppress
    from upheld.records.models import Suppression

    digest = digest_address(binding.site, "bo@marten.example", now)
    suppress(binding, digest=digest, mail_class="", reason="link", now=now, person=cast.bo.id)
    erase(binding, cast.bo, now)
    row = Suppression.objects.get()
    assert (row.person, row.entry, bytes(row.digest)) == ("", "", digest)
    assert is_suppressed(binding.site, digest, "newsletter")


def test_an_open_case_of_who_is_erased_ends(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.cases import find_case, open_case

    case = open_case(binding.site, kind="question", now=now, person=cast.bo.id)
    erase(binding, cast.bo, now)
    held = find_case(binding.site, case.id)
    assert held is not None
    assert (held.is_open, held.outcome) == (False, "withdrawn")
