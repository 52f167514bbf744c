"""The doors by which data goes to somebody outside: who is put into the register, what went, and what was refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from upheld.actions.disclosures import Disclosed, disclose, disclose_each
from upheld.actions.people import create_person
from upheld.actions.recipients import list_recipients
from upheld.actions.seeking import find_row
from upheld.actions.vault import find_purposes, open_items, put_items
from upheld.core.errors import RefusedError, UpheldError
from upheld.core.policy.forms import FORMS
from upheld.core.policy.model import ANY_PURPOSE, ANYONE, Condition, Policy, Rule, Words
from upheld.core.proof.evidence import Step
from upheld.core.rights.reviews import find_review
from upheld.records.models import Disclosure, Item, Person
from upheld.records.walls import read_site
from upheld.rehearsal.cast import Clerk, Customer, NotBuilt, Undone
from upheld.rehearsal.coming_in import come_back_to_work
from upheld.rehearsal.stage import Line, Stage
from upheld.rehearsal.trying import refused

GONE, KEPT_BACK = "data.disclosed", "data.disclosure-refused"
STRANGE = "somebody whom no policy names"  # as a recipient and as a purpose
INVENTED = "something that was invented for this rehearsal"
_NOS = ("refused ", "known minor", "erasing")  # what speaks against an act, where it is known


class Watch:
    """What went out and what was refused since it was made."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._rows = _count_rows(stage)
        self._serial = stage.last_serial

    def list_gone(self) -> tuple[Line, ...]:
        """The lines of what went out."""
        return self._stage.list_lines(GONE, after=self._serial)

    def list_refused(self) -> tuple[Line, ...]:
        """The lines of what was asked for and not given."""
        return self._stage.list_lines(KEPT_BACK, after=self._serial)

    @property
    def is_still(self) -> bool:
        """Whether nothing went: no line of it, no row, and nothing was opened for anybody outside."""
        opened = self._stage.list_lines("item.opened", after=self._serial)
        is_opened = any(line.body.get("action") == "share" for line in opened)
        return not self.list_gone() and not is_opened and _count_rows(self._stage) == self._rows

    @property
    def has_refusal(self) -> bool:
        """Whether nothing went, and the ledger says that something was asked for and not given."""
        return self.is_still and bool(self.list_refused())

    def say(self) -> str:
        """What was seen, where it should have been a refusal."""
        if not self.is_still:
            return "something went out"
        return "nothing went, and no line of the ledger says that it was refused" if not self.list_refused() else ""


def _count_rows(stage: Stage) -> int:
    with read_site(stage.site):
        return Disclosure.objects.filter(site=stage.site).count()


# ------------------------------------------------------------------------------------------ what rules say


def list_kinds(words: Words, rule: Rule) -> tuple[str, ...]:
    """The declared recipients of a rule; for `anyone` all of them, and all where a rule names none."""
    named = rule.part("recipients")
    return words.leaves("recipient") if ANYONE in named or not named else words.expand("recipient", named)


def list_purposes(words: Words, rule: Rule) -> tuple[str, ...]:
    """The declared purposes of a rule, those that it leaves out left out; all where a rule names none."""
    named = words.expand("purpose", rule.purposes) if rule.purposes else words.leaves("purpose")
    left_out = set(words.expand("purpose", rule.part("purposes_but")))
    return tuple(purpose for purpose in named if purpose not in left_out)


def list_data(words: Words, rule: Rule) -> tuple[str, ...]:
    """The categories of a rule, those that it leaves out left out."""
    left_out = set(words.expand("data", rule.part("but")))
    return tuple(leaf for leaf in words.expand("data", rule.data) if leaf not in left_out)


def names_strangers(rule: Rule) -> bool:
    """Whether the rule speaks of recipients whom no policy names, too."""
    return ANYONE in rule.part("recipients") or not rule.part("recipients")


def names_strange_purposes(rule: Rule) -> bool:
    """Whether the rule speaks of purposes that no policy names, too."""
    return ANY_PURPOSE in rule.purposes or not rule.purposes


def list_facts(*conditions: Condition | None) -> tuple[str, ...]:
    """All facts of these conditions, each once."""
    terms = chain.from_iterable(one.terms for one in conditions if one is not None)
    return tuple(dict.fromkeys(fact for term in terms for fact in term.facts))


def list_needs(rule: Rule) -> tuple[str, ...]:
    """What has to be known before this rule permits something, one fact of each term, and that people agreed."""
    terms = rule.holds.terms if rule.holds is not None else ()
    return (*(term.facts[0] for term in terms if term.facts), *((str(rule.approval),) if rule.approval else ()))


def may_get(policy: Policy, kind: str, purpose: str, leaf: str) -> tuple[Rule, ...]:
    """The rules that let this category go to this recipient for this purpose, on whatever condition; read word by word."""
    words = policy.words
    return tuple(
        rule
        for rule in policy.active_rules
        if FORMS[rule.form].grants
        and "share" in rule.form
        and (names_strangers(rule) or kind in list_kinds(words, rule))
        and (ANY_PURPOSE in rule.purposes or not rule.purposes or purpose in list_purposes(words, rule))
        and leaf in list_data(words, rule)
    )


# ------------------------------------------------------------------------------------------ who stands before the doors


def put_into_register(stage: Stage, kind: str, title: str = "") -> str:
    """The id of a new line of the register, made on its page by whom it falls to. Raises Undone."""
    said = title or f"Quay House {len(list_recipients(stage.site)) + 1}"
    values = {"kind": kind, "title": said, "email": "", "post": f"{said}, 4 Ropewalk, Port Ellery"}
    page = find_keeper(stage).browse(stage).post(f"{stage.seat}recipients/", values, follows=False)
    found = next((one for one in list_recipients(stage.site, kind=kind) if one.title == said), None)
    if found is None:
        raise Undone(f"the register of recipients answered {page.status} to a new line")
    return found.id


def find_keeper(stage: Stage) -> Clerk:
    """Somebody to whom it falls to keep the register of recipients. Raises NotBuilt where the policy has no role."""
    role = find_review(stage.policy, "recipients").role or next(iter(stage.policy.words.leaves("role")), "")
    if role not in stage.cast.clerks:
        raise NotBuilt("this policy has no role in which anybody could keep the register of recipients")
    return come_back_to_work(stage, stage.cast.clerks[role])


def end_in_register(stage: Stage, recipient: str) -> None:
    """A line of the register ends, by its page."""
    find_keeper(stage).browse(stage).post(f"{stage.seat}recipients/{recipient}/end/", {}, follows=False)


def find_person(stage: Stage, customer: Customer) -> Person:
    """The customer's row, for what is asked of actions. Raises Undone."""
    row = find_row(stage.site, customer.id)
    if row is None:
        raise Undone("the customer is not on record any more")
    return row


def list_held(stage: Stage, person: str) -> tuple[str, ...]:
    """The categories held about somebody, in the order of the declarations."""
    with read_site(stage.site):
        rows = Item.objects.filter(site=stage.site, person=person).values_list("categories", flat=True)
        held = {leaf for categories in rows for leaf in categories}
    return tuple(leaf for leaf in stage.policy.words.leaves("data") if leaf in held)


def read_own(stage: Stage, customer: Customer, leaf: str) -> list[Any]:
    """What is held about a customer in this category, as they see it themselves."""
    person = find_person(stage, customer)
    opened = open_items(stage.binding, person=person, action="show", counterpart="self", data=(leaf,), now=stage.now)
    return [one.value for one in opened.values]


# ------------------------------------------------------------------------------------------ the action, as a door


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody tries to give out at the action to which all doors lead."""

    customer: Customer
    data: tuple[str, ...]
    purpose: str
    kind: str
    ground: str
    facts: Mapping[str, bool | None]
    recipient: str = ""
    subject: str = ""
    by: str = ""
    case: str = ""


def give(stage: Stage, wish: Wish, *, each: bool = False) -> Disclosed | UpheldError:
    """What came of it: what went, or why it did not."""
    asked = {name: getattr(wish, name) for name in ("data", "purpose", "kind", "ground", "facts")}
    rest = {name: getattr(wish, name) for name in ("recipient", "subject", "by", "case")}
    person = find_person(stage, wish.customer)
    try:
        return (disclose_each if each else disclose)(stage.binding, person=person, now=stage.now, **asked, **rest)
    except UpheldError as refusal:
        return refusal


def is_refused(stage: Stage, wish: Wish) -> bool:
    """Whether this wish is refused as a whole, with a line, and nothing went."""
    watch = Watch(stage)
    return isinstance(give(stage, wish), RefusedError) and watch.has_refusal


def try_wishes(stage: Stage, says: str, wishes: Iterable[Wish], by: str) -> Iterator[Step]:
    """One step for all of these wishes, each of which has to be refused; none where there is nothing to try.

    `by` says in plain words what such a wish is, for what was seen instead.
    """
    tried = [(wish, is_refused(stage, wish)) for wish in wishes]
    wrong = [wish for wish, is_right in tried if not is_right]
    if tried:
        yield refused(says, not wrong, f"{len(wrong)} of {len(tried)} such wishes, {by}, were not refused")


def hold_everything(stage: Stage, data: tuple[str, ...]) -> Customer:
    """Somebody about whom each of these is held that comes in anywhere; nobody who signs in."""
    words, binding = stage.policy.words, stage.binding
    person = create_person(binding, now=stage.now)
    values: dict[str, dict[str, str]] = {}
    for leaf in data:
        touchpoints = (place for place in words.leaves("touchpoint") if find_purposes(binding, leaf, place, {}))
        place = next(touchpoints, "")
        if place:
            values.setdefault(place, {})[leaf] = INVENTED
    for place, told in values.items():
        put_items(binding, person=person, touchpoint=place, values=told, now=stage.now)
    return Customer(person.id, "", {})


def list_contrary(stage: Stage, lifts: Collection[str]) -> tuple[Mapping[str, bool | None], ...]:
    """What a caller may say that speaks for giving, but for what lifts the ban: that is unknown once, and once false."""
    known: dict[str, bool | None] = {
        fact: not fact.startswith(_NOS)
        for fact in stage.binding.gate.table.facts.names
        if fact not in lifts and fact != "expired"
    }
    # said to be unknown, so that nobody works it out
    return ({**known, **dict.fromkeys(lifts)}, {**known, **dict.fromkeys(lifts, False)}) if lifts else (known,)
