"""The overview: every site of this server, its policy, and whether its files are in order."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.pages.addresses import name_policy
from upheld.pages.ask_view import Answer, answer_question
from upheld.pages.chrome import find_current, read_today, say_day
from upheld.pages.health import Notice, view_health
from upheld.pages.policy_view import Count, Mark, count_layers, count_rules, find_anchor
from upheld.web.bodies import OVERVIEW_BODIES, answer_body
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest, find_address, find_policy_address
from upheld.web.shelf import Shelved
from upheld.web.tints import mix_tints


@dataclass(frozen=True, slots=True)
class SiteView:
    """One site on the overview, with a small drawing of what it looks like, and all policies that stand on it."""

    name: str
    icon: str
    tone: str
    colour: str
    host: str
    href: str
    after: str
    policies: tuple[PolicyView, ...]


@dataclass(frozen=True, slots=True)
class PolicyView:
    """One policy of a site with its counts and its health; `words` say what it is for where the site has several."""

    words: str
    href: str
    title: str
    since: str
    versions: int
    versions_word: str
    sentences: int
    rules: int
    counts: tuple[Count, ...]
    health: Notice
    healthy: Mark


@dataclass(frozen=True, slots=True)
class Example:
    """One question to one site's gate with its answer, so that a newcomer sees what this is."""

    act: str
    mark: Mark
    sentence: str
    source: str
    href: str


@only_reads
def show_overview(request: SiteRequest) -> HttpResponse:
    """The overview, rendered anew when any policy changes."""
    shelf = request.shelf

    def render() -> str:
        context = {
            "example": find_example(request, shelf.policies),
            "sites": tuple(view_site(request, shelved) for shelved in shelf.sites),
            "policies": len(shelf.policies),
            "compare": reverse("compare") if len(shelf.policies) > 1 else "",
            "mailbox": reverse("mailbox") if settings.MAILBOX else "",
            "unserved": tuple(view_health(shelved) for shelved in shelf.unserved),
        }
        return render_to_string("pages/overview.html", context)

    stamps = tuple(shelved.stamp for shelved in shelf.policies + shelf.unserved)
    addresses = tuple(find_address(request, shelved) for shelved in shelf.policies)
    key = ("overview", str(settings.MAILBOX), read_today().isoformat(), *addresses, *stamps)
    return answer_body(request, key, render, OVERVIEW_BODIES)


def view_site(request: HttpRequest, shelved: Shelved) -> SiteView:
    """One site with its policies."""
    site = shelved.site
    return SiteView(
        name=site.trade_name,
        icon=f"marks/{site.tone}.svg",
        tone=site.tone,
        colour=mix_tints(site.accent).solid,
        host=site.host,
        href=find_address(request, shelved),
        after=site.after,
        policies=tuple(view_policy(request, one) for one in shelved.policies),
    )


def view_policy(request: HttpRequest, shelved: Shelved) -> PolicyView:
    """One policy with its counts and its health."""
    good = find_current(shelved)
    return PolicyView(
        words=name_policy(shelved.surface) if len(shelved.policies) > 1 or shelved.site.of else "",
        href=find_policy_address(request, shelved),
        title=good.policy.title,
        since=say_day(shelved.find_since(good)),
        versions=len(shelved.versions),
        versions_word="version" if len(shelved.versions) == 1 else "versions",
        sentences=len(good.policy.sentences),
        rules=count_rules(good.policy),
        counts=count_layers(good.policy),
        health=view_health(shelved),
        healthy=Mark("good", "every version file is in order"),
    )


def find_example(request: HttpRequest, policies: tuple[Shelved, ...]) -> Example | None:
    """The first question that any site's policy lists, with the gate's answer; None when there is none."""
    for shelved in policies:
        for question in shelved.site.questions:
            answer = answer_question(find_current(shelved), question)
            if answer.sentences:
                return make_example(answer, find_policy_address(request, shelved), shelved.name)
    return None


def make_example(answer: Answer, address: str, name: str) -> Example:
    """The answer, with the sentence it rests on and where that stands."""
    sentence = answer.sentences[0]
    anchor = find_anchor(sentence.ref)
    return Example(answer.act, answer.mark, sentence.text, f"{name}, sentence {anchor}", f"{address}#{anchor}")
