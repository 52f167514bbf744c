"""What changed for people between two versions, as frozen values; core works it out from the compiled tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.policy.diff import Change, compare_tables
from upheld.core.policy.model import Policy
from upheld.pages.policy_view import LinkGroup, Mark, group_links
from upheld.web.shelf import Good

KIND_WORDS = {
    "opens": "now permitted",
    "closes": "no longer permitted",
    "condition": "under other conditions",
    "added": "new",
    "removed": "gone",
    "changed": "changed",
}


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: what it is, whether it is a significant one, and the sentences on both sides."""

    kind: str
    words: str
    before: tuple[LinkGroup, ...]
    after: tuple[LinkGroup, ...]


@dataclass(frozen=True, slots=True)
class ChangesView:
    """All changes between two versions: those that weigh on people first, then the others."""

    material: tuple[ChangeView, ...]
    small: tuple[ChangeView, ...]
    short: str
    mark: Mark


def view_changes(before: Good, after: Good) -> ChangesView:
    """The changes from one version to another."""
    changes = compare_tables(before.table, after.table)
    material = view_each((change for change in changes if change.is_material), before.policy, after.policy)
    small = view_each((change for change in changes if not change.is_material), before.policy, after.policy)
    if material:
        mark = Mark("warning", "significant")
        others = f", and {count_things(len(small), 'other')}" if small else ""
        short = f"{count_things(len(material), 'change')} by which we take, give or keep more, or protect less{others}."
    elif small:
        mark, short = (
            Mark("good", "small"),
            f"{count_things(len(small), 'change')}, none of which takes, gives or keeps more.",
        )
    else:
        mark, short = (
            Mark("good", "words only"),
            "Nothing that our software may or must do is different; only words are.",
        )
    return ChangesView(material, small, short, mark)


def view_each(changes: Iterable[Change], before: Policy, after: Policy) -> tuple[ChangeView, ...]:
    """Changes with the sentences they come from."""
    return tuple(
        ChangeView(
            KIND_WORDS[change.kind], change.text, group_links(before, change.before), group_links(after, change.after)
        )
        for change in changes
    )


def count_things(number: int, thing: str) -> str:
    """A number with its noun."""
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"
