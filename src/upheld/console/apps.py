"""Names this room to Django, and the parts of allauth that it uses."""

from __future__ import annotations

from allauth.account.apps import AccountConfig
from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Templates, styles and scripts of the console."""

    name = "upheld.console"
    label = "console"


class StaffAccountConfig(AccountConfig):  # type: ignore[misc]  # allauth has no types
    """Allauth's accounts, for staff alone."""

    def ready(self) -> None:
        """Allauth wants its middleware before every page; ours runs it before those of the console alone."""
        # Django's registry is complete only now, and the checks read its models.
        from allauth.account import checks  # noqa: F401, PLC0415
