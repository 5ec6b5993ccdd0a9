"""Codes: derived, unguessable, all different, fit for every till."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards.code import ALPHABET, derive

KEY = bytes(range(32))
REASON: dict[str, Any] = {
    "environment": "production",
    "platform": "shopify",
    "shop": "tea.example.com",
    "customer_id": "7",
    "rule": "loyalty",
    "cycle": "order:1001",
    "generation": 0,
}
texts = st.text(alphabet="ab|:/", max_size=4)
reasons = st.fixed_dictionaries(
    {name: texts for name in REASON if name != "generation"} | {"generation": st.integers(0, 3)}
)


def code(**changes: Any) -> str:
    """The code of the plain reason, with changes."""
    return derive(**{"key": KEY, "prefix": "REG", **REASON, **changes})


def test_a_code_is_the_prefix_and_sixteen_letters() -> None:
    """Capital letters and digits without I, L, O, U, and no other sign."""
    assert code().startswith("REG")
    assert len(code()) == 19
    assert set(code()[3:]) <= set(ALPHABET)
    assert not set(ALPHABET) & set("ILOU")
    assert code(prefix="") == code()[3:]
    assert code(prefix="reg") == code()


def test_a_code_is_the_first_80_bits_of_a_known_hmac() -> None:
    """Recomputed from its definition alone, so that another program could derive the same."""
    parts = ["regulars code 1", *(str(part) for part in REASON.values())]
    message = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in parts)
    bits = "".join(f"{byte:08b}" for byte in hmac.new(KEY, message, hashlib.sha256).digest()[:10])
    assert code(prefix="") == "".join(ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, 80, 5))


@given(reasons, reasons)
def test_different_reasons_have_different_codes(one: dict[str, Any], other: dict[str, Any]) -> None:
    """No two reasons run into each other, whatever signs their parts hold; equal ones have one code."""
    assert (code(**one) == code(**other)) == (one == other)


@pytest.mark.parametrize("name", REASON)
def test_every_part_of_the_reason_has_a_say(name: str) -> None:
    """A change of any one part, the generation included, gives another code."""
    assert code(**{name: 1 if name == "generation" else "other"}) != code()


def test_another_key_another_code() -> None:
    """Without the key nobody derives a code."""
    assert code(key=b"another") != code()


def test_fifty_thousand_codes_are_all_different_and_even() -> None:
    """No collision, and every letter as often as any other at every place (chi-square, 31 degrees of freedom)."""
    codes = [code(customer_id=str(number), prefix="") for number in range(50_000)]
    assert len(set(codes)) == len(codes)
    expected = len(codes) / len(ALPHABET)
    for place in range(16):
        seen = Counter(each[place] for each in codes)
        # 80 is beyond the 99.999 % point of 31 degrees of freedom (about 73), and the numbers are fixed
        assert sum((seen[letter] - expected) ** 2 / expected for letter in ALPHABET) < 80
