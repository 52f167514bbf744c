"""The ledger replayed line by line: what happened, how often, and which lines go against which rules of the policy.

A second reading: nothing that made the lines is asked. Each act is weighed by the rules of the version in its line, with
what the lines before it let be known; what they do not tell could have been as the rules ask for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from upheld.core.gate.decide import Gate
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.model import Policy
from upheld.core.proof import replaying_acts as acts
from upheld.core.proof import replaying_desk as desk
from upheld.core.proof.book import Book, Broken, Key, Line, Tally
from upheld.core.proof.rereading import Rereading

_TAKERS: Mapping[str, Callable[[Book, Line], None]] = MappingProxyType(
    {
        "item.collected": acts.take_collected,
        "item.opened": acts.take_opened,
        "item.withheld": acts.take_withheld,
        "item.left-out": acts.take_left_out,
        "report.made": acts.take_report,
        "choice.recorded": acts.take_choice,
        "mail.queued": acts.take_queued,
        "mail.sent": acts.take_sent,
        "person.created": acts.take_account,
        "person.signed-in": acts.take_account,
        "person.locked": acts.take_locked,
        "permission.given": desk.take_permission,
        "permission.withdrawn": desk.end_permission,
        "data.disclosed": desk.take_disclosed,
        "demand.opened": desk.take_demand,
        "demand.narrowed": desk.narrow_demand,
        "demand.changed": desk.change_demand,
        "demand.asked": desk.ask_demand,
        "approval.given": desk.take_voice,
        "merger.opened": desk.take_merger,
        "merger.cancelled": desk.end_merger,
        "merger.done": desk.end_merger,
        "merger.told": desk.take_told,
        "merger.untold": desk.take_untold,
        "grant.given": desk.take_grant,
        "grant.reviewed": desk.take_grant,
        "grant.ended": desk.end_grant,
        "staff.closed": desk.close_staff,
        "recipient.added": desk.take_recipient,
        "recipient.reviewed": desk.take_recipient,
        "recipient.ended": desk.end_recipient,
        "case.opened": desk.take_case,
        "case.sorted": desk.take_case,
        "case.answered": desk.answer_case,
        "case.closed": desk.answer_case,
        "shipment.booked": desk.take_parcel,
        "shipment.event": desk.take_event,
        "shipment.undelivered": desk.take_back,
        "shipment.proof-sent": desk.take_proof,
        "policy.announced": desk.announce_version,
        "policy.notice": desk.take_notice,
        "policy.withdrawn": desk.withdraw_version,
        "policy.active": desk.begin_version,
    }
)
# In these the version is what the line is about, and not the one that it was written under.
_ABOUT_VERSIONS = frozenset({"policy.announced", "policy.notice", "policy.withdrawn", "policy.active"})


class History:
    """What a ledger tells, line by line in the order of places; `gates` are all versions of the policy."""

    def __init__(self, gates: Mapping[date, Gate]) -> None:
        self.book = Book(gates)
        self.counts: Counter[str] = Counter()  # lines by kind
        self.last_at = ""  # the latest moment of any line
        self._versions = {version.isoformat(): version for version in gates}

    @property
    def size(self) -> int:
        """How many lines were replayed."""
        return self.counts.total()

    def add(self, text: str) -> None:
        """Replay one line, given as its canonical text. Raises ValueError or KeyError for what is none."""
        self.see(json.loads(text))

    def see(self, entry: Mapping[str, Any]) -> None:
        """Replay one line that was parsed already."""
        kind, at = entry["kind"], entry["at"]
        self.counts[kind] += 1
        self.last_at = max(self.last_at, at)
        take = _TAKERS.get(kind)
        if take is None:
            return
        body, book = entry["body"], self.book
        version = book.current
        if kind not in _ABOUT_VERSIONS:
            version = self._versions.get(body.get("version", ""), version)
        line = Line(
            entry["serial"],
            kind,
            at,
            entry.get("person", ""),
            body.get("by", ""),
            body,
            version,
            book.readings[version],
        )
        take(book, line)
        if kind == "policy.active":
            book.current = self._versions.get(body.get("version", ""), book.current)

    def find_reading(self, policy: Policy) -> Rereading:
        """The second reading of this version. Raises KeyError for a version that was not given."""
        return self.book.readings[policy.version]

    def list_tallies(self, version: date) -> Mapping[Key, Tally]:
        """What was counted under this version."""
        return self.book.tallies[version]

    def list_broken(self, version: date) -> Mapping[int, Broken]:
        """What goes against rules of this version, by the number of the rule."""
        return self.book.broken[version]

    @property
    def unspoken(self) -> tuple[tuple[str, str], ...]:
        """Acts that no rule permits and that go against none by name: the first lines of them, each with what it says."""
        return tuple(self.book.unspoken)


def replay(policies: Mapping[date, Policy], lines: Iterable[str]) -> History:
    """The history that these lines tell, under these versions of the policy; the lines in the order of their places."""
    history = History({version: Gate(compile_policy(policy)) for version, policy in policies.items()})
    for text in lines:
        history.add(text)
    return history
