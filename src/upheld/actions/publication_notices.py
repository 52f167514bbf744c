"""Telling every account of a change: messages in batches that may be cut short, what came of each, and who is bound when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from upheld.actions.ids import draw_id
from upheld.actions.ledger import Line, write_lines
from upheld.actions.letters import queue_for_accounts
from upheld.actions.notices import make_notice
from upheld.actions.outgoing import BOUNCED, FAILED, IN_DOUBT, SENDING, SENT, WAITING, Outcome
from upheld.actions.outgoing import QUEUED as IN_OUTBOX
from upheld.actions.primary import find_receivers
from upheld.actions.settling import settle_rows
from upheld.core.gate.binding import Binding
from upheld.core.rights.changing import ACCEPTANCE, ACTIVE, ANNOUNCED, MAIL, PROMINENT_DAYS, SITE, USE, WITHDRAWN
from upheld.core.rights.telling import say_day
from upheld.records.models import Identifier, Membership, Outgoing, Person, PolicyNotice, Publication
from upheld.records.walls import enter_site, read_site

KIND = "policy-changed"
CALLED_OFF = "policy-change-called-off"
UNDER_WAY = (IN_OUTBOX, WAITING, SENDING)
QUEUED, LEFT, RECALLED = "queued", "sent", "recalled"
MOST_AT_ONCE = 50
MOST_MOVED = 500
EMAIL = "email"
CHANGES_PATH = "privacy/changes/"


def tell_people(binding: Binding, now: datetime, *, home: str, most: int = MOST_AT_ONCE) -> int:
    """How many further accounts have their notice now, of every change that is told by mail; 0 when all have theirs.

    One transaction: a crash leaves nothing half done, and the next call goes on after the last account. Who cannot be
    written to is told by the notice on the site. `home` is the address of the site's first page with its slash. Side effects: messages in the outbox and lines in the ledger.
    """
    count = 0
    for publication in _list_publications(binding.site):
        if count < most:
            count += _tell_batch(binding, publication, now, home, most - count)
    return count


def _list_publications(site: str) -> list[Publication]:
    with read_site(site):
        found = Publication.objects.filter(site=site, notice=MAIL, state__in=(ANNOUNCED, ACTIVE))
        return list(found.defer("text").order_by("version"))


def _tell_batch(binding: Binding, publication: Publication, now: datetime, home: str, most: int) -> int:
    site = binding.site
    with enter_site(site):
        row = Publication.objects.select_for_update().defer("text").get(site=site, pk=publication.pk)
        if row.state not in (ANNOUNCED, ACTIVE):
            return 0
        accounts = list(list_untold(row).filter(id__gt=row.cursor).order_by("id")[:most])
        if not accounts and row.cursor:  # ids are drawn at random: whoever came meanwhile may stand before the last one
            accounts, row.cursor = list(list_untold(row).order_by("id")[:most]), ""
        if accounts:
            _tell_each(binding, row, accounts, now, home)
        row.cursor = accounts[-1].id if accounts else ""
        row.save(update_fields=["cursor"])
    return len(accounts)


def list_accounts(site: str) -> QuerySet[Person]:
    """Companies with people, and private people: whoever has shown that an address is theirs and uses no company's account."""
    holds = Identifier.objects.filter(person=OuterRef("pk"), kind=EMAIL, verified_at__isnull=False)
    uses = Membership.objects.filter(person=OuterRef("pk"))
    used = Membership.objects.filter(company=OuterRef("pk"))
    private = Q(Exists(holds)) & ~Q(Exists(uses))
    found = Person.objects.filter(site=site, is_visitor=False, closed_at__isnull=True)
    return found.filter((Q(kind="company") & Q(Exists(used))) | (~Q(kind="company") & private))


def list_untold(publication: Publication) -> QuerySet[Person]:
    """The accounts under an earlier version that have no notice of this one."""
    told = PolicyNotice.objects.filter(publication=publication, person=OuterRef("pk"))
    return list_accounts(publication.site).filter(~Exists(told), version__lt=publication.version)


def _tell_each(binding: Binding, row: Publication, accounts: Sequence[Person], now: datetime, home: str) -> None:
    """Queue the message to each account's primary address, or note that the site has to tell them."""
    receivers = find_receivers(binding.site, accounts)
    values = {
        "day": say_day(max(row.effective_at or now, now).date()),
        "link": f"{home}{CHANGES_PATH}{name_changes(binding, row)}",
    }
    draft = make_notice(binding, kind=KIND, home=home, values=values)
    queued = queue_for_accounts(binding, draft, receivers, now)
    messages = {account: one.message for account, one in queued.items()}
    version, stood = row.version.isoformat(), find_stood(row)
    told = [(account.id, message) for account in accounts if (message := messages.get(account.id, ""))]
    lines = [Line(draw_id("e"), "policy.notice", to, now, {"version": version, "mail": mail}) for to, mail in told]
    write_lines(binding.site, lines, known=binding.names)
    PolicyNotice.objects.bulk_create(
        PolicyNotice(
            site=binding.site,
            publication=row,
            person=account.id,
            message=messages.get(account.id, ""),
            state=QUEUED if messages.get(account.id) else SITE,
            at=now if messages.get(account.id) else stood,
        )
        for account in accounts
    )


def name_changes(binding: Binding, row: Publication) -> str:
    """The last part of the address of the page that compares the version with the one before it."""
    before = max((day for day in binding.gates if day < row.version), default=binding.current)
    return f"{before.isoformat()}..{row.version.isoformat()}"


def find_stood(row: Publication) -> datetime:
    """When the notice on the site has stood for its time."""
    return row.posted_at + timedelta(days=PROMINENT_DAYS)


def review_notices(binding: Binding, now: datetime) -> int:
    """How many messages have been found to be settled since the last look; a change is told when none is left.

    A message that failed, may have been lost, or came back later told nobody: the notice on the site does. Side effect:
    a change of which all were told may begin, after the time that the policy gives.
    """
    count = 0
    for publication in _list_publications(binding.site):
        with enter_site(binding.site):
            count += _review_one(binding, publication, now)
    return count


def is_under_way() -> Exists:
    """Whether the message of a notice still waits or is being sent: some that wait long must not hide the others."""
    return Exists(Outgoing.objects.filter(id=OuterRef("message"), state__in=UNDER_WAY))


def _review_one(binding: Binding, publication: Publication, now: datetime) -> int:
    row = Publication.objects.select_for_update().defer("text").get(site=binding.site, pk=publication.pk)
    waiting = list(PolicyNotice.objects.filter(~is_under_way(), publication=row, state=QUEUED)[:MOST_MOVED])
    found = {out.id: out for out in Outgoing.objects.filter(id__in=[one.message for one in waiting]).defer("sealed")}
    settled = []
    for one in waiting:
        out = found.get(one.message)
        if out is not None and out.state == SENT:
            one.state, one.at = LEFT, out.settled_at or now
        elif out is None or out.state in (FAILED, BOUNCED, IN_DOUBT):
            one.state, one.at = SITE, find_stood(row)
        else:
            continue
        settled.append(one)
    PolicyNotice.objects.bulk_update(settled, ["state", "at"])
    came_back = Outgoing.objects.filter(site=binding.site, kind=KIND, state__in=(FAILED, BOUNCED)).values("id")
    PolicyNotice.objects.filter(publication=row, state=LEFT, bound_at__isnull=True, message__in=came_back).update(
        state=SITE, at=find_stood(row)
    )
    is_over = not PolicyNotice.objects.filter(publication=row, state=QUEUED).exists() and not list_untold(row).exists()
    if row.state == ANNOUNCED and row.told_at is None and is_over:
        row.told_at = now
        row.effective_at = max(row.effective_at or now, now + timedelta(days=row.lead_days))
        row.save(update_fields=["told_at", "effective_at"])
    return len(settled)


def move_people(binding: Binding, now: datetime, most: int = MOST_MOVED) -> int:
    """How many people are bound by a later version from now on: those whom the policy has told; 0 when nobody is left.

    People without an account are bound with its beginning, since the policy has nobody but account holders told.
    """
    with read_site(binding.site):
        rows = list(Publication.objects.filter(site=binding.site, state=ACTIVE).defer("text").order_by("version"))
    count = 0
    for row in rows:
        with enter_site(binding.site):
            ids = list(list_movable(row, now).values_list("id", flat=True)[:most])
            Person.objects.filter(site=binding.site, id__in=ids).update(version=row.version)
            PolicyNotice.objects.filter(publication=row, person__in=ids).update(bound_at=now)
            count += len(ids)
    return count


def list_movable(row: Publication, now: datetime) -> QuerySet[Person]:
    """The people under an earlier version whom this one may bind now."""
    found = Person.objects.filter(site=row.site, version__lt=row.version)
    has_address = Exists(Identifier.objects.filter(person=OuterRef("pk"), kind=EMAIL))
    uses = Exists(Membership.objects.filter(person=OuterRef("pk")))
    used = Exists(Membership.objects.filter(company=OuterRef("pk")))
    is_account = Q(closed_at__isnull=True, is_visitor=False) & (Q(has_address) | Q(uses) | Q(used))
    if row.notice == MAIL:
        told = PolicyNotice.objects.filter(
            publication=row, state__in=(LEFT, SITE), at__lte=now - timedelta(days=row.grace_days)
        )
        company = Membership.objects.filter(person=OuterRef("pk"), company__in=told.values("person"))
        is_told = (Q(Exists(told.filter(person=OuterRef("pk")))) & ~Q(uses)) | Q(Exists(company))
        found = found.filter(is_told | ~is_account)
    if row.moves == ACCEPTANCE:
        return found.filter(~is_account)
    if row.moves == USE:
        return found.filter(Q(signed_in_at__gte=row.active_at) | Q(used) | ~is_account)
    return found


def tell_called_off(binding: Binding, now: datetime, *, home: str, most: int = MOST_AT_ONCE) -> int:
    """How many accounts that had a message about a change are told that it was called off; 0 when all of them are.

    Those whose message had not left are not written to at all. One transaction; a crash leaves nothing half done.
    """
    count = 0
    with enter_site(binding.site):
        for row in Publication.objects.filter(site=binding.site, notice=MAIL, state=WITHDRAWN).defer("text"):
            waiting = PolicyNotice.objects.select_for_update().filter(publication=row, state__in=(QUEUED, LEFT))
            notices = list(waiting.exclude(message="").order_by("pk")[:most])
            left, lost = _find_left(notices)
            accounts = list(Person.objects.filter(site=binding.site, id__in=left, closed_at__isnull=True))
            receivers = find_receivers(binding.site, accounts)
            draft = make_notice(binding, kind=CALLED_OFF, home=home, values={"day": say_day(row.version)})
            queue_for_accounts(binding, draft, receivers, now)
            PolicyNotice.objects.filter(publication=row, person__in=left).update(state=RECALLED, at=now)
            PolicyNotice.objects.filter(publication=row, person__in=lost).update(state=SITE)
            count += len(left) + len(lost)
    return count


def _find_left(notices: Sequence[PolicyNotice]) -> tuple[set[str], set[str]]:
    """The accounts that have the message or may have it, and those that will never have it; of the others nobody knows yet."""
    rows = Outgoing.objects.filter(id__in=[one.message for one in notices]).values_list("id", "state")
    states = dict(rows)
    left = {one.person for one in notices if one.state == LEFT or states.get(one.message) in (SENT, IN_DOUBT)}
    lost = {one.person for one in notices if states.get(one.message, FAILED) in (FAILED, BOUNCED)}
    return left, lost - left


def stop_notices(binding: Binding, messages: tuple[str, ...], now: datetime) -> int:
    """How many messages about a change that was called off are not sent any more; one that is being sent leaves."""
    with enter_site(binding.site):
        rows = Outgoing.objects.select_for_update().filter(
            site=binding.site, id__in=messages, state__in=("queued", "waiting")
        )
        found = list(rows)
        settle_rows(binding, [(row, Outcome(FAILED, "called off")) for row in found], now)
    return len(found)
