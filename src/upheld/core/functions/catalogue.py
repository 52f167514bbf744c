"""All functions, in the order of their numbers."""

from __future__ import annotations

from upheld.core.functions import (
    accounts,
    asking,
    commerce,
    giving,
    governing,
    measuring,
    messages,
    public,
)
from upheld.core.functions.function import Function

FUNCTIONS: tuple[Function, ...] = tuple(
    function
    for room in (public, asking, accounts, messages, commerce, measuring, giving, governing)
    for function in room.FUNCTIONS
)
