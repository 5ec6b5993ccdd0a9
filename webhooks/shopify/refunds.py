"""A refund, as facts: the money that really went back, in the store's currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storage.facts import RefundFact
from webhooks.facts import Facts, Unexpected
from webhooks.shopify import shop_money


def understand(refund: dict[str, Any], *, order_id: str | None, currency_hint: str) -> Facts:
    """What a loaded refund says, alone (``order_id`` None) or inside its order.

    Only money that moved counts: successful transactions of the kind refund. A refund in store credit, or one still
    under way, says nothing yet. One in the buyer's currency that does not say what it was in the store's asks for the
    order. Raises Unexpected for one that names no order.
    """
    order_id = order_id or refund["order_id"]
    if order_id is None:
        raise Unexpected("order_id: a refund that names no order")
    moved = [item for item in refund["transactions"] or () if (item["kind"], item["status"]) == ("refund", "success")]
    if not moved:
        return Facts()
    currency = shop_money.currency(_sets(refund), otherwise=currency_hint)
    amount = _amount(refund, moved, currency)
    refunded_at = refund["processed_at"] or refund["created_at"]
    if amount is None or refunded_at is None:
        return Facts(refetch_order_ids=frozenset({order_id}))
    fact = RefundFact(
        refund_id=refund["id"],
        order_id=order_id,
        refunded_at=refunded_at,
        amount_minor=shop_money.minor(amount, currency),
        currency=currency,
    )
    return Facts(refunds=(fact,))


def _sets(refund: dict[str, Any]) -> list[dict[str, Any] | None]:
    """Every set of the refund: they say what the store's currency is, where the plain field is null."""
    return [
        *(item["total_unsettled_set"] for item in refund["transactions"] or ()),
        *(item["subtotal_set"] for item in refund["refund_line_items"] or ()),
        *(item["amount_set"] for item in refund["order_adjustments"] or ()),
    ]


def _amount(refund: dict[str, Any], moved: list[dict[str, Any]], currency: str) -> Decimal | None:
    """The sum of the transactions; if one is in the buyer's currency, the sum of the parts. None if it cannot be told."""
    if all(item["currency"] in {None, currency} for item in moved):
        amounts = [item["amount"] for item in moved]
        return None if None in amounts else sum(amounts, Decimal(0))
    return _sum_of_parts(refund)


def _sum_of_parts(refund: dict[str, Any]) -> Decimal | None:
    """Lines with their tax, less the adjustments, which are negative where the buyer gets more."""
    lines = [
        shop_money.of_set(line[part])
        for line in refund["refund_line_items"] or ()
        for part in ("subtotal_set", "total_tax_set")
    ]
    adjustments = [
        shop_money.of_set(item[part])
        for item in refund["order_adjustments"] or ()
        for part in ("amount_set", "tax_amount_set")
    ]
    known = [part for part in (*lines, *adjustments) if part is not None]
    if not known or len(known) < len(lines) + len(adjustments):
        return None
    given_back = sum(known[: len(lines)], Decimal(0)) - sum(known[len(lines) :], Decimal(0))
    return given_back if given_back > 0 else None
