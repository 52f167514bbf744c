"""The invented people of a rehearsal: a customer, a second one, staff in every role; they come in by the site's own pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from upheld.actions.accounts import find_account
from upheld.actions.grants import give_grant
from upheld.actions.staff import add_staff, choose_password, find_staff
from upheld.core.errors import StaffError
from upheld.core.fields import FieldPlan, FormPlan
from upheld.core.fields.entrance import Entrance, find_entrance
from upheld.core.fields.plan import find_path
from upheld.records.models import Staff
from upheld.rehearsal.browser import Browser
from upheld.rehearsal.hashing import hashing_as_the_house
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage
from upheld.web.plans import list_open

PASSWORD = "eleven lamps along the quay"  # noqa: S105 - of invented people, in a house that is thrown away
FIRST_NAMES = ("Rea", "Tove", "Milo", "Ines", "Oskar", "Juno", "Pavel", "Nils")
LAST_NAMES = ("Fallow", "Lund", "Harrow", "Tarn", "Weaver", "Moss", "Birk", "Keel")
HOST = "rehearsal.example"
YES, NO = "yes", "no"
NO_ACCOUNTS = "this policy lets nobody have an account"
SENT_BY_GUESTS = ("other", "message")  # sorts of forms by which somebody asks for something without signing in
TAKEN = "item.collected"


class Undone(Exception):  # noqa: N818 - it is no error of the house: something that a rehearsal needs did not come about
    """What a rehearsal needs first could not be brought about, such as an account; its text says what."""


class NotBuilt(Exception):  # noqa: N818 - the same
    """The house has nothing by which this could be tried; its text says what is missing, in plain words."""


@dataclass(slots=True)
class Customer:
    """An invented person with an account: what they typed, by category, and the browser in which they are signed in.

    Where the policy lets nobody have an account it is somebody who sent a form, and nobody who could be signed in.
    """

    id: str
    address: str
    values: Mapping[str, str]
    cookies: Mapping[str, str] = field(default_factory=dict)
    company: str = ""
    has_account: bool = True

    def browse(self, stage: Stage) -> Browser:
        """A browser in which they are signed in. Raises NotBuilt for somebody without an account."""
        if not self.has_account:
            raise NotBuilt(NO_ACCOUNTS)
        return stage.browse(self.cookies)


@dataclass(slots=True)
class Clerk:
    """Somebody of the invented staff who holds a live grant of one role (none: the owner, or somebody without)."""

    name: str
    role: str
    cookies: Mapping[str, str] = field(default_factory=dict)

    def browse(self, stage: Stage) -> Browser:
        """A browser in which they are signed in to the console."""
        return stage.browse_console(self.cookies)

    def find(self) -> Staff:
        """Their row, for what is asked of actions."""
        return find_staff(self.name)


@dataclass(slots=True)
class Cast:
    """Who is there when a rehearsal begins.

    `clerks` has somebody for each role, by the role; a second one stands under `ROLE 2`. `owner` gives grants, `stranger` is
    of the staff and holds none.
    """

    clerks: dict[str, Clerk]
    owner: Clerk
    stranger: Clerk
    customers: dict[str, Customer] = field(default_factory=dict)

    @property
    def silent(self) -> Customer:
        """A customer who gave no answer to any choice; without accounts somebody who sent a form. Raises NotBuilt where none is."""
        return self._find("silent")

    @property
    def willing(self) -> Customer:
        """A customer who said yes to each choice at registration; somebody else who sent the form. Raises NotBuilt as `silent`."""
        return self._find("willing")

    def _find(self, name: str) -> Customer:
        if name not in self.customers:
            raise NotBuilt("this policy lets nobody have an account, and no form is open")
        return self.customers[name]


def gather_cast(stage: Stage) -> Cast:
    """Let the cast come in by the site's own pages. Raises Undone when these do not let them in."""
    owner = hire(stage, "owner", is_owner=True)
    clerks = {}
    for role in stage.policy.words.leaves("role"):
        for name in (role, f"{role} 2"):
            clerks[name] = hire(stage, name.replace(" ", "-"), role, owner)
    cast = Cast(clerks, owner, hire(stage, "stranger"))
    if find_entrance(stage.binding.gate.table) is not None:
        with hashing_as_the_house():
            cast.customers = {"silent": register(stage, 0), "willing": register(stage, 1, answer=YES)}
    elif plans := list_guest_forms(stage):
        widest = max(plans, key=lambda plan: len(plan.data))
        cast.customers = {
            "silent": send_as_guest(stage, widest, 0),
            "willing": send_as_guest(stage, widest, 1, answer=YES),
        }
    stage.carry_mails()  # the ledger's tree is signed before the house is kept: no rehearsal draws another key for it
    return cast


def list_guest_forms(stage: Stage) -> tuple[FormPlan, ...]:
    """The forms by which somebody without an account asks for something, as far as they are open."""
    good = stage.shelved.in_force(stage.now.date())
    return tuple(plan for plan in list_open(good) if plan.sort in SENT_BY_GUESTS)


def send_as_guest(stage: Stage, plan: FormPlan, number: int, *, answer: str = "") -> Customer:
    """Somebody without an account sends this form, and is on record by it. Raises Undone."""
    serial = stage.last_serial
    sent = fill_in(stage, plan, number, answer=answer)
    people = {line.person for line in stage.list_lines(TAKEN, after=serial)}
    if not sent.is_good or len(people) != 1:
        raise Undone(f"sending a form was answered with {sent.status}")
    values = invent_values(plan, number)
    address = next((values[one.name] for one in plan.fields if one.kind == "email"), "")
    return Customer(people.pop(), address, values, has_account=False)


def need_entrance(stage: Stage) -> Entrance:
    """How people come in. Raises NotBuilt where the policy lets nobody have an account."""
    entrance = find_entrance(stage.binding.gate.table)
    if entrance is None:
        raise NotBuilt(NO_ACCOUNTS)
    return entrance


def invent_values(plan: FormPlan, number: int) -> dict[str, str]:
    """What the invented person of this number types into a form; nobody real is called so, and .example leads nowhere."""
    return {one.name: invent_value(one, number) for one in plan.inputs if one.shape.input != "none"}


def invent_value(one: FieldPlan, number: int) -> str:
    """One value that fits a field."""
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]
    made = {
        "email": find_address(number),
        "phone": f"+1555014{number:04d}",
        "postal": f"{90400 + number}",
        "password": PASSWORD,
        "address": f"{number + 1} Ropewalk, Port Ellery",
        "contact": f"{first} {last}, {find_address(number)}",
        "username": f"{first}-{last}-{number}".lower(),
        "date": f"{1960 + number % 40}-02-03",
        "long text": f"The parcel of {first} came a day late.",
        "answers": "Nothing, go on like this",
    }
    if one.options:
        return one.options[0].value
    return made.get(one.kind, f"{first} {last}")


def find_address(number: int) -> str:
    """The e-mail address of the invented person of this number."""
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]
    return f"{first}.{last}.{number}@{HOST}".lower()


def fill_in(stage: Stage, plan: FormPlan, number: int, *, answer: str = "", **more: str) -> Page:
    """Open a form's page, fill it in as this invented person, send it; `answer` goes to every choice that is asked there."""
    browser = stage.browse()
    page = browser.open("/" + plan.path.lstrip("/"))
    values: dict[str, Any] = {**invent_values(plan, number), **more}
    if answer:
        values |= {choice.name: answer for choice in plan.choices}
    return browser.send(page, values)


def register(stage: Stage, number: int, *, answer: str = "") -> Customer:
    """Somebody registers, opens the link in their mail, and is in. Raises NotBuilt without accounts, Undone when it fails."""
    entrance = need_entrance(stage)
    plan = entrance.registration
    path = find_path(stage.policy.words, plan.touchpoint)
    if path is None:
        raise NotBuilt("the registration has no page")
    sent = fill_in(stage, plan, number, answer=answer)
    if not sent.is_good:
        raise Undone(f"registering was answered with {sent.status}")
    return confirm(stage, find_address(number), invent_values(plan, number))


def confirm(stage: Stage, address: str, values: Mapping[str, str]) -> Customer:
    """Open the link in the mail to this address, with the password; the person is signed in. Raises Undone."""
    entrance = need_entrance(stage)
    stage.carry_mails()
    links = [link for mail in stage.list_mails(address) if (link := stage.find_link(mail, "/account/verify/"))]
    if not links:
        raise Undone("no mail with a link came after registering")
    browser = stage.browse()
    page = browser.send(browser.open(links[0]), {entrance.password: PASSWORD})
    person = find_account(stage.site, address, stage.now)
    if not page.is_good or person is None:
        raise Undone(f"the link of the registration was answered with {page.status}")
    return Customer(person.id, address, values, browser.copy_cookies())


def hire(stage: Stage, name: str, role: str = "", owner: Clerk | None = None, *, is_owner: bool = False) -> Clerk:
    """Somebody of the staff, with a live grant of the role where one is named, signed in to the console. Raises Undone."""
    try:
        staff = find_staff(name)
    except StaffError:
        staff = add_staff(name, is_owner=is_owner)
        choose_password(staff, PASSWORD)
    if role and owner is not None:
        reason = "works in this role in the rehearsal"
        give_grant(stage.binding, staff=staff, role=role, reason=reason, given_by=owner.find(), now=stage.now)
    browser = stage.browse_console()
    page = browser.post("/console/sign-in/", {"login": name, "password": PASSWORD}, follows=False)
    if page.status != 302:
        raise Undone(f"the console answered {page.status} to a sign-in")
    return Clerk(name, role, browser.copy_cookies())
