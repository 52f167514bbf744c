"""The gate: asks a compiled policy whether an act is permitted; knows the policy, and nothing above it."""

from upheld.core.gate.act import Act, Verdict, parse_act, parse_facts
from upheld.core.gate.decide import Gate, meet

__all__ = ["Act", "Gate", "Verdict", "meet", "parse_act", "parse_facts"]
