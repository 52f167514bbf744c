"""What pages of the house use data for: the first page of an account, fitted to its owner's own orders."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from upheld.actions.shipments import find_business
from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.shipping.ordering import find_ordering, list_customising_purposes
from upheld.rehearsal.delivering import book
from upheld.rehearsal.doors import list_data
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import refused, works

ACCOUNT = "/account"
_MARK = 'class="suits"'


def show_suits(stage: Stage, rule: Rule, purposes: Collection[str]) -> Iterator[Step]:
    """The page that is fitted to somebody, where the rule is about what it is fitted by."""
    words, ordering = stage.policy.words, find_ordering(stage.binding.gate.table)
    purpose = next((one for one in list_customising_purposes(words) if one in purposes), "")
    if not purpose or ordering is None or find_business(stage.binding) is None:
        return
    if ordering.order not in list_data(words, rule):
        return
    customer, other, serial = stage.cast.silent, stage.cast.willing, stage.last_serial
    before = _MARK in customer.browse(stage).open(ACCOUNT).html
    book(stage, customer)
    page = customer.browse(stage).open(ACCOUNT)
    lines = [
        line
        for line in stage.list_lines("item.opened", after=serial, person=customer.id)
        if (line.body.get("action"), line.body.get("purpose")) == ("use", purpose)
    ]
    yield works(
        "a customer has ordered something: the first page of their account is fitted to it, and the ledger says so",
        not before
        and _MARK in page.html
        and len(lines) == 1
        and lines[0].body["data"] == [ordering.order]
        and bool(set(lines[0].body["because"]) & set(rule.sentences)),
        "the page is not fitted" if _MARK not in page.html else "the ledger does not say so, or says something else",
        *(line.id for line in lines),
    )
    serial = stage.last_serial
    theirs = other.browse(stage).open(ACCOUNT)
    yield refused(
        "somebody else opens the first page of their account: nothing of the order is used for it",
        theirs.is_good and _MARK not in theirs.html and not stage.list_lines("item.opened", after=serial),
        "it was used for them, too",
    )
