"""Column types that mean the same on SQLite STRICT tables and on PostgreSQL."""

# SQLAlchemy says what these methods are given and do
# ruff: noqa: ARG002, D102

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Double, Integer, Text
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
#: what a Flag is compared with: IS TRUE wants a real boolean
YES = True
# what contains itself is seen by its depth
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
_QUICK = msgspec.json.Encoder(order="sorted")

# STRICT tables know INTEGER, REAL, TEXT and BLOB only.
Whole = BigInteger().with_variant(Integer(), "sqlite")
Number: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")
# The names that stores give to things. Compared and sorted by code point, as Python and SQLite do, whatever the
# server's language is.
Ident = Text().with_variant(Text(collation="C"), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An instant, kept as whole microseconds since 1970-01-01 UTC; naive datetimes are refused."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    # the functions themselves, without a step between: this is done for every value of every row
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        return _from_moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return to_moment

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return _from_moment(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return to_moment(value)


class Flag(TypeDecorator[bool]):
    """Yes or no, kept as 1 or 0."""

    impl = Integer
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        return _from_flag

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _to_flag

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        return _from_flag(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        return _to_flag(value)


class Document(TypeDecorator[Any]):
    """A JSON value, kept as text with sorted keys, so that equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        return _from_document

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _to_document

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return _from_document(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return _to_document(value)


class Spelled(UserDefinedType[str]):
    """An array of PostgreSQL that comes ``spelled``: given a list, the driver would look at each value of it."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, of: str) -> None:
        self.of = of

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return f"{self.of}[]"


NUMBERS, WORDS = Spelled("BIGINT"), Spelled("TEXT")


def to_micros(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC of an aware datetime.

    Raises ValueError for a naive one: a time without a zone is a guess.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}")
    return (moment - EPOCH) // MICROSECOND


def to_moment(value: int | None) -> datetime | None:
    """The instant of ``to_micros``; None stays None."""
    return None if value is None else EPOCH + value * MICROSECOND


def to_text(value: Any) -> str:
    """Canonical JSON text: sorted keys, no blanks, no NaN."""
    return _CANONICAL.encode(value)


def to_text_quickly(value: Any) -> str:
    """``to_text`` in a fifth of the time, for values whose fractions are finite: it would write null for others.

    Only the exponents of fractions far from one are written in another way; the value is the same.
    """
    return _QUICK.encode(value).decode()


def spelled(values: Collection[str] | Collection[int]) -> str:
    """Many values as PostgreSQL spells an array."""
    words = list(map(str, values))
    whole = "".join(words)
    if '"' in whole or "\\" in whole:
        words = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return '{"' + '","'.join(words) + '"}' if words else "{}"


def _from_moment(value: datetime | None) -> int | None:
    return None if value is None else to_micros(value)


def _from_flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _to_flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _from_document(value: Any) -> str | None:
    if value == []:
        # the codes of nearly every order
        return "[]"
    return None if value is None else to_text(value)


def _to_document(value: str | None) -> Any:
    return None if value is None else json.loads(value)
