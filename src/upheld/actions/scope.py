"""Leaving an item out of the policy's scope: only on an exclusion that the policy declares, and only with its ground."""

from __future__ import annotations

import secrets
from datetime import datetime

from upheld.actions.keys import open_person_key
from upheld.actions.ledger import write_line
from upheld.core.errors import GateError
from upheld.core.gate.binding import Binding
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal
from upheld.records.models import Item
from upheld.records.walls import enter_site

KIND = "left-out source"


def leave_out_item(binding: Binding, *, item: Item, exclusion: str, source: str, by: str, now: datetime) -> str:
    """The id of the ledger's line: the item is marked as out of scope, `source` (where that can be seen) sealed beside it.

    Nothing opens wider by it: what the policy does not speak of stays refused. Raises GateError G407 for an exclusion
    that the policy in force does not declare, or without a source.
    """
    declared = binding.policy.words.of_sort("exclusion")
    if exclusion not in declared:
        raise GateError(
            "G407", f"the policy leaves out nothing as `{exclusion}`", "its exclusions: " + ", ".join(declared)
        )
    if not source.strip():
        raise GateError("G407", f"`{exclusion}` was given without its ground", "say where it can be seen")
    label = Label(binding.site, item.person_id, item.id, KIND)
    with enter_site(binding.site):
        # The key as it stands now: it may have been replaced since the caller read the item.
        item.key = Item.objects.select_for_update().get(site=binding.site, pk=item.pk).key
        key = open_person_key(binding.site, item.key)
        item.left_out = exclusion
        item.left_out_source = seal(key, secrets.token_bytes(NONCE_BYTES), source.strip().encode(), label)
        item.save(update_fields=["left_out", "left_out_source"])
        return write_line(
            binding.site, "item.left-out", at=now, person=item.person_id, by=by, item=item.id, ground=exclusion
        )


def read_source(item: Item) -> str:
    """Where it can be seen that the item is out of scope; empty when it is in scope."""
    if not item.left_out:
        return ""
    label = Label(item.site, item.person_id, item.id, KIND)
    return open_sealed(open_person_key(item.site, item.key), bytes(item.left_out_source), label).decode()
