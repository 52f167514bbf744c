"""Release by the person's own permission: they say to whom, what and for what; staff carry it out (handovers).

A permission opens what it says and nothing else, and ends at once when its person withdraws it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from upheld.actions.cases import close_case, find_case, open_case
from upheld.actions.facts import gather_facts, is_expired
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_person_key
from upheld.actions.ledger import write_line
from upheld.actions.permissions import LABEL, open_named
from upheld.actions.recipients import HeldRecipient, check_contact, list_recipients, seal_contact
from upheld.actions.submissions import keep_wording
from upheld.actions.surfaces import find_clock
from upheld.actions.tellings import note_withdrawn
from upheld.actions.throttle import count_try
from upheld.actions.vault import find_limit
from upheld.core.errors import FormError, RefusedError, StaffError
from upheld.core.fields import FieldError, FormPlan
from upheld.core.gate.act import Act, Verdict
from upheld.core.gate.binding import NAMED_RECIPIENT, Binding
from upheld.core.policy.saying.names import say_name
from upheld.core.rights.demanding import list_grounds
from upheld.core.rights.letting import ACCOUNT
from upheld.core.rights.merging import find_transfer
from upheld.core.rights.permitting import PERMITTED
from upheld.core.rights.releasing import LONGEST_DAYS, Wish, find_end_of_day, word_release
from upheld.core.seal.envelope import Label
from upheld.records.models import Item, Permission, Person, Recipient
from upheld.records.walls import enter_site, read_site

CASE = "release"
KEEP_CLASS = "permission"
SOMEBODY = "the person or organisation whose name and address you gave"
LIVE, USED_UP, OVER, WITHDRAWN, NOBODY = "live", "used up", "over", "withdrawn", "recipient ended"
MOST_LISTED = 200
MOST_GIVEN, WITHIN = 20, timedelta(hours=1)  # each opens a case that somebody of the staff works on
_WHAT_IS_HELD = (
    "id",
    "site",
    "person",
    "categories",
    "version",
    "method",
    "keep_until",
    "hold",
)  # and not what is sealed


@dataclass(frozen=True, slots=True)
class HeldRelease:
    """A permission to give something out, as pages show it.

    `kind` is the gate's counterpart; `title` the organisation's name, empty for somebody whom the person named.
    """

    id: str
    person: str
    recipient: str
    kind: str
    title: str
    data: tuple[str, ...]
    purpose: str
    is_once: bool
    until: datetime | None
    given_at: datetime
    used_at: datetime | None
    ended_at: datetime | None
    version: date
    entry: str
    case: str
    state: str

    @property
    def is_live(self) -> bool:
        """Whether it counts at the moment for which it was described."""
        return self.state == LIVE

    @property
    def is_named(self) -> bool:
        """Whether the person named the recipient themselves."""
        return self.recipient == self.id


@dataclass(frozen=True, slots=True)
class Option:
    """One category or purpose as somebody may pick it: open once they permit it, or not, by these sentences."""

    name: str
    is_open: bool
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What somebody may permit a recipient of this kind to get: of what is held about them, for which purposes."""

    kind: str
    data: tuple[Option, ...]
    purposes: tuple[Option, ...]

    @property
    def is_open(self) -> bool:
        """Whether anything can be permitted at all."""
        return any(option.is_open for option in self.purposes)


def is_offered(binding: Binding) -> bool:
    """Whether the policy in force lets a person's own permission open anything to somebody it does not name."""
    words = binding.policy.words
    facts = {PERMITTED: True}
    return any(
        binding.ask(Act("share", (leaf,), purpose, NAMED_RECIPIENT), facts).is_permitted
        for purpose in words.leaves("purpose")
        for leaf in words.leaves("data")
    )


def list_offered(binding: Binding) -> tuple[HeldRecipient, ...]:
    """The lines of the register from which people may pick.

    Not those of courts, claimants and a successor: a customer who reads who was just written down there would learn of a
    demand of which a court forbids to tell, or of a merger before it is announced. People can still name them themselves.
    """
    transfer = find_transfer(binding.policy)
    quiet = {ground.kind for ground in list_grounds(binding.policy)} | set(transfer.kinds if transfer else ())
    return tuple(one for one in list_recipients(binding.site, with_ended=False) if one.kind not in quiet)


def find_options(binding: Binding, *, person: Person, now: datetime, kind: str = NAMED_RECIPIENT) -> Options:
    """What is held about the person and could go to a recipient of this kind if they permitted it, and what could not.

    Asked of every version that binds each category. Opens nothing.
    """
    words, known = binding.policy.words, gather_facts(binding, person) | {PERMITTED: True}
    versions = find_versions(binding, person, now)
    purposes = words.leaves("purpose")
    verdicts = {
        (leaf, purpose): binding.ask(Act("share", (leaf,), purpose, kind), known, *versions[leaf])
        for leaf in versions
        for purpose in purposes
    }
    data = tuple(_sum_up(leaf, [verdicts[leaf, purpose] for purpose in purposes]) for leaf in versions)
    some = tuple(_sum_up(purpose, [verdicts[leaf, purpose] for leaf in versions]) for purpose in purposes)
    return Options(kind, data, some if versions else ())


def _sum_up(name: str, verdicts: list[Verdict]) -> Option:
    """Open when any of them is; else closed by the sentence of the first."""
    found = next((verdict for verdict in verdicts if verdict.is_permitted), verdicts[0])
    return Option(name, found.is_permitted, found.because)


def find_versions(binding: Binding, person: Person, now: datetime) -> dict[str, tuple[date, ...]]:
    """The categories held about the person that are not past their time, each with the versions that bind it."""
    with read_site(binding.site):
        rows = list(Item.objects.filter(site=binding.site, person=person).only(*_WHAT_IS_HELD))
    found: dict[str, set[date]] = {}
    for row in rows:
        for leaf in row.categories:
            if not is_expired(row, person, find_clock(binding, row.method, leaf), now):
                found.setdefault(leaf, {person.version}).add(find_limit(row, person))
    return {leaf: tuple(sorted(found[leaf])) for leaf in binding.policy.words.leaves("data") if leaf in found}


def weigh_wish(binding: Binding, *, person: Person, wish: Wish, now: datetime) -> Verdict:
    """What the gate would say if the person had permitted this; nothing is opened. Raises StaffError W131."""
    kind = _find_kind(binding.site, wish.recipient) if wish.recipient else NAMED_RECIPIENT
    versions = find_versions(binding, person, now)
    bound = sorted({version for leaf in wish.data for version in versions.get(leaf, ())})
    facts = gather_facts(binding, person) | {PERMITTED: True}
    return binding.ask(Act("share", wish.data, wish.purpose, kind), facts, *bound)


def find_faults(binding: Binding, *, person: Person, wish: Wish, now: datetime) -> tuple[FieldError, ...]:
    """What is missing for a permission to be specific, field by field; a blanket yes has faults everywhere."""
    faults = []
    if bool(wish.recipient) == (wish.named is not None):
        faults.append(FieldError("recipient", "F921", "say who gets it, one recipient"))
    elif wish.recipient and all(one.id != wish.recipient for one in list_offered(binding)):
        faults.append(FieldError("recipient", "F907", "pick one of the recipients"))
    elif wish.named is not None:
        faults += _find_named_faults(wish.named)
    held = find_versions(binding, person, now)
    if not wish.data:
        faults.append(FieldError("data", "F921", "tick what they get, at least one category"))
    elif any(leaf not in held for leaf in wish.data):
        faults.append(FieldError("data", "F907", "tick only what is held about you"))
    if wish.purpose not in binding.policy.words.leaves("purpose"):
        faults.append(FieldError("purpose", "F921", "pick what it is for, one purpose"))
    if wish.until is None or not 0 <= (wish.until - now.date()).days <= LONGEST_DAYS:
        faults.append(FieldError("until", "F921", "give the last day, today or later, within a year"))
    if wish.is_once is None:
        faults.append(FieldError("times", "F921", "say whether it is for once"))
    return tuple(faults)


def _find_named_faults(named: Mapping[str, str]) -> list[FieldError]:
    if not named.get("name", "").strip():
        return [FieldError("name", "F902", "give the name of whoever gets it")]
    try:
        check_contact(named)
    except StaffError as problem:
        return [FieldError("email", "F921", f"{problem.text}; {problem.hint}")]
    return []


def may_give_more(site: str, person: str, now: datetime) -> bool:
    """Whether this person, by pages or programs, gave fewer permissions this hour than anybody may; counts this one."""
    return count_try(site=site, what="release", who=person, most=MOST_GIVEN, within=WITHIN, now=now)


def permit_release(
    binding: Binding, *, person: Person, wish: Wish, now: datetime, touchpoint: str = ACCOUNT
) -> Permission:
    """The new live permission, with a case by which staff carry it out, and the wording that the person saw, kept.

    An earlier live one for the same recipient and purpose ends: what was said last counts. Raises FormError F921 for a
    wish that is not specific, RefusedError where the policy would not let it count. Side effects: lines in the ledger.
    """
    faults = find_faults(binding, person=person, wish=wish, now=now)
    if faults:
        raise FormError("F921", f"the permission is not specific: {faults[0].words}", "say all of it")
    verdict = weigh_wish(binding, person=person, wish=wish, now=now)
    kind = _find_kind(binding.site, wish.recipient) if wish.recipient else NAMED_RECIPIENT
    if not verdict.is_permitted:
        raise RefusedError(str(Act("share", wish.data, wish.purpose, kind)), verdict.because)
    site, serial = binding.site, draw_id("r")
    with enter_site(site):
        Person.objects.select_for_update().get(site=site, id=person.id)  # two answers at once take turns
        shown = keep_wording(binding, plan=plan_wording(binding, wish, verdict.because), now=now)
        _end_same(binding, person, wish, now)
        key, sealed = _seal_named(binding, person, serial, wish, now)
        case = open_case(site, kind=CASE, now=now, person=person.id, purpose=wish.purpose, touchpoint=touchpoint)
        given = Permission(
            id=serial,
            site=site,
            person=person,
            recipient=wish.recipient or serial,
            data=list(binding.policy.words.expand("data", wish.data)),
            purpose=wish.purpose,
            key=key,
            sealed=sealed,
            is_once=bool(wish.is_once),
            until=find_end_of_day(wish.until) if wish.until else None,
            given_at=now,
            version=binding.current,
            touchpoint=touchpoint,
            shown=shown,
            case=case.id,
        )
        given.entry = _write(binding, given, "permission.given", kind, now, touchpoint=touchpoint, evidence=shown)
        given.save(force_insert=True)
    return given


def plan_wording(binding: Binding, wish: Wish, because: tuple[str, ...]) -> FormPlan:
    """The permission as a form of its own: what is kept as evidence of what the page said. Nobody's name is in it."""
    policy = binding.policy
    return FormPlan(
        site=binding.site,
        version=policy.version.isoformat(),
        policy_digest=policy.digest,
        touchpoint=ACCOUNT,
        path="",
        sort=LABEL,
        title="Let somebody have your data",
        button="Permit it",
        fields=(),
        choices=(),
        sentences=because,
        lead=say_wish(binding, wish),
    )


def say_wish(binding: Binding, wish: Wish) -> str:
    """The wish in one sentence, the recipient by the title of their line, or as somebody whom the person names."""
    to = SOMEBODY
    if wish.recipient:
        with read_site(binding.site):
            row = Recipient.objects.filter(site=binding.site, id=wish.recipient).first()
        to = say_recipient(binding, row.kind, row.title) if row is not None else to
    return word_release(binding.policy.words, to=to, wish=wish)


def say_recipient(binding: Binding, kind: str, title: str) -> str:
    """A registered organisation with what kind of recipient it is."""
    return f"{title} ({say_name(kind, 'recipient', binding.policy.words)})"


def _seal_named(binding: Binding, person: Person, serial: str, wish: Wish, now: datetime) -> tuple[str, bytes]:
    if wish.named is None:
        return "", b""
    key = find_person_key(binding.site, person.id, KEEP_CLASS, now)
    told = {**check_contact(wish.named), "name": wish.named["name"].strip()}
    return key.name, seal_contact(key.key, told, Label(binding.site, person.id, serial, LABEL))


def _end_same(binding: Binding, person: Person, wish: Wish, now: datetime) -> None:
    if not wish.recipient:
        return
    live = Permission.objects.filter(
        site=binding.site, person=person, recipient=wish.recipient, purpose=wish.purpose, ended_at__isnull=True
    )
    for row in live:
        withdraw_release(binding, person=person, permission=row.id, now=now)


def withdraw_release(
    binding: Binding, *, person: Person, permission: str, now: datetime, touchpoint: str = ""
) -> Permission | None:
    """The permission, ended from this moment; None when the person has no live one of this id.

    Whoever was given something under it has to be told. Its open case is closed. A line in the ledger for each.
    """
    with enter_site(binding.site):
        rows = Permission.objects.select_for_update().filter(site=binding.site, person=person, id=permission)
        given = rows.filter(ended_at__isnull=True).first()
        if given is None:
            return None
        given.ended_at = now
        given.save(update_fields=["ended_at"])
        _write(binding, given, "permission.withdrawn", name_kind(binding, given), now, touchpoint=touchpoint)
        note_withdrawn(binding, given, now)
        held = find_case(binding.site, given.case) if given.case else None
        if held is not None and held.is_open:
            close_case(binding.site, given.case, outcome="withdrawn", by="", now=now)
    return given


def withdraw_all(binding: Binding, *, person: Person, now: datetime) -> int:
    """How many live permissions of the person for releases were ended, as when they close their account."""
    with enter_site(binding.site):
        live = Permission.objects.filter(site=binding.site, person=person, ended_at__isnull=True)
        ids = [row.id for row in live if is_release(row)]
        return sum(withdraw_release(binding, person=person, permission=serial, now=now) is not None for serial in ids)


def list_releases(
    site: str, *, now: datetime, person: str = "", is_live: bool | None = None, most: int = MOST_LISTED
) -> tuple[HeldRelease, ...]:
    """Permissions for releases, the latest first: of one person or of everybody, all or only those that count now."""
    with read_site(site):
        rows = Permission.objects.filter(site=site, touchpoint=ACCOUNT).exclude(until__isnull=True)
        if person:
            rows = rows.filter(person=person)
        if is_live:
            rows = rows.filter(ended_at__isnull=True, until__gt=now)
        found = list(rows.order_by("-given_at", "id")[:most])
        lines = {row.id: row for row in Recipient.objects.filter(site=site, id__in={row.recipient for row in found})}
    described = (describe_release(row, lines.get(row.recipient), now) for row in found)
    return tuple(one for one in described if is_live is None or one.is_live == is_live)


def list_there(site: str, permissions: Collection[str]) -> frozenset[str]:
    """Those of these permissions that are on record: one goes with its person."""
    with read_site(site):
        return frozenset(Permission.objects.filter(site=site, id__in=permissions).values_list("id", flat=True))


def find_release(site: str, permission: str, *, now: datetime, person: str = "") -> HeldRelease | None:
    """One permission for a release, of this person if one is named; or None."""
    with read_site(site):
        row = Permission.objects.filter(site=site, id=permission, **({"person": person} if person else {})).first()
        if row is None or not is_release(row):
            return None
        line = Recipient.objects.filter(site=site, id=row.recipient).first()
    return describe_release(row, line, now)


def describe_release(row: Permission, line: Recipient | None, now: datetime) -> HeldRelease:
    """The row as a value; `line` is the recipient's line of the register, None for somebody whom the person named."""
    is_named = row.recipient == row.id
    return HeldRelease(
        id=row.id,
        person=row.person_id,
        recipient=row.recipient,
        kind=line.kind if line is not None else NAMED_RECIPIENT,
        title=line.title if line is not None else "",
        data=tuple(row.data),
        purpose=row.purpose,
        is_once=row.is_once,
        until=row.until,
        given_at=row.given_at,
        used_at=row.used_at,
        ended_at=row.ended_at,
        version=row.version,
        entry=row.entry,
        case=row.case,
        state=_find_state(row, now, has_recipient=is_named or (line is not None and line.ended_at is None)),
    )


def _find_state(row: Permission, now: datetime, *, has_recipient: bool) -> str:
    if row.is_once and row.used_at is not None:
        return USED_UP
    if row.ended_at is not None:
        return WITHDRAWN
    if row.until is not None and row.until <= now:
        return OVER
    return LIVE if has_recipient else NOBODY


def read_named(site: str, permission: str, person: Person) -> dict[str, str]:
    """Name and addresses that the person gave in a permission of their own, for themselves to see."""
    with read_site(site):
        row = Permission.objects.filter(site=site, id=permission, person=person).first()
    return open_named(row) if row is not None else {}


def is_release(row: Permission) -> bool:
    """Unlike a permission for the company whose account somebody uses, it has an end from the start."""
    return row.until is not None


def _find_kind(site: str, recipient: str) -> str:
    with read_site(site):
        kind = Recipient.objects.filter(site=site, id=recipient, ended_at__isnull=True).values_list("kind", flat=True)
        found = kind.first()
    if found is None:
        raise StaffError("W131", "that recipient gets nothing more", "name another one")
    return found


def name_kind(binding: Binding, row: Permission) -> str:
    """The gate's counterpart of a permission; of one whose recipient left the register it stays the same."""
    if row.recipient == row.id:
        return NAMED_RECIPIENT
    with read_site(binding.site):
        kinds = Recipient.objects.filter(site=binding.site, id=row.recipient).values_list("kind", flat=True)
        return kinds.first() or NAMED_RECIPIENT


def _write(binding: Binding, given: Permission, kind: str, recipient: str, now: datetime, **fields: str) -> str:
    return write_line(
        binding.site,
        kind,
        at=now,
        person=given.person_id,
        known=binding.names,
        permission=given.id,
        data=list(given.data),
        purpose=given.purpose,
        recipient=recipient,
        version=binding.current.isoformat(),
        **{name: value for name, value in fields.items() if value},
    )
