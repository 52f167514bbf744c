"""Functions of commerce and of communities: F-44 to F-56."""

from __future__ import annotations

from upheld.core.functions.function import CONSOLE, PAGE, Built, Function, Meeting
from upheld.core.functions.keys import (
    ADDRESS,
    CART,
    CLEARING,
    DOWNLOAD,
    OPPORTUNITY,
    ORDER,
    PAYMENT,
    POST,
    PROMOTION,
    RATING,
    SERVICE,
    SHIPMENT,
    TAX,
    TREATMENT,
    VIEWING,
)
from upheld.core.functions.reading import SHOWING, USING, Reading, Rules, has_word
from upheld.core.policy.model import ANYONE, Rule

GROUP, COMMUNITY = "Commerce", "Community"
SHIPMENTS = Meeting(PAGE, "shipments, in My account", "/account/shipments")


def _paying(reading: Reading) -> Rules:
    return reading.taking(PAYMENT)


def _taxing(reading: Reading) -> Rules:
    named = tuple(
        rule for rule in reading.having(*USING) if any(has_word(purpose, ("tax",)) for purpose in rule.purposes)
    )
    return reading.for_purposes(TAX) or named


def _carts(reading: Reading) -> Rules:
    cookies = tuple(
        rule
        for rule in reading.having("set_cookie")
        if has_word(" ".join((*rule.part("cookie"), *rule.part("activities"))), ("cart",))
    )
    return cookies + reading.taking(CART)


def _ordered(reading: Reading) -> Rules:
    shown = tuple(rule for rule in reading.having(*SHOWING) if reading.speaks_of(rule, (ORDER,)))
    return reading.taking(ORDER) + shown


def _ship(reading: Reading, *meetings: Meeting) -> Built:
    if reading.ordering is None:
        return Built(lacks="orders, and what becomes of them; only parcels can be ordered, where the policy names them")
    form = reading.ordering.plan
    return Built((Meeting(PAGE, form.title, form.path), *meetings))


def _handed_over(reading: Reading) -> Rules:
    return tuple(
        rule
        for rule in reading.sharing("processor")
        if reading.speaks_of(rule, (ADDRESS, PAYMENT, ORDER)) and _fulfils(reading, rule)
    )


def _fulfils(reading: Reading, rule: Rule) -> bool:
    """Whether a rule shares for the service itself or to clear a payment, and not for what stands around a service."""
    declared = reading.words.of_sort("purpose")
    leaves = reading.words.expand("purpose", rule.purposes)
    return any(declared[leaf].value in (SERVICE, CLEARING) for leaf in leaves)


def _hand_over(reading: Reading) -> Built:
    if reading.ordering is None:
        return Built(lacks="orders that a carrier or a clearing house would get")
    if any(reading.speaks_of(rule, (PAYMENT,)) for rule in _handed_over(reading)):
        return Built(lacks="handing a payment over to be cleared")
    return Built((Meeting(CONSOLE, "the feeds of those who carry", "console-programs"),))


def _joint(reading: Reading) -> Rules:
    shared = reading.sharing("third-party", keys=(PROMOTION,))
    demanded = reading.asking_fact("demanded")
    return tuple(rule for rule in shared if rule not in demanded) + reading.placing("partner names")


def _discussing(reading: Reading) -> Rules:
    posted = tuple(
        rule
        for rule in reading.taking(POST)
        if any(
            has_word(f"{name} {' '.join(reading.list_paths(rule))}", ("forum", "discussion"))
            for name in rule.part("at")
        )
    )
    return posted + reading.placing("forums")


FUNCTIONS = (
    Function(
        "F-44",
        "buying with a card",
        GROUP,
        _paying,
        lambda _: Built(lacks="a checkout: taking a card, and having it charged"),
    ),
    Function(
        "F-45",
        "working out sales tax",
        GROUP,
        _taxing,
        lambda _: Built(lacks="a checkout in which tax is worked out"),
    ),
    Function("F-46", "a cart that is kept between visits", GROUP, _carts, lambda _: Built(lacks="a shop with a cart")),
    Function("F-47", "one's earlier orders", GROUP, _ordered, lambda reading: _ship(reading, SHIPMENTS)),
    Function("F-48", "handing over to who delivers, or clears a payment", GROUP, _handed_over, _hand_over),
    Function(
        "F-49",
        "downloads, trial licences and a register of owners",
        GROUP,
        lambda reading: reading.taking(DOWNLOAD),
        lambda _: Built(lacks="downloads, licences and a register of owners"),
    ),
    Function(
        "F-50",
        "things to watch, with what one watched and how one liked it",
        GROUP,
        lambda reading: reading.taking(VIEWING, RATING) + reading.sharing(keys=(VIEWING, RATING)),
        lambda _: Built(lacks="things to watch, a history and ratings"),
    ),
    Function(
        "F-51",
        "selling together with partners",
        GROUP,
        _joint,
        lambda _: Built(lacks="promotions held with partners, who get the entries"),
    ),
    Function(
        "F-52",
        "shipments: booking, following, delivering",
        GROUP,
        lambda reading: reading.taking(SHIPMENT),
        lambda reading: _ship(reading, Meeting(CONSOLE, "shipments", "console-shipments")),
    ),
    Function(
        "F-53",
        "treatment by people of named professions",
        GROUP,
        lambda reading: tuple(
            rule
            for rule in (*reading.having(*USING), *reading.having(*SHOWING), *reading.taking(TREATMENT))
            if reading.speaks_of(rule, (TREATMENT,))
        ),
        lambda _: Built(lacks="a record of treatment, which only those who treat can open"),
    ),
    Function(
        "F-54",
        "forums and discussions",
        COMMUNITY,
        _discussing,
        lambda _: Built(lacks="forums, and looking at posts before they appear"),
    ),
    Function(
        "F-55",
        "a board on which people offer and look for something",
        COMMUNITY,
        lambda reading: (
            reading.taking(OPPORTUNITY)
            + tuple(
                rule
                for rule in reading.having(*SHOWING)
                if ANYONE in rule.part("to") and reading.speaks_of(rule, (POST,))
            )
        ),
        lambda _: Built(lacks="a board, on which everybody sees what is posted"),
    ),
    Function(
        "F-56",
        "posts that one can take back",
        COMMUNITY,
        lambda reading: reading.taking(POST) + reading.placing("removal limits"),
        lambda _: Built(lacks="posts, and taking one back"),
    ),
)
