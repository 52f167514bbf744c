"""What is held about a person, opened for themselves: every value with where it came from and how long it stays.

Reads through the vault, so that each look is a line of the ledger; writes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from upheld.actions.choices import list_answers
from upheld.actions.vault import HeldItem, OpenedValue, Withheld, open_items
from upheld.core.gate.binding import Binding
from upheld.core.policy.model import SELF, Words
from upheld.core.policy.saying.names import capitalise, say_name
from upheld.core.rights.copies import AccountFact, AnswerGiven, HeldValue, WithheldValue
from upheld.core.rights.keeping import NO_END, Keeping, list_keepings
from upheld.core.rights.telling import say_day, say_keeping, say_where
from upheld.records.models import Identifier, Item, Membership, Person, SignIn
from upheld.records.walls import read_site

MAIL_LOG = "x.mail.delivery"
YOU, COMPANY = "you", "your company"
_IDENTIFIED_BY = {"email": "e-mail address", "phone": "phone number", "username": "user name"}


@dataclass(frozen=True, slots=True)
class Held:
    """What one look gave: the values that the policy shows to the person, and those it does not."""

    values: tuple[HeldValue, ...]
    withheld: tuple[WithheldValue, ...]

    def find(self, leaf: str, owner: str) -> HeldValue | None:
        """The newest value of a category held about one of them, or None."""
        found = [value for value in self.values if value.data == leaf and value.owner == owner]
        return max(found, key=lambda value: value.corrected_at or value.collected_at, default=None)


def open_held(
    binding: Binding,
    *,
    person: Person,
    now: datetime,
    company: Person | None = None,
    data: Iterable[str] | None = None,
    by: str = "",
) -> Held:
    """Everything held about the person, and about the company whose account they use, in the order of the declarations.

    `data` narrows it to some categories. `by` is the id of who looks when it is not the person, such as a holder who looks
    at the company alone; the line about a company always says who of its users it was. Side effect: one line in the ledger for each of the two. Raises SealError V801
    when an item was altered.
    """
    wanted = None if data is None else tuple(data)
    values: list[HeldValue] = []
    withheld: list[WithheldValue] = []
    for subject in (person, company):
        if subject is None:
            continue
        looked = by if subject is person else by or person.id
        opening = open_items(binding, person=subject, action="show", counterpart=SELF, data=wanted, now=now, by=looked)
        values += [_tell_value(binding, subject, opened) for opened in opening.values]
        withheld += [_tell_withheld(binding, subject, part) for part in opening.withheld]
    return Held(tuple(_sort(binding, values)), tuple(withheld))


def list_touchpoints(site: str, person: Person) -> tuple[str, ...]:
    """Where the items held about the person came in, the first one first."""
    with read_site(site):
        rows = Item.objects.filter(site=site, person=person).order_by("collected_at", "id")
        return tuple(dict.fromkeys(rows.values_list("touchpoint", flat=True)))


def count_items(site: str, persons: Iterable[Person]) -> int:
    """How many items are held about these persons; opens none of them."""
    with read_site(site):
        return Item.objects.filter(site=site, person__in=[person.id for person in persons]).count()


def list_categories(site: str, persons: Iterable[Person]) -> frozenset[str]:
    """The categories that are held about these persons; opens no item."""
    with read_site(site):
        rows = Item.objects.filter(site=site, person__in=[person.id for person in persons])
        return frozenset(leaf for leaves in rows.values_list("categories", flat=True) for leaf in leaves)


def list_mail_leaves(words: Words) -> tuple[str, ...]:
    """The categories of a policy that log the mails sent for somebody."""
    return tuple(leaf for leaf in words.leaves("data") if words.of_sort("data")[leaf].value == MAIL_LOG)


def tell_answers(binding: Binding, person: Person) -> tuple[AnswerGiven, ...]:
    """Every answer of the person to a choice, the latest first."""
    words = binding.policy.words
    with read_site(binding.site):
        answers = list_answers(binding.site, person)
    return tuple(
        AnswerGiven(
            choice=answer.choice,
            label=capitalise(say_name(answer.choice, "choice", words)),
            answer="yes" if answer.is_yes else "no",
            at=answer.at,
            version=answer.version,
            where=say_where(words, answer.touchpoint),
            is_signal=answer.is_signal,
            entry=answer.entry,
        )
        for answer in answers
    )


def tell_account(binding: Binding, person: Person, company: Person | None = None) -> tuple[AccountFact, ...]:
    """What is on record about the account that is no item: when it was made, used, confirmed, and by what it opens."""
    site = binding.site
    facts = [
        AccountFact("person", "Your number with us", person.id),
        AccountFact("registered-at", "On record since", _say_moment(person.created_at)),
        AccountFact("signed-in-at", "Last signed in", _say_moment(person.signed_in_at) or "not yet"),
        AccountFact("version", "Version of the policy you are under", say_day(person.version)),
    ]
    with read_site(site):
        identifiers = list(Identifier.objects.filter(site=site, person=person).order_by("created_at", "pk"))
        sign_in = SignIn.objects.filter(site=site, person=person).first()
        membership = Membership.objects.filter(site=site, person=person, company=company).first() if company else None
    for found in identifiers:
        kind = _IDENTIFIED_BY.get(found.kind, found.kind)
        state = f"confirmed {_say_moment(found.verified_at)}" if found.verified_at else "not confirmed"
        facts.append(AccountFact(f"identifier-{found.kind}", f"Found by your {kind}", state))
    if sign_in is not None:
        said = f"set {_say_moment(sign_in.changed_at)}; kept as a slow salted hash, from which nobody can read it"
        facts.append(AccountFact("password", "Your password", said))
    if membership is not None:
        role = "holder of the company's account" if membership.is_holder else "user of the company's account"
        facts.append(AccountFact("membership", "You are", f"{role} since {_say_moment(membership.joined_at)}"))
    return tuple(facts)


def _tell_value(binding: Binding, subject: Person, opened: OpenedValue) -> HeldValue:
    words, item = binding.policy.words, opened.item
    keeping = _find_keeping(binding, item, opened.data)
    return HeldValue(
        about=_say_about(subject),
        owner=subject.id,
        item=item.id,
        data=opened.data,
        label=capitalise(words.label(opened.data, "data")),
        value=opened.value,
        touchpoint=item.touchpoint,
        where=say_where(words, item.touchpoint),
        collected_at=item.collected_at,
        corrected_at=item.corrected_at,
        version=item.version,
        purposes=item.purposes,
        purpose_words=tuple(say_name(purpose, "purpose", words) for purpose in item.purposes),
        kept=say_keeping(words, keeping, item.keep_until, subject.signed_in_at or subject.created_at),
        because=opened.because,
    )


def _tell_withheld(binding: Binding, subject: Person, part: Withheld) -> WithheldValue:
    words, item = binding.policy.words, part.item
    return WithheldValue(
        about=_say_about(subject),
        owner=subject.id,
        item=item.id,
        data=part.data,
        label=capitalise(words.label(part.data, "data")),
        where=say_where(words, item.touchpoint),
        collected_at=item.collected_at,
        version=item.version,
        because=part.verdict.because,
    )


def _find_keeping(binding: Binding, item: HeldItem, leaf: str) -> Keeping:
    """The rule that ends the keeping: of the version it came in under, whose time was set then."""
    gate = binding.gates.get(item.version, binding.gate)
    return list_keepings(gate.table).get(leaf, NO_END)


def _sort(binding: Binding, values: list[HeldValue]) -> list[HeldValue]:
    order = {leaf: number for number, leaf in enumerate(binding.policy.words.leaves("data"))}
    return sorted(values, key=lambda value: (order.get(value.data, len(order)), value.collected_at, value.item))


def _say_about(subject: Person) -> str:
    return COMPANY if subject.kind == "company" else YOU


def _say_moment(moment: datetime | None) -> str:
    return f"{say_day(moment)}, {moment:%H:%M} UTC" if moment is not None else ""
