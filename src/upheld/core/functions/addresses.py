"""Which function an address asks for, and how that stands: for staff who wonder why a page answers 404; knows no request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from upheld.core.fields.plan import find_path
from upheld.core.functions.function import EXCLUDED, NOT_BUILT, NOT_NAMED, PAGE, WORKS, Listed
from upheld.core.functions.listing import list_functions
from upheld.core.functions.reading import join_sentences
from upheld.core.policy.compile import Table

_PARTS = re.compile(r"[^a-z0-9]+")
_SHORT = 4
_ORDER = (WORKS, NOT_BUILT, EXCLUDED, NOT_NAMED)
# function -> how addresses of sites that have it often begin
_SIGNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "F-02": ("privacy", "policy"),
        "F-03": ("terms", "conditions", "legal"),
        "F-04": ("california", "state", "ccpa"),
        "F-06": ("ads", "advert", "banner"),
        "F-09": ("cookie",),
        "F-10": ("appointment", "book", "schedule"),
        "F-11": ("inquiry", "enquiry", "request", "information"),
        "F-13": ("contact", "feedback", "message"),
        "F-15": ("survey", "questionnaire"),
        "F-16": ("promotion", "contest", "raffle", "prize"),
        "F-17": ("quote", "offer"),
        "F-18": ("event", "conference", "seminar", "webinar"),
        "F-20": ("remove", "removal", "delete", "erase"),
        "F-23": ("register", "registration", "signup", "join", "membership"),
        "F-24": ("login", "signin", "logout", "session"),
        "F-25": ("password", "forgot", "reset"),
        "F-26": ("username",),
        "F-27": ("account", "profile", "myaccount"),
        "F-28": ("preferences", "choices", "optout"),
        "F-29": ("sharing", "releases"),
        "F-31": ("company", "business"),
        "F-32": ("community", "communities", "group", "club"),
        "F-33": ("newsletter", "subscribe", "subscription", "news"),
        "F-40": ("unsubscribe", "stop"),
        "F-44": ("checkout", "pay", "payment", "buy", "purchase", "shop", "store"),
        "F-45": ("tax",),
        "F-46": ("cart", "basket"),
        "F-47": ("orders", "purchases", "history"),
        "F-49": ("download", "licence", "license", "trial"),
        "F-50": ("watch", "video", "rating", "content"),
        "F-52": ("ship", "shipment", "parcel", "track"),
        "F-53": ("treatment", "chart", "record"),
        "F-54": ("forum", "discussion", "thread", "topic"),
        "F-55": ("board", "exchange", "opportunities", "classified"),
        "F-56": ("post", "comment", "blog"),
        "F-64": ("location", "nearby"),
        "F-77": ("question", "complaint"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How an address stands: the best state of the functions that it asks for, those functions, and the touchpoint that the
    policy has there, with the sentences about it. `state` is empty where nothing is known of such an address; `is_here` says
    whether a page answers at the address itself, and not at another one.
    """

    path: str
    state: str
    listed: tuple[Listed, ...]
    is_here: bool = False
    touchpoint: str = ""
    sentences: tuple[str, ...] = ()


def find_address(table: Table, path: str, home: Table | None = None) -> Answer:
    """What an address of a site asks for under this policy: by the pages that are met, by the touchpoints that the policy
    declares, else by what addresses like this are called elsewhere.
    """
    path = "/" + path.strip().strip("/").lower()
    listed = list_functions(table, home)
    met = tuple(one for one in listed if one.state == WORKS and _is_met(one, path))
    touchpoint = next((name for name in table.words.leaves("touchpoint") if find_path(table.words, name) == path), "")
    if touchpoint:
        return _answer_touchpoint(table, listed, path, touchpoint)
    if met:
        return Answer(path, WORKS, met, is_here=True)
    found = _guess(listed, path)
    return Answer(path, _pick_state(found), found)


def _guess(listed: tuple[Listed, ...], path: str) -> tuple[Listed, ...]:
    words = [word for word in _PARTS.split(path) if word]
    return tuple(one for one in listed if any(_is_sign(word, _SIGNS.get(one.function.id, ())) for word in words))


def _is_sign(word: str, signs: tuple[str, ...]) -> bool:
    """Short ones have to stand there whole, or as a plural."""
    return any(word in (sign, f"{sign}s") or (len(sign) > _SHORT and word.startswith(sign)) for sign in signs)


def is_address(address: str, path: str) -> bool:
    """Whether a page's address is this path, whatever stands behind its `#`."""
    return bool(address) and address.partition("#")[0].rstrip("/") == path.rstrip("/")


def _answer_touchpoint(table: Table, listed: tuple[Listed, ...], path: str, touchpoint: str) -> Answer:
    rules = tuple(rule for rule in table.rules if touchpoint in rule.part("at"))
    about = tuple(one for one in listed if set(one.rules) & set(rules))
    here = tuple(one for one in listed if one.state in (WORKS, NOT_BUILT) and _is_met(one, path))
    if any(one.state == WORKS for one in here):
        return Answer(path, WORKS, here, is_here=True, touchpoint=touchpoint, sentences=join_sentences(rules))
    lacking = tuple(one for one in dict.fromkeys((*about, *_guess(listed, path))) if one.state == NOT_BUILT)
    return Answer(path, NOT_BUILT, lacking, touchpoint=touchpoint, sentences=join_sentences(rules))


def _is_met(one: Listed, path: str) -> bool:
    return any(meeting.where == PAGE and is_address(meeting.address, path) for meeting in one.built.meetings)


def _pick_state(found: tuple[Listed, ...]) -> str:
    return next((state for state in _ORDER if any(one.state == state for one in found)), "")
