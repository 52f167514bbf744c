"""Gives these tests the workshop and the databases."""

from tests.actions.stage import databases
from tests.web.sites import settings_as, workshop

__all__ = ["databases", "settings_as", "workshop"]
