"""Functions of measurement: F-57 to F-66."""

from __future__ import annotations

from upheld.core.count.reports import KEYS, plan_reports
from upheld.core.fields.entrance import find_session_cookie
from upheld.core.fields.visits import list_visit_fields
from upheld.core.functions.function import CONSOLE, PAGE, Built, Function, Meeting
from upheld.core.functions.keys import (
    ADVERTISING,
    ANALYTICS,
    BEACON,
    FRAUD,
    IMPROVING,
    LOCATION,
    PIXEL,
    REPORTING,
    RESEARCH,
    SECURITY,
    TOKEN,
    VISIT,
)
from upheld.core.functions.reading import SHOWING, TAKING, USING, Reading, Rules
from upheld.core.gate.binding import Binding
from upheld.core.gate.decide import Gate

GROUP = "Measurement"
REPORTS = Meeting(CONSOLE, "reports", "console-reports")
LOG = Meeting(CONSOLE, "visits, in the reports", "console-reports")


def _keep_log(reading: Reading) -> Built:
    if not list_visit_fields(reading.table):
        lacks = "noting visits in the way this policy lets: as much as a server can note, and until a day"
        return Built(lacks=lacks)
    return Built((Meeting(PAGE, "every page, which notes what the policy lists", "/"),))


def _analysing(reading: Reading) -> Rules:
    keys = (ANALYTICS, IMPROVING)
    return tuple(
        rule
        for rule in reading.having(*TAKING, *USING, *SHOWING)
        if reading.speaks_of(rule, (*VISIT, PIXEL)) and reading.has_purpose(rule, keys)
    )


def _report(reading: Reading, *reports: str) -> Built:
    """Whether one of these reports can be made for some role under this version alone."""
    day = reading.policy.version
    binding = Binding(reading.policy.slug, {day: Gate(reading.table)}, day)
    plans = plan_reports(binding, reading.words.leaves("role"))
    if any(plan.is_open and plan.report in reports for plan in plans):
        return Built((REPORTS,))
    return Built(lacks="a report of this sort, in groups and for a role that the policy names")


def _researching(reading: Reading) -> Rules:
    grouped = tuple(
        rule for rule in reading.having(*USING, *SHOWING) if rule.degree is not None and rule.degree.name == "aggregate"
    )
    return reading.for_purposes(RESEARCH, REPORTING, forms=(*USING, *SHOWING)) + grouped


def _cookies(reading: Reading) -> Built:
    if not reading.having("set_cookie"):
        return Built((Meeting(PAGE, "every page, with all cookies refused", "/"),))
    if reading.entrance is None or find_session_cookie(reading.table) is None:
        return Built(lacks="something that needs a cookie: without accounts this site sets none")
    return Built((Meeting(PAGE, "signing in, which sets one until the visit ends", "/account/sign-in"),))


def _without(reading: Reading) -> Rules:
    return tuple(rule for rule in reading.having("work") if "cookies" in rule.part("needs"))


def _advertising(reading: Reading) -> Rules:
    shared = reading.sharing(purposes=(ADVERTISING,))
    return reading.taking(BEACON) + shared


def _outside(reading: Reading) -> Rules:
    return tuple(
        rule
        for rule in reading.sharing(purposes=(ANALYTICS,), keys=VISIT)
        if rule.degree is None or rule.degree.name != "aggregate"
    )


def _watching(reading: Reading) -> Rules:
    visits = tuple(rule for rule in reading.for_purposes(SECURITY) if reading.speaks_of(rule, VISIT))
    return reading.for_purposes(FRAUD) + visits


FUNCTIONS = (
    Function("F-57", "the log of visits", GROUP, lambda reading: reading.noting(*VISIT), _keep_log),
    Function("F-58", "how the pages are used", GROUP, _analysing, lambda reading: _report(reading, "visits")),
    Function("F-59", "cookies", GROUP, lambda reading: reading.having("set_cookie") + _without(reading), _cookies),
    Function(
        "F-60",
        "visits without cookies, kept by a token in the address",
        GROUP,
        lambda reading: reading.taking(TOKEN) + reading.placing("url tokens"),
        lambda _: Built(lacks="tokens in addresses, until the visit ends"),
    ),
    Function(
        "F-61",
        "pixels on pages",
        GROUP,
        lambda reading: reading.taking(PIXEL),
        lambda _: Built(lacks="pixels on pages"),
    ),
    Function(
        "F-62",
        "pixels of somebody who places advertisements",
        GROUP,
        _advertising,
        lambda _: Built(lacks="a partner who places advertisements, and what they count"),
        lambda reading: reading.shut_outside(*VISIT) or reading.shut_technique("third-party scripts"),
    ),
    Function(
        "F-63",
        "counting visits by somebody outside",
        GROUP,
        _outside,
        lambda _: Built(lacks="giving visits to somebody outside who counts them"),
        lambda reading: reading.shut_outside(*VISIT),
    ),
    Function(
        "F-64",
        "where a device is",
        GROUP,
        lambda reading: reading.taking(LOCATION),
        lambda _: Built(lacks="asking a device where it is, and an app that could"),
    ),
    Function(
        "F-65",
        "research, and reports in groups",
        GROUP,
        _researching,
        lambda reading: _report(reading, *KEYS),
    ),
    Function(
        "F-66",
        "looking for fraud and attacks",
        GROUP,
        _watching,
        lambda _: Built(lacks="looking through what is recorded for fraud and attacks"),
    ),
)
