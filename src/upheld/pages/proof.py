"""The proof beside the policy, where the business lets everybody read it: all sentences, one sentence, on paper.

Evidence for another text of the policy never shows: every look asks for the text that is in force.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.db import DatabaseError
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import get_script_prefix

from upheld.actions.newest_proof import Newest, find_newest
from upheld.actions.proving import (
    BROKEN_OFF,
    LONGEST_RUN,
    RUNNING,
    Change,
    HeldRun,
    list_changes,
    list_runs,
    read_newest,
)
from upheld.core.proof.runs import Proof
from upheld.pages.addresses import find_addresses, find_policy
from upheld.pages.chrome import find_current, make_chrome, say_day
from upheld.pages.merging import AGAIN_SECONDS, find_stamp
from upheld.pages.policy_view import Mark, find_anchor
from upheld.pages.proof_view import count_by_state, list_rows, list_rules, sum_up, view_row
from upheld.web.bodies import Bodies, answer_body
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest
from upheld.web.proof_paper import MissingPartError, Papers, PaperView, view_paper
from upheld.web.proof_words import CAUSE_WORDS, KINDS, StateMark, mark_state, say_kinds, say_moment
from upheld.web.shelf import Good, Shelved

logger = logging.getLogger(__name__)

# A body for each state that can be looked at alone, for each sentence, and for each step of a run that is being made:
# a store of their own, so that they push out no other page.
PROOF_BODIES = Bodies(128)
PAPERS = Papers()
OLD_AFTER = timedelta(
    hours=48
)  # a proof is made every day; one that is older says that something keeps it from being made
MOST_CHANGES = 30


@dataclass(frozen=True, slots=True)
class RunView:
    """When the proof was made, why, for which text, and what went wrong with the look itself."""

    made: str
    because: str
    version: str
    kinds: str
    lines: str
    digest: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """That the sentence came to another state."""

    day: str
    was: StateMark | None
    mark: StateMark
    why: str


@only_reads
def show_proof(request: SiteRequest, surface: str = "") -> HttpResponse:
    """The sentences with their states and evidence; `?state=partly` shows only those of one state."""
    shelved = find_policy(request, surface)
    at = find_addresses(shelved)
    good, newest = open_proof(shelved)
    asked = request.GET.get("state", "")
    chosen = asked if asked in KINDS.values() else ""
    notices = list_notices(shelved.slug, good, newest)

    def render() -> str:
        context = {
            "chrome": make_chrome(request.shelved),
            "at": at,
            "notices": notices,
            "paper": at.find("proof-paper"),
        }
        if newest is not None:
            context |= describe_proof(good, *read_proof(shelved, good), chosen) | {"proof": at.proof}
        return render_to_string("pages/proof.html", context)

    said = "\n".join(f"{mark.kind} {mark.word}" for mark in notices)
    return answer_body(request, ("proof", *make_key(request.shelved, good, newest), chosen, said), render, PROOF_BODIES)


def describe_proof(good: Good, run: HeldRun, proof: Proof, chosen: str) -> dict[str, object]:
    """What the page of all sentences shows of a proof."""
    return {
        "run": view_run(run, proof),
        "summary": sum_up(proof),
        "counts": count_by_state(proof, chosen),
        "chosen": next((state for state, kind in KINDS.items() if kind == chosen), ""),
        "sections": list_rows(good, proof, chosen),
    }


@only_reads
def show_sentence(request: SiteRequest, section: str, number: str, surface: str = "") -> HttpResponse:
    """One sentence: its state and why, its rules, each with its evidence, and when its state became another."""
    shelved = find_policy(request, surface)
    at = find_addresses(shelved)
    good, newest = open_proof(shelved)
    anchor = f"{section}.{number}"
    # the proof is of this very text, so it has the sentences that the policy has
    if newest is None or good.policy.find_sentence(f"{good.policy.slug}#{anchor}") is None:
        raise Http404

    def render() -> str:
        run, proof = read_proof(shelved, good)
        found = next(one for one in proof.sentences if find_anchor(one.ref) == anchor)
        changes = list_changes(shelved.slug, sentence=found.ref, most=MOST_CHANGES)
        context = {
            "chrome": make_chrome(request.shelved),
            "at": at,
            "sentence": view_row(found, proof),
            "section": next((one.title for one in good.policy.sections if one.slug == section), ""),
            "rules": list_rules(good, proof, found),
            "run": view_run(run, proof),
            "changes": tuple(view_change(change) for change in changes if change.digest == found.digest),
            "proof": at.proof,
        }
        return render_to_string("pages/proof_sentence.html", context)

    key = ("proof of", anchor, *make_key(request.shelved, good, newest))
    return answer_body(request, key, render, PROOF_BODIES)


@only_reads
def give_paper(request: SiteRequest, surface: str = "") -> HttpResponse:
    """The whole proof as a document to print; 503 with words where the server lacks what sets it."""
    shelved = find_policy(request, surface)
    good, newest = open_proof(shelved)
    if newest is None:
        raise Http404

    def view() -> PaperView:
        run, proof = read_proof(shelved, good)
        return view_paper(good.policy, proof, run.text_digest, is_public=True)

    try:
        paper = PAPERS.find_paper(newest.id, view)
    except MissingPartError as problem:
        logger.error("the proof cannot be set on paper: %s; %s", problem.text, problem.hint)  # noqa: TRY400 - the words say enough
        at = find_addresses(shelved)
        context = {"chrome": make_chrome(request.shelved), "at": at, "proof": at.proof}
        body = render_to_string("pages/proof_no_paper.html", context)
        return HttpResponse(body, status=HTTPStatus.SERVICE_UNAVAILABLE)
    name = f"proof-{shelved.slug}-{newest.ended_at:%Y-%m-%d}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-cache"}
    return HttpResponse(paper, content_type="application/pdf", headers=headers)


def open_proof(shelved: Shelved) -> tuple[Good, Newest | None]:
    """The version in force and which proof of its text is the newest; Http404 where it is not for everybody."""
    good = find_current(shelved)
    if not good.site.has_public_proof:
        raise Http404
    return good, find_newest(shelved.slug, good.policy.digest)


def read_proof(shelved: Shelved, good: Good) -> tuple[HeldRun, Proof]:
    """The proof itself; Http404 should it have gone in this moment."""
    found = read_newest(shelved.slug, good.policy.digest)
    if found is None:
        raise Http404
    return found


def make_key(shelved: Shelved, good: Good, newest: Newest | None) -> tuple[str, ...]:
    """What all pages of one proof depend on."""
    return find_stamp(shelved), good.policy.digest, newest.id if newest else "", get_script_prefix()


def list_notices(site: str, good: Good, newest: Newest | None) -> tuple[Mark, ...]:
    """What has to be known before the rest: that a proof is being made, broke off, or is old."""
    last = next(iter(list_runs(site, most=1)), None)
    found = []
    is_left = last is not None and last.state == RUNNING and datetime.now(UTC) - last.began_at >= LONGEST_RUN
    if last is not None and last.state == RUNNING and not is_left and last.digest == good.policy.digest:
        words = "A new proof is being made" if newest else "The first proof of this text is being made"
        done = f"{last.done_rules} of {last.rules} rules are done"
        found.append(Mark("", f"{words}: {done}. Load this page again to see how far it is."))
    elif newest is None:
        found.append(Mark("", "No proof of this text of the policy has been made yet. It will stand here."))
    if last is not None and (last.state == BROKEN_OFF or is_left):
        day = say_day(last.began_at.date())
        found.append(Mark("warning", f"The last attempt, begun on {day}, broke off before its end and shows nothing."))
    age = datetime.now(UTC) - newest.ended_at if newest else timedelta()
    if age > OLD_AFTER:
        words = f"What stands here is {age.days} days old. A proof should be made every day."
        found.append(Mark("warning", words))
    return tuple(found)


def view_run(run: HeldRun, proof: Proof) -> RunView:
    """When and for what the proof was made."""
    return RunView(
        made=say_moment(proof.ended),
        because=CAUSE_WORDS.get(proof.cause, ""),
        version=say_day(datetime.fromisoformat(proof.version).date()),
        kinds=say_kinds(proof),
        lines=f"{proof.ledger.size:,}" if proof.ledger.origin else "",
        digest=run.text_digest,
        faults=proof.faults,
    )


def view_change(change: Change) -> ChangeLine:
    """One change of a state."""
    was = mark_state(change.was) if change.was else None
    return ChangeLine(say_day(change.at.date()), was, mark_state(change.state), change.why)


_away_until = 0.0


def find_proven(shelved: Shelved, good: Good) -> str:
    """The id of the proof whose states stand beside the sentences of this version; nothing where none does.

    Nothing as well while the records cannot be read: the policy is shown without, and nobody waits for each look.
    """
    global _away_until  # noqa: PLW0603 - one process has one database
    if not good.site.has_public_proof or time.monotonic() < _away_until:
        return ""
    try:
        found = find_newest(shelved.slug, good.policy.digest)
    except DatabaseError as problem:
        _away_until = time.monotonic() + AGAIN_SECONDS
        logger.error("the newest proof of %s cannot be read: %s", shelved.slug, type(problem).__name__)  # noqa: TRY400 - the kind says enough
        return ""
    return found.id if found else ""
