"""The pages that links to confirm an address lead to: they act on their button, since mail scanners open links, too."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from upheld.actions.accounts import verify_address
from upheld.actions.addresses import move_address
from upheld.actions.tokens import MOVE, VERIFY, find_link
from upheld.core.errors import AccountError
from upheld.pages.account.asking import ask, make_form, refuse_method, say_link_is_over
from upheld.pages.account.guards import Doorway, at_doorway
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home


@same_origin_posts
@at_doorway
def show_verify(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """Confirm the address that somebody registered with."""
    return answer_link(
        request,
        doorway,
        use=VERIFY,
        token=token,
        title="Confirm your address",
        lead="You registered with this address. Confirm that it is yours, and your account opens.",
        act=lambda: verify_address(doorway.binding, token=token, now=doorway.now),
        done="confirmed",
    )


@same_origin_posts
@at_doorway
def show_new_address(request: SiteRequest, doorway: Doorway, token: str) -> HttpResponse:
    """Confirm the address that takes the place of another."""
    return answer_link(
        request,
        doorway,
        use=MOVE,
        token=token,
        title="Confirm your new address",
        lead="Your account gets this address when you confirm it. We write to the old one a last time, to say so.",
        act=lambda: move_address(doorway.binding, token=token, home=find_home(request), now=doorway.now),
        done="moved",
    )


def answer_link(
    request: SiteRequest,
    doorway: Doorway,
    *,
    use: str,
    token: str,
    title: str,
    lead: str,
    act: Callable[[], object],
    done: str,
) -> HttpResponse:
    """The button, or what it does; the same page for every link that does not work."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if request.method == "POST":
        try:
            act()
        except AccountError:
            return say_link_is_over(request)
        return HttpResponseRedirect(f"{reverse('sign-in')}?done={done}", status=HTTPStatus.SEE_OTHER)
    if find_link(doorway.site, use, token, doorway.now) is None:
        return say_link_is_over(request)
    form = make_form(doorway, action=request.path, button="Confirm this address")
    return ask(request, title=title, lead=(lead,), form=form)
