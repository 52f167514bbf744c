"""The newest version of each of the product's policies, compiled once for all tests."""

from functools import cache
from pathlib import Path

from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import load_policy

POLICIES = Path(__file__).parents[3] / "policies"


@cache
def compile_newest(name: str) -> Table:
    """The compiled policy of this name."""
    return compile_policy(load_policy(max((POLICIES / name).glob("*.policy.md"))))
