"""From the version in force and a new one: what changes, who has to be told how, from when it may bind; knows no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.change import Change
from upheld.core.policy.compile import Table
from upheld.core.policy.diff import compare_tables, is_material
from upheld.core.policy.model import Policy, Rule
from upheld.core.policy.reading.declare import parse_days

MAIL, SITE = "mail", "site"
WAITING, FOUNDING, ANNOUNCED, ACTIVE, WITHDRAWN = "waiting", "founding", "announced", "active", "withdrawn"
BINDING = frozenset({FOUNDING, ACTIVE})
PUBLIC = BINDING | {ANNOUNCED}
TOLD, USE, ACCEPTANCE = "told", "use", "acceptance"
# V-35 and V-84 of the research (2025-11-20): a prominent notice stands on every page for 30 days.
PROMINENT_DAYS = 30
_ROUTES = {"email": MAIL, "email to primary address": MAIL, "site notice": SITE}
_MATERIAL, _SMALL = "material", "small"
_EVENTS = {_MATERIAL: "material change", _SMALL: "small change"}
_ANY = "any change"
_AFTER_NOTICE = "after_notice"
_BY_USE = frozenset({"use_after_posting", "use_after_date"})


@dataclass(frozen=True, slots=True)
class Posted:
    """What the records say of one version: the digest of the text that was put before people, and how far it has come.

    One that `is_drafted` was written in the console: it is served from the records, whether or not a file has its text.
    """

    version: date
    digest: str
    state: str
    is_material: bool = False
    effective_at: datetime | None = None
    active_at: datetime | None = None
    has_banner: bool = False
    is_drafted: bool = False

    @property
    def is_binding(self) -> bool:
        """Whether it is or was in force."""
        return self.state in BINDING

    @property
    def is_public(self) -> bool:
        """Whether people may read it."""
        return self.state in PUBLIC


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version as its file has it, before anybody asks whether it may bind."""

    version: date
    digest: str
    since: date
    text: str


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What it takes to have one version follow another.

    `ways` are the ways of telling of which one has to be gone (empty: nobody has to be told first), `lead` the time
    between the last one told and the beginning, `grace` the time between somebody's own notice and their being bound,
    `moves` what binds somebody who has an account: `told`, their first `use` of the site after that, or `acceptance`
    alone. `because` are the sentences that say so. `is_silent` when the policy says nothing of its changes, `lacks_mail`
    when it has people told by mail and has no class of message that could carry it, or joins the site of another policy
    and so has nobody on record: then the site tells them.
    """

    old: date
    new: date
    starts: date
    changes: tuple[Change, ...]
    is_material: bool
    ways: tuple[str, ...]
    lead: timedelta
    grace: timedelta
    moves: str
    because: tuple[str, ...]
    is_silent: bool
    lacks_mail: bool = False

    def find_effective_at(self, posted_at: datetime) -> datetime:
        """The first moment at which it may bind anybody: once posted, and not before its day (UTC)."""
        return max(posted_at, begin_day(self.starts))

    def find_lead(self, notice: str) -> timedelta:
        """How long after the telling it begins; a notice on the site tells nobody until it has stood for its time."""
        return max(self.lead, timedelta(days=PROMINENT_DAYS)) if notice == SITE and not self.lead else self.lead


def plan_change(old: Table, new: Table) -> ChangePlan:
    """The plan by the rules of the old version, which are what people rely on.

    Where that one says nothing of its changes the strictest reading holds: told first by every way, 30 days before.
    """
    changes = compare_tables(old, new)
    material = is_material(changes)
    kind = _MATERIAL if material else _SMALL
    rules = _list_change_rules(old.policy, kind)
    tellings = _list_tellings(old.policy, kind)
    is_silent = not rules and not tellings
    lead = max((_read_lead(rule, old.policy) for rule in tellings), default=timedelta(0))
    effects = [effect for rule in rules for effect in rule.part("effects")]
    notice = [
        _read_days(effect.partition(":")[2], old.policy) for effect in effects if effect.startswith(_AFTER_NOTICE)
    ]
    grace = min(notice, default=timedelta(0))
    ways = tuple(dict.fromkeys(_ROUTES[name] for rule in tellings for name in rule.part("routes") if name in _ROUTES))
    if is_silent and changes:
        ways, lead = (MAIL, SITE), timedelta(days=PROMINENT_DAYS)
    elif notice and not ways:
        ways = (MAIL, SITE)
    if notice and len(notice) == len(effects):  # it begins so long after the notice for everybody
        lead = max(lead, grace)
    return ChangePlan(
        old=old.policy.version,
        new=new.policy.version,
        starts=new.policy.effective or new.policy.version,
        changes=changes,
        is_material=material,
        ways=_keep_possible(ways, old.policy),
        lacks_mail=MAIL in ways and not _can_mail(old.policy),
        lead=lead,
        grace=grace,
        moves=_find_moves(effects),
        because=tuple(dict.fromkeys(ref for rule in (*tellings, *rules) for ref in rule.sentences)),
        is_silent=is_silent,
    )


def find_obstacle(starts: date, version: date, standing: Iterable[Posted], today: date) -> str:
    """Why a version cannot be announced today; empty when it can. `standing` is what was put before people so far.

    A version that was announced with a day in the past would bind people before they could know.
    """
    posted = list(standing)
    newest = max((one.version for one in posted if one.is_binding), default=None)
    if newest is not None and version <= newest:
        return f"its day, {version.isoformat()}, is not after that of the version in force, {newest.isoformat()}"
    if starts < today:
        return f"its day, {starts.isoformat()}, has passed: nothing binds people before they can know of it"
    other = next((one.version for one in posted if one.state == ANNOUNCED and one.version != version), None)
    if other is not None:
        return f"the version of {other.isoformat()} is announced and not yet in force: one change at a time"
    return ""


def begin_day(day: date) -> datetime:
    """The first moment of a day, UTC."""
    return datetime.combine(day, time(), UTC)


def list_widenings(old: Table, new: Table) -> tuple[Change, ...]:
    """What the new version would let be done that the old one does not: what an agreement for earlier data is about."""
    return tuple(c for c in compare_tables(old, new) if c.is_material and c.kind in ("opens", "condition"))


def _list_change_rules(policy: Policy, kind: str) -> list[Rule]:
    """The `change` rules about changes of this kind; those that name the kind come before those about all."""
    found = [rule for rule in policy.active_rules if rule.form == "change"]
    named = [rule for rule in found if rule.part("change") == (kind,)]
    return named or [rule for rule in found if not rule.part("change")]


def _list_tellings(policy: Policy, kind: str) -> list[Rule]:
    return [
        rule
        for rule in policy.active_rules
        if rule.form == "tell" and {_EVENTS[kind], _ANY} & {str(event) for event in rule.part("events")}
    ]


def _read_lead(rule: Rule, policy: Policy) -> timedelta:
    return max((_read_days(value, policy) for value in rule.part("lead")), default=timedelta(0))


def _read_days(value: str, policy: Policy) -> timedelta:
    parameter = policy.parameters.get(value)
    return timedelta(days=parse_days(parameter.value if parameter else value) or 0.0)


def _find_moves(effects: list[str]) -> str:
    kinds = {effect.partition(":")[0] for effect in effects}
    if not kinds or kinds - _BY_USE - {"on_acceptance"}:
        return TOLD
    return USE if kinds & _BY_USE else ACCEPTANCE


def _can_mail(policy: Policy) -> bool:
    """Whether a message can reach people: a policy that joins the site of another has nobody on record of its own."""
    return bool(list_administrative_classes(policy)) and not policy.site.get("of")


def _keep_possible(ways: tuple[str, ...], policy: Policy) -> tuple[str, ...]:
    """Without a class of message for running accounts there is no mail; a notice on the site can always be placed."""
    if MAIL in ways and not _can_mail(policy):
        return tuple(way for way in ways if way != MAIL) or (SITE,)
    return ways
