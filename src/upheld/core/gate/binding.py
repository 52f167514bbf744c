"""The policy versions of one site as gates, and which of them bind an act; knows no clock and no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from upheld.core.errors import GateError
from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.decide import Gate, meet_told
from upheld.core.gate.stating import tell_stated
from upheld.core.gate.surfaces import Beside, find_binding_surfaces, list_origins, retell_choices
from upheld.core.policy.model import Policy, Sentence

# How the gate and the ledger call the company whose account somebody uses. No policy names it: it is somebody outside.
COMPANY_RECIPIENT = "the company whose account you use"
# The same for somebody whom a person names in a permission and whom no policy declares.
NAMED_RECIPIENT = "somebody you name yourself"


@dataclass(frozen=True, slots=True)
class Binding:
    """All versions of one site's policy by their dates, and the one in force.

    A later version never widens what may be done with earlier data (semantics, section 4): an act on an item is
    asked of the version the item was collected under, the version the person is under, and the one in force.
    `beside` are the policies that the site has for other surfaces, `happens_on` the surface on which what is asked about
    happens (empty: on the site's own pages or inside the house). The site's own policy always binds, for what is held is
    held under its versions; another one binds besides what happens on its surface or came in by it. `stands_on` is the policy on whose site this one
    stands (empty: on its own): people, letters and visitors are that one's.
    `names` are the words of all versions, and ours: what a line of the ledger may call by name.
    """

    site: str
    gates: Mapping[date, Gate]
    current: date
    beside: tuple[Beside, ...] = ()
    happens_on: str = ""
    stands_on: str = ""
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "names",
            frozenset({COMPANY_RECIPIENT, NAMED_RECIPIENT}).union(*(gate.names for gate in self.gates.values())),
        )

    @property
    def surface(self) -> str:
        """The surface of the site's own policy."""
        return self.policy.surface

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

    def tell_apart(self) -> tuple[str, ...]:
        """What an answer of this binding depends on besides the act, the facts and older versions."""
        return (self.policy.digest, self.happens_on, *(other.digest for other in self.beside))

    def find_gates_beside(self, act: Act, facts: Mapping[str, bool | None]) -> tuple[Gate, ...]:
        """The gates of the other policies that bind this act with the data of somebody of whom this is known.

        What is being collected comes in where it happens, however the person came. Raises GateError G408 when data came
        in by a surface whose policy is not there any more.
        """
        origins = () if act.action == "collect" else list_origins(facts)
        if not self.beside and not origins:
            return ()
        surfaces = (self.surface, *(other.surface for other in self.beside))
        bound = find_binding_surfaces(surfaces, happens_on=self.happens_on, came_in_by=(self.surface, *origins))
        return tuple(gate for other in self.beside if other.surface in bound for gate in other.gates)

    def list_gates_here(self) -> tuple[Gate, ...]:
        """The gates of the policy for the surface where this happens, where that is not the site's own."""
        return tuple(gate for other in self.beside if other.surface == self.happens_on for gate in other.gates)

    def ask(self, act: Act, facts: Mapping[str, bool | None], *versions: date) -> Verdict:
        """The verdict of all policies and versions that bind: those given and the one in force, then those beside it."""
        gates = self.find_gates(*versions)
        known = tell_stated(gates[0].table, act, facts)
        told = [(gate, known) for gate in gates]
        modes = self.gate.table.choices
        for gate in self.find_gates_beside(act, facts):
            table = gate.table
            told.append((gate, tell_stated(table, act, retell_choices(facts, modes, table.choices))))
        return meet_told(tuple(told), act)

    def find_sentence(self, ref: str) -> Sentence | None:
        """The sentence of this reference, from the version in force or from a policy beside it."""
        found = self.policy.find_sentence(ref)
        policies = (gate.table.policy for other in self.beside for gate in reversed(other.gates))
        return found or next((s for policy in policies if (s := policy.find_sentence(ref)) is not None), None)
