"""What people do in the admin, over the API: sign in, invoice, ship, refund and cancel."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from plugin.sandbox.magento import orders
from plugin.sandbox.magento.call import Call
from plugin.sandbox.magento.refusals import Refused

GOOGLE, TO_SET_UP, NOT_SET_UP = "google", "to set up", "not set up"
#: how far the admin has come with the second factor → what a password alone is told
SECOND_FACTOR: dict[str, tuple[str, dict[str, Any] | None]] = {
    GOOGLE: (
        "Please use the 2fa provider-specific endpoints to obtain a token.",
        {"active_providers": ["google"]},
    ),
    TO_SET_UP: (
        "You are required to configure personal Two-Factor Authorization in order to login. Please check your email.",
        {"providers": ["google"], "active_providers": []},
    ),
    NOT_SET_UP: ("Please ask an administrator with sufficient access to configure 2FA first", None),
}
ZERO = Decimal(0)
PASSWORD = "Admin12345"  # noqa: S105 (a made-up admin of a made-up store)
WRONG = "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."


def sign_in(call: Call) -> Any:
    """A password alone never opens the admin. Raises Refused, always."""
    if call.body.get("password") != PASSWORD:
        raise Refused(401, WRONG)
    message, parameters = SECOND_FACTOR[call.store.second_factor]
    raise Refused(400, message, parameters)


def second_factor(_: Call) -> Any:
    """The sandbox knows no codes. Raises Refused, always."""
    raise Refused(401, "Invalid code.")


def invoice(call: Call) -> Any:
    """The order is paid; the number of the invoice."""
    return str(orders.invoice(call.connection, call.number, call.store.now())["entity_id"])


def ship(call: Call) -> Any:
    """The goods leave; the number of the shipment."""
    return str(orders.ship(call.connection, call.number, call.store.now())["entity_id"])


def cancel(call: Call) -> Any:
    """The order is cancelled."""
    orders.cancel(call.connection, call.number, call.store.now())
    return True


def refund(call: Call) -> Any:
    """Goods, carriage and adjustments go back; without any named, all that was paid. The number of the credit memo."""
    body = orders.get(call.connection, call.number)
    given = call.body.get("items")
    if given is None:
        back = orders.Back(amount=orders.paid(body))
    else:
        told = {name: Decimal(str(value)) for name, value in call.body.get("arguments", {}).items()}
        extra = told.get("adjustment_positive", ZERO) - told.get("adjustment_negative", ZERO)
        carriage = told.get("shipping_amount", ZERO)
        amount = sum((_part(body, one) for one in given), carriage + extra)
        goods = {int(one["order_item_id"]): Decimal(str(one["qty"])) for one in given}
        adjusted = "adjustment_positive" in told
        back = orders.Back(amount=amount, goods=goods, carriage=carriage, extra=extra, adjusted=adjusted)
    _, memo = orders.refund(call.connection, call.number, back, call.store.now())
    return str(memo["entity_id"])


def _part(body: dict[str, Any], one: dict[str, Any]) -> Decimal:
    """What some pieces of a line had cost, their share of the discount taken off."""
    found = [item for item in body["items"] if item["item_id"] == one["order_item_id"]]
    if not found:
        raise Refused(400, "An ID is needed. Set the ID and try again.")
    item = found[0]
    ordered = Decimal(str(item["qty_ordered"]))
    paid = Decimal(str(item["price"])) * ordered - Decimal(str(item["discount_amount"]))
    return paid * Decimal(str(one["qty"])) / ordered
