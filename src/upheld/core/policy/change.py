"""One change between two versions as a value; knows nothing of how it was found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different for people.

    `kind` is opens, closes, condition (the same act under other facts), added, removed (a duty, cookie, safeguard)
    or changed (the same duty with another value). `is_material` follows V-52 of the research: more is taken, given
    or kept, or a choice or safeguard is dropped. `before` and `after` are references of sentences.
    """

    kind: str
    text: str
    is_material: bool
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
