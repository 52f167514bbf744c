"""The table of prices on a first page, made from what can be booked, so that the two cannot differ; knows no page."""

from __future__ import annotations

from collections.abc import Mapping

from upheld.core.shipping.offers import Shipping, say_cents

FROM_SHIPPING = "from shipping"
NOT_CARRIED = "–"
FURTHER_STOP = "{further-stop}"


def fill_prices(prices: Mapping[str, object], shipping: Shipping) -> dict[str, object]:
    """The content of a table of prices whose `rows` say `from shipping`, with the offers as columns and the steps as rows.

    The first of its `columns` names the steps; `{further-stop}` in its note becomes that price.
    """
    columns = prices.get("columns")
    first = columns[0] if isinstance(columns, list | tuple) and columns else "Up to"
    rows = [
        [step, *(say_cents(offer.prices[step]) if step in offer.prices else NOT_CARRIED for offer in shipping.offers)]
        for step in shipping.steps
    ]
    note = prices.get("note", "")
    said = note.replace(FURTHER_STOP, say_cents(shipping.further_stop)) if isinstance(note, str) else note
    return {**prices, "note": said, "columns": [first, *(offer.name for offer in shipping.offers)], "rows": rows}
