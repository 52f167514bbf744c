"""Counting people by group, and leaving out what would tell about few of them; knows no policy and no record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """One group and how many people are in it; None when they are fewer than may be told, or that would tell of others."""

    label: str
    people: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """The groups of one question, and how many people are in any of them (None when that would tell of a small group).

    `least` is how many people a group has to have, `is_spared` whether a group that is large enough is left out so that
    a small one cannot be worked out.
    """

    groups: tuple[Group, ...]
    people: int | None
    least: int
    is_spared: bool = False

    @property
    def withheld(self) -> int:
        """How many groups are left out."""
        return sum(1 for group in self.groups if group.people is None)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show at all."""
        return all(group.people is None for group in self.groups)

    @property
    def largest(self) -> Group | None:
        """The group with the most people, of those that are shown; the first of several."""
        shown = [group for group in self.groups if group.people is not None]
        return max(shown, key=lambda group: group.people or 0, default=None)


def is_few(people: set[str], least: int, shown: set[str]) -> bool:
    """Whether these people, or those of them who are in nothing that is shown, are some and fewer than may be told."""
    return any(0 < len(some) < least for some in (people, people - shown))


def count_groups(members: Iterable[tuple[str, str]], least: int, labels: Sequence[str] = ()) -> Counted:
    """How many different people are in each group, from pairs of a group's label and who is in it.

    `labels` are groups that are there in any case, in their order; others follow by their label. A group with fewer than
    `least` people is left out, one with nobody as well: that nobody did something is told of everybody. When any group is
    left out the total is too, since it could tell how large that group is; if it could be from a group that everybody is in once
    (the parts add up to the whole), the next larger one goes with it. (Statistical disclosure control, primary and
    secondary suppression: Eurostat, Handbook on SDC, 2010, chapter 4.)
    """
    who: dict[str, set[str]] = {label: set() for label in labels}
    for label, member in members:
        who.setdefault(label, set()).add(member)
    order = [*labels, *sorted(label for label in who if label not in labels)]
    everybody = set().union(*who.values()) if who else set()
    hidden = {label for label in order if len(who[label]) < least}
    few = set().union(*(who[label] for label in hidden)) if hidden else set()
    is_spared = False
    larger = sorted((label for label in order if label not in hidden), key=lambda label: (len(who[label]), label))
    # Several small groups together hide each other only if together they are enough people; and those of them who are in
    # no group that is shown as well, since another question of the same report may tell how many people there are.
    while larger and is_few(few, least, set().union(*(who[label] for label in larger))):
        few |= who[larger[0]]
        hidden.add(larger.pop(0))
        is_spared = True
    total = len(everybody) if len(everybody) >= least and not hidden else None
    groups = tuple(Group(label, None if label in hidden else len(who[label])) for label in order)
    return Counted(groups, total, least, is_spared)
