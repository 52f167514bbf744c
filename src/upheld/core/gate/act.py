"""Questions for the gate and its answers, as values; knows no policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from upheld.core.policy.model import HERE, NO_COUNTERPART, OTHER, Degree

IDENTIFIED = Degree("identified")
PERMITTED, REFUSED, SILENT = "permitted", "refused", "silent"
WORD_BEFORE = {"collect": "at", "show": "to", "share": "with", "keep": "in"}


@dataclass(frozen=True, slots=True, eq=True)
class Act:
    """A question for the gate.

    `data` and `purpose` may be inner names; the act then is about all leaves below them. `counterpart` is a
    touchpoint, role, recipient or place by the action; names the policy does not know (those in quotes among
    them) are allowed and fall into the cells of what it does not name. `purpose` is empty for an act that states none.
    """

    action: str
    data: tuple[str, ...]
    purpose: str = ""
    counterpart: str = NO_COUNTERPART
    degree: Degree = IDENTIFIED
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.action, self.data, self.purpose, self.counterpart, self.degree)))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        text = f"{self.action} {', '.join(self.data)}"
        if self.degree != IDENTIFIED:
            text += f" {self.degree}"
        if self.action in WORD_BEFORE and self.counterpart not in (HERE, NO_COUNTERPART):
            text += f" {WORD_BEFORE[self.action]} {self._say_counterpart()}"
        return text + (f" for {self.purpose}" if self.purpose else "")

    def _say_counterpart(self) -> str:
        if self.counterpart != OTHER:
            return self.counterpart
        return "someone else" if self.action in ("show", "share") else "somewhere else"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer.

    `because` holds references of sentences, the deciding one first: for a permission the narrowest that
    holds, for a refusal the narrowest `never` that applies, or all permissions whose conditions do not hold.
    `parts` holds the answer for each category of a `show`.
    """

    outcome: str
    because: tuple[str, ...] = ()
    is_cut: bool = False
    rule: int = -1
    parts: tuple[tuple[str, Verdict], ...] = ()
    duties: tuple[str, ...] = ()

    @property
    def is_permitted(self) -> bool:
        """Whether the act may be done."""
        return self.outcome == PERMITTED
