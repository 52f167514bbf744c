"""A person's yes or no to a version for what was taken from them before it; without a yes nothing earlier is widened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from upheld.actions.ledger import write_line
from upheld.actions.standings import restate
from upheld.core.errors import GateError
from upheld.core.gate.binding import Binding
from upheld.core.policy.change import Change
from upheld.core.rights.changing import ACCEPTANCE, ACTIVE, list_widenings
from upheld.records.models import Agreement, Item, Person, PolicyNotice, Publication
from upheld.records.walls import enter_site, read_site


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody may agree to: the version they are under, for data taken under earlier ones, and what that opens.

    `answer` is what they last said to it: `yes`, `no` or nothing; `entry` the ledger's line about it.
    """

    version: date
    earlier: tuple[date, ...]
    changes: tuple[Change, ...]
    answer: str = ""
    answered_at: datetime | None = None
    entry: str = ""


def find_offer(binding: Binding, person: Person) -> Offer | None:
    """What the person may agree to; None when nothing is held from before, or the version opens nothing for it."""
    with read_site(binding.site):
        version = binding.current if waits_for_yes(binding) else person.version
        held = Item.objects.filter(site=binding.site, person=person, version__lt=version).values_list(
            "version", flat=True
        )
        earlier = tuple(sorted(set(held)))
        given = (
            Agreement.objects.filter(site=binding.site, person=person.id, version=version)
            .order_by("-at", "-pk")
            .first()
        )
    tables = {day: gate.table for day, gate in binding.gates.items()}
    known = tuple(day for day in earlier if day in tables)
    if version not in tables or not known:
        return None
    changes = tuple(dict.fromkeys(change for day in known for change in list_widenings(tables[day], tables[version])))
    if not changes:
        return None
    if given is None:
        return Offer(version, known, changes)
    return Offer(version, known, changes, "yes" if given.is_yes else "no", given.at, given.entry)


def record_agreement(
    binding: Binding,
    *,
    person: Person,
    version: date,
    is_yes: bool,
    touchpoint: str,
    now: datetime,
    shown: str = "",
    by: str = "",
) -> Agreement:
    """The answer, stored with its line in the ledger; a yes lets the version hold for earlier data, a later no ends that.

    `shown` is the digest of the wording that stood beside it, `by` the user who answers for a company. Raises GateError
    G404 for a version that is not there or under which the person is not. Where the policy has a change bind on
    acceptance alone, a yes is what binds them.
    """
    with read_site(binding.site):
        is_acceptance = version == binding.current and waits_for_yes(binding)
    if version not in binding.gates or (version > person.version and not is_acceptance):
        raise GateError(
            "G404", f"nobody can agree to the version of {version.isoformat()} here", "look at the page again"
        )
    with enter_site(binding.site):
        locked = Person.objects.select_for_update().get(site=binding.site, id=person.id)
        entry = write_line(
            binding.site,
            "policy.agreed",
            at=now,
            person=person.id,
            by=by,
            known=binding.names,
            outcome="yes" if is_yes else "no",
            version=version.isoformat(),
            touchpoint=touchpoint,
            evidence=shown or None,
        )
        made = Agreement.objects.create(
            site=binding.site, person=person.id, version=version, is_yes=is_yes, at=now, entry=entry
        )
        locked.agreed = find_agreed(binding.site, person.id)
        if is_yes and version > locked.version:
            locked.version = version
            publication = Publication.objects.get(site=binding.site, version=version)
            PolicyNotice.objects.update_or_create(
                publication=publication,
                person=person.id,
                defaults={"site": binding.site, "state": "sent", "at": now, "bound_at": now},
            )
        locked.save(update_fields=["agreed", "version"])
        person.agreed, person.version = locked.agreed, locked.version
        restate(binding, person)
    return made


def waits_for_yes(binding: Binding) -> bool:
    """Whether the version in force binds somebody who has an account only once they accept it."""
    found = Publication.objects.filter(site=binding.site, version=binding.current, state=ACTIVE, moves=ACCEPTANCE)
    return found.exists()


def find_agreed(site: str, person: str) -> date | None:
    """The latest version to which the person's last word is yes."""
    last: dict[date, bool] = {}
    for given in Agreement.objects.filter(site=site, person=person).order_by("at", "pk"):
        last[given.version] = given.is_yes
    return max((version for version, is_yes in last.items() if is_yes), default=None)


def list_agreements(site: str, person: Person) -> tuple[Agreement, ...]:
    """Every answer of the person, the latest first."""
    with read_site(site):
        return tuple(Agreement.objects.filter(site=site, person=person.id).order_by("-at", "-pk"))
