"""What only the records themselves can say, as counts; and what that shows of a rule, as steps. Reads no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from upheld.core.policy.model import EVERY_PAGE, Policy, Rule
from upheld.core.proof.evidence import DONE, MISSING, REFUSED, Step
from upheld.core.proof.walks import FROM_OUTSIDE
from upheld.core.rights.demanding import DEMANDED

_MAIL_LOG = "x.mail.delivery"


@dataclass(frozen=True, slots=True)
class Visits:
    """The log of visits: how many days and visits it holds, which categories stand in it, and how old its first day is."""

    days: int
    visits: int
    data: frozenset[str]
    oldest_days: int


@dataclass(frozen=True, slots=True)
class Survey:
    """Counts from one look at the records of a site; nothing personal is in them.

    `held` and `past_end` are items by category: all of them, and those whose time is over. `left_open` are items of which
    the sealed part does not look like one, `unlabelled` those without version, purposes, method or touchpoint. `overused`
    and `unbelieved` are lines of what went out under a permission that was used up or over, and on a demand without the
    written belief that its ground (the key) asks for. `visits` is None where the log was not looked at.
    """

    items: int = 0
    unlabelled: int = 0
    left_open: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    past_end: Mapping[str, int] = field(default_factory=dict)
    passwords: int = 0
    weak_passwords: int = 0
    left_out: int = 0
    groundless: int = 0
    logged: int = 0
    unlogged: int = 0
    bound: int = 0
    unnoticed: int = 0
    overused: tuple[str, ...] = ()
    unbelieved: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    visits: Visits | None = None


def list_steps(policy: Policy, rule: Rule, survey: Survey | None) -> tuple[Step, ...]:
    """What the records show of this rule; that they were not looked at, where the rule needs it and there is no survey."""
    if survey is None:
        return (
            (Step(MISSING, "the records were not looked at, only the ledger"),) if needs_records(policy, rule) else ()
        )
    form = rule.form
    if form in ("keep", "keep_until"):
        return _look_at_ends(policy, rule, survey)
    if form == "protect":
        return tuple(step for measure in rule.part("measures") for step in _look_at_measure(measure, survey))
    if form in ("applies", "tag"):
        return (
            ()
            if not survey.items
            else (
                _count(
                    "items are on record, each with its version, purposes and way in", survey.items, survey.unlabelled
                ),
            )
        )
    if form == "leave_out":
        says = "items are left out, each with the source that shows why"
        return (_count(says, survey.left_out, survey.groundless),) if survey.left_out else ()
    if rule.verb == "record":
        return _look_at_logs(policy, rule, survey)
    if form == "tell" and "material change" in rule.part("events"):
        says = "accounts are bound by a version of which they had to be told first"
        return (_count(says, survey.bound, survey.unnoticed),) if survey.bound else ()
    return _look_at_disclosures(rule, survey)


def needs_records(policy: Policy, rule: Rule) -> bool:
    """Whether the ledger alone cannot show this rule."""
    return rule.form in ("keep", "keep_until", "protect", "tag") or is_log_of_visits(policy, rule)


def is_log_of_visits(policy: Policy, rule: Rule) -> bool:
    """Whether the rule is about what a server notes of each page, of which the ledger has no line."""
    touchpoints = policy.words.of_sort("touchpoint")
    return rule.verb == "record" and any(
        at == EVERY_PAGE or (at in touchpoints and touchpoints[at].value == EVERY_PAGE) for at in rule.part("at")
    )


def _count(says: str, count: int, wrong: int, lines: tuple[str, ...] = ()) -> Step:
    saw = f"{wrong:,} of them are not so" if wrong else ""
    return Step(DONE, f"{count:,} {says}", not wrong, saw, lines)


def _look_at_ends(policy: Policy, rule: Rule, survey: Survey) -> tuple[Step, ...]:
    leaves = policy.words.expand("data", rule.data)
    held, past = (sum(counts.get(leaf, 0) for leaf in leaves) for counts in (survey.held, survey.past_end))
    if any(
        is_log_of_visits(policy, other) and set(leaves) & _list_leaves(policy, other) for other in policy.active_rules
    ):
        return _look_at_last_visits(policy, rule, survey)
    if past:
        says = f"{past:,} of {held:,} are past their end: they are withheld, and nothing destroys them yet"
        return (Step(MISSING, says),)
    if not held:
        return ()
    return (Step(DONE, f"{held:,} of the kind are held, none past its end"),)


def _list_leaves(policy: Policy, rule: Rule) -> set[str]:
    return set(policy.words.expand("data", rule.data))


def _look_at_last_visits(policy: Policy, rule: Rule, survey: Survey) -> tuple[Step, ...]:
    from_text = " ".join(rule.part("duration"))
    parameter = policy.parameters.get(from_text)
    days = int((parameter.value if parameter else from_text).partition(" ")[0])
    if survey.visits is None:
        return (Step(MISSING, "the log of visits was not looked at"),)
    is_kept = survey.visits.oldest_days <= days + 1  # the day on which it goes counts
    saw = "" if is_kept else f"its first day is {survey.visits.oldest_days} days old"
    return (
        Step(DONE, f"the log of visits holds {survey.visits.days:,} days, none older than {days} days", is_kept, saw),
    )


def _look_at_logs(policy: Policy, rule: Rule, survey: Survey) -> tuple[Step, ...]:
    leaves, declared = _list_leaves(policy, rule), policy.words.of_sort("data")
    if is_log_of_visits(policy, rule):
        if survey.visits is None:
            return (Step(MISSING, "the log of visits was not looked at"),)
        recorded = [r for r in policy.active_rules if is_log_of_visits(policy, r)]
        listed = {leaf for other in recorded for leaf in _list_leaves(policy, other)}
        more = survey.visits.data - listed
        saw = f"it holds {len(more)} things more" if more else ""
        says = f"{survey.visits.visits:,} visits are in the log, and of each only what is listed"
        return (Step(REFUSED, says, not more, saw),)
    if any(declared[leaf].value == _MAIL_LOG for leaf in leaves):
        return (_count("messages left for somebody, each with its entry in their log", survey.logged, survey.unlogged),)
    return ()


def _look_at_measure(measure: str, survey: Survey) -> tuple[Step, ...]:
    if measure in ("encryption at rest", "field encryption"):
        return (_count("items are sealed where they lie", survey.items, survey.left_open),) if survey.items else ()
    if measure in ("hashed passwords", "password"):
        says = "passwords are kept as slow salted hashes"
        return (_count(says, survey.passwords, survey.weak_passwords),) if survey.passwords else ()
    if measure in ("access control", "lockout", "monitoring", "integrity hashes"):
        return ()  # the ledger's lines show these
    if measure == "encryption in transit":
        return (Step(MISSING, FROM_OUTSIDE),)
    return (Step(MISSING, f"nothing on record shows “{measure}”"),)


def _look_at_disclosures(rule: Rule, survey: Survey) -> tuple[Step, ...]:
    facts = [fact for term in (rule.holds.terms if rule.holds else ()) for fact in term.facts]
    if rule.verb != "share":
        return ()
    if "permitted" in facts and survey.overused:
        return (
            _count("things went out under a permission", len(survey.overused), len(survey.overused), survey.overused),
        )
    grounds = [fact.removeprefix(DEMANDED) for fact in facts if fact.startswith(DEMANDED)]
    lines = tuple(line for ground in grounds for line in survey.unbelieved.get(ground, ()))
    if lines:
        return (_count("things went out on a ground that asks for a written belief", len(lines), len(lines), lines),)
    return ()
