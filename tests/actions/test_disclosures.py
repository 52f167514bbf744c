"""Giving out: the gate first, all or nothing, every bit of it on record; nobody permits anything for somebody else."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.stage import ADA, Cast
from upheld.core.errors import RefusedError, StaffError, VaultError
from upheld.core.gate.binding import NAMED_RECIPIENT, Binding

LS_25, LS_27 = "lasership#whom-we-give-it-to.1", "lasership#whom-we-give-it-to.6"
EMAIL = ("person.email",)


def list_bodies(kind: str) -> list[dict[str, Any]]:
    from upheld.records.models import Entry

    return [json.loads(row.text)["body"] for row in Entry.objects.filter(kind=kind).order_by("serial")]


def permit(binding: Binding, cast: Cast, now: datetime, **more: Any) -> Any:
    """Ada's permission on record, made without the page."""
    from upheld.actions.ids import draw_id
    from upheld.records.models import Permission

    serial = draw_id("r")
    told = {"recipient": serial, "data": ["person.email"], "purpose": "research", "person": cast.ada} | more
    return Permission.objects.create(
        id=serial, site=binding.site, given_at=now, version=binding.current, touchpoint="account", **told
    )


def give(binding: Binding, cast: Cast, now: datetime, given: Any = None, **more: Any) -> Any:
    """Ada's e-mail address to somebody she named, for research, under this permission."""
    from upheld.actions.disclosures import disclose

    told = {
        "person": cast.ada,
        "data": EMAIL,
        "purpose": "research",
        "kind": NAMED_RECIPIENT,
        "ground": "permission",
        "facts": {},
        "recipient": given.id if given else "",
        "subject": given.id if given else "",
    }
    return disclose(binding, now=now, **(told | more))


def test_with_a_permission_it_goes_out_with_a_row_and_lines(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Disclosure

    given = permit(binding, cast, now)
    gone = give(binding, cast, now, given)
    assert gone.find("person.email") == ADA["person.email"]
    document = json.loads(gone.document)
    assert document["data"] == [
        {"name": "person.email", "label": "your e-mail address", "values": [ADA["person.email"]]}
    ]
    assert gone.digest == hashlib.sha256(gone.document).hexdigest()
    row = Disclosure.objects.get()
    assert (row.id, row.subject, row.data, row.digest) == (gone.id, given.id, ["person.email"], gone.digest)
    (line,) = list_bodies("data.disclosed")
    assert (line["recipient"], line["ground"], line["because"]) == (NAMED_RECIPIENT, "permission", [LS_27])
    assert [used["permission"] for used in list_bodies("permission.used")] == [given.id]
    assert ADA["person.email"] not in json.dumps(line)


@pytest.mark.parametrize(
    "wish",
    [
        {"data": ("person.phone",)},
        {"data": ("person.email", "person.name")},
        {"data": ("person",)},
        {"purpose": "marketing.offer"},
        {"purpose": "fulfil.service"},
        {"ground": "service"},
        {"subject": ""},
        {"kind": "affiliates"},
    ],
    ids=["other data", "one more", "all of them", "other purpose", "a service", "other ground", "none", "other kind"],
)
def test_a_permission_opens_what_it_says_and_nothing_else(
    binding: Binding, cast: Cast, now: datetime, wish: dict[str, Any]
) -> None:
    given = permit(binding, cast, now)
    with pytest.raises(RefusedError) as refusal:
        give(binding, cast, now, given, **({"recipient": ""} | wish if "subject" in wish or "ground" in wish else wish))
    assert refusal.value.because[0].startswith("lasership#whom-we-give-it-to.")
    assert not list_bodies("data.disclosed")
    assert not list_bodies("item.opened")
    (line,) = list_bodies("data.disclosure-refused")
    assert (line["outcome"], line["because"]) == ("refused", list(refusal.value.because))


@pytest.mark.parametrize("fault", ["recipient", "person", "withdrawn", "over", "used up"])
def test_a_permission_counts_for_its_recipient_its_person_and_its_time(
    binding: Binding, cast: Cast, now: datetime, fault: str
) -> None:
    told: dict[str, Any] = {
        "recipient": {"recipient": "r_aaaaaaaaaaaaaaaaaaaa"},
        "person": {"person": cast.bo},
        "withdrawn": {"ended_at": now},
        "over": {"until": now},
        "used up": {"is_once": True, "used_at": now - timedelta(days=1)},
    }[fault]
    given = permit(binding, cast, now, **told)
    with pytest.raises(RefusedError):
        give(binding, cast, now, given)


def test_nobody_can_say_permitted_for_the_person(binding: Binding, cast: Cast, now: datetime) -> None:
    with pytest.raises(RefusedError):
        give(binding, cast, now, ground="service", facts={"permitted": True})


def test_one_for_once_is_used_up_and_has_ended(binding: Binding, cast: Cast, now: datetime) -> None:
    given = permit(binding, cast, now, is_once=True)
    give(binding, cast, now, given)
    given.refresh_from_db()
    assert given.used_at == given.ended_at == now
    with pytest.raises(RefusedError):
        give(binding, cast, now, given)


def test_a_feed_gives_the_carrier_what_it_needs_and_leaves_out_the_rest(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.disclosures import disclose_each

    feed: dict[str, Any] = {
        "person": cast.ada,
        "data": ("person.phone", "person.email"),
        "purpose": "fulfil.service",
        "kind": "carriers",
        "ground": "service",
    }
    gone = disclose_each(binding, facts={"requested": True}, now=now, **feed)
    assert [value.data for value in gone.values] == ["person.phone"]
    assert [part.data for part in gone.withheld] == ["person.email"]
    assert [line["data"] for line in list_bodies("data.disclosed")] == [["person.phone"]]
    assert [line["data"] for line in list_bodies("data.disclosure-refused")] == [["person.email"]]
    none = disclose_each(binding, facts={}, now=now, **feed)
    assert (none.id, none.values, none.document) == ("", (), b"")


def test_of_two_categories_one_refused_holds_back_both(binding: Binding, cast: Cast, now: datetime) -> None:
    wish = {"kind": "carriers", "purpose": "fulfil.service", "ground": "service", "facts": {"requested": True}}
    with pytest.raises(RefusedError):
        give(binding, cast, now, data=("person.phone", "person.email"), **wish)
    assert give(binding, cast, now, data=("person.phone",), **wish).find("person.phone") == ADA["person.phone"]


def test_what_the_policy_does_not_name_does_not_go_and_gets_into_no_line(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    with pytest.raises(RefusedError):
        give(binding, cast, now, permit(binding, cast, now), data=("person.email", "shoe size"))
    (line,) = list_bodies("data.disclosure-refused")
    assert line["data"] == ["person.email"]


def test_a_recipient_who_left_the_register_gets_nothing(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Recipient

    row = Recipient.objects.create(
        id="o_" + "a" * 20, site=binding.site, kind="carriers", title="Tern Lines", made_by="s_1", made_at=now
    )
    wish: dict[str, Any] = {"data": ("person.phone",), "purpose": "fulfil.service", "ground": "service"}
    wish |= {"facts": {"requested": True}, "recipient": row.id}
    with pytest.raises(StaffError, match="W131"):
        give(binding, cast, now, kind="affiliates", **wish)
    assert give(binding, cast, now, kind="carriers", **wish).values
    row.ended_at = now
    row.save()
    with pytest.raises(StaffError, match="W131"):
        give(binding, cast, now, kind="carriers", **wish)


def test_staff_give_out_nothing_without_a_case(binding: Binding, cast: Cast, now: datetime) -> None:
    with pytest.raises(VaultError, match="V816"):
        give(binding, cast, now, permit(binding, cast, now), by="s_1")
    assert not list_bodies("permission.used")


def test_what_is_past_its_time_or_somebody_else_s_does_not_go(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.records.models import Item

    given = permit(binding, cast, now)
    with pytest.raises(RefusedError):
        give(binding, cast, now, given, items=list(Item.objects.filter(person=cast.bo)))
    Item.objects.filter(person=cast.ada).update(keep_until=now)
    assert give(binding, cast, now, given).values == ()
    assert not list_bodies("data.disclosed")
