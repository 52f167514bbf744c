"""Behind the link that an address is mailed at registration: its owner gives the password they chose, or did not register.

The link shows whose mailbox it is, the password that they are who registered. With the link alone, somebody could
register with another's address, have its owner confirm it, and then open with their own password what the owner thinks
is theirs.
"""

from __future__ import annotations

from datetime import datetime

from upheld.actions.accounts import EMAIL, access_entrance, confirm_identifier, erase_unconfirmed
from upheld.actions.entering import IN, LOCKED, WRONG, SigningIn, forget_locks, note_failure
from upheld.actions.locks import find_lock
from upheld.actions.passwords import find_sign_in, is_password
from upheld.actions.sessions import open_session
from upheld.actions.tokens import VERIFY, find_link, refuse_link, spend_link
from upheld.core.gate.binding import Binding
from upheld.records.models import Identifier, Person, Token
from upheld.records.walls import enter_site, read_site


def verify_address(
    binding: Binding, *, token: str, password: str, home: str, now: datetime, method: str = "page"
) -> SigningIn:
    """Confirm the address by this link and the password chosen at registration, and sign in at once.

    A wrong password counts as a failed sign-in of the address, and uses nothing up; while the address is locked the
    right one is not taken either. The person's other links to confirm it stop working. Raises AccountError A102 for a
    link that does not work, and when somebody else has confirmed the address meanwhile. Side effects: lines for the
    confirmation and the sign-in, or a counted failure as in `sign_in`.
    """
    access_entrance(binding)
    site = binding.site
    link = find_link(site, VERIFY, token, now)
    own = _find_claim(site, link.person) if link is not None and link.person.closed_at is None else None
    if link is None or own is None:
        raise refuse_link()
    index = bytes(own.digest)
    until = find_lock(site, index, now)
    is_right = is_password(site, find_sign_in(site, link.person), password, now)  # slow, so outside of the transaction
    if until is not None:
        return SigningIn(LOCKED, until=until)
    if not is_right:
        locked_until = note_failure(binding, index=index, person=link.person, home=home, now=now)
        return SigningIn(LOCKED, until=locked_until) if locked_until else SigningIn(WRONG)
    with enter_site(site):
        person = _spend_alone(site, link, token, now)
        confirm_identifier(binding, own, now)
        Token.objects.filter(site=site, use=VERIFY, person=person, used_at__isnull=True).delete()
        forget_locks(site, person)
        session = open_session(binding, person=person, now=now, method=method)
    return SigningIn(IN, person, session)


def disown_address(binding: Binding, *, token: str, now: datetime) -> None:
    """Erase the account that somebody else registered with this address, and its company if only they hold it.

    The mailbox is enough for that: nobody could use the account yet. Raises AccountError A102 for a link that does not
    work, and for an account that was opened already. A line in the ledger for each that is erased.
    """
    site = binding.site
    with enter_site(site):
        link = find_link(site, VERIFY, token, now)
        if link is None:
            raise refuse_link()
        person = _spend_alone(site, link, token, now)
        is_confirmed = Identifier.objects.filter(site=site, person=person, verified_at__isnull=False).exists()
        if is_confirmed or person.signed_in_at is not None:
            raise refuse_link()
        erase_unconfirmed(binding, person, now)


def _spend_alone(site: str, link: Token, token: str, now: datetime) -> Person:
    """The person of the link, used up, while nobody confirms or erases them by another link of theirs."""
    person = Person.objects.select_for_update().filter(site=site, pk=link.person_id).first()
    if person is None:
        raise refuse_link()
    spend_link(site, VERIFY, token, now)
    return person


def _find_claim(site: str, person: Person) -> Identifier | None:
    with read_site(site):
        rows = Identifier.objects.filter(site=site, person=person, kind=EMAIL)
        return rows.order_by("-created_at").first()
