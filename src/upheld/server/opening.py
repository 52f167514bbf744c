"""Filling the shelf: where the server puts together what the rooms below need of one another."""

from __future__ import annotations

from upheld.pages.ask_view import check_questions
from upheld.pages.home_content import read_home
from upheld.server.environment import Environment
from upheld.web.shelf import Good, Shelf


def open_shelf(environment: Environment) -> Shelf:
    """All policies of the environment's folder; a version whose first page could not be shown counts as one with errors."""
    return Shelf(environment.policies, environment.state, check=check_pages)


def check_pages(good: Good) -> None:
    """Read what only the pages read, so that its errors show when the file is loaded; raises PolicyError."""
    read_home(good.site.home)
    check_questions(good)
