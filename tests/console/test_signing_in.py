"""Signing in: a link that works once, a password, a second factor, and a lock that opens by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.actions.stage import NOW
from tests.console.clerks import CLERK, OWNER, PASSWORD, SEAT, SITE, Console, list_kinds, read_text

NEW_PASSWORD = "nine quiet harbours"  # noqa: S105 - invented


def find_link(name: str) -> str:
    from django.urls import reverse

    from upheld.actions.staff import find_staff, make_welcome

    return reverse("console-welcome", args=make_welcome(find_staff(name)))


def read_code(secret: str) -> str:
    """What an authenticator app shows now."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return str(format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1])))


def set_up_app(client: Any) -> str:
    """The secret of the authenticator app that was just set up."""
    page = client.get("/console/me/app/")
    secret = re.search(r'class="secret">(\w+)<', page.content.decode())
    assert secret is not None
    response = client.post("/console/me/app/", {"code": read_code(secret.group(1))})
    assert response.headers["Location"] == "/console/me/codes/", read_text(response)
    return secret.group(1)


def test_it_works(console: Console) -> None:
    client = console.sit_down()
    assert "What is next" in read_text(client.get("/console/"))
    assert "Parcel courier" in read_text(client.get("/console/"))
    assert list_kinds(kind="staff.signed-in") == ["staff.signed-in"]


def test_a_link_lets_somebody_choose_a_password_once(console: Console) -> None:
    link, client = find_link(CLERK), console.open_door()
    assert CLERK in read_text(client.get(link))
    response = client.post(link, {"password": NEW_PASSWORD, "again": NEW_PASSWORD})
    assert response.headers["Location"] == "/console/sign-in/"
    assert client.get(link).status_code == 410
    assert client.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 410
    response = client.post("/console/sign-in/", {"login": CLERK, "password": NEW_PASSWORD})
    assert response.headers["Location"] == "/console/"


def test_a_link_ends_after_two_days(console: Console, clock: time_machine.Traveller) -> None:
    link = find_link(CLERK)
    clock.shift(timedelta(days=2, minutes=1))
    assert console.open_door().get(link).status_code == 410


@pytest.mark.parametrize("change", ["-x", "0", "", "-" + "a" * 32])
def test_a_link_that_nobody_gave_opens_nothing(console: Console, change: str) -> None:
    name = find_link(CLERK).split("/")[3]
    for forged in (f"/console/welcome/{name}/abc{change}/", f"/console/welcome/{'A' * 40}{change}/abc/"):
        assert console.open_door().get(forged).status_code in (404, 410)


@pytest.mark.parametrize(
    ("password", "said"), [("kite4!", "12"), ("password1234", "common"), ("c.lindqvist99", "similar")]
)
def test_a_weak_password_is_refused_and_not_repeated(console: Console, password: str, said: str) -> None:
    response = console.open_door().post(find_link(CLERK), {"password": password, "again": password})
    assert said in read_text(response)
    assert password not in response.content.decode()


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(console: Console) -> None:
    wrong = console.open_door().post("/console/sign-in/", {"login": CLERK, "password": "not this one"})
    unknown = console.open_door().post("/console/sign-in/", {"login": "nobody.here", "password": "not this one"})
    assert wrong.status_code == unknown.status_code == 200
    assert read_text(wrong).replace(CLERK, "?") == read_text(unknown).replace("nobody.here", "?")
    assert "not this one" not in wrong.content.decode()


def test_an_unknown_name_costs_as_much_hashing_as_a_wrong_password(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    asked: list[str] = []
    encode = MD5PasswordHasher.encode

    def count(self: Any, password: str, salt: str) -> str:
        asked.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    counts = []
    for name in (CLERK, "nobody.here"):
        asked.clear()
        console.open_door().post("/console/sign-in/", {"login": name, "password": "not this one"})
        counts.append(len(asked))
    assert counts[0] == counts[1] > 0


def test_five_failures_lock_a_name_for_some_minutes_whoever_it_is(
    console: Console, clock: time_machine.Traveller
) -> None:
    for name in (CLERK, "nobody.here"):
        for _ in range(5):
            console.open_door().post("/console/sign-in/", {"login": name, "password": "not this one"})
        response = console.open_door().post("/console/sign-in/", {"login": name, "password": PASSWORD})
        assert response.status_code == 200
        assert "Too many" in read_text(response)
    clock.shift(timedelta(minutes=5, seconds=1))
    assert console.sign_in(CLERK).get("/console/").status_code == 200


def test_nobody_signs_up_and_nothing_else_of_allauth_has_an_address(console: Console) -> None:
    client = console.open_door()
    for path in ("signup/", "sign-in/signup/", "email/", "password/reset/", "confirm-email/", "login/", "me/email/"):
        assert client.get(f"/console/{path}").status_code == 404


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/at/lasership/", "javascript:1"])
def test_after_signing_in_nobody_is_led_out_of_the_console(console: Console, target: str) -> None:
    response = console.open_door().post("/console/sign-in/", {"login": CLERK, "password": PASSWORD, "next": target})
    assert response.headers["Location"] == "/console/"


def test_after_half_an_hour_without_a_page_one_is_signed_out(console: Console, clock: time_machine.Traveller) -> None:
    client = console.sign_in(CLERK)
    clock.shift(timedelta(minutes=29))
    assert client.get("/console/").status_code == 200
    clock.shift(timedelta(minutes=29))
    assert client.get("/console/").status_code == 200
    clock.shift(timedelta(minutes=31))
    assert client.get("/console/").status_code == 302


def test_after_a_working_day_one_is_signed_out_however_busy(console: Console, clock: time_machine.Traveller) -> None:
    client = console.sign_in(CLERK)
    for _ in range(25):
        clock.shift(timedelta(minutes=29))
        response = client.get("/console/")
    assert response.status_code == 302


def test_signing_out_ends_the_session(console: Console) -> None:
    client = console.sign_in(CLERK)
    kept = client.cookies["staff-session"].value
    client.post("/console/sign-out/")
    thief = console.open_door()
    thief.cookies["staff-session"] = kept
    assert thief.get("/console/").status_code == 302


def test_whoever_is_let_in_no_longer_is_out_at_once(console: Console) -> None:
    from upheld.actions.staff import close_staff, find_staff

    client = console.sit_down()
    close_staff(find_staff(CLERK), now=NOW)
    assert client.get("/console/").status_code == 302


def test_a_copy_of_the_table_of_sessions_signs_nobody_in_and_tells_nothing(
    console: Console, databases: dict[str, Path]
) -> None:
    from django.contrib.sessions.models import Session

    client = console.sign_in(CLERK)
    value = client.cookies["staff-session"].value
    [row] = Session.objects.all()
    assert value not in (row.session_key, row.session_data)
    assert CLERK not in row.session_data
    thief = console.open_door()
    thief.cookies["staff-session"] = row.session_key
    assert thief.get("/console/").status_code == 302


def test_a_session_that_was_altered_is_none(console: Console) -> None:
    from django.contrib.sessions.models import Session

    client = console.sign_in(CLERK)
    [row] = Session.objects.all()
    row.session_data = row.session_data[:-8] + "AAAAAAA="
    row.save()
    assert client.get("/console/").status_code == 302


def test_without_a_second_factor_nothing_about_people_is_shown(
    console: Console, settings_as: Callable[..., None]
) -> None:
    client = console.sit_down()
    settings_as(SECOND_FACTOR_REQUIRED=True)
    for path in ("/console/", SEAT, f"{SEAT}people/{console.cast.ada.id}/", f"{SEAT}ledger/"):
        response = client.get(path)
        assert (response.status_code, response.headers["Location"]) == (302, "/console/me/"), path
    assert client.post(SEAT, {"kind": "email", "text": "ada@quill.example"}).status_code == 403
    assert "Set up a second factor first" in read_text(client.get("/console/me/"))
    assert "staff.sought" not in list_kinds()


def test_a_demo_says_that_it_asks_for_no_second_factor(console: Console) -> None:
    assert "without a second factor" in read_text(console.open_door().get("/console/sign-in/"))


def test_with_an_authenticator_app_the_password_alone_does_not_do(
    console: Console, settings_as: Callable[..., None], clock: time_machine.Traveller
) -> None:
    client = console.sit_down()
    settings_as(SECOND_FACTOR_REQUIRED=True)
    secret = set_up_app(client)
    assert client.get(SEAT).status_code == 200
    clock.shift(timedelta(minutes=2))
    fresh = console.open_door()
    response = fresh.post("/console/sign-in/", {"login": CLERK, "password": PASSWORD})
    assert response.headers["Location"] == "/console/sign-in/code/"
    assert fresh.get(SEAT).status_code == 302
    assert "Second factor" in read_text(fresh.get("/console/sign-in/code/"))
    assert "That code is not right" in read_text(fresh.post("/console/sign-in/code/", {"code": "000000"}))
    response = fresh.post("/console/sign-in/code/", {"code": read_code(secret)})
    assert response.headers["Location"] == "/console/"
    assert fresh.get(SEAT).status_code == 200
    again = console.open_door()
    again.post("/console/sign-in/", {"login": CLERK, "password": PASSWORD})
    assert "That code is not right" in read_text(again.post("/console/sign-in/code/", {"code": read_code(secret)}))


def test_second_factors_lie_sealed(console: Console) -> None:
    from allauth.mfa.models import Authenticator

    client = console.sign_in(CLERK)
    secret = set_up_app(client)
    assert {row.type for row in Authenticator.objects.all()} == {"totp", "recovery_codes"}
    for row in Authenticator.objects.all():
        assert secret not in str(row.data)
        assert len(str(row.data.get("secret") or row.data.get("seed"))) > 60


def test_recovery_codes_are_shown_once_and_each_works_once(console: Console) -> None:
    client = console.sign_in(CLERK)
    set_up_app(client)
    codes = re.findall(r"<li><code>(\d+)</code>", client.get("/console/me/codes/").content.decode())
    assert len(codes) == 10
    assert codes[0] not in client.get("/console/me/codes/").content.decode()
    for expected in (302, 200):
        fresh = console.open_door()
        fresh.post("/console/sign-in/", {"login": CLERK, "password": PASSWORD})
        assert fresh.post("/console/sign-in/code/", {"code": codes[0]}).status_code == expected


def test_a_change_to_signing_in_asks_for_the_password_again(console: Console, clock: time_machine.Traveller) -> None:
    client = console.sign_in(CLERK)
    clock.shift(timedelta(minutes=10))
    response = client.get("/console/me/app/")
    assert response.headers["Location"].startswith("/console/me/again/")
    assert "Give your password again" in read_text(client.get(response.headers["Location"]))
    response = client.post("/console/me/again/?next=/console/me/app/", {"password": PASSWORD})
    assert response.headers["Location"] == "/console/me/app/"
    assert client.get("/console/me/app/").status_code == 200


def test_every_page_of_ones_own_opens(console: Console) -> None:
    client = console.sign_in(CLERK)
    for path in ("", "password/", "again/", "app/", "passkeys/", "passkeys/add/"):
        assert client.get(f"/console/me/{path}").status_code == 200, path
    set_up_app(client)
    for path in ("", "app/away/", "codes/", "codes/new/", "again/code/"):
        assert client.get(f"/console/me/{path}").status_code == 200, path


def test_bad_input_never_breaks_a_page_of_signing_in(console: Console) -> None:
    odd = ("", "\x00", "é" * 5000, "{", '{"id": 1}', "[]", "null", "' OR 1=1 --", "0" * 100)
    for text in odd:
        client = console.open_door()
        for path, field in (("", "login"), ("passkey/answer/", "credential")):
            response = client.post(f"/console/sign-in/{path}", {field: text, "password": text})
            assert response.status_code in (200, 302, 400, 429), (path, text[:20])


def test_a_changed_password_ends_other_sessions(console: Console) -> None:
    mine, thief = console.sign_in(CLERK), console.sign_in(CLERK)
    answer = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert mine.post("/console/me/password/", answer).status_code == 302
    assert mine.get("/console/").status_code == 200
    assert thief.get("/console/").status_code == 302


def test_a_sign_in_is_told_only_to_the_sites_of_ones_grants(console: Console) -> None:
    console.sign_in(OWNER)
    assert "staff.signed-in" not in list_kinds()
    assert SITE


def test_no_address_of_anybody_lies_in_the_table_of_counts_and_what_has_ended_is_swept(
    console: Console, clock: time_machine.Traveller, now: datetime
) -> None:
    from django.contrib.sessions.models import Session
    from django.db import connection

    from upheld.actions.staff_sessions import sweep_staff

    def read_counts() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key FROM shared_cache")
            return [row[0] for row in cursor.fetchall()]

    console.sign_in(CLERK)
    console.open_door().post("/console/sign-in/", {"login": CLERK, "password": "not this one"})
    assert read_counts()
    assert not [key for key in read_counts() if "127.0.0.1" in key or ":" in key]
    assert sweep_staff(now) == 0
    assert read_counts()
    clock.shift(timedelta(hours=1))
    assert sweep_staff(now + timedelta(hours=1)) >= 1
    assert not read_counts()
    assert not Session.objects.exists()


def test_a_session_with_the_password_alone_ends_when_a_second_factor_is_set_up_elsewhere(console: Console) -> None:
    mine, thief = console.sit_down(), console.sign_in(CLERK)
    set_up_app(mine)
    assert mine.get(SEAT).status_code == 200
    for path in ("/console/me/", "/console/me/app/away/"):
        assert thief.get(path).headers["Location"].startswith("/console/sign-in/"), path
    assert thief.post("/console/me/app/away/").status_code == 302
    assert thief.get(SEAT).status_code == 302
    assert mine.get("/console/me/").status_code == 200
