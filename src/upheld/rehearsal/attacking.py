"""Attacks on what is stored, on doors and on the ledger: each step is something that a thief, or a clerk, would try."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, get_resolver

from upheld.actions.ledger_reading import verify_ledger
from upheld.actions.visits import FOLDER
from upheld.api.site_api import api
from upheld.core.fields.entrance import Entrance, find_entrance
from upheld.records.models import Entry, Item
from upheld.records.walls import enter_site
from upheld.rehearsal.cast import PASSWORD, Undone, list_guest_forms, need_entrance
from upheld.rehearsal.coming_in import come_back_to_work, come_in_again, find_token
from upheld.rehearsal.holdings import HELD_API, bring_about
from upheld.rehearsal.looking import list_places, list_stored, list_subjects, look_as_staff, open_person
from upheld.rehearsal.trying import refused, works
from upheld.rehearsal.visiting import note_visits

if TYPE_CHECKING:
    from upheld.core.proof.evidence import Step
    from upheld.rehearsal.browser import Browser
    from upheld.rehearsal.page import Page
    from upheld.rehearsal.stage import Stage

CONSOLE_URLS = "upheld.console.urls"
API_PREFIX = "/api/v1/"
WRONG = "not the password of anybody here"
OUTSIDE = "203.0.113.9"  # an address of the documentation (RFC 5737): somebody who is not on this machine
TELLING = 8  # characters from which on a piece of a value does not come about by chance
SECOND = timedelta(seconds=1)
LOCKED_FOR, MOST_WRONG = timedelta(minutes=15), 5
IDLE, LONGEST = timedelta(hours=2), timedelta(hours=12)
BEHIND_TLS = {"KNOWS_SCHEME": True, "HTTPS": True, "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True}
UNAUTHORISED, FORBIDDEN, NOT_FOUND, MOVED = 401, 403, 404, 308


# ------------------------------------------------------------------------------------------------ what is stored


def attack_store(stage: Stage, leaves: Sequence[str]) -> Iterator[Step]:
    """Somebody copies the files of the house: nothing that was typed can be read in them."""
    with note_visits(stage) as log:
        held = bring_about(stage, leaves)
        came_in = list_stored(stage, held)
        log.flush()
        texts = [text for text in (*held.list_texts(), held.customer.address, PASSWORD) if len(text) >= TELLING]
        texts += ["/account/held", "/account/copy"] if has_log(stage) else []
        yield works(
            "somebody's details come in by every form of the site", bool(came_in) and len(texts) > 1, "they do not"
        )
        for words, paths in (
            ("the database", list_database(stage)),
            ("the log of visits", sorted((stage.work.state / FOLDER).rglob("*.log"))),
        ):
            if not paths:
                continue
            found = sum(text.encode() in path.read_bytes() for path in paths for text in texts)
            yield refused(
                f"every byte of the files of {words} is searched for them: none stands there",
                not found,
                f"{found} stand there",
            )


def has_log(stage: Stage) -> bool:
    """Whether visits are noted, so that pages that were opened are among what is looked for."""
    return any((stage.work.state / FOLDER).rglob("*.log"))


def list_database(stage: Stage) -> list[Path]:
    """The files of both databases, with all that was written."""
    found = []
    for alias in ("default", "keys"):
        name = Path(connections[alias].settings_dict["NAME"])
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        found += [path for path in (name, name.with_name(f"{name.name}-wal")) if path.is_file()]
    if not found:
        raise Undone(f"the databases of {stage.site} are in no file")
    return found


def attack_values(stage: Stage, leaves: Sequence[str]) -> Iterator[Step]:
    """Somebody changes one bit of what is stored: it is noticed and shown to nobody."""
    held = bring_about(stage, leaves)
    person = list_subjects(stage, held)[0]
    serial = stage.last_serial
    with enter_site(stage.site):
        for row in Item.objects.filter(site=stage.site, person=person):
            row.sealed = bytes(row.sealed)[:-1] + bytes([bytes(row.sealed)[-1] ^ 1])
            row.save(update_fields=["sealed"])
    page = stage.browse().call("get", HELD_API, token=find_token(stage, held.customer))
    yield refused(
        "one bit of what is stored is changed: nothing of it is shown any more", not page.is_good, "it is shown"
    )
    yield works("the ledger says what was changed", bool(stage.list_lines("item.altered", after=serial)), "it does not")


# ------------------------------------------------------------------------------------------------ doors


def attack_access(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """Every page and every call that needs a sign-in is tried without one, and with one that is somebody else's."""
    if find_entrance(stage.binding.gate.table) is not None:
        yield from attack_account(stage)
    yield from attack_console(stage)


def attack_account(stage: Stage) -> Iterator[Step]:
    """What is there for customers alone."""
    pages = list_account_pages()
    own = come_in_again(stage, stage.cast.silent).browse(stage)
    opened = [path for path in pages if own.open(path, follows=False).is_good]
    yield works("a customer opens the pages of their account", len(opened) > 1, "they do not open")
    stranger = stage.browse()
    wrong = [path for path in opened if stranger.open(path, follows=False).is_good]
    yield refused(f"{len(opened)} pages of the account without a sign-in: none opens", not wrong, f"{len(wrong)} open")
    statuses = {
        (way, path): stranger.call(way, path, {} if way != "get" else None).status for way, path in list_calls()
    }
    calls = [call for call, status in statuses.items() if status != NOT_FOUND]  # others are not there on this site
    wrong = [path for way, path in calls if statuses[way, path] != UNAUTHORISED]
    yield refused(
        f"{len(calls)} calls of the API without a sign-in: each is refused",
        bool(calls) and not wrong,
        f"{len(wrong)} are not",
    )
    wrong = [path for way, path in calls[:3] if stranger.call(way, path, token="A" * 43).status != UNAUTHORISED]
    yield refused("calls with an invented token: each is refused", not wrong, f"{len(wrong)} are not")


def list_account_pages() -> list[str]:
    """The pages below the account that need no more than a sign-in, by the addresses of the site."""
    found = []
    for pattern in list_patterns(settings.SITE_URLCONF):
        route = str(pattern.pattern)
        is_entering = pattern.name in ("sign-in", "sign-out", "registered", "forgot", "sign-out-elsewhere")
        if (
            route.startswith("account")
            and route.isascii()
            and "(" not in route
            and "<" not in route
            and not is_entering
        ):
            found.append(f"/{route}")
    return found


def list_patterns(urlconf: str) -> list[URLPattern]:
    """The addresses of a part of the house, those of its parts among them."""
    return [one for one in get_resolver(urlconf).url_patterns if isinstance(one, URLPattern)]


@cache
def list_calls() -> list[tuple[str, str]]:
    """The calls of the API that need a token: the way and the address, with something invented in each place."""
    found = []
    for path, methods in api.get_openapi_schema(path_prefix=API_PREFIX)["paths"].items():
        for way, told in methods.items():
            if told.get("security"):
                found.append((way, path.replace("{", "").replace("}", "")))
    return found


def list_console_pages(stage: Stage) -> list[str]:
    """The pages of the console about this site."""
    routes = [str(pattern.pattern) for pattern in list_patterns(CONSOLE_URLS)]
    rest = [route.partition("<slug:site>/")[2] for route in routes if "<slug:site>/" in route]
    return [stage.seat + route for route in rest if "<" not in route]


def attack_console(stage: Stage) -> Iterator[Step]:
    """The console without a sign-in, and for somebody of the staff who holds no role here."""
    pages = list_console_pages(stage)
    clerk = next(iter(stage.cast.clerks.values()))
    inside = open_all(come_back_to_work(stage, clerk).browse(stage), pages)
    yield works(
        "somebody with a role opens the pages of the console that are theirs",
        any(page.is_good for page in inside),
        "none opens",
    )
    at_door = open_all(stage.browse_console(), pages)
    wrong = [page for page in at_door if page.is_good]
    yield refused(
        f"{len(pages)} pages of the console without a sign-in: none opens",
        bool(pages) and not wrong,
        f"{len(wrong)} open",
    )
    bare = open_all(come_back_to_work(stage, stage.cast.stranger).browse(stage), pages)
    wrong = [page for page in bare if page.is_good]
    yield refused("the same for somebody of the staff without a role: none is there", not wrong, f"{len(wrong)} are")
    if find_entrance(stage.binding.gate.table) is None:
        return
    customer = come_in_again(stage, stage.cast.silent)
    tried = open_all(stage.browse_console(customer.cookies), pages[:2])
    yield refused(
        "the same with the cookie of a customer: none opens", not any(page.is_good for page in tried), "one opens"
    )


def open_all(browser: Browser, paths: Iterable[str]) -> list[Page]:
    """What is answered at each of these addresses, without being led elsewhere."""
    return [browser.open(path, follows=False) for path in paths]


def attack_sign_out(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """A session ends when it is told to, when nobody uses it, and after half a day in any case."""
    for words, wait in (
        ("a session that nobody used for two hours opens nothing", IDLE),
        ("a session opens nothing after twelve hours, however much it is used", LONGEST),
    ):
        customer = come_in_again(stage, stage.cast.silent)
        if wait == LONGEST:
            for _ in range(int(LONGEST / timedelta(hours=1)) - 1):
                stage.wait(hours=1)
                customer.browse(stage).open("/account", follows=False)
            stage.wait(hours=1)
        else:
            stage.clock.shift(wait - SECOND)
            page = customer.browse(stage).open("/account", follows=False)
            yield works("a second before it still opens the account", page.is_good, "it does not")
            stage.clock.shift(wait)
        yield refused(words, not customer.browse(stage).open("/account", follows=False).is_good, "it does")
    browser = come_in_again(stage, stage.cast.silent).browse(stage)
    page = browser.open("/account")
    yield works("a link to sign out stands on the page", bool(page.find_link("sign-out")), "it does not")
    cookies = browser.copy_cookies()
    browser.send(browser.open("/account/sign-out"), {})
    page = stage.browse(cookies).open("/account", follows=False)
    yield refused("after signing out the cookie opens nothing", not page.is_good, "it does")


# ------------------------------------------------------------------------------------------------ the lock


def attack_lock(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """Wrong passwords lock an address, known or not, for a while; and staff's the same."""
    if find_entrance(stage.binding.gate.table) is not None:
        yield from attack_account_lock(stage)
    yield from attack_staff_lock(stage)


def attack_account_lock(stage: Stage) -> Iterator[Step]:
    """The same at the door of the accounts."""
    address, nobody = stage.cast.silent.address, "nobody.at.all@rehearsal.example"
    for _ in range(MOST_WRONG - 1):
        last = sign_in(stage, address, WRONG)
    yield works(f"{MOST_WRONG - 1} wrong passwords: the account is not locked yet", "wait" not in last.text, "it is")
    page = sign_in(stage, address, WRONG)
    locked_at = stage.now
    is_in = is_inside(sign_in(stage, address, PASSWORD))
    yield refused(f"after {MOST_WRONG} wrong passwords the right one is not taken either", not is_in, "it is taken")
    told = stage.browse().call("post", "/api/v1/sign-in", {"email": address, "password": PASSWORD})
    yield refused("nor by the API", not told.is_good, "it is taken there")
    for _ in range(MOST_WRONG):
        other = sign_in(stage, nobody, WRONG)
    alike = (page.status, strip(page, address)) == (other.status, strip(other, nobody))
    yield refused(
        "an address that has no account is answered and locked alike", alike, "the answers tell the two apart"
    )
    lines = stage.list_lines("person.locked", person=stage.cast.silent.id)
    yield works("the ledger says that the account was locked", bool(lines), "it does not", *(line.id for line in lines))
    stage.clock.move_to(locked_at + LOCKED_FOR - SECOND - find_typing(), tick=False)
    is_in = is_inside(sign_in(stage, address, PASSWORD))
    yield refused(
        "a second before the time of the lock is over the right password is still refused", not is_in, "it is taken"
    )
    stage.clock.move_to(locked_at + LOCKED_FOR - find_typing(), tick=False)
    yield works("after that it opens the account again", is_inside(sign_in(stage, address, PASSWORD)), "it does not")


def attack_staff_lock(stage: Stage) -> Iterator[Step]:
    """The same at the door of the console."""
    name = stage.cast.stranger.name
    for _ in range(MOST_WRONG):
        stage.browse_console().post("/console/sign-in/", {"login": name, "password": WRONG}, follows=False)
    page = stage.browse_console().post("/console/sign-in/", {"login": name, "password": PASSWORD}, follows=False)
    yield refused(
        f"after {MOST_WRONG} wrong passwords of somebody of the staff the right one is not taken",
        page.status != 302,
        "it is taken",
    )


def sign_in(stage: Stage, address: str, password: str) -> Page:
    """What the page answers to signing in."""
    entrance, browser = need_entrance(stage), stage.browse()
    return browser.send(browser.open("/account/sign-in"), {entrance.address: address, entrance.password: password})


def is_inside(page: Page) -> bool:
    """Whether a sign-in led on to the account."""
    return page.is_good and page.address.partition("?")[0].endswith("/account")


def strip(page: Page, address: str) -> str:
    """The words of a page without the address that was typed."""
    return page.text.replace(address, "")


def find_typing() -> timedelta:
    """What the browser of a rehearsal takes to fill in a form."""
    return timedelta(seconds=settings.FORM_SECONDS + 1)


# ------------------------------------------------------------------------------------------------ the ledger


def attack_log(stage: Stage, leaves: Sequence[str]) -> Iterator[Step]:
    """Every look is on the ledger with who, what, what for; the console shows it; a changed or missing line is found."""
    own = need_entrance(stage).registration.data
    leaves = tuple(leaf for leaf in leaves if leaf in own)
    held = bring_about(stage, leaves)
    for place in list_places(stage, leaves)[:1]:
        serial, person = stage.last_serial, list_subjects(stage, held)[0].id
        seen = look_as_staff(stage, held, leaves, place)
        lines = stage.list_lines("item.opened", after=serial, person=person)
        told = lines[-1].body if lines else {}
        is_whole = bool(lines and lines[-1].by and told.get("case") and told.get("purpose")) and seen <= set(
            told["data"]
        )
        yield works(
            "somebody of the staff looks: the ledger says who, at what, what for and on which case",
            is_whole,
            "it does not",
        )
        page = come_back_to_work(stage, place.clerk).browse(stage).open(f"{stage.seat}reading/")
        yield works("the look stands on the console's page of who read what", person in page.text, "it does not")
        serial = stage.last_serial
        open_person(stage, come_back_to_work(stage, stage.cast.stranger).browse(stage), person, place)
        yield refused(
            "a look that is refused opens nothing", not stage.list_lines("item.opened", after=serial), "it does"
        )
    serial = stage.last_serial
    stage.browse().call("get", HELD_API, token=find_token(stage, held.customer))
    lines = stage.list_lines("item.opened", after=serial)
    yield works("the person looks themselves: that is on the ledger as well", bool(lines), "it is not")
    stage.carry_mails()
    yield works("the ledger is whole: every line is where it was signed", is_whole_ledger(stage), "a fault is found")
    with enter_site(stage.site):
        row = Entry.objects.filter(site=stage.site, place__isnull=False).order_by("serial").first()
        text = row.text
        Entry.objects.filter(pk=row.pk).update(text=text.replace('"at":"2', '"at":"1', 1))
    yield refused("one sign of one line is changed: it is found", not is_whole_ledger(stage), "it is not found")
    with enter_site(stage.site):
        Entry.objects.filter(pk=row.pk).update(text=text)
        newest = Entry.objects.filter(site=stage.site, place__isnull=False).order_by("-place").first()
        newest.delete()
    yield refused("one line is taken away: it is found", not is_whole_ledger(stage), "it is not found")


def is_whole_ledger(stage: Stage) -> bool:
    """Whether the check of the whole ledger finds nothing."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # what is found here was done here
    try:
        found: Any = verify_ledger(stage.site, now=stage.now)
    finally:
        logging.disable(before)
    return bool(found.is_whole)


# ------------------------------------------------------------------------------------------------ on the way


def attack_transit(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """Somebody outside comes by plain http: to a house that has https, and to one that has none.

    What a stranger sees on the wire, such as the certificate, is looked at from outside and is evidence of another kind.
    """
    entrance, host = find_entrance(stage.binding.gate.table), stage.shelved.host
    forms = tuple("/" + plan.path.lstrip("/") for plan in list_guest_forms(stage))
    own = ("/account/sign-in", "/api/v1/me/held") if entrance is not None else forms
    with override_settings(**BEHIND_TLS):
        outside: Any = Client(raise_request_exception=False, REMOTE_ADDR=OUTSIDE)
        for path in ("/", "/privacy", *own):
            answer = outside.get(path, headers={"host": host})
            is_led = answer.status_code == MOVED and answer.headers.get("Location", "").startswith(f"https://{host}")
            yield refused(
                f"{path} is asked for by plain http from outside: it is led to https",
                is_led,
                f"it answers with {answer.status_code}",
            )
        answer = outside.get("/", headers={"host": host}, secure=True)
        promise = answer.headers.get("Strict-Transport-Security", "")
        yield works(
            "by https the page comes, with the promise to browsers that it stays so",
            answer.status_code < MOVED and read_age(promise) >= timedelta(days=365),
            "the promise is not there",
        )
    if entrance is not None:
        yield from attack_password_transit(stage, entrance)


def attack_password_transit(stage: Stage, entrance: Entrance) -> Iterator[Step]:
    """The same for what customers sign in with."""
    host = stage.shelved.host
    typed = {entrance.address: stage.cast.silent.address, entrance.password: PASSWORD}
    outside: Any = Client(raise_request_exception=False, REMOTE_ADDR=OUTSIDE)
    with override_settings(**BEHIND_TLS):
        answer = outside.post("/account/sign-in", typed, headers={"host": host})
        is_refused = answer.status_code == FORBIDDEN and not answer.cookies
        yield refused(
            "a password is sent by plain http: it is refused, and no cookie comes back",
            is_refused,
            f"it answers with {answer.status_code}",
        )
        answer = outside.post("/account/sign-in", typed, headers={"host": host}, secure=True)
        kept = list(answer.cookies.values())
        yield works(
            "whoever signs in by https gets a cookie that never goes by plain http",
            bool(kept) and all(one["secure"] for one in kept),
            "it may go by plain http",
        )
    with override_settings(KNOWS_SCHEME=False, HTTPS=False):
        outside = Client(raise_request_exception=False, REMOTE_ADDR=OUTSIDE)
        answer = outside.post("/account/sign-in", typed, headers={"host": host})
        is_refused = answer.status_code == FORBIDDEN and not answer.cookies
        yield refused(
            "a house that has no https is sent a password from outside: it is refused",
            is_refused,
            f"it answers with {answer.status_code}",
        )
        answer = outside.get("/account/sign-in", headers={"host": host})
        yield refused(
            "nor does it show the form", answer.status_code == FORBIDDEN, f"it answers with {answer.status_code}"
        )


def read_age(promise: str) -> timedelta:
    """For how long a browser is to stay on https."""
    seconds = next((part.partition("=")[2] for part in promise.split(";") if part.strip().startswith("max-age=")), "0")
    return timedelta(seconds=int(seconds) if seconds.isdigit() else 0)
