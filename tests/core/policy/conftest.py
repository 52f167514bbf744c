"""What the tests of the language share: the words of tests/pairs/kinds.policy.md and a parser over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from upheld.core.policy.load import load_policy
from upheld.core.policy.model import Policy
from upheld.core.policy.reading.parse import RuleParser

ROOT = Path(__file__).parents[3]
PAIRS = ROOT / "tests" / "pairs"


@pytest.fixture(scope="session")
def shared() -> Policy:
    """The policy that holds nothing but words."""
    return load_policy(PAIRS / "kinds.policy.md")


@pytest.fixture(scope="session")
def parser(shared: Policy) -> RuleParser:
    """Reads rule lines over the shared words."""
    return RuleParser(shared.words)
