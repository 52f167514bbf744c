"""What stands in for a second voice where one person does everything: only what the policy file declares, never more."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.legal_desk import HOME, INSTRUMENT, agree, list_lines
from tests.actions.lone_desk import open_lone, write_policy
from tests.actions.stage import ADA
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.binding import Binding
from upheld.core.policy.load import parse_policy
from upheld.core.rights.approving import find_stand_in

WAIT = timedelta(days=7)
NOTARY = "r.achterberg@notary.example"


class Lone:
    """The one person of the desk, the owner, somebody of another role, a court, and a demand about Ada."""

    def __init__(self, binding: Binding, now: datetime, *, holders: int = 1) -> None:
        from upheld.actions.demand_answers import put_demand
        from upheld.actions.demands import Taking, Written, add_person, take_down
        from upheld.actions.grants import give_grant
        from upheld.actions.people import create_person
        from upheld.actions.recipients import add_recipient
        from upheld.actions.staff import add_staff
        from upheld.actions.vault import put_items

        self.binding, self.now = binding, now
        self.owner = add_staff("q.quill", is_owner=True)
        self.desk = [add_staff(f"d.clerk{number}") for number in range(2)]
        for staff in self.desk[:holders]:
            give_grant(binding, staff=staff, role="desk", reason="does everything here", given_by=self.owner, now=now)
        contact = {"post": "1 Court Square"}
        court = add_recipient(
            binding, kind="authorities", title="District court", contact=contact, by=self.owner, now=now
        )
        self.ada = create_person(binding, now=now)
        values = {name: ADA[name] for name in ("person.name", "person.email")}
        put_items(binding, person=self.ada, touchpoint="registration", values=values, now=now)
        taking = Taking("court order", "authorities", court.id, ("person",), ("person",), Written(INSTRUMENT, "4 B 17"))
        self.demand = take_down(binding, taking=taking, staff=self.desk[0], now=now).row.id
        add_person(binding, self.demand, person=self.ada.id, staff=self.desk[0], now=now)
        put_demand(binding, self.demand, staff=self.desk[0], now=now)

    def agree(self, now: datetime | None = None) -> str:
        return agree(self.binding, self.demand, self.desk[0], now=now or self.now)

    def wait(self, **more: Any) -> str:
        """The link that somebody outside got by mail; empty for a time of waiting."""
        from upheld.actions.demand_answers import begin_stand_in
        from upheld.actions.outbox import open_message
        from upheld.records.models import Outgoing

        told = {"staff": self.desk[0], "now": self.now, "email": NOTARY, **more}
        found = begin_stand_in(self.binding, self.demand, **told)
        message = open_message(Outgoing.objects.get(id=found)) if found else None
        return re.findall(r"https?://\S+/agree/\S+", message.text)[0] if message else ""

    def release(self, now: datetime) -> str:
        from upheld.actions.demand_release import release_demand

        return release_demand(self.binding, self.demand, staff=self.desk[0], home=HOME, now=now).row.state


@pytest.fixture
def lone(databases: dict[str, Path], now: datetime) -> Lone:
    return Lone(open_lone(), now)


def test_a_week_without_objection_counts_as_the_second_voice_and_not_a_second_earlier(lone: Lone) -> None:
    assert lone.agree() == "asked"
    lone.wait()
    [line] = list_lines("approval.stand-in")
    assert (line["method"], line["until"]) == ("waiting", "2026-11-27T09:00:00Z")
    with pytest.raises(RefusedError):
        lone.release(lone.now + WAIT - timedelta(seconds=1))
    assert lone.release(lone.now + WAIT) == "released"
    assert [line["method"] for line in list_lines("approval.given")] == ["staff", "waiting"]


def test_the_jobs_approve_once_the_time_is_over(lone: Lone) -> None:
    from upheld.actions.demand_answers import settle_demands

    lone.agree()
    lone.wait()
    assert settle_demands(lone.binding, lone.now) == 0
    assert settle_demands(lone.binding, lone.now + WAIT) == 1
    assert settle_demands(lone.binding, lone.now + WAIT) == 0


def test_an_objection_while_time_is_waited_for_refuses(lone: Lone) -> None:
    from upheld.actions.demand_answers import object_to_demand

    lone.agree()
    lone.wait()
    held = object_to_demand(lone.binding, lone.demand, staff=lone.owner, now=lone.now)
    assert held.row.state == "refused"
    with pytest.raises(StaffError, match="W142"):
        lone.release(lone.now + WAIT)


def test_who_has_no_role_here_cannot_object_and_nobody_can_when_nothing_waits(lone: Lone) -> None:
    from upheld.actions.demand_answers import object_to_demand

    lone.agree()
    with pytest.raises(StaffError, match="W145"):
        object_to_demand(lone.binding, lone.demand, staff=lone.owner, now=lone.now)
    lone.wait()
    with pytest.raises(StaffError, match="W113"):
        object_to_demand(lone.binding, lone.demand, staff=lone.desk[1], now=lone.now)


def test_nothing_stands_in_before_somebody_of_the_role_agreed(lone: Lone) -> None:
    with pytest.raises(StaffError, match="first somebody of the role"):
        lone.wait()


def test_a_time_of_waiting_begins_once(lone: Lone) -> None:
    lone.agree()
    lone.wait()
    with pytest.raises(StaffError, match="asked for already"):
        lone.wait()


def test_a_change_while_time_is_waited_for_begins_everything_anew(lone: Lone) -> None:
    from upheld.actions.demand_answers import put_demand
    from upheld.actions.demands import drop_person

    lone.agree()
    lone.wait()
    drop_person(lone.binding, lone.demand, person=lone.ada.id, staff=lone.desk[0], now=lone.now)
    with pytest.raises(StaffError, match="W143"):
        put_demand(lone.binding, lone.demand, staff=lone.desk[0], now=lone.now)
    with pytest.raises(StaffError, match="W142"):
        lone.release(lone.now + WAIT)


def test_somebody_outside_agrees_by_a_link_that_works_once(lone: Lone) -> None:
    from upheld.actions.approvals import name_outside
    from upheld.actions.demand_answers import answer_by_link, find_outline
    from upheld.records.models import StandIn

    lone.agree()
    token = lone.wait(who="R. Achterberg, notary", home=HOME).rpartition("/")[2]
    [row] = StandIn.objects.all()
    assert b"Achterberg" not in bytes(row.sealed)
    assert name_outside(lone.binding.site, row.id) == f"R. Achterberg, notary, {NOTARY}"
    outline = find_outline(lone.binding, token, lone.now)
    assert outline is not None
    assert outline.narrowed.given == ("person.name", "person.email")
    answered = answer_by_link(lone.binding, token, is_yes=True, now=lone.now)
    assert answered is not None
    assert answered.row.state == "approved"
    assert answer_by_link(lone.binding, token, is_yes=False, now=lone.now) is None
    assert lone.release(lone.now) == "released"


def test_the_link_goes_to_the_address_of_somebody_outside_and_nowhere_else(lone: Lone) -> None:
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    lone.agree()
    token = lone.wait(who="R. Achterberg, notary", home=HOME).rpartition("/")[2]
    [row] = Outgoing.objects.filter(kind="approval-asked")
    message = open_message(row)
    assert message is not None
    assert (message.to, row.person) == (NOTARY, "")
    assert token not in message.subject
    assert ADA["person.name"] not in message.text
    lines = str(list_lines("approval.stand-in")) + str(list_lines("mail.queued"))
    assert [line["method"] for line in list_lines("approval.stand-in")] == ["outside"]
    assert [line["template"] for line in list_lines("mail.queued")] == ["approval-asked"]
    assert not any(word in lines for word in (token, NOTARY, "Achterberg"))


@pytest.mark.parametrize(
    "email", ["", "nobody", "a b@notary.example", "x@y.example\nBcc: z@y.example", "privacy@quill.example"]
)
def test_somebody_outside_is_asked_at_an_address_of_theirs(lone: Lone, email: str) -> None:
    from upheld.records.models import Outgoing, StandIn

    lone.agree()
    with pytest.raises(StaffError, match="W143"):
        lone.wait(who="R. Achterberg, notary", email=email, home=HOME)
    assert not StandIn.objects.exists()
    assert not Outgoing.objects.exists()


def test_a_no_from_outside_refuses(lone: Lone) -> None:
    from upheld.actions.demand_answers import answer_by_link

    lone.agree()
    token = lone.wait(who="R. Achterberg, notary", home=HOME).rpartition("/")[2]
    answered = answer_by_link(lone.binding, token, is_yes=False, now=lone.now)
    assert answered is not None
    assert answered.row.state == "refused"


def test_a_link_is_over_after_two_weeks_or_a_change_and_a_guess_finds_nothing(lone: Lone) -> None:
    from upheld.actions.demand_answers import answer_by_link, find_outline
    from upheld.actions.demands import drop_person

    lone.agree()
    token = lone.wait(who="R. Achterberg, notary", home=HOME).rpartition("/")[2]
    assert find_outline(lone.binding, token, lone.now + timedelta(days=15)) is None
    assert find_outline(lone.binding, "x" * 32, lone.now) is None
    drop_person(lone.binding, lone.demand, person=lone.ada.id, staff=lone.desk[0], now=lone.now)
    assert find_outline(lone.binding, token, lone.now) is None
    assert answer_by_link(lone.binding, token, is_yes=True, now=lone.now) is None


def test_where_there_are_enough_people_nothing_stands_in(databases: dict[str, Path], now: datetime) -> None:
    lone = Lone(open_lone(), now, holders=2)
    lone.agree()
    with pytest.raises(StaffError, match="enough people"):
        lone.wait()


@pytest.mark.parametrize(
    ("value", "who", "opens"),
    [
        ("", "", False),
        ("", "R. Achterberg, notary", False),
        ("one outside approver", "", False),
        ("one outside approver", "R. Achterberg, notary", True),
        ("3 days without objection", "", True),
        ("3 days without objection", "R. Achterberg, notary", False),
    ],
)
def test_only_what_the_file_declares_stands_in(
    databases: dict[str, Path], now: datetime, value: str, who: str, *, opens: bool
) -> None:
    lone = Lone(open_lone(value), now)
    lone.agree()
    if opens:
        lone.wait(who=who, home=HOME)
    else:
        with pytest.raises(StaffError, match="declares no such thing"):
            lone.wait(who=who, home=HOME)


def test_without_its_sentence_a_declared_stand_in_is_none() -> None:
    text = write_policy()
    start = text.index("While one person")
    assert find_stand_in(parse_policy(text)) is not None
    assert find_stand_in(parse_policy(text[:start])) is None
