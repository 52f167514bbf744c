"""What the vault wants to see before it opens anything: proof that the gate was asked and said yes; opens nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from datetime import date

from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.binding import Binding

_MADE_HERE = object()


@dataclass(frozen=True, slots=True)
class Permit:
    """That one act on one person's data, under the versions named, is permitted, and by which sentences.

    Only `ask_permit` makes one. (In one Python process nothing stops a programmer who wants to go round it:
    docs/security.md says what this prevents and what it only makes visible.)
    """

    site: str
    person: str
    act: Act
    version: date
    because: tuple[str, ...]
    # Given when it is made and not kept, so that a copy with another person or act in it cannot be made from one.
    origin: InitVar[object]

    def __post_init__(self, origin: object) -> None:
        if origin is not _MADE_HERE:
            raise TypeError("a permit is made by asking the gate, not by hand")


def ask_permit(
    binding: Binding, *, person: str, act: Act, facts: Mapping[str, bool | None], versions: tuple[date, ...]
) -> tuple[Verdict, Permit | None]:
    """The verdict on this act by all versions that bind, and a permit when it is yes."""
    verdict = binding.ask(act, facts, *versions)
    if not verdict.is_permitted:
        return verdict, None
    return verdict, Permit(binding.site, person, act, binding.current, verdict.because, _MADE_HERE)
