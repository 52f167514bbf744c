"""The register of cookies that a policy permits; knows nothing of answers and headers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from upheld.core.policy.compile import Table
from upheld.core.policy.model import Policy
from upheld.core.policy.reading.declare import parse_days


@dataclass(frozen=True, slots=True)
class CookiePlan:
    """One cookie that may be set. `lifetime` is None for one that ends with the visit."""

    name: str
    purposes: tuple[str, ...]
    holding: tuple[str, ...]
    lifetime: timedelta | None
    is_first_party: bool
    sentences: tuple[str, ...]


def list_cookies(table: Table) -> tuple[CookiePlan, ...]:
    """The cookies of the policy in the order of the rules; one that two rules name lives as long as the stricter one says."""
    found: dict[str, CookiePlan] = {}
    for rule in table.rules:
        if rule.form != "set_cookie":
            continue
        plan = CookiePlan(
            name=rule.part("cookie")[0],
            purposes=table.words.expand("purpose", rule.purposes),
            holding=table.words.expand("data", rule.part("holding")),
            lifetime=read_lifetime(table.policy, rule.part("life")[0]),
            is_first_party=rule.part("party") == ("first_party",),
            sentences=rule.sentences,
        )
        earlier = found.get(plan.name)
        if earlier is None or _is_shorter(plan.lifetime, earlier.lifetime):
            found[plan.name] = plan
    return tuple(found.values())


def find_cookie(table: Table, name: str) -> CookiePlan | None:
    """The cookie of this name, or None when the policy does not name it."""
    return next((plan for plan in list_cookies(table) if plan.name == name), None)


def read_lifetime(policy: Policy, life: str) -> timedelta | None:
    """How long a cookie may last; None until the end of the visit, which is also what an unreadable time comes to."""
    parameter = policy.parameters.get(life)
    days = parse_days(parameter.value if parameter else life)
    return None if days is None else timedelta(days=days)


def _is_shorter(new: timedelta | None, old: timedelta | None) -> bool:
    return old is not None and (new is None or new < old)
