"""Gives these tests the databases, the courier, the moment and the cast."""

from tests.actions.stage import binding, cast, databases, now

__all__ = ["binding", "cast", "databases", "now"]
