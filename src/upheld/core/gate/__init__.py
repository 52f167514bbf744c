"""The gate: asks a compiled policy whether an act is permitted; knows the policy, and nothing above it."""

from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.decide import Gate, meet
from upheld.core.gate.read import parse_act, parse_facts

__all__ = ["Act", "Gate", "Verdict", "meet", "parse_act", "parse_facts"]
