"""Attacks on passwords: guessed, left out, weak, read from the store; and on the console without a second factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher
from django.test.utils import override_settings

from upheld.actions.accounts import find_account
from upheld.actions.keys import open_person_key
from upheld.actions.passwords import find_sign_in
from upheld.core.seal.envelope import Label, open_sealed
from upheld.rehearsal.attacking import UNAUTHORISED, WRONG, is_inside, list_database, sign_in
from upheld.rehearsal.cast import PASSWORD, Undone, fill_in, find_address, need_entrance
from upheld.rehearsal.coming_in import come_back_to_work, come_in_again
from upheld.rehearsal.hashing import hashing_as_the_house
from upheld.rehearsal.trying import refused, works

if TYPE_CHECKING:
    from upheld.core.proof.evidence import Step
    from upheld.rehearsal.stage import Stage

NEWCOMER, OTHERS = 5, 8
NEW = "twelve gulls above the breakwater"
WEAK = ("short", "password1234", "aaaaaaaaaaaa")


def attack_password(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """Nothing of the account opens without its password: not by a wrong one, not by a link alone."""
    entrance, address = need_entrance(stage), stage.cast.silent.address
    yield works("the right password opens the account", is_inside(sign_in(stage, address, PASSWORD)), "it does not")
    yield refused("a wrong password does not", not is_inside(sign_in(stage, address, WRONG)), "it does")
    told = stage.browse().call("post", "/api/v1/sign-in", {"email": address, "password": WRONG})
    yield refused("nor by the API", told.status == UNAUTHORISED, f"it answers with {told.status}")
    yield refused("nor does no password at all", not is_inside(sign_in(stage, address, "")), "it does")
    fill_in(stage, entrance.registration, NEWCOMER)
    yield from try_link(stage, find_address(NEWCOMER), "/account/verify/", "the link of the registration")
    browser = stage.browse()
    browser.send(browser.open("/account/forgot"), {entrance.address: address})
    customer = come_in_again(stage, stage.cast.silent)
    yield from try_link(stage, address, "/account/new-password/", "the link to choose a new password")
    mails = stage.list_mails(address)
    link = next((found for mail in mails if (found := stage.find_link(mail, "/account/new-password/"))), "")
    page = browser.open(link) if link else None
    if page is not None and page.forms:
        name = next((name for name in page.forms[-1].names if ":" not in name), "")
        browser.send(page, {name: NEW}, form=page.forms[-1])
    yield refused(
        "a new one is chosen by the link: the old one opens nothing any more",
        not is_inside(sign_in(stage, address, PASSWORD)),
        "it does",
    )
    page = customer.browse(stage).open("/account", follows=False)
    yield refused("whoever was signed in with the old one is signed out", not page.is_good, "they are not")
    yield works("the new one opens the account", is_inside(sign_in(stage, address, NEW)), "it does not")


def try_link(stage: Stage, address: str, part: str, words: str) -> Iterator[Step]:
    """A link from a mail, opened in a browser that knows nothing: the account stays closed."""
    stage.carry_mails()
    link = next((found for mail in stage.list_mails(address) if (found := stage.find_link(mail, part))), "")
    if not link:
        raise Undone("a mail with a link did not come")
    browser = stage.browse()
    browser.open(link)
    page = browser.open("/account", follows=False)
    yield refused(f"{words} alone, without a password, opens nothing of the account", not page.is_good, "it does")


def attack_hashes(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """What lies in the store in the place of a password is a slow salted hash, and sealed."""
    with hashing_as_the_house():
        hasher = get_hasher()
    encoded = [read_hash(stage, one.address) for one in (stage.cast.silent, stage.cast.willing)]
    found = [hasher.decode(text) for text in encoded]
    yield works(
        "two people with one password: each has a hash with a salt of its own",
        len({one["salt"] for one in found}) == len(found),
        "the salts are alike",
    )
    settled = (hasher.memory_cost, hasher.time_cost, hasher.parallelism)
    is_slow = isinstance(hasher, Argon2PasswordHasher) and all(
        (one["variety"], one["memory_cost"], one["time_cost"], one["parallelism"]) == ("argon2id", *settled)
        for one in found
    )
    yield works("the hash is Argon2id, as slow as the settings of the house say", is_slow, "it is another one")
    bare = [text.encode() for text in (*encoded, PASSWORD)]
    wrong = sum(text in path.read_bytes() for path in list_database(stage) for text in bare)
    yield refused(
        "every byte of the database is searched for the password, and for the hash: neither stands there",
        not wrong,
        "one does",
    )


def read_hash(stage: Stage, address: str) -> str:
    """The hash of somebody's password, opened with the keys of the house."""
    row = find_sign_in(stage.site, find_account(stage.site, address, stage.now))
    if row is None:
        raise Undone("somebody of the cast has no password")
    label = Label(stage.site, row.person_id, "sign-in", "password")
    return open_sealed(open_person_key(stage.site, row.key), bytes(row.sealed), label).decode()


def attack_weak(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """Passwords that are short or that many people use are not taken; a long one is."""
    entrance = need_entrance(stage)
    for number, weak in enumerate(WEAK):
        fill_in(stage, entrance.registration, OTHERS + number, **{entrance.password: weak})
        stage.carry_mails()
        came = stage.list_mails(find_address(OTHERS + number))
        yield refused(
            f"somebody registers with a weak password, the {number + 1}. of {len(WEAK)}: it is not taken",
            not came,
            "it is",
        )
    fill_in(stage, entrance.registration, OTHERS + len(WEAK), **{entrance.password: NEW * 3})
    stage.carry_mails()
    came = stage.list_mails(find_address(OTHERS + len(WEAK)))
    yield works("a password of a hundred characters is taken", bool(came), "it is not")


def attack_factor(stage: Stage, _leaves: Sequence[str]) -> Iterator[Step]:
    """Where a second factor is asked for, the password of somebody of the staff alone opens nothing."""
    clerk = next(iter(stage.cast.clerks.values()))
    with override_settings(SECOND_FACTOR_REQUIRED=True):
        browser = come_back_to_work(stage, clerk).browse(stage)
        page = browser.open(f"{stage.seat}cases/", follows=False)
        yield refused(
            "somebody of the staff has given their password alone: no page of the site opens",
            not page.is_good,
            "one does",
        )
        page = browser.post(f"{stage.seat}grants/give/", {}, follows=False)
        yield refused("nor is anything done for them", not page.is_good, "it is")
