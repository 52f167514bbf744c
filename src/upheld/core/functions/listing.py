"""How each function stands under one policy: works here, is allowed and not built, is not named, or is shut out."""

from __future__ import annotations

from upheld.core.functions.catalogue import FUNCTIONS
from upheld.core.functions.function import EXCLUDED, NOT_BUILT, NOT_NAMED, STATES, WORKS, Built, Function, Listed
from upheld.core.functions.reading import Reading, join_sentences
from upheld.core.policy.compile import Table

MOST_REMEMBERED = 64
_found: dict[tuple[str, str], tuple[Listed, ...]] = {}


def list_functions(table: Table, home: Table | None = None) -> tuple[Listed, ...]:
    """Every function with its state under this policy, in the order of their numbers.

    What was found is remembered by the policy's digest, since every page of the console asks. Named is what a rule names,
    whatever its layer; `works` means to its end, with the forms and roles that this policy has. `home` is the policy on
    whose site this one stands, where it has none of its own.
    """
    key = (table.policy.digest, home.policy.digest if home is not None else "")
    if key not in _found:
        if len(_found) >= MOST_REMEMBERED:
            _found.clear()
        reading = Reading(table, home)
        _found[key] = tuple(_list_one(function, reading) for function in FUNCTIONS)
    return _found[key]


def count_states(listed: tuple[Listed, ...]) -> dict[str, int]:
    """How many functions stand in each state, in the order of STATES."""
    return {state: sum(one.state == state for one in listed) for state in STATES}


def _list_one(function: Function, reading: Reading) -> Listed:
    rules = tuple({id(rule): rule for rule in function.names(reading)}.values())
    if rules:
        built = function.builds(reading)
        return Listed(function, WORKS if built.is_whole else NOT_BUILT, rules, join_sentences(rules), built)
    shut = function.excludes(reading)
    return Listed(function, EXCLUDED if shut else NOT_NAMED, (), shut, Built())
