"""The ledger for staff: its lines, whether it is whole, and a receipt that verifies without this server."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.console.clerks import CLERK, SEAT, SITE, Console, list_kinds, read_text
from upheld.core.seal.proof import verify_receipt


@pytest.fixture
def ledger(console: Console, now: datetime) -> Console:
    """The courier's ledger with its lines in their places."""
    from upheld.actions.ledger import sequence_entries

    console.give_role()
    sequence_entries(SITE, now)
    return console


def verify(now: datetime) -> Any:
    from upheld.actions.ledger_reading import verify_ledger

    return verify_ledger(SITE, now=now)


def test_it_works(ledger: Console, now: datetime) -> None:
    client = ledger.sign_in(CLERK)
    page = read_text(client.get(f"{SEAT}ledger/"))
    assert "grant.given" in page
    assert "waits" in page
    client.post(f"{SEAT}ledger/verify/")
    assert "The ledger is whole" in read_text(client.get(f"{SEAT}ledger/"))
    assert list_kinds()[-1] == "ledger.verified"


def test_lines_can_be_narrowed_to_a_kind_and_a_person(ledger: Console) -> None:
    client = ledger.sign_in(CLERK)
    page = client.get(f"{SEAT}ledger/?kind=item.collected&person={ledger.cast.bo.id}").content.decode()
    assert ledger.cast.bo.id in page
    assert f"<code>{ledger.cast.ada.id}</code>" not in page
    for odd in ("?kind=nothing", "?person=x", "?before=zzz", "?person=%00%00", "?before=1"):
        assert client.get(f"{SEAT}ledger/{odd}").status_code in (200, 400)


def test_kinds_of_parcels_are_offered_where_parcels_are_sent(ledger: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.console import ledger as page

    client = ledger.sign_in(CLERK)
    assert 'value="shipment.booked"' in client.get(f"{SEAT}ledger/").content.decode()
    monkeypatch.setattr(page, "find_business", lambda _binding: None)
    without = client.get(f"{SEAT}ledger/").content.decode()
    assert 'value="item.collected"' in without
    assert 'value="shipment.booked"' not in without


def test_a_receipt_verifies_without_the_server(ledger: Console, now: datetime) -> None:
    from upheld.actions.ledger import find_verifier_key
    from upheld.records.models import Entry

    line = Entry.objects.get(kind="grant.given")
    response = ledger.sign_in(CLERK).get(f"{SEAT}ledger/{line.id}/receipt/")
    assert "attachment" in response.headers["Content-Disposition"]
    verified = verify_receipt(response.content, find_verifier_key(SITE, now))
    assert (verified.kind, verified.is_key_trusted) == ("grant.given", True)


def test_a_line_without_a_place_has_no_receipt_yet(ledger: Console) -> None:
    from upheld.records.models import Entry

    client = ledger.sign_in(CLERK)
    waiting = Entry.objects.get(kind="staff.signed-in")
    assert client.get(f"{SEAT}ledger/{waiting.id}/receipt/").status_code == 404
    assert client.get(f"{SEAT}ledger/e_{'a' * 20}/receipt/").status_code == 404


def change_text(entries: Any) -> None:
    row = entries.get(place=1)
    entries.filter(place=1).update(text=row.text.replace("registration", "promotion"))


def change_column(entries: Any) -> None:
    entries.filter(place=1).update(person="p_" + "a" * 20)


def drop_one(entries: Any) -> None:
    entries.filter(place=1).delete()


def drop_last(entries: Any) -> None:
    entries.order_by("-place").filter(place__isnull=False)[0].delete()


def swap_two(entries: Any) -> None:
    entries.filter(place=0).update(place=900)
    entries.filter(place=1).update(place=0)
    entries.filter(place=900).update(place=1)


def spoil_note(_entries: Any) -> None:
    from upheld.records.models import Checkpoint

    row = Checkpoint.objects.get()
    row.note = row.note.replace("upheld/", "someone/", 1)
    row.save()


def spoil_root(_entries: Any) -> None:
    from upheld.records.models import Checkpoint

    Checkpoint.objects.update(root=b"\x00" * 32)


def drop_checkpoints(_entries: Any) -> None:
    from upheld.records.models import Checkpoint

    Checkpoint.objects.all().delete()


def spoil_tile(_entries: Any) -> None:
    from upheld.records.models import Tile

    row = Tile.objects.first()
    assert row is not None
    row.hashes = b"\x01" + bytes(row.hashes)[1:]
    row.save()


FAULTS = (
    change_text, change_column, drop_one, drop_last, swap_two, spoil_note, spoil_root, drop_checkpoints, spoil_tile
)  # fmt: skip


@pytest.mark.parametrize("spoil", FAULTS)
def test_whatever_is_changed_is_found(ledger: Console, now: datetime, spoil: Any) -> None:
    from upheld.records.models import Entry

    assert verify(now).is_whole
    spoil(Entry.objects.filter(site=SITE))
    found = verify(now)
    assert found.fault
    client = ledger.sign_in(CLERK)
    client.post(f"{SEAT}ledger/verify/")
    assert "does not fit" in read_text(client.get(f"{SEAT}ledger/"))


def test_an_empty_ledger_is_whole(console: Console, now: datetime) -> None:
    from upheld.actions.ledger_reading import verify_ledger

    assert verify_ledger("elsewhere", now=now).is_whole
