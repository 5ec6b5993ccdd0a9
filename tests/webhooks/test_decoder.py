"""Bytes from outside: strict JSON passes as it is, everything else is one error."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.webhooks import bodies
from webhooks.decoder import DEEPEST_LEVEL, Undecodable, carefully, decode, lightly

SOUND_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19) + 1, 10**19 - 1) | SOUND_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SOUND_TEXT, inner, max_size=4),
    max_leaves=20,
)
HOSTILE = {
    "nothing": (b"", "not JSON"),
    "a lone bracket": (b"[", "not JSON"),
    "brackets that cross": (b"[{]}", "not JSON"),
    "two values": (b"{} {}", "not JSON"),
    "a raw control character": (b'"\x01"', "not JSON"),
    "a string without end": (b'"' + b'\\"' * 200_000, "not JSON"),
    "a comment": (b"{} // yes", "not JSON"),
    "single quotes": (b"{'a': 1}", "not JSON"),
    "a trailing comma": (b"[1,]", "not JSON"),
    "UTF-16": ("{}".encode("utf-16"), "not UTF-8"),
    "Latin-1": ('"é"'.encode("latin-1"), "not UTF-8"),
    "an overlong encoding": (b'"\xc0\xaf"', "not UTF-8"),
    "a raw surrogate": (b'"\xed\xa0\x80"', "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not JSON"),
    "too deep by one": (b"[" * (DEEPEST_LEVEL + 1) + b"]" * (DEEPEST_LEVEL + 1), "deeper than"),
    "too deep by far": (b"[" * 100_000, "deeper than"),
    "too deep by objects": (b'{"a":' * 100_000, "deeper than"),
    "too many digits": (b"1" * 5_000, "whole number"),
    "twenty digits": (b"-" + b"1" * 20, "whole number"),
    "infinite by exponent": (b"1e400", "out of range"),
    "an exponent out of this world": (b"1e99999999999999999999", "out of range"),
    "a long fraction": (b"0." + b"1" * 100, "64 characters"),
    "NaN": (b"[NaN]", "NaN"),
    "Infinity": (b"[-Infinity]", "NaN"),
    "a key twice": (b'{"id":1,"id":2}', "twice"),
    "a key twice inside": (b'[{"a":{"b":1,"b":1}}]', "twice"),
    "a key twice by escape": (b'{"id":1,"\\u0069d":2}', "twice"),
    "half a character": (b'"\\ud800"', "half a character"),
    "the other half": (b'["\\uDC00"]', "half a character"),
    "half a character in a key": (b'{"\\ud83d":1}', "half a character"),
    "NUL": (b'{"a":["\\u0000"]}', "NUL"),
    "NUL after a backslash": (b'"\\\\\\u0000"', "NUL"),
    "NUL in a key": (b'{"\\u0000":1}', "NUL"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_undecodable(name: str) -> None:
    """Each known trick is refused, with a reason of its own kind."""
    raw, kind = HOSTILE[name]

    with pytest.raises(Undecodable) as refused:
        decode(raw)

    assert kind in refused.value.reason


ALMOST_JSON = st.text(alphabet='[]{}",:\\u0dD8"1e-+.NaIfty ', max_size=60).map(str.encode)
NUMBERS = st.from_regex(r"-?[0-9]{1,21}(?:\.[0-9]{1,70})?(?:[eE][-+]?[0-9]{1,4})?", fullmatch=True).map(str.encode)


@given(st.binary(max_size=200) | ALMOST_JSON | NUMBERS | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
@example(b"18446744073709551616")
@example(b"[" * DEEPEST_LEVEL + b"9" * 20 + b"]" * DEEPEST_LEVEL)
@example(b'{"a":"\\":","a" :1}')
def test_all_parsers_say_the_same(raw: bytes) -> None:
    """Whatever the bytes, the quicker parsers give the value, type by type, that the careful one gives, or its reason."""
    assert _said(decode, raw) == _said(carefully, raw)
    assert _said(_lightly, raw) == _said(carefully, raw)


WRITTEN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | SOUND_TEXT | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SOUND_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(WRITTEN)
@example(1e-305)
@example(5e-324)
@example(1e300)
@example([[[[[[[[[[[1.5]]]]]]]]]]])
@example({"a": "\\/\0&"})
def test_what_stores_write_reads_the_same_lightly(value: Any) -> None:
    """Written as short as can be, and with the escapes that stores do not need: the same value, fraction by fraction."""
    raw = msgspec.json.encode(value)
    for one in (raw, raw.replace(b"/", b"\\/"), raw.replace(b"&", b"\\u0026").replace(b"<", b"\\u003c")):
        assert _said(_lightly, one) == _said(carefully, one)


@pytest.mark.parametrize("name", [*HOSTILE, *bodies.NAMES])
def test_all_parsers_say_the_same_of_what_is_known(name: str) -> None:
    """The same for every known trick and every payload, cut off and doubled as well."""
    raw = HOSTILE[name][0] if name in HOSTILE else bodies.raw(name)
    short = msgspec.json.format(raw, indent=-1) if name in bodies.NAMES else raw
    for one in (raw, short, raw[:-1], raw + raw, b" " + raw, raw.replace(b":", b" :"), raw.replace(b"\n", b"\r\n")):
        assert _said(decode, one) == _said(carefully, one)
        assert _said(_lightly, one) == _said(carefully, one)


@given(JSON_VALUES)
def test_sound_values_pass(value: Any) -> None:
    """Whatever strict JSON can say comes out as it went in, escaped or not."""
    assert decode(json.dumps(value, ensure_ascii=False).encode()) == value
    assert decode(json.dumps(value, ensure_ascii=True).encode()) == value


@given(st.binary(max_size=200))
@example(b"[" * 200)
@example(b'{"a":1e-5}')
def test_nothing_but_undecodable_is_raised(raw: bytes) -> None:
    """No bytes make anything else than a value or Undecodable."""
    with suppress(Undecodable):
        decode(raw)


@given(st.text(alphabet='[]{}",:\\u0dD8"1e-+.NaIfty ', max_size=60))
def test_nothing_but_undecodable_is_raised_for_almost_json(text: str) -> None:
    """The same for text made of JSON's own characters; and what passes has no half characters."""
    try:
        value = decode(text.encode())
    except Undecodable:
        return

    json.dumps(value, ensure_ascii=False, default=str).encode()


TRICKY = st.sampled_from(['"', ":", ' :"', '":', "\\", "\t", "\n:", "{", "}", "[", "]", "a", ","]) | SOUND_TEXT
TRICKY_TEXT = st.lists(TRICKY, max_size=6).map("".join)


@given(
    st.lists(st.tuples(TRICKY_TEXT, TRICKY_TEXT), max_size=5),
    st.sampled_from([":", " :", "\t:", "\n :", ": "]),
    st.booleans(),
)
def test_a_repeated_key_is_never_missed(pairs: list[tuple[str, str]], colon: str, nested: bool) -> None:
    """Whatever stands in keys and strings, and however the colons are spaced: refused just when a key stands twice."""
    written = ",".join(json.dumps(key) + colon + json.dumps(value) for key, value in pairs)
    raw = (f'[{{"o":{{{written}}}}}]' if nested else f"{{{written}}}").encode()
    keys = [key for key, _ in pairs]

    if len(set(keys)) < len(keys):
        for read in (decode, lightly):
            with pytest.raises(Undecodable, match="twice"):
                read(raw)
    else:
        assert decode(raw) == json.loads(raw)


def test_the_limits_themselves_pass() -> None:
    """64 levels, 19 digits and a paired escape are fine."""
    deep = decode(b"[" * DEEPEST_LEVEL + b"]" * DEEPEST_LEVEL)
    number, pair = decode(b'[-9223372036854775808, "\\ud83c\\udf3b \\\\u0000"]')

    assert deep
    assert (number, pair) == (-9223372036854775808, "🌻 \\u0000")


def test_brackets_inside_strings_are_text() -> None:
    """Depth counts structure, not what stands in a string."""
    assert decode(json.dumps(["[" * 1000]).encode()) == ["[" * 1000]


def test_fractions_are_decimals() -> None:
    """No number becomes a float: 0.10 stays 0.10."""
    value = decode(b"[0.10, 159.99, 1E+2]")

    assert value == [Decimal("0.10"), Decimal("159.99"), Decimal(100)]
    assert [type(number) for number in value] == [Decimal] * 3


def test_size_is_limited() -> None:
    """One byte more than allowed is refused before anything is read."""
    assert decode(b"[1,2]", longest_bytes=5) == [1, 2]
    with pytest.raises(Undecodable, match="longer than 5 bytes"):
        decode(b"[1,2] ", longest_bytes=5)


@given(SOUND_TEXT, st.integers(min_value=1, max_value=8))
def test_reasons_repeat_nothing(text: str, cut: int) -> None:
    """What stands in the bytes does not get into the reason."""
    with pytest.raises(Undecodable) as refused:
        decode(json.dumps({f"🌻{text}": [f"🌻{text}"]}, ensure_ascii=False).encode()[:-cut])

    assert "🌻" not in refused.value.reason


def _lightly(raw: bytes) -> Any:
    """What ``lightly`` gives, with the Decimals that readers make of floats."""
    return _exact(lightly(raw))


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exact(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _said(read: Callable[[bytes], Any], raw: bytes) -> str:
    """The value with its types, or the reason."""
    try:
        return repr(read(raw))
    except Undecodable as wrong:
        return f"refused: {wrong.reason}"
