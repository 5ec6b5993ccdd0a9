"""The body of an order, as facts: the order, its customer, its refunds; or the wish to fetch it, if the body is thin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from storage.facts import CodeFact, CustomerFact, LineFact, OrderFact
from webhooks.facts import Facts, Unexpected
from webhooks.shopify import refunds, shop_money

#: no money came, or none will
UNPAID = frozenset({"voided", "expired"})
NOTHING = Decimal(0)


def understand(order: dict[str, Any], *, currency_hint: str) -> Facts:
    """What the loaded body of ``orders/*`` says. Raises Unexpected for one that contradicts itself.

    ``processed_at`` is the purchase; ``created_at`` is when the store learnt of it (the import, for imported history).
    """
    ordered_at = order["processed_at"] or order["created_at"]
    gross = shop_money.of(order["total_price_set"], order["total_price"])
    if order["updated_at"] is None or ordered_at is None or gross is None:
        return Facts(refetch_order_ids=frozenset({order["id"]}))
    currency = shop_money.currency(
        (order["current_total_price_set"], order["total_price_set"]), otherwise=order["currency"] or currency_hint
    )
    fact = OrderFact(
        order_id=order["id"],
        customer_id=order["customer"] and order["customer"]["id"],
        ordered_at=ordered_at,
        updated_at=order["updated_at"],
        cancelled_at=order["cancelled_at"],
        test=order["test"] is True,
        paid=(order["financial_status"] or "").lower() not in UNPAID,
        currency=currency,
        gross_minor=shop_money.minor(gross, currency),
        current_minor=shop_money.minor(_current(order, gross), currency),
        codes=_codes(order, currency),
        lines=_lines(order, currency),
        channel=order["source_name"],
    )
    return _with_refunds(order, fact)


def _current(order: dict[str, Any], gross: Decimal) -> Decimal:
    """What the order comes to now: set before set, plain before plain."""
    for amount in (
        shop_money.of_set(order["current_total_price_set"]),
        shop_money.of_set(order["total_price_set"]),
        order["current_total_price"],
    ):
        if amount is not None:
            return amount
    return gross


def _codes(order: dict[str, Any], currency: str) -> tuple[CodeFact, ...]:
    """The codes used; where the buyer paid in another currency, what they took off is summed from the lines' shares."""
    shares = _shares(order) if order["presentment_currency"] not in {None, currency} else {}
    return tuple(
        CodeFact(
            code=code["code"],
            discount_minor=shop_money.minor(shares.get(code["code"].casefold(), code["amount"] or NOTHING), currency),
        )
        for code in order["discount_codes"] or ()
    )


def _shares(order: dict[str, Any]) -> Mapping[str, Decimal]:
    applications = order["discount_applications"] or ()
    taken: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in (*(order["line_items"] or ()), *(order["shipping_lines"] or ())):
        for share in line["discount_allocations"] or ():
            index = share["discount_application_index"]
            if index is not None and index < len(applications) and (code := applications[index]["code"]) is not None:
                taken[code.casefold()] += shop_money.of(share["amount_set"], share["amount"]) or 0
    return taken


def _lines(order: dict[str, Any], currency: str) -> tuple[LineFact, ...]:
    lines = order["line_items"] or ()
    if len({line["id"] for line in lines}) < len(lines):
        raise Unexpected("line_items: two with one id")
    return tuple(_line(line, currency) for line in lines)


def _line(line: dict[str, Any], currency: str) -> LineFact:
    bought = line["quantity"]
    left = bought if line["current_quantity"] is None else line["current_quantity"]
    total = (shop_money.of(line["price_set"], line["price"]) or NOTHING) * bought - _discount(line)
    if not left == bought == 1:
        total = total * left / bought if bought else Decimal(0)
    return LineFact(
        line_id=line["id"],
        product_id=line["product_id"],
        variant_id=line["variant_id"],
        quantity=left,
        total_minor=shop_money.minor(total, currency),
        gift_card=line["gift_card"] is True,
    )


def _discount(line: dict[str, Any]) -> Decimal:
    """All shares of all discounts; ``total_discount`` knows fewer of them and stands in where there are none."""
    shares = line["discount_allocations"]
    if shares is None:
        return shop_money.of(line["total_discount_set"], line["total_discount"]) or NOTHING
    return (
        sum((shop_money.of(one["amount_set"], one["amount"]) or NOTHING for one in shares), NOTHING)
        if shares
        else NOTHING
    )


def _with_refunds(order: dict[str, Any], fact: OrderFact) -> Facts:
    buyer = _customer(order["customer"], ordered_at=fact.ordered_at)
    if not order["refunds"]:
        return Facts(orders=(fact,), customers=buyer)
    given = [
        refunds.understand(refund, order_id=fact.order_id, currency_hint=fact.currency) for refund in order["refunds"]
    ]
    return Facts(
        orders=(fact,),
        refunds=tuple(refund for facts in given for refund in facts.refunds),
        customers=buyer,
        refetch_order_ids=frozenset().union(*(facts.refetch_order_ids for facts in given)),
    )


def _customer(customer: dict[str, Any] | None, *, ordered_at: datetime) -> tuple[CustomerFact, ...]:
    """A buyer exists, at the latest since the purchase: a claim so old that it never undoes a later deletion."""
    if customer is None or customer["id"] is None:
        return ()
    return (CustomerFact(customer_id=customer["id"], updated_at=customer["updated_at"] or ordered_at),)
