"""What a site can do: what works, what the policy allows and nobody has built, what it does not name, and what it shuts out."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from upheld.console.chrome import answer_seat
from upheld.console.demand_view import link_sentence
from upheld.console.functions_here import find_home_table, find_table, is_page_here, list_here
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.opened import SentenceLink
from upheld.core.functions import (
    CONSOLE,
    EXCLUDED,
    GROUPS,
    NOT_BUILT,
    NOT_NAMED,
    PAGE,
    STATES,
    WORKS,
    Answer,
    Listed,
    Meeting,
    count_states,
    find_address,
)
from upheld.core.policy.model import Policy
from upheld.web.hosts import find_address as find_site_address

MOST_SENTENCES = 6
LONGEST = 300
# state -> its anchor, its title, what it means; one mark says the same by a word and a colour
PARTS = {
    WORKS: ("works", "Works here", "good", "A sentence names it, and it works to its end on this site."),
    NOT_BUILT: (
        "not-built",
        "The policy allows this, not built",
        "warning",
        "A sentence names it, and this program lacks it or a part of it. What is missing has no page, link or form.",
    ),
    NOT_NAMED: (
        "not-named",
        "The policy does not name this",
        "plain",
        "No sentence speaks of it, so it is refused. To have it, a new version of the policy has to name it first.",
    ),
    EXCLUDED: (
        "shut-out",
        "A sentence shuts this out",
        "refused",
        "The policy names it nowhere, and these sentences close it whatever the business arranges.",
    ),
}
NONE = {
    WORKS: "Nothing of this group works here.",
    NOT_BUILT: "Everything of this group that the policy allows is built.",
    NOT_NAMED: "The policy speaks of everything in this group.",
    EXCLUDED: "No sentence shuts anything of this group out.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Where something is met; without an address it runs by itself or stands in a message."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One function in its part of the page."""

    id: str
    words: str
    group: str
    links: tuple[Link, ...]
    lacks: str
    sentences: tuple[SentenceLink, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts, with its functions."""

    anchor: str
    title: str
    mark: str
    says: str
    none: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the page says of an address: in one sentence, with the functions and the sentences of the policy."""

    path: str
    kind: str
    title: str
    says: str
    rows: tuple[Row, ...]
    sentences: tuple[SentenceLink, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the page: the policy, where its site stands, and which pages of the console one may open."""

    policy: Policy
    seat: Seat
    address: str


@for_grants
@require_safe
def show_functions(request: StaffRequest, seat: Seat) -> HttpResponse:
    """All functions in four parts, or those of one group; for an address, which of the cases it is."""
    table, listed = find_table(seat.shelved), list_here(seat.shelved)
    look = Look(table.policy, seat, find_site_address(request, seat.shelved))
    group = request.GET.get("group", "")
    group = group if group in GROUPS else ""
    asked = request.GET.get("address", "").strip()[:LONGEST]
    path = read_path(asked, look.address)
    answer = find_address(table, path, find_home_table(seat.shelved)) if asked else None
    shown = tuple(one for one in listed if group in ("", one.function.group))
    counts = count_states(shown)
    context = {
        "parts": [view_part(look, state, shown) for state in STATES],
        "counts": [(PARTS[state][0], PARTS[state][1], counts[state]) for state in STATES],
        "groups": GROUPS,
        "group": group,
        "asked": asked,
        "found": view_answer(look, answer) if answer is not None else None,
        "number": len(shown),
        "site_address": look.address,
    }
    return answer_seat(request, seat, "console/functions.html", context)


def read_path(asked: str, address: str) -> str:
    """The path that is meant: of a whole address its path, and below a prefix what stands behind the prefix."""
    try:
        path = urlsplit(asked).path if "://" in asked else asked.partition("?")[0].partition("#")[0]
    except ValueError:
        path = ""
    prefix = urlsplit(address).path.rstrip("/")
    path = "/" + path.lstrip("/")
    return path.removeprefix(prefix) or "/" if prefix else path


def view_part(look: Look, state: str, listed: tuple[Listed, ...]) -> Part:
    """One part of the page."""
    anchor, title, mark, says = PARTS[state]
    rows = tuple(view_row(look, one) for one in listed if one.state == state)
    return Part(anchor, title, mark, says, NONE[state], rows)


def view_row(look: Look, one: Listed) -> Row:
    """One function with where it is met, what is missing and what names it."""
    found = tuple(link for ref in one.sentences if (link := link_sentence(look.policy, ref, look.address)))
    return Row(
        id=one.function.id,
        words=one.function.words,
        group=one.function.group,
        links=tuple(view_meeting(look, meeting) for meeting in one.built.meetings),
        lacks=one.built.lacks,
        sentences=found[:MOST_SENTENCES],
        more=max(0, len(found) - MOST_SENTENCES),
    )


def view_meeting(look: Look, meeting: Meeting) -> Link:
    """Where a function is met, as a link where there is a page that one may open."""
    if meeting.where == PAGE and meeting.address:
        return Link(meeting.words, look.address.rstrip("/") + meeting.address)
    if meeting.where == CONSOLE and look.seat.roles and is_page_here(look.seat.shelved, meeting.address):
        return Link(meeting.words, reverse(meeting.address, args=[look.seat.site]))
    return Link(meeting.words, "")


def view_answer(look: Look, answer: Answer) -> Found:
    """Which of the cases an address is, in plain words."""
    rows = tuple(view_row(look, one) for one in answer.listed)
    sentences = tuple(link for ref in answer.sentences if (link := link_sentence(look.policy, ref, look.address)))
    kind = {WORKS: "good", NOT_BUILT: "warning", EXCLUDED: "bad"}.get(answer.state, "")
    title, says = say_answer(answer)
    return Found(answer.path, kind, title, says, rows, sentences[:MOST_SENTENCES])


def say_answer(answer: Answer) -> tuple[str, str]:
    """The title and what it means."""
    if answer.is_here:
        return "Works here", "A page answers at this address, to whoever may open it."
    if answer.state == WORKS:
        return "No page here", "What such an address asks for works on this site, and stands elsewhere."
    if answer.touchpoint:
        says = "The policy has something asked at this address. Nothing in this program could work on it, so it answers 404."
        return "The policy allows this, not built", says
    if answer.state == NOT_BUILT:
        return "The policy allows this, not built", "A sentence names what such an address asks for. It answers 404."
    if answer.state == EXCLUDED:
        return "A sentence shuts this out", "The policy closes what such an address asks for. It answers 404."
    if answer.state == NOT_NAMED:
        says = "No sentence names what such an address asks for, so it is refused: it answers 404. A new version would have to name it."
        return "The policy does not name this", says
    return (
        "No sentence names a page here",
        "Nothing that we know of stands at such an address. Check it for a typing error.",
    )
