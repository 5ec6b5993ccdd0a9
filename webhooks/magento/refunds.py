"""A credit memo of Magento's, as facts: what was given back on an order, shipping and adjustments included."""

from __future__ import annotations

from typing import Any

from storage.facts import RefundFact
from webhooks.facts import Facts, Unexpected
from webhooks.loader import compiled
from webhooks.magento import base_money, payloads
from webhooks.magento.people import People

#: 1 is open and 3 is canceled: no money went back
REFUNDED = 2
_load = compiled(payloads.CreditMemo)


def understand(payload: Any, people: People) -> Facts:
    """What a decoded credit memo of the REST API says; nothing for one that gave nothing back.

    Raises Unexpected for one without a date or an amount, marshmallow's ValidationError for one of another shape.
    """
    memo = _load(payload)
    if memo["state"] not in {None, REFUNDED}:
        return Facts()
    if memo["created_at"] is None or memo["base_grand_total"] is None:
        raise Unexpected("a credit memo without a date or an amount")
    factor = base_money.rate(memo, people.currency)
    fact = RefundFact(
        refund_id=memo["entity_id"],
        order_id=memo["order_id"],
        refunded_at=memo["created_at"],
        amount_minor=base_money.minor(memo["base_grand_total"], factor, people.currency),
        currency=people.currency,
    )
    return Facts(refunds=(fact,))
