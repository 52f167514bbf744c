"""Another e-mail address for an account: it takes the old one's place once a link sent there has been opened."""

from __future__ import annotations

from datetime import datetime

from upheld.actions.accounts import EMAIL, access_entrance, confirm_identifier, may_mail, say_moment
from upheld.actions.corrections import correct_values, refuse_here
from upheld.actions.entering import confirm_password
from upheld.actions.notices import queue_notice
from upheld.actions.people import digest_identifier
from upheld.actions.surfaces import bind_items
from upheld.actions.tokens import (
    LIVES,
    MOVE,
    find_link,
    issue_link,
    read_link,
    refuse_link,
    spend_link,
    withdraw_links,
)
from upheld.core.errors import RefusedError
from upheld.core.gate.binding import Binding
from upheld.core.rights.letting import CHANGE, find_letting
from upheld.records.models import Identifier, Person
from upheld.records.walls import enter_site


def ask_new_address(binding: Binding, *, person: Person, address: str, password: str, home: str, now: datetime) -> None:
    """Mail a link to the new address; until it is opened nothing changes, and it is kept only in the link, sealed.

    An address that has an account of its own gets the same mail, and its link then does not work: so neither the answer
    nor the log of mails nor the receipts of who asks tell whether it has one. Raises AccountError A103 for the password, RefusedError when the policy does not let people change their address.
    """
    entrance, site = access_entrance(binding), binding.site
    if entrance.address not in find_letting(binding.gate.table, CHANGE).data:
        raise RefusedError(f"change {entrance.address}")
    refuse_here(binding, entrance.address)
    confirm_password(binding, person=person, password=password, now=now)
    has_room = may_mail(site, MOVE, address, now)
    with enter_site(site):
        link = issue_link(site, use=MOVE, person=person, home=home, now=now, text=address)
        bind_items(binding, person, entrance.address)  # the link is opened anywhere; the address was told here
        if not has_room:
            return
        values = {"link": link, "until": say_moment(now + LIVES[MOVE])}
        queue_notice(binding, now=now, person=person, kind="confirm-address", home=home, values=values, to=address)


def move_address(binding: Binding, *, token: str, home: str, now: datetime) -> Person:
    """The person who is reached at the link's address from now on; the old one gets a last message that says so.

    Raises AccountError A102 for a link that does not work, or when somebody else has confirmed the address meanwhile.
    Side effects: lines for the correction and the confirmation, and the message.
    """
    site, entrance = binding.site, access_entrance(binding)
    with enter_site(site):
        found = find_link(site, MOVE, token, now)
        if found is None:
            raise refuse_link()
        address, person = read_link(found), found.person
        spend_link(site, MOVE, token, now)
        withdraw_links(site, person=person)  # a link that lies in the old mailbox is of no use from now on
        queue_notice(binding, now=now, person=person, kind="address-changed", home=home, values={"at": say_moment(now)})
        Identifier.objects.filter(site=site, person=person, kind=EMAIL).delete()
        own = Identifier.objects.create(
            site=site,
            person=person,
            kind=EMAIL,
            digest=digest_identifier(site, EMAIL, address, now),
            is_primary=True,
            created_at=now,
        )
        confirm_identifier(binding, own, now)
        correct_values(binding, person=person, values={entrance.address: address}, now=now, is_proved=True)
    return person
