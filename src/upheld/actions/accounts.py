"""Accounts are made here: people and companies register, and are mailed a link that shows whose the address is.

Whoever watches cannot tell an address that has an account from one that has none: both take the same steps, and what
was written for the known one is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from upheld.actions.ages import know_age
from upheld.actions.choices import lift_shown, record_choice
from upheld.actions.facts import gather_facts
from upheld.actions.forgetting import erase_person
from upheld.actions.keys import find_site_key
from upheld.actions.ledger import write_line
from upheld.actions.notices import Queueing, queue_notice
from upheld.actions.passwords import check_new_password, hash_password, store_password
from upheld.actions.people import (
    add_identifier,
    create_person,
    digest_identifier,
    find_person,
    list_identifier_leaves,
)
from upheld.actions.standings import restate
from upheld.actions.throttle import count_try
from upheld.actions.tokens import LIVES, SIGN_IN_PATH, VERIFY, issue_link, refuse_link
from upheld.actions.vault import find_purposes, put_items
from upheld.core.errors import RefusedError
from upheld.core.fields.entrance import Entrance, find_entrance
from upheld.core.gate.act import Act
from upheld.core.gate.binding import Binding
from upheld.records.models import Identifier, Membership, Person
from upheld.records.walls import enter_site

EMAIL = "email"
MOST_MAILS = 3
HOUR = timedelta(hours=1)
WRAP = "wrap"
# How long an account waits for its address to be confirmed; links work for less, and who has the password gets new ones.
LONGEST_UNVERIFIED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody filled in: values by category without the password, the password, and the choices they answered.

    `shown` is the digest of the wording they saw, `method` how it came in.
    """

    values: Mapping[str, str]
    password: str
    choices: Mapping[str, bool] = field(default_factory=dict)
    shown: str = ""
    method: str = "form"
    is_old_enough: bool | None = None


class _TakenBack(Exception):  # noqa: N818 - no error: it ends a transaction that was only for the look of it
    """Ends a transaction whose writes are not wanted."""


def access_entrance(binding: Binding) -> Entrance:
    """How people come in under the version in force. Raises RefusedError where the policy lets nobody register."""
    entrance = find_entrance(binding.gate.table)
    if entrance is None:
        raise RefusedError("collect what people sign in with")
    return entrance


def register(binding: Binding, *, told: Told, home: str, now: datetime, is_company: bool = False) -> None:
    """Make an account that waits for its address to be confirmed, or, where the address has one, tell its owner by mail.

    Nothing that comes back tells the two apart. An address gets at most three such mails in an hour; signing in with the
    right password brings another one later. `is_company` opens the account of a company, whose first holder is the
    person. `home` is the address of the site's first page. Raises AccountError A101 for the password, RefusedError for
    what the policy does not let in, or when it has no class of message for the confirmation; then nothing is stored.
    Side effects: lines in the ledger for the person, the company, what they told and chose, and the message.
    """
    entrance = access_entrance(binding)
    check_new_password(told.password, told.values.values())
    address = told.values[entrance.address]
    has_room = may_mail(binding.site, VERIFY, address, now)
    encoded = hash_password(told.password)  # before the transaction, and for known addresses as well: it takes long
    find_site_key(binding.site, WRAP, now)  # a key of the whole site must not be made in what may be taken back
    known = find_account(binding.site, address, now)
    with pretending(binding.site, is_real=known is None):
        person = create_person(binding, now=now)
        company = _open_company(binding, entrance, person, told, now) if is_company else None
        take_told(binding, entrance, person, told, encoded=encoded, now=now, company=company, is_opening=is_company)
        add_identifier(binding, person=person, kind=EMAIL, text=address, now=now, is_primary=True)
        if known is None and has_room:
            send_verification(binding, person, address, home=home, now=now)
    if known is not None and has_room:
        values = {"link": home + SIGN_IN_PATH}
        check_queued(queue_notice(binding, now=now, person=known, kind="already-registered", home=home, values=values))


@contextmanager
def pretending(site: str, *, is_real: bool) -> Iterator[None]:
    """A transaction over both databases that is kept only if it is real; the steps inside are the same."""
    try:
        with enter_site(site), transaction.atomic(using="keys"):
            yield
            if not is_real:
                raise _TakenBack  # noqa: TRY301 - only an exception ends a transaction here, on PostgreSQL as well
    except _TakenBack:
        pass


def find_account(site: str, address: str, now: datetime) -> Person | None:
    """The person whose address this is shown to be; None for nobody, and for somebody whose account is closed."""
    person = find_person(site, EMAIL, address, now)
    return person if person is not None and person.closed_at is None else None


def take_told(
    binding: Binding,
    entrance: Entrance,
    person: Person,
    told: Told,
    *,
    encoded: str,
    now: datetime,
    company: Person | None = None,
    is_opening: bool = False,
) -> None:
    """Seal what a person registered with: values, password, choices; one line for the person, and those of each part.

    `company` is whose account they use. When they are opening it, its form is where their own data came in, as far as
    that asks for them.
    """
    place = entrance.registration.touchpoint
    know_age(binding, person, told.is_old_enough)
    _check_password_is_asked(binding, entrance, person)
    theirs = {leaf: text for leaf, text in told.values.items() if leaf in entrance.registration.data}
    by_company = entrance.company.data if is_opening and entrance.company is not None else ()
    write_line(
        binding.site,
        "person.created",
        at=now,
        person=person.id,
        known=binding.names,
        touchpoint=place,
        version=binding.current.isoformat(),
        company=company.id if company else None,
    )
    for touchpoint, values in (
        (entrance.company.touchpoint if entrance.company else "", {k: v for k, v in theirs.items() if k in by_company}),
        (place, {leaf: text for leaf, text in theirs.items() if leaf not in by_company}),
    ):
        if values:
            put_items(
                binding,
                person=person,
                touchpoint=touchpoint,
                values=values,
                now=now,
                method=told.method,
                shown=told.shown,
            )
    store_password(binding, person=person, leaf=entrance.password, encoded=encoded, now=now)
    for choice, is_yes in told.choices.items():
        record_choice(binding, person=person, choice=choice, is_yes=is_yes, touchpoint=place, now=now, shown=told.shown)
    for leaf, kind in list_identifier_leaves(binding.policy.words).items():
        if theirs.get(leaf) and kind != EMAIL:
            add_identifier(binding, person=person, kind=kind, text=theirs[leaf], now=now)


def _check_password_is_asked(binding: Binding, entrance: Entrance, person: Person) -> None:
    facts, place = gather_facts(binding, person), entrance.registration.touchpoint
    if not find_purposes(binding, entrance.password, place, facts):
        act = Act("collect", (entrance.password,), "", place)
        raise RefusedError(str(act), binding.ask(act, facts).because)


def _open_company(binding: Binding, entrance: Entrance, holder: Person, told: Told, now: datetime) -> Person:
    """The company with what its form asks of it; the person is its first holder, and theirs is its primary address."""
    if entrance.company is None:
        raise RefusedError("collect what a company is asked for")
    company = create_person(binding, now=now, kind="company")
    know_age(binding, company, told.is_old_enough)  # of whoever opens it: its form is theirs, too
    touchpoint = entrance.company.touchpoint
    write_line(
        binding.site,
        "company.created",
        at=now,
        person=company.id,
        known=binding.names,
        touchpoint=touchpoint,
        version=binding.current.isoformat(),
    )
    values = {leaf: told.values[leaf] for leaf in entrance.list_company_data() if leaf in told.values}
    put_items(
        binding, person=company, touchpoint=touchpoint, values=values, now=now, method=told.method, shown=told.shown
    )
    Membership.objects.create(
        site=binding.site, company=company, person=holder, is_holder=True, is_primary=True, joined_at=now
    )
    return company


def send_verification(binding: Binding, person: Person, address: str, *, home: str, now: datetime) -> None:
    """Mail the link that confirms the address. Raises RefusedError when the policy has no such message."""
    link = issue_link(binding.site, use=VERIFY, person=person, home=home, now=now)
    values = {"link": link, "until": say_moment(now + LIVES[VERIFY])}
    check_queued(
        queue_notice(binding, now=now, person=person, kind="verify-address", home=home, values=values, to=address)
    )


def may_mail(site: str, what: str, address: str, now: datetime) -> bool:
    """Whether one more mail of this kind may go to the address, counted whether or not anybody has it.

    So nobody's mailbox is filled by somebody else, from however many networks.
    """
    who = digest_identifier(site, EMAIL, address, now).hex()
    return count_try(site=site, what=f"mail {what}", who=who, most=MOST_MAILS, within=HOUR, now=now)


def check_queued(queueing: Queueing) -> None:
    """Raises RefusedError when the policy has no message for what was to be sent, or the gate did not permit it.

    An address that does not open is no refusal: who registers must not learn from it that somebody has that address.
    """
    if not queueing.is_queued and queueing.reason != "no address":
        raise RefusedError("write to the address", queueing.verdict.because if queueing.verdict else ())


def confirm_identifier(binding: Binding, own: Identifier, now: datetime) -> None:
    """Mark the identifier as shown to be its person's. Raises AccountError A102 when it is somebody else's already."""
    site = binding.site
    same = Identifier.objects.filter(site=site, kind=own.kind, digest=bytes(own.digest), verified_at__isnull=False)
    same.filter(person__closed_at__isnull=False).delete()  # who has left no longer holds the address
    own.verified_at = now
    try:
        with transaction.atomic():
            own.save(update_fields=["verified_at"])
    except IntegrityError:
        raise refuse_link() from None
    write_line(site, "person.verified", at=now, person=own.person_id, identifier=own.kind)
    restate(binding, own.person)
    lift_shown(binding, own.person, now)


def sweep_unverified(binding: Binding, now: datetime) -> int:
    """How many accounts were erased whose address nobody confirmed in time, with the companies that only they held.

    A line in the ledger for each. People who were imported and never chose a password are left alone.
    """
    with enter_site(binding.site):
        rows = Person.objects.filter(site=binding.site, kind="person", created_at__lte=now - LONGEST_UNVERIFIED)
        rows = rows.filter(signin__isnull=False, identifier__kind=EMAIL).exclude(identifier__verified_at__isnull=False)
        waiting = list(rows.filter(signed_in_at__isnull=True, closed_at__isnull=True).distinct()[:1000])
    return sum(sweep_one(binding, person, now) for person in waiting)


def sweep_one(binding: Binding, person: Person, now: datetime) -> bool:
    """Whether this account was still waiting when its turn came, and is erased; who confirmed meanwhile stays."""
    with enter_site(binding.site):
        rows = Person.objects.select_for_update().filter(site=binding.site, id=person.id, signed_in_at__isnull=True)
        own = Identifier.objects.filter(site=binding.site, person=person, verified_at__isnull=False)
        if not rows.exists() or own.exists():
            return False
        erase_unconfirmed(binding, person, now)
    return True


def erase_unconfirmed(binding: Binding, person: Person, now: datetime) -> None:
    """Erase somebody whose address nobody confirmed, and the companies that only they held. A line for each."""
    with enter_site(binding.site):
        companies = [found.company for found in Membership.objects.filter(person=person, is_holder=True)]
        erase_person(binding, person=person, now=now)
        for company in companies:
            if not Membership.objects.filter(company=company).exists():
                erase_person(binding, person=company, now=now)


def say_moment(moment: datetime) -> str:
    """A moment as people read it in a mail; `moment` is UTC."""
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M} UTC"
