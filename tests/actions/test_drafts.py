"""Drafts are saved without one writing over another, announced exactly as they were read, and go when nobody wants them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import Cast
from tests.actions.versions import MORE_OFTEN, NEWEST, SOON, WIDER, found, read_table, read_text
from upheld.core.errors import PolicyError, StaffError
from upheld.core.gate.binding import Binding

SITE = "lasership"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def writers(cast: Cast) -> tuple[Any, Any]:
    from upheld.actions.staff import add_staff

    return add_staff("o.reyes", is_owner=True), add_staff("c.lindqvist")


def list_kinds(start: str = "draft.") -> list[str]:
    from upheld.records.models import Entry

    return list(Entry.objects.filter(kind__startswith=start).order_by("serial", "pk").values_list("kind", flat=True))


def begin(writer: Any, now: datetime, text: str = "one\n") -> Any:
    from upheld.actions.drafts import begin_draft

    return begin_draft(SITE, text=text, base=NEWEST, by=writer, now=now)


def test_the_second_who_saves_is_told_and_writes_over_nothing(writers: tuple[Any, Any], now: datetime) -> None:
    from upheld.actions.drafts import OvertakenError, fetch_draft, save_draft

    one, other = writers
    draft = begin(one, now)
    first = save_draft(SITE, draft.id, text="two\n", edition=draft.edition, by=one, now=now + HOUR / 6)
    assert (first.edition, first.text) == (2, "two\n")
    with pytest.raises(OvertakenError) as refused:
        save_draft(SITE, draft.id, text="three\n", edition=draft.edition, by=other, now=now + HOUR / 5)
    assert (refused.value.code, refused.value.draft.text) == ("W182", "two\n")
    assert fetch_draft(SITE, draft.id).text == "two\n"
    # whoever sends what is there already has nothing to be told
    assert save_draft(SITE, draft.id, text="two\n", edition=1, by=other, now=now + HOUR / 5).edition == 2


def test_the_ledger_says_who_writes_once_an_hour_and_holds_no_text(writers: tuple[Any, Any], now: datetime) -> None:
    from upheld.actions.drafts import remove_draft, save_draft
    from upheld.records.models import Entry

    one, other = writers
    draft = begin(one, now)
    for number, (writer, at) in enumerate(((one, 10), (one, 20), (other, 30), (other, 40), (other, 100)), start=1):
        text, moment = f"secret plan {number}\n", now + timedelta(minutes=at)
        save_draft(SITE, draft.id, text=text, edition=number, by=writer, now=moment)
    remove_draft(SITE, draft.id, by=one, now=now + 2 * HOUR)
    kinds = sorted(list_kinds())
    assert kinds == ["draft.begun", "draft.changed", "draft.changed", "draft.removed"]
    assert not [line for line in Entry.objects.all() if "secret" in line.text]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [("a\nb\0c\n", "P004", (2, 2)), ("x" * 10_000_000, "P003", (1, 1)), ("é" * 600_000, "P003", (1, 1))],
    ids=["nul", "ten megabytes", "large in bytes alone"],
)
def test_what_cannot_be_kept_is_refused_with_its_place_and_nothing_is_lost(
    writers: tuple[Any, Any], now: datetime, text: str, code: str, place: tuple[int, int]
) -> None:
    from upheld.actions.drafts import fetch_draft, save_draft

    draft = begin(writers[0], now)
    with pytest.raises(PolicyError) as refused:
        save_draft(SITE, draft.id, text=text, edition=1, by=writers[0], now=now)
    finding = refused.value.findings[0]
    assert finding.place is not None
    assert (finding.code, (finding.place.line, finding.place.column)) == (code, place)
    assert fetch_draft(SITE, draft.id).text == "one\n"


def test_line_ends_and_odd_signs_are_kept_in_one_way(writers: tuple[Any, Any], now: datetime) -> None:
    assert begin(writers[0], now, "\ufeffa\r\nb\rc \ud800 \u202e\r\n").text == "a\nb\nc ? \u202e\n"


def test_a_draft_is_announced_exactly_as_it_was_read_and_is_gone_then(
    writers: tuple[Any, Any], binding: Binding, now: datetime
) -> None:
    from upheld.actions.drafts import announce_draft, list_drafts
    from upheld.actions.publications import fetch_text, list_posted

    found(now)
    table, text = read_table(SOON, WIDER), read_text(SOON, WIDER)
    draft = begin(writers[0], now, text)
    told = {"digest": draft.digest, "notice": "site", "by": writers[0], "now": now}
    with pytest.raises(StaffError, match="W183"):  # the table of another text
        announce_draft(binding, draft.id, table=read_table(SOON, MORE_OFTEN), **told)
    with pytest.raises(StaffError, match="W183"):  # another text than was read
        announce_draft(binding, draft.id, table=table, **{**told, "digest": "0" * 64})
    with pytest.raises(StaffError, match="W162"):
        announce_draft(binding, draft.id, table=table, **{**told, "notice": "fax"})
    assert [one.id for one in list_drafts(SITE)] == [draft.id]
    made = announce_draft(binding, draft.id, table=table, **told)
    assert (made.version, made.digest, made.is_drafted) == (SOON, draft.digest, True)
    assert fetch_text(SITE, SOON) == text
    assert [one.is_drafted for one in list_posted(SITE, now)][-1] is True
    assert list_drafts(SITE) == ()
    with pytest.raises(StaffError, match="W181"):
        announce_draft(binding, draft.id, table=table, **told)


def test_a_draft_goes_after_180_days_without_a_word_of_it(writers: tuple[Any, Any], now: datetime) -> None:
    from upheld.actions.drafts import list_drafts, save_draft, sweep_drafts

    old, kept = begin(writers[0], now), begin(writers[0], now)
    save_draft(SITE, kept.id, text="again\n", edition=1, by=writers[0], now=now + DAY)
    assert sweep_drafts(SITE, now + 180 * DAY) == 0
    assert sweep_drafts(SITE, now + 180 * DAY + HOUR) == 1
    assert [one.id for one in list_drafts(SITE)] == [kept.id]
    assert old.id not in {one.id for one in list_drafts(SITE)}
    assert list_kinds().count("draft.removed") == 1


def test_there_are_forty_drafts_and_no_more(writers: tuple[Any, Any], now: datetime) -> None:
    for _ in range(40):
        begin(writers[0], now)
    with pytest.raises(StaffError, match="W185"):
        begin(writers[0], now)
