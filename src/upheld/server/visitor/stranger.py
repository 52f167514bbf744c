"""What the visitor sees as a stranger: pages, what they ask of other hosts, cookies, promised parts, the way there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from upheld.core.fields.cookies import CookiePlan
from upheld.core.proof.evidence import DONE, REFUSED, Step
from upheld.core.proof.walks import WalkedStep
from upheld.rehearsal.page import Page, read_page
from upheld.server.visitor.plan import FORM, Plan, Wanted

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Cookie, Request, Response  # noqa: TC004 - annotations stay text
    from playwright.sync_api import Page as Tab

SLACK_SECONDS = 120  # what an answer takes on its way, and clocks that are a little apart
LEAST_HSTS_SECONDS = 86_400
OLD_PROTOCOLS = ("SSL", "TLS 1.0", "TLS 1.1")
INSIDE = ("data", "blob", "about")
_AGE = re.compile(r"max-age=(\d+)")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+(?:@|&#0*64;|&#x0*40;|%40)[A-Za-z0-9.-]+", re.IGNORECASE)


@dataclass(slots=True)
class Eyes:
    """What was seen on the whole walk, also while signed in: requests, cookies, pages as they were sent."""

    home: str
    requests: list[str] = field(default_factory=list)
    cookies: dict[str, Cookie] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    protocols: set[str] = field(default_factory=set)
    unpromised: list[str] = field(
        default_factory=list
    )  # pages that came without the header that keeps browsers on https

    @property
    def host(self) -> str:
        """The host of the site."""
        return urlsplit(self.home).hostname or ""

    @property
    def is_https(self) -> bool:
        """Whether the site is reached by https."""
        return urlsplit(self.home).scheme == "https"

    def follow(self, context: BrowserContext) -> None:
        """Note everything that this browser asks for from now on."""

        def note_request(request: Request) -> None:
            self.requests.append(request.url)

        context.on("request", note_request)  # a plain function: the library marks what it is given

    def look_at(self, context: BrowserContext, response: Response | None) -> Page:
        """Note an answer, its way and the cookies that are there now; the page as it was sent."""
        self.note_cookies(context)
        if response is None:
            return read_page(0, self.home, b"", {})
        headers = {name.title(): value for name, value in response.headers.items()}
        page = read_page(response.status, response.url, response.body(), headers)
        self.pages.append(page)
        if self.is_https:
            told = response.security_details()
            self.protocols.add(str(told.get("protocol") or "") if told else "")
            age = _AGE.search(headers.get("Strict-Transport-Security", ""))
            if age is None or int(age.group(1)) < LEAST_HSTS_SECONDS:
                self.unpromised.append(urlsplit(response.url).path)
        return page

    def note_cookies(self, context: BrowserContext) -> None:
        """Note the cookies that the browser holds now; one that lasts longer than it did before counts."""
        for cookie in context.cookies():
            name = cookie.get("name", "")
            known = self.cookies.get(name)
            if known is None or cookie.get("expires", -1) >= known.get("expires", -1):
                self.cookies[name] = cookie


def open_pages(tab: Tab, eyes: Eyes, plan: Plan) -> Iterator[WalkedStep]:
    """Open every page that the plan names, as somebody whom nobody knows; what rules want to stand there."""
    seen: dict[str, Page] = {}
    for path in plan.pages:
        seen[path] = eyes.look_at(tab.context, tab.goto(urljoin(eyes.home, path.lstrip("/"))))
    bad = next((path for path, page in seen.items() if not page.is_good), "")
    for wanted in plan.wanted:
        pages = [seen[wanted.path]] if wanted.path else list(seen.values())
        yield from look_for(wanted, pages, plan, "" if bad not in (wanted.path, "/") else bad)


def look_for(wanted: Wanted, pages: list[Page], plan: Plan, bad: str) -> Iterator[WalkedStep]:
    """Whether the thing stands on each of these pages."""
    rules = (wanted.rule,)
    where = f"the page {wanted.path} is opened" if wanted.path else f"{len(pages)} pages are opened"
    if bad:
        yield note(rules, DONE, f"a stranger comes: {where}", is_kept=False, saw=f"the page {bad} did not open")
        return
    if wanted.thing.startswith(FORM):
        lacking = [page for page in pages if not leads_to(page, wanted.target)]
        said = f"a stranger comes: {where}, each leads to the form"
        yield note(rules, DONE, said, is_kept=not lacking, saw=say_path(lacking, "it is not at {}"))
        return
    lacking = [page for page in pages if not can_be_read(page, plan.email)]
    said = f"a stranger comes: {where}, our e-mail address can be read there"
    yield note(rules, DONE, said, is_kept=not lacking, saw=say_path(lacking, "it cannot be read at {}"))
    plain = [page for page in pages if stands_plain(page, plan.email)]
    said = "a program that collects addresses reads the same: it finds none"
    yield note(rules, REFUSED, said, is_kept=not plain, saw=say_path(plain, "it finds one at {}"))


def leads_to(page: Page, path: str) -> bool:
    """Whether the page is the one at this path, or has a link with words to it."""
    return urlsplit(page.address).path.endswith(path) or any(
        urlsplit(urljoin(page.address, href)).path.endswith(path) and words for href, words in page.links
    )


def can_be_read(page: Page, email: str) -> bool:
    """Whether the pieces of the address stand in the words of the page in their order, close together."""
    pieces = [re.escape(piece) for piece in re.split(r"[@.]", email) if piece]
    return bool(pieces) and bool(re.search(r"\W+(?:\w{1,4}\W+)?".join(pieces), page.text))


def stands_plain(page: Page, email: str) -> bool:
    """Whether a program that looks for addresses finds ours in what was sent."""
    host = email.partition("@")[2]
    found = (address.lower().replace("%40", "@") for address in _ADDRESS.findall(page.html))
    return "mailto:" in page.html or any(address.endswith(host) for address in found)


def judge_eyes(eyes: Eyes, plan: Plan, now: datetime) -> Iterator[WalkedStep]:
    """What the whole walk showed of other hosts, of cookies, and of the way to the site."""
    strangers = sorted({host for host in map(find_host, eyes.requests) if host and host != eyes.host})
    said = f"{len(eyes.pages)} pages are opened in a browser: nothing is asked of any other host"
    saw = f"{len(strangers)} other hosts were asked" if strangers else ""
    yield note(plan.no_strangers, REFUSED, said, is_kept=not strangers, saw=saw)
    yield from judge_cookies(eyes, plan, now)
    if eyes.is_https:
        old = [name for name in eyes.protocols if not name or name.startswith(OLD_PROTOCOLS)]
        said = "every page comes by https, by a protocol that is not outdated"
        yield note(plan.in_transit, DONE, said, is_kept=bool(eyes.protocols) and not old, saw="one did not")
        said = "every page tells the browser to come by https alone from now on"
        saw = f"the page {eyes.unpromised[0]} did not" if eyes.unpromised else ""
        yield note(plan.in_transit, DONE, said, is_kept=not eyes.unpromised, saw=saw)


def judge_cookies(eyes: Eyes, plan: Plan, now: datetime) -> Iterator[WalkedStep]:
    """Each cookie that the browser held, by what the policy says of it; none that it does not name."""
    named = {one.name: one for one in plan.cookies}
    strange = [name for name in eyes.cookies if name not in named]
    every = tuple(number for _, number in plan.cookie_rules)
    said = "the browser holds no cookie but those that the policy names"
    yield note(every, REFUSED, said, is_kept=not strange, saw=f"it holds {len(strange)} more")
    foreign = [one for one in eyes.cookies.values() if one.get("domain", "").lstrip(".") != eyes.host]
    said = "the browser holds no cookie of another host"
    yield note(plan.no_strangers, REFUSED, said, is_kept=not foreign, saw=f"it holds {len(foreign)}")
    for name, number in plan.cookie_rules:
        cookie = eyes.cookies.get(name)
        if cookie is not None:
            fault = find_fault(cookie, named[name], eyes, now)
            said = "the browser holds the cookie for no longer than the sentence says, for this site alone, out of reach of scripts"
            yield note((number,), DONE, said, is_kept=not fault, saw=fault)


def find_fault(cookie: Cookie, plan: CookiePlan, eyes: Eyes, now: datetime) -> str:
    """What is wrong with a cookie as the browser holds it; empty for nothing."""
    expires = cookie.get("expires", -1)
    if plan.lifetime is None and expires != -1:
        return "it outlasts the visit"
    if plan.lifetime is not None and expires > (now + plan.lifetime).timestamp() + SLACK_SECONDS:
        return "it lasts longer than the sentence says"
    if plan.is_first_party and cookie.get("domain", "").startswith("."):
        return "other hosts get it as well"
    if not cookie.get("httpOnly") or cookie.get("sameSite") not in ("Lax", "Strict"):
        return "scripts or other sites can use it"
    return "it travels in the clear as well" if eyes.is_https and not cookie.get("secure") else ""


def find_host(url: str) -> str:
    """The host that an address leads to; empty for what stands inside the page."""
    parts = urlsplit(url)
    return "" if parts.scheme in INSIDE else parts.hostname or ""


def say_path(pages: list[Page], words: str) -> str:
    """Where the first of these pages stands, in words."""
    return words.format(urlsplit(pages[0].address).path) if pages else ""


def note(rules: tuple[int, ...], sort: str, says: str, *, is_kept: bool, saw: str) -> WalkedStep:
    """One thing that was tried."""
    return WalkedStep(rules, Step(sort, says, is_kept, "" if is_kept else saw))


def find_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
