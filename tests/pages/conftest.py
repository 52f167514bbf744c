"""Gives these tests the workshop."""

from tests.web.sites import settings_as, workshop

__all__ = ["settings_as", "workshop"]
