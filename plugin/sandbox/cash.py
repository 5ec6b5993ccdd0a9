"""Amounts of money as decimals with the digits of their currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

#: ISO 4217 currencies whose digits after the point are not two
DIGITS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0,
    "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


def amount(text: str, currency: str) -> Decimal:
    """An amount that is not negative and has no finer digits than its currency. Raises ValueError."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not an amount of money.") from error
    if not value.is_finite() or value < 0 or value != rounded(value, currency):
        raise ValueError(f"{text!r} is not an amount of {currency}.")
    return rounded(value, currency)


def rounded(value: Decimal, currency: str) -> Decimal:
    """The nearest amount that can be paid, halves up."""
    return value.quantize(Decimal(1).scaleb(-DIGITS.get(currency, 2)), rounding=ROUND_HALF_UP)


def shared_out(total: Decimal, weights: list[Decimal], currency: str) -> list[Decimal]:
    """The total in parts proportional to the weights; the parts add up to it exactly, remainders go to the last."""
    whole = sum(weights, Decimal(0))
    parts: list[Decimal] = []
    taken, weighed = Decimal(0), Decimal(0)
    for weight in weights:
        weighed += weight
        up_to_here = rounded(total * weighed / whole, currency) if whole else Decimal(0)
        parts.append(up_to_here - taken)
        taken = up_to_here
    return parts


def loose(text: str) -> str:
    """The way of GraphQL answers: no zeros at the end but one after the point (``30.00`` is ``30.0``)."""
    value = Decimal(text).normalize()
    return f"{value:.1f}" if value == value.to_integral() else f"{value:f}"
