"""What a site can do: 83 functions, which of them a policy names, and which this program has; knows the forms and all below."""

from upheld.core.functions.addresses import Answer, find_address
from upheld.core.functions.catalogue import FUNCTIONS
from upheld.core.functions.function import (
    CONSOLE,
    EXCLUDED,
    GROUPS,
    NOT_BUILT,
    NOT_NAMED,
    PAGE,
    STATES,
    WORKS,
    Built,
    Function,
    Listed,
    Meeting,
)
from upheld.core.functions.listing import count_states, list_functions

__all__ = [
    "CONSOLE",
    "EXCLUDED",
    "FUNCTIONS",
    "GROUPS",
    "NOT_BUILT",
    "NOT_NAMED",
    "PAGE",
    "STATES",
    "WORKS",
    "Answer",
    "Built",
    "Function",
    "Listed",
    "Meeting",
    "count_states",
    "find_address",
    "list_functions",
]
