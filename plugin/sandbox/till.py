"""What a discount takes off a basket and its shipping: the terms as the app asked for them, reckoned at the till."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from plugin.sandbox.cash import rounded, shared_out
from plugin.sandbox.order_bodies import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the app asked for. Exactly one of ``fraction`` (0 to 1), ``amount`` and ``shipping`` is set."""

    code: str
    title: str
    starts_at: datetime
    ends_at: datetime | None
    fraction: Decimal | None
    amount: Decimal | None
    minimum_subtotal: Decimal | None
    minimum_quantity: int | None
    usage_limit: int | None
    once_per_customer: bool
    #: the customers it is for; None for all
    customers: tuple[int, ...] | None
    tags: tuple[str, ...]
    combines_with: Mapping[str, bool]
    #: what it is for; both empty: everything
    products: tuple[int, ...] = ()
    collections: tuple[int, ...] = ()
    shipping: bool = False
    #: shipping that costs more is not given
    maximum_shipping: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What is taken off each line, and off the shipping."""

    lines: tuple[Decimal, ...]
    shipping: Decimal

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum(self.lines, self.shipping)


def priced(terms: Terms, lines: Sequence[Line], shipping: Decimal, currency: str) -> Priced:
    """Never more than the lines that it is for, or the shipping, cost."""
    nothing = rounded(Decimal(0), currency)
    if terms.shipping:
        return Priced(lines=(nothing,) * len(lines), shipping=nothing if too_dear(terms, shipping) else shipping)
    meant = [line.total if _is_for(terms, line) else Decimal(0) for line in lines]
    subtotal = sum(meant, Decimal(0))
    off = subtotal * terms.fraction if terms.fraction is not None else min(terms.amount or Decimal(0), subtotal)
    return Priced(lines=tuple(shared_out(rounded(off, currency), meant, currency)), shipping=nothing)


def entitled(terms: Terms, lines: Sequence[Line]) -> list[Line]:
    """The lines that it is for."""
    return [line for line in lines if _is_for(terms, line)]


def too_dear(terms: Terms, shipping: Decimal) -> bool:
    """Whether the shipping costs more than the discount gives."""
    return terms.shipping and terms.maximum_shipping is not None and shipping > terms.maximum_shipping


def _is_for(terms: Terms, line: Line) -> bool:
    if terms.products:
        return line.product_id in terms.products
    return not terms.collections or bool(set(terms.collections) & set(line.collections))
