"""Orders out of a CSV file as facts: the same facts that webhooks would have brought."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO
from zoneinfo import ZoneInfo

from storage.facts import CodeFact, LineFact, OrderFact, RefundFact
from storage.money import to_minor

REQUIRED = ("order_id", "customer_id", "ordered_at", "total", "currency")
OPTIONAL = ("email", "discount_code", "refunded", "lines", "channel", "country")


class Unreadable(Exception):
    """The file is not what it should be; the message says where and what."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: an order, and what was given back on it."""

    order: OrderFact
    refund: RefundFact | None


def read(file: TextIO, *, currency: str, timezone: str) -> Iterator[Row]:
    """Facts of one line after the other. Raises Unreadable with the line's number.

    Times without a zone are in the shop's. E-mail addresses are accepted and not kept.
    """
    reader = csv.DictReader(file, strict=True)
    _check_header(reader.fieldnames or ())
    try:
        for line in reader:
            yield _row(line, reader.line_num, currency, ZoneInfo(timezone))
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from error


def currency_of(file: TextIO) -> str | None:
    """The currency of the first order in the file, None where there is none; the file is read from its present place."""
    first = next(csv.DictReader(file), None)
    return (first.get("currency") or "").strip().upper() or None if first else None


def _check_header(names: object) -> None:
    given = set(names)  # type: ignore[call-overload]
    if missing := [name for name in REQUIRED if name not in given]:
        raise Unreadable(f"the column {missing[0]} is missing; the first line must name {', '.join(REQUIRED)}")
    if unknown := sorted(given - set(REQUIRED) - set(OPTIONAL)):
        raise Unreadable(f"the column {unknown[0]} is not known; known are {', '.join(REQUIRED + OPTIONAL)}")


def _row(line: dict[str, str | None], number: int, currency: str, zone: ZoneInfo) -> Row:
    def said(name: str) -> str:
        return (line.get(name) or "").strip()

    if not said("order_id"):
        raise Unreadable(f"line {number}: the order has no order_id")
    if said("currency").upper() != currency:
        raise Unreadable(f"line {number}: the currency is {said('currency')!r} and the shop's is {currency}")
    ordered_at = _moment(said("ordered_at"), number, zone)
    total = _money(said("total"), number, currency)
    order = OrderFact(
        order_id=said("order_id"),
        customer_id=said("customer_id") or None,
        ordered_at=ordered_at,
        updated_at=ordered_at,
        cancelled_at=None,
        test=False,
        paid=True,
        currency=currency,
        gross_minor=total,
        current_minor=total,
        codes=(CodeFact(code=said("discount_code"), discount_minor=0),) if said("discount_code") else (),
        lines=_lines(said("lines"), number),
        channel=said("channel") or None,
        country=said("country").upper() or None,
    )
    refunded = _money(said("refunded"), number, currency) if said("refunded") else 0
    return Row(order, _refund(order, refunded) if refunded else None)


def _refund(order: OrderFact, amount: int) -> RefundFact:
    return RefundFact(
        refund_id=f"csv:{order.order_id}",
        order_id=order.order_id,
        refunded_at=order.ordered_at,
        amount_minor=amount,
        currency=order.currency,
    )


def _moment(text: str, number: int, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(
            f"line {number}: {text!r} is not a date or time; write 2026-01-31 or 2026-01-31T18:05:00Z"
        ) from None


def _money(text: str, number: int, currency: str) -> int:
    try:
        return to_minor(text, currency)
    except ValueError:
        raise Unreadable(f"line {number}: {text!r} is not an amount; write 12.34") from None


def _lines(text: str, number: int) -> tuple[LineFact, ...]:
    """``product:quantity`` pairs, separated by semicolons."""
    found = []
    for position, part in enumerate(filter(None, text.split(";")), start=1):
        product, _, quantity = part.rpartition(":")
        if not product or not quantity.strip().isdecimal():
            raise Unreadable(f"line {number}: lines must read product:quantity;product:quantity, not {part!r}")
        found.append(
            LineFact(
                line_id=str(position),
                product_id=product.strip(),
                variant_id=None,
                quantity=int(quantity),
                total_minor=0,
            )
        )
    return tuple(found)
