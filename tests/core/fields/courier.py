"""The courier's policy for the tests of forms, and its twins with a line changed."""

from functools import cache
from pathlib import Path

from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.load import parse_policy

FILE = Path(__file__).parents[3] / "policies/lasership/2016-10-03.policy.md"


@cache
def compile_courier(*changes: tuple[str, str]) -> Table:
    """The compiled policy with each first text replaced by the second; each must be there."""
    text = FILE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return compile_policy(parse_policy(text, str(FILE)))
