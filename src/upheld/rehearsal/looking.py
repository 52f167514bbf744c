"""Looks through every entrance of the house for what is held about somebody: the site's pages and API, copies, the console.

An entrance is named in words that a step can say. What is seen is told by category: by what a program is told, and by the
pieces of values that were typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upheld.actions.companies import find_membership
from upheld.actions.held import list_mail_leaves, open_held
from upheld.actions.seeking import find_row
from upheld.actions.vault import open_items
from upheld.core.errors import UpheldError
from upheld.core.gate.act import Act
from upheld.records.models import Item
from upheld.records.walls import read_site
from upheld.rehearsal.cast import Clerk, Undone
from upheld.rehearsal.coming_in import come_back_to_work, come_in_again, find_token

if TYPE_CHECKING:
    from upheld.rehearsal.browser import Browser
    from upheld.rehearsal.holdings import Holding
    from upheld.rehearsal.page import Page
    from upheld.rehearsal.stage import Stage

API, COPY, PAGES, CONSOLE, OWN, USED, GIVEN = (
    "the API",
    "a copy that is taken",
    "the pages of the account",
    "the console",
    "what the house opens to the person",
    "what the house opens to use it",
    "what the house opens to give it out",
)
NEW_CASE = "new:question"
MAILS = "/account/mails"
Seen = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody may look: the clerk with a role and a purpose, as the gate lets them once there is a grant."""

    clerk: Clerk
    purpose: str


def look(stage: Stage, held: Holding, leaves: Sequence[str], *, signs_in: bool = True) -> Seen:
    """Which of these categories are seen at which entrance now; without `signs_in` the person stays away.

    Only the newest item of each category counts, the one that the rehearsal itself brought about.
    """
    seen: dict[str, frozenset[str]] = {}
    if signs_in and held.customer.has_account:
        seen |= look_as_customer(stage, held, leaves)
    else:
        seen[OWN] = look_inside(stage, held, leaves)
    seen[CONSOLE] = frozenset(
        leaf for place in list_places(stage, leaves)[:1] for leaf in look_as_staff(stage, held, leaves, place)
    )
    seen[USED], seen[GIVEN] = (try_acts(stage, held, leaves, action) for action in ("use", "share"))
    return seen


def look_as_customer(stage: Stage, held: Holding, leaves: Sequence[str]) -> Seen:
    """What the person sees who signs in: by the API, in copies, on pages."""
    customer = come_in_again(stage, held.customer)
    browser, token = customer.browse(stage), find_token(stage, customer)
    told = browser.call("get", "/api/v1/me/held", token=token).read_json()
    values = told.get("values", ()) if isinstance(told, dict) else ()
    api = {value["data"] for value in values if value["item"] in held.items.get(value["data"], ())}
    as_json = browser.call("get", "/api/v1/me/copy?form=json", token=token)
    parts = (as_json.read_json() or {}).get("held", ()) if as_json.is_good else ()
    copied = {part["category"] for part in parts if part["item"] in held.items.get(part["category"], ())}
    as_csv = browser.call("get", "/api/v1/me/copy?form=csv", token=token)
    if as_csv.is_good:
        copied |= find_texts(held, leaves, as_csv.html)
    logs = set(list_mail_leaves(stage.policy.words))
    shown: set[str] = set()
    for path in list_pages(held, is_logged=bool(logs & set(leaves))):
        page = browser.open(path)
        told_here = logs if path == MAILS else set(leaves) - logs  # a moment is what a mail is known by, there alone
        shown |= find_texts(held, told_here, read_all(page)) if page.is_good else set()
    wanted = set(leaves)
    return {API: frozenset(api & wanted), COPY: frozenset(copied & wanted), PAGES: frozenset(shown & wanted)}


def list_pages(held: Holding, *, is_logged: bool) -> tuple[str, ...]:
    """The pages on which somebody finds what is held about them; the one of mails where their log is looked for."""
    parcel = (f"/account/shipments/{held.parcel.number}",) if held.parcel else ()
    return ("/account/held", *((MAILS,) if is_logged else ()), *parcel)


def read_all(page: Page) -> str:
    """The words of a page with what stands in the fields of its forms."""
    filled = (text for form in page.forms for texts in form.values.values() for text in texts)
    return "\n".join((page.text, *filled))


def find_texts(held: Holding, leaves: Iterable[str], words: str) -> set[str]:
    """The categories of which a piece of a value stands in these words."""
    flat = " ".join(words.split())
    return {leaf for leaf in leaves if any(" ".join(text.split()) in flat for text in held.texts.get(leaf, ()))}


def list_subjects(stage: Stage, held: Holding) -> tuple[Any, ...]:
    """The rows of the person and of the company whose account they use."""
    person = find_row(stage.site, held.customer.id)
    if person is None:
        raise Undone("the customer is not on record any more")
    membership = find_membership(stage.site, person)
    return (person,) if membership is None else (person, membership.company)


def list_stored(stage: Stage, held: Holding) -> set[tuple[str, str]]:
    """The sets of details that lie in the store about the person and their company, each with its categories."""
    people = [row.id for row in list_subjects(stage, held)]
    with read_site(stage.site):
        rows = list(Item.objects.filter(site=stage.site, person__in=people))
    return {(row.id, leaf) for row in rows for leaf in row.categories}


def look_inside(stage: Stage, held: Holding, leaves: Sequence[str]) -> frozenset[str]:
    """What would be shown to the person if they looked, without their coming in, which may start a time anew."""
    person, *companies = list_subjects(stage, held)
    found = open_held(
        stage.binding, person=person, company=next(iter(companies), None), data=leaves, now=stage.now, by=person.id
    )
    return frozenset(value.data for value in found.values if value.item in held.items.get(value.data, ()))


def list_places(stage: Stage, leaves: Iterable[str]) -> tuple[Place, ...]:
    """For each role the first purpose for which the policy shows it one of these categories, once there is a grant."""
    binding, found = stage.binding, []
    for role in stage.policy.words.leaves("role"):
        for purpose in stage.policy.words.leaves("purpose"):
            acts = (Act("show", (leaf,), purpose, role) for leaf in leaves)
            if any(binding.ask(act, {"granted": True, "assigned": True}).is_permitted for act in acts):
                found.append(Place(stage.cast.clerks[role], purpose))
                break
    return tuple(found)


def look_as_staff(stage: Stage, held: Holding, leaves: Sequence[str], place: Place) -> set[str]:
    """What somebody of the staff sees who opens the person's page in the console, on a new case."""
    browser = come_back_to_work(stage, place.clerk).browse(stage)
    seen: set[str] = set()
    for subject in list_subjects(stage, held):
        serial = stage.last_serial
        page = open_person(stage, browser, subject.id, place)
        if page.is_good:
            lines = stage.list_lines("item.opened", after=serial, person=subject.id)
            opened = {leaf for line in lines for leaf in line.body["data"] if has_item(held, leaf)}
            seen |= opened & set(leaves) & set(held.items)
        seen |= find_texts(held, leaves, page.text)
    return seen


def has_item(held: Holding, leaf: str) -> bool:
    """Whether the category came in only once, so that a line which names it means what the rehearsal brought about."""
    return leaf in held.items and leaf not in held.repeated


def open_person(stage: Stage, browser: Browser, person: str, place: Place, case: str = NEW_CASE) -> Page:
    """What the console answers to opening somebody in the role of this clerk, for a purpose, on a case."""
    given = {"role": place.clerk.role, "purpose": place.purpose, "case": case}
    return browser.post(f"{stage.seat}people/{person}/", given)


def try_acts(stage: Stage, held: Holding, leaves: Sequence[str], action: str) -> frozenset[str]:
    """The categories that the vault opens for an act of this sort that the policy permits, whatever else it asks for."""
    binding, words = stage.binding, stage.policy.words
    known: dict[str, bool | None] = dict.fromkeys(binding.gate.table.facts.index, True)
    known |= {"expired": False, "known minor": False, "erasing": False}
    counterparts = words.leaves("recipient") if action == "share" else ("-",)
    seen: set[str] = set()
    for leaf in leaves:
        acts = (
            Act(action, (leaf,), purpose, counterpart)
            for counterpart in counterparts
            for purpose in words.leaves("purpose")
        )
        act = next((act for act in acts if binding.ask(act, known).is_permitted), None)
        if act is not None and is_opened(stage, held, act, known):
            seen.add(leaf)
    return frozenset(seen)


def is_opened(stage: Stage, held: Holding, act: Act, known: Mapping[str, bool | None]) -> bool:
    """Whether the vault gives a value out for this act."""
    facts = {name: value for name, value in known.items() if name != "expired"}
    for subject in list_subjects(stage, held):
        try:
            opening = open_items(
                stage.binding,
                person=subject,
                action=act.action,
                counterpart=act.counterpart,
                purpose=act.purpose,
                data=act.data,
                facts=facts,
                now=stage.now,
            )
        except UpheldError:
            continue
        if any(value.item.id in held.items.get(value.data, ()) for value in opening.values):
            return True
    return False
