"""The public page of the ledger: its key, its newest checkpoint, and how to verify a receipt with them offline."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.actions.ledger_reading import LedgerState, find_state
from upheld.core.errors import VaultError
from upheld.pages.chrome import make_chrome, say_day
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest


@only_reads
def show_ledger(request: SiteRequest) -> HttpResponse:
    """What the ledger is, its key and its newest checkpoint; nothing of its lines."""
    state = read_state(request)
    context = {
        "chrome": make_chrome(request.shelved),
        "state": state,
        "signed_at": f"{say_day(state.signed_at.date())}, {state.signed_at:%H:%M} UTC" if state.signed_at else "",
        "checkpoint": reverse("ledger-checkpoint"),
        "key": reverse("ledger-key"),
    }
    return keep_fresh(HttpResponse(render_to_string("pages/ledger.html", context)))


@only_reads
def give_checkpoint(request: SiteRequest) -> HttpResponse:
    """The newest checkpoint as the signed note that it is; 404 before the first."""
    state = read_state(request)
    if not state.note:
        raise Http404
    return keep_fresh(HttpResponse(state.note, content_type="text/plain; charset=utf-8"))


@only_reads
def give_key(request: SiteRequest) -> HttpResponse:
    """The verifier key as text."""
    return keep_fresh(HttpResponse(f"{read_state(request).key}\n", content_type="text/plain; charset=utf-8"))


def read_state(request: SiteRequest) -> LedgerState:
    """How the site's ledger stands; raises Http404 where the server holds nothing, so that there is none."""
    try:
        return find_state(request.shelved.slug, datetime.now(UTC))
    except VaultError:
        raise Http404 from None


def keep_fresh(answer: HttpResponse) -> HttpResponse:
    """The answer, asked for anew each time: an old checkpoint is not the newest."""
    answer.headers["Cache-Control"] = "no-cache"
    return answer
