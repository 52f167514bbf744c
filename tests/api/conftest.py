"""Gives these tests the databases and a program that speaks to the courier's API."""

from tests.actions.stage import binding, cast, databases, now
from tests.api.programs import program

__all__ = ["binding", "cast", "databases", "now", "program"]
