"""Messages that reached the mailbox, taken in once: a no is carried out, a report noted, anything else opens a sealed case.

Who says that they sent it is not who did: only a no is carried out for the address in From. A message without proof of
its sender belongs to a visitor, so that no case about it opens what is held about anybody. (docs/decisions/0019.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError

from upheld.actions.cases import HeldCase, open_case
from upheld.actions.ids import draw_id
from upheld.actions.keys import find_site_key
from upheld.actions.ledger import write_line
from upheld.actions.no_by_message import carry_out_no
from upheld.actions.notices import queue_notice
from upheld.actions.outbox import note_bounce
from upheld.actions.people import INDEX, create_person, digest_identifier
from upheld.actions.suppression import digest_address
from upheld.actions.vault import Value, put_items
from upheld.core.errors import RefusedError
from upheld.core.fields.form import FormPlan
from upheld.core.fields.plan import list_forms, plan_mailbox
from upheld.core.gate.binding import Binding
from upheld.core.notices.inbound import AUTOMATIC, BOUNCE, CASE, CHOICE, LOOP, Sorted, find_answered, sort_letter
from upheld.core.notices.letters import Letter
from upheld.core.notices.stops import list_stoppable
from upheld.core.policy.compile import Table
from upheld.core.policy.saying.names import join_words, say_name
from upheld.core.rights.answering import STOP_REQUEST, find_answering, list_stopped_by_message
from upheld.core.seal.index import index_identifier
from upheld.records.models import Case, Identifier, Inbound, Outgoing, Person
from upheld.records.walls import enter_site, read_site

REFUSED = "refused"
LEFT = (BOUNCE, AUTOMATIC, LOOP, REFUSED)
MESSAGE = "message"
METHOD = "mail"
EMAIL = "email"
MESSAGE_SORTS = ("message", "other")  # sorts of form that open a case
STOPPED, ARRIVED = "stopped-by-message", "message-arrived"
# RFC 3834, section 2 (read 2025-11-22), asks for a limit; one a day is enough to know that a message has arrived.
BETWEEN_ANSWERS = timedelta(hours=24)
KEEP_NOTES = timedelta(days=90)  # far longer than a message lies in a mailbox or on its way


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a message: its id here, what it was, the case it opened and the choices it answered with a no.

    `is_new` is false for one that was taken in before; `acknowledged` is the message of ours that says it arrived.
    """

    id: str
    sort: str
    case: str = ""
    number: str = ""
    choices: tuple[str, ...] = ()
    acknowledged: str = ""
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class _Known:
    """What we know around a letter before it is read as a no: the message of ours it answers, and who may have sent it."""

    answered: Outgoing | None
    digest: bytes
    holder: Person | None


def take_letter(
    binding: Binding, letter: Letter, *, now: datetime, home: str, own: Collection[str] = (), authority: str = ""
) -> Intake:
    """What became of a letter; one that was taken in before changes nothing.

    `own` are further addresses that the house sends at, `authority` the name under which its mail server says what it
    checked, `home` the address of the site's first page. Raises RefusedError never: what the policy lets nobody take is
    noted as refused and nothing of it is kept. Side effects: the row, its lines in the ledger, and what the sort asks for.
    """
    digest = digest_letter(binding.site, letter, now)
    before = find_intake(binding.site, digest)
    if before is not None:
        return before
    try:
        with enter_site(binding.site):
            # First, so that of two who take in the same message one waits here and then finds it.
            row = Inbound.objects.create(
                id=draw_id("in"), site=binding.site, digest=digest, at=now, sort="", size=min(letter.size, 2**62)
            )
            return _take_in(binding, letter, row, now=now, home=home, own=own, authority=authority)
    except IntegrityError:
        before = find_intake(binding.site, digest)
        if before is None:
            raise
        return before


def _take_in(
    binding: Binding,
    letter: Letter,
    row: Inbound,
    *,
    now: datetime,
    home: str,
    own: Collection[str],
    authority: str,
) -> Intake:
    known = _find_known(binding, letter, now)
    addresses = {address.lower() for address in (*own, binding.policy.contact.get("email", "")) if address}
    answers_ours = known.answered is not None and known.answered.mail_class in list_stoppable(binding.policy)
    found = sort_letter(letter, own=addresses, authority=authority, answers_ours=answers_ours)
    if found.heard.message and known.answered is None:
        known = _Known(_find_outgoing(binding.site, found.heard.message), known.digest, known.holder)
    row.sort, row.is_proved = found.sort, found.is_proved
    row.message = found.message
    row.person = known.holder.id if known.holder else ""
    if found.sort in LEFT:
        return _leave(binding, row, found, now)
    is_no = found.heard.is_no and bool(list_stopped_by_message(binding.policy))
    choices: tuple[str, ...] = ()
    person = known.holder
    if is_no:
        person = person or _find_receiver(binding.site, known.answered)
        row.person = person.id if person else ""
        choices = carry_out_no(
            binding,
            person=person,
            digest=known.digest,
            words=f"{letter.subject} {letter.text[:2000]}",
            now=now,
            answered=row.message,
            answered_class=known.answered.mail_class if known.answered else "",
        )
    case: HeldCase | None = None
    if not is_no or found.heard.has_more:
        case = _open_letter_case(binding, letter, found, known, now)
    if not is_no:
        row.sort = REFUSED if case is None else CASE if row.sort == CHOICE else row.sort
        if case is None:
            return _leave(binding, row, found, now)
    row.case = case.id if case else ""
    row.save()
    _tell_taken(binding, row, choices, now)
    number = case.number if case else ""
    said = _acknowledge(binding, person, choices, case, now=now, home=home) if found.may_answer else ""
    return Intake(row.id, row.sort, row.case, number, choices, said)


def _tell_taken(binding: Binding, row: Inbound, choices: tuple[str, ...], now: datetime) -> None:
    """The line of the ledger; one for each choice that was answered with a no."""
    for choice in choices or (None,):
        write_line(
            binding.site,
            "inbox.taken",
            at=now,
            person=row.person,
            known=binding.names,
            message=row.id,
            sort=row.sort,
            case=row.case or None,
            choice=choice,
            outcome="no" if row.sort == CHOICE else None,
        )


def digest_letter(site: str, letter: Letter, now: datetime) -> bytes:
    """What a message is known again by: a keyed hash of its id, its sender, its date and what it says; of its bytes without an id.

    The id alone would let two that a careless program gave the same one pass for one, and the second be lost.
    """
    said = (letter.message_id, letter.sender.lower(), letter.find("date"), letter.subject, letter.text)
    parts = said if letter.message_id else (letter.fingerprint,)
    whole = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return index_identifier(find_site_key(site, INDEX, now).key, site, "plain", f"letter {whole}")


def find_intake(site: str, digest: bytes) -> Intake | None:
    """What became of a message that was taken in before, or None."""
    with read_site(site):
        row = Inbound.objects.filter(site=site, digest=digest).first()
    return None if row is None else Intake(row.id, row.sort, row.case, is_new=False)


def find_letter_row(site: str, case: str) -> Inbound | None:
    """The message that opened a case, without what it says; None for a case that no message opened."""
    with read_site(site):
        return Inbound.objects.filter(site=site, case=case).first() if case else None


def _leave(binding: Binding, row: Inbound, found: Sorted, now: datetime) -> Intake:
    """Note a message that nothing follows from, or only what a report says."""
    if found.sort == BOUNCE and row.message:
        note_bounce(binding, message=row.message, is_hard=found.is_hard, now=now)
    row.save()
    write_line(binding.site, "inbox.left", at=now, message=row.id, sort=row.sort)
    return Intake(row.id, row.sort)


def _find_known(binding: Binding, letter: Letter, now: datetime) -> _Known:
    answered = _find_outgoing(binding.site, find_answered(letter))
    if not letter.sender:
        return _Known(answered, b"", None)
    digest = digest_address(binding.site, letter.sender, now)
    return _Known(answered, digest, find_holder(binding.site, letter.sender, now))


def find_holder(site: str, address: str, now: datetime) -> Person | None:
    """Whom an address belongs to: whoever has shown that it is theirs, or the only one who claims it; else nobody."""
    digest = digest_identifier(site, EMAIL, address, now)
    with read_site(site):
        rows = Identifier.objects.select_related("person").filter(site=site, kind=EMAIL, digest=digest)
        claims = list(rows.order_by("pk")[:50])
    shown = [claim for claim in claims if claim.verified_at is not None] or claims
    people = {claim.person_id: claim.person for claim in shown}
    return next(iter(people.values())) if len(people) == 1 else None


def _find_outgoing(site: str, message: str) -> Outgoing | None:
    return Outgoing.objects.filter(site=site, id=message).first() if message else None


def _find_receiver(site: str, answered: Outgoing | None) -> Person | None:
    """Whom the message went to that is being answered; its id is drawn at random, so whoever knows it got the message.

    Only when it went to an address of their own: a message to somebody they named is kept under their id as well, and
    what that somebody says is not theirs.
    """
    if answered is None or not answered.person or not answered.digest:
        return None
    own = Identifier.objects.select_related("person").filter(
        site=site, person=answered.person, kind=EMAIL, digest=bytes(answered.digest)
    )
    found = own.first()
    return None if found is None else found.person


def _open_letter_case(binding: Binding, letter: Letter, found: Sorted, known: _Known, now: datetime) -> HeldCase | None:
    """The case with the sealed message; None when the policy lets no message in anywhere."""
    plan = plan_mailbox(binding.gate.table) or find_message_form(binding.gate.table)
    if plan is None:
        return None
    sender = known.holder if found.is_proved and known.holder else create_person(binding, now=now, is_visitor=True)
    try:
        items = put_items(
            binding,
            person=sender,
            touchpoint=plan.touchpoint,
            values=_list_values(plan, letter),
            now=now,
            method=METHOD,
        )
    except RefusedError:
        if sender is not known.holder:
            sender.delete()
        return None
    kind = STOP_REQUEST if found.heard.may_be_no and list_stopped_by_message(binding.policy) else MESSAGE
    return open_case(
        binding.site,
        kind=kind,
        now=now,
        person=sender.id,
        item=items[0].id,
        purpose=items[0].purposes[0],
        touchpoint=plan.touchpoint,
        due_at=find_answering(binding.policy, kind).find_due(now),
    )


def find_message_form(table: Table) -> FormPlan | None:
    """The form by which the policy lets people write to the business: one that opens a case and asks for a text."""
    for plan in list_forms(table):
        if plan.sort in MESSAGE_SORTS and any(field.kind == "long text" for field in plan.fields):
            return plan
    return None


def _list_values(plan: FormPlan, letter: Letter) -> dict[str, Value]:
    """What is kept of a letter, by category: its words with the address to answer to, and nothing that is attached."""
    text = next(field.data for field in plan.fields if field.kind == "long text")
    address = next((field.data for field in plan.fields if field.kind == "email"), "")
    content: dict[str, str] = {}
    if letter.sender and not address:
        content["from"] = letter.sender
    if letter.subject:
        content["subject"] = letter.subject
    content["text"] = letter.text or "(no words)"
    if letter.attachments:
        sizes = ", ".join(say_size(part.size) for part in letter.attachments[:20])
        content["not taken"] = f"{len(letter.attachments)} attached: {sizes}"
    if letter.is_cut:
        content["cut"] = f"the message has {say_size(letter.size)}; only its beginning was read"
    values: dict[str, Value] = {text: content}
    if letter.sender and address:
        values[address] = letter.sender
    return values


def say_size(octets: int) -> str:
    """A size as people read it."""
    if octets < 1024:
        return f"{octets} bytes"
    return f"{octets / 1024:.0f} KB" if octets < 1024 * 1024 else f"{octets / 1024 / 1024:.1f} MB"


def _acknowledge(
    binding: Binding,
    person: Person | None,
    choices: tuple[str, ...],
    case: HeldCase | None,
    *,
    now: datetime,
    home: str,
) -> str:
    """The id of the message to the address on file that says what became of the letter; empty when there is none.

    An unknown sender gets none: the address may be somebody else's, and no sentence lets us use it by ourselves.
    """
    if choices:
        return tell_stopped(binding, person, choices, now=now, home=home)
    if person is None or case is None or not may_write_back(binding.site, person, (STOPPED, ARRIVED), now):
        return ""
    values = {"number": case.number, "within": say_within(case.due_at, now)}
    return queue_notice(
        binding, now=now, person=person, kind=ARRIVED, home=home, values=values, subject=case.id
    ).message


def tell_stopped(binding: Binding, person: Person | None, choices: tuple[str, ...], *, now: datetime, home: str) -> str:
    """The id of the message to the address on file that says that a no was carried out; empty when none is due.

    It is sent even when the arrival of another message was told that day: whoever said no hears that it counts.
    """
    if person is None or not choices or not may_write_back(binding.site, person, (STOPPED,), now):
        return ""
    said = join_words([say_name(choice, "choice", binding.policy.words) for choice in choices])
    values = {"at": f"{now.day} {now:%B %Y at %H:%M} UTC", "choice": said}
    return queue_notice(binding, now=now, person=person, kind=STOPPED, home=home, values=values).message


def may_write_back(site: str, person: Person, kinds: tuple[str, ...], now: datetime) -> bool:
    """Whether a program may write to this person: not to a closed account, nor when one of these notices went out that day."""
    if person.closed_at is not None:
        return False
    with read_site(site):
        rows = Outgoing.objects.filter(site=site, person=person.id, kind__in=kinds)
        return not rows.filter(queued_at__gt=now - BETWEEN_ANSWERS).exists()


def sweep_letters(site: str, now: datetime) -> int:
    """How many notes of messages that arrived long ago were removed; those of open cases stay.

    They are there so that nothing is taken in twice, and so that whoever has the case knows how the message came.
    """
    with enter_site(site):
        old = Inbound.objects.filter(site=site, at__lt=now - KEEP_NOTES)
        still = Case.objects.filter(site=site, closed_at__isnull=True).values("id")
        return old.exclude(case__in=still).delete()[0]


def say_within(due_at: datetime | None, now: datetime) -> str:
    """How long somebody may have to wait, in whole days or hours."""
    hours = round((due_at - now).total_seconds() / 3600) if due_at else 0
    return f"{hours // 24} days" if hours >= 96 else f"{hours} hours"
