"""Amounts and moments as the API writes them: whole numbers without a point, UTC without a zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Body = dict[str, Any]


def number(value: Decimal | int) -> int | float:
    """An amount as a JSON number: an int when whole."""
    return int(value) if value == int(value) else float(value)


def stamp(at: datetime) -> str:
    """``YYYY-MM-DD HH:MM:SS`` in UTC, whatever the store's time zone."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def moment(text: str) -> datetime:
    """What ``stamp`` wrote."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def twice(amounts: Mapping[str, Decimal | int]) -> Body:
    """Each amount in the order's and, under ``base_``, in the website's currency, which are one here."""
    told: Body = {}
    for name, value in amounts.items():
        told |= {name: number(value), f"base_{name}": number(value)}
    return told


def present(body: Mapping[str, Any]) -> Body:
    """Without what is null: the API leaves it out."""
    return {name: value for name, value in body.items() if value is not None}


def in_order(body: Mapping[str, Any]) -> Body:
    """By name, with lists and objects last, about as the API orders them."""
    return {name: body[name] for name in sorted(body, key=lambda one: (isinstance(body[one], list | dict), one))}
