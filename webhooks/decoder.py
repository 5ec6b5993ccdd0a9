"""Bytes from outside become plain JSON values, or one error: nothing odd passes, nothing else is raised.

Stricter than the standard: UTF-8 only, no repeated keys, no NaN or Infinity, no NUL, no lone surrogates, whole numbers
of at most 19 digits, at most 64 levels. Numbers that are not whole come as Decimal.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

LONGEST_BODY_BYTES = 8 * 1024 * 1024
DEEPEST_LEVEL = 64
LONGEST_WHOLE_DIGITS = 19
LONGEST_FRACTION_CHARACTERS = 64
LARGEST_EXPONENT = 300

# Escapes that can spell a NUL or half a character; any doubt is cleared by looking at the decoded strings.
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class Undecodable(ValueError):
    """The bytes are not what we take for JSON; ``reason`` says why and repeats nothing of them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(raw: bytes, *, longest_bytes: int = LONGEST_BODY_BYTES) -> Any:
    """The JSON value in ``raw``. Raises Undecodable, and nothing else, for bytes that are not strict JSON."""
    if len(raw) > longest_bytes:
        raise Undecodable(f"longer than {longest_bytes} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Undecodable("not UTF-8") from None
    value = _parse(text)
    _check_depth(value)
    if _SUSPECT_ESCAPE.search(raw):
        _check_strings(value)
    return value


def _parse(text: str) -> Any:
    try:
        return _JSON.decode(text)
    except json.JSONDecodeError as wrong:
        raise Undecodable(f"not JSON: {wrong.msg} at character {wrong.pos}") from None
    except RecursionError:
        # far beyond our own limit; the parser gives up cleanly
        raise Undecodable(f"deeper than {DEEPEST_LEVEL} levels") from None


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_WHOLE_DIGITS and len(digits.lstrip("-")) > LONGEST_WHOLE_DIGITS:
        raise Undecodable(f"a whole number of more than {LONGEST_WHOLE_DIGITS} digits")
    return int(digits)


def _fraction(text: str) -> Decimal:
    if len(text) > LONGEST_FRACTION_CHARACTERS:
        raise Undecodable(f"a number of more than {LONGEST_FRACTION_CHARACTERS} characters")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Undecodable("a number out of range") from None
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Undecodable("a number out of range")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise Undecodable("NaN or Infinity")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Undecodable("a key that stands twice in one object")
    return value


_JSON = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant
)  # fmt: skip


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST_LEVEL):
        if not level:
            return
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
    if level:
        raise Undecodable(f"deeper than {DEEPEST_LEVEL} levels")


def _check_strings(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            _check_string(item)
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _check_string(text: str) -> None:
    if "\0" in text:
        raise Undecodable("a NUL in a string")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Undecodable("half a character in a string") from None
