"""The policy's pages: the one in force, each version, all versions, what changed between two."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import get_script_prefix

from upheld.actions.proving import read_newest
from upheld.core.proof.states import STATED
from upheld.pages.addresses import find_addresses, find_policy
from upheld.pages.answers import PlainAnswer, answer_plainly
from upheld.pages.ask_view import find_link
from upheld.pages.changes import ChangesView, view_changes
from upheld.pages.chrome import FormLink, find_current, find_form_href, make_chrome, say_day
from upheld.pages.documents import DocumentLink, list_documents
from upheld.pages.health import view_health
from upheld.pages.merging import find_stamp
from upheld.pages.policy_view import (
    LAYER_WORDS,
    NO_STATES,
    Mark,
    Reach,
    SectionView,
    States,
    count_rules,
    list_reaches,
    view_sections,
)
from upheld.pages.proof import find_proven
from upheld.pages.proof_view import mark_sentences
from upheld.pages.surfaces import SurfacesView, view_surfaces
from upheld.web.bodies import CHANGES_BODIES, answer_body
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest
from upheld.web.plans import find_plan_at, is_open, list_shown_at
from upheld.web.proof_words import KINDS, StateMark
from upheld.web.shelf import Good, Shelved

POLICY_PAGE = "policy"  # how rules name this page
MOST_QUESTIONS = 3  # beside the text; all of them stand on the page to ask
LEGEND = (*(Mark(kind, word) for kind, word in LAYER_WORDS.items()), Mark("stated", "stated"))


LEGEND_OF_PROOF = tuple(StateMark(kind, state) for state, kind in KINDS.items() if state != STATED)


@dataclass(frozen=True, slots=True)
class QuestionLink:
    """A question beside the policy and where its answer stands."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """One version of a policy as a page."""

    title: str
    is_current: bool
    period: str
    dates: str
    versions: str
    changes_href: str
    summary: str
    contents: tuple[SectionView, ...]
    questions: tuple[QuestionLink, ...]
    ask_href: str
    proof_href: str
    proof_marks: tuple[StateMark, ...]
    answers: tuple[PlainAnswer, ...]
    legend: tuple[Mark, ...]
    reaches: tuple[Reach, ...]
    documents: tuple[DocumentLink, ...]
    surfaces: SurfacesView | None
    forms: tuple[FormLink, ...]
    sections: tuple[SectionView, ...]


@only_reads
def show_policy(request: SiteRequest, surface: str = "") -> HttpResponse:
    """The version in force, of the site's first policy or of the one for another surface."""
    shelved = find_policy(request, surface)
    return show_good(request, shelved, find_current(shelved))


@only_reads
def show_version(request: SiteRequest, day: str, surface: str = "") -> HttpResponse:
    """The version of one day."""
    shelved = find_policy(request, surface)
    return show_good(request, shelved, find_good(shelved, day))


@only_reads
def show_versions(request: SiteRequest, surface: str = "") -> HttpResponse:
    """All versions, the newest first, each with what it changed for people."""
    shelved = find_policy(request, surface)
    current = find_current(shelved)

    def render() -> str:
        context = {
            "chrome": make_chrome(request.shelved),
            "at": find_addresses(shelved),
            "versions": tuple(view_version(shelved, good, current) for good in reversed(shelved.versions)),
            "health": view_health(shelved) if shelved.faults else None,
        }
        return render_to_string("pages/versions.html", context)

    return answer_body(
        request, ("versions", find_stamp(request.shelved), current.policy.digest, get_script_prefix()), render
    )


@only_reads
def show_changes(request: SiteRequest, old: str, new: str, surface: str = "") -> HttpResponse:
    """What changed for people between two versions."""
    shelved = find_policy(request, surface)
    before, after = find_good(shelved, old), find_good(shelved, new)

    def render() -> str:
        context = {
            "chrome": make_chrome(request.shelved),
            "at": find_addresses(shelved),
            "before": view_version(shelved, before, find_current(shelved)),
            "after": view_version(shelved, after, find_current(shelved)),
            "changes": view_changes(before, after),
        }
        return render_to_string("pages/changes.html", context)

    key = (
        "changes",
        before.policy.digest,
        after.policy.digest,
        find_stamp(request.shelved),
        find_current(shelved).policy.digest,
    )
    return answer_body(request, (*key, get_script_prefix()), render, CHANGES_BODIES)


def find_good(shelved: Shelved, day: str) -> Good:
    """The version of this day; raises Http404 when there is none."""
    good = shelved.find_version(day)
    if good is None:
        raise Http404
    return good


def show_good(request: SiteRequest, shelved: Shelved, good: Good) -> HttpResponse:
    """One version of one policy of the site as a page, from the store when it was rendered before."""
    current = find_current(shelved)
    proven = find_proven(shelved, good) if good is current else ""

    def render() -> str:
        newest = read_newest(shelved.slug, good.policy.digest) if proven else None
        states = mark_sentences(newest[1]) if newest else NO_STATES
        page = make_page(shelved, good, current, states)
        context = {"chrome": make_chrome(request.shelved), "at": find_addresses(shelved), "page": page}
        return render_to_string("pages/policy.html", context)

    key = (
        "policy",
        find_stamp(request.shelved),
        good.policy.digest,
        current.policy.digest,
        proven,
        get_script_prefix(),
    )
    return answer_body(request, key, render)


def make_page(shelved: Shelved, good: Good, current: Good, states: States = NO_STATES) -> PolicyPage:
    """Everything that the page of one version shows."""
    sections = view_sections(good, states)
    before, at = shelved.find_before(good), find_addresses(shelved)
    day = good.policy.version.isoformat()
    number = len(shelved.versions)
    return PolicyPage(
        title=good.policy.title,
        is_current=good is current,
        period=say_period(shelved, good, current),
        dates=say_dates(shelved, good, is_current=good is current),
        versions="the only version" if number == 1 else f"{number} versions",
        changes_href=at.changes(before.policy.version.isoformat(), day) if before else "",
        summary=good.policy.summary,
        contents=tuple(section for section in sections if section.title and section.level in (2, 3)),
        questions=list_questions(shelved, good)[:MOST_QUESTIONS] if good is current else (),
        ask_href=at.ask,
        proof_href=at.proof,
        proof_marks=tuple(mark for mark in LEGEND_OF_PROOF if mark in states.values()),
        answers=answer_plainly(good),
        legend=LEGEND,
        reaches=list_reaches(good.policy),
        documents=list_documents(good.policy, at),
        surfaces=view_surfaces(shelved) if good is current else None,
        forms=list_form_links(shelved, good) if good is current else (),
        sections=sections,
    )


def list_form_links(shelved: Shelved, good: Good) -> tuple[FormLink, ...]:
    """The forms that a rule has shown on this page; of a policy that stands on another's site, those that are open there."""
    plans = list_shown_at(good, POLICY_PAGE)
    if shelved.home is not None:
        site = find_current(shelved.home)
        found = (find_plan_at(site, plan.path) for plan in plans)
        plans = tuple(plan for plan in found if plan is not None and is_open(site, plan))
    return tuple(FormLink(plan.title, find_form_href(plan)) for plan in plans)


def list_questions(shelved: Shelved, good: Good) -> tuple[QuestionLink, ...]:
    """The questions that the policy file lists, as links to their answers."""
    ask = find_addresses(shelved).ask
    return tuple(QuestionLink(q.words, f"{ask}?{find_link(good, q)}") for q in good.site.questions)


def say_dates(shelved: Shelved, good: Good, *, is_current: bool) -> str:
    """The date of the version, and since when it is in force where it is."""
    version = f"Version of {say_day(good.policy.version)}"
    if not is_current:
        return version
    begun = shelved.find_since(good)
    since = f"n force since {say_day(begun)}"
    return f"I{since}" if begun == good.policy.version else f"{version}, i{since}"


def say_period(shelved: Shelved, good: Good, current: Good) -> str:
    """How a version that is not in force stands to the one that is."""
    since = say_day(shelved.find_since(good))
    if shelved.is_announced(good):
        return f"This version is announced. It will be in force from {since} at the earliest."
    if good.since > current.since:
        return f"This version is coming. It will be in force from {since}."
    following = [other for other in shelved.list_binding() if other.since > good.since]
    until = f" until {say_day(shelved.find_since(following[0]))}" if following else ""
    return f"This is an earlier version. It was in force from {since}{until}."


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version in the list of versions."""

    day: str
    href: str
    title: str
    state: Mark
    period: str
    sentences: int
    rules: int
    changes_title: str
    changes_href: str
    before_href: str
    changes: ChangesView | None


def view_version(shelved: Shelved, good: Good, current: Good) -> VersionView:
    """One version with what it changed against the one before."""
    before, at = shelved.find_before(good), find_addresses(shelved)
    day = good.policy.version.isoformat()
    earlier = before.policy.version.isoformat() if before else ""
    if good is current:
        state, period = Mark("good", "in force"), f"In force since {say_day(shelved.find_since(good))}."
    elif shelved.is_announced(good):
        state, period = Mark("warning", "announced"), say_period(shelved, good, current)
    else:
        state = Mark("stated", "coming" if good.since > current.since else "earlier")
        period = say_period(shelved, good, current)
    return VersionView(
        day=say_day(good.policy.version),
        href=at.policy if good is current else at.version(day),
        title=good.policy.title,
        state=state,
        period=period,
        sentences=len(good.policy.sentences),
        rules=count_rules(good.policy),
        changes_title="What it will change for you" if shelved.is_announced(good) else "What it changed for you",
        changes_href=at.changes(earlier, day) if before else "",
        before_href=at.version(earlier) if before else "",
        changes=view_changes(before, good) if before else None,
    )
