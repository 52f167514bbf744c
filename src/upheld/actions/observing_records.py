"""A survey of the records of a site: counts of what only they can say. Shows nobody anything, and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.db.models import BinaryField, Count, F, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Length

from upheld.actions.facts import LAST_SIGN_IN
from upheld.actions.held import list_mail_leaves
from upheld.actions.outgoing import SENT
from upheld.actions.passwords import is_kept_slowly
from upheld.actions.visits import FILE_NAME, FOLDER, list_files, read_visits
from upheld.core.errors import SealError
from upheld.core.gate.binding import Binding
from upheld.core.proof.survey import Survey, Visits
from upheld.core.rights.changing import ACTIVE
from upheld.core.rights.demanding import list_grounds
from upheld.core.rights.keeping import list_keepings
from upheld.core.seal.envelope import NONCE_BYTES, TAG_BYTES
from upheld.records.models import Demand, Disclosure, Item, Outgoing, Permission, PolicyNotice, SignIn
from upheld.records.walls import read_site

MOST_PASSWORDS = 200  # each is opened, which takes a while
MOST_DAYS = 3  # of the log of visits, the newest
MOST_VISITS = 5_000
MOST_LINES = 20
SEALED = b"\x01"  # how everything sealed begins (core/seal/envelope)
LEAST_SEALED = 1 + NONCE_BYTES + TAG_BYTES


def survey_records(binding: Binding, now: datetime, state: Path | None) -> Survey:
    """The counts, as they are at this moment; `state` is the folder of the log of visits, which is left out without it."""
    with read_site(binding.site):
        items = Item.objects.filter(site=binding.site)
        sign_ins = list(SignIn.objects.filter(site=binding.site).order_by("-changed_at")[:MOST_PASSWORDS])
        logged, unlogged = _look_at_mails(binding)
        bound = PolicyNotice.objects.filter(
            site=binding.site, publication__state=ACTIVE, publication__is_material=True, bound_at__isnull=False
        )
        left_out = items.exclude(left_out="")
        return Survey(
            items=items.count(),
            unlabelled=_find_unlabelled(binding, items).count(),
            left_open=_find_open(items).count(),
            held=_count_leaves(items),
            past_end=_count_past(binding, items, now),
            passwords=len(sign_ins),
            weak_passwords=sum(not is_kept_slowly(binding.site, one) for one in sign_ins),
            left_out=left_out.count(),
            groundless=left_out.filter(left_out_source=b"").count(),
            logged=logged,
            unlogged=unlogged,
            bound=bound.count(),
            unnoticed=bound.filter(Q(state="queued") | Q(bound_at__lt=F("at"))).count(),
            overused=_list_overused(binding.site),
            unbelieved=_list_unbelieved(binding),
            visits=None if state is None else _look_at_visits(binding.site, state, now),
        )


def _find_unlabelled(binding: Binding, items: QuerySet[Item]) -> QuerySet[Item]:
    """Items of which nobody can say under which version, for what and how they came in."""
    return items.filter(~Q(version__in=list(binding.gates)) | Q(touchpoint="") | Q(method="") | Q(purposes=[]))


def _find_open(items: QuerySet[Item]) -> QuerySet[Item]:
    """Items whose sealed part does not look like one."""
    first = Func(F("sealed"), Value(1), Value(1), function="substr", output_field=BinaryField())
    whole = items.annotate(first=first, size=Length("sealed"))
    return whole.exclude(first=SEALED, size__gte=LEAST_SEALED)


def _count_leaves(items: QuerySet[Item]) -> dict[str, int]:
    """How many items hold each category."""
    found: Counter[str] = Counter()
    for categories, count in items.order_by().values_list("categories").annotate(count=Count("pk")):
        for leaf in categories:
            found[leaf] += count
    return dict(found)


def _count_past(binding: Binding, items: QuerySet[Item], now: datetime) -> dict[str, int]:
    """How many items of each category are past their end and still there; what a hold keeps is not."""
    free = items.filter(hold="")
    found = Counter(_count_leaves(free.filter(keep_until__lte=now)))
    keepings = {keeping for keeping in list_keepings(binding.gate.table).values() if keeping.event == LAST_SIGN_IN}
    for keeping in keepings:
        since = now - timedelta(days=keeping.days or 0)
        own = free.filter(keep_class=keeping.keep_class).exclude(keep_until__lte=now)
        own = own.annotate(last=Coalesce("person__signed_in_at", "person__created_at"))
        found.update(_count_leaves(own.filter(last__lte=since)))
    return dict(found)


def _look_at_mails(binding: Binding) -> tuple[int, int]:
    """How many messages that left for somebody have their entry in that one's log, and how many have none."""
    if not list_mail_leaves(binding.policy.words):
        return 0, 0
    sent = Outgoing.objects.filter(site=binding.site, state=SENT).exclude(person="").exclude(sealed=b"", key="")
    return sent.count(), sent.filter(item="").count()


def _list_overused(site: str) -> tuple[str, ...]:
    """Lines of what went out under a permission for once after its first use, or after its last day."""
    given = Permission.objects.filter(site=site).filter(Q(is_once=True) | Q(until__isnull=False))
    limits = {row.id: row for row in given}
    found, used = [], set()
    for row in Disclosure.objects.filter(site=site, subject__in=list(limits)).order_by("at", "id"):
        limit = limits[row.subject]
        if (limit.is_once and row.subject in used) or (limit.until is not None and row.at >= limit.until):
            found.append(row.entry)
        used.add(row.subject)
    return tuple(found[:MOST_LINES])


def _list_unbelieved(binding: Binding) -> dict[str, tuple[str, ...]]:
    """Lines of what went out on a demand whose ground asks for a written belief, without one; by the ground."""
    asking = {ground.name for ground in list_grounds(binding.policy) if ground.statements}
    demands = Demand.objects.filter(
        site=binding.site, ground__in=asking, has_belief=False, released_at__isnull=False
    ).values_list("id", "ground")
    found: dict[str, tuple[str, ...]] = {}
    for demand, ground in demands:
        lines = Disclosure.objects.filter(site=binding.site, subject=demand).values_list("entry", flat=True)
        found[ground] = (*found.get(ground, ()), *lines)[:MOST_LINES]
    return found


def _look_at_visits(site: str, state: Path, now: datetime) -> Visits:
    """The log of visits: all its days, and what stands in the newest of them."""
    names = (FILE_NAME.fullmatch(path.name) for path in list_files(state / FOLDER / site))
    days = sorted(date.fromisoformat(found[1]) for found in names if found)
    today = now.astimezone(UTC).date()
    count, data = 0, set[str]()
    for day in days[-MOST_DAYS:]:
        for visit in _read_some(state, site, day):
            count += 1
            data |= set(visit)
    return Visits(len(days), count, frozenset(data), (today - days[0]).days if days else 0)


def _read_some(state: Path, site: str, day: date) -> Iterable[dict[str, str]]:
    """Some visits of a day; of one that was altered as far as it can be read, which the report of visits says."""
    try:
        for number, visit in enumerate(read_visits(state, site, day)):
            if number >= MOST_VISITS:
                return
            yield visit
    except SealError:
        return
