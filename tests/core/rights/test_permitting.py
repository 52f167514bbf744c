"""Somebody is asked for a permission only where the gate would let it count, and for no more than names and reaches them."""

import pytest

from tests.core.fields.courier import compile_courier
from upheld.core.gate import Gate
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.core.policy.compile import Table
from upheld.core.rights.permitting import find_permissible, list_naming

SOMEBODY = "the company whose account you use"
NAMING = ("person.name", "person.email")
DOOR = "(3) share customer information with anyone for any purpose if permitted [LS-27]"


def bind(table: Table) -> Binding:
    return Binding(table.policy.slug, {table.policy.version: Gate(table)}, table.policy.version)


@pytest.mark.parametrize(("permitted", "outcome"), [(True, "permitted"), (False, "refused"), (None, "refused")])
def test_the_courier_gives_a_name_to_an_unnamed_recipient_only_with_a_permission(
    permitted: bool | None, outcome: str
) -> None:
    act = Act("share", NAMING, "fulfil.service", SOMEBODY)
    assert bind(compile_courier()).ask(act, {"permitted": permitted}).outcome == outcome


def test_the_courier_may_ask_for_name_and_address() -> None:
    found = find_permissible(bind(compile_courier()), recipient=SOMEBODY, data=NAMING, facts={})
    assert found is not None
    assert (found.data, found.purpose) == (NAMING, "fulfil.service")
    assert "lasership#whom-we-give-it-to.6" in found.sentences


def test_without_the_sentence_that_lets_a_permission_count_nobody_is_asked() -> None:
    shut = bind(compile_courier((DOOR, "")))
    assert find_permissible(shut, recipient=SOMEBODY, data=NAMING, facts={}) is None


def test_all_of_the_data_or_nothing() -> None:
    binding = bind(compile_courier((DOOR, DOOR.replace("customer information", "person.name"))))
    assert find_permissible(binding, recipient=SOMEBODY, data=NAMING, facts={}) is None
    assert find_permissible(binding, recipient=SOMEBODY, data=NAMING[:1], facts={}) is not None
    assert find_permissible(binding, recipient=SOMEBODY, data=(), facts={}) is None


def test_every_version_that_binds_has_to_let_it_count() -> None:
    shut, now = compile_courier((DOOR, ""), ("version: 2016-10-03", "version: 2016-06-13")), compile_courier()
    earlier, current = shut.policy.version, now.policy.version
    binding = Binding(now.policy.slug, {earlier: Gate(shut), current: Gate(now)}, current)
    assert find_permissible(binding, recipient=SOMEBODY, data=NAMING, facts={}) is not None
    assert find_permissible(binding, recipient=SOMEBODY, data=NAMING, facts={}, versions=[earlier]) is None


def test_what_names_somebody_is_told_by_standard_keys() -> None:
    words = compile_courier().words
    registered = ("person.name", "person.email", "person.zip", "person.phone", "sign-in.password", "unheard.of")
    assert list_naming(words, registered) == NAMING
