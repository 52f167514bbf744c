"""Staff read the message of a case that is theirs, answer it by mail, and carry out the no that it says.

The answer's words are sealed until they have left and then forgotten: what staff write about somebody is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.cases import HeldCase, find_case, note_answer, refuse_others
from upheld.actions.grants import name_staff
from upheld.actions.inbound import find_holder, tell_stopped
from upheld.actions.no_by_message import BY_MESSAGE, carry_out_no
from upheld.actions.notices import Queueing, queue_letter
from upheld.actions.staff_reading import know_of_act, open_for_staff
from upheld.actions.suppression import digest_address
from upheld.actions.vault import Opening, open_items
from upheld.core.errors import RefusedError, StaffError
from upheld.core.gate.binding import Binding
from upheld.core.notices.letters import read_addresses
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.rights.answering import list_stopped_by_message
from upheld.records.models import Inbound, Item, Person, Staff
from upheld.records.walls import enter_site, read_site

SHORTEST, LONGEST = 2, 10_000
ANSWER = "case-answer"
ADDRESS = "user.contact.email"  # the standard key of an address that a message can go to


@dataclass(frozen=True, slots=True)
class Origin:
    """How the message of a case came, without what it says: by mail or not, proved or not, and how it can be answered.

    `claimed` is somebody on record whose address the message names as its sender, which proves nothing when `is_proved`
    is false.
    """

    is_mail: bool
    is_proved: bool
    claimed: str
    answers: str
    size: int


def find_origin(site: str, case: HeldCase) -> Origin | None:
    """Where the message of a case came from; None for a case without one."""
    if not case.item:
        return None
    with read_site(site):
        row = Inbound.objects.filter(site=site, case=case.id).first()
    if row is None:
        return Origin(is_mail=False, is_proved=False, claimed="", answers="", size=0)
    return Origin(is_mail=True, is_proved=row.is_proved, claimed=row.person, answers=row.message, size=row.size)


def read_message(binding: Binding, *, staff: Staff, role: str, purpose: str, case: str, now: datetime) -> Opening:
    """The message that opened a case, through the gate, for whoever has the case. One line in the ledger.

    Raises StaffError W151 for a case that is with somebody else, W106, W101, W110, W111 and W113 as for any opening.
    """
    held = _find_held(binding.site, case)
    refuse_others(held, name_staff(staff.pk))
    return open_for_staff(
        binding,
        staff=staff,
        role=role,
        person=held.person,
        purpose=purpose,
        case=case,
        item=held.item,
        items=[item.id for item in list_sent_items(binding.site, held)],
        now=now,
    )


def list_sent_items(site: str, case: HeldCase) -> list[Item]:
    """All that came with the message of a case: what is kept for different times lies in several items."""
    with read_site(site):
        first = Item.objects.filter(site=site, person=case.person, id=case.item).first()
        if first is None:
            return []
        rows = Item.objects.filter(
            site=site, person=case.person, touchpoint=first.touchpoint, collected_at=first.collected_at
        )
        # Another message of the same moment holds the same categories.
        beside = [row for row in rows if not set(row.categories) & set(first.categories)]
    return [first, *beside]


def answer_case(
    binding: Binding, *, staff: Staff, role: str, case: str, text: str, now: datetime, home: str
) -> Queueing:
    """What came of answering a case by mail: queued, or the reason why not with the gate's verdict.

    It goes to the address on file of the person whom the case is about; for somebody whom we do not know, to the address
    in their message, which is opened for that alone. Raises StaffError W151, W106, W153 for a text that is too short or
    too long, RefusedError when the gate does not let the message be used for it. Side effects: the message, the line of the
    case, and one for an opened address.
    """
    by = name_staff(staff.pk)
    if not SHORTEST <= len(text.strip()) <= LONGEST:
        raise StaffError("W153", f"an answer has {SHORTEST} to {LONGEST:,} characters", "write it anew")
    with enter_site(binding.site):
        held = _find_held(binding.site, case)
        refuse_others(held, by)
        person = Person.objects.filter(site=binding.site, id=held.person).first()
        classes = list_administrative_classes(binding.policy)
        if person is None or not classes:
            why = "nobody is on record for this case" if person is None else "the policy has no class of message for it"
            raise StaffError("W153", why, "answer in another way, or close the case")
        to = _open_sender(binding, held, person, staff=staff, role=role, now=now) if person.is_visitor else ""
        if person.is_visitor and not to:
            return Queueing("", "no address")
        queueing = queue_letter(
            binding,
            now=now,
            person=person,
            mail_class=classes[0],
            subject_line=f"Our answer to your message {held.number}",
            text=text.strip(),
            home=home,
            values={},
            subject=held.id,
            facts={"requested": True},
            by=by,
            to=to,
            kind=ANSWER,
        )
        if queueing.is_queued:
            note_answer(binding.site, case, message=queueing.message, by=by, now=now)
    return queueing


def can_be_answered(binding: Binding, case: HeldCase, origin: Origin | None) -> bool:
    """Whether there may be an address to answer to: the person is known, wrote by mail, or gave one. Opens nothing."""
    with read_site(binding.site):
        person = Person.objects.filter(site=binding.site, id=case.person).first() if case.person else None
    data = binding.policy.words.of_sort("data")
    sent = (leaf for item in list_sent_items(binding.site, case) for leaf in item.categories)
    has_address = any(leaf in data and data[leaf].value == ADDRESS for leaf in sent)
    return person is not None and (not person.is_visitor or has_address or (origin is not None and origin.is_mail))


def stop_by_case(
    binding: Binding, *, staff: Staff, role: str, case: str, address: str, now: datetime, home: str
) -> tuple[str, ...]:
    """The choices that were answered with a no because a message says so that nothing but a person could read.

    `address` is the one that the message names (empty: the sender's own). Raises StaffError W151, W106, W113, W153 where the
    policy lets nobody say no by message, or for what is no address, RefusedError when the gate does not let the sender's
    be opened. Side effects: as a no by message that was recognised, and the person is told at the address on file.
    """
    by = name_staff(staff.pk)
    if not list_stopped_by_message(binding.policy):
        raise StaffError("W153", "the policy does not let anybody say no by message", "it is said in the account")
    found = read_addresses([address]) if address.strip() else []
    if address.strip() and len(found) != 1:
        raise StaffError("W153", "that is not one e-mail address", "type it as it stands in the message")
    with enter_site(binding.site):
        held = _find_held(binding.site, case)
        refuse_others(held, by)
        _refuse_without_grant(binding, held, staff, role, now)
        person = Person.objects.filter(site=binding.site, id=held.person).first() if held.person else None
        if not found and person is not None and person.is_visitor:
            found = list(filter(None, (_open_sender(binding, held, person, staff=staff, role=role, now=now),)))
            person = None
        digest = b""
        if found:
            digest, person = digest_address(binding.site, found[0], now), find_holder(binding.site, found[0], now)
        if person is None and not digest:
            raise StaffError("W153", "there is nobody on record whose no it could be", "type the address it names")
        choices = carry_out_no(binding, person=person, digest=digest, words="", now=now, touchpoint=BY_MESSAGE, by=by)
        tell_stopped(binding, person, choices, now=now, home=home)
    return choices


def _find_held(site: str, case: str) -> HeldCase:
    held = find_case(site, case)
    if held is None or not held.is_open:
        raise StaffError("W106", "there is no open case of that number here", "look at the list of cases")
    return held


def _refuse_without_grant(binding: Binding, held: HeldCase, staff: Staff, role: str, now: datetime) -> None:
    if not know_of_act(binding, staff=staff, role=role, case=held, now=now)["granted"]:
        raise StaffError("W113", f"you hold no live grant of the role `{role}`", "the owner gives and reviews grants")


def _open_sender(binding: Binding, held: HeldCase, person: Person, *, staff: Staff, role: str, now: datetime) -> str:
    """The address in the message of somebody whom we do not know, opened to answer what they asked; empty without one."""
    _refuse_without_grant(binding, held, staff, role, now)
    items = list_sent_items(binding.site, held)
    facts = know_of_act(binding, staff=staff, role=role, case=held, now=now) | {"requested": True}
    opening = open_items(
        binding,
        person=person,
        action="use",
        purpose=held.purpose,
        facts=facts,
        by=name_staff(staff.pk),
        case=held.id,
        items=items,
        now=now,
    )
    if opening.withheld and not opening.values:
        first = opening.withheld[0]
        raise RefusedError(str(first.act), first.verdict.because)
    data = binding.policy.words.of_sort("data")
    for opened in opening.values:
        if isinstance(opened.value, Mapping) and opened.value.get("from"):
            return str(opened.value["from"])
        if data[opened.data].value == ADDRESS:
            return str(opened.value)
    return ""
