"""The link that stops messages: sealed, for one person, class and message, and impossible to make up."""

from __future__ import annotations

import pytest

from tests.actions.customers import HOME
from tests.actions.stage import Cast
from upheld.core.gate.binding import Binding


def make_token(site: str, person: str, mail_class: str = "newsletter", message: str = "m_test") -> str:
    from upheld.actions.stopping import STOP_PATH, make_stop_link

    address = make_stop_link(site, person=person, mail_class=mail_class, message=message, home=HOME)
    assert address.startswith(HOME + STOP_PATH)
    return address.removeprefix(HOME + STOP_PATH)


def test_a_link_says_whose_message_it_was_and_shows_nothing_of_it(cast: Cast, binding: Binding) -> None:
    from upheld.actions.stopping import StopLink, find_stopper, open_stop_link

    token = make_token(binding.site, cast.ada.id)
    link = open_stop_link(binding.site, token)
    assert link == StopLink(cast.ada.id, "newsletter", "m_test")
    assert find_stopper(binding.site, link).id == cast.ada.id
    assert cast.ada.id not in token
    assert token != make_token(binding.site, cast.ada.id)
    assert len(token) < 250


@pytest.mark.parametrize("change", ["", "x", "A" * 60, "é" * 60, "=" * 50, "\n"])
def test_what_was_not_made_here_opens_nothing(cast: Cast, binding: Binding, change: str) -> None:
    from upheld.actions.stopping import open_stop_link

    assert open_stop_link(binding.site, change) is None


def test_a_changed_link_and_one_of_another_site_open_nothing(cast: Cast, binding: Binding) -> None:
    from upheld.actions.stopping import open_stop_link

    token = make_token(binding.site, cast.ada.id)
    for place in (0, 20, len(token) - 2):
        other = "A" if token[place] != "A" else "B"
        assert open_stop_link(binding.site, token[:place] + other + token[place + 1 :]) is None
    assert open_stop_link("lantern", token) is None


def test_the_link_of_a_test_belongs_to_nobody(cast: Cast, binding: Binding) -> None:
    from upheld.actions.stopping import find_stopper, open_stop_link

    link = open_stop_link(binding.site, make_token(binding.site, ""))
    assert link is not None
    assert find_stopper(binding.site, link) is None


def test_the_courier_puts_such_links_into_what_can_be_stopped(cast: Cast, binding: Binding) -> None:
    from upheld.actions.stopping import has_stop_links

    assert has_stop_links(binding.policy)
