"""Bytes from outside become plain JSON values, or one error: nothing odd passes, nothing else is raised.

Stricter than the standard: UTF-8 only, no repeated keys, no NaN or Infinity, no NUL, no lone surrogates, whole numbers
of at most 19 digits, at most 64 levels. Numbers that are not whole come as Decimal.

There are three parsers. ``lightly`` takes what is written as stores write, ``_quick`` what is sound beyond doubt. What they
do not take goes to ``carefully``, which checks each of these rules by itself, and is the only one that says what is wrong.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, NoReturn

import msgspec

LONGEST_BODY_BYTES = 8 * 1024 * 1024
DEEPEST_LEVEL = 64
LONGEST_WHOLE_DIGITS = 19
LONGEST_FRACTION_CHARACTERS = 64
LARGEST_EXPONENT = 300
#: of the smallest fraction that the machine holds
SMALLEST_EXPONENT = -324

#: as many as an order has: a tax on a line of a refund
SHALLOW_LEVELS = 10
#: blanks after the first keys tell that a body is not written as short as can be
SPACED_WITHIN = 100
#: the first whole number that has a digit too many
TOO_LARGE = 10**LONGEST_WHOLE_DIGITS
_CONTAINERS = frozenset({dict, list})
_TO_LOOK_AT = frozenset({dict, list, int})
# An odd number of backslashes: the escape of a NUL, not a backslash and five harmless characters.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
#: escapes that stores write and nobody has to, with what they stand for; none touches a backslash before a quotation mark
_NEEDLESS = ((b"\\/", b"/"), (b"\\u0026", b"&"), (b"\\u003c", b"<"), (b"\\u003e", b">"))


class Undecodable(ValueError):
    """The bytes are not what we take for JSON; ``reason`` says why and repeats nothing of them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _InDoubt(ValueError):
    """Perhaps sound, perhaps not."""


def decode(raw: bytes, *, longest_bytes: int = LONGEST_BODY_BYTES) -> Any:
    """The JSON value in ``raw``. Raises Undecodable, and nothing else, for bytes that are not strict JSON."""
    if len(raw) > longest_bytes:
        raise Undecodable(f"longer than {longest_bytes} bytes")
    try:
        return _quick(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        # a byte that is not UTF-8, and doubt, are ValueErrors
        return carefully(raw)


def lightly(raw: bytes) -> Any:
    """``decode``, but fractions may come as floats, for readers that make a Decimal of a float's shortest text.

    Takes half of the time for what is written as stores write.
    """
    if len(raw) <= LONGEST_BODY_BYTES and b'": ' not in raw[:SPACED_WITHIN]:
        with suppress(msgspec.MsgspecError, RecursionError, ValueError):
            return _as_written(raw)
    return decode(raw)


def _as_written(raw: bytes) -> Any:
    """The value; raises where writing it again does not give the very bytes.

    Where it does, no key stood twice, and the shortest text of a float is the one that stood there.
    """
    value, written = _light().decode(raw), raw
    if b"\\" in raw:
        if b"\\u0000" in raw:
            raise _InDoubt
        for escape, meant in _NEEDLESS:
            written = written.replace(escape, meant)
    if _SHORTEST.encode(value) != written:
        raise _InDoubt
    return value


def _quick(raw: bytes) -> Any:
    """The value; raises where there is any doubt. The parser itself refuses all but repeated keys, NUL, size and depth."""
    if b"\\" in raw and b"\\u0000" in raw:
        raise _InDoubt
    value = _PARSER.decode(raw)
    keys = _count_keys(value)
    # written as stores write, without a blank, the value gives the very bytes: no key stood twice
    if b"\\" not in raw and _WRITER.encode(value) == raw:
        return value
    if keys != _count_colons(raw):
        # a key may stand twice, or a string looks like one
        raise _InDoubt
    return value


def carefully(raw: bytes) -> Any:
    """``decode`` without the quick parser: the same value or the same reason, and half as fast."""
    try:
        value = _STANDARD.decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Undecodable("not UTF-8") from None
    except json.JSONDecodeError as wrong:
        raise Undecodable(f"not JSON: {wrong.msg} at character {wrong.pos}") from None
    except RecursionError:
        # far beyond our own limit; the parser gives up cleanly
        raise Undecodable(f"deeper than {DEEPEST_LEVEL} levels") from None
    try:
        _count_keys(value)
    except _InDoubt:
        raise Undecodable(f"deeper than {DEEPEST_LEVEL} levels") from None
    if b"\\u" in raw:
        _check_strings(value)
    return value


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_WHOLE_DIGITS and len(digits.lstrip("-")) > LONGEST_WHOLE_DIGITS:
        raise Undecodable(f"a whole number of more than {LONGEST_WHOLE_DIGITS} digits")
    return int(digits)


def _fraction(text: str) -> Decimal:
    if len(text) > LONGEST_FRACTION_CHARACTERS:
        raise Undecodable(f"a number of more than {LONGEST_FRACTION_CHARACTERS} characters")
    if "e" not in text and "E" not in text:
        # so few digits cannot be out of range
        return Decimal(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Undecodable("a number out of range") from None
    if not number.is_finite() or not SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise Undecodable("a number out of range")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise Undecodable("NaN or Infinity")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Undecodable("a key that stands twice in one object")
    return value


@cache
def _light() -> msgspec.json.Decoder[Any]:
    """A parser of values of few levels with numbers that the machine holds; made by who needs it, each level doubles it."""
    whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    fraction = Annotated[float, msgspec.Meta(gt=-(10.0**LARGEST_EXPONENT), lt=10.0**LARGEST_EXPONENT)]
    level: Any = None | bool | whole | fraction | str
    scalar = level
    for _ in range(SHALLOW_LEVELS):
        level = scalar | list[level] | dict[str, level]
    return msgspec.json.Decoder(level)


_SHORTEST = msgspec.json.Encoder()
_WRITER = msgspec.json.Encoder(decimal_format="number")
_PARSER = msgspec.json.Decoder(float_hook=_fraction)
_STANDARD = json.JSONDecoder(
    parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant, object_pairs_hook=_object
)


def _count_keys(value: Any) -> int:
    """The keys of all objects. Raises _InDoubt for a value of too many levels, or with a number of too many digits."""
    keys = 0
    level = [value]
    for _ in range(DEEPEST_LEVEL):
        inner: list[Any] = []
        for one in level:
            kind = type(one)
            if kind is dict:
                keys += len(one)
                inner += one.values()
            elif kind is list:
                inner += one
            elif kind is int and not -TOO_LARGE < one < TOO_LARGE:
                raise _InDoubt
        level = [item for item in inner if type(item) in _TO_LOOK_AT]
        if not level:
            return keys
    if any(type(one) in _CONTAINERS or not -TOO_LARGE < one < TOO_LARGE for one in level):
        raise _InDoubt
    return keys


def _count_colons(raw: bytes) -> int:
    """How many colons follow a quotation mark or white space: at least as many as keys are written.

    Strings may hold such pairs as well. So where there are no more of them than keys in all objects, no key stood twice.
    """
    spread = sum(raw.count(blank + b":") for blank in (b"\t", b"\n", b"\r") if blank in raw)
    return raw.count(b'":') + raw.count(b" :") + spread


def _check_strings(value: Any) -> None:
    """Writes the value once more, unescaped: half a character cannot be encoded, a NUL is the escape that stays."""
    written = json.dumps(value, ensure_ascii=False, default=str)
    try:
        written.encode("utf-8")
    except UnicodeEncodeError:
        raise Undecodable("half a character in a string") from None
    if "\\u0000" in written and _NUL.search(written):
        raise Undecodable("a NUL in a string")
