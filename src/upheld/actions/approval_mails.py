"""The mail that asks somebody outside to agree: it alone holds the link, so that nobody of the house can answer in their place."""

from __future__ import annotations

from datetime import datetime

from upheld.actions.accounts import say_moment
from upheld.actions.ledger import write_line
from upheld.actions.notices import POLICY_PAGE, find_trade_name, make_message
from upheld.actions.outbox import store_message
from upheld.core.errors import NoticeError, StaffError
from upheld.core.gate.binding import Binding
from upheld.core.notices.compose import Written, write_notice
from upheld.core.policy.administration import list_administrative_classes
from upheld.records.models import StandIn

KIND = "approval-asked"
LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the two brackets


def check_address(binding: Binding, address: str) -> str:
    """The e-mail address of somebody outside. Raises StaffError W143 for what is none, or is the house's own."""
    told = address.strip()
    name, _, host = told.rpartition("@")
    if not (name and "." in host) or len(told) > LONGEST_ADDRESS or not told.isascii() or not told.isprintable():
        raise StaffError("W143", "somebody outside is asked by mail", "write their e-mail address")
    if " " in told or told.casefold() == binding.policy.contact.get("email", "").casefold():
        raise StaffError("W143", "this is not the address of somebody outside", "write their own e-mail address")
    return told


def mail_link(binding: Binding, row: StandIn, *, address: str, link: str, home: str, now: datetime) -> str:
    """The id of the message that is in the outbox; belongs inside the transaction that asks. The link is nowhere else.

    Raises StaffError W145 when the policy has no class of message that can carry it. One line in the ledger.
    """
    written = _write(binding, row, link, home)
    if written is None:
        raise StaffError(
            "W145", "the policy has no class of message that can carry the question", "ask somebody of the role"
        )
    mail_class = list_administrative_classes(binding.policy)[0]
    message = make_message(binding.policy, written, address, now)
    store_message(binding, message, person="", mail_class=mail_class, kind=KIND, now=now, subject=row.id)
    fields = {"mail": message.id, "class": mail_class, "template": KIND}
    write_line(binding.site, "mail.queued", at=now, by=row.begun_by, known=binding.names, **fields)
    return message.id


def _write(binding: Binding, row: StandIn, link: str, home: str) -> Written | None:
    policy = binding.policy
    mail_class = next(iter(list_administrative_classes(policy)), "")
    if not mail_class or row.ends_at is None:
        return None
    values = {"link": link, "until": say_moment(row.ends_at)}
    try:
        return write_notice(
            policy,
            service=find_trade_name(policy),
            kind=KIND,
            mail_class=mail_class,
            because=(),
            policy_address=home + POLICY_PAGE,
            values=values,
        )
    except NoticeError:  # the policy puts something into every such message that belongs to an account
        return None
