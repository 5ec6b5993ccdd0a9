"""Money is whole minor units with a currency inside, decimal text at the edges; never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

# ISO 4217, list one: digits after the point where they are not two.
ZERO_DIGITS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DIGITS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
#: what fits a signed 64-bit column with room for sums
LARGEST_MINOR = 10**15


def exponent(currency: str) -> int:
    """Digits after the decimal point of a currency, by ISO 4217; two for one that is not listed."""
    if currency in ZERO_DIGITS:
        return 0
    return 3 if currency in THREE_DIGITS else 2


def to_minor(amount: str | int | Decimal, currency: str) -> int:
    """Minor units of a decimal amount; halves go to the even neighbour.

    Raises ValueError for what is no plain finite decimal number, or is too large to be money.
    """
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise ValueError(f"not an amount of money: {str(amount)[:40]!r}") from None
    if not value.is_finite() or abs(value) >= LARGEST_MINOR:
        raise ValueError(f"not an amount of money: {str(amount)[:40]!r}")
    minor = int(value.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_EVEN))
    if abs(minor) > LARGEST_MINOR:
        raise ValueError(f"not an amount of money: {str(amount)[:40]!r}")
    return minor


def to_decimal_text(minor: int, currency: str) -> str:
    """Decimal text of minor units, with all digits of the currency: 1234 USD is "12.34", 1234 JPY is "1234"."""
    return f"{Decimal(minor).scaleb(-exponent(currency)):f}"
