"""Which policies of one site bind an act: by the surface it happens on and those its data came in by; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from upheld.core.errors import GateError
from upheld.core.gate.decide import Gate

# What is known of whoever came in by another surface: kept beside the facts about them, one for each surface.
CAME_BY = "came by "


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Another policy of a site: the surface it is for and the gates of its versions that are or were in force.

    All of them bind: which of them somebody was told of stands nowhere, and doubt never opens. `digest` tells their texts
    apart from others.
    """

    site: str
    surface: str
    gates: tuple[Gate, ...]
    digest: str = ""


def find_binding_surfaces(
    surfaces: Iterable[str], *, happens_on: str = "", came_in_by: Iterable[str] = ()
) -> tuple[str, ...]:
    """Those of a site's surfaces whose policies bind an act, in the order in which they are given (semantics, section 4).

    `happens_on` is the surface on which the act happens, empty for what happens inside the house; `came_in_by` are the
    surfaces by which its data came in. Where both are empty nobody knows, and all of them bind. Raises GateError G408 for
    a surface that the site does not have.
    """
    known = tuple(dict.fromkeys(surfaces))
    named = {*came_in_by, *((happens_on,) if happens_on else ())}
    for surface in sorted(named.difference(known)):
        text = f"the site has no policy for the surface `{surface}`, and data came in by it"
        raise GateError("G408", text, "put the file of its policy back into the folder")
    return tuple(surface for surface in known if surface in named) or known


def name_origin(surface: str) -> str:
    """How it is called that somebody came in by this surface."""
    return f"{CAME_BY}{surface}"


def list_origins(facts: Mapping[str, bool | None]) -> tuple[str, ...]:
    """The surfaces by which the facts say that somebody, or an item, came in."""
    return tuple(fact.removeprefix(CAME_BY) for fact, value in facts.items() if value and fact.startswith(CAME_BY))


def retell_choices(
    facts: Mapping[str, bool | None], told_by: Mapping[str, str], read_by: Mapping[str, str]
) -> Mapping[str, bool | None]:
    """Facts about choices as another policy takes them, where silence counts as a yes under one and as a no under the other.

    Where silence is a yes under the policy that tells, nobody can see whether somebody said it: then it is not known.
    """
    differing = [choice for choice, mode in read_by.items() if told_by.get(choice, mode) != mode]
    if not differing:
        return facts
    found = dict(facts)
    for choice in differing:
        chosen = f"chosen {choice}"
        if read_by[choice] == "opt-in" and found.get(chosen):
            found[chosen] = None
        elif read_by[choice] == "opt-out" and found.get(chosen) is False and found.get(f"refused {choice}") is False:
            found[chosen] = True
    return found
