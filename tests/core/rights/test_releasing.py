"""What leaves the house has one way to be written, so that its digest proves it; a permission is said in one sentence."""

import hashlib
import json
from datetime import UTC, date, datetime

import pytest

from tests.core.fields.courier import compile_courier
from upheld.core.rights.permitting import list_stopped
from upheld.core.rights.releasing import Wish, digest_parcel, find_end_of_day, pack, word_release, write_parcel

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
STOP = "(4) choice marketing stops promotional offer, newsletter settled marketing-stop [LS-40]"
NEVER = "(2) never use anything for marketing unless chosen marketing settled marketing-default [LS-38]"
SEND = "(3) send promotional offer, newsletter to account holders if chosen marketing settled marketing-stop [LS-42]"


def make_document(*values: tuple[str, object], to: dict[str, str] | None = None) -> bytes:
    words = compile_courier().words
    parcel = pack(
        words, values, site="lasership", disclosure="x_1", purpose="research", kind="affiliates", at=NOW, to=to
    )  # type: ignore[arg-type]
    return write_parcel(parcel, words)


def test_the_same_parcel_is_the_same_bytes_whatever_the_order() -> None:
    name, email = ("person.name", "Ada Quill"), ("person.email", "ada@quill.example")
    one, two = make_document(name, email), make_document(email, name)
    assert one == two
    assert digest_parcel(one) == hashlib.sha256(one).hexdigest()
    told = json.loads(one)
    assert [part["name"] for part in told["data"]] == ["person.name", "person.email"]
    assert (told["purpose"], told["recipient"], told["at"]) == (
        {"name": "research", "label": "research"},
        "affiliates",
        "2026-11-20T09:00:00Z",
    )
    assert "to" not in told
    assert make_document(name) != make_document(name, to={"name": "Dr. Wren Ashby"})


def test_values_with_parts_and_lists_and_several_of_a_category_all_go() -> None:
    document = json.loads(
        make_document(
            ("service.order", {"weight": "2 kg"}),
            ("service.order", {"größe": "klein"}),
            ("answer.survey", ["Yes", "No"]),
        )
    )
    (order, answer) = document["data"]
    assert order["values"] == [{"weight": "2 kg"}, [["größe", "klein"]]]
    assert answer["values"] == [["Yes", "No"]]


@pytest.mark.parametrize(("is_once", "times"), [(True, "Once"), (False, "As often as it is needed")])
def test_a_permission_is_one_sentence(is_once: bool, times: str) -> None:
    wish = Wish(data=("person.name", "person.email"), purpose="research", until=date(2026, 12, 31), is_once=is_once)
    assert word_release(compile_courier().words, to="Sandspit Freight", wish=wish) == (
        "You permit us to give your name and your e-mail address to Sandspit Freight, for research."
        f" {times}, until the end of 31 December 2026."
    )
    assert find_end_of_day(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_no_ends_the_purposes_of_what_it_stops_and_of_what_waits_for_a_yes() -> None:
    offers = ("marketing.offer", "marketing.newsletter")
    assert list_stopped(compile_courier().policy, "marketing") == offers
    assert list_stopped(compile_courier((NEVER, "")).policy, "marketing") == offers
    assert list_stopped(compile_courier((STOP, "")).policy, "marketing") == offers
    assert list_stopped(compile_courier((STOP, ""), (NEVER, "")).policy, "marketing") == ()
    assert list_stopped(compile_courier().policy, "unheard of") == ()
    shared = "(4) share person.email with affiliates for research if chosen marketing [LS-40]"
    assert list_stopped(compile_courier((STOP, shared)).policy, "marketing") == ("research", *offers)
