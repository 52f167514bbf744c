"""Rehearsals of what pages must not do behind people's backs, and of what a policy allows them: looked at page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from upheld.actions.held import list_mail_leaves
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.rehearsal.cast import need_entrance
from upheld.rehearsal.cookies import FOREIGN, GUARD, passes
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, missing, refused, works
from upheld.rehearsal.walking import Seen, Walk, list_loaded, sign_in_and_out, walk

_SCRIPT = re.compile(r"<script\b|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)
_HIDDEN = re.compile(r"<input\b[^>]*type\s*=\s*[\"']?hidden", re.IGNORECASE)
_IMAGE = re.compile(rb"<img\b|url\(|<link\b|<iframe\b", re.IGNORECASE)
_HINTS = ("Accept-CH", "Critical-CH")  # by which a server asks a browser for traits of its machine
_SHOUTED = "content-security-policy"


def rehearse_never_employ(stage: Stage, rule: Rule) -> Iterator[Step]:
    """Every page is looked at for each technique; what cannot be seen from pages is said to be missing."""
    seen = walk(stage)
    for technique in rule.part("techniques"):
        look = _LOOKS.get(technique)
        if look is None:
            yield missing(
                f"whether the house does without {say_technique(stage, technique)} cannot be seen from its pages"
            )
        else:
            yield from look(stage, seen)


def say_technique(stage: Stage, technique: str) -> str:
    """A technique as people read it."""
    return stage.policy.words.label(technique, "technique")


def find_page(seen: Walk, is_wrong: Callable[[Seen], bool]) -> str:
    """Where the first page stands of which this is true; empty for none."""
    return next((one.path for one in seen.list_html() if is_wrong(one)), "")


def say_all(seen: Walk) -> str:
    """How many pages were looked at."""
    return f"All {len(seen.list_html())} pages that a visitor and a customer come to are looked at"


def look_for_strangers(stage: Stage, seen: Walk) -> Iterator[Step]:
    """Nothing is loaded from another host, and the browser is told to load nothing from there."""
    host = stage.shelved.host
    wrong = find_page(seen, lambda one: any(found != host for found in list_loaded(one)))
    yield refused(f"{say_all(seen)}: none has anything loaded from another host", not wrong, f"{wrong} does")
    wrong = find_page(seen, lambda one: not is_closed(one.page.headers))
    says = "With each page goes the word to the browser to load nothing from elsewhere, whatever the page says"
    yield refused(says, not wrong, f"with {wrong} it does not")


def is_closed(headers: Mapping[str, str]) -> bool:
    """Whether the policy for content that goes with a page lets a browser load and send to this site alone."""
    told = next((text for name, text in headers.items() if name.lower() == _SHOUTED), "")
    sources = [part.split() for part in told.split(";") if part.strip()]
    own = {"'self'", "'none'"}
    is_shut = ["default-src", "'none'"] in sources
    return is_shut and all(set(source[1:]) <= own for source in sources if source[0].endswith("-src"))


def look_for_cookies(stage: Stage, seen: Walk) -> Iterator[Step]:
    """No cookie of another host: none set, none that a stranger's content could set, none that gets past the guard."""
    found = [one for one in (*seen.cookies, *sign_in_and_out(stage).cookies) if one.morsel["domain"]]
    says = "The pages are walked through and somebody signs in: no cookie is set for another host"
    yield refused(says, not found, f"one is set at {found[0].path}" if found else "")
    yield from look_for_strangers(stage, seen)
    names = [part for rule in stage.policy.active_rules if rule.form == "set_cookie" for part in rule.part("cookie")]
    left = [name for name in (*names, "strange") if passes(stage, name, domain=FOREIGN)]
    says = "A page of ours sets a cookie for another host: it does not leave the house"
    yield refused(says, GUARD in settings.MIDDLEWARE and not left, "it left")


def look_for_scripts(_stage: Stage, seen: Walk) -> Iterator[Step]:
    """No page has a script, and the browser is told to run none."""
    wrong = find_page(seen, lambda one: bool(_SCRIPT.search(one.page.html)))
    yield refused(f"{say_all(seen)}: none has a script in it", not wrong, f"{wrong} has one")
    wrong = find_page(seen, lambda one: not is_closed(one.page.headers) or "script-src" in str(dict(one.page.headers)))
    says = "With each page goes the word to the browser to run no script, whatever the page says"
    yield refused(says, not wrong, f"with {wrong} it does not")


def look_for_traits(stage: Stage, seen: Walk) -> Iterator[Step]:
    """No script that could read a device, and no question to the browser about it."""
    yield from look_for_scripts(stage, seen)
    wrong = find_page(seen, lambda one: any(name in one.page.headers for name in _HINTS))
    yield refused(f"{say_all(seen)}: none asks the browser what machine it runs on", not wrong, f"{wrong} asks")


def look_for_hidden(_stage: Stage, seen: Walk) -> Iterator[Step]:
    """No form has a field that nobody sees."""
    wrong = find_page(seen, lambda one: bool(_HIDDEN.search(one.page.html)))
    yield refused(f"{say_all(seen)}: no form has a hidden field", not wrong, f"one stands at {wrong}")


def look_for_return(_stage: Stage, seen: Walk) -> Iterator[Step]:
    """Whoever comes without a cookie, having refused or deleted it, gets none by reading."""
    found = next((one.path for one in seen.cookies if one.morsel.value), "")
    yield refused(f"{say_all(seen)} without a cookie: none brings one back", not found, f"{found} does")


def look_for_pixels(stage: Stage, _seen: Walk) -> Iterator[Step]:
    """A mail is sent: it holds nothing that has to be fetched when it is opened."""
    customer, entrance = stage.cast.silent, need_entrance(stage)
    browser = stage.browse()
    before = len(stage.list_mails(customer.address))
    browser.send(browser.open("/account/forgot"), {entrance.address: customer.address})
    stage.carry_mails()
    mails = stage.list_mails(customer.address)
    if len(mails) <= before:
        yield missing("no mail came about that could be looked at")
        return
    wrong = any(_IMAGE.search(stage.read_raw(mail)) for mail in mails)
    yield refused("A mail of ours is looked at: nothing in it is fetched when it is opened", not wrong, "something is")
    if list_mail_leaves(stage.policy.words):
        held = stage.browse().open("/account/mails")
        yield refused(
            "The log of mails does not say whether one was opened", "opened" not in held.text.lower(), "it does"
        )


_LOOKS: Mapping[str, Callable[[Stage, Walk], Iterator[Step]]] = MappingProxyType(
    {
        "third-party cookies": look_for_cookies,
        "third-party scripts": look_for_strangers,
        "cross-site tracking": look_for_strangers,
        "keystroke capture": look_for_scripts,
        "local storage": look_for_scripts,
        "spyware": look_for_scripts,
        "adware": look_for_strangers,
        "fingerprinting": look_for_traits,
        "hidden fields": look_for_hidden,
        "cookie respawning": look_for_return,
        "open pixels": look_for_pixels,
    }
)


def rehearse_allow(stage: Stage, rule: Rule) -> Iterator[Step]:
    """What a policy allows its pages is looked for; nothing is shown where the house makes no use of it."""
    seen, host = walk(stage), stage.shelved.host
    for part in rule.part("parts"):
        if part != "outside links":
            continue  # nothing in the house makes use of it: a permission that is not used
        links = {urljoin(one.page.address, href) for one in seen.list_html() for href, _ in one.page.links}
        away = [link for link in links if urlsplit(link).scheme.startswith("http") and urlsplit(link).netloc != host]
        if away:
            yield works("Links on our pages lead to other sites", is_kept=True)
            laden = [link for link in away if urlsplit(link).query]
            yield refused("No such link carries anything with it", not laden, "one does")


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType({"never_employ": rehearse_never_employ, "allow": rehearse_allow})
