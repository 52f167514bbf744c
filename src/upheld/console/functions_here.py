"""Which pages of the console a site has: those that are about a function are there only where it works."""

from __future__ import annotations

from upheld.console.moments import read_now
from upheld.core.functions import CONSOLE, WORKS, Listed, list_functions
from upheld.core.policy.compile import Table
from upheld.web.shelf import Shelved

# part of an address -> the page of the console that it belongs to; whatever is not here is there on every site
FOLLOWING = {
    "campaigns": "console-campaigns",
    "demands": "console-demands",
    "mergers": "console-mergers",
    "recipients": "console-recipients",
    "releases": "console-releases",
    "reports": "console-reports",
    "tellings": "console-releases",
    "vouching": "console-vouching",
}
_PAGES = frozenset(FOLLOWING.values())


def find_table(shelved: Shelved) -> Table:
    """The compiled policy in force today."""
    return shelved.in_force(read_now().date()).table


def find_home_table(shelved: Shelved) -> Table | None:
    """That of the policy on whose site this one stands; None for one with a site of its own."""
    return find_table(shelved.home) if shelved.home is not None else None


def list_here(shelved: Shelved) -> tuple[Listed, ...]:
    """Every function with how it stands here."""
    return list_functions(find_table(shelved), find_home_table(shelved))


def is_page_here(shelved: Shelved, page: str) -> bool:
    """Whether a site has this page of the console: one about a function is there only where the function works."""
    return page not in _PAGES or page in list_pages(shelved)


def list_pages(shelved: Shelved) -> frozenset[str]:
    """The pages of the console at which something is met that works on this site."""
    return frozenset(
        meeting.address
        for one in list_here(shelved)
        if one.state == WORKS
        for meeting in one.built.meetings
        if meeting.where == CONSOLE
    )


def is_open(shelved: Shelved, path: str) -> bool:
    """Whether an address of the console below a site is there, by the part behind the site's name."""
    parts = path.strip("/").split("/")
    part = parts[parts.index(shelved.slug) + 1] if shelved.slug in parts[:-1] else ""
    return is_page_here(shelved, FOLLOWING.get(part, ""))
