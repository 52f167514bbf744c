"""The proof for staff: what is not upheld first and who acts on it, the runs, a proof asked for, files for an auditor.

Evidence for another text of the policy never shows. Nothing about a person stands here, so every role may look, and the
owner, too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.bundles import export_bundle
from upheld.actions.grants import name_staff
from upheld.actions.proof_standing import count_by_day, find_reasons, find_since
from upheld.actions.proving import (
    ask_for_run,
    find_running,
    find_wish,
    list_changes,
    list_runs,
    read_newest,
)
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_grants
from upheld.console.moments import read_now, say_moment
from upheld.console.proof_view import (
    Look,
    count_groups,
    draw_trend,
    list_gaps,
    list_rest,
    list_rules,
    view_run,
    view_sentence,
)
from upheld.core.errors import UpheldError
from upheld.core.policy.model import Policy
from upheld.core.proof.oscal import write_oscal
from upheld.core.proof.states import STATED, UPHELD, VOUCHED
from upheld.web.binding import make_binding
from upheld.web.hosts import find_policy_address
from upheld.web.proof_paper import MissingPartError, Papers, view_paper
from upheld.web.proof_words import mark_state, say_kinds

PAPERS = Papers()
DAYS = 60  # in the chart
MOST_RUNS = 12
MOST_CHANGES = 30


@for_grants
@require_safe
def show_proof(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The newest proof of the policy in force, gaps first."""
    now = read_now()
    policy = make_binding(seat.shelved, now.date()).policy
    found = read_newest(seat.site, policy.digest)
    runs = list_runs(seat.site, MOST_RUNS)
    reasons = find_reasons(seat.site, runs)
    context: dict[str, Any] = {
        "running": find_running(seat.site, now),
        "asked": say_moment(find_wish(seat.site), now),
        "proves_itself": settings.ENVIRONMENT.proofs,
        "runs": [view_run(run, reasons.get(run.id, ""), now) for run in runs],
        "trend": draw_trend(count_by_day(seat.site, now, DAYS)),
        "ledger_page": find_ledger(seat),
        "version": policy.version.isoformat(),
    }
    if found is not None:
        run, proof = found
        look = Look(policy, proof, find_since(seat.site), seat.roles, now)
        context |= {
            "run": view_run(run, "", now),
            "made": say_moment(run.ended_at, now),
            "faults": proof.faults,
            "kinds": say_kinds(proof),
            "read": f"{proof.ledger.size:,}" if proof.ledger.size else "",
            "counts": count_groups(proof),
            "upheld": sum(one.state in (UPHELD, VOUCHED) for one in proof.sentences),
            "promising": sum(one.state != STATED for one in proof.sentences),
            "gaps": list_gaps(look),
            "rest": list_rest(look),
        }
    return answer_seat(request, seat, "console/proof.html", context)


def find_ledger(seat: Seat) -> str:
    """The page of the ledger; nothing for the owner without a role, who does not see it."""
    return reverse("console-ledger", args=[seat.site]) if seat.roles else ""


@for_grants
@require_safe
def show_sentence(request: StaffRequest, seat: Seat, section: str, number: int) -> HttpResponse:
    """One sentence: its rules with all evidence, who acts, and how its state changed.

    Until the first proof of this version is finished, the page of all sentences, which says that it is not.
    """
    now = read_now()
    policy = make_binding(seat.shelved, now.date()).policy
    found = read_newest(seat.site, policy.digest)
    anchor = f"{section}.{number}"
    proof = found[1] if found is not None else None
    sentence = next((one for one in proof.sentences if one.ref.partition("#")[2] == anchor), None) if proof else None
    if found is None and anchor in {one.ref.partition("#")[2] for one in policy.sentences}:
        return redirect("console-proof", site=seat.site)
    if found is None or proof is None or sentence is None:
        raise Http404
    look = Look(policy, proof, find_since(seat.site), seat.roles, now)
    changes = list_changes(seat.site, sentence=sentence.ref, most=MOST_CHANGES)
    context = {
        "sentence": view_sentence(look, sentence),
        "section": next((one.title for one in policy.sections if one.slug == section), ""),
        "number": number,
        "rules": list_rules(look, sentence),
        "made": say_moment(found[0].ended_at, now),
        "changes": [
            (say_moment(one.at, now), mark_state(one.was) if one.was else None, mark_state(one.state), one.why)
            for one in changes
            if one.digest == sentence.digest
        ],
        "in_policy": f"{find_policy_address(request, seat.shelved)}#{anchor}",
        "ledger_page": find_ledger(seat),
    }
    return answer_seat(request, seat, "console/proof_sentence.html", context)


@for_grants
@require_POST
def ask_now(request: StaffRequest, seat: Seat) -> HttpResponse:
    """Ask for a proof; the process beside this one makes it."""
    now = read_now()
    if not settings.ENVIRONMENT.proofs:
        messages.error(request, "This server proves nothing by itself. Whoever runs it can: upheld prove --keep.")
    elif ask_for_run(make_binding(seat.shelved, now.date()), by=name_staff(request.staff.pk), now=now):
        messages.success(request, "A proof is asked for. It begins within half a minute and takes a minute or two.")
    else:
        messages.error(
            request, "A proof is being made or asked for already. Load this page again to see how far it is."
        )
    return redirect("console-proof", site=seat.site)


@for_grants
@require_safe
def give_paper(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The newest proof as a document to print."""
    policy = make_binding(seat.shelved, read_now().date()).policy
    found = read_newest(seat.site, policy.digest)
    if found is None:
        raise Http404
    run, proof = found
    try:
        paper = PAPERS.find_paper(run.id, lambda: view_paper(policy, proof, run.text_digest, is_public=False))
    except MissingPartError as problem:
        messages.error(request, f"{problem.text}; {problem.hint}")
        return redirect("console-proof", site=seat.site)
    return answer_file(paper, "application/pdf", f"{seat.site}-proof-{name_day(run.ended_at)}.pdf")


@for_grants
@require_safe
def give_bundle(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The newest proof as a bundle, which anybody verifies without us."""
    return answer_bundle(request, seat, lambda raw: raw, "bundle")


@for_grants
@require_safe
def give_oscal(request: StaffRequest, seat: Seat) -> HttpResponse:
    """The same as assessment results in OSCAL, with the bundle inside."""
    return answer_bundle(request, seat, write_oscal, "oscal")


def answer_bundle(request: StaffRequest, seat: Seat, write: Callable[[bytes], bytes], what: str) -> HttpResponse:
    """A file made of the newest proof's bundle; back to the page, which says why, while there is none."""
    now = read_now()
    policy: Policy = make_binding(seat.shelved, now.date()).policy
    found = read_newest(seat.site, policy.digest)
    if found is None:
        raise Http404
    run, _ = found
    try:
        raw = export_bundle(seat.site, run.id, now)
        made = write(raw) if raw is not None else None
    except UpheldError as problem:
        messages.error(request, f"No bundle can be made of this proof: {problem.text}; {problem.hint}.")
        return redirect("console-proof", site=seat.site)
    if made is None:
        messages.error(
            request, "Not ready: the line of this proof has no place in the ledger yet. Try again in a moment."
        )
        return redirect("console-proof", site=seat.site)
    return answer_file(made, "application/json", f"{seat.site}-{what}-{name_day(run.ended_at)}.json")


def answer_file(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)


def name_day(at: datetime | None) -> str:
    """The day in the name of a file."""
    return f"{at:%Y-%m-%d}" if at is not None else "proof"
