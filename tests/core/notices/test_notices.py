"""Notices: the class that carries one comes from the policy, its words say why it comes, and nothing is left out."""

from datetime import date
from pathlib import Path

import pytest

from upheld.core.errors import NoticeError
from upheld.core.gate import Gate
from upheld.core.gate.binding import Binding
from upheld.core.notices.classes import (
    find_carrier,
    find_mail_log,
    list_carriers,
    list_parts,
)
from upheld.core.notices.compose import Written, write_notice
from upheld.core.notices.instructions import say_instructions
from upheld.core.notices.kinds import NOTICES
from upheld.core.notices.stops import find_stops
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.policy.compile import compile_policy
from upheld.core.policy.load import load_policy, parse_policy

COURIER = Path(__file__).resolve().parents[3] / "policies" / "lasership" / "2016-10-03.policy.md"
SMALL = """---
policy: bakery
business: Bakery
title: What we know
version: 2024-01-01
surface: web
data: {person: {email: user.contact.email}}
purposes: {news: marketing.communications.email}
touchpoints: {order: /order}
mail: {letter of news: news}
audiences: {readers: [person.email]}
---

# What we know

We take your address for news. We send you news. At its end stands how to stop it.

```rules
(1) collect person.email at order for news
(2) send letter of news to readers
(3) put unsubscribe link at the end of letter of news
(3) put "Bread is baked at four." at the end of every email
(3) put cannot-stop note at the end of letter of news
```
"""


def bind(text_or_path: str | Path) -> Binding:
    if isinstance(text_or_path, Path):
        policy = load_policy(text_or_path)
    else:
        policy = parse_policy(text_or_path, "bakery.policy.md")
    return Binding(policy.slug, {policy.version: Gate(compile_policy(policy))}, policy.version)


@pytest.fixture(scope="module")
def courier() -> Binding:
    return bind(COURIER)


@pytest.fixture(scope="module")
def bakery() -> Binding:
    return bind(SMALL)


def write(binding: Binding, kind: str, mail_class: str, **values: str) -> Written:
    given = {place: f"some {place}" for place in NOTICES[kind].places} | {"link": "https://site.example/x?t=1&u=2"}
    carrier, verdict = find_carrier(binding, {}, mail_class)
    return write_notice(
        binding.policy,
        service="Parcel courier",
        kind=kind,
        mail_class=mail_class,
        because=verdict.because if carrier and verdict else (),
        policy_address="https://site.example/privacy",
        values=given | values,
    )


def test_the_class_for_an_account_s_notices_is_found_in_the_policy(courier: Binding) -> None:
    assert list_administrative_classes(courier.policy) == ("administrative message", "service announcement")
    carrier, verdict = find_carrier(courier, {})
    assert carrier is not None
    assert verdict is not None
    assert (carrier.mail_class, carrier.address, carrier.purpose) == (
        *("administrative message", "person.email", "contact.administration"),
    )
    assert verdict.because == ("lasership#your-choice-about-our-messages.6",)


def test_a_policy_without_such_a_class_lets_no_notice_out(bakery: Binding) -> None:
    assert find_carrier(bakery, {}) == (None, None)


def test_a_class_that_the_person_said_no_to_carries_nothing(courier: Binding) -> None:
    carrier, refusal = find_carrier(courier, {"chosen marketing": False}, "newsletter")
    assert carrier is None
    assert refusal is not None
    assert refusal.because


def test_an_unknown_class_carries_nothing(courier: Binding) -> None:
    assert find_carrier(courier, {}, "telegram") == (None, None)


def test_addresses_come_from_the_rules_that_send(courier: Binding) -> None:
    assert {carrier.address for carrier in list_carriers(courier.policy, "proof of delivery")} == {
        "person.email",
        "addressee.email",
    }


def test_the_mail_log_is_where_the_policy_records_it(courier: Binding, bakery: Binding) -> None:
    log = find_mail_log(courier, {})
    assert log is not None
    assert (log.data, log.touchpoint) == ("message.mail-log", "mailing")
    assert find_mail_log(bakery, {}) is None


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_every_kind_is_written_whole_and_says_why_it_comes(courier: Binding, kind: str) -> None:
    written = write(courier, kind, "administrative message")
    assert "{" not in written.subject + written.text
    assert "Some messages belong to having an account" in written.text.replace("\n", " ")
    assert "https://site.example/privacy#your-choice-about-our-messages.6" in written.text
    assert ("https://site.example/x?t=1&u=2" in written.text.splitlines()) == bool(NOTICES[kind].link)
    assert 'href="https://site.example/x?t=1&amp;u=2"' in written.html or not NOTICES[kind].link
    assert len(written.subject) < 78
    assert all(len(line) <= 78 for line in written.text.splitlines() if "://" not in line)
    assert "<style" not in written.html
    assert "http-equiv" not in written.html


def test_a_value_cannot_bring_markup_along(courier: Binding) -> None:
    written = write(courier, "choice-recorded", "administrative message", choice="<script>alert(1)</script>")
    assert "<script" not in written.html


@pytest.mark.parametrize(("name", "value"), [("until", "today\r\nBcc: all@everyone.example"), ("link", "a\nb")])
def test_a_value_with_a_line_break_is_refused_without_repeating_it(courier: Binding, name: str, value: str) -> None:
    with pytest.raises(NoticeError) as caught:
        write(courier, "verify-address", "administrative message", **{name: value})
    assert caught.value.code == "M911"
    assert "everyone" not in str(caught.value)


def test_a_value_that_is_missing_is_named(courier: Binding) -> None:
    with pytest.raises(NoticeError) as caught:
        write_notice(
            courier.policy,
            service="Parcel courier",
            kind="verify-address",
            mail_class="administrative message",
            because=(),
            policy_address="",
            values={"until": "noon"},
        )
    assert caught.value.text == "the notice `verify-address` lacks link"


def test_a_kind_that_does_not_exist_is_named(courier: Binding) -> None:
    with pytest.raises(NoticeError) as caught:
        write_notice(
            courier.policy,
            service="",
            kind="telegram",
            mail_class="newsletter",
            because=(),
            policy_address="",
            values={},
        )
    assert caught.value.code == "M911"


def test_what_the_policy_puts_into_a_class_stands_at_its_end(bakery: Binding) -> None:
    assert list_parts(bakery.policy, "letter of news") == (
        *("part:unsubscribe link", "text:Bread is baked at four.", "part:cannot-stop note"),
    )
    written = write(
        bakery, "message-received", "letter of news", **{"unsubscribe-link": "https://site.example/stop/abc"}
    )
    end = written.text.partition("\n-- \n")[2]
    assert "https://site.example/stop/abc" in end
    assert "Bread is baked at four." in end
    assert "which comes whatever you have said about other messages." in " ".join(end.split())
    assert "your account" not in end
    assert ("List-Unsubscribe", "<https://site.example/stop/abc>") in written.headers
    assert ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") in written.headers


SPA = load_policy(COURIER.parents[1] / "imagelab-web" / "2019-09-26.policy.md")


def test_instructions_say_what_stops_how_and_by_when() -> None:
    letter = say_instructions(SPA, "skin letter")
    assert letter.startswith("To stop letters about skin care, open the link in this message, without signing in")
    assert "within 24 hours" in letter
    assert "change your answer in your account or write to info@imagelab.example (it counts within 72 hours)" in letter
    assert "news of the house" in say_instructions(SPA, "newsletter")


def test_a_message_that_nothing_stops_says_what_can_be_stopped_instead() -> None:
    said = say_instructions(SPA, "administrative message")
    assert "come only when there is a reason" in said
    assert said.count("To stop ") == 3  # the list and two topics, each by a choice of its own
    assert "link in this message" not in said
    assert say_instructions(parse_policy(SMALL), "letter of news").startswith("There is nothing to stop here")
    assert find_stops(SPA).by_choice["outside help"] == ()


def test_every_mail_of_the_spa_ends_with_instructions() -> None:
    written = write_notice(
        SPA,
        service="Med spa",
        kind="password-changed",
        mail_class="administrative message",
        because=(),
        policy_address="",
        values={"at": "noon"},
    )
    assert "To stop letters about skin care" in " ".join(written.text.partition("\n-- \n")[2].split())


def test_a_message_without_what_the_policy_puts_into_it_is_not_written(bakery: Binding) -> None:
    with pytest.raises(NoticeError) as caught:
        write(bakery, "message-received", "letter of news")
    assert caught.value.code == "M912"
    assert "`unsubscribe link`" in caught.value.text


def test_a_notice_says_who_sends_it_with_the_postal_address(courier: Binding) -> None:
    assert "14 Ropewalk Yard" in write(courier, "account-closed", "administrative message").text
    assert courier.current == date(2016, 10, 3)
