"""Policies side by side: who may do what with one kind of data on each site of this server."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.core.compare.comparing import compare_kind, compare_whole, list_known_kinds
from upheld.core.compare.kinds import KINDS, Kind, find_kind
from upheld.pages.chrome import find_current, read_today
from upheld.pages.compare_view import LEGEND, Column, view_groups
from upheld.web.bodies import OVERVIEW_BODIES, answer_body
from upheld.web.guards import only_reads
from upheld.web.hosts import SiteRequest, find_policy_address
from upheld.web.shelf import Shelved

BUSINESS = "business"
FIRST = "email"


@only_reads
def show_comparison(request: SiteRequest) -> HttpResponse:
    """The table for the kind of data that `?data=` names, or for the business as a whole; an unknown kind is not found."""
    # the policies of one site side by side, its own first
    policies = tuple(shelved for site in request.shelf.sites for shelved in site.policies)
    asked = request.GET.get("data", FIRST)
    kind = find_kind(asked)
    if kind is None and asked != BUSINESS:
        raise Http404
    stamps = tuple(shelved.stamp for shelved in policies)
    addresses = tuple(find_policy_address(request, shelved) for shelved in policies)
    key = ("compare", asked, read_today().isoformat(), *addresses, *stamps)
    return answer_body(request, key, lambda: render_comparison(policies, addresses, kind), OVERVIEW_BODIES)


def render_comparison(policies: tuple[Shelved, ...], addresses: tuple[str, ...], kind: Kind | None) -> str:
    """The page as text."""
    goods = tuple(find_current(shelved) for shelved in policies)
    tables = tuple(good.table for good in goods)
    comparison = compare_whole(tables) if kind is None else compare_kind(tables, kind)
    hosts = [shelved.host for shelved in policies]
    columns = tuple(
        Column(
            name=(shelved.home or shelved).site.trade_name,
            note=good.policy.surface if hosts.count(shelved.host) > 1 else "",
            href=address,
        )
        for shelved, good, address in zip(policies, goods, addresses, strict=True)
    )
    here = reverse("compare")
    known = list_known_kinds(tables, KINDS)
    shown = tuple(one for one in KINDS if one in known or one is kind)
    context = {
        "title": f"Who may do what with {kind.words}?" if kind else "What does each business say, whatever the data?",
        "kind": kind,
        "kinds": tuple((one.words, f"{here}?data={one.name}", one is kind) for one in shown),
        "business": (f"{here}?data={BUSINESS}", kind is None),
        "columns": columns,
        "groups": view_groups(comparison, columns, {good.policy.slug: good.policy for good in goods}),
        "legend": LEGEND,
    }
    return render_to_string("pages/compare.html", context)
