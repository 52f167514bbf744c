"""What must be so before the server starts, as Django system checks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def check_state(**_: Any) -> Sequence[CheckMessage]:
    """The state folder can be written."""
    environment = settings.ENVIRONMENT
    messages: list[CheckMessage] = []
    if not (environment.state.is_dir() and os.access(environment.state, os.W_OK)):
        messages.append(
            Error(
                f"nothing can be written to `{environment.state}`",
                hint="name a folder for the server's own files",
                id="S703",
            )
        )
    return messages


@register()
def check_debug(**_: Any) -> Sequence[CheckMessage]:
    """Debug pages would show strangers what is in memory."""
    if settings.DEBUG:
        return [Error("debug is on", hint="the server has no debug mode", id="S703")]
    return []
