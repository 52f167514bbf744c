"""The copy to read: parcels, what went out and the versions that bound stand on it as in the other two forms."""

from __future__ import annotations

from datetime import datetime

from tests.actions.givers import hand_over, permit
from tests.actions.senders import book_one, deliver_one
from tests.actions.stage import Cast
from tests.pages.account.visitors import Visitor, ada, binding, bo, cast, databases, now, settings_as, site
from upheld.core.gate.binding import Binding

__all__ = ["ada", "binding", "bo", "cast", "databases", "now", "settings_as", "site"]


def test_the_page_has_the_parcel_what_went_and_the_version(
    ada: Visitor, binding: Binding, cast: Cast, now: datetime
) -> None:
    booked = book_one(binding, cast.ada, now)
    deliver_one(binding, booked.id, now)
    hand_over(binding, permit(binding, cast.ada, now), now)
    page = ada.send("/account/copy", {"form": "page"}).content.decode()
    for words in (
        f"{booked.number}: Delivered",
        "Same day, up to 5 kg",
        "Picked up",
        "Dr. Wren Ashby",
        "binds you from",
    ):
        assert words in page, words


def test_it_says_nothing_of_what_somebody_else_sent(ada: Visitor, binding: Binding, cast: Cast, now: datetime) -> None:
    booked = book_one(binding, cast.bo, now)
    page = ada.send("/account/copy", {"form": "page"}).content.decode()
    assert booked.number not in page
    assert "<h2>Shipments</h2>" not in page
