"""What is remembered of a ledger outside of its database: a tree that was cut back or written anew with its checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.actions.test_ledger import BATCHES, LATER, NOW, export, list_notes, rows, sequence, site, verify, write_some
from upheld.core.errors import SealError, VaultError

__all__ = ["site"]


def cut_back() -> int:
    """The lines, tiles and checkpoints of the newest batch are gone, as in a copy from before; how many lines are left."""
    from upheld.records.models import Checkpoint, Tile

    earlier = Checkpoint.objects.order_by("-size")[1]
    rows().filter(place__gte=earlier.size).delete()
    rows().filter(place__isnull=True).delete()
    Checkpoint.objects.filter(size__gt=earlier.size).delete()
    for level, width in ((0, earlier.size - 256), (1, 1)):
        tile = Tile.objects.get(level=level, number=1 - level)
        Tile.objects.filter(pk=tile.pk).update(hashes=bytes(tile.hashes)[: 32 * width])
    return int(earlier.size)


def read_head(site: str) -> Any:
    from upheld.actions.ledger_head import find_head

    return find_head(site)


def forget_head() -> None:
    from upheld.records.keyring.models import LedgerHead

    LedgerHead.objects.all().delete()


def list_bodies(kind: str) -> list[dict[str, Any]]:
    return [json.loads(row.text)["body"] for row in rows().filter(kind=kind).order_by("serial")]


def refuse_to_sequence(site: str) -> str:
    """The text with which the sequencer refuses; nothing got a place."""
    write_some(site, 1)
    before = list_notes()
    with pytest.raises(VaultError) as caught:
        sequence(site)
    assert caught.value.code == "V824"
    assert list_notes() == before
    assert rows().filter(place__isnull=True).exists()
    return caught.value.text


# ---------------------------------------------------------------------------------------- beside the keys


def test_what_is_remembered_is_the_newest_checkpoint(site: str) -> None:
    from upheld.records.models import Checkpoint

    newest = Checkpoint.objects.order_by("-size").first()
    head = read_head(site)
    assert (head.size, head.root) == (newest.size, bytes(newest.root))


def test_a_tail_cut_with_its_checkpoints_is_found_and_nothing_is_signed_on_top(site: str) -> None:
    size = read_head(site).size
    left = cut_back()
    assert verify(site).fault == (
        f"the ledger ends after {left} lines, and the database of the keys remembers {size}: its end was cut off"
    )
    assert "its end was cut off" in refuse_to_sequence(site)
    assert list_bodies("ledger.verified")[-1]["outcome"] == "failed"


def test_a_ledger_that_was_emptied_is_found(site: str) -> None:
    from upheld.records.models import Checkpoint, Tile

    for model in (Tile, Checkpoint):
        model.objects.all().delete()
    rows().delete()
    assert "ends after 0 lines" in verify(site).fault
    assert "ends after 0 lines" in refuse_to_sequence(site)


@pytest.mark.parametrize("more", [0, 20])
def test_a_tree_that_was_written_anew_is_found_also_when_it_is_as_long_or_longer(site: str, more: int) -> None:
    """By somebody who has the signing key, so that the signatures are right."""
    from upheld.records.keyring.models import LedgerHead

    held = LedgerHead.objects.get()
    cut_back()
    LedgerHead.objects.all().delete()
    write_some(site, BATCHES[-1] + more, LATER)
    sequence(site)
    LedgerHead.objects.update(size=held.size, root=held.root)
    said = f"the first {held.size} lines are not those that the database of the keys remembers: it was written anew"
    assert verify(site).fault == said
    assert said in refuse_to_sequence(site)


def test_a_crash_between_the_commit_and_the_head_does_no_harm(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from upheld.actions import ledger

    before = read_head(site).size
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "raise_head", lambda *_: None)
        write_some(site, 5)
        assert sequence(site) == 5
    assert read_head(site).size == before
    assert verify(site).is_whole
    sequence(site)
    assert read_head(site).size == before + 6
    assert verify(site).is_whole


def test_a_database_of_keys_that_takes_nothing_keeps_no_line_from_its_place(site: str) -> None:
    from django.db import connections

    before = read_head(site).size

    def refuse(execute: Any, query: str, *rest: Any) -> Any:
        from django.db import OperationalError

        if query.startswith("UPDATE"):
            raise OperationalError
        return execute(query, *rest)

    write_some(site, 5)
    with connections["keys"].execute_wrapper(refuse):
        assert sequence(site) == 5
    assert read_head(site).size == before
    write_some(site, 1)
    assert sequence(site) == 1
    assert read_head(site).size == before + 6


def test_a_batch_that_is_taken_back_is_not_remembered(site: str) -> None:
    from upheld.records.walls import enter_site

    def fall() -> None:
        with enter_site(site):
            assert sequence(site) == 5
            raise ZeroDivisionError

    before = read_head(site)
    write_some(site, 5)
    with pytest.raises(ZeroDivisionError):
        fall()
    assert read_head(site) == before


def test_a_head_never_goes_back_by_itself(site: str) -> None:
    from upheld.actions.ledger_head import Head, raise_head

    before = read_head(site)
    raise_head(site, Head(3, bytes(32)), LATER)
    assert read_head(site) == before


def test_a_ledger_from_before_heads_were_kept_is_taken_as_it_is(site: str) -> None:
    size = read_head(site).size
    forget_head()
    assert verify(site).is_whole
    sequence(site)
    assert read_head(site).size == size + 1


# ------------------------------------------------------------------------------------------- after a restore


def test_a_restored_ledger_goes_on_once_somebody_says_so_and_a_line_tells_it(site: str) -> None:
    from upheld.actions.ledger_restoring import accept_loss, find_loss

    size = read_head(site).size
    left = cut_back()
    found = find_loss(site, LATER)
    assert found is not None
    assert (found.size, found.lost) == (left, size - left)
    assert accept_loss(site, LATER) == found
    assert read_head(site).size == left
    assert find_loss(site, LATER) is None
    assert sequence(site) == 1
    assert list_bodies("ledger.restored") == [{"lost": size - left, "size": left}]
    assert verify(site).is_whole
    assert export(site).size == left + 1


def test_a_ledger_that_lacks_nothing_takes_no_such_line(site: str) -> None:
    from upheld.actions.ledger_restoring import accept_loss, find_loss

    assert find_loss(site, LATER) is None
    with pytest.raises(VaultError) as caught:
        accept_loss(site, LATER)
    assert caught.value.code == "V825"
    assert list_bodies("ledger.restored") == []


def test_a_ledger_that_is_broken_is_no_restored_one(site: str) -> None:
    from upheld.actions.ledger_restoring import accept_loss
    from upheld.records.models import Tile

    cut_back()
    Tile.objects.filter(level=0, number=1).delete()
    with pytest.raises(VaultError) as caught:
        accept_loss(site, LATER)
    assert caught.value.code == "V821"


# ------------------------------------------------------------------------------------ a checkpoint kept elsewhere


def test_a_checkpoint_kept_elsewhere_shows_it_where_the_keys_were_cut_back_too(site: str) -> None:
    kept = list_notes()[-1]
    cut_back()
    forget_head()
    assert verify(site).is_whole
    with pytest.raises(SealError) as caught:
        export(site, (kept,))
    assert "it was cut" in caught.value.text
    write_some(site, 50)
    sequence(site)
    with pytest.raises(SealError) as caught:
        export(site, (kept,))
    assert "the ledger was written anew" in caught.value.text


def test_the_file_of_checkpoints_shows_it_as_well(site: str, tmp_path: Path) -> None:
    from upheld.actions.ledger_notes import find_file, keep_note, read_notes
    from upheld.actions.ledger_reading import verify_ledger

    assert keep_note(tmp_path, site, NOW)
    assert not keep_note(tmp_path, site, NOW), "it is there already"
    path = find_file(tmp_path, site)
    assert path.read_text(encoding="utf-8") == list_notes()[-1]
    assert path.stat().st_mode & 0o777 == 0o600
    size = read_head(site).size
    cut_back()
    forget_head()
    assert not keep_note(tmp_path, site, NOW), "a shorter one is none to keep"
    found = verify_ledger(site, now=LATER, kept=read_notes(tmp_path, site, NOW))
    assert found.fault.endswith(f"and the file `{path}` remembers {size}: its end was cut off")


def test_the_file_of_checkpoints_goes_on_behind_a_note_that_was_cut_short_or_is_none_of_ours(
    site: str, tmp_path: Path
) -> None:
    from upheld.actions.ledger_notes import find_file, keep_note, read_notes

    keep_note(tmp_path, site, NOW)
    first = list_notes()[-1]
    with find_file(tmp_path, site).open("a", encoding="utf-8") as file:
        file.write(f"something else\n{first.replace(str(read_head(site).size), '7')}{first[:60]}")
    write_some(site, 2)
    sequence(site)
    assert keep_note(tmp_path, site, NOW)
    size = read_head(site).size
    assert [head.size for head in read_notes(tmp_path, site, NOW)] == [size - 2, size]


def test_without_a_file_there_is_nothing_to_compare_with(site: str, tmp_path: Path) -> None:
    from upheld.actions.ledger_notes import read_notes, set_notes_aside

    assert read_notes(tmp_path, site, NOW) == ()
    assert set_notes_aside(tmp_path, site, NOW) is None
