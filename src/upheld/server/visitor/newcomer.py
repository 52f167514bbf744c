"""The walk of an invented person: registers with a no, says yes and no, gets a message and stops it, closes the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from upheld.core.errors import SealError
from upheld.core.proof.evidence import DONE, Step
from upheld.core.proof.walks import WalkedStep
from upheld.core.seal.proof import verify_receipt
from upheld.rehearsal.page import Page
from upheld.server.visitor.plan import Answering, Invented, Plan, invent_values
from upheld.server.visitor.post import Post
from upheld.server.visitor.stranger import Eyes, note

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab  # noqa: TC004 - annotations stay text

VERIFY, STOP, RECEIPTS = "/account/verify/", "/stop/", "/account/receipts/"
ACCOUNT, CHOICES, CLOSE, KEY = "account", "account/choices", "account/close", "privacy/ledger/key"
YES, NO = "yes", "no"
MAIL_SECONDS = 20.0
PAGE_MILLISECONDS = 10_000
DOWNLOAD_MILLISECONDS = 5_000
HUMAN_MILLISECONDS = 400  # above what a form takes a person at least, so that nobody asks to look at it once more


class Stuck(Exception):  # noqa: N818 - it is no error of the house: the walk cannot go on
    """A part of the walk could not be finished; its text says where, in plain words."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What the process on the server does for the walk: writes the one message, has lines placed, looks whether all is gone."""

    write_letter: Callable[[str, str], bool]
    place_lines: Callable[[], None]
    find_person: Callable[[str], str]
    is_gone: Callable[[str, str], bool]


@dataclass(slots=True)
class Newcomer:
    """One invented person in one tab."""

    tab: Tab
    eyes: Eyes
    plan: Plan
    person: Invented
    post: Post
    hands: Hands
    form_seconds: float

    @property
    def one(self) -> Answering:
        """The choice that is walked."""
        if self.plan.answering is None:
            raise Stuck("the policy has no choice that stops messages")
        return self.plan.answering

    # ------------------------------------------------------------------------------------------ coming in and going

    def come_in(self) -> None:
        """Register with a no, open the link in the mail, type the password. Raises Stuck."""
        entrance = self.plan.entrance
        if entrance is None:
            raise Stuck("the policy lets nobody have an account")
        form = entrance.registration
        self._open(form.path)
        self.tab.wait_for_timeout(self.form_seconds * 1000 + HUMAN_MILLISECONDS)
        for name, text in invent_values(form, self.person).items():
            self._type(name, text)
        asked = next(plan for plan in form.choices if plan.choice == self.one.choice)
        self._pick(asked.name, NO)
        self._press(f'form:has([name="{entrance.address}"]) button[type=submit]')
        link = self.post.wait_for_link(self.person.address, VERIFY, seconds=MAIL_SECONDS)
        if not link:
            raise Stuck("no mail with a link came after registering")
        self._go(link)
        self.tab.wait_for_timeout(HUMAN_MILLISECONDS)
        self._type(entrance.password, self.person.password)
        self._press(f'form:has([name="{entrance.password}"]) button[type=submit]')
        self._open(ACCOUNT)
        if "sign-in" in self.tab.url:
            raise Stuck("the link in the mail did not let them in")

    def leave(self) -> Iterator[str]:
        """Close the account and have everything removed; what is wrong afterwards, in words. Raises Stuck."""
        identity = self.hands.find_person(self.person.address)
        self._open(CLOSE)
        way = 'form:has([name="way"])'
        for name, value in (("what", "mine"), ("way", "remove")):
            box = self.tab.locator(f'{way} [name="{name}"][value="{value}"]')
            if box.count():
                box.first.check()
        self._type("password", self.person.password)
        self._press(f"{way} button[type=submit]")
        if "/closed/" not in self.tab.url:
            raise Stuck("the account could not be closed on its page")
        if not self.tab.locator('a[href*="file="]').count():
            yield "the last page of the closed account has no receipt"
        self._open(ACCOUNT)
        if "sign-in" not in self.tab.url:
            yield "the account opens after it was closed"
        if not self.hands.is_gone(self.person.address, identity):
            yield "something is held about the invented person after everything was to be removed"

    # ------------------------------------------------------------------------------------------ what is tried

    def refuse(self) -> Iterator[WalkedStep]:
        """The no of the registration stands in the account, with a receipt."""
        said = "an invented person registers with a no: their account says no"
        rules = (*self.one.asked, *self.one.at_registration)
        yield note(rules, DONE, said, is_kept=self._read_answer() == NO, saw="it says something else")
        yield self._judge_receipt(rules, NO)

    def opt_out(self) -> Iterator[WalkedStep]:
        """A yes in the account, then a no: each counts at once."""
        rules = self.one.at_account
        for answer in (YES, NO):
            self._answer(answer)
            said = f"they say {answer} in their account: it counts at once"
            yield note(rules, DONE, said, is_kept=self._read_answer() == answer, saw="the account says something else")
        yield self._judge_receipt(rules, NO)

    def unsubscribe(self) -> Iterator[WalkedStep]:
        """A yes, one real message, the link in it, one press: the account says no. Raises Stuck without a message."""
        one = self.one
        rules = (*one.put, *one.stopped) if one.linked else one.stopped
        is_sent = self.hands.write_letter(self.person.address, one.mail_class)
        said = "a message of a class that their no stops is written to them: it is refused"
        yield note(one.stopped, DONE, said, is_kept=not is_sent, saw="one was laid in the outbox")
        self._answer(YES)
        if not self.hands.write_letter(self.person.address, one.mail_class):
            raise Stuck("after a yes the gate let no message go to the invented person")
        if not one.linked:
            return
        link = self.post.wait_for_link(self.person.address, STOP, seconds=MAIL_SECONDS)
        said = "they say yes, and get a message: it has the link that stops such messages"
        yield note(one.put, DONE, said, is_kept=bool(link), saw="no message with a link came")
        if not link:
            return
        self._go(link)
        said = "they open the link, as a mail server does that looks at links: nothing has changed by that alone"
        yield note(one.put, DONE, said, is_kept=self._read_answer() == YES, saw="the account says something else")
        self._go(link)
        form = self.tab.locator('main form[method="post"] button[type=submit]')
        if not form.count():
            yield note(one.put, DONE, "they open the link: it has a button", is_kept=False, saw="it has none")
            return
        form.first.click()
        self._settle()
        said = "they press its one button, without a password: the account says no from now on"
        yield note(rules, DONE, said, is_kept=self._read_answer() == NO, saw="it still says yes")
        is_sent = self.hands.write_letter(self.person.address, one.mail_class)
        said = "such a message is written to them once more: it is refused"
        yield note(rules, DONE, said, is_kept=not is_sent, saw="one was laid in the outbox")

    def _judge_receipt(self, rules: tuple[int, ...], answer: str) -> WalkedStep:
        said = (
            f"the receipt of that answer is fetched and verified with the key that the site publishes: it says {answer}"
        )
        saw = ""
        try:
            saw = "" if self._fetch_receipt() == answer else "it says something else"
        except Stuck as problem:
            saw = str(problem)
        return WalkedStep(rules, Step(DONE, said, not saw, saw))

    def _fetch_receipt(self) -> str:
        """What the newest receipt on the page of choices says was answered. Raises Stuck."""
        self.hands.place_lines()
        self._open(CHOICES)
        link = self._find_choice().locator(f'table a[href*="{RECEIPTS}"]')
        if not link.count():
            raise Stuck("the account offers none")
        text = self._download(link.first)
        page = self._go(urljoin(self.eyes.home, KEY))
        key = page.html.strip()
        try:
            verified = verify_receipt(text, key)
        except SealError:
            raise Stuck("it does not verify") from None
        told: Any = verified.body.get("outcome") if verified.body.get("choice") == self.one.choice else ""
        return str(told)

    # ------------------------------------------------------------------------------------------ the tab

    def _find_choice(self) -> Locator:
        return self.tab.locator(f'section:has(button[name="choice"][value="{self.one.choice}"])')

    def _read_answer(self) -> str:
        """What the account says that the answer is; empty when it says nothing."""
        self._open(CHOICES)
        box = self._find_choice().locator('input[name="answer"]:checked')
        return str(box.first.get_attribute("value") or "") if box.count() else ""

    def _answer(self, answer: str) -> None:
        self._open(CHOICES)
        place = self._find_choice()
        place.locator(f'input[name="answer"][value="{answer}"]').check()
        place.locator('button[name="choice"]').click()
        self._settle()

    def _open(self, path: str) -> None:
        self._go(urljoin(self.eyes.home, path.lstrip("/")))

    def _go(self, address: str) -> Page:
        return self.eyes.look_at(self.tab.context, self.tab.goto(address))

    def _download(self, link: Locator) -> str:
        """The file behind a link, as the browser lays it down. Raises Stuck when a page comes in its place."""
        # There only where there is a browser.
        from playwright.sync_api import Error  # noqa: PLC0415

        try:
            with self.tab.expect_download(timeout=DOWNLOAD_MILLISECONDS) as download:
                link.click()
            return Path(download.value.path()).read_text(encoding="utf-8")
        except (Error, OSError, UnicodeDecodeError):
            raise Stuck("no file came") from None

    def _press(self, selector: str) -> None:
        self.tab.locator(selector).first.click()
        self._settle()

    def _settle(self) -> None:
        self.tab.wait_for_load_state("load", timeout=PAGE_MILLISECONDS)
        self.eyes.note_cookies(self.tab.context)

    def _type(self, name: str, text: str) -> None:
        box = self.tab.locator(f'[name="{name}"]').first
        if box.evaluate("element => element.tagName") == "SELECT":
            box.select_option(text)
        elif box.get_attribute("type") in ("radio", "checkbox"):
            self._pick(name, text)
        else:
            box.fill(text)

    def _pick(self, name: str, value: str) -> None:
        self.tab.locator(f'[name="{name}"][value="{value}"]').first.check()
