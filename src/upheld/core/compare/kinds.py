"""Kinds of data as people name them, and purposes, found in any policy by their standard keys.

The keys are those of fideslang 3.1 (the taxonomy of data categories and uses that policies name beside their own words);
keys that begin with `x.` are ours, for what it has no word for.
"""

from __future__ import annotations

from dataclasses import dataclass

from upheld.core.policy.compile import Table

_FROM_THE_PERSON = frozenset({"collection", "site", "app", "email", "text message", "offline contact"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data: `name` for addresses and commands, `words` for people, the standard keys it begins with."""

    name: str
    words: str
    keys: tuple[str, ...]


KINDS = (
    Kind("email", "your e-mail address", ("user.contact.email",)),
    Kind("name", "your name", ("user.name",)),
    Kind("address", "where you live", ("user.contact.address",)),
    Kind("phone", "your telephone number", ("user.contact.phone_number", "user.contact.fax_number")),
    Kind("age", "your age", ("user.demographic.date_of_birth", "user.demographic.age_range", "user.demographic.age")),
    Kind("health", "your treatments", ("user.health_and_medical",)),
    Kind("request", "what you ask for", ("x.request",)),
    Kind("message", "what you write to the business", ("user.content",)),
    Kind("post", "what you post for others to read", ("user.content.public", "x.content.opportunity")),
    Kind("answer", "your survey answers", ("x.survey",)),
    Kind("purchase", "what you buy or order", ("user.behavior.purchase_history", "x.delivery", "x.order")),
    Kind("payment", "how you pay", ("user.financial",)),
    Kind("visit", "which pages you look at", ("user.behavior.browsing_history",)),
    Kind("device", "your device and its address", ("user.device",)),
    Kind("location", "where you are", ("user.location",)),
)
# groups of purposes, by the beginnings of their standard keys
ASKED_FOR = ("essential.service",)
SUITING = ("personalize",)
IMPROVING = ("functional.service.improve", "analytics")
NEWS = ("marketing.communications", "marketing.events", "marketing.promotion")
ADVERTISING = ("marketing.advertising", "marketing.third_party")
SELLING = ("third_party_sharing",)
LEGAL = ("essential.legal_obligation", "x.merger")


def find_kind(name: str) -> Kind | None:
    """The kind of this name, or None."""
    return next((kind for kind in KINDS if kind.name == name), None)


def find_leaves(table: Table, kind: Kind) -> tuple[str, ...]:
    """The policy's categories of this kind, in the order of the declarations; those about people somebody else names are left out.

    A category belongs to the kind whose key is the longest that its own begins with.
    """
    words = table.words
    others = _list_about_others(table)
    return tuple(
        leaf
        for leaf in words.leaves("data")
        if leaf not in others and _find_nearest(words.of_sort("data")[leaf].value) is kind
    )


def find_purposes(table: Table, beginnings: tuple[str, ...]) -> tuple[str, ...]:
    """The policy's purposes whose standard key begins so, in the order of the declarations."""
    words = table.words
    return tuple(
        leaf
        for leaf in words.leaves("purpose")
        if any(_begins(words.of_sort("purpose")[leaf].value, key) for key in beginnings)
    )


def _find_nearest(standard: str) -> Kind | None:
    best: tuple[int, Kind | None] = (0, None)
    for kind in KINDS:
        for key in kind.keys:
            if _begins(standard, key) and len(key) > best[0]:
                best = (len(key), kind)
    return best[1]


def _begins(standard: str, key: str) -> bool:
    return standard == key or standard.startswith(f"{key}.")


def _list_about_others(table: Table) -> frozenset[str]:
    """The categories that reach the business from somebody else than whom they are about, by the `applies` rules."""
    own: set[str] = set()
    theirs: set[str] = set()
    for rule in table.rules:
        if rule.form == "applies":
            leaves = table.words.expand("data", rule.data)
            (theirs if _FROM_THE_PERSON.isdisjoint(rule.part("ways")) else own).update(leaves)
    return frozenset(theirs - own)
