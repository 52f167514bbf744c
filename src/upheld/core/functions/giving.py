"""Functions of giving out: F-67 to F-76."""

from __future__ import annotations

from upheld.core.functions.accounts import RELEASES
from upheld.core.functions.function import CONSOLE, Built, Function, Meeting
from upheld.core.functions.keys import EMAIL, NAME, SERVICE, VISIT
from upheld.core.functions.reading import SHARING, Reading, Rules, has_word, list_facts
from upheld.core.policy.model import Condition, Degree
from upheld.core.rights.demanding import list_desk_roles, list_grounds
from upheld.core.rights.merging import find_transfer

GROUP = "Giving out"
FEEDS = Meeting(CONSOLE, "the feeds of those who carry", "console-programs")
RECIPIENTS = Meeting(CONSOLE, "the register of recipients", "console-recipients")
DESK = Meeting(CONSOLE, "the legal desk", "console-demands")
HANDING = Meeting(CONSOLE, "handing over", "console-releases")
MERGER = Meeting(CONSOLE, "the merger", "console-mergers")
_COUNTRY = 2  # the length of a country's code
_GROUPED = ("aggregate", "de-identified")
_LARGE = Degree("aggregate", 1_000_000)


def _processors(reading: Reading) -> Rules:
    bound = tuple(rule for rule in reading.having("bind") if reading.is_to(rule, ("processor",)))
    return reading.sharing("processor") + bound


def _process(reading: Reading) -> Built:
    others = [rule for rule in reading.sharing("processor") if not reading.has_purpose(rule, (SERVICE,))]
    if reading.ordering is None or others:
        lacks = "giving data to somebody who works for us; only those who carry parcels get any"
        return Built((FEEDS, RECIPIENTS) if reading.ordering else (), lacks)
    return Built((FEEDS, RECIPIENTS))


def _partners(reading: Reading) -> Rules:
    apart = tuple(rule for rule in reading.having("choice_is") if rule.part("per"))
    hanging = tuple(
        rule
        for rule in reading.sharing("third-party")
        if any(fact.startswith(("chosen ", "refused ")) for fact in list_facts(rule))
        and reading.speaks_of(rule, (NAME, EMAIL))
    )
    return apart + hanging + reading.placing("partner policies")


def _family(reading: Reading) -> Rules:
    return reading.sharing("affiliate") + reading.having("counts")


def _hosts(reading: Reading) -> Rules:
    return tuple(
        rule for rule in reading.sharing() if any(has_word(name, ("app",)) for name in rule.part("recipients"))
    )


def _grouped(reading: Reading) -> Rules:
    return tuple(rule for rule in reading.sharing() if rule.degree is not None and rule.degree.name in _GROUPED)


def _permitted(reading: Reading) -> Rules:
    """Sharing that waits for a person's own yes: a permission, or a choice that they have made."""
    opened = tuple(rule for rule in reading.having(*SHARING) if _waits(rule.holds))
    closed = tuple(rule for rule in reading.having("never_share") if _waits(rule.unless) and rule.unless is not None)
    return opened + tuple(rule for rule in closed if "permitted" not in list_facts(rule))


def _waits(condition: Condition | None) -> bool:
    facts = [fact for term in condition.terms for fact in term.facts] if condition is not None else []
    return any(fact == "permitted" or fact.startswith("chosen ") for fact in facts)


def _release(reading: Reading) -> Built:
    if not reading.asking_fact("permitted"):
        return Built(lacks="giving out on a choice that somebody made; only what a permission names is handed over")
    if reading.entrance is None:
        return Built((HANDING,), "a way to permit it; that is done in an account, and this policy lets nobody have one")
    return Built((RELEASES, HANDING, RECIPIENTS))


def _demanded(reading: Reading) -> Rules:
    return reading.asking_fact("demanded")


def _work_on_demands(reading: Reading) -> Built:
    if not list_grounds(reading.policy) or not list_desk_roles(reading.policy):
        return Built(lacks="a desk for demands: no ground of the policy names who would have to agree")
    return Built((DESK, RECIPIENTS))  # whoever demands something stands in the register


def _reported(reading: Reading) -> Rules:
    grounds = {
        name for name, word in reading.words.of_sort("ground").items() if has_word(f"{name} {word.value}", ("report",))
    }
    wanted = {f"demanded by {name}" for name in grounds}
    return tuple(rule for rule in _demanded(reading) if wanted.intersection(list_facts(rule)))


def _merge(reading: Reading) -> Built:
    return (
        Built((MERGER, RECIPIENTS)) if find_transfer(reading.policy) else Built(lacks="a rule by which data goes over")
    )


def _abroad(reading: Reading) -> Rules:
    tagged = tuple(rule for rule in reading.having("tag") if "place" in rule.part("tags"))
    same = tuple(rule for rule in reading.having("protect") if "same rules everywhere" in rule.part("measures"))
    declared = reading.words.of_sort("place")
    stored = tuple(
        rule
        for rule in reading.having("store", "store_only")
        if any(len(declared[name].value) == _COUNTRY for name in rule.part("places") if name in declared)
    )
    return stored + tagged + same


FUNCTIONS = (
    Function(
        "F-67",
        "people and firms who work for the business",
        GROUP,
        _processors,
        _process,
        lambda reading: reading.shut_outside(EMAIL, NAME),
    ),
    Function(
        "F-68",
        "passing an inquiry on to partners whom one picks",
        GROUP,
        _partners,
        lambda _: Built(lacks="asking for each inquiry which partners may have it, and handing it over"),
        lambda reading: reading.shut_outside(EMAIL, NAME),
    ),
    Function(
        "F-69",
        "firms of the same group",
        GROUP,
        _family,
        lambda _: Built(lacks="giving data to firms of the group"),
        lambda reading: reading.shut_outside(EMAIL, NAME),
    ),
    Function(
        "F-70",
        "another firm that runs the app",
        GROUP,
        _hosts,
        lambda _: Built(lacks="an app, and handing data to the firm that runs it"),
        lambda reading: reading.shut_outside(EMAIL, NAME),
    ),
    Function(
        "F-71",
        "figures that name nobody, for people outside",
        GROUP,
        _grouped,
        lambda _: Built(lacks="making figures for people outside"),
        lambda reading: reading.shut_grouped(VISIT, _LARGE),
    ),
    Function(
        "F-72",
        "giving out what somebody asks us to give",
        GROUP,
        _permitted,
        _release,
        lambda reading: reading.shut_outside(EMAIL, NAME),
    ),
    Function("F-73", "answering courts, authorities and claims", GROUP, _demanded, _work_on_demands),
    Function("F-74", "going over to another firm", GROUP, lambda reading: reading.sharing("successor"), _merge),
    Function("F-75", "reports that a law asks for", GROUP, _reported, _work_on_demands),
    Function(
        "F-76",
        "keeping data in other countries",
        GROUP,
        _abroad,
        lambda _: Built(lacks="stores in several countries, and knowing from where somebody reads"),
    ),
)
