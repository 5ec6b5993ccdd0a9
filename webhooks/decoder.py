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

_CONTAINERS = frozenset({dict, list})
# An odd number of backslashes: the escape of a NUL, not a backslash and five harmless characters.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
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
    value = _parse(_QUICK, text)
    if _count_keys(value) != _count_colons(raw):
        # a key may stand twice, or a string looks like one: the slow parser knows
        value = _parse(_CAREFUL, text)
    if _SUSPECT_ESCAPE.search(raw):
        _check_strings(value)
    return value


def _parse(parser: json.JSONDecoder, text: str) -> Any:
    try:
        return parser.decode(text)
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
    if "e" not in text and "E" not in text:
        # so few digits cannot be out of range
        return Decimal(text)
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


def _parser(**hooks: Any) -> json.JSONDecoder:
    return json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant, **hooks)


_QUICK = _parser()
_CAREFUL = _parser(object_pairs_hook=_object)


def _count_keys(value: Any) -> int:
    """The keys of all objects. Raises Undecodable for a value of too many levels."""
    keys = 0
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(DEEPEST_LEVEL):
        inner: list[Any] = []
        for outer in level:
            if type(outer) is dict:
                keys += len(outer)
                inner += outer.values()
            else:
                inner += outer
        level = [item for item in inner if type(item) in _CONTAINERS]
        if not level:
            return keys
    raise Undecodable(f"deeper than {DEEPEST_LEVEL} levels")


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
