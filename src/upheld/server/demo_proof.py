"""What a demo's people vouched for: some of it lately, some so long ago that it is due or ran out, some never."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from upheld.actions.attesting import list_held, sign
from upheld.actions.grants import list_live_roles
from upheld.actions.staff import find_staff
from upheld.core.gate.binding import Binding

# How long ago each next statement was signed: days after its signing, or before and after it runs out; None is never.
LATELY, DUE, OVER = timedelta(days=20), timedelta(days=10), timedelta(days=5)
NOTES = (
    "Read the list of exports and of those who may make one; nothing goes anywhere else.",
    "Compared the list with the register of companies.",
    "Went round after closing time and tried each door.",
)


def fill_proof(binding: Binding, names: Sequence[str], now: datetime) -> int:
    """How many statements were signed by whoever of these staff holds their role; nothing a second time."""
    staff = [find_staff(name) for name in names]
    held, count = list_held(binding, now), 0
    if any(one.signatures for one in held):
        return 0
    for place, one in enumerate(held):
        statement = one.statement
        ages = (min(LATELY, statement.period / 2), statement.period - DUE, statement.period + OVER, None)
        age = ages[place % len(ages)]
        signers = [by for by in staff if statement.role in list_live_roles(site=binding.site, staff=by.pk, now=now)][
            : statement.voices
        ]
        if age is None or age <= timedelta(0) or len(signers) < statement.voices:
            continue
        for by in signers:
            sign(binding, statement.digest, by=by, note=NOTES[place % len(NOTES)], now=now - age)
        count += 1
    return count
