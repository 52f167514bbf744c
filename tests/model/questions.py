"""Invented acts and facts to ask a policy about: half-known names, inner names, degrees around those in the rules."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.model.names import NOT_NAMED, OWN_TOUCHPOINTS
from tests.model.reading import Act, Facts, Reading
from tests.model.worlds import COMMON_FACTS, World


def ask_about(world: World, seed: int, count: int) -> Iterator[tuple[Act, Facts]]:
    """So many questions, most of them about what some rule speaks of; the same ones for the same seed."""
    chance = Random(seed)  # noqa: S311 (nothing is secret here)
    degrees = [("identified", 0)] * 3 + [("pseudonymous", 0), ("de-identified", 0), ("aggregate", 1)]
    degrees += [("aggregate", size + more) for size in (world.sizes or {10}) for more in (-1, 0, 1)]
    for _ in range(count):
        yield invent_act(world, chance, chance.choice(degrees)), invent_facts(world, chance)


def invent_act(world: World, chance: Random, degree: tuple[str, int]) -> Act:
    pools = {
        "collect": [*world.touchpoints, *OWN_TOUCHPOINTS, "every page"],
        "use": [],
        "show": [*world.roles, "self"],
        "share": world.recipients,
        "keep": [*world.places, "here"],
    }
    action = chance.choice(list(pools))
    data, purposes, others = [*world.data, *world.groups], list(world.purposes), list(pools[action])
    if world.spoken_of and chance.random() < 0.8:
        action, data, purposes, named = chance.choice(world.spoken_of)
        others = [*named * 4, *pools[action]]
    if chance.random() < 0.1:
        data = ["ghost", f"{data[0]}.ghost", data[0][:-1] or "g", NOT_NAMED, "anything"]
        data = [name for name in data if name not in world.data and name not in world.groups]
    if chance.random() < 0.06:
        purposes = ["ghost", f"{purposes[0]}.ghost", "any purpose"]
    if not others or chance.random() < 0.06:
        others = [*others, "ghost", "order f"]
    names = chance.sample(data, min(len(data), chance.choice([1, 1, 1, 1, 1, 2, 3])))
    other = None if action == "use" else chance.choice(others)
    has_no_purpose = (action == "keep" or (action == "show" and other == "self")) and chance.random() < 0.4
    return Act(action, tuple(names), None if has_no_purpose else chance.choice(purposes), other, degree)


def list_facts(world: World) -> list[str]:
    return [
        *COMMON_FACTS, *world.facts, *world.approvals, *(f"demanded by {ground}" for ground in world.grounds),
        *(f"living in {region}" for region in world.regions),
    ]  # fmt: skip


def invent_facts(world: World, chance: Random) -> Facts:
    """What is known, drawn so that whole conditions hold now and then; `expired` seldom is."""
    likely = chance.choice([0.2, 0.5, 0.8])
    known: dict[str, bool | None] = {}
    for name in list_facts(world):
        value = chance.random()
        if value < 0.35 or (name == "expired" and value < 0.8):
            continue
        known[name] = None if value > 0.95 else chance.random() < likely
    choices = {choice: chance.choice(["yes", "no", "unasked", "unknown"]) for choice in world.choices}
    return Facts(known, choices)


def world_of(reading: Reading) -> World:
    """The names of a policy that was read, so that questions can be invented about it."""
    names = reading.names
    known = {
        *names.data_leaves,
        *names.purpose_leaves,
        *names.touchpoints,
        *names.roles,
        *names.recipients,
        *names.places,
    }
    spoken_of = [
        (piece.action, sorted(known & piece.data), sorted(known & piece.purposes), sorted(known & piece.others))
        for piece in reading.pieces
        if known & piece.data and known & piece.purposes
    ]
    conditions = [condition for piece in reading.pieces for condition in (*piece.if_true, *piece.if_false)]
    return World(
        data=list(names.data),
        purposes=list(names.purposes),
        recipients=names.recipients,
        roles=names.roles,
        touchpoints=names.touchpoints,
        places=names.places,
        choices=names.choices,
        grounds=names.grounds,
        regions=names.regions,
        facts=names.facts,
        sizes={border - 3 for piece in reading.pieces for border in piece.degrees if 3 < border < 10**6},
        approvals={one.fact for one in conditions if one.fact.startswith("approved by ")},
        spoken_of=spoken_of,
    )
