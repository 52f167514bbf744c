"""Rehearsals of what people do themselves with what is held about them: take a copy, correct it. Requests: see `requesting`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from upheld.actions.corrections import correct_values
from upheld.core.errors import UpheldError
from upheld.core.fields.entrance import Entrance
from upheld.core.fields.plan import list_forms
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.rights.letting import CHANGE, DOWNLOAD
from upheld.rehearsal.browser import Browser
from upheld.rehearsal.cast import PASSWORD, Customer, NotBuilt, find_address, invent_value, need_entrance
from upheld.rehearsal.coming_in import come_in_again, find_token
from upheld.rehearsal.holdings import HELD_API, TYPED_SORTS, Holding, bring_about
from upheld.rehearsal.looking import find_texts, list_stored, list_subjects
from upheld.rehearsal.page import Page
from upheld.rehearsal.requesting import rehearse_answer
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, missing, refused, works

COPY_API = "/api/v1/me/copy"
COPY_PAGE = "/account/copy"
CORRECT = {"their own": "/account/correct", "their company's": "/account/correct/company"}
WAYS = {"page": "a page to print", "csv": "a table", "json": "a file for programs"}
OTHER_PERSON = 7  # the number of the invented person whose details take the place of the first ones
NEW_ADDRESS = 9
UNAUTHORISED = 401
ELSE = "the words of somebody else"


def rehearse_let(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What the rule lets people do, they do; what lies outside of it is refused."""
    deed = " ".join(rule.part("deed"))
    leaves = stage.policy.words.expand("data", rule.data)
    if deed == DOWNLOAD:
        yield from download(stage, leaves)
    elif deed == CHANGE:
        yield from change(stage, leaves)
    else:
        raise NotBuilt(f"nothing in the house lets people {deed} data themselves")


# ------------------------------------------------------------------------------------------------ a copy


def download(stage: Stage, leaves: Sequence[str]) -> Iterator[Step]:
    """A copy in each form has all of it, and nothing of anybody else; nobody else gets it."""
    held = bring_about(stage, leaves)
    token, browser = find_token(stage, held.customer), held.customer.browse(stage)
    wanted = {(item, leaf) for item, leaf in list_stored(stage, held) if leaf in leaves}
    copied = read_copied(stage.browse().call("get", f"{COPY_API}?form=json", token=token))
    yield works(
        "a copy by the API has every category of every set of details that lies in the store",
        bool(wanted) and wanted <= copied,
        f"{len(wanted - copied)} are not in it",
    )
    yield refused(
        "nothing is in it that the rule does not name", {leaf for _, leaf in copied} <= set(leaves), "something else is"
    )
    typed = {leaf for leaf in leaves if held.texts.get(leaf)} - logs_of(stage)
    for form, words in WAYS.items():
        serial = stage.last_serial
        page = take_copy(browser, form)
        left = typed - find_texts(held, leaves, page.html.replace("\\n", "\n"))
        yield works(
            f"a copy as {words} by the page of copies has all of it",
            page.is_good and not left,
            f"{len(left)} categories are not",
        )
        yield refused(
            "the password is in no copy", PASSWORD not in page.html and "argon2" not in page.html.lower(), "it is"
        )
        lines = stage.list_lines("item.exported", after=serial, person=held.customer.id)
        yield works("the ledger says that it was taken", bool(lines), "it does not", *(line.id for line in lines))
    other = come_in_again(stage, stage.cast.willing)
    theirs = read_copied(stage.browse().call("get", COPY_API, token=find_token(stage, other)))
    yield refused("a copy that another customer takes has nothing of it", not wanted & theirs, "it has")
    page = stage.browse().call("get", COPY_API)
    yield refused(
        "without a sign-in the API gives no copy", page.status == UNAUTHORISED, f"it answers with {page.status}"
    )
    page = take_copy(stage.browse(), "json")
    yield refused(
        "without a sign-in the page of copies gives none", not find_texts(held, leaves, page.html), "it gives one"
    )
    stage.browse().call("post", "/api/v1/sign-out", token=token)
    page = stage.browse().call("get", COPY_API, token=token)
    yield refused(
        "after signing out the API gives no copy", page.status == UNAUTHORISED, f"it answers with {page.status}"
    )
    for leaf in held.lacking:
        yield missing(f"nothing in the house takes in {stage.policy.words.label(leaf, 'data')}")


def logs_of(stage: Stage) -> set[str]:
    """The categories of which the pieces are moments, which a copy writes in another way."""
    return {leaf for leaf, word in stage.policy.words.of_sort("data").items() if word.value == "x.mail.delivery"}


def read_copied(page: Page) -> set[tuple[str, str]]:
    """The sets of details in a copy for programs, each with its categories."""
    told = page.read_json()
    return (
        {(part["item"], part["category"]) for part in told["held"]}
        if isinstance(told, dict) and "held" in told
        else set()
    )


def take_copy(browser: Browser, form: str) -> Page:
    """What the page of copies gives in this form."""
    page = browser.open(COPY_PAGE)
    found = next((one for one in page.forms if one.values.get("form") == [form] or ("form", form) in one.buttons), None)
    return browser.send(page, {"form": form}, form=found) if found is not None else page


# ------------------------------------------------------------------------------------------------ corrections


def change(stage: Stage, leaves: Sequence[str]) -> Iterator[Step]:
    """Each field changes by the page and by the API, and shows at once; nothing else changes, and nobody else can do it."""
    entrance = need_entrance(stage)
    outside = find_outside(stage, leaves)
    held = bring_about(stage, (*leaves, *outside))
    before = read_values(stage, held.customer)
    new = invent_anew(entrance, leaves)
    yield from change_by_page(stage, held, new)
    told = stage.browse().call(
        "patch",
        HELD_API,
        {
            "values": {
                leaf: f"{text[:-1]}{'3' if text[-1] != '3' else '4'}"
                for leaf, text in new.items()
                if is_own(entrance, leaf)
            }
        },
        token=find_token(stage, held.customer),
    )
    now = read_values(stage, held.customer)
    changed = {leaf for leaf in new if is_own(entrance, leaf) and now.get(leaf) and now[leaf] != {new[leaf]}}
    wanted = {leaf for leaf in new if is_own(entrance, leaf)}
    yield works(
        "the person changes the same by the API: it shows at once", told.is_good and changed == wanted, "it does not"
    )
    if entrance.address in leaves:
        yield from change_address(stage, held.customer)
    yield from change_outside(stage, held, outside, before)
    yield from change_others(stage, held, new)


def find_outside(stage: Stage, leaves: Iterable[str]) -> tuple[str, ...]:
    """A category that the rule does not name and that people write themselves, where there is one."""
    for plan in list_forms(stage.binding.gate.table):
        if plan.sort in TYPED_SORTS and plan.can_be_typed and not set(plan.data) & set(leaves):
            return plan.data[:1]
    return ()


def is_own(entrance: Entrance, leaf: str) -> bool:
    """Whether it is about the person, and not about their company."""
    return leaf not in entrance.list_company_data()


def invent_anew(entrance: Entrance, leaves: Sequence[str]) -> dict[str, str]:
    """New values for everything that changes by a form: not what one signs in with."""
    plan = entrance.whole_company or entrance.registration
    fields = {one.data: one for one in plan.fields}
    left_out = (entrance.address, entrance.password)
    return {
        leaf: invent_value(fields[leaf], OTHER_PERSON) for leaf in leaves if leaf in fields and leaf not in left_out
    }


def read_values(stage: Stage, customer: Customer) -> dict[str, set[str]]:
    """What the API says is held about a customer, by category."""
    told = stage.browse().call("get", HELD_API, token=find_token(stage, customer)).read_json()
    found: dict[str, set[str]] = {}
    for value in told["values"] if isinstance(told, dict) else ():
        found.setdefault(value["data"], set()).add(value["value"])
    return found


def change_by_page(stage: Stage, held: Holding, new: Mapping[str, str]) -> Iterator[Step]:
    """The pages on which people correct what is held about them, and about their company."""
    entrance, browser = need_entrance(stage), held.customer.browse(stage)
    for whose, path in CORRECT.items():
        values = {leaf: text for leaf, text in new.items() if is_own(entrance, leaf) == (whose == "their own")}
        if not values:
            continue
        serial, page = stage.last_serial, browser.open(path)
        form = page.find_form(*values)
        missed = [leaf for leaf in values if form is None or leaf not in form.names]
        answered = browser.send(page, values, form=form) if form is not None else page
        now = read_values(stage, held.customer)
        left = [leaf for leaf, text in values.items() if now.get(leaf) != {text}]
        yield works(
            f"the person corrects {whose} details on their page: each field is there, and what they wrote shows at once",
            not missed and answered.is_good and not left,
            f"{len(missed or left)} of {len(values)} categories do not",
        )
        shown = browser.open("/account/held")
        yield works(
            "it stands on the page of what is held",
            all(" ".join(text.split()) in shown.text for text in values.values()),
            "it does not",
        )
        told = {leaf for line in stage.list_lines("item.corrected", after=serial) for leaf in line.body["data"]}
        yield works("the ledger says which categories were changed", told == set(values), "it does not")


def change_address(stage: Stage, customer: Customer) -> Iterator[Step]:
    """The address that one signs in with: by a link that goes to the new one, and not before it was opened."""
    entrance, browser, address = need_entrance(stage), customer.browse(stage), find_address(NEW_ADDRESS)
    page = browser.open("/account/password")
    form = page.find_form(entrance.address, action="change=address")
    if form is not None:
        browser.send(page, {entrance.address: address, "known": PASSWORD}, form=form)
    stage.carry_mails()
    before = read_values(stage, customer).get(entrance.address)
    mails = stage.list_mails(address)
    link = stage.find_link(mails[0], "/account/new-address/") if mails else ""
    yield refused(
        "a new address is given: it does not count before the link that goes there was opened",
        bool(link) and address not in (before or ()),
        "it does",
    )
    opened = stage.browse()
    if link:
        opened.send(opened.open(link), {})
    now = read_values(stage, come_in_again(stage, customer)).get(entrance.address)
    yield works("the link is opened: the new address shows at once", now == {address}, "it does not")


def change_outside(
    stage: Stage, held: Holding, outside: Sequence[str], before: Mapping[str, set[str]]
) -> Iterator[Step]:
    """What the rule does not name stays as it was, however it is tried."""
    customer = come_in_again(stage, held.customer)
    held.customer = customer
    for leaf in outside:
        told = stage.browse().call("patch", HELD_API, {"values": {leaf: ELSE}}, token=find_token(stage, customer))
        yield refused(
            "the API is asked to change something that the rule does not name: it is refused",
            not told.is_good,
            "it is taken",
        )
        browser = customer.browse(stage)
        page = browser.open(CORRECT["their own"])
        browser.send(
            page,
            {leaf: ELSE},
            form=page.forms[0]
            if len(page.forms) == 1
            else next((one for one in page.forms if one.method == "post" and "correct" in one.action), None),
        )
        person = list_subjects(stage, held)[0]
        try:
            correct_values(stage.binding, person=person, values={leaf: ELSE}, now=stage.now)
            is_refused = False
        except UpheldError:
            is_refused = True
        yield refused("a program asks for the same without a page: it is refused", is_refused, "it is taken")
        now = read_values(stage, customer).get(leaf)
        yield refused(
            "it is sent with the page as one field more: it stays as it was", now == before.get(leaf), "it was changed"
        )


def change_others(stage: Stage, held: Holding, new: Mapping[str, str]) -> Iterator[Step]:
    """Another customer's corrections touch their own details alone; a visitor's none."""
    entrance = need_entrance(stage)
    before = read_values(stage, held.customer)
    other = come_in_again(stage, stage.cast.willing)
    mine = {leaf: text for leaf, text in new.items() if is_own(entrance, leaf)}
    stage.browse().call("patch", HELD_API, {"values": mine}, token=find_token(stage, other))
    yield refused(
        "another customer corrects the same fields: nothing of this person changes",
        read_values(stage, held.customer) == before,
        "something does",
    )
    page = stage.browse().call("patch", HELD_API, {"values": mine})
    yield refused(
        "without a sign-in the API changes nothing", page.status == UNAUTHORISED, f"it answers with {page.status}"
    )
    browser, path = stage.browse(), CORRECT["their own"]
    answered = browser.post(path, mine)
    yield refused(
        "without a sign-in the page changes nothing",
        "sign-in" in answered.address and read_values(stage, held.customer) == before,
        f"it answers with {answered.status}",
    )
    if entrance.company is not None:
        theirs = {leaf: text for leaf, text in new.items() if leaf not in mine}
        answered = stage.browse(other.cookies).post(CORRECT["their company's"], theirs)
        yield refused(
            "somebody who holds no company's account opens the page of its details: it is not there",
            not answered.is_good,
            "it is",
        )


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType({"let": rehearse_let, "answer": rehearse_answer})
