"""Rehearsals of what pages have to show: forms, questions, documents, and the parts that the language has words for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from upheld.core.fields.plan import find_path
from upheld.core.policy.model import ANYWHERE, EVERY_FORM, EVERY_PAGE, Rule
from upheld.core.policy.saying.names import capitalise, say_name
from upheld.core.proof.evidence import Step
from upheld.records.models import Case
from upheld.records.walls import read_site
from upheld.rehearsal.cast import NO, YES, NotBuilt
from upheld.rehearsal.filling import find_good, list_doors, list_form_places, say_place
from upheld.rehearsal.page import Page
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.traces import Watch
from upheld.rehearsal.trying import Rehearsal, done, missing, refused, works
from upheld.rehearsal.walking import CUSTOMER, NOWHERE, VISITOR, Seen, walk
from upheld.web.plans import find_open_plan, find_plan

EVERY_ADDRESS = "every email address"
FORM, QUESTION, DOCUMENT, PART, NOTICE = "form", "question", "document", "part", "notice"
POLICY_PAGE, HOME, ACCOUNT = "/privacy", "/", "/account"
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+(?:@|&#0*64;|&#x0*40;|%40)[A-Za-z0-9.-]+", re.IGNORECASE)


def rehearse_show_part(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Each thing stands on each page that the rule names, and does there what it is for."""
    pages = tuple(chain.from_iterable(list_pages(stage, name) for name in rule.part("at")))
    if not pages:
        raise NotBuilt("the pages on which it has to stand are not there")
    for name in rule.part("at"):
        if is_closed(stage, name):
            yield missing(f"the page on which it has to stand {say_place(stage, name)} is not built")
    if rule.holds is not None:
        yield missing(f"that it is shown only where {rule.holds} was not tried")
    for thing in rule.part("things"):
        kind, _, name = thing.partition(":")
        look = {FORM: look_for_form, QUESTION: look_for_question, DOCUMENT: look_for_document, PART: look_for_part}
        if kind in look:
            yield from look[kind](stage, name, pages)
        elif kind == NOTICE:
            lacking = lacks(pages, lambda one, text=name: text in one.page.text)
            yield done(f"{say_pages(pages)}: it says “{name}”", not lacking, lacking)
        else:
            yield missing(f"how to look for {say_name(name, kind, stage.policy.words)} on a page is not built")


def list_pages(stage: Stage, place: str) -> Iterator[Seen]:
    """The pages that a place names: one, or all that a visitor and a customer come to, with one that is not there."""
    if place in (EVERY_PAGE, ANYWHERE):
        yield from walk(stage).list_html()
    elif place == ACCOUNT.strip("/"):
        yield Seen(CUSTOMER, stage.cast.silent.browse(stage).open(ACCOUNT))
    elif place in ("policy", "home"):
        yield Seen(VISITOR, stage.browse().open(POLICY_PAGE if place == "policy" else HOME))
    elif place == EVERY_ADDRESS:
        yield from (
            one for one in walk(stage).list_html() if has_guarded(stage, one.page) or has_plain(stage, one.page)
        )
    elif place == EVERY_FORM:
        for name in list_form_places(stage):
            yield open_form(stage, name)
    elif find_path(stage.policy.words, place) and not is_closed(stage, place):
        yield open_form(stage, place)


def is_closed(stage: Stage, place: str) -> bool:
    """Whether a form of the policy has no page, since the house has nothing to work on what it takes."""
    path = find_path(stage.policy.words, place)
    return path is not None and find_open_plan(find_good(stage), place) is None


def open_form(stage: Stage, place: str) -> Seen:
    """The page of a touchpoint, as whoever can send its form sees it."""
    path = find_path(stage.policy.words, place) or HOME
    page = stage.browse().open(path)
    if urlsplit(page.address).path == path:
        return Seen(VISITOR, page)
    return Seen(CUSTOMER, stage.cast.silent.browse(stage).open(path))


def lacks(pages: tuple[Seen, ...], is_there: Callable[[Seen], bool]) -> str:
    """Where the first page stands that lacks something; empty when all have it."""
    return next((f"it is not at {one.path} for a {one.who}" for one in pages if not is_there(one)), "")


def say_pages(pages: tuple[Seen, ...]) -> str:
    """Which pages were looked at."""
    if len(pages) == 1:
        return f"The page {pages[0].path} is opened"
    strays = " with one that is not there" if any(one.path == NOWHERE for one in pages) else ""
    return f"All {len(pages)} pages that a visitor and a customer come to are opened{strays}"


# ------------------------------------------------------------------------------------------------ a form


def look_for_form(stage: Stage, name: str, pages: tuple[Seen, ...]) -> Iterator[Step]:
    """Each page has the form or leads to it; it opens, and is sent as a browser without scripts does; and somebody gets it."""
    plan = find_plan(find_good(stage), name)
    if plan is None:
        raise NotBuilt(f"there is no form {say_place(stage, name)}")
    lacking = lacks(pages, lambda one: leads_to(one, plan.path))
    yield done(f"{say_pages(pages)}: a link leads to the form “{plan.title}”", not lacking, lacking)
    page = stage.browse().open(plan.path)
    form = page.find_form(plan.fields[0].name)
    yield done(
        "The link is followed: the form is there, for whoever is not signed in as well, and asks for no script",
        page.is_good and form is not None and form.method == "post" and "<script" not in page.html.lower(),
        f"the site answered {page.status}, or there is no form",
    )
    for door in list_doors(stage, name):
        watch = Watch(stage)
        answer = door.send({})
        traces = watch.look()
        opened = traces.rows["Case"]
        lines = [line.id for line in traces.lines if line.kind == "case.opened"]
        if plan.sort in ("message", "other"):
            says = (
                f"It is filled in and sent {door.said}: it reaches us as a case, and whoever sent it is told its number"
            )
            is_told = find_newest_case(stage) in answer.text
            saw = f"{opened} cases were opened" if opened != 1 else "the number is not told"
            yield works(says, answer.is_good and opened == 1 and is_told, saw, *lines)
        else:
            says = f"It is filled in and sent {door.said}: it is taken"
            takings = traces.list_takings(name)
            yield works(says, answer.is_good and bool(takings), f"the site answered {answer.status}")


def find_newest_case(stage: Stage) -> str:
    """The number of the case that was opened last."""
    with read_site(stage.site):
        newest = Case.objects.filter(site=stage.site).order_by("-opened_at", "-number").first()
    return newest.number if newest else "no case"


def leads_to(one: Seen, path: str) -> bool:
    """Whether a page is the one at this path, or has a link to it with words."""
    return one.path == path or any(
        urlsplit(urljoin(one.page.address, href)).path == path and words for href, words in one.page.links
    )


# ------------------------------------------------------------------------------------------------ a question


def look_for_question(stage: Stage, choice: str, pages: tuple[Seen, ...]) -> Iterator[Step]:
    """Each page asks the choice, with a yes and a no, neither of which is preset; and the answer is kept as it was given."""
    label = capitalise(say_name(choice, "choice", stage.policy.words))
    name = f"choice:{choice}"

    def asks(one: Seen) -> bool:
        form = one.page.find_form(name)
        return (
            form is not None
            and sorted(form.picks.get(name, ())) == [NO, YES]
            and label.lower() in one.page.text.lower()
        )

    lacking = lacks(pages, asks)
    yield done(f"{say_pages(pages)}: it asks “{label}?”, with a yes and a no", not lacking, lacking)
    preset = lacks(pages, lambda one: not any(form.values.get(name) for form in one.page.forms))
    yield refused("Neither answer is preset", not preset, "one is")
    for place in list_form_places(stage):
        plan = find_plan(find_good(stage), place)
        if plan is None or all(one.choice != choice for one in plan.choices):
            continue
        for door in list_doors(stage, place):
            if door.way != "page" or all(urlsplit(one.page.address).path != door.plan.path for one in pages):
                continue
            watch = Watch(stage)
            answer = door.send({name: YES})
            traces = watch.look()
            told = [line for line in traces.lines if line.kind == "choice.recorded"]
            lines = [line for line in told if line.body.get("choice") == choice and line.body.get("outcome") == YES]
            says = (
                f"{capitalise(say_place(stage, place))}: a yes is sent: it is kept as a yes to this and to nothing else"
            )
            is_yes = len(lines) == len(told) == traces.rows["Answer"] == 1
            yield works(says, answer.is_good and is_yes, "it was not", *(line.id for line in lines))


# ------------------------------------------------------------------------------------------------ a document


def look_for_document(stage: Stage, name: str, pages: tuple[Seen, ...]) -> Iterator[Step]:
    """Each page leads to the document; it opens, and says what its file says."""
    target = stage.policy.documents.get(name, "")
    label = stage.policy.words.label(name, "document")

    def find_link(one: Seen) -> str:
        links = ((urljoin(one.page.address, href), words) for href, words in one.page.links)
        return next((href for href, words in links if label.lower() in words.lower() or href == target), "")

    lacking = lacks(pages, lambda one: bool(find_link(one)))
    yield done(f"{say_pages(pages)}: it leads to the {label}", not lacking, lacking)
    if target.startswith("https://"):
        return  # it stands elsewhere, and nothing is fetched from there
    texts = read_paragraphs(stage, target)
    page = stage.browse().open(find_link(pages[0]) or NOWHERE)
    unsaid = [text for text in texts if text not in page.text]
    saw = f"the site answered {page.status}" if not page.is_good else f"{len(unsaid)} paragraphs are not there"
    yield done(
        f"The link is followed: the {label} are there, every word of them",
        page.is_good and bool(texts) and not unsaid,
        saw,
    )


def read_paragraphs(stage: Stage, target: str) -> tuple[str, ...]:
    """The paragraphs of a document's file, without their marks."""
    folder = re.sub(r"[^/]*\Z", "", stage.policy.file)
    try:
        with open(folder + target, encoding="utf-8") as file:  # noqa: PTH123 - beside the policy, which is named as text
            text = file.read()
    except OSError:
        return ()
    pieces = (re.sub(r"\s+", " ", piece.strip().lstrip("#*- ")).strip() for piece in re.split(r"\n\s*\n", text))
    return tuple(piece for piece in pieces if piece)


# ------------------------------------------------------------------------------------------------ a part


@dataclass(frozen=True, slots=True)
class PartLook:
    """How a part of a page is known: what is said of it, whether it is there, and what must not be."""

    says: str
    is_there: Callable[[Stage, Page], bool]
    must_not: str = ""
    is_wrong: Callable[[Stage, Page], bool] | None = None
    is_for_customers: bool = False  # it stands there for whoever is signed in, and for nobody else


def look_for_part(stage: Stage, name: str, pages: tuple[Seen, ...]) -> Iterator[Step]:
    """Each page has the part."""
    look = _PARTS.get(name)
    if look is None:
        yield missing(f"how to look for “{name}” on a page is not built")
        return
    if look.is_for_customers:
        pages = tuple(one for one in pages if one.who == CUSTOMER)
    if not pages:
        raise NotBuilt("there is nobody who could be signed in on these pages")
    lacking = lacks(pages, lambda one: look.is_there(stage, one.page))
    yield done(f"{say_pages(pages)}: {look.says}", not lacking, lacking)
    if look.is_wrong is not None:
        is_wrong = look.is_wrong
        wrong = next((one.path for one in pages if is_wrong(stage, one.page)), "")
        yield refused(look.must_not, not wrong, f"it does at {wrong}")


def has_guarded(stage: Stage, page: Page) -> bool:
    """Whether the pieces of the address stand in the words of the page in their order, close together."""
    pieces = [re.escape(piece) for piece in re.split(r"[@.]", stage.policy.contact.get("email", "")) if piece]
    return bool(pieces) and bool(re.search(r"\W+(?:\w{1,4}\W+)?".join(pieces), page.text))


def has_plain(stage: Stage, page: Page) -> bool:
    """Whether a program that looks for addresses would find ours in what was sent."""
    address = stage.policy.contact.get("email", "")
    return (
        address in page.html
        or "mailto:" in page.html
        or any(
            found.lower().replace("%40", "@").endswith(address.partition("@")[2])
            for found in _ADDRESS.findall(page.html)
        )
    )


def has_contact(key: str) -> Callable[[Stage, Page], bool]:
    """Whether what the policy declares as this contact stands in the words of a page."""
    return lambda stage, page: bool(stage.policy.contact.get(key)) and stage.policy.contact[key] in page.text


def has_dialled_phone(stage: Stage, page: Page) -> bool:
    """Whether our telephone number stands in the words of a page, and a link dials it."""
    digits = re.sub(r"[^+0-9]", "", stage.policy.contact.get("phone", ""))
    return has_contact("phone")(stage, page) and any(href == f"tel:{digits}" for href, _ in page.links)


def has_link(part: str) -> Callable[[Stage, Page], bool]:
    """Whether a link with words leads to an address with this in it."""
    return lambda _stage, page: any(part in href and words for href, words in page.links)


def has_sections(stage: Stage, page: Page) -> bool:
    """Whether each section is linked, and is there."""
    sections = [section.slug for section in stage.policy.sections if section.level > 1]
    hrefs = {href.partition("#")[2] for href, _ in page.links}
    return all(slug in hrefs and f'id="{slug}"' in page.html for slug in sections)


def has_day(stage: Stage, page: Page) -> bool:
    """Whether the day of the version stands there, as people write it."""
    day = stage.policy.version
    return f"{day.day} {day:%B %Y}" in page.text or day.isoformat() in page.text


def has_cookies(stage: Stage, page: Page) -> bool:
    """Whether every cookie of the policy is named."""
    named = [name for rule in stage.policy.active_rules if rule.form == "set_cookie" for name in rule.part("cookie")]
    return all(name in page.text for name in named)


_PARTS: Mapping[str, PartLook] = MappingProxyType(
    {
        "guarded contact email": PartLook(
            "our e-mail address can be read there",
            has_guarded,
            "A program that looks for addresses reads the same page: it finds none",
            has_plain,
        ),
        "contact email": PartLook("our e-mail address stands there", has_contact("email")),
        "contact post": PartLook("our postal address stands there", has_contact("post")),
        "contact phone": PartLook("our telephone number stands there, and a link dials it", has_dialled_phone),
        "contact desk": PartLook("who answers stands there", has_contact("desk")),
        "skip link": PartLook(
            "the first link leads to the main part",
            lambda _stage, page: bool(page.links) and f'id="{page.links[0][0].lstrip("#")}"' in page.html,
        ),
        "sign-in": PartLook("a link leads to signing in", has_link("/account/sign-in")),
        "account link": PartLook("a link leads to one's own page", has_link("/account")),
        "password recovery": PartLook("a link leads to a new password", has_link("/account/forgot")),
        "log out": PartLook(
            "whoever is signed in can sign out there",
            lambda stage, page: (
                page.find_form(action="/account/sign-out") is not None or has_link("/account/sign-out")(stage, page)
            ),
            is_for_customers=True,
        ),
        "policy link": PartLook("a link leads to the policy", has_link("/privacy")),
        "version history": PartLook("a link leads to all versions", has_link("/privacy/versions")),
        "contents": PartLook("the sections of the policy are linked, and are there", has_sections),
        "updated date": PartLook("the date of the version stands there", has_day),
        "cookie list": PartLook("every cookie is named there", has_cookies),
    }
)

REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType({"show_part": rehearse_show_part})
