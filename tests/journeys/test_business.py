"""Flow 16 in one go, in a browser: a company comes, sends, hears of the delivery, says no by mail, and still hears what it must."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.actions.stage import NOW, Cast, binding, cast, databases, now
from tests.console.clerks import CLERK, SEAT, STRANGER
from tests.journeys.houses import House, open_house
from tests.journeys.test_campaigns import write
from tests.journeys.test_console import sign_in as sit_down
from tests.journeys.test_customers import HILDE, PASSWORD, ULF, WORKS, fill
from tests.journeys.test_parcels import press
from tests.web.sites import settings_as

__all__ = ["binding", "cast", "databases", "now", "settings_as"]

HER, HIS, CLEO, REMY = "hilde@voss.example", "ulf@voss.example", "cleo@gull.example", "remy@dock.example"
OFFER, NEWS = "Two parcels for the price of one", "We drive to the mill islands on Sundays"


@pytest.fixture
def house(cast: Cast, binding: Any, settings_as: Callable[..., None], tmp_path: Path) -> Iterator[House]:
    """One member of staff at dispatch, one who writes to customers."""
    with open_house(cast, binding, settings_as, tmp_path) as house:
        house.staff.give_role(CLERK, "dispatch")
        house.staff.give_role(STRANGER, "customer-service")
        yield house


def follow(page: Page, house: House, to: str, subject: str) -> None:
    """Open the mail in the mailbox and follow its first link."""
    house.open_mail(page, to, subject)
    page.locator("main").get_by_role("link").filter(has_text=re.compile(r"^https?://\S+/account/")).first.click()


def sign_in(page: Page, house: House, address: str) -> None:
    page.goto(f"{house.site}/account/sign-in")
    page.get_by_label(re.compile("^(Your )?e-mail address", re.IGNORECASE)).fill(address)
    page.get_by_label(re.compile("^(Your )?password", re.IGNORECASE)).fill(PASSWORD)
    press(page, "Sign in")
    page.get_by_role("heading", name="My account").wait_for()


def open_company(page: Page, house: House) -> None:
    """Hilde opens the account of her company and answers the question about offers with yes."""
    page.goto(f"{house.site}/account/new")
    fill(page, WORKS | HILDE)
    page.get_by_label(re.compile("^Your password ")).fill(PASSWORD)
    for answer in ("Yes", "No"):
        assert not page.get_by_role("radio", name=answer, exact=True).is_checked()
    page.get_by_role("radio", name="Yes", exact=True).check()
    press(page, "Open the account")
    follow(page, house, HER, "Confirm")
    page.get_by_label(re.compile("^Your password ")).fill(PASSWORD)
    press(page, "Open my account")
    page.get_by_role("heading", name="My account").wait_for()


def add_user(holder: Page, user: Page, house: House) -> None:
    """Hilde invites Ulf, who joins and says yes to offers as well."""
    holder.goto(f"{house.site}/account/people")
    holder.get_by_label(re.compile("e-mail address", re.IGNORECASE)).fill(HIS)
    holder.get_by_role("main").locator("button[value=invite]").click()
    holder.get_by_role("status").wait_for()
    follow(user, house, HIS, "invited")
    fill(user, ULF)
    for group in user.get_by_role("group").filter(has=user.get_by_role("radio")).all():
        group.get_by_label("Yes", exact=True).check()
    user.get_by_label(re.compile("^Your password ")).fill(PASSWORD)
    user.get_by_role("main").locator("form button").click()
    sign_in(user, house, HIS)


def book(page: Page, house: House) -> str:
    """Ulf sends a parcel and names two people who are to hear of it; the number."""
    page.goto(f"{house.site}/ship")
    page.get_by_label(re.compile("^Same day")).check()
    page.get_by_label("up to 5 kg").check()
    page.get_by_label(re.compile("^Where we pick it up")).fill("3 Quay Row\nPort Ellery")
    page.get_by_label(re.compile("^Ready at")).fill(f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_label(re.compile("^The addressee's name")).fill("Cleo Varga")
    page.get_by_label(re.compile("^The addressee's address")).fill("3 Gull Street\nPort Ellery")
    page.get_by_label(re.compile("^Who else is to hear")).fill(f"{CLEO}\n{REMY}")
    press(page, "Check the price")
    press(page, "Book for $14.50")
    page.get_by_text("Your parcel is booked.").wait_for()
    return page.url.rpartition("/")[2].partition("?")[0]


def deliver(clerk: Page, phone: Page, house: House, number: str) -> None:
    """Dispatch puts the parcel on a route; its driver hands it to somebody at the door."""
    clerk.goto(f"{house.console}{SEAT}shipments/")
    clerk.get_by_label(f"Choose {number}").check()
    press(clerk, "Make a route of the chosen ones")
    clerk.get_by_label("Name of the route").fill("North line")
    press(clerk, "Make the route")
    phone.goto(clerk.locator(".link-shown code").inner_text())
    phone.get_by_label(re.compile("^Number")).fill(clerk.locator(".spoken").inner_text())
    press(phone, "Open my route")
    phone.get_by_role("button", name="Mark as picked up", exact=True).first.click()
    phone.get_by_label(re.compile("^Who received it")).fill("Jo Varga")
    press(phone, "Mark as delivered")
    phone.get_by_text("Every stop of this route is done.").wait_for()


def check_proofs(house: House, her: Page, his: Page, number: str) -> None:
    """Proof of delivery goes to the customer and to the two whom he named, to nobody else; both see it in their log."""
    told = house.list_receivers(f"hipment {number} is delivered")
    assert len(told) == 3, told
    assert {CLEO, REMY} < set(told)
    [customer] = set(told) - {CLEO, REMY}
    assert customer in (HER, HIS)
    mail = house.open_mail(his, CLEO, f"Shipment {number} is delivered")
    assert "Jo Varga" in mail
    assert "Your address is used for this message and for nothing else." in mail.replace("\n", " ")
    assert f"{house.site}/stop/" in mail
    page = her if customer == HER else his
    page.goto(f"{house.site}/account/mails")
    for address in told:
        line = page.locator("main tbody tr").filter(has_text=address).filter(has_text="Proofs of delivery")
        assert "handed to the mail server" in line.inner_text()


def write_to(house: House, page: Page, text: str) -> None:
    """Hilde writes to the business with the mail program of her choice."""
    page.goto(f"{house.console}/mail/write")
    page.get_by_label("From").fill(HER)
    page.get_by_label("Subject").fill("Your offers")
    page.get_by_label("Message").fill(text)
    press(page, "Send message")
    page.get_by_text("in the mailbox of the business").wait_for()
    assert house.read_inbox() == 1


def campaign(page: Page, house: House, mail_class: str, subject: str) -> str:
    """Write, test and send a message to the account holders; what was shown before it went."""
    write(page, house.console, mail_class=mail_class, name=subject[:20], subject=subject)
    press(page, page.get_by_role("button", name=re.compile("^Send a test to")).inner_text())
    shown = page.locator("main").inner_text()
    page.get_by_role("link", name="Confirm and send").click()
    number = re.search(r"Send to (\d+) (?:people|person)", page.locator("main").inner_text())
    assert number is not None
    page.get_by_label("Type the number of people who get it").fill(number[1])
    press(page, number[0])
    page.get_by_text("It is on its way.").wait_for()
    house.carry_campaigns()
    return shown


def test_a_company_comes_sends_says_no_and_still_hears_what_it_must(
    house: House, open_page: Callable[..., Page], shots: Path
) -> None:
    her, his = open_page(java_script_enabled=False), open_page(java_script_enabled=False)
    clerk, phone, writer = open_page(), open_page(width=360, java_script_enabled=False, has_touch=True), open_page()
    open_company(her, house)
    add_user(her, his, house)
    number = book(his, house)
    sit_down(clerk, house.console)
    deliver(clerk, phone, house, number)
    check_proofs(house, her, his, number)

    # She said yes and gets the offer; she writes "stop", is answered, and is left out of the next one, where he is not.
    sit_down(writer, house.console, STRANGER)
    campaign(writer, house, "promotional offer", OFFER)
    assert set(house.list_receivers(OFFER)) >= {HER, HIS}
    write_to(house, her, "Please stop sending me offers.")
    answer = house.open_mail(her, HER, "said no").replace("\n", " ")
    assert "Messages that belong to your account, such as this one, still come." in answer
    her.goto(f"{house.site}/account/choices")
    assert her.get_by_role("radio", name="No", exact=True).first.is_checked()
    campaign(writer, house, "newsletter", NEWS)
    assert HIS in house.list_receivers(NEWS)
    assert HER not in house.list_receivers(NEWS)

    # A message that belongs to the account still reaches her; whom a customer named gets none of the three.
    campaign(writer, house, "service announcement", "The depot moves")
    assert {HER, HIS} <= set(house.list_receivers("The depot moves"))
    for subject in (OFFER, NEWS, "The depot moves"):
        assert not {CLEO, REMY} & set(house.list_receivers(subject))
    write(writer, house.console, mail_class="newsletter", audience="addressee.email")
    writer.get_by_role("heading", name="The policy does not permit it").wait_for()
    assert "used for this message and for nothing else" in writer.locator("blockquote.quote").first.inner_text()
    writer.screenshot(path=shots / "business-refused.png", full_page=True)
