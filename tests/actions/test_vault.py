"""The vault under bad input: what was moved, altered, expired, locked or asked by the wrong one stays closed, and is told."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.actions.stage import ADA, BO, NOW, TOP_KEY, Cast
from upheld.core.errors import RefusedError, SealError, VaultError
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.gate.permit import Permit, ask_permit

REGISTRATION = "registration"


def show_all(binding: Binding, person: Any, now: datetime = NOW, **narrowed: Any) -> Any:
    from upheld.actions.vault import open_items

    return open_items(binding, person=person, action="show", counterpart="self", now=now, **narrowed)


def find_item(person: Any) -> Any:
    from upheld.records.models import Item

    return Item.objects.get(person=person, touchpoint=REGISTRATION)


def list_kinds(binding: Binding) -> list[str]:
    from upheld.records.models import Entry

    return list(Entry.objects.filter(site=binding.site).order_by("serial").values_list("kind", flat=True))


def count_rows() -> dict[str, int]:
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Entry, Item

    return {"items": Item.objects.count(), "lines": Entry.objects.count(), "keys": PersonKey.objects.count()}


def test_what_was_put_in_comes_out_for_the_person(binding: Binding, cast: Cast) -> None:
    opened = show_all(binding, cast.ada)
    assert {value.data: value.value for value in opened.values} == ADA
    assert opened.withheld == ()
    assert list_kinds(binding)[-1] == "item.opened"
    assert all(value.because for value in opened.values)


def test_one_person_never_gets_what_is_held_about_another(binding: Binding, cast: Cast) -> None:
    values = {value.value for value in show_all(binding, cast.bo).values}
    assert values == set(BO.values())


def test_what_is_sealed_for_one_person_does_not_open_for_another(
    binding: Binding, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    ada, bo = find_item(cast.ada), find_item(cast.bo)
    ada.sealed, bo.sealed = bo.sealed, ada.sealed
    ada.key, bo.key = bo.key, ada.key  # with its key, or it would fail for the key alone
    ada.save()
    bo.save()
    before = list_kinds(binding)
    with caplog.at_level(logging.ERROR), pytest.raises(SealError) as refused:
        show_all(binding, cast.bo)
    assert refused.value.code == "V801"
    assert list_kinds(binding) == [*before, "item.altered"]  # and no line says that it was opened
    told = " ".join([str(refused.value), refused.value.hint or "", caplog.text])
    assert bo.id in caplog.text
    assert not [value for value in (*ADA.values(), *BO.values()) if value in told]


@pytest.mark.parametrize(
    "changed",
    [
        {"touchpoint": "feedback"},
        {"person": "bo"},
        {"id": "i_" + "a" * 20},
    ],
    ids=["another touchpoint", "another person", "another item"],
)
def test_an_item_that_was_moved_does_not_open(binding: Binding, cast: Cast, changed: dict[str, Any]) -> None:
    from upheld.records.models import Item

    row = find_item(cast.ada)
    values = {name: getattr(cast, value) if name == "person" else value for name, value in changed.items()}
    Item.objects.filter(pk=row.pk).update(**values)
    moved = Item.objects.get(pk=values.get("id", row.pk))
    with pytest.raises(SealError) as refused:
        show_all(binding, moved.person, items=[moved])
    assert refused.value.code == "V801"
    assert list_kinds(binding)[-1] == "item.altered"


@pytest.mark.sqlite
def test_an_item_that_was_moved_to_another_site_does_not_open(binding: Binding, cast: Cast) -> None:
    from upheld.records.keyring.models import PersonKey
    from upheld.records.models import Answer, Item, Person

    other = replace(binding, site="lantern")
    row = find_item(cast.ada)
    for model in (Person, Answer):
        model.objects.update(site="lantern")
    Item.objects.filter(pk=row.pk).update(site="lantern")
    PersonKey.objects.filter(name=row.key).update(site="lantern")
    cast.ada.refresh_from_db()
    with pytest.raises(SealError) as refused:
        show_all(other, cast.ada)
    assert refused.value.code == "V801"


@pytest.mark.parametrize("place", [0, 1, 13, -1], ids=["version", "nonce", "text", "tag"])
def test_one_bit_that_was_turned_is_seen(binding: Binding, cast: Cast, place: int) -> None:
    row = find_item(cast.ada)
    altered = bytearray(row.sealed)
    altered[place] ^= 1
    row.sealed = bytes(altered)
    row.save(update_fields=["sealed"])
    with pytest.raises(SealError) as refused:
        show_all(binding, cast.ada)
    assert refused.value.code == "V801"
    assert list_kinds(binding)[-1] == "item.altered"


def test_a_sealed_text_that_was_cut_or_emptied_is_seen(binding: Binding, cast: Cast) -> None:
    row = find_item(cast.ada)
    for sealed in (b"", bytes(row.sealed)[:20]):
        row.sealed = sealed
        row.save(update_fields=["sealed"])
        with pytest.raises(SealError):
            show_all(binding, cast.ada)


def test_categories_that_were_written_over_open_nothing_more(binding: Binding, cast: Cast) -> None:
    """Whoever can write the row cannot have a name opened as something that more people may see."""
    row = find_item(cast.ada)
    row.categories = ["service.shipment"]
    row.save(update_fields=["categories"])
    assert show_all(binding, cast.ada).values == ()


def test_a_destroyed_key_is_the_end_of_what_it_sealed(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.keys import destroy_person_keys

    assert destroy_person_keys(binding.site, cast.ada.id, now) == 1
    assert destroy_person_keys(binding.site, cast.ada.id, now) == 0
    with pytest.raises(VaultError) as refused:
        show_all(binding, cast.ada)
    assert refused.value.code == "V814"
    assert show_all(binding, cast.bo).values  # nobody else's


def test_a_key_that_is_missing_is_told_from_one_that_was_destroyed(binding: Binding, cast: Cast) -> None:
    from upheld.records.keyring.models import PersonKey

    PersonKey.objects.filter(person=cast.ada.id).delete()
    with pytest.raises(VaultError) as refused:
        show_all(binding, cast.ada)
    assert refused.value.code == "V813"


def test_keys_of_two_people_that_were_swapped_open_nothing(binding: Binding, cast: Cast) -> None:
    from upheld.records.keyring.models import PersonKey

    ada, bo = (PersonKey.objects.get(person=person.id) for person in (cast.ada, cast.bo))
    ada.wrapped, bo.wrapped = bo.wrapped, ada.wrapped
    ada.save()
    bo.save()
    with pytest.raises(SealError) as refused:
        show_all(binding, cast.ada)
    assert refused.value.code == "V801"


def test_another_top_key_is_refused_and_both_are_named(databases: dict[str, Path], now: datetime) -> None:
    from upheld.actions.keys import LocalTopKey, check_top_key, place_top_key

    other = LocalTopKey(bytes(reversed(TOP_KEY)))
    place_top_key(other)
    with pytest.raises(VaultError) as refused:
        check_top_key(now)
    assert refused.value.code == "V812"
    assert LocalTopKey(TOP_KEY).name in refused.value.text
    assert other.name in refused.value.text


def test_a_vault_without_its_top_key_is_locked(binding: Binding, cast: Cast) -> None:
    from upheld.actions.keys import place_top_key

    place_top_key(None)
    with pytest.raises(VaultError) as refused:
        show_all(binding, cast.ada)
    assert refused.value.code == "V811"


def test_a_permit_is_not_made_by_hand_or_out_of_another(binding: Binding, cast: Cast) -> None:
    act = Act("show", ("person.email",), "", "self")
    with pytest.raises(TypeError):
        Permit(binding.site, cast.ada.id, act, date(2026, 1, 1), (), object())
    _, permit = ask_permit(binding, person=cast.ada.id, act=act, facts={}, versions=())
    assert permit is not None
    with pytest.raises(ValueError, match="origin"):
        replace(permit, person=cast.bo.id)


def test_the_gate_gives_no_permit_for_what_it_refuses(binding: Binding, cast: Cast) -> None:
    act = Act("share", ("person.email",), "sale", "carriers")
    verdict, permit = ask_permit(binding, person=cast.ada.id, act=act, facts={}, versions=())
    assert not verdict.is_permitted
    assert permit is None


def test_a_permit_for_one_person_opens_nothing_of_another(binding: Binding, cast: Cast) -> None:
    from upheld.actions.vault import describe_item, open_permitted

    _, permit = ask_permit(
        binding, person=cast.ada.id, act=Act("show", ("person.email",), "", "self"), facts={}, versions=()
    )
    assert permit is not None
    row = find_item(cast.bo)
    with pytest.raises(VaultError) as refused:
        open_permitted(binding.site, [(row, describe_item(row), permit)])
    assert refused.value.code == "V815"


def test_a_permit_opens_its_own_category_and_no_other(binding: Binding, cast: Cast) -> None:
    from upheld.actions.vault import describe_item, open_permitted

    _, permit = ask_permit(
        binding, person=cast.ada.id, act=Act("show", ("person.zip",), "", "self"), facts={}, versions=()
    )
    assert permit is not None
    row = find_item(cast.ada)
    assert [value.data for value in open_permitted(binding.site, [(row, describe_item(row), permit)])] == ["person.zip"]


def test_staff_without_a_grant_see_that_it_is_withheld_and_why(binding: Binding, cast: Cast) -> None:
    from upheld.actions.vault import open_items

    asked = {"action": "show", "counterpart": "customer-service", "purpose": "fulfil", "now": NOW, "by": "s_1"}
    with pytest.raises(VaultError) as refused:  # no case
        open_items(binding, person=cast.ada, facts={"granted": True}, **asked)
    assert refused.value.code == "V816"
    asked["case"] = "c_" + "a" * 20
    closed = open_items(binding, person=cast.ada, **asked)
    assert closed.values == ()
    assert {part.data for part in closed.withheld} == set(ADA)
    assert all(part.verdict.because for part in closed.withheld)
    assert list_kinds(binding)[-1] == "item.withheld"
    opened = open_items(binding, person=cast.ada, facts={"granted": True}, **asked)
    assert {value.data for value in opened.values} == set(ADA)


def test_what_is_past_its_time_is_refused_before_anybody_sweeps(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.vault import put_items

    then = now - timedelta(days=366)
    put_items(
        binding, person=cast.bo, touchpoint="feedback", values={"message.feedback": "Hello"}, now=now, collected_at=then
    )
    opened = show_all(binding, cast.bo, data=["message.feedback"])
    assert opened.values == ()
    assert [part.data for part in opened.withheld] == ["message.feedback"]


def test_contact_details_end_three_years_after_the_last_sign_in(binding: Binding, cast: Cast, now: datetime) -> None:
    cast.ada.signed_in_at = now
    cast.ada.save(update_fields=["signed_in_at"])
    assert show_all(binding, cast.ada, now=now + timedelta(days=1090)).values
    assert show_all(binding, cast.ada, now=now + timedelta(days=1096)).values == ()


@pytest.mark.parametrize(
    ("touchpoint", "values"),
    [
        (REGISTRATION, {"person.name": "Cy Dorn", "visit.ip": "192.0.2.7"}),
        (REGISTRATION, {"person.name": "Cy Dorn", "person.birthday": "1970-01-01"}),
        ("feedback", {"person.email": "cy@dorn.example"}),
        ("back door", {"person.email": "cy@dorn.example"}),
        ("survey", {"service.order": "1 parcel"}),
    ],
)
def test_what_the_policy_does_not_let_in_is_not_stored(
    binding: Binding, cast: Cast, touchpoint: str, values: dict[str, str]
) -> None:
    from upheld.actions.vault import put_items

    before = count_rows()
    with pytest.raises(RefusedError) as refused:
        put_items(binding, person=cast.ada, touchpoint=touchpoint, values=values, now=NOW)
    assert count_rows() == before
    assert not [value for value in values.values() if value in str(refused.value) + str(refused.value.hint)]


def test_what_fails_half_way_leaves_nothing_behind(
    binding: Binding, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import vault

    def fail(*_args: object, **_fields: object) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr(vault, "write_line", fail)
    before = count_rows()
    with pytest.raises(OSError, match="no space"):
        vault.put_items(binding, person=cast.ada, touchpoint="survey", values={"answer.survey": "Yes"}, now=NOW)
    after = count_rows()
    assert (after["items"], after["lines"]) == (before["items"], before["lines"])


def test_an_older_version_still_binds_what_was_taken_under_it(binding: Binding, cast: Cast) -> None:
    from upheld.records.models import Item

    Item.objects.filter(person=cast.ada).update(version=date(2015, 1, 1))
    with pytest.raises(Exception, match="G404"):
        show_all(binding, cast.ada)


def test_two_threads_draw_one_key_and_read_what_the_other_wrote(binding: Binding, cast: Cast, now: datetime) -> None:
    from django.db import connections

    from upheld.actions.keys import find_person_key
    from upheld.actions.vault import put_items

    person = cast.bo
    gate = threading.Barrier(4)
    found: list[str] = []
    failed: list[BaseException] = []

    def write() -> None:
        try:
            gate.wait(10)
            found.append(find_person_key(binding.site, person.id, "365 days after answer", now).name)
            put_items(binding, person=person, touchpoint="survey", values={"answer.survey": "Fine"}, now=now)
        except BaseException as problem:  # noqa: BLE001 - told below, in the thread of the test
            failed.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(set(found)) == 1
    assert [value.value for value in show_all(binding, person, data=["answer.survey"]).values] == ["Fine"] * 4


@pytest.mark.sqlite
def test_a_copy_of_both_databases_holds_no_clear_value(
    binding: Binding, cast: Cast, databases: dict[str, Path], now: datetime
) -> None:
    """Every planted value is sought in every byte of both files and their write-ahead logs, whole and in pieces."""
    from upheld.actions.choices import record_choice
    from upheld.actions.ledger import sequence_entries
    from upheld.actions.vault import put_items

    planted = {
        "order": {"service.order": "Parcel 77 of zinnias", "addressee.name": "Zoltan Ibarra-Quux"},
        "feedback": {"message.feedback": "The gate at Wexcombe was locked ünlikely"},
    }
    for touchpoint, values in planted.items():
        put_items(binding, person=cast.ada, touchpoint=touchpoint, values=values, now=now)
    record_choice(binding, person=cast.ada, choice="marketing", is_yes=True, touchpoint=REGISTRATION, now=now)
    show_all(binding, cast.ada)
    sequence_entries(binding.site, now)
    pieces = {"Quill", "quill.example", "marten", "Marten", "5550142777", "zinnias", "Ibarra", "Wexcombe"}
    # not the zip code: five digits stand in any long hex by chance
    pieces |= {word for values in (ADA, BO, *planted.values()) for word in values.values() if len(word) > 5}
    files = [path for path in databases["default"].parent.iterdir() if ".sqlite3" in path.name]
    assert {path.name for path in files} >= {"upheld.sqlite3", "keys.sqlite3", "upheld.sqlite3-wal"}
    for path in files:
        content = path.read_bytes()
        for piece in pieces:
            for text in {piece, piece.lower(), json.dumps(piece)[1:-1]}:
                for coding in ("utf-8", "utf-16-le"):
                    assert text.encode(coding) not in content, f"{piece} stands in {path.name}"
    assert TOP_KEY not in b"".join(path.read_bytes() for path in files)


@pytest.mark.sqlite
def test_no_key_lies_beside_the_data(binding: Binding, cast: Cast, databases: dict[str, Path]) -> None:
    """A copy of the data without the keyring holds no key, wrapped or clear."""
    from upheld.actions.keys import find_person_key
    from upheld.records.keyring.models import PersonKey

    row = find_item(cast.ada)
    keyed = PersonKey.objects.get(name=row.key)
    clear = find_person_key(binding.site, cast.ada.id, keyed.keep_class, NOW).key
    content = b"".join(
        path.read_bytes() for path in databases["default"].parent.iterdir() if path.name.startswith("upheld.sqlite3")
    )
    assert clear not in content
    assert bytes(keyed.wrapped) not in content
