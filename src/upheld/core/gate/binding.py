"""The policy versions of one site as gates, and which of them bind an act; knows no clock and no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from upheld.core.errors import GateError
from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.decide import Gate, meet
from upheld.core.policy.model import Policy

# How the gate and the ledger call the company whose account somebody uses. No policy names it: it is somebody outside.
COMPANY_RECIPIENT = "the company whose account you use"
# The same for somebody whom a person names in a permission and whom no policy declares.
NAMED_RECIPIENT = "somebody you name yourself"


@dataclass(frozen=True, slots=True)
class Binding:
    """All versions of one site's policy by their dates, and the one in force.

    A later version never widens what may be done with earlier data (semantics, section 4): an act on an item is
    asked of the version the item was collected under, the version the person is under, and the one in force.
    `names` are the words of all versions, and ours: what a line of the ledger may call by name.
    """

    site: str
    gates: Mapping[date, Gate]
    current: date
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "names",
            frozenset({COMPANY_RECIPIENT, NAMED_RECIPIENT}).union(*(gate.names for gate in self.gates.values())),
        )

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
