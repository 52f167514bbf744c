"""Signing in by address and password, and what happens when the password is wrong, forgotten or changed.

An address that has an account and one that has none get the same answer by the same steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from upheld.actions.accounts import (
    EMAIL,
    HOUR,
    MOST_MAILS,
    WRAP,
    access_entrance,
    find_account,
    may_mail,
    pretending,
    say_moment,
    send_verification,
)
from upheld.actions.ages import know_age
from upheld.actions.facts import LAST_SIGN_IN
from upheld.actions.keys import find_site_key
from upheld.actions.ledger import write_line
from upheld.actions.locks import MOST_FAILURES, count_failure, find_lock, forget_failures
from upheld.actions.notices import queue_notice
from upheld.actions.passwords import check_new_password, find_sign_in, hash_password, is_password, store_password
from upheld.actions.people import create_person, digest_identifier
from upheld.actions.sessions import end_sessions, open_session
from upheld.actions.throttle import count_try, forget_tries
from upheld.actions.tokens import LIVES, RESET, VERIFY, find_link, issue_link, refuse_link, spend_link, withdraw_links
from upheld.actions.vault import put_items
from upheld.core.errors import AccountError
from upheld.core.fields.entrance import Entrance
from upheld.core.gate.binding import Binding
from upheld.core.rights.keeping import find_keeping
from upheld.records.models import Identifier, Person, SignIn
from upheld.records.walls import enter_site, read_site

IN, WRONG, LOCKED, UNVERIFIED = "in", "wrong", "locked", "unverified"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SigningIn:
    """What came of it: `in` with the person and what the cookie holds, `wrong`, `locked` until a moment, `unverified`."""

    outcome: str
    person: Person | None = None
    token: str = ""
    until: datetime | None = None


def sign_in(
    binding: Binding, *, address: str, password: str, home: str, now: datetime, method: str = "page"
) -> SigningIn:
    """Sign in whoever has this address and password.

    `wrong` and `locked` say nothing about whether there is an account: addresses without one lock as well, and a password
    whose time of keeping is over is as good as none. `unverified`
    needs the right password, and mails a new link. Side effects: a session, or a counted failure; lines in the ledger
    for a sign-in and a lock, and a message to who was locked. Raises RefusedError where the policy has no sign-in.
    """
    access_entrance(binding)
    site = binding.site
    index = digest_identifier(site, EMAIL, address, now)
    until = find_lock(site, index, now)
    person, is_verified = find_claimant(site, index)
    known = find_sign_in(site, person)
    is_right = is_password(site, known, password, now)  # slow on purpose, outside of every transaction, and always done
    is_right = is_right and not is_lapsed(binding, person, now)
    if until is not None:
        return SigningIn(LOCKED, until=until)
    if person is None or not is_right:
        locked_until = note_failure(binding, index=index, person=person if known else None, home=home, now=now)
        return SigningIn(LOCKED, until=locked_until) if locked_until else SigningIn(WRONG)
    with enter_site(site):
        forget_locks(site, person)
        if not is_verified:
            if may_mail(site, VERIFY, address, now):
                send_verification(binding, person, address, home=home, now=now)
            return SigningIn(UNVERIFIED)
        token = open_session(binding, person=person, now=now, method=method)
    return SigningIn(IN, person, token)


def is_lapsed(binding: Binding, person: Person | None, now: datetime) -> bool:
    """Whether they were away for so long that the policy's time of keeping their password is over."""
    keeping = find_keeping(binding.gate.table, access_entrance(binding).password)
    if person is None or keeping.event != LAST_SIGN_IN:
        return False
    end = keeping.find_end(person.signed_in_at or person.created_at)
    return end is not None and end <= now


def find_claimant(site: str, index: bytes) -> tuple[Person | None, bool]:
    """Whose address this is, and whether that is confirmed; while nobody has confirmed it, whoever claimed it last."""
    with read_site(site):
        rows = Identifier.objects.filter(site=site, kind=EMAIL, digest=index, person__closed_at__isnull=True)
        found = list(rows.select_related("person").order_by(F("verified_at").desc(nulls_last=True), "-created_at")[:1])
    return (found[0].person, found[0].verified_at is not None) if found else (None, False)


def note_failure(binding: Binding, *, index: bytes, person: Person | None, home: str, now: datetime) -> datetime | None:
    """Until when the address is locked, when this failure locks it. The person's own count and lock go along.

    Side effects of a lock, for a person: a line in the ledger and a message to them.
    """
    site = binding.site
    with enter_site(site):
        until = count_failure(site, index, now)
        SignIn.objects.filter(site=site, person_id=person.id if person else "").update(
            failures=F("failures") + 1, locked_until=until
        )
        if until is None or person is None:
            return until
        write_line(site, "person.locked", at=now, person=person.id, attempts=MOST_FAILURES, until=until)
        if not count_try(site=site, what="mail lock", who=person.id, most=MOST_MAILS, within=DAY, now=now):
            return until  # somebody goes on and on; three mails a day have said so
        values = {"attempts": str(MOST_FAILURES), "until": say_moment(until)}
        queue_notice(binding, now=now, person=person, kind="account-locked", home=home, values=values)
    return until


def ask_new_password(binding: Binding, *, address: str, home: str, now: datetime) -> None:
    """Mail a link to choose a new password to the owner of this address, if there is one; nothing comes back.

    At most three in an hour. The message goes to the address that is held, not to the one that was typed: two that look
    alike may be two mailboxes. An address without an account takes the same steps, which are taken back. Side effect:
    the message with its line.
    """
    entrance, site = access_entrance(binding), binding.site
    has_room = may_mail(site, RESET, address, now)
    person = find_account(site, address, now)
    find_site_key(site, WRAP, now)  # a key of the whole site must not be made in what may be taken back
    if has_room:
        with pretending(site, is_real=person is not None):
            receiver = person or _make_decoy(binding, entrance, address, now)
            link = issue_link(site, use=RESET, person=receiver, home=home, now=now)
            values = {"link": link, "until": say_moment(now + LIVES[RESET])}
            queue_notice(binding, now=now, person=receiver, kind="password-reset", home=home, values=values)


def _make_decoy(binding: Binding, entrance: Entrance, address: str, now: datetime) -> Person:
    """Somebody with this address for as long as a transaction that is taken back."""
    person = create_person(binding, now=now)
    know_age(binding, person, True if entrance.registration.least_age else None)  # as whoever registered had to be
    place = entrance.registration.touchpoint
    put_items(binding, person=person, touchpoint=place, values={entrance.address: address}, now=now)
    return person


def set_new_password(binding: Binding, *, token: str, password: str, home: str, now: datetime) -> Person:
    """The person who has this password from now on, by a link that was mailed to them; they are signed out everywhere.

    Raises AccountError A102 for the link, A101 for the password, which does not use the link up. Side effects: a line in
    the ledger, a message that tells them.
    """
    site, entrance = binding.site, access_entrance(binding)
    found = find_link(site, RESET, token, now)
    if found is None:
        raise refuse_link()
    check_new_password(password)
    encoded = hash_password(password)
    with enter_site(site):
        person = spend_link(site, RESET, token, now).person
        store_password(binding, person=person, leaf=entrance.password, encoded=encoded, now=now)
        forget_locks(site, person)
        end_sessions(binding, person=person, now=now)
        withdraw_links(site, person=person)
        _tell_password_changed(binding, person, home=home, now=now)
    return person


def change_password(
    binding: Binding, *, person: Person, old: str, new: str, home: str, now: datetime, keeping: str = ""
) -> None:
    """Another password for somebody who is signed in and gives the one they have; other places are signed out.

    `keeping` is the session they did it in. Raises AccountError A103 for the old one, A101 for the new one. Side effects
    as with a link.
    """
    entrance = access_entrance(binding)
    confirm_password(binding, person=person, password=old, now=now)
    check_new_password(new, (old,))
    encoded = hash_password(new)
    with enter_site(binding.site):
        store_password(binding, person=person, leaf=entrance.password, encoded=encoded, now=now)
        end_sessions(binding, person=person, now=now, keeping=keeping)
        withdraw_links(binding.site, person=person)
        _tell_password_changed(binding, person, home=home, now=now)


def confirm_password(binding: Binding, *, person: Person, password: str, now: datetime) -> None:
    """Make sure that whoever is signed in knows the password, before something that cannot be undone.

    Raises AccountError A103; after ten tries in an hour even the right one is not taken.
    """
    site, what = binding.site, "confirm"
    is_in_time = count_try(site=site, what=what, who=person.id, most=2 * MOST_FAILURES, within=HOUR, now=now)
    if not is_password(site, find_sign_in(site, person), password, now):
        raise AccountError("A103", "this is not your password", "type it again")
    if not is_in_time:
        raise AccountError("A103", "too many wrong passwords were given", "try again in an hour")
    forget_tries(site=site, what=what, who=person.id, within=HOUR, now=now)


def forget_locks(site: str, person: Person) -> None:
    """Nothing is locked any more: the right password was given, or a link from their mailbox was used."""
    for index in Identifier.objects.filter(site=site, person=person, kind=EMAIL).values_list("digest", flat=True):
        forget_failures(site, bytes(index))
    SignIn.objects.filter(site=site, person=person).update(failures=0, locked_until=None)


def _tell_password_changed(binding: Binding, person: Person, *, home: str, now: datetime) -> None:
    write_line(binding.site, "person.password-changed", at=now, person=person.id, outcome="done")
    queue_notice(binding, now=now, person=person, kind="password-changed", home=home, values={"at": say_moment(now)})
