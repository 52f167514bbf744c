"""What the visitor has to look at under a policy, and which rules each look is about; opens nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from upheld.core.fields import FieldPlan, FormPlan
from upheld.core.fields.cookies import CookiePlan, list_cookies
from upheld.core.fields.entrance import Entrance, find_entrance
from upheld.core.fields.plan import find_path, list_forms
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import UNSUBSCRIBE, list_stopped_classes
from upheld.core.policy.model import ANYWHERE, EVERY_PAGE, Policy, Rule
from upheld.core.rights.letting import ACCOUNT, find_reach

PART, FORM = "part:", "form:"
GUARDED = "part:guarded contact email"
STRANGERS = "third-party cookies"  # the technique that the language calls so
TRANSIT = "encryption in transit"
PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """A thing that a rule wants on a page (all pages where `path` is empty): a link to a form, or the guarded address."""

    rule: int
    thing: str
    path: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Answering:
    """A choice that is asked at registration and changed in the account, and a class of message that a no to it stops.

    `linked` says whether a rule puts the link into that class. The rest are numbers of rules.
    """

    choice: str
    mail_class: str
    linked: bool
    asked: tuple[int, ...]
    at_registration: tuple[int, ...]
    at_account: tuple[int, ...]
    stopped: tuple[int, ...]
    put: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one walk needs to know of the policy."""

    pages: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    cookies: tuple[CookiePlan, ...]
    cookie_rules: tuple[tuple[str, int], ...]
    no_strangers: tuple[int, ...]
    in_transit: tuple[int, ...]
    email: str
    entrance: Entrance | None
    answering: Answering | None

    def list_person_rules(self) -> tuple[int, ...]:
        """The rules that only a person who registers can show."""
        one = self.answering
        if one is None:
            return ()
        return tuple(dict.fromkeys((*one.asked, *one.at_registration, *one.at_account, *one.stopped, *one.put)))


def make_plan(binding: Binding) -> Plan:
    """What to look at under the version in force."""
    policy, table = binding.policy, binding.gate.table
    forms = [form.path for form in list_forms(table) if form.can_be_typed]
    wanted = tuple(list_wanted(policy))
    entrance = find_entrance(table)
    return Plan(
        pages=tuple(dict.fromkeys(("/", "/privacy", *(one.path for one in wanted if one.path), *forms))),
        wanted=wanted,
        cookies=list_cookies(table),
        cookie_rules=tuple((rule.part("cookie")[0], number) for number, rule in find_rules(policy, "set_cookie")),
        no_strangers=tuple(n for n, rule in find_rules(policy, "never_employ") if STRANGERS in rule.part("techniques")),
        in_transit=tuple(n for n, rule in find_rules(policy, "protect") if TRANSIT in rule.part("measures")),
        email=policy.contact.get("email", ""),
        entrance=entrance,
        answering=find_answering(binding, entrance) if entrance is not None else None,
    )


def find_rules(policy: Policy, form: str) -> list[tuple[int, Rule]]:
    """The rules in force of a form, each with its number."""
    return [(n, rule) for n, rule in enumerate(policy.active_rules) if rule.form == form]


def list_wanted(policy: Policy) -> Iterable[Wanted]:
    """What rules want on every page, on the first one or on that of the policy, as far as it can be seen from outside."""
    places = {EVERY_PAGE: "", ANYWHERE: "", "policy": "/privacy", "home": "/"}
    for number, rule in find_rules(policy, "show_part"):
        if rule.holds is not None:
            continue
        for place in rule.part("at"):
            for thing in rule.part("things"):
                target = find_path(policy.words, thing.removeprefix(FORM)) if thing.startswith(FORM) else ""
                if place in places and (target or thing == GUARDED):
                    yield Wanted(number, thing, places[place], target or "")


def find_answering(binding: Binding, entrance: Entrance) -> Answering | None:
    """The first choice that an invented person can answer both ways, and that stops messages; the ones with a link first."""
    policy = binding.policy
    place, found = entrance.registration.touchpoint, []
    puts = [rule for _, rule in find_rules(policy, "put") if UNSUBSCRIBE in rule.part("putting")]
    is_everywhere = any(UNSUBSCRIBE in rule.part("putting") for _, rule in find_rules(policy, "put_every"))
    for asked in entrance.registration.choices:
        choice = asked.choice
        classes = list_stopped_classes(policy, choice)
        if not classes or not find_reach(policy, choice).is_changed_here:
            continue
        linked = set(classes) if is_everywhere else {name for rule in puts for name in rule.part("mails")}
        mail_class = next((name for name in classes if name in linked), classes[0])

        about = [(n, rule) for n, rule in enumerate(policy.active_rules) if choice in rule.part("choices")]
        changed = [(n, rule.part("changes")) for n, rule in about if rule.form == "choice_changed"]
        found.append(
            Answering(
                choice=choice,
                mail_class=mail_class,
                linked=mail_class in linked,
                asked=tuple(n for n, rule in about if rule.form == "choice_is" and place in rule.part("at")),
                at_registration=tuple(n for n, places in changed if f"at:{place}" in places),
                at_account=tuple(n for n, places in changed if f"at:{ACCOUNT}" in places),
                stopped=tuple(
                    n
                    for n, rule in about
                    if rule.form == "choice_stops" and f"mail:{mail_class}" in rule.part("targets")
                ),
                put=tuple(
                    n
                    for form in ("put", "put_every")
                    for n, rule in find_rules(policy, form)
                    if UNSUBSCRIBE in rule.part("putting") and (form == "put_every" or mail_class in rule.part("mails"))
                ),
            )
        )
    return min(found, key=lambda one: not one.linked, default=None)


@dataclass(frozen=True, slots=True)
class Invented:
    """An invented person of one walk: their address, which says what they are, and their password."""

    address: str
    password: str


def invent_person(template: str) -> Invented:
    """Somebody new. `template` is the address whose mails the house can read, such as `visitor@shop.example`."""
    name, _, host = template.rpartition("@")
    return Invented(f"{name or 'visitor'}+{secrets.token_hex(8)}@{host}", secrets.token_urlsafe(PASSWORD_BYTES))


def invent_values(plan: FormPlan, person: Invented) -> dict[str, str]:
    """What this person types into a form."""
    return {one.name: invent_value(one, person) for one in plan.inputs if one.shape.input != "none"}


def invent_value(one: FieldPlan, person: Invented) -> str:
    """One value that fits a field; it says of itself that it is invented."""
    made = {
        "email": person.address,
        "password": person.password,
        "phone": "+15550140000",
        "postal": "90400",
        "address": "1 Nowhere Row, Port Ellery",
        "contact": f"Invented Visitor, {person.address}",
        "username": person.address.partition("@")[0].replace("+", "-"),
        "date": "1980-02-03",
    }
    return one.options[0].value if one.options else made.get(one.kind, "Invented Visitor")
