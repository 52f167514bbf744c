"""The stop link of people whom a customer named: whoever has it may say stop, without an account, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upheld.actions.naming import STOPPED
from upheld.actions.sessions import digest_token
from upheld.actions.suppression import LINK, is_suppressed, suppress
from upheld.core.gate.binding import Binding
from upheld.core.shipping.ordering import find_proof
from upheld.records.models import NamedAddress
from upheld.records.walls import enter_site, read_site


@dataclass(frozen=True, slots=True)
class NamedStop:
    """What a stop link is about: the class of message, and whether it was stopped already. Nothing tells whose it is."""

    mail_class: str
    is_stopped: bool


def find_named(binding: Binding, token: str) -> NamedStop | None:
    """What the link is about; None for a token that was never given out, or where the policy sends no such message."""
    proof = find_proof(binding.gate.table)
    if proof is None:
        return None
    with read_site(binding.site):
        row = _find_row(binding.site, token)
        if row is None:
            return None
        return NamedStop(proof.mail_class, is_suppressed(binding.site, bytes(row.digest), proof.mail_class))


def stop_named(binding: Binding, *, token: str, now: datetime) -> bool:
    """Whether the address behind the link gets no more such messages from now on; no for a token that was never given out.

    Done twice it stays stopped. It holds for every shipment for which anybody names the address. Side effects: what waits
    for it is taken out of the outbox; a line in the ledger. The customer sees that nobody hears there any more.
    """
    proof = find_proof(binding.gate.table)
    if proof is None:
        return False
    with enter_site(binding.site):
        row = _find_row(binding.site, token)
        if row is None:
            return False
        # of nobody: the no stays when the customer and all that is about them is erased
        suppress(
            binding,
            digest=bytes(row.digest),
            mail_class=proof.mail_class,
            reason=LINK,
            now=now,
            message=row.message,
        )
        row.state = STOPPED
        row.save(update_fields=["state"])
    return True


def _find_row(site: str, token: str) -> NamedAddress | None:
    return NamedAddress.objects.filter(site=site, stop=digest_token(token)).first() if token else None
