"""A no reaches whoever was given data under it: each once, by a message that names nobody, or by staff."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.actions.customers import HOME, read_mails
from tests.actions.givers import CONTACT, NAMED, WISH, hand_over, hire, permit, register_recipient
from tests.actions.stage import ADA, Cast
from tests.actions.test_disclosures import list_bodies
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding

STANDING = replace(WISH, is_once=False)


def test_who_was_given_nothing_need_not_be_told(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.releases import withdraw_release
    from upheld.actions.tellings import list_tellings, note_no

    given = permit(binding, cast.ada, now)
    withdraw_release(binding, person=cast.ada, permission=given.id, now=now)
    assert note_no(binding, person=cast.ada, reason="marketing", now=now) == 0
    assert list_tellings(binding.site) == ()


def test_after_a_withdrawal_they_are_told_by_references_alone(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.releases import withdraw_release
    from upheld.actions.telling_mails import tell_pending
    from upheld.actions.tellings import count_pending, list_tellings

    line = register_recipient(binding, now)
    given = permit(binding, cast.ada, now, replace(STANDING, named=None, recipient=line.id))
    gone = hand_over(binding, given, now)
    withdraw_release(binding, person=cast.ada, permission=given.id, now=now)
    (waiting,) = list_tellings(binding.site, person=cast.ada.id)
    assert (waiting.title, waiting.is_told, waiting.reason) == ("Sandspit Freight", False, given.id)
    assert count_pending(binding.site) == 1
    assert tell_pending(binding, home=HOME, now=now) == 1
    assert tell_pending(binding, home=HOME, now=now) == 0
    (mail,) = read_mails(CONTACT["email"])
    assert gone.id in mail.subject
    assert "research" in mail.text
    for value in (*ADA.values(), cast.ada.id):
        assert value not in mail.text
    (told,) = list_tellings(binding.site)
    assert told.is_told
    (done,) = list_bodies("telling.done")
    assert (done["outside"], done["mail"]) == (line.id, told.message)


def test_a_no_to_offers_reaches_who_was_given_an_address_for_offers_and_nobody_else(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.tellings import list_tellings, note_no

    one, two = register_recipient(binding, now), register_recipient(binding, now, title="Gull and Sons")
    for line, purpose in ((one, "marketing.offer"), (two, "research")):
        wish = replace(STANDING, named=None, recipient=line.id, purpose=purpose)
        hand_over(binding, permit(binding, cast.ada, now, wish), now, hire(binding, now, name=f"clerk-{purpose}"))
    assert [note_no(binding, person=cast.ada, reason="marketing", now=now) for _ in range(2)] == [1, 0]
    assert note_no(binding, person=cast.bo, reason="marketing", now=now) == 0
    assert [told.title for told in list_tellings(binding.site)] == ["Sandspit Freight"]
    assert [line["choice"] for line in list_bodies("telling.pending")] == ["marketing"]


@pytest.mark.parametrize(
    ("ground", "count"), [("service", 1), ("permission", 1), ("legal process", 0), ("own claim", 0), ("merger", 0)]
)
def test_a_no_touches_what_was_given_for_an_order_or_by_permission_alone(
    binding: Binding, cast: Cast, now: datetime, ground: str, count: int
) -> None:
    from upheld.actions.tellings import list_tellings, note_no
    from upheld.records.models import Disclosure

    line = register_recipient(binding, now)
    Disclosure.objects.create(
        id="x_1", site=binding.site, person=cast.ada.id, kind=line.kind, recipient=line.id, ground=ground,
        data=["person.email"], purpose="marketing.offer", at=now,
    )  # fmt: skip
    assert note_no(binding, person=cast.ada, reason="marketing", now=now) == count
    assert len(list_tellings(binding.site)) == count


def test_somebody_whom_the_person_named_is_told_at_the_address_they_gave(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.releases import withdraw_release
    from upheld.actions.telling_mails import NO_ADDRESS, tell_recipient
    from upheld.actions.tellings import list_tellings, mark_told

    by_post = replace(STANDING, named={"name": "Dr. Ashby", "post": "1 Wharf"}, purpose="improve")
    staff = hire(binding, now)
    for wish in (STANDING, by_post):
        given = permit(binding, cast.ada, now, wish)
        hand_over(binding, given, now, staff)
        withdraw_release(binding, person=cast.ada, permission=given.id, now=now)
    mailed, posted = sorted(list_tellings(binding.site), key=lambda told: told.id)
    assert tell_recipient(binding, mailed.id, home=HOME, now=now) == ""
    assert len(read_mails(NAMED["email"])) == 1
    assert tell_recipient(binding, posted.id, home=HOME, now=now) == NO_ADDRESS
    mark_told(binding, posted.id, by=f"s_{staff.pk}", now=now)
    with pytest.raises(StaffError, match="W136"):
        mark_told(binding, posted.id, by=f"s_{staff.pk}", now=now)


def test_when_the_mail_does_not_reach_them_they_wait_for_staff_again(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.releases import withdraw_release
    from upheld.actions.telling_mails import take_back_failed, tell_pending
    from upheld.actions.tellings import list_tellings, mark_told
    from upheld.records.models import Outgoing

    given = permit(binding, cast.ada, now, STANDING)
    hand_over(binding, given, now)
    withdraw_release(binding, person=cast.ada, permission=given.id, now=now)
    tell_pending(binding, home=HOME, now=now)
    assert take_back_failed(binding, now=now) == 0
    Outgoing.objects.update(state="failed")
    assert [take_back_failed(binding, now=now) for _ in range(2)] == [1, 0]
    assert tell_pending(binding, home=HOME, now=now) == 0
    (waiting,) = list_tellings(binding.site)
    assert not waiting.is_told
    assert waiting.message
    mark_told(binding, waiting.id, by="s_1", now=now)
    assert len(list_bodies("telling.pending")) == 2


def test_whoever_leaves_for_good_has_them_told_before_their_names_are_gone(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.closing import close_account
    from upheld.actions.tellings import list_tellings

    hand_over(binding, permit(binding, cast.bo, now, STANDING), now)
    close_account(binding, person=cast.bo, is_erased=True, home=HOME, now=now)
    assert len(read_mails(NAMED["email"])) == 1
    assert [told.is_told for told in list_tellings(binding.site)] == [True]
