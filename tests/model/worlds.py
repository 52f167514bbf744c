"""Invented names: declarations of every sort, easy to confuse, and how to draw some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

Name = TypeVar("Name")
Draw = Callable[..., Any]  # what Hypothesis hands to a composite strategy

# Beginnings of each other, and words of the language inside. What they begin with is no name of what may follow them.
DATA = [
    "visit", "visit log", "visit at night", "notes", "notes for partners", "person", "person of trust", "identified people",
    "only copies", "unless stated", "x-1", "share price", "lives 9", "but one", "no", "in transit",
]  # fmt: skip
CHILDREN = ["email", "email address", "name", "a", "a-b", "for", "at order"]
GROUPS = ["all of it", "visit and notes", "everything for us", "person in full"]
PURPOSES = [
    "fulfil", "fulfil only", "sale", "sale of notes", "research for sale", "reporting in aggregate", "any", "sharing",
    "sharing with friends", "keeping if asked",
]  # fmt: skip
RECIPIENTS = ["partners", "partners for sale", "one", "one of us", "carriers if paid", "any", "successor"]
ROLES = ["desk", "desk at night", "self-help", "staff for research"]
TOUCHPOINTS = ["order", "order for sale", "registration", "every", "account set-up", "policy desk"]
PLACES = ["cellar", "cellar in town", "safe until spring", "here and there"]
CHOICES = ["marketing", "marketing or news", "offers", "no"]
GROUNDS = ["court", "court or crown", "law", "danger and fire"]
REGIONS = ["ohio", "new or old town", "utah"]
MAIL = ["newsletter", "newsletter at most", "offer", "offer if new"]
AUDIENCES = ["customers", "friends and family", "account holders"]
FACTS = ["permitted by law", "told and tried", "demanded twice", "chosen path", "living alone", "not asked"]
COMMON_FACTS = ["requested", "permitted", "told", "merging", "granted", "bound", "routed", "known minor", "expired"]
PARAMETERS = ["keeping time", "beyond doubt", "wide", "literal sense"]


@dataclass
class World:
    """The names of one invented policy, and what its rules speak of, so that half of the questions hit something."""

    data: list[str] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=dict)
    purposes: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    touchpoints: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    grounds: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    mail: dict[str, str] = field(default_factory=dict)
    audiences: dict[str, list[str]] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)
    settled: dict[str, str] = field(default_factory=dict)
    sizes: set[int] = field(default_factory=set)
    approvals: set[str] = field(default_factory=set)
    spoken_of: list[tuple[str, list[str], list[str], list[str]]] = field(default_factory=list)


@st.composite
def invent_worlds(draw: Draw) -> tuple[World, str]:
    """Names of every sort, and the declarations that declare them."""
    world = World()
    data_tree = draw_tree(draw, DATA, world.data, most=4)
    purpose_tree = draw_tree(draw, PURPOSES, world.purposes, most=3)
    for group in draw_some(draw, GROUPS, 0, 2):
        world.groups[group] = draw_some(draw, [*world.data, *world.groups], 1, 3)
    world.recipients = draw_some(draw, RECIPIENTS, 0, 3)
    world.roles = draw_some(draw, ROLES, 0, 2)
    world.touchpoints = draw_some(draw, TOUCHPOINTS, 0, 3)
    world.places = draw_some(draw, PLACES, 0, 2)
    world.choices = draw_some(draw, CHOICES, 0, 2)
    world.grounds = draw_some(draw, GROUNDS, 0, 3)
    world.regions = draw_some(draw, REGIONS, 0, 2)
    world.facts = draw_some(draw, FACTS, 0, 2)
    world.mail = {name: draw_one(draw, world.purposes) for name in draw_some(draw, MAIL, 0, 2)}
    for audience in draw_some(draw, AUDIENCES, 0, 2):
        world.audiences[audience] = draw_some(draw, [*world.data, *world.groups], 1, 2)
    for parameter in draw_some(draw, PARAMETERS, 0, 2):
        world.settled[parameter] = draw_one(draw, ["literal", "30 days", "as we say"])
    if happens(draw, 2):
        world.settled["group-size"] = draw_one(draw, ["7", "10"])
    lines = ["policy: p", "business: B", "title: T", "version: 2020-01-01", "surface: web"]
    lines += [f"data: {data_tree}", f"purposes: {purpose_tree}"]
    for key, names in {
        "groups": {group: write_list(members) for group, members in world.groups.items()},
        "recipients": dict.fromkeys(world.recipients, "processor"),
        "roles": dict.fromkeys(world.roles, "staff"),
        "touchpoints": {
            name: ["automatic", "every page", f"/{number}"][(number + len(name)) % 3]
            for number, name in enumerate(world.touchpoints)
        },
        "places": dict.fromkeys(world.places, "eu"),
        "choices": dict.fromkeys(world.choices, "something"),
        "grounds": dict.fromkeys(world.grounds, "why"),
        "regions": dict.fromkeys(world.regions, "where"),
        "facts": dict.fromkeys(world.facts, '"act: so"'),
        "mail": world.mail,
        "audiences": {audience: write_list(members) for audience, members in world.audiences.items()},
        "settle": world.settled,
    }.items():
        if names:
            lines.append(f"{key}: {write_map(names)}")
    return world, "\n".join(lines) + "\n"


def draw_tree(draw: Draw, pool: list[str], found: list[str], most: int) -> str:
    """A tree two or three deep as YAML; every name in it, inner ones too, goes into `found`."""
    tops = []
    for name in draw_some(draw, pool, 1, most):
        found.append(name)
        below = []
        for child in draw_some(draw, CHILDREN, 0, 2):
            path = f"{name}.{child}"
            found.append(path)
            if happens(draw, 6):
                found.append(f"{path}.deep")
                below.append(f"{child}: {{deep: x.y}}")
            else:
                below.append(f"{child}: x.y")
        tops.append(f"{name}: {{{', '.join(below)}}}" if below else f"{name}: x.y")
    return "{" + ", ".join(tops) + "}"


@cache
def places(count: int) -> st.SearchStrategy[int]:
    """Strategies are dear to make and cheap to keep."""
    return st.integers(0, count - 1)


def happens(draw: Draw, one_in: int) -> bool:
    return bool(draw(places(one_in)) == one_in - 1)


def draw_some(draw: Draw, pool: Sequence[str], least: int, most: int) -> list[str]:
    left = list(pool)
    count = min(len(left), least + draw(places(most - least + 1)))
    return [left.pop(draw(places(len(left)))) for _ in range(count)]


def draw_one(draw: Draw, pool: Sequence[Name]) -> Name:
    return pool[draw(places(len(pool)))]


def write_list(names: Sequence[str]) -> str:
    return "[" + ", ".join(names) + "]"


def write_map(pairs: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in pairs.items()) + "}"
