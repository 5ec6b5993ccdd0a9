"""What an order's body gains as it is invoiced, cancelled or given back: on itself, its lines, payment and carriage."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from plugin.sandbox.magento.values import Body, in_order, twice

ZERO = Decimal(0)


def invoiced(body: Body) -> Body:
    """All of it is paid."""
    total, carriage = _of(body, "grand_total"), _of(body, "shipping_amount")
    goods, off = _of(body, "subtotal"), _of(body, "discount_amount")
    body |= twice(
        {
            "total_invoiced": total, "total_paid": total, "total_due": ZERO, "discount_invoiced": off,
            "discount_tax_compensation_invoiced": ZERO, "shipping_invoiced": carriage, "subtotal_invoiced": goods,
            "tax_invoiced": ZERO,
        }
    )  # fmt: skip
    body["base_total_invoiced_cost"] = 0
    body["payment"] = in_order(
        body["payment"] | twice({"amount_paid": total, "shipping_captured": carriage})
    )  # fmt: skip
    _carriage(body, {"shipping_invoiced": carriage})
    for item in body["items"]:
        paid = twice(
            {
                "discount_tax_compensation_invoiced": ZERO, "discount_invoiced": _of(item, "discount_amount"),
                "row_invoiced": _of(item, "price") * item["qty_ordered"],
            }
        )  # fmt: skip
        item.update(paid | {"qty_invoiced": item["qty_ordered"], "weee_tax_applied": "[]"})
    return body


def cancelled(body: Body) -> Body:
    """It was never paid; the totals stay, and are told once more as cancelled."""
    carriage = _of(body, "shipping_amount")
    body |= twice(
        {
            "total_canceled": _of(body, "grand_total"), "discount_canceled": abs(_of(body, "discount_amount")),
            "shipping_canceled": carriage, "subtotal_canceled": _of(body, "subtotal"), "tax_canceled": ZERO,
        }
    )  # fmt: skip
    _carriage(body, {"shipping_canceled": carriage})
    for item in body["items"]:
        item |= {"qty_canceled": item["qty_ordered"], "discount_tax_compensation_canceled": 0, "tax_canceled": 0}
    return body


def given_back(body: Body, amount: Decimal, goods: Mapping[int, Decimal], *, carriage: Decimal, extra: Decimal) -> Body:
    """So much more was given back: these pieces of lines, so much of the carriage, so much besides."""
    total = _of(body, "total_refunded") + amount
    share = {number: _share(body, number, pieces) for number, pieces in goods.items()}
    off, rows = sum((one[0] for one in share.values()), ZERO), sum((one[1] for one in share.values()), ZERO)
    sent = _of(body, "shipping_refunded") + carriage
    body |= twice(
        {
            "total_refunded": total, "total_offline_refunded": total, "shipping_refunded": sent,
            "adjustment_negative": ZERO, "adjustment_positive": _of(body, "adjustment_positive") + extra,
            "discount_refunded": _of(body, "discount_refunded") - off, "discount_tax_compensation_refunded": ZERO,
            "shipping_tax_refunded": ZERO, "subtotal_refunded": _of(body, "subtotal_refunded") + rows,
            "tax_refunded": ZERO,
        }
    )  # fmt: skip
    body["payment"] = in_order(body["payment"] | twice({"amount_refunded": total, "shipping_refunded": sent}))
    _carriage(body, {"shipping_refunded": sent, "shipping_tax_refunded": ZERO})
    for item in body["items"]:
        if pieces := goods.get(item["item_id"]):
            back = twice(
                {
                    "discount_refunded": _of(item, "discount_refunded") + share[item["item_id"]][0],
                    "discount_tax_compensation_refunded": ZERO, "tax_refunded": ZERO,
                }
            )  # fmt: skip
            item.update(back | {"qty_refunded": item["qty_refunded"] + int(pieces)})
    return body


def _share(body: Body, number: int, pieces: Decimal) -> tuple[Decimal, Decimal]:
    """The discount and the price of some pieces of a line."""
    item = next(one for one in body["items"] if one["item_id"] == number)
    return _of(item, "discount_amount") * pieces / item["qty_ordered"], _of(item, "price") * pieces


def _carriage(body: Body, amounts: Mapping[str, Decimal]) -> None:
    for one in body["extension_attributes"]["shipping_assignments"]:
        one["shipping"]["total"] = in_order(one["shipping"]["total"] | twice(amounts))
        one["items"] = body["items"]


def _of(body: Body, name: str) -> Decimal:
    return Decimal(str(body.get(name, 0)))
