"""What stands around every page of a site: its name, its colour, where the links lead."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.urls import get_script_prefix, reverse

from upheld.core.fields import FormPlan
from upheld.core.fields.entrance import find_entrance
from upheld.core.policy.model import EVERY_PAGE
from upheld.pages.addresses import PolicyLink, find_addresses, list_policies
from upheld.pages.home_content import ContentReader
from upheld.pages.merging import MergerBanner, view_merger
from upheld.web.cookies import find_register
from upheld.web.plans import find_open_plan, list_shown_everywhere
from upheld.web.shelf import Good, Shelved
from upheld.web.site import TONES
from upheld.web.tints import mix_tints

# part of a page, the words of its link, where it leads; pages are the same for everybody, so a way out is shown to all
DOORS = (
    ("sign-in", "Sign in", "sign-in"),
    ("password recovery", "I forgot my password", "forgot"),
    ("log out", "Log out", "sign-out"),
)
LOOK_CSS = """:root {{
  --accent: {tints.text_light};
  --accent-solid: {tints.solid};
  --on-accent: {tints.on_solid};
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --accent: {tints.text_dark};
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class FormLink:
    """A form, or a way into an account, that the policy has shown on every page."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class MenuLink:
    """A link in the menu of every page; `sign` names the drawing that stands with it where the menu is a bar."""

    words: str
    href: str
    sign: str


@dataclass(frozen=True, slots=True)
class Banner:
    """The notice that stands on every page while a change is announced, and for a while after it has begun."""

    title: str
    text: str
    link: str
    changes: str
    version: str


@dataclass(frozen=True, slots=True)
class Chrome:
    """What every page of a site shows around its content."""

    trade_name: str
    tone: str
    after: str
    icon: str
    look: str
    home: str
    policy: str
    ask: str
    versions: str
    forms: tuple[FormLink, ...]
    has_cookies: bool
    account: str
    ledger: str
    proof: str
    others: tuple[PolicyLink, ...] = ()
    sheet: str = ""
    menu: tuple[MenuLink, ...] = ()
    banner: Banner | None = None
    merger: MergerBanner | None = None


def make_chrome(shelved: Shelved) -> Chrome:
    """The surroundings of this site's pages; links stay below the prefix of the request being answered.

    A policy that stands on the site of another has that one's surroundings.
    """
    shelved = shelved.policies[0]
    site, good = shelved.site, find_current(shelved)
    return Chrome(
        trade_name=site.trade_name,
        tone=site.tone,
        after=site.after,
        icon=f"marks/{site.tone}.svg",
        look=reverse("look", args=[digest_look(site.accent)]),
        home=reverse("home"),
        policy=reverse("policy"),
        ask=reverse("ask"),
        versions=reverse("versions"),
        forms=(
            *(FormLink(plan.title, find_form_href(plan)) for plan in list_shown_everywhere(good)),
            *list_doors(good),
        ),
        has_cookies=bool(find_register(good.table)),
        # the same for everybody, since pages are kept rendered: who is not signed in is led there from it
        account=reverse("account") if find_entrance(good.table) else "",
        ledger=reverse("ledger") if find_entrance(good.table) else "",
        proof=reverse("proof") if good.site.has_public_proof else "",
        others=list_policies(shelved)[1:],
        sheet=f"pages/tones/{site.tone}.css" if site.tone != TONES[0] else "",
        menu=list_menu(good, reverse("home")),
        banner=view_banner(shelved),
        merger=view_merger(shelved),
    )


def list_menu(good: Good, home: str) -> tuple[MenuLink, ...]:
    """The links that the policy file names for the menu; one to a form stands there only while the rules open the form."""
    links = []
    for link in ContentReader().read_menu(good.site.home):
        if link.part:
            links.append(MenuLink(link.words, f"{home}#{link.part}", link.part))
        elif plan := find_open_plan(good, link.form):
            links.append(MenuLink(link.words, find_form_href(plan), "form"))
    return tuple(links)


def list_doors(good: Good) -> tuple[FormLink, ...]:
    """The ways into an account that the policy has shown on every page, where there are accounts."""
    if find_entrance(good.table) is None:
        return ()
    shown = {
        thing
        for rule in good.policy.active_rules
        if rule.form == "show_part" and EVERY_PAGE in rule.part("at") and rule.holds is None and rule.unless is None
        for thing in rule.part("things")
    }
    return tuple(FormLink(words, reverse(name)) for part, words, name in DOORS if f"part:{part}" in shown)


def find_form_href(plan: FormPlan) -> str:
    """The address of a form, below the prefix of the request being answered."""
    return get_script_prefix().rstrip("/") + plan.path


def view_banner(shelved: Shelved) -> Banner | None:
    """The notice about a change of a policy of the site, while it has to stand; nobody can close it before."""
    found = next(((one, held[0]) for one in shelved.policies if (held := one.find_banner()) is not None), None)
    if found is None:
        return None
    shelved, good = found
    at = find_addresses(shelved)
    its = f"Our {at.words[:1].lower()}{at.words[1:]}"
    before, day = shelved.find_before(good), good.policy.version.isoformat()
    since = say_day(shelved.find_since(good))
    if shelved.is_announced(good):
        title = f"{its} changes on {since} at the earliest."
        text, link = "Until then the version before it is in force.", "See what changes for you"
    else:
        title, text, link = f"{its} changed on {since}.", "", "See what changed for you"
    changes = at.changes(before.policy.version.isoformat(), day) if before else at.versions
    return Banner(title, text, link, changes, at.version(day))


def write_look(accent: str) -> str:
    """The style sheet that lays a site's colour over the tokens."""
    return LOOK_CSS.format(tints=mix_tints(accent))


def digest_look(accent: str) -> str:
    """The name of that style sheet: it changes when the sheet does, so browsers may keep it for ever."""
    return hashlib.sha256(write_look(accent).encode()).hexdigest()[:12]


def read_today() -> date:
    """The day by which versions come into force, the same for all sites of one server: UTC."""
    return datetime.now(UTC).date()


def say_day(day: date) -> str:
    """A day as people read it."""
    return f"{day.day} {day:%B %Y}"


def find_current(shelved: Shelved) -> Good:
    """The version in force today."""
    return shelved.in_force(read_today())
