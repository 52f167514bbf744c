"""The addresses of a site, on its own host or below its prefix."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from upheld.api.problems import answer_unknown
from upheld.api.site_api import api
from upheld.pages import agreeing, ask, documents, driver, home, policy, proof, stopping, stops, touchpoints, wrong
from upheld.pages.addresses import BESIDE
from upheld.server.account_urls import ACCOUNT, ENTERING, SECRET

LINK = r"(?P<token>[A-Za-z0-9_-]{1,600})"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
SENTENCE = r"(?P<section>[a-z0-9][a-z0-9-]{0,79})\.(?P<number>[1-9][0-9]{0,3})"


def list_policy_pages(start: str, before: str = "") -> list[URLPattern]:
    """The pages about one policy, below this address; `before` is how their names begin."""
    pages = (
        ("", policy.show_policy, "policy"),
        ("/ask", ask.show_ask, "ask"),
        ("/versions", policy.show_versions, "versions"),
        ("/documents/(?P<name>[-a-zA-Z0-9_]+)", documents.show_document, "document"),
        (f"/(?P<day>{DAY})", policy.show_version, "version"),
        (rf"/changes/(?P<old>{DAY})\.\.(?P<new>{DAY})", policy.show_changes, "changes"),
        ("/proof", proof.show_proof, "proof"),
        (r"/proof\.pdf", proof.give_paper, "proof-paper"),
        (rf"/proof/{SENTENCE}", proof.show_sentence, "proof-sentence"),
    )
    return [re_path(rf"^{start}{end}\Z", view, name=f"{before}{name}") for end, view, name in pages]


urlpatterns = [
    path("api/v1/", api.urls),  # first: programs call most often
    re_path(r"^api/v1/", answer_unknown),  # programs get a problem and no page
    path("", home.show_home, name="home"),
    path("look/<slug:digest>.css", home.show_look, name="look"),
    *list_policy_pages("privacy"),
    # The policy that a site has for another surface than its own.
    *list_policy_pages("privacy/(?P<surface>web|app)", BESIDE),
    *ENTERING,
    *ACCOUNT,
    # Where these links lead stands in actions/proofs.py and console/routes.py as well.
    path("stop/done", stops.show_stopped, name="stopped"),
    re_path(rf"^stop/{SECRET}", stops.show_stop, name="stop"),
    # Where this link leads stands in actions/stopping.py as well.
    re_path(rf"^stop/m/{LINK}\Z", stopping.show_stopping, name="stopping"),
    re_path(rf"^stop/m/{LINK}/choices\Z", stopping.show_choices, name="stopping-choices"),
    re_path(
        rf"^stop/m/{LINK}/receipts/(?P<choice>[a-z][a-z0-9. -]{{0,79}})\Z",
        stopping.give_receipt,
        name="stopping-receipt",
    ),
    re_path(rf"^route/{SECRET}", driver.show_route, name="route"),
    re_path(rf"^route/{SECRET[:-2]}/(?P<place>[1-9][0-9]?)\Z", driver.show_stop, name="route-stop"),
    # Where this link leads stands in actions/approvals.py as well.
    re_path(rf"^agree/{SECRET}", agreeing.show_agreeing, name="agreeing"),
    # Last: the addresses of forms stand in the policy files and change with them.
    re_path(r"^(?P<path>[^/].{0,200})\Z", touchpoints.show_touchpoint, name="touchpoint"),
]

handler400 = wrong.answer_bad_request
handler404 = wrong.answer_not_named
handler500 = wrong.answer_failure
