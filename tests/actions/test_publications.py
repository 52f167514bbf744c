"""A version binds once it was announced and everybody was told as the policy says, and no one else decides."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.actions.versions import (
    HOME,
    LATER,
    MORE_OFTEN,
    NEWEST,
    SOON,
    TODAY,
    WIDER,
    bind_with,
    found,
    list_candidates,
    read_table,
)
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding

DAY = timedelta(days=1)


def put_out(binding: Binding, now: datetime, day: date = SOON, change: Any = WIDER, notice: str = "") -> Any:
    """A version that is announced."""
    from upheld.actions.publications import announce

    return announce(binding, table=read_table(day, change), now=now, notice=notice, by="s_1")


def carry(binding: Binding, now: datetime) -> tuple[date, ...]:
    """What the chore does."""
    from upheld.actions.publication_notices import move_people, review_notices, tell_people
    from upheld.actions.publications import begin_due

    while tell_people(binding, now, home=HOME):
        pass
    review_notices(binding, now)
    begun = begin_due(binding, now)
    while move_people(binding, now):
        pass
    return begun


def settle_all(state: str, now: datetime, **chosen: str) -> int:
    """All messages about changes have left, or whatever the state says."""
    from upheld.records.models import Outgoing

    return int(Outgoing.objects.filter(kind="policy-changed", **chosen).update(state=state, settled_at=now))


def read_waiting() -> list[Any]:
    """The mails whose words are still there."""
    from tests.actions.customers import read_mails
    from upheld.records.models import Outgoing

    Outgoing.objects.filter(state="failed").delete()  # no word of them is left, and the reader wants all
    return read_mails()


def find_versions(cast: Cast) -> dict[str, date]:
    from upheld.records.models import Person

    names = {cast.ada.id: "ada", cast.bo.id: "bo", cast.works.id: "works"}
    return {names[person.id]: person.version for person in Person.objects.filter(id__in=names)}


def list_states() -> dict[str, str]:
    from upheld.records.models import Publication

    return {row.version.isoformat(): row.state for row in Publication.objects.order_by("version")}


def list_kinds(prefix: str = "policy.") -> list[str]:
    from upheld.records.models import Entry

    return list(Entry.objects.filter(kind__startswith=prefix).order_by("pk").values_list("kind", flat=True))


def test_it_works(cast: Cast, binding: Binding, now: datetime) -> None:
    """Announced, told by mail, active on its day, and everybody who was told is bound."""
    found(now)
    row = put_out(binding, now)
    assert (row.state, row.notice, row.is_material, row.effective_at.date()) == ("announced", "mail", True, SOON)
    assert carry(binding, now) == ()
    assert settle_all("sent", now) == 2  # Bo, and the company by its primary user; Ada has no account beside it
    assert carry(binding, now + DAY) == ()  # everybody is told, and its day has not come
    day = datetime(2026, 12, 1, tzinfo=now.tzinfo)
    assert carry(binding, day - timedelta(seconds=1)) == ()
    assert carry(binding, day) == (SOON,)
    assert find_versions(cast) == {"ada": SOON, "bo": SOON, "works": SOON}
    assert list_states() == {"2016-06-13": "founding", "2016-10-03": "founding", "2026-12-01": "active"}
    assert sorted(list_kinds()) == ["policy.active"] * 3 + ["policy.announced"] + ["policy.notice"] * 2


def test_the_first_start_founds_the_versions_whose_day_has_come_and_no_later_one(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.publications import read_posted

    posted = read_posted(binding.site, list_candidates(read_table(SOON)), now)
    assert [(one.version, one.state) for one in posted] == [(date(2016, 6, 13), "founding"), (NEWEST, "founding")]
    later = now + 30 * DAY
    assert read_posted(binding.site, list_candidates(read_table(SOON)), later) == posted  # never by its day alone
    assert list_kinds() == ["policy.active"] * 2


def test_a_single_version_whose_day_lies_ahead_is_founding_so_that_there_is_one(databases: Any, now: datetime) -> None:
    from upheld.actions.publications import read_posted

    (one,) = read_posted("lasership", list_candidates(read_table(SOON))[2:], now)
    assert (one.version, one.state) == (SOON, "founding")


def test_a_change_that_is_not_material_binds_on_posting_and_nobody_is_written_to(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    found(now)
    row = put_out(binding, now, TODAY, MORE_OFTEN)
    assert (row.state, row.notice, row.active_at) == ("active", "", now)
    assert carry(bind_with(read_table(TODAY, MORE_OFTEN)), now) == ()
    assert set(find_versions(cast).values()) == {TODAY}
    assert "policy.notice" not in list_kinds()


def test_a_day_that_has_passed_cannot_be_announced(cast: Cast, binding: Binding, now: datetime) -> None:
    found(now)
    with pytest.raises(StaffError, match=r"W161.*has passed"):
        put_out(binding, now, date(2026, 11, 19))
    assert "2026-11-19" not in list_states()


def test_a_day_before_that_of_the_version_in_force_cannot_be_announced(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    found(now)
    put_out(binding, now, TODAY, MORE_OFTEN)
    with pytest.raises(StaffError, match=r"W161.*not after"):  # the clock went back
        put_out(binding, now - 9 * DAY, date(2026, 11, 15))
    with pytest.raises(StaffError, match="announced already"):
        put_out(binding, now, TODAY, WIDER)


def test_one_change_at_a_time(cast: Cast, binding: Binding, now: datetime) -> None:
    found(now)
    put_out(binding, now)
    with pytest.raises(StaffError, match="one change at a time"):
        put_out(binding, now, LATER)


def test_people_are_told_only_in_a_way_that_the_policy_names(cast: Cast, binding: Binding, now: datetime) -> None:
    found(now)
    with pytest.raises(StaffError, match="W162"):
        put_out(binding, now, notice="fax")
    with pytest.raises(StaffError, match="W162"):
        put_out(binding, now, TODAY, MORE_OFTEN, notice="mail")


def test_a_notice_on_the_site_stands_for_thirty_days_before_the_version_binds(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    found(now)
    row = put_out(binding, now, notice="site")
    assert row.effective_at == now + 30 * DAY
    assert carry(binding, now + 30 * DAY - timedelta(seconds=1)) == ()
    assert carry(binding, now + 30 * DAY) == (SOON,)
    assert set(find_versions(cast).values()) == {SOON}
    assert "policy.notice" not in list_kinds()


def test_nothing_begins_while_a_message_has_not_left(cast: Cast, binding: Binding, now: datetime) -> None:
    found(now)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now, person=cast.bo.id)
    assert carry(binding, now + 40 * DAY) == ()
    settle_all("waiting", now, person=cast.ada.id)
    assert carry(binding, now + 41 * DAY) == ()
    settle_all("sent", now + 41 * DAY, person=cast.ada.id)
    assert carry(binding, now + 42 * DAY) == (SOON,)


@pytest.mark.parametrize("state", ["failed", "in-doubt", "bounced"])
def test_whom_no_message_reaches_is_bound_when_the_notice_on_the_site_has_stood(
    cast: Cast, binding: Binding, now: datetime, state: str
) -> None:
    found(now)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now)
    settle_all(state, now, person=cast.bo.id)
    assert carry(binding, now + 12 * DAY) == (SOON,)
    assert find_versions(cast) == {"ada": SOON, "bo": NEWEST, "works": SOON}
    carry(binding, now + 30 * DAY)
    assert find_versions(cast)["bo"] == SOON


def test_a_message_that_comes_back_has_told_nobody(cast: Cast, binding: Binding, now: datetime) -> None:
    found(now)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now)
    carry(binding, now + DAY)
    settle_all("bounced", now + DAY, person=cast.bo.id)
    assert carry(binding, now + 12 * DAY) == (SOON,)
    assert find_versions(cast)["bo"] == NEWEST


def test_a_crash_in_the_middle_of_the_notices_leaves_each_account_with_one(
    cast: Cast, binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import publication_notices
    from upheld.records.models import Outgoing, PolicyNotice

    found(now)
    put_out(binding, now)
    written = publication_notices.write_lines

    def break_off(*arguments: Any, **fields: Any) -> None:
        monkeypatch.setattr(publication_notices, "write_lines", written)
        raise ConnectionError("away")  # the messages lie in the outbox by now, and nothing says so yet

    monkeypatch.setattr(publication_notices, "write_lines", break_off)
    with pytest.raises(ConnectionError, match="away"):
        publication_notices.tell_people(binding, now, home=HOME)
    assert not PolicyNotice.objects.exists()
    assert not Outgoing.objects.exists()
    while publication_notices.tell_people(binding, now, home=HOME, most=1):
        pass
    assert PolicyNotice.objects.count() == Outgoing.objects.count() == 2
    assert list_kinds().count("policy.notice") == 2


def test_who_registers_while_others_are_told_has_a_message_too(cast: Cast, binding: Binding, now: datetime) -> None:
    from tests.actions.customers import join_one
    from upheld.records.models import PolicyNotice

    found(now)
    put_out(binding, now)
    carry(binding, now)
    cy = join_one(binding, now)
    assert cy.version == NEWEST
    carry(binding, now)
    assert PolicyNotice.objects.filter(person=cy.id).exists()
    settle_all("sent", now)
    assert carry(binding, now + 12 * DAY) == (SOON,)
    newcomer = join_one(
        bind_with(read_table(SOON, WIDER)), now + 12 * DAY, {"person.name": "Di Fox", "person.email": "di@fox.example", "person.zip": "90419"}
    )  # fmt: skip
    assert newcomer.version == SOON


def test_who_did_not_show_their_address_stays_under_the_earlier_version(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from tests.actions.customers import register_one
    from upheld.records.models import Person

    found(now)
    register_one(binding, now)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now)
    carry(binding, now + 12 * DAY)
    (cy,) = Person.objects.exclude(id__in=[cast.ada.id, cast.bo.id, cast.works.id])
    assert cy.version == NEWEST


def test_visitors_are_bound_with_the_beginning(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.people import create_person
    from upheld.records.models import Person

    found(now)
    visitor = create_person(binding, now=now, is_visitor=True)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now)
    carry(binding, now + 12 * DAY)
    assert Person.objects.get(id=visitor.id).version == SOON


def test_a_version_is_called_off_before_it_begins_and_its_messages_stay_here(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.publication_notices import stop_notices
    from upheld.actions.publications import withdraw
    from upheld.records.models import Outgoing

    found(now)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now, person=cast.bo.id)
    messages = withdraw(binding, version=SOON, now=now, by="s_1")
    assert stop_notices(binding, messages, now) == 1
    assert set(Outgoing.objects.values_list("state", flat=True)) == {"sent", "failed"}
    assert carry(binding, now + 40 * DAY) == ()
    assert list_states()["2026-12-01"] == "withdrawn"
    with pytest.raises(StaffError, match="W163"):
        withdraw(binding, version=SOON, now=now)
    put_out(binding, now)  # and once more, to everybody
    carry(binding, now)
    assert list_kinds().count("policy.notice") == 4


def test_who_had_the_message_is_told_that_it_was_called_off_and_nobody_else(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.publication_notices import stop_notices, tell_called_off
    from upheld.actions.publications import withdraw

    found(now)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now, person=cast.bo.id)
    stop_notices(binding, withdraw(binding, version=SOON, now=now), now)
    for _ in range(3):
        tell_called_off(binding, now, home=HOME)
    told = [mail for mail in read_waiting() if mail.kind == "policy-change-called-off"]
    assert [mail.to for mail in told] == ["bo@marten.example"]
    assert "1 December 2026. It is called off" in " ".join(told[0].text.split())
    assert tell_called_off(binding, now, home=HOME) == 0


def test_what_has_begun_cannot_be_called_off(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.publications import withdraw

    found(now)
    put_out(binding, now, TODAY, MORE_OFTEN)
    with pytest.raises(StaffError, match="W163"):
        withdraw(binding, version=TODAY, now=now)
    with pytest.raises(StaffError, match="W163"):
        withdraw(binding, version=NEWEST, now=now)


def test_the_ledger_says_once_of_each_text_that_it_is_not_let_bind(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.publications import note_withheld
    from upheld.records.models import Entry

    found(now)
    lying = [(one.version, one.since, one.digest) for one in list_candidates(read_table(SOON))]
    assert note_withheld(binding, lying, now) == 1
    assert note_withheld(binding, lying, now) == 0
    edited = [(NEWEST, NEWEST, "e" * 64), (date(2026, 11, 1), date(2026, 11, 1), "f" * 64)]
    assert note_withheld(binding, [*lying, *edited], now) == 2
    lines = Entry.objects.filter(kind="policy.withheld").order_by("pk")
    texts = " ".join(lines.values_list("text", flat=True))
    assert [reason in texts for reason in ("not-announced", "text-changed", "day-passed")] == [True] * 3
    put_out(binding, now)  # what is announced under that day is another text than the one that lies there
    assert note_withheld(binding, lying, now) == 0


def test_which_version_bound_whom_at_a_moment_is_known_later(cast: Cast, binding: Binding, now: datetime) -> None:
    from upheld.actions.publications import find_binding_version
    from upheld.records.models import Person

    found(now)
    put_out(binding, now)
    carry(binding, now)
    settle_all("sent", now)
    settle_all("failed", now, person=cast.bo.id)
    begun, stood = now + 12 * DAY, now + 30 * DAY
    carry(binding, begun)
    carry(binding, stood)
    put_out(bind_with(read_table(SOON, WIDER)), stood + DAY, date(2026, 12, 25), MORE_OFTEN)
    carry(bind_with(read_table(SOON, WIDER)), stood + 9 * DAY)
    people = {name: Person.objects.get(id=getattr(cast, name).id) for name in ("ada", "bo", "works")}

    def ask(name: str, at: datetime) -> date | None:
        return find_binding_version(binding.site, people[name], at)

    assert ask("bo", now - 31 * DAY) is None
    assert [ask(name, now) for name in people] == [NEWEST] * 3
    assert [ask(name, begun) for name in people] == [SOON, NEWEST, SOON]
    assert [ask(name, stood) for name in people] == [SOON] * 3
    assert [ask(name, stood + 9 * DAY) for name in people] == [date(2026, 12, 25)] * 3


def test_the_banner_stands_from_the_announcement_for_thirty_days_or_until_it_begins(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.publications import read_posted

    found(now)
    put_out(binding, now)

    def has_banner(at: datetime) -> bool:
        return any(one.has_banner for one in read_posted(binding.site, (), at))

    assert has_banner(now)
    assert has_banner(now + 90 * DAY)  # announced, and not yet in force
    carry(binding, now)
    settle_all("sent", now)
    carry(binding, now + 12 * DAY)
    assert has_banner(now + 29 * DAY)
    assert not has_banner(now + 30 * DAY)


def test_a_text_on_record_is_the_one_that_was_announced(
    cast: Cast, binding: Binding, now: datetime, tmp_path: Path
) -> None:
    from upheld.actions.publications import fetch_text

    found(now)
    assert fetch_text(binding.site, NEWEST) == binding.policy.text
    assert fetch_text(binding.site, SOON) == ""
    assert fetch_text("elsewhere", NEWEST) == ""
