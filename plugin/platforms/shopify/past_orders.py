"""The lines of a bulk operation's file as the same facts that webhooks would have brought.

A child may lie anywhere in the file, so lines are first put together by the order that they belong to: ``root_of`` says
which, without a full look at the line; ``facts_of`` reads those of some orders. What an order says is translated by the
ear, like everything else that Shopify tells of an order.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from plugin.platforms import shape
from plugin.platforms.protocol import InDoubt
from plugin.platforms.shopify.ids import number_of
from plugin.platforms.shopify.orders import TOPIC, amount_of, as_webhook
from webhooks import decoder
from webhooks.facts import Facts, Unexpected
from webhooks.shopify.translate import translate

# Inside a JSON text quotes are escaped, so neither of these can be found there. Slashes may be escaped as well.
_GID = rb'"\s*:\s*"gid:\\?/\\?/shopify\\?/Order\\?/([0-9]{1,20})"'
_PARENT, _OWN = re.compile(rb'"__parentId' + _GID), re.compile(rb'"id' + _GID)
_ANY_PARENT = re.compile(rb'"__parentId"\s*:')


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the lines of one order say; None where they cannot be understood."""

    order_id: str
    facts: Facts | None
    #: as many pieces as the order says that it has: in a file that broke off, the others are not all there
    whole: bool


def root_of(line: bytes) -> int | None:
    """The number of the order that a line belongs to; None for one that names none."""
    found = _PARENT.search(line) or (None if _ANY_PARENT.search(line) else _OWN.search(line))
    return int(found[1]) if found else None


def facts_of(lines: Iterable[bytes], *, currency: str) -> Iterator[Past]:
    """The orders among these lines, by their numbers. ``currency`` is the store's, for an order that names none.

    Children whose order is not among the lines say nothing.
    """
    by_order: defaultdict[int, list[bytes]] = defaultdict(list)
    for line in lines:
        if (root := root_of(line)) is not None:
            by_order[root].append(line)
    for root in sorted(by_order):
        if (past := _past(str(root), by_order[root], currency)) is not None:
            yield past


def _past(order_id: str, lines: Sequence[bytes], currency: str) -> Past | None:
    try:
        nodes = [shape.mapping(decoder.decode(line), "line") for line in lines]
        order = _newest([node for node in nodes if "__parentId" not in node])
        if order is None:
            return None
        goods, shipping = _children(nodes, "LineItem"), _children(nodes, "ShippingLine")
        return Past(order_id=order_id, facts=_facts(order, goods, shipping, currency), whole=_is_whole(order, goods))
    except (decoder.Undecodable, Unexpected, InDoubt, ValueError, ArithmeticError):
        return Past(order_id=order_id, facts=None, whole=False)


def _newest(orders: list[dict[str, Any]]) -> dict[str, Any] | None:
    """An order that changed while the file was written may stand in it twice."""
    return max(orders, key=lambda order: shape.moment(order.get("updatedAt"), "updatedAt"), default=None)


def _children(nodes: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Those of a kind, each once; what has no id is never the same."""
    mine = [node for node in nodes if "__parentId" in node and node.get("__typename") == kind]
    return list({node.get("id") or place: node for place, node in enumerate(mine)}.values())


def _facts(order: dict[str, Any], goods: list[dict[str, Any]], shipping: list[dict[str, Any]], currency: str) -> Facts:
    given_back = _refunds(order)
    told = {**order, "shippingLines": {"nodes": shipping}, "refunds": given_back or []}
    updated_at = shape.moment(order.get("updatedAt"), "updatedAt")
    facts = translate(
        TOPIC, as_webhook(told, goods), triggered_at=updated_at, received_at=updated_at, currency_hint=currency
    )
    if given_back is None:
        order_id = number_of(shape.text(order.get("id"), "id"))
        return msgspec.structs.replace(facts, refetch_order_ids=facts.refetch_order_ids | {order_id})
    return facts


def _refunds(order: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The refunds with what went back on each; None where only the order's own page can tell.

    A bulk query cannot ask a refund for its transactions. If the totals of the refunds come to what really went back on
    the order, then each total is what went back on its refund: nothing is pending, and nothing failed.
    """
    refunds = shape.items(order.get("refunds"), "refunds")
    moved = [
        amount_of(one.get("amountSet"))
        for one in shape.items(order.get("transactions"), "transactions")
        if (one.get("kind"), one.get("status")) == ("REFUND", "SUCCESS")
    ]
    totals = [amount_of(one.get("totalRefundedSet")) for one in refunds]
    if sum(moved, Decimal(0)) != sum(totals, Decimal(0)):
        return None
    return [
        {**refund, "transactions": {"nodes": [_moved(refund)] if total else []}}
        for refund, total in zip(refunds, totals, strict=True)
    ]


def _moved(refund: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "REFUND", "status": "SUCCESS", "amountSet": refund.get("totalRefundedSet")}


def _is_whole(order: dict[str, Any], goods: list[dict[str, Any]]) -> bool:
    bought = sum(shape.count(line.get("quantity"), "quantity") for line in goods)
    return bought == shape.count(order.get("subtotalLineItemsQuantity"), "quantity")
