"""How a text that binds nobody yet would look to people: the console asks, the public pages draw; neither knows the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from upheld.web.shelf import Good, Shelved


@dataclass(frozen=True, slots=True)
class Place:
    """Where a preview stands: the first page of its site, the style sheet with its colour, the way back, in words too."""

    home: str
    look: str
    back: str
    words: str


@dataclass(frozen=True, slots=True)
class Previews:
    """What the public pages can draw of a draft: its page as a whole, and the style sheet with its colour."""

    draw_page: Callable[[Shelved, Good, Place], str]
    write_look: Callable[[Shelved, Good], str]


_previews: Previews | None = None


def place_previews(previews: Previews) -> None:
    """Give this process the way to draw previews."""
    global _previews  # noqa: PLW0603 - one process draws in one way; rooms of one floor have no other place to meet
    _previews = previews


def find_previews() -> Previews:
    """The way to draw previews; raises RuntimeError before `place_previews`."""
    if _previews is None:
        raise RuntimeError("nobody draws previews: call place_previews first")
    return _previews
