"""The pages of a company's people and of how one signs in: a holder invites, a user joins, each sees what is theirs."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.actions.customers import CY, OTHER_PASSWORD, PASSWORD, REED_AND_CO, find_mail, read_mails
from tests.actions.stage import COURIER
from tests.pages.account.browser import Browser, browser, databases, list_inputs, settings_as, words_of

__all__ = ["browser", "databases", "settings_as"]

ADDRESS, DEE, NEW = CY["person.email"], "dee@reed.example", "cy@elsewhere.example"
FILLED = {**CY, **REED_AND_CO, "sign-in.password": PASSWORD}
PAGES = ("/account/people", "/account/password")


def come_in(browser: Browser, values: dict[str, str], path: str) -> Browser:
    browser.send(path, values)
    browser.post("/" + find_mail(values["person.email"], "verify-address").path, {"sign-in.password": PASSWORD})
    return browser


def sign_in(browser: Browser, address: str, password: str = PASSWORD) -> Any:
    return browser.post("/account/sign-in", {"person.email": address, "sign-in.password": password})


def invite(browser: Browser, address: str = DEE) -> Any:
    return browser.send("/account/people", {"do": "invite", "person.email": address})


def join(token_path: str, **values: str) -> Browser:
    """Somebody opens the invitation and registers with it."""
    found = Browser()
    answer = found.post(token_path, {"person.name": "Dee Reed", "sign-in.password": OTHER_PASSWORD, **values})
    assert answer.headers["Location"] == "/account/sign-in?done=joined"
    sign_in(found, DEE, OTHER_PASSWORD)
    return found


def find_person(page: str, deed: str) -> str:
    """The value of the last button on the page that does this to somebody."""
    return re.findall(rf'value="({deed} [pv]_[a-z0-9]+)"', page)[-1]


PERMIT = "choice:to:holders"


@pytest.fixture
def holder(browser: Browser) -> Browser:
    """A browser of who opened the company's account."""
    return come_in(browser, FILLED, "/account/new")


@pytest.fixture
def user(holder: Browser) -> Browser:
    """A browser of somebody who was invited and has joined."""
    invite(holder)
    return join("/" + find_mail(DEE, "invitation").path, **{PERMIT: "yes"})


def test_each_user_reads_which_looks_at_the_company_s_data_were_not_theirs(holder: Browser, user: Browser) -> None:
    said = "by somebody of your company"
    user.read("/account/held")
    assert said in holder.read("/account/receipts")
    assert said not in user.read("/account/receipts")
    holder.read("/account/correct/company")
    assert said in user.read("/account/receipts")


def test_a_holder_invites_and_the_invited_joins(holder: Browser) -> None:
    assert invite(holder).headers["Location"] == "/account/people?done=invite"
    assert DEE in holder.read("/account/people?done=invite")
    path = "/" + find_mail(DEE, "invitation").path
    page = Browser().read(path)
    assert DEE in page
    assert "person.email" not in list_inputs(page)
    user = join(path, **{"choice:marketing": "yes"})
    assert "Dee Reed" in user.read("/account/held")
    assert "Reed & Co" in user.read("/account/held")
    assert Browser().get(path).status_code == 404


def list_picks(page: str) -> list[tuple[str, bool]]:
    """The answers to who may see one's name, each with whether it is picked."""
    found = re.findall(rf'<input type="radio"[^>]*name="{PERMIT}" value="(\w+)"( checked)?', page)
    return [(answer, bool(picked)) for answer, picked in found]


def test_joining_asks_who_may_see_the_name_and_presets_nothing(holder: Browser) -> None:
    from upheld.records.models import Permission, Shown

    invite(holder)
    path = "/" + find_mail(DEE, "invitation").path
    page = Browser().read(path)
    assert list_picks(page) == [("yes", False), ("no", False)]
    assert "see your name and your e-mail address, for the service you asked for?" in page
    assert "to the recipient, with the data and for the purpose that you name" in page
    join(path, **{PERMIT: "yes"})
    given = Permission.objects.get()
    assert (given.touchpoint, given.data) == ("registration", ["person.name", "person.email"])
    assert "see your name and your e-mail address" in Shown.objects.get(digest=given.shown).text


@pytest.mark.parametrize("answer", [{PERMIT: "no"}, {}])
def test_without_a_yes_a_holder_sees_a_number_and_since_when(holder: Browser, answer: dict[str, str]) -> None:
    from upheld.records.models import Membership

    invite(holder)
    join("/" + find_mail(DEE, "invitation").path, **answer)
    page = holder.read("/account/people")
    assert "Dee Reed" not in page
    assert DEE not in page
    assert Membership.objects.get(is_holder=False).person_id in page
    assert "Joined on" in page


def test_an_answer_that_is_none_is_said_beside_the_question(holder: Browser) -> None:
    invite(holder)
    values = {"person.name": "Dee Reed", "sign-in.password": OTHER_PASSWORD, PERMIT: "perhaps"}
    answer = Browser().post("/" + find_mail(DEE, "invitation").path, values)
    assert answer.status_code == 422
    assert "pick yes or no" in words_of(answer)


def test_a_permission_is_withdrawn_and_given_on_the_page_of_the_people(holder: Browser, user: Browser) -> None:
    assert list_picks(user.read("/account/people")) == [("yes", True), ("no", False)]
    for answer, is_seen in (("no", False), ("yes", True)):
        sent = user.send("/account/people", {"do": "permit", PERMIT: answer})
        assert sent.headers["Location"] == "/account/people?done=permit"
        assert ("Dee Reed" in holder.read("/account/people")) is is_seen
    assert user.send("/account/people", {"do": "permit"}).status_code == 422
    assert user.send("/account/people", {"do": "permit", PERMIT: "perhaps"}).status_code == 422
    assert "Dee Reed" in holder.read("/account/people")


def test_what_was_permitted_stands_with_where_and_has_a_receipt(user: Browser) -> None:
    user.send("/account/people", {"do": "permit", PERMIT: "no"})
    said = "The company whose account you use gets your name and your e-mail address, for the service you asked for"
    for path in ("/account/held", "/account/choices"):
        page = user.read(path)
        assert said in page
        assert "when you register" in page
        assert "ended" in page
    receipts = user.read("/account/receipts")
    assert "You permitted somebody outside" in receipts
    assert "A permission ended" in receipts
    copy = words_of(user.send("/account/copy", {"form": "page"}))
    assert said in copy


def test_where_the_policy_lets_no_permission_count_nobody_is_asked(holder: Browser, tmp_path: Path) -> None:
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Shelf

    invite(holder)
    path = "/" + find_mail(DEE, "invitation").path
    policies = shutil.copytree(COURIER, tmp_path / "policies" / COURIER.name)
    for version in policies.glob("*.policy.md"):
        text = version.read_text(encoding="utf-8")
        shut = re.sub(r"(?m)^(\(\d+\)) share customer information with anyone .* if permitted.*$", r"\1 state", text)
        assert shut != text
        version.write_text(shut, encoding="utf-8")
    place_shelf(Shelf(policies.parent, tmp_path / "var"))
    page = Browser().read(path)
    assert list_picks(page) == []
    assert "but not your name" in page
    answer = Browser().post(path, {"person.name": "Dee Reed", "sign-in.password": OTHER_PASSWORD, PERMIT: "yes"})
    assert answer.status_code == 422
    user = join(path)
    assert list_picks(user.read("/account/people")) == []
    assert user.send("/account/people", {"do": "permit", PERMIT: "yes"}).status_code == 403
    assert "Dee Reed" not in holder.read("/account/people")


def test_a_holder_sees_names_and_a_user_only_how_many(holder: Browser, user: Browser) -> None:
    theirs, own = holder.read("/account/people"), user.read("/account/people")
    assert "Dee Reed" in theirs
    assert DEE in theirs
    assert "2 people use" in own
    assert CY["person.name"] not in own
    assert ADDRESS not in own


def test_the_line_of_a_look_says_who_looked(holder: Browser, user: Browser) -> None:
    from upheld.records.models import Entry, Identifier

    holder.read("/account/people")
    looked = Identifier.objects.get(is_primary=True, person__memberships__is_holder=True).person_id
    line = Entry.objects.filter(kind="item.opened", by=looked).exclude(person=looked).latest("serial")
    assert DEE not in line.text


def test_a_bad_password_at_joining_leaves_the_invitation_open(holder: Browser) -> None:
    invite(holder)
    path = "/" + find_mail(DEE, "invitation").path
    answer = Browser().post(path, {"person.name": "Dee Reed", "sign-in.password": "brief"})
    assert answer.status_code == 422
    assert 'value="Dee Reed"' in words_of(answer)
    assert Browser().post(path, {"sign-in.password": OTHER_PASSWORD, "person.email": DEE}).status_code == 422
    join(path)


def test_somebody_with_an_account_joins_with_its_password(holder: Browser) -> None:
    come_in(Browser(), {**CY, "person.email": DEE, "sign-in.password": PASSWORD}, "/register")
    invite(holder)
    path, stranger = "/" + find_mail(DEE, "invitation").path, Browser()
    assert list(list_inputs(stranger.read(path))) == ["sign-in.password", PERMIT]
    assert stranger.post(path, {"sign-in.password": PASSWORD, PERMIT: "perhaps"}).status_code == 422
    assert stranger.post(path, {"sign-in.password": OTHER_PASSWORD}).status_code == 422
    assert stranger.post(path, {"sign-in.password": PASSWORD, PERMIT: "yes"}).status_code == 303
    sign_in(stranger, DEE)
    assert DEE in holder.read("/account/people")
    assert "2 people use" in stranger.read("/account/people")


def test_inviting_says_the_same_for_every_address(holder: Browser) -> None:
    come_in(Browser(), {**CY, "person.email": DEE, "sign-in.password": PASSWORD}, "/register")
    known, unknown = invite(holder, DEE), invite(holder, "new@reed.example")
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])


def test_no_address_is_said_beside_its_field(holder: Browser) -> None:
    answer = invite(holder, "no address")
    assert answer.status_code == 422
    assert "The address is no e-mail address" in words_of(answer)
    assert "no address" in words_of(answer)


def test_a_withdrawn_invitation_is_gone(holder: Browser) -> None:
    invite(holder)
    answer = holder.send("/account/people", {"do": find_person(holder.read("/account/people"), "withdraw")})
    assert answer.headers["Location"] == "/account/people?done=withdraw"
    assert not read_mails(DEE)
    assert DEE not in holder.read("/account/people")


def test_a_holder_removes_a_user(holder: Browser, user: Browser) -> None:
    holder.send("/account/people", {"do": find_person(holder.read("/account/people"), "remove")})
    assert user.get("/account").status_code == 303
    sign_in(user, DEE, OTHER_PASSWORD)
    assert user.get("/account/people").status_code == 404
    assert "Reed & Co" not in user.read("/account/held")


def test_holding_and_the_primary_address_are_shared_and_moved(holder: Browser, user: Browser) -> None:
    assert "You are the only one who holds it" in holder.read("/account/people")
    for deed in ("holder", "primary"):
        page = holder.read("/account/people")
        assert holder.send("/account/people", {"do": find_person(page, deed)}).status_code == 303
    assert "Dee Reed" in user.read("/account/people")
    assert holder.send("/account/people", {"do": "leave"}).headers["Location"] == "/account"
    assert holder.get("/account/people").status_code == 404


def test_a_user_does_nothing_that_holders_do(holder: Browser, user: Browser) -> None:
    person = find_person(holder.read("/account/people"), "remove").partition(" ")[2]
    for deed in (f"remove {person}", f"primary {person}", f"holder {person}", f"withdraw {person}"):
        assert user.send("/account/people", {"do": deed}).status_code == 422
    assert user.send("/account/people", {"do": "invite", "person.email": "x@reed.example"}).status_code == 422


@pytest.mark.parametrize("deed", ["", "erase", "remove", "remove p_nobody", "remove x\x00"])
def test_what_no_button_does_is_not_done(holder: Browser, deed: str) -> None:
    assert holder.send("/account/people", {"do": deed}).status_code in (400, 404, 422)


def test_strangers_are_sent_to_sign_in(browser: Browser) -> None:
    for path in PAGES:
        assert browser.get(path).status_code == 303
        assert browser.post(path, {"do": "leave"}).status_code == 303


@pytest.mark.parametrize("path", PAGES)
def test_posts_of_others_and_replays_are_refused(holder: Browser, path: str) -> None:
    values = {"do": "invite", "person.email": DEE, "old": PASSWORD, "new": OTHER_PASSWORD}
    assert holder.post(path, values, origin="https://elsewhere.example").status_code == 403
    assert holder.post(path, values).status_code == 422
    token = dict(re.findall(r'name="(form:token)" value="([^"]+)"', holder.read(path)))
    assert [holder.post(path, {**values, **token}).status_code for _ in range(2)] == [303, 409]


def test_another_password_is_set(holder: Browser) -> None:
    other = Browser()
    sign_in(other, ADDRESS)
    assert "1 other place" in holder.read("/account/password")
    answer = holder.send("/account/password", {"old": PASSWORD, "new": OTHER_PASSWORD})
    assert answer.headers["Location"] == "/account/password?done=changed"
    assert other.get("/account").status_code == 303
    assert "nowhere else" in holder.read("/account/password")
    assert sign_in(other, ADDRESS, OTHER_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("wrong", OTHER_PASSWORD, "field-old"), (PASSWORD, "brief", "field-new"), ("", "", "field-old")],
)
def test_what_is_wrong_stands_beside_its_field(holder: Browser, old: str, new: str, field: str) -> None:
    answer = holder.send("/account/password", {"old": old, "new": new})
    page = words_of(answer)
    assert answer.status_code == 422
    assert f'href="#{field}"' in page
    assert f'id="{field}-error"' in page
    assert PASSWORD not in page
    assert OTHER_PASSWORD not in page


def test_another_address_is_asked_for_and_confirmed(holder: Browser) -> None:
    values = {"person.email": NEW, "known": PASSWORD}
    hidden = dict(re.findall(r'name="(form:token)" value="([^"]+)"', holder.read("/account/password")))
    answer = holder.post("/account/password?change=address", {**values, **hidden})
    assert answer.headers["Location"] == "/account/password?done=mailed"
    path = "/" + find_mail(NEW, "confirm-address").path
    assert "Confirm this address" in holder.read(path)
    assert holder.post(path, {}).headers["Location"] == "/account/sign-in?done=moved"
    assert find_mail(ADDRESS, "address-changed")
    assert NEW in holder.read("/account/held")
    assert sign_in(Browser(), NEW).status_code == 303


def test_a_policy_that_bans_hidden_fields_still_takes_another_address_and_password(
    holder: Browser, tmp_path: Path
) -> None:
    from upheld.web.hosts import place_shelf
    from upheld.web.shelf import Shelf

    policies = shutil.copytree(COURIER, tmp_path / "policies" / COURIER.name)
    for version in policies.glob("*.policy.md"):
        text = version.read_text(encoding="utf-8")
        version.write_text(
            text.replace("never employ third-party cookies", "never employ hidden fields, third-party cookies")
        )
    place_shelf(Shelf(policies.parent, tmp_path / "var"))
    page = holder.read("/account/password")
    assert 'type="hidden"' not in page
    change = re.findall(r'action="(/account/password[^"]+)"', page)
    (other,) = (action.replace("&amp;", "&") for action in change if "change=address" in action)
    answer = holder.post(other, {"person.email": NEW, "known": PASSWORD})
    assert answer.headers["Location"] == "/account/password?done=mailed"
    assert find_mail(NEW, "confirm-address")
    (plain,) = (
        action
        for action in re.findall(r'action="(/account/password[^"]+)"', holder.read("/account/password"))
        if "change=" not in action
    )
    assert holder.post(plain, {"old": PASSWORD, "new": OTHER_PASSWORD}).status_code == 303


def test_signing_out_elsewhere_leaves_this_place(holder: Browser) -> None:
    other = Browser()
    sign_in(other, ADDRESS)
    assert holder.post("/account/sign-out/elsewhere", {}).status_code == 303
    assert other.get("/account").status_code == 303
    assert holder.get("/account").status_code == 200


def test_everything_of_a_private_customer_is_without_a_company(browser: Browser) -> None:
    come_in(browser, {**CY, "sign-in.password": PASSWORD}, "/register")
    assert browser.get("/account/people").status_code == 404
    assert "/account/people" not in browser.read("/account")
