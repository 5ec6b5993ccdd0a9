"""What an app may ask for when it creates a discount, checked as the store checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from plugin.sandbox import cash
from plugin.sandbox.admin.call import Call, number_of, refusal
from plugin.sandbox.till import Terms
from plugin.sandbox.times import read

LONGEST = 255
MOST_TAGS = 5
Input = Mapping[str, Any]


class BadInput(Exception):
    """The input is refused; ``field`` is the path inside it and ``code`` a DiscountErrorCode."""

    def __init__(self, field: Sequence[str], code: str, message: str) -> None:
        super().__init__(message)
        self.field = tuple(field)
        self.code = code


def terms_of(given: Input, call: Call) -> Terms:
    """The terms. Raises BadInput with the first thing that is wrong."""
    gets = given.get("customerGets") or {}
    products, collections = _items(gets.get("items") or {})
    fraction, amount = _value(gets, call.shop.currency)
    return replace(_common(given, call), fraction=fraction, amount=amount, products=products, collections=collections)


def shipping_terms_of(given: Input, call: Call) -> Terms:
    """The terms of free shipping. Raises BadInput with the first thing that is wrong."""
    if (given.get("destination") or {}).get("all") is not True:
        raise BadInput(["destination"], "BLANK", "Destination must be all in the sandbox")
    if (given.get("combinesWith") or {}).get("shippingDiscounts"):
        code = "INVALID_COMBINES_WITH_FOR_DISCOUNT_CLASS"
        raise BadInput(["combinesWith"], code, "Shipping discounts cannot be combined with each other")
    most = given.get("maximumShippingPrice")
    at_most = None if most is None else _money(most, call.shop.currency, ["maximumShippingPrice"])
    return replace(_common(given, call), shipping=True, maximum_shipping=at_most)


def _common(given: Input, call: Call) -> Terms:
    starts_at, ends_at = _period(given)
    subtotal, quantity = _minimum(given.get("minimumRequirement") or {}, call.shop.currency)
    return Terms(
        code=_text(given, "code"),
        title=_text(given, "title"),
        starts_at=starts_at,
        ends_at=ends_at,
        fraction=None,
        amount=None,
        minimum_subtotal=subtotal,
        minimum_quantity=quantity,
        usage_limit=_usage_limit(given.get("usageLimit")),
        once_per_customer=bool(given.get("appliesOncePerCustomer")),
        customers=_customers(given.get("context"), call),
        tags=_tags(given.get("tags") or ()),
        combines_with=_combines(given.get("combinesWith") or {}),
    )


def _text(given: Input, name: str) -> str:
    text = (given.get(name) or "").strip()
    if not text:
        raise BadInput([name], "BLANK", f"{name.capitalize()} can't be blank")
    if len(text) > LONGEST:
        raise BadInput([name], "TOO_LONG", f"{name.capitalize()} is too long (maximum is {LONGEST} characters)")
    return text


def _period(given: Input) -> tuple[datetime, datetime | None]:
    starts_at, ends_at = _moment(given.get("startsAt")), _moment(given.get("endsAt"))
    if starts_at is None:
        raise BadInput(["startsAt"], "BLANK", "Starts at can't be blank")
    if ends_at is not None and ends_at <= starts_at:
        raise BadInput(["endsAt"], "END_DATE_BEFORE_START_DATE", "Ends at needs to be after starts_at")
    return starts_at, ends_at


def _moment(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        return read(str(text))
    except ValueError as error:
        raise refusal(f"invalid DateTime {text!r}", "argumentLiteralsIncompatible") from error


def _value(gets: Input, currency: str) -> tuple[Decimal | None, Decimal | None]:
    value = {name: part for name, part in (gets.get("value") or {}).items() if part is not None}
    if len(value) != 1:
        raise BadInput(["customerGets", "value"], "INVALID", "Exactly one kind of value must be given")
    if "percentage" in value:
        return _fraction(value["percentage"]), None
    return None, _amount(value["discountAmount"], currency)


def _items(given: Input) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The products and the collections; both empty for everything."""
    products = (given.get("products") or {}).get("productsToAdd") or ()
    collections = (given.get("collections") or {}).get("add") or ()
    if [given.get("all") is True, bool(products), bool(collections)].count(True) != 1:
        raise BadInput(["customerGets", "items"], "APPLIES_ON_NOTHING", "Items must be all, products or collections")
    return (
        tuple(number_of("Product", one) for one in products),
        tuple(number_of("Collection", one) for one in collections),
    )


def _fraction(given: float) -> Decimal:
    if not 0 < given <= 1:
        path = ["customerGets", "value", "percentage"]
        raise BadInput(path, "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0")
    return Decimal(str(given))


def _amount(given: Input, currency: str) -> Decimal:
    path = ["customerGets", "value", "discountAmount", "amount"]
    if given.get("appliesOnEachItem"):
        raise BadInput(
            [*path[:-1], "appliesOnEachItem"], "INVALID", "The sandbox takes amounts off the whole order only"
        )
    amount = _money(given.get("amount"), currency, path)
    if not amount:
        raise BadInput(path, "VALUE_OUTSIDE_RANGE", "Value must be greater than 0")
    return amount


def _money(given: object, currency: str, path: list[str]) -> Decimal:
    try:
        return cash.amount(str(given), currency)
    except ValueError as error:
        raise BadInput(path, "INVALID", f"{given} is not an amount of {currency}") from error


def _minimum(given: Input, currency: str) -> tuple[Decimal | None, int | None]:
    subtotal = (given.get("subtotal") or {}).get("greaterThanOrEqualToSubtotal")
    quantity = (given.get("quantity") or {}).get("greaterThanOrEqualToQuantity")
    if subtotal is not None and quantity is not None:
        path = ["minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal"]
        raise BadInput(
            path,
            "MINIMUM_SUBTOTAL_AND_QUANTITY_RANGE_BOTH_PRESENT",
            "Minimum subtotal and quantity cannot both be present",
        )
    path = ["minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal"]
    return None if subtotal is None else _money(subtotal, currency, path), None if quantity is None else int(quantity)


def _usage_limit(given: int | None) -> int | None:
    if given is not None and given < 1:
        raise BadInput(["usageLimit"], "VALUE_OUTSIDE_RANGE", "Usage limit must be greater than 0")
    return given


def _customers(context: Input | None, call: Call) -> tuple[int, ...] | None:
    chosen = {name: part for name, part in (context or {}).items() if part is not None}
    if len(chosen) != 1:
        raise BadInput(["context"], "BLANK", "Context can't be blank and must name exactly one kind of buyer")
    if "all" in chosen:
        return None
    numbers = tuple(dict.fromkeys(number_of("Customer", text) for text in chosen["customers"].get("add") or ()))
    if not numbers or chosen["customers"].get("remove"):
        raise BadInput(["context", "customers", "add"], "BLANK", "Customers to add can't be blank")
    for number in numbers:
        if call.connection.execute("SELECT 1 FROM customers WHERE id = ?", (number,)).fetchone() is None:
            raise BadInput(["context", "customers", "add"], "INVALID", f"Customer with id: {number} is invalid")
    return numbers


def _tags(given: Sequence[str]) -> tuple[str, ...]:
    if len(given) > MOST_TAGS:
        raise BadInput(["tags"], "TOO_MANY_TAGS", f"Cannot have more than {MOST_TAGS} tags")
    if any(not 0 < len(tag) <= LONGEST for tag in given):
        raise BadInput(["tags"], "INVALID_TAG_LENGTH", f"Tags must have 1 to {LONGEST} characters")
    return tuple(given)


def _combines(given: Input) -> dict[str, bool]:
    return {name: bool(given.get(name)) for name in ("orderDiscounts", "productDiscounts", "shippingDiscounts")}
