"""A merger: everybody is told, and only those go over whose message left the house long enough ago; the others stay."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.customers import read_mails
from tests.actions.legal_desk import HOME, Desk, list_lines, set_up_desk
from tests.actions.stage import ADA, BO, Cast
from upheld.core.errors import RefusedError, StaffError, VaultError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding

LEAD = timedelta(days=30)
THEIR_POLICY = "https://swift-carriers.example/privacy"


@pytest.fixture
def desk(cast: Cast, binding: Binding, now: datetime) -> Desk:
    return set_up_desk(binding, now)


def open_one(binding: Binding, desk: Desk, now: datetime) -> Any:
    """A merger with a successor of the register."""
    from upheld.actions.mergers import open_merger
    from upheld.actions.recipients import add_recipient

    contact = {"email": "privacy@swift-carriers.example"}
    successor = add_recipient(
        binding, kind="successor", title="Swift Carriers", contact=contact, by=desk.owner, now=now
    )
    return open_merger(
        binding, recipient=successor.id, policy_address=THEIR_POLICY, home=HOME, staff=desk.one, now=now
    ).row


def deliver(binding: Binding, now: datetime, *, failing: tuple[str, ...] = ()) -> None:
    """Every message that waits leaves the house, apart from those to these addresses."""
    from upheld.actions.outgoing import FAILED, SENT, open_message
    from upheld.records.models import Outgoing

    for row in Outgoing.objects.filter(site=binding.site, state="queued"):
        message = open_message(row)
        assert message is not None
        row.state, row.settled_at = FAILED if message.to in failing else SENT, now
        row.save()


def tell_everybody(binding: Binding, desk: Desk, now: datetime, *, failing: tuple[str, ...] = ()) -> Any:
    """A merger of which everybody was told in this moment."""
    from upheld.actions.mergers import begin_telling, settle_notices, tell_batch

    row = open_one(binding, desk, now)
    begin_telling(binding, row.id, staff=desk.one, now=now)
    while tell_batch(binding, now, most=2):
        pass
    deliver(binding, now, failing=failing)
    settle_notices(binding, now)
    return row


def transfer(binding: Binding, desk: Desk, row: Any, now: datetime, **more: Any) -> int:
    """How many people went over in one batch."""
    from upheld.actions.merger_transfer import transfer_batch

    return transfer_batch(binding, row.id, **{"staff": desk.one, "case": row.case, "now": now, **more})


def read_batches(binding: Binding, desk: Desk, row: Any, now: datetime) -> list[dict[str, Any]]:
    """The people of all files, a dict each."""
    from upheld.actions.merger_transfer import fetch_batch, list_batches

    found = []
    for batch in list_batches(binding.site, row.id):
        lines = fetch_batch(binding, row.id, batch.number, staff=desk.one, now=now).document.splitlines()
        assert json.loads(lines[0])["format"] == "merger-transfer/1"
        found += [json.loads(line) for line in lines[1:]]
    return found


def test_everybody_is_told_with_the_day_and_where_the_other_policy_stands(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import describe_merger
    from upheld.records.models import Merger

    row = tell_everybody(binding, desk, now)
    mails = [mail for mail in read_mails() if mail.kind == "merger"]
    # Ada for herself and for the company whose primary address is hers
    assert sorted(mail.to for mail in mails) == sorted([ADA["person.email"]] * 2 + [BO["person.email"]])
    text = " ".join(mails[0].text.split())
    assert "20 December 2026" in text
    assert THEIR_POLICY in text
    held = describe_merger(Merger.objects.get(pk=row.pk))
    assert (held.told, held.queued, held.untold, held.left_to_tell) == (3, 0, 0, 0)
    assert held.row.transfer_from == now + LEAD
    assert len(list_lines("merger.told")) == 3


def test_telling_can_be_cut_short_after_any_batch_and_nobody_is_told_twice(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import begin_telling, tell_batch

    row = open_one(binding, desk, now)
    begin_telling(binding, row.id, staff=desk.one, now=now)
    assert [tell_batch(binding, now, most=1) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert len([mail for mail in read_mails() if mail.kind == "merger"]) == 3


def test_who_comes_meanwhile_is_told_and_waits_their_own_time(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import settle_notices, tell_batch
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items

    row = tell_everybody(binding, desk, now)
    later = now + timedelta(days=10)
    cy = create_person(binding, now=later)
    values = {"person.name": "Cy Reed", "person.email": "cy@reed.example"}
    put_items(binding, person=cy, touchpoint="registration", values=values, now=later)
    assert tell_batch(binding, later) == 1
    deliver(binding, later)
    settle_notices(binding, later)
    assert transfer(binding, desk, row, now + LEAD) == 3
    assert transfer(binding, desk, row, now + LEAD) == 0
    assert transfer(binding, desk, row, later + LEAD) == 1


def test_those_told_in_time_go_over_with_what_the_rule_covers_and_nobody_goes_twice(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.disclosures import list_disclosures

    row = tell_everybody(binding, desk, now)
    there = now + LEAD
    assert transfer(binding, desk, row, there, most=2) == 2
    assert transfer(binding, desk, row, there, most=2) == 1
    assert transfer(binding, desk, row, there, most=2) == 0
    people = read_batches(binding, desk, row, there)
    assert {one["person"] for one in people} == {cast.ada.id, cast.bo.id, cast.works.id}
    ada = next(one for one in people if one["person"] == cast.ada.id)
    assert {part["name"] for part in ada["given"]["data"]} == set(ADA)
    [given] = list_disclosures(binding.site, person=cast.ada.id)
    assert (given.ground, given.kind, given.subject) == ("merger", "successor", row.id)


def test_two_who_hand_over_at_once_give_nobody_twice(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from django.db import connections

    row = tell_everybody(binding, desk, now)
    went: list[int] = []

    def run(staff: object) -> None:
        try:
            went.append(transfer(binding, desk, row, now + LEAD, staff=staff, most=2))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(staff,)) for staff in (desk.one, desk.two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(went) == [1, 2]
    people = [one["person"] for one in read_batches(binding, desk, row, now + LEAD)]
    assert len(people) == len(set(people)) == 3


def test_reports_and_what_the_rule_does_not_cover_never_go_along(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.vault import put_items

    values = {
        "service.order": "Same day, up to 1 kg", "addressee.name": "Mo Field", "addressee.address": "3 Quay",
    }  # fmt: skip
    put_items(binding, person=cast.ada, touchpoint="order", values=values, now=now)
    row = tell_everybody(binding, desk, now)
    transfer(binding, desk, row, now + LEAD)
    text = json.dumps(read_batches(binding, desk, row, now + LEAD))
    assert "Same day, up to 1 kg" in text
    assert "Mo Field" not in text
    act = Act("share", ("service.order",), "reporting", "successor")
    assert not binding.ask(act, {"merging": True, "told": True}).is_permitted


def test_nothing_goes_before_the_day_that_people_were_told(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    row = tell_everybody(binding, desk, now)
    with pytest.raises(StaffError, match="W146"):
        transfer(binding, desk, row, now + LEAD - timedelta(seconds=1))
    assert not list_lines("data.disclosed")


def test_nothing_goes_before_people_were_told_at_all(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    row = open_one(binding, desk, now)
    with pytest.raises(StaffError, match="W146"):
        transfer(binding, desk, row, now + timedelta(days=80))


def test_a_bulk_export_without_the_case_is_refused(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.cases import open_case

    row = tell_everybody(binding, desk, now)
    other = open_case(binding.site, kind="question", by="s_1", now=now)
    for case in ("", other.id):
        with pytest.raises(VaultError, match="V816"):
            transfer(binding, desk, row, now + LEAD, case=case)


def test_an_export_without_a_merger_is_refused_with_the_sentence(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import cancel_merger

    row = tell_everybody(binding, desk, now)
    cancel_merger(binding, row.id, staff=desk.one, now=now)
    with pytest.raises(RefusedError) as refused:
        transfer(binding, desk, row, now + LEAD)
    assert refused.value.because == ("lasership#whom-we-give-it-to.15",)


def test_who_could_not_be_told_stays_and_is_counted_with_the_reason(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.merger_transfer import count_left
    from upheld.actions.mergers import find_merger

    row = tell_everybody(binding, desk, now, failing=(BO["person.email"],))
    assert transfer(binding, desk, row, now + LEAD) == 2
    assert cast.bo.id not in {one["person"] for one in read_batches(binding, desk, row, now + LEAD)}
    held = find_merger(binding.site, row.id)
    assert held is not None
    [left] = count_left(binding, held, now + LEAD)
    assert (left.reason, left.sentence, left.people) == ("not sent", "lasership#whom-we-give-it-to.16", 1)
    [line] = list_lines("merger.untold")
    assert (line["person"], line["reason"]) == (cast.bo.id, "not-sent")


def test_a_message_that_comes_back_takes_its_person_out_again(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import settle_notices
    from upheld.actions.outbox import note_bounce
    from upheld.records.models import MergerNotice

    row = tell_everybody(binding, desk, now)
    message = MergerNotice.objects.get(merger=row, person=cast.bo.id).message
    note_bounce(binding, message=message, is_hard=True, now=now + timedelta(hours=1))
    settle_notices(binding, now + timedelta(hours=1))
    assert transfer(binding, desk, row, now + LEAD) == 2


def test_a_message_that_came_back_a_moment_ago_keeps_its_person_here(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.outbox import note_bounce
    from upheld.records.models import MergerNotice

    row = tell_everybody(binding, desk, now)
    message = MergerNotice.objects.get(merger=row, person=cast.bo.id).message
    note_bounce(binding, message=message, is_hard=True, now=now + LEAD)
    assert transfer(binding, desk, row, now + LEAD) == 2, "nobody has looked at what came of the notices since"


def test_nothing_is_fetched_of_a_merger_that_was_called_off(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.merger_transfer import fetch_batch, forget_batches
    from upheld.actions.mergers import cancel_merger
    from upheld.records.models import MergerBatch

    row = tell_everybody(binding, desk, now)
    transfer(binding, desk, row, now + LEAD)
    cancel_merger(binding, row.id, staff=desk.one, now=now + LEAD)
    with pytest.raises(StaffError, match="W147"):
        fetch_batch(binding, row.id, 1, staff=desk.one, now=now + LEAD)
    assert forget_batches(binding, now + LEAD) == 1
    assert not bytes(MergerBatch.objects.get().sealed)


def test_a_file_that_was_fetched_does_not_lie_here_for_as_long_as_the_merger_goes_on(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.merger_transfer import forget_batches

    row, later = tell_everybody(binding, desk, now), now + LEAD + timedelta(days=31)
    transfer(binding, desk, row, now + LEAD)
    assert forget_batches(binding, later) == 0, "nobody has it yet"
    read_batches(binding, desk, row, now + LEAD)
    assert forget_batches(binding, later) == 1


def test_without_an_address_somebody_stays(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.people import create_person
    from upheld.actions.vault import put_items
    from upheld.records.models import MergerNotice

    dee = create_person(binding, now=now)
    put_items(binding, person=dee, touchpoint="registration", values={"person.name": "Dee"}, now=now)
    row = tell_everybody(binding, desk, now)
    notice = MergerNotice.objects.get(merger=row, person=dee.id)
    assert (notice.state, notice.reason) == ("failed", "no address")
    assert transfer(binding, desk, row, now + LEAD) == 3


def test_merging_is_a_fact_only_while_a_merger_stands_and_told_only_in_time(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.facts import gather_facts
    from upheld.actions.mergers import cancel_merger

    assert "merging" not in gather_facts(binding, cast.ada, now)
    row = tell_everybody(binding, desk, now)
    facts = gather_facts(binding, cast.ada, now + LEAD - timedelta(seconds=1))
    assert (facts["merging"], facts["told"]) == (True, False)
    assert gather_facts(binding, cast.ada, now + LEAD)["told"] is True
    assert "told" not in gather_facts(binding, cast.ada)  # nobody knows without the moment
    cancel_merger(binding, row.id, staff=desk.one, now=now)
    assert not {"merging", "told"} & gather_facts(binding, cast.ada, now + LEAD).keys()


def test_a_merger_that_is_called_off_stops_notices_that_wait_and_tells_those_who_heard(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import begin_telling, cancel_merger, settle_notices, tell_batch, tell_cancelled
    from upheld.records.models import Outgoing

    row = open_one(binding, desk, now)
    begin_telling(binding, row.id, staff=desk.one, now=now)
    tell_batch(binding, now, most=1)
    deliver(binding, now)
    settle_notices(binding, now)
    while tell_batch(binding, now):
        pass
    cancel_merger(binding, row.id, staff=desk.one, now=now)
    assert [tell_cancelled(binding, now), tell_cancelled(binding, now)] == [1, 0]
    assert Outgoing.objects.filter(kind="merger-cancelled").count() == 1
    assert Outgoing.objects.filter(kind="merger", state="failed", reason="called off").count() == 2


def test_only_the_desk_opens_one_and_one_stands_at_a_time(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import begin_telling, open_merger

    row = open_one(binding, desk, now)
    more = {"policy_address": THEIR_POLICY, "home": HOME, "now": now}
    with pytest.raises(StaffError, match="W113"):
        open_merger(binding, recipient=row.recipient, staff=desk.stranger, **more)
    with pytest.raises(StaffError, match="W146"):
        open_merger(binding, recipient=row.recipient, staff=desk.one, **more)
    with pytest.raises(StaffError, match="W113"):
        begin_telling(binding, row.id, staff=desk.stranger, now=now)


def test_a_successor_of_another_kind_is_none(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.mergers import open_merger

    with pytest.raises(StaffError, match="W131"):
        open_merger(binding, recipient=desk.court, policy_address=THEIR_POLICY, home=HOME, staff=desk.one, now=now)


def test_a_second_download_of_a_file_is_told_as_such(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    row = tell_everybody(binding, desk, now)
    transfer(binding, desk, row, now + LEAD)
    read_batches(binding, desk, row, now + LEAD)
    read_batches(binding, desk, row, now + LEAD)
    assert [line["times"] for line in list_lines("merger.fetched")] == [1, 2]


def test_when_it_is_done_whoever_is_left_stays_for_good(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.merger_transfer import forget_batches
    from upheld.actions.mergers import finish_merger

    row = tell_everybody(binding, desk, now, failing=(BO["person.email"],))
    there = now + LEAD
    transfer(binding, desk, row, there)
    held = finish_merger(binding, row.id, staff=desk.one, now=there)
    assert held.row.state == "done"
    [line] = list_lines("merger.done")
    assert (line["people"], line["left"]) == (2, 1)
    with pytest.raises(RefusedError):
        transfer(binding, desk, row, there)
    assert forget_batches(binding, there + timedelta(days=31)) == 1


def test_messages_that_wait_long_hide_no_others(cast: Cast, desk: Desk, binding: Binding, now: datetime) -> None:
    from upheld.actions.mergers import begin_telling, find_merger, settle_notices, tell_batch
    from upheld.records.models import MergerNotice, Outgoing

    row = open_one(binding, desk, now)
    begin_telling(binding, row.id, staff=desk.one, now=now)
    while tell_batch(binding, now):
        pass
    *stuck, last = MergerNotice.objects.order_by("pk").values_list("message", flat=True)
    Outgoing.objects.filter(id__in=stuck).update(state="waiting")
    Outgoing.objects.filter(id=last).update(state="sent", settled_at=now)
    assert settle_notices(binding, now, most=1) == 1
    held = find_merger(binding.site, row.id)
    assert held is not None
    assert (held.queued, held.told) == (2, 1)


def test_everybody_hears_that_it_was_called_off_and_nobody_twice(
    cast: Cast, desk: Desk, binding: Binding, now: datetime
) -> None:
    from upheld.actions.mergers import cancel_merger, tell_cancelled
    from upheld.records.models import Outgoing

    row = tell_everybody(binding, desk, now)
    cancel_merger(binding, row.id, staff=desk.one, now=now)
    assert [tell_cancelled(binding, now, most=2) for _ in range(3)] == [2, 1, 0]
    assert Outgoing.objects.filter(kind="merger-cancelled", subject=row.id).count() == 3
