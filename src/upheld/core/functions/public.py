"""Functions of the public site, which everybody meets: F-01 to F-09."""

from __future__ import annotations

from collections.abc import Mapping

from upheld.core.fields.cookies import list_cookies
from upheld.core.functions.function import PAGE, Built, Function, Meeting
from upheld.core.functions.keys import ORDER, PERSONAL, VISIT
from upheld.core.functions.reading import Reading, Rules, has_word
from upheld.core.shipping.ordering import list_customising_purposes

GROUP = "Public site"
HOME = Meeting(PAGE, "the first page", "/")
POLICY = Meeting(PAGE, "the policy", "/privacy")
VERSIONS = Meeting(PAGE, "its versions", "/privacy/versions")
ACCOUNT = Meeting(PAGE, "My account", "/account")
_LIVING = "living in "


def _visits(reading: Reading) -> Rules:
    without = tuple(rule for rule in reading.having("work") if {"sign-in", "cookies"} & set(rule.part("needs")))
    return without or reading.noting(*VISIT)


def _versions(reading: Reading) -> Rules:
    shown = reading.placing(
        "version history", "updated date", "first date", "effective date", "three answers", "contents", "policy link"
    )
    changes = reading.telling(events=("material change", "small change", "any change"))
    return shown + reading.having("change") + changes


def _documents(reading: Reading, *, are_of_states: bool) -> Rules:
    shown = [
        (rule, thing.partition(":")[2])
        for rule in reading.having("show_part")
        for thing in rule.part("things")
        if thing.startswith("document:")
    ]
    of_states = {name for rule, name in shown if rule.holds is not None and _LIVING in str(rule.holds)}
    of_states |= {name for _, name in shown if has_word(name, ("state",))}
    return tuple(dict.fromkeys(rule for rule, name in shown if (name in of_states) is are_of_states))


def _read_documents(reading: Reading, *, are_of_states: bool) -> Built:
    names = {
        thing.partition(":")[2]
        for rule in _documents(reading, are_of_states=are_of_states)
        for thing in rule.part("things")
        if thing.startswith("document:")
    }
    there = [name for name in reading.policy.documents if name in names]
    if not there:
        return Built(lacks="the document is not beside the policy")
    return Built(
        tuple(
            Meeting(PAGE, reading.words.label(name, "document"), f"/privacy/documents/{name}")
            for name in there
            if reading.policy.documents[name].endswith(".md")
        )
        or (POLICY,)
    )


def _call(reading: Reading) -> Built:
    """The first link is on every page; a number to tap is where the file gives the first page one."""
    home = (reading.home or reading.table).policy.site.get("home")
    contents = home if isinstance(home, Mapping) else {}
    has_number = any(isinstance(part, Mapping) and part.get("phone") for part in contents.values())
    lacks = "" if has_number or not reading.placing("contact phone") else "a telephone number on the first page"
    return Built((HOME,), lacks)


def _fit(reading: Reading) -> Built:
    is_there = reading.ordering is not None and list_customising_purposes(reading.words)
    if is_there and reading.find_leaf(ORDER):
        return Built((ACCOUNT,))
    return Built(lacks="pages that are fitted to what somebody likes; only orders of parcels are")


def _tell_cookies(reading: Reading) -> Built:
    if not list_cookies(reading.table):
        return Built((POLICY,))  # its page says that no cookie is set
    return Built((Meeting(PAGE, "the cookies in the policy", "/privacy#which-cookies"),))


FUNCTIONS = (
    Function(
        "F-01", "pages that everybody can read without saying who they are", GROUP, _visits, lambda _: Built((HOME,))
    ),
    Function("F-02", "the policy with its dates and versions", GROUP, _versions, lambda _: Built((POLICY, VERSIONS))),
    Function(
        "F-03",
        "terms of use",
        GROUP,
        lambda reading: _documents(reading, are_of_states=False),
        lambda reading: _read_documents(reading, are_of_states=False),
    ),
    Function(
        "F-04",
        "a privacy notice for people of some states",
        GROUP,
        lambda reading: _documents(reading, are_of_states=True),
        lambda reading: _read_documents(reading, are_of_states=True),
    ),
    Function(
        "F-05",
        "links to other sites",
        GROUP,
        lambda reading: reading.placing("outside links", "outside link marks"),
        lambda _: Built(lacks="a place on the pages for links that lead elsewhere, marked as such"),
    ),
    Function(
        "F-06",
        "places for advertisements",
        GROUP,
        lambda reading: reading.placing("advertisements"),
        lambda _: Built(lacks="places for advertisements, and who fills them"),
    ),
    Function(
        "F-07",
        "a first link to the main part, and a number that a tap calls",
        GROUP,
        lambda reading: reading.placing("skip link", "contact phone"),
        _call,
    ),
    Function(
        "F-08",
        "pages fitted to whoever reads them",
        GROUP,
        lambda reading: reading.for_purposes(PERSONAL),
        _fit,
        lambda reading: reading.shut_use(*VISIT),
    ),
    Function(
        "F-09",
        "which cookies there are, what for and how long",
        GROUP,
        lambda reading: (
            reading.having("set_cookie") + reading.placing("cookie list", "parts that need cookies") + _work(reading)
        ),
        _tell_cookies,
    ),
)


def _work(reading: Reading) -> Rules:
    return tuple(rule for rule in reading.having("work") if "cookies" in rule.part("needs"))
