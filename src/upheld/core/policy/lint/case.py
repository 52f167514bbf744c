"""What every check is given: the policy, its table, the day, the files beside it; and how a finding is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from upheld.core.errors import Finding, Place
from upheld.core.policy.compile import Table
from upheld.core.policy.model import Policy, Rule, Sentence
from upheld.core.policy.reading.declare import parse_days


@dataclass(frozen=True, slots=True)
class Case:
    """One policy under examination."""

    policy: Policy
    table: Table
    today: date | None
    files: AbstractSet[str] | None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force."""
        return self.table.rules

    def read_days(self, value: str) -> float | None:
        """A duration or the parameter that holds one, in days."""
        parameter = self.policy.parameters.get(value)
        return parse_days(parameter.value if parameter else value)

    def find_in_declarations(
        self, place: Place | None, code: str, text: str, *, hint: str, level: str = "warning"
    ) -> Finding:
        """A finding about what is declared, with the line it stands on."""
        lines = self.policy.text.split("\n")
        source = lines[place.line - 1] if place and place.line <= len(lines) else ""
        return Finding(code, level, text, place, hint, source)

    def quote(self, rule: Rule) -> str:
        """Where a rule stands, for a finding about two of them."""
        line = rule.place.line if rule.place else 0
        refs = f" [{' '.join(rule.refs)}]" if rule.refs else ""
        return f"line {line}{refs}"


Check = Callable[[Case], Iterable[Finding]]


def find_in_rule(
    rule: Rule, code: str, text: str, *, word: str = "", hint: str | None = None, level: str = "error"
) -> Finding:
    """A finding about a rule, at one of its words when given."""
    return Finding(code, level, text, rule.find(word) if word else rule.place, hint, rule.source)


def find_in_sentence(
    sentence: Sentence, code: str, text: str, *, hint: str | None = None, level: str = "error"
) -> Finding:
    """A finding about a sentence of the prose."""
    return Finding(code, level, text, sentence.place, hint, sentence.source)
