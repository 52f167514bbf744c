"""Taking a copy: everything held about a person put together, and the line of the ledger that says a copy was taken."""

from __future__ import annotations

import hashlib
from datetime import datetime

from upheld.actions.copies import tell_agreements, tell_disclosures, tell_shipments, tell_versions
from upheld.actions.held import open_held, tell_account, tell_answers
from upheld.actions.ledger import write_line
from upheld.actions.notices import find_trade_name
from upheld.actions.permissions import tell_permissions
from upheld.actions.receipts import list_lines
from upheld.core.errors import RefusedError
from upheld.core.gate.binding import Binding
from upheld.core.rights.copies import Copy
from upheld.core.rights.letting import DOWNLOAD, find_letting
from upheld.records.models import Person
from upheld.records.walls import enter_site


def gather_copy(binding: Binding, *, person: Person, now: datetime, company: Person | None = None) -> Copy:
    """Everything held about the person, and about the company whose account they use, as one value.

    Raises RefusedError when the policy lets nobody download anything. Side effects: those of opening the items.
    """
    letting = find_letting(binding.gate.table, DOWNLOAD)
    if not letting.is_open:
        raise RefusedError("download what is held, at account")
    held = open_held(binding, person=person, company=company, data=letting.data, now=now)
    persons = [person] if company is None else [person, company]
    return Copy(
        site=binding.site,
        business=find_trade_name(binding.policy),
        person=person.id,
        version=binding.current,
        made_at=now,
        account=tell_account(binding, person, company),
        values=held.values,
        withheld=held.withheld,
        answers=tell_answers(binding, person),
        permissions=tell_permissions(binding, person),
        lines=list_lines(binding.site, persons),
        shipments=tell_shipments(binding, persons),
        disclosures=tell_disclosures(binding, persons),
        versions=tell_versions(binding.site, persons),
        agreements=tell_agreements(binding.site, persons),
    )


def note_copy(
    binding: Binding, *, person: Person, copy: Copy, form: str, content: str, now: datetime, by: str = ""
) -> str:
    """The id of the line that says that this copy was taken; `form` is json, csv or page, `content` the file as given out."""
    with enter_site(binding.site):
        return write_line(
            binding.site,
            "item.exported",
            at=now,
            person=person.id,
            by=by,
            items=copy.item_count,
            format=form,
            digest=hashlib.sha256(content.encode()).hexdigest(),
            version=binding.current.isoformat(),
        )
