"""The ledger as it lies in the database: what belongs in it gets there once, and whatever is done to the rows is found."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import NOW, Cast
from upheld.core.errors import SealError, UpheldError, VaultError
from upheld.core.gate.binding import Binding
from upheld.core.seal.note import format_checkpoint, sign_note
from upheld.core.seal.proof import VerifiedExport, verify_export, verify_receipt

BATCHES = (3, 260, 40)
LATER = NOW + timedelta(minutes=1)


def write_some(site: str, count: int, at: datetime = NOW) -> None:
    from upheld.actions.ids import draw_id
    from upheld.actions.ledger import Line, write_lines
    from upheld.records.walls import enter_site

    fields = {"choice": "offers", "outcome": "no", "version": "2016-10-03"}
    with enter_site(site):
        write_lines(site, [Line(draw_id("e"), "choice.recorded", "p_" + "a" * 20, at, fields) for _ in range(count)])


def sequence(site: str, now: datetime = NOW) -> int:
    from upheld.actions.ledger import sequence_entries

    return sequence_entries(site, now)


def verify(site: str) -> Any:
    from upheld.actions.ledger_reading import verify_ledger

    return verify_ledger(site, now=LATER)


def export(site: str, older: tuple[str, ...] = ()) -> VerifiedExport:
    from upheld.actions.ledger import find_verifier_key
    from upheld.actions.ledger_export import export_ledger

    return verify_export(export_ledger(site, LATER), find_verifier_key(site, LATER), older)


def list_notes() -> list[str]:
    from upheld.records.models import Checkpoint

    return list(Checkpoint.objects.order_by("size").values_list("note", flat=True))


@pytest.fixture
def site(binding: Binding, cast: Cast) -> str:
    """The courier's ledger: what the cast's registration wrote, then 303 lines more in three batches."""
    sequence(binding.site)
    for batch in BATCHES:
        write_some(binding.site, batch)
        sequence(binding.site)
    return binding.site


# ----------------------------------------------------------------------------------------------------------- as it is


def test_it_is_whole_and_says_so_in_a_line_of_its_own(site: str) -> None:
    from upheld.records.models import Entry

    found = verify(site)
    assert found.is_whole
    assert found.fault == ""
    assert found.size == Entry.objects.filter(place__isnull=False).count()
    assert found.checkpoints == 4
    last = json.loads(Entry.objects.order_by("-serial").first().text)
    assert last["kind"] == "ledger.verified"
    assert last["body"] == {"outcome": "done", "root": found.root, "size": found.size}


def test_an_export_of_it_verifies_against_every_checkpoint_ever_signed(site: str) -> None:
    verified = export(site, tuple(list_notes()))
    assert verified.root.hex() == verify(site).root
    assert verified.checkpoints == 4
    assert verified.kinds["choice.recorded"] == sum(BATCHES)


def test_every_line_has_a_receipt_once_it_has_its_place(site: str) -> None:
    from upheld.actions.ledger import find_verifier_key
    from upheld.actions.ledger_reading import issue_receipt
    from upheld.records.models import Entry

    key = find_verifier_key(site, NOW)
    for row in Entry.objects.filter(place__in=(0, 1, 255, 256, 257, 300)):
        receipt = issue_receipt(site, row.id, NOW)
        assert receipt is not None
        assert verify_receipt(receipt, key, list_notes()[-1:]).index == row.place
    write_some(site, 1)
    waiting = Entry.objects.get(place__isnull=True)
    assert issue_receipt(site, waiting.id, NOW) is None
    sequence(site)
    assert issue_receipt(site, waiting.id, NOW) is not None


def test_a_line_belongs_to_the_transaction_of_its_act(site: str) -> None:
    from upheld.actions.ledger import write_line
    from upheld.records.models import Entry
    from upheld.records.walls import enter_site

    def act() -> None:
        with enter_site(site):
            write_line(site, "person.closed", at=NOW, person="p_" + "a" * 20)
            raise ZeroDivisionError

    before = Entry.objects.count()
    with pytest.raises(ZeroDivisionError):
        act()
    assert Entry.objects.count() == before
    assert sequence(site) == 0


def test_a_line_that_could_be_personal_ends_its_act(site: str) -> None:
    from upheld.actions.ledger import write_line
    from upheld.records.models import Entry
    from upheld.records.walls import enter_site

    before = Entry.objects.count()
    with pytest.raises(SealError) as caught, enter_site(site):
        write_line(site, "person.verified", at=NOW, person="p_" + "a" * 20, identifier="ada@quill.example")
    assert caught.value.code == "V804"
    assert "ada" not in str(caught.value)
    assert Entry.objects.count() == before


def test_a_long_queue_is_taken_in_batches_and_loses_its_order_nowhere(site: str) -> None:
    from upheld.actions.ledger import sequence_entries
    from upheld.records.models import Entry

    write_some(site, 50)
    taken = [sequence_entries(site, NOW, most=20) for _ in range(4)]
    assert taken == [20, 20, 10, 0]
    rows = list(Entry.objects.order_by("serial").values_list("place", flat=True))
    assert rows == sorted(rows)
    assert rows == list(range(len(rows)))
    assert verify(site).is_whole


def test_two_sequencers_at_once_give_each_line_one_place(site: str) -> None:
    from django.db import connections

    from upheld.actions.ledger import sequence_entries

    write_some(site, 60)
    failed: list[Exception] = []

    def work() -> None:
        try:
            while sequence_entries(site, NOW, most=5):
                pass
        except Exception as error:  # noqa: BLE001 - told by the test
            failed.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    assert verify(site).is_whole


def test_lines_written_while_it_is_verified_or_exported_do_no_harm(site: str) -> None:
    from upheld.actions.ledger import find_verifier_key
    from upheld.actions.ledger_export import export_ledger

    lines = export_ledger(site, NOW)
    begun = [next(lines) for _ in range(10)]
    write_some(site, 30)
    sequence(site)
    rest = list(lines)
    assert verify_export([*begun, *rest], find_verifier_key(site, NOW)).size < export(site).size
    assert verify(site).is_whole


def test_an_empty_ledger_has_nothing_to_give_out(binding: Binding, databases: Any) -> None:
    from upheld.actions.ledger_export import export_ledger, find_checkpoint

    for call in (export_ledger, lambda site, _now: find_checkpoint(site)):
        with pytest.raises(VaultError) as caught:
            call(binding.site, NOW)
        assert caught.value.code == "V823"
    found = verify(binding.site)
    assert found.is_whole
    assert found.size == 0


def test_very_many_checkpoints_are_thinned_and_the_newest_stays(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.actions import ledger_export

    monkeypatch.setattr(ledger_export, "MOST_CHECKPOINTS", 3)
    for _ in range(6):
        write_some(site, 1)
        sequence(site)
    verified = export(site, tuple(list_notes()))
    assert verified.checkpoints == 3
    assert verified.size == verify(site).size


# -------------------------------------------------------------------------------------------------------- tampered with


def rows() -> Any:
    from upheld.records.models import Entry

    return Entry.objects.order_by("place")


def change_a_line() -> None:
    row = rows().get(place=100)
    rows().filter(pk=row.pk).update(text=row.text.replace('"no"', '"yes"'))


def drop_a_line() -> None:
    rows().filter(place=100).delete()


def drop_a_line_and_close_the_gap() -> None:
    rows().filter(place=100).delete()
    for row in rows().filter(place__gt=100):
        rows().filter(pk=row.pk).update(place=row.place - 1)


def swap_two_lines() -> None:
    one, other = rows().get(place=100), rows().get(place=101)
    rows().filter(pk=one.pk).update(place=None)
    rows().filter(pk=other.pk).update(place=100)
    rows().filter(pk=one.pk).update(place=101)


def add_a_line() -> None:
    row = rows().last()
    row.pk, row.id, row.place = None, "e_" + "z" * 20, row.place + 1
    row.save(force_insert=True)


def cut_off_the_newest_lines() -> None:
    rows().filter(place__gte=200).delete()


def repeat_a_line() -> None:
    rows().filter(place=101).update(text=rows().get(place=100).text)


def break_a_line() -> None:
    rows().filter(place=100).update(text="{")


def change_a_root() -> None:
    from upheld.records.models import Checkpoint

    Checkpoint.objects.filter(pk=Checkpoint.objects.order_by("size")[1].pk).update(root=bytes(32))


def forge_a_checkpoint() -> None:
    from upheld.records.models import Checkpoint

    newest = Checkpoint.objects.order_by("-size").first()
    origin = newest.note.partition("\n")[0]
    note = sign_note(format_checkpoint(origin, newest.size, bytes(newest.root)), origin, bytes(32))
    Checkpoint.objects.filter(pk=newest.pk).update(note=note)


def drop_the_newest_checkpoint() -> None:
    from upheld.records.models import Checkpoint

    Checkpoint.objects.order_by("-size").first().delete()


def drop_all_checkpoints() -> None:
    from upheld.records.models import Checkpoint

    Checkpoint.objects.all().delete()


def move_a_note() -> None:
    """The note of the newest checkpoint in the row of an earlier one, which then is the newest."""
    from upheld.records.models import Checkpoint

    earlier, newest = Checkpoint.objects.order_by("size")[2:4]
    Checkpoint.objects.filter(pk=newest.pk).delete()
    Checkpoint.objects.filter(pk=earlier.pk).update(note=newest.note)


def change_a_tile() -> None:
    from upheld.records.models import Tile

    tile = Tile.objects.get(level=0, number=1)
    Tile.objects.filter(pk=tile.pk).update(hashes=bytes(32) + bytes(tile.hashes)[32:])


def change_the_upper_tile() -> None:
    from upheld.records.models import Tile

    Tile.objects.filter(level=1, number=0).update(hashes=bytes(32))


def drop_a_tile() -> None:
    from upheld.records.models import Tile

    Tile.objects.filter(level=0, number=1).delete()


def shorten_a_tile() -> None:
    from upheld.records.models import Tile

    tile = Tile.objects.get(level=0, number=1)
    Tile.objects.filter(pk=tile.pk).update(hashes=bytes(tile.hashes)[:-32])


def hide_a_line_from_its_person() -> None:
    rows().filter(place=100).update(person="p_" + "b" * 20)


def hide_who_did_it() -> None:
    rows().filter(place=100).update(by="s_7")


def hide_what_happened() -> None:
    rows().filter(place=100).update(kind="person.signed-in")


def change_when_it_happened() -> None:
    rows().filter(place=100).update(at=NOW - timedelta(days=1))


# What is done to the rows, what the walk says of it, and whether an export shows it as well: what an export does not
# hold, such as a tile, it cannot show.
TAMPERINGS: tuple[tuple[Callable[[], None], str, bool], ...] = (
    (change_a_line, "not those that were signed", True),
    (drop_a_line, "the line of place 100 is missing", True),
    (drop_a_line_and_close_the_gap, "the first 266 lines are not those that were signed", True),
    (swap_two_lines, "not those that were signed", True),
    (add_a_line, "are covered by no checkpoint", False),
    (cut_off_the_newest_lines, "the ledger ends after 200 lines", True),
    (repeat_a_line, "the line of place 101 is not what its text says", True),
    (break_a_line, "the line of place 100 is not what its text says", True),
    (change_a_root, "is not the one that was signed", False),
    (forge_a_checkpoint, "was not signed here", True),
    (drop_the_newest_checkpoint, "are covered by no checkpoint", False),
    (drop_all_checkpoints, "are covered by no checkpoint", True),
    (change_a_tile, "the stored tree is not the one over these lines", False),
    (change_the_upper_tile, "the stored tree is not the one over these lines", False),
    (drop_a_tile, "the stored tree is not the one over these lines", False),
    (shorten_a_tile, "the stored tree is not the one over these lines", False),
    (hide_a_line_from_its_person, "the line of place 100 is not what its text says", False),
    (hide_who_did_it, "the line of place 100 is not what its text says", False),
    (hide_what_happened, "the line of place 100 is not what its text says", False),
    (change_when_it_happened, "the line of place 100 is not what its text says", False),
)


@contextmanager
def undo_afterwards() -> Iterator[None]:
    """Whatever happens inside has not happened: one ledger serves for all."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_whatever_is_done_to_the_rows_is_found(site: str) -> None:
    missed = []
    for tamper, said, shows in TAMPERINGS:
        with undo_afterwards():
            tamper()
            found = verify(site)
            last = json.loads(rows().order_by("-serial").first().text)
            if found.is_whole or said not in found.fault or last["body"]["outcome"] != "failed":
                missed.append((tamper.__name__, found.fault))
            try:
                export(site)
                is_shown = False
            except UpheldError:
                is_shown = True
            if is_shown != shows:
                missed.append((tamper.__name__, f"an export shows it: {is_shown}"))
    assert missed == []
    assert verify(site).is_whole


def test_nothing_is_signed_on_top_of_a_tree_that_was_altered(site: str) -> None:
    write_some(site, 1)
    before, signed, codes = list_notes(), [], set()
    for tamper in (change_a_tile, change_the_upper_tile, drop_a_tile, shorten_a_tile, forge_a_checkpoint, move_a_note):
        with undo_afterwards():
            tamper()
            try:
                sequence(site)
                signed.append(tamper.__name__)
            except UpheldError as error:
                codes.add(error.code)
    assert signed == []
    assert codes == {"V803", "V821", "V822"}
    assert list_notes() == before
    assert sequence(site) == 1


def test_a_line_of_another_site_does_not_pass_as_one_of_ours(site: str) -> None:
    row = rows().get(place=100)
    rows().filter(pk=row.pk).update(text=row.text.replace(f'"site":"{site}"', '"site":"elsewhere"'))
    assert "is not what its text says" in verify(site).fault
