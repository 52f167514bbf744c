"""The policy versions of one site as gates, and which of them bind an act; knows no clock and no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from upheld.core.errors import GateError
from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.decide import Gate, meet
from upheld.core.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Binding:
    """All versions of one site's policy by their dates, and the one in force.

    A later version never widens what may be done with earlier data (semantics, section 4): an act on an item is
    asked of the version the item was collected under, the version the person is under, and the one in force.
    """

    site: str
    gates: Mapping[date, Gate]
    current: date

    @property
    def gate(self) -> Gate:
        """The gate of the version in force."""
        return self.gates[self.current]

    @property
    def policy(self) -> Policy:
        """The policy of the version in force."""
        return self.gate.table.policy

    def find_gates(self, *versions: date) -> tuple[Gate, ...]:
        """The gates of these versions and the one in force, each once, the given ones first.

        Raises GateError G404 for a version that is not there: without it nobody knows what it permitted.
        """
        found: dict[date, Gate] = {}
        for version in (*versions, self.current):
            gate = self.gates.get(version)
            if gate is None:
                text = f"version {version.isoformat()} of the policy `{self.site}` is not there, and data was taken under it"
                raise GateError("G404", text, "put its file back into the folder; versions are never taken away")
            found[version] = gate
        return tuple(found.values())

    def ask(self, act: Act, facts: Mapping[str, bool | None], *versions: date) -> Verdict:
        """The verdict of all versions that bind: those given and the one in force."""
        return meet(self.find_gates(*versions), act, facts)
