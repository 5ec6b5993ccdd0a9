"""An order of Magento's, as facts: the order, its buyer, and that buyer and a guest with the same address are one.

The fixed ``state`` decides, never the ``status``, which merchants name as they like. What counts is what was invoiced
less what was given back, in base currency; an order that is not invoiced yet counts with its total once it is worked on.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from storage.facts import CodeFact, CustomerFact, LineFact, MergeFact, OrderFact
from webhooks.facts import Facts, Unexpected
from webhooks.loader import compiled
from webhooks.magento import base_money, payloads
from webhooks.magento.people import People

CANCELED = "canceled"
#: nobody has paid yet, or the merchant holds the order back
UNPAID = frozenset({"new", "pending_payment", "payment_review", "holded"})
STATES = UNPAID | {CANCELED, "processing", "complete", "closed"}
GIFT_CARD = "giftcard"
#: between the codes of an order that took several
BETWEEN_CODES = ","
_ZERO = Decimal(0)
_load = compiled(payloads.Order)


def understand(payload: Any, people: People) -> Facts:
    """What a decoded order of the REST API says.

    Raises Unexpected for one that contradicts itself, marshmallow's ValidationError for one of another shape.
    """
    order = _load(payload)
    ordered_at, total = order["created_at"], order["base_grand_total"]
    if ordered_at is None or total is None or order["state"] not in STATES:
        raise Unexpected("an order without a date, a total or a state of Magento's")
    updated_at = order["updated_at"] or ordered_at
    guest = people.guest(order["customer_email"], store_id=order["store_id"]) if order["customer_email"] else None
    factor = base_money.rate(order, people.currency)
    given_back = order["base_total_refunded"] or _ZERO
    fact = OrderFact(
        order_id=order["entity_id"],
        # after an account was deleted its orders have no customer, and still the address
        customer_id=order["customer_id"] or guest,
        ordered_at=ordered_at,
        updated_at=updated_at,
        cancelled_at=updated_at if order["state"] == CANCELED else None,
        test=False,
        paid=order["state"] not in UNPAID,
        currency=people.currency,
        gross_minor=base_money.minor(total, factor, people.currency),
        current_minor=base_money.minor(
            max(_ZERO, (order["base_total_invoiced"] or total) - given_back), factor, people.currency
        ),
        codes=_codes(order, factor, people.currency),
        lines=_lines(order, factor, people.currency),
        channel=order["store_name"],
        country=(order["billing_address"] or {}).get("country_id"),
    )
    return Facts(orders=(fact,), customers=_buyer(fact), merges=_same_person(order, fact, guest))


def _codes(order: dict[str, Any], factor: Decimal, currency: str) -> tuple[CodeFact, ...]:
    """The codes used. Where there are several the first one bears the whole discount: the shares are not told."""
    told = (order["extension_attributes"] or {}).get("coupon_codes") or ()
    codes = [code.strip() for code in told or (order["coupon_code"] or "").split(BETWEEN_CODES)]
    off = base_money.minor(abs(order["base_discount_amount"] or _ZERO), factor, currency)
    used = dict.fromkeys(filter(None, codes))
    return tuple(CodeFact(code=code, discount_minor=0 if place else off) for place, code in enumerate(used))


def _lines(order: dict[str, Any], factor: Decimal, currency: str) -> tuple[LineFact, ...]:
    """The lines that were bought; the parts of a configurable or a bundle stand inside theirs and count once."""
    lines = [line for line in order["items"] or () if line["parent_item_id"] is None]
    if len({line["item_id"] for line in lines}) < len(lines):
        raise Unexpected("items: two with one id")
    return tuple(_line(line, factor, currency) for line in lines)


def _line(line: dict[str, Any], factor: Decimal, currency: str) -> LineFact:
    bought = line["qty_ordered"] or _ZERO
    left = max(_ZERO, bought - (line["qty_refunded"] or _ZERO) - (line["qty_canceled"] or _ZERO))
    # a row's own total is told before its discount by some, and after it by others
    total = (line["base_price"] or _ZERO) * bought - (line["base_discount_amount"] or _ZERO)
    return LineFact(
        line_id=line["item_id"],
        product_id=line["product_id"],
        variant_id=None,
        # half a metre of ribbon is one thing
        quantity=int(left.to_integral_value(ROUND_CEILING)),
        total_minor=base_money.minor(total * left / bought if bought else _ZERO, factor, currency),
        gift_card=line["product_type"] == GIFT_CARD,
    )


def _buyer(fact: OrderFact) -> tuple[CustomerFact, ...]:
    """A buyer exists, at the latest since the purchase: a claim so old that it never undoes a later deletion."""
    if fact.customer_id is None:
        return ()
    return (CustomerFact(customer_id=fact.customer_id, updated_at=fact.ordered_at),)


def _same_person(order: dict[str, Any], fact: OrderFact, guest: str | None) -> tuple[MergeFact, ...]:
    """Who has an account and an address is whoever ordered as a guest with that address."""
    if order["customer_id"] is None or guest is None:
        return ()
    return (MergeFact(kept_id=order["customer_id"], gone_id=guest, merged_at=fact.ordered_at),)
