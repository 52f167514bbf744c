"""The register of recipients: only of kinds that the policy declares, with an address that is sealed, looked at again."""

from datetime import datetime, timedelta

import pytest

from tests.actions.givers import CONTACT, hire, register_recipient
from tests.actions.stage import Cast
from tests.actions.test_disclosures import list_bodies
from upheld.core.errors import StaffError
from upheld.core.gate.binding import Binding


def test_a_line_has_a_date_of_review_and_a_contact_that_nobody_reads_in_the_table(
    binding: Binding, cast: Cast, now: datetime
) -> None:
    from upheld.actions.recipients import list_recipients, read_contact
    from upheld.records.models import Recipient

    made = register_recipient(binding, now)
    assert made.review_by == now + timedelta(days=90)
    assert list_recipients(binding.site) == (made,)
    row = Recipient.objects.get()
    assert read_contact(row) == CONTACT
    assert b"sandspit" not in bytes(row.sealed)
    (line,) = list_bodies("recipient.added")
    assert (line["recipient"], line["outside"], line["review"]) == ("affiliates", made.id, "2027-02-18")


@pytest.mark.parametrize(
    ("kind", "title", "contact", "code"),
    [
        ("list brokers", "Sandspit Freight", CONTACT, "W132"),
        ("anyone", "Sandspit Freight", CONTACT, "W132"),
        ("affiliates", " ", CONTACT, "W133"),
        ("affiliates", "x" * 121, CONTACT, "W133"),
        ("affiliates", "Sand\u202espit", CONTACT, "W133"),
        ("affiliates", "Sandspit Freight", {"name": "R. Sands"}, "W134"),
        ("affiliates", "Sandspit Freight", {"post": "x" * 501}, "W134"),
    ],
)
def test_what_the_policy_does_not_declare_or_nobody_can_reach_is_not_taken(  # noqa: PLR0917
    binding: Binding, cast: Cast, now: datetime, kind: str, title: str, contact: dict[str, str], code: str
) -> None:
    from upheld.actions.recipients import add_recipient

    with pytest.raises(StaffError, match=code):
        add_recipient(binding, kind=kind, title=title, contact=contact, by=hire(binding, now, ""), now=now)


def test_an_organisation_stands_there_once_until_its_line_ends(binding: Binding, cast: Cast, now: datetime) -> None:
    from upheld.actions.recipients import end_recipient, find_recipient, review_recipient

    made, owner = register_recipient(binding, now), hire(binding, now, "")
    with pytest.raises(StaffError, match="W133"):
        register_recipient(binding, now, title="Sandspit  Freight ")
    later = now + timedelta(days=80)
    assert made.is_due(later)
    assert not review_recipient(binding, made.id, by=owner, now=later).is_due(later)
    end_recipient(binding, made.id, by=owner, now=later)
    for change in (end_recipient, review_recipient):
        with pytest.raises(StaffError, match="W131"):
            change(binding, made.id, by=owner, now=later)
    ended = find_recipient(binding.site, made.id)
    assert ended is not None
    assert not ended.is_live
    assert register_recipient(binding, later).is_live
