"""Walks of the invented visitor on record: begun, kept with a line, read for a proof; whoever was left behind is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from upheld.actions.accounts import find_account
from upheld.actions.closing import close_account
from upheld.actions.ids import draw_id
from upheld.actions.ledger import write_line
from upheld.actions.notices import queue_letter
from upheld.actions.people import digest_identifier
from upheld.core.errors import AccountError
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import Evidence
from upheld.core.proof.walks import Walk, read_walk, weigh_walk, write_walk
from upheld.core.seal.entries import write_moment
from upheld.records.models import Identifier, Item, VisitorWalk
from upheld.records.walls import enter_site, read_site

EMAIL = "email"
COUNTS_FOR = timedelta(days=2)
KEPT_FOR = timedelta(days=60)
DUE_AFTER = timedelta(hours=20)  # less than a day, so that each daily proof has a walk before it
AGAIN_AFTER = timedelta(hours=1)  # a walk that broke off is tried again, and not without end
DONE, FAILED = "done", "failed"
SUBJECT = "A test of the link that stops these messages"
TEXT = (
    "This message is a test. It went to an invented reader, who belongs to nobody: every day they walk through this "
    "site from outside, and see whether the link at the end of such a message stops them.\n\n"
    "If it has reached you, it went astray. Please tell us."
)


@dataclass(frozen=True, slots=True)
class KeptWalk:
    """One walk that was finished: when, under which text of the policy, what it brought, its line in the ledger."""

    began_at: datetime
    ended_at: datetime
    digest: str
    walk: Walk
    entry: str


def begin_walk(binding: Binding, *, address: str, now: datetime) -> str:
    """The id of a walk that is on record as begun; from now on the address belongs to its invented person."""
    walk = draw_id("vw")
    with enter_site(binding.site):
        VisitorWalk.objects.create(
            id=walk, site=binding.site, digest=binding.policy.digest, address=address, began_at=now
        )
    return walk


def keep_walk(binding: Binding, walk_id: str, walk: Walk, *, now: datetime) -> str:
    """Keep what a walk brought. One line in the ledger, whose id is given."""
    outcome = DONE if walk.is_good else FAILED
    with enter_site(binding.site):
        row = VisitorWalk.objects.get(site=binding.site, id=walk_id)
        written = write_walk(walk)
        row.steps, row.skipped, row.faults = written["steps"], written["skipped"], written["faults"]
        row.ended_at, row.outcome, row.address = now, outcome, ""
        row.entry = write_line(
            binding.site,
            "visitor.walked",
            at=now,
            version=binding.current.isoformat(),
            outcome=outcome,
            steps=len(walk.steps),
            failed=walk.failed,
        )
        row.save()
        VisitorWalk.objects.filter(site=binding.site, address="", began_at__lt=now - KEPT_FOR).delete()
    return row.entry


def read_newest_walk(site: str, newer_than: datetime) -> KeptWalk | None:
    """The newest walk that was finished after this moment."""
    with read_site(site):
        row = VisitorWalk.objects.filter(site=site, ended_at__gt=newer_than).order_by("-ended_at").first()
    if row is None or row.ended_at is None:
        return None
    walk = read_walk(row.steps, row.skipped, row.faults)
    return KeptWalk(row.began_at, row.ended_at, row.digest, walk, row.entry)


def is_walk_due(binding: Binding, now: datetime) -> bool:
    """Whether the visitor should walk before the next proof: this text has no walk of today, and none was tried just now."""
    kept = read_newest_walk(binding.site, now - DUE_AFTER)
    if kept is not None and kept.digest == binding.policy.digest:
        return False
    with read_site(binding.site):
        rows = VisitorWalk.objects.filter(site=binding.site, digest=binding.policy.digest)
        return not rows.filter(began_at__gt=now - AGAIN_AFTER).exists()


def gather_walked(binding: Binding, now: datetime) -> Mapping[int, Evidence]:
    """What the newest walk of the last two days saw, by the number of the rule; nothing of a walk under another text."""
    kept = read_newest_walk(binding.site, now - COUNTS_FOR)
    if kept is None or kept.digest != binding.policy.digest:
        return {}
    return weigh_walk(kept.walk, day=kept.ended_at.date().isoformat(), line=kept.entry, at=write_moment(now))


def list_walk_faults(binding: Binding, now: datetime) -> tuple[str, ...]:
    """What went wrong with that walk itself: faults of the proof, since no rule has them."""
    kept = read_newest_walk(binding.site, now - COUNTS_FOR)
    if kept is None or kept.digest != binding.policy.digest:
        return ()
    return tuple(f"the invented visitor: {fault}" for fault in kept.walk.faults)


def write_to_visitor(binding: Binding, *, address: str, mail_class: str, home: str, now: datetime) -> str:
    """Queue one message of this class to the invented person, as any letter is: through the gate. Empty when it said no."""
    person = find_account(binding.site, address, now)
    if person is None:
        return ""
    with enter_site(binding.site):
        queued = queue_letter(
            binding, now=now, person=person, mail_class=mail_class, subject_line=SUBJECT, text=TEXT, home=home
        )
    return queued.message


def is_gone(binding: Binding, address: str, person: str, now: datetime) -> bool:
    """Whether nothing is held any more about an invented person who closed their account."""
    site = binding.site
    with read_site(site):
        return not (
            Item.objects.filter(site=site, person=person).exists()
            or Identifier.objects.filter(site=site, kind=EMAIL, digest=digest_identifier(site, EMAIL, address, now))
            .filter(person__closed_at__isnull=True)
            .exists()
        )


def sweep_visitors(binding: Binding, now: datetime) -> int:
    """Take away the invented people of walks that broke off, with all that is held about them; how many there were."""
    site, count = binding.site, 0
    with read_site(site):
        left = list(VisitorWalk.objects.filter(site=site, ended_at__isnull=True).exclude(address=""))
    for row in left:
        count += remove_visitor(binding, row.address, now)
        with enter_site(site):
            row.address = ""
            row.save(update_fields=["address"])
    return count


def remove_visitor(binding: Binding, address: str, now: datetime) -> int:
    """Close every account of this invented person and erase it, confirmed or not; how many there were."""
    site, count = binding.site, 0
    digest = digest_identifier(site, EMAIL, address, now)
    with read_site(site):
        found = Identifier.objects.filter(site=site, kind=EMAIL, digest=digest, person__closed_at__isnull=True)
        people = [one.person for one in found.select_related("person")]
    for person in people:
        try:
            close_account(binding, person=person, is_erased=True, now=now)
        except AccountError:  # the visitor holds no company; somebody else has come to have this address
            continue
        count += 1
    return count
