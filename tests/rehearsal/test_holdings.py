"""What rehearsals begin with: a customer about whom something of every category is held, by the site's own pages."""

from __future__ import annotations

from typing import Any

from upheld.core.shipping.ordering import find_ordering


def test_every_category_comes_in_by_the_pages(stage: Any) -> None:
    from upheld.rehearsal.holdings import bring_about

    leaves = stage.policy.words.leaves("data")
    held = bring_about(stage, leaves)
    assert held.lacking == ()
    assert not set(leaves) - set(held.since) - {leaf for leaf in leaves if leaf.startswith("visit.")}
    unseen = set(held.since) - set(held.items)
    assert all(leaf.startswith("sign-in.") for leaf in unseen), unseen


def test_a_parcel_that_is_not_delivered_yet_has_no_end(stage: Any) -> None:
    from upheld.rehearsal.holdings import bring_about

    ordering = find_ordering(stage.binding.gate.table)
    assert ordering is not None
    held = bring_about(stage, [ordering.name], is_delivered=False)
    assert held.parcel is not None
    assert ordering.name in held.items
