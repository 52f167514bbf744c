"""The linter: everything doubtful about a policy that reads, all at once; each check is one function in a tuple."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date

from upheld.core.errors import Finding
from upheld.core.policy.compile import Table, compile_policy
from upheld.core.policy.lint.case import Case
from upheld.core.policy.lint.collisions import COLLISION_CHECKS
from upheld.core.policy.lint.duties import DUTY_CHECKS
from upheld.core.policy.lint.names import NAME_CHECKS
from upheld.core.policy.lint.permissions import PERMISSION_CHECKS
from upheld.core.policy.lint.sentences import SENTENCE_CHECKS
from upheld.core.policy.model import Policy

CHECKS = (*SENTENCE_CHECKS, *PERMISSION_CHECKS, *DUTY_CHECKS, *COLLISION_CHECKS, *NAME_CHECKS)


def lint_policy(
    policy: Policy,
    *,
    table: Table | None = None,
    today: date | None = None,
    files: AbstractSet[str] | None = None,
) -> tuple[Finding, ...]:
    """All findings of a policy that loads, by place.

    `today` is needed to see expired certificates, `files` (names beside the policy file) to see missing
    documents; without them these two are not looked at.
    """
    case = Case(policy, table or compile_policy(policy), today, files)
    found = [finding for check in CHECKS for finding in check(case)]
    return tuple(sorted(dict.fromkeys(found), key=_position))


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Whether one of the findings is an error."""
    return any(finding.level == "error" for finding in findings)


def _position(finding: Finding) -> tuple[int, int, str]:
    return (finding.place.line, finding.place.column, finding.code) if finding.place else (0, 0, finding.code)
