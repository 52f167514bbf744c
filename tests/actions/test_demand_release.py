"""What leaves on a legal demand: only what it may have, once, and only when the rows say so in that moment; who is told when."""

from __future__ import annotations

import json
import threading
from datetime import date, datetime, timedelta

import pytest

from tests.actions.customers import read_mails
from tests.actions.legal_desk import (
    BELIEF,
    DAY,
    Desk,
    approve_one,
    list_lines,
    put_one,
    release_one,
    set_up_desk,
)
from tests.actions.stage import ADA, Cast
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.binding import Binding


@pytest.fixture
def desk(cast: Cast, binding: Binding, now: datetime) -> Desk:
    return set_up_desk(binding, now)


def test_what_two_people_agreed_to_leaves_with_a_row_and_a_line_for_each_person(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demand_release import fetch_package
    from upheld.actions.disclosures import list_disclosures
    from upheld.records.models import DemandPackage

    demand = approve_one(binding, desk, cast.ada.id, now)
    held = release_one(binding, desk, demand, now)
    assert held.row.state == "released"
    [given] = list_disclosures(binding.site, person=cast.ada.id)
    assert (given.ground, given.subject, given.recipient) == ("legal process", demand, desk.court)
    package = fetch_package(binding, demand, staff=desk.two, now=now)
    document = json.loads(package.document)
    values = {part["name"]: part["values"] for part in document["people"][0]["given"]["data"]}
    assert values == {"person.name": [ADA["person.name"]], "person.email": [ADA["person.email"]]}
    assert package.digest == held.row.digest
    [line] = list_lines("demand.released")
    assert (line["people"], line["digest"]) == (1, held.row.digest)
    assert ADA["person.name"].encode() not in bytes(DemandPackage.objects.get(demand=demand).sealed)


@pytest.mark.parametrize("ground", ["own claim", "illegal act", "safety", "terms broken", "law"])
def test_each_ground_opens_when_it_has_what_its_rule_asks_for(
    cast: Cast, desk: Desk, binding: Binding, now: datetime, ground: str
) -> None:
    demand = approve_one(binding, desk, cast.ada.id, now, ground=ground, belief=BELIEF)
    assert release_one(binding, desk, demand, now).row.state == "released"


def test_one_voice_is_too_few_and_the_refusal_names_the_sentence(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from tests.actions.legal_desk import agree

    demand = put_one(binding, desk, cast.ada.id, now)
    agree(binding, demand, desk.one, now=now)
    with pytest.raises(RefusedError) as refused:
        release_one(binding, desk, demand, now)
    assert refused.value.because[0].startswith("lasership#whom-we-give-it-to.")
    [line] = list_lines("data.disclosure-refused")
    assert (line["subject"], line["outcome"]) == (demand, "refused")
    assert not list_lines("data.disclosed")


def test_a_state_that_somebody_wrote_into_the_row_opens_nothing(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Demand

    demand = put_one(binding, desk, cast.ada.id, now)
    Demand.objects.filter(id=demand).update(state="approved")
    with pytest.raises(RefusedError):
        release_one(binding, desk, demand, now)


def test_a_change_between_the_second_yes_and_the_release_stops_it(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import DemandPerson

    demand = approve_one(binding, desk, cast.ada.id, now)
    DemandPerson.objects.create(site=binding.site, demand_id=demand, person=cast.bo.id)
    with pytest.raises(StaffError, match="not what was put"):
        release_one(binding, desk, demand, now)


def test_who_left_the_desk_after_agreeing_is_missing_at_the_release(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.grants import end_grant, list_grants

    demand = approve_one(binding, desk, cast.ada.id, now)
    grant = next(grant for grant in list_grants(binding.site) if grant.staff == desk.two.pk)
    end_grant(binding.site, grant.id, by=desk.owner, now=now)
    with pytest.raises(RefusedError):
        release_one(binding, desk, demand, now + timedelta(minutes=1))


def test_somebody_without_the_role_releases_and_fetches_nothing(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demand_release import fetch_package

    demand = approve_one(binding, desk, cast.ada.id, now)
    with pytest.raises(StaffError, match="W113"):
        release_one(binding, desk, demand, now, staff=desk.stranger)
    release_one(binding, desk, demand, now)
    with pytest.raises(StaffError, match="W113"):
        fetch_package(binding, demand, staff=desk.owner, now=now)


def test_what_is_wider_than_the_instrument_stays_and_says_why(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    demand = approve_one(binding, desk, cast.ada.id, now, wanted=("person",), scope=("person.name",))
    held = release_one(binding, desk, demand, now)
    [given] = list_lines("data.disclosed")
    assert given["data"] == ["person.name"]
    withheld = {part["data"]: part["because"] for part in held.row.withheld}
    assert set(withheld) == {"person.email", "person.zip", "person.phone"}
    assert withheld["person.email"] == ["lasership#whom-we-give-it-to.9"]


def test_what_the_instrument_names_and_the_policy_never_gives_stays(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    both = ("person.name", "addressee.name", "message.mail-log")
    demand = approve_one(binding, desk, cast.ada.id, now, wanted=both, scope=both)
    held = release_one(binding, desk, demand, now)
    withheld = {part["data"]: part for part in held.row.withheld}
    assert set(withheld) == {"addressee.name", "message.mail-log"}
    assert {part["reason"] for part in withheld.values()} == {""}
    [given] = list_lines("data.disclosed")
    assert given["data"] == ["person.name"]


def test_what_was_taken_outside_the_days_of_the_instrument_stays(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    demand = approve_one(binding, desk, cast.ada.id, now, since=DAY)  # Ada registered before
    held = release_one(binding, desk, demand, now)
    assert not list_lines("data.disclosed")
    assert {part["reason"] for part in held.row.withheld} == {"outside the days that its instrument names"}


def test_what_was_corrected_outside_the_days_of_the_instrument_stays(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Item

    Item.objects.filter(person=cast.ada).update(corrected_at=now)
    demand = approve_one(binding, desk, cast.ada.id, now, until=now.date() - timedelta(days=1))
    held = release_one(binding, desk, demand, now)
    assert not list_lines("data.disclosed")
    assert {part["reason"] for part in held.row.withheld} == {"outside the days that its instrument names"}


def test_of_two_who_release_at_once_one_does(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from django.db import connections

    demand = approve_one(binding, desk, cast.ada.id, now)
    outcomes: list[str] = []

    def run(staff: object) -> None:
        try:
            outcomes.append(release_one(binding, desk, demand, now, staff=staff).row.state)
        except StaffError as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(staff,)) for staff in (desk.one, desk.two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["W142", "released"]
    assert len(list_lines("data.disclosed")) == 1


def test_a_second_download_is_told_as_such_and_a_closed_demand_has_none(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.demand_release import fetch_package, forget_packages
    from upheld.actions.demands import close_demand
    from upheld.records.models import DemandPackage

    demand = approve_one(binding, desk, cast.ada.id, now)
    release_one(binding, desk, demand, now)
    assert [fetch_package(binding, demand, staff=desk.one, now=now).times for _ in range(2)] == [1, 2]
    assert [line["times"] for line in list_lines("demand.fetched")] == [1, 2]
    close_demand(binding, demand, staff=desk.one, outcome="done", now=now)
    with pytest.raises(StaffError, match="W142"):
        fetch_package(binding, demand, staff=desk.one, now=now)
    assert forget_packages(binding, now) == 1
    assert not DemandPackage.objects.exists()


def test_a_package_does_not_lie_here_for_ever(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.demand_release import fetch_package, forget_packages

    demand = approve_one(binding, desk, cast.ada.id, now)
    release_one(binding, desk, demand, now)
    assert forget_packages(binding, now + timedelta(days=29)) == 0
    assert forget_packages(binding, now + timedelta(days=31)) == 1
    with pytest.raises(StaffError, match="W147"):
        fetch_package(binding, demand, staff=desk.one, now=now + timedelta(days=31))


def test_the_person_is_told_by_mail(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    demand = approve_one(binding, desk, cast.ada.id, now)
    release_one(binding, desk, demand, now)
    [mail] = [mail for mail in read_mails(ADA["person.email"]) if mail.kind == "demand-told"]
    assert "courts and authorities" in " ".join(mail.text.split())
    assert ADA["person.name"] not in mail.text
    [line] = list_lines("demand.told")
    assert (line["person"], line["outcome"]) == (cast.ada.id, "done")


def test_while_telling_is_barred_the_person_finds_no_trace_and_is_told_when_it_ends_however_late(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.barring import list_barred
    from upheld.actions.demand_release import tell_after_bars
    from upheld.actions.receipts import count_lines
    from upheld.actions.receipts import list_lines as list_own

    before = count_lines(binding.site, [cast.ada])
    until = date(2026, 12, 1)
    barred = {"barred_by": "The court forbids it in the order itself.", "barred_until": until}
    demand = approve_one(binding, desk, cast.ada.id, now, **barred)
    release_one(binding, desk, demand, now)
    assert not read_mails(ADA["person.email"])
    assert [found[0] for found in list_barred(binding.site, [cast.ada.id])] == [demand]
    assert count_lines(binding.site, [cast.ada]) == before
    [line] = list_lines("demand.told")
    assert (line["person"], line["outcome"], line["until"]) == ("", "no", "2026-12-01")

    assert tell_after_bars(binding, datetime(2026, 12, 1, 23, 59, tzinfo=now.tzinfo)) == 0
    late = datetime(2027, 2, 1, 9, 0, tzinfo=now.tzinfo)
    assert tell_after_bars(binding, late) == 1
    assert tell_after_bars(binding, late) == 0
    assert [mail.kind for mail in read_mails(ADA["person.email"])] == ["demand-told"]
    kinds = {line.kind for line in list_own(binding.site, [cast.ada])}
    assert {"data.disclosed", "demand.told"} <= kinds
