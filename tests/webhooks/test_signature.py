"""Signatures: the right secret over the same bytes, and nothing else, ever."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.hearing import Heads
from webhooks.magento import signature as magento
from webhooks.shopify import signature

NEW, OLD = "shpss_new", "shpss_old"


def _by_hand(raw: bytes, secret: str) -> str:
    """HMAC-SHA256 as RFC 2104 spells it out, without the library that the product uses."""
    key = secret.encode().ljust(64, bytes(1))
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + raw).digest()
    return b64encode(hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()).decode()


@given(st.binary(max_size=300))
def test_the_bytes_signed_by_hand_verify(raw: bytes) -> None:
    """Any bytes, UTF-8 or not, verify under the new and under the old secret, and under no other."""
    for secret in (NEW, OLD):
        assert signature.verify(raw, _by_hand(raw, secret), [NEW, OLD])
    assert not signature.verify(raw, _by_hand(raw, "shpss_other"), [NEW, OLD])


@given(st.binary(min_size=1, max_size=100), st.data())
def test_one_flipped_bit_fails(raw: bytes, data: st.DataObject) -> None:
    """The smallest change of the body or of the signature is noticed."""
    header = _by_hand(raw, NEW)
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    flipped = bytearray(raw)
    flipped[place // 8] ^= 1 << place % 8
    spot = data.draw(st.integers(0, len(header) - 1))
    other = header[:spot] + ("A" if header[spot] != "A" else "B") + header[spot + 1 :]

    assert not signature.verify(bytes(flipped), header, [NEW])
    assert not signature.verify(raw, other, [NEW])


@given(st.none() | st.text(max_size=80) | st.sampled_from(["é" * 44, "ﬀ", "\u0661", "=" * 44, "A" * 43 + "="]))
def test_no_header_raises(header: str | None) -> None:
    """Missing, non-ASCII, too short or not base64 is simply not a signature."""
    assert not signature.verify(b"{}", header, [NEW])


@pytest.mark.parametrize("spoil", ["{0} ", " {0}", "{0},{0}", "{0}\n", "sha256={0}", "{0}=", "{0}AAAA"])
def test_the_signature_has_one_spelling(spoil: str) -> None:
    """Blanks, line ends, prefixes, repetition and padding that a lenient base64 reader skips are refused."""
    assert not signature.verify(b"{}", spoil.format(_by_hand(b"{}", NEW)), [NEW])


def test_the_unused_bits_of_base64_do_not_count() -> None:
    """Two texts that decode to the same digest are not both the signature."""
    header = _by_hand(b"{}", NEW)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    sibling = header[:42] + alphabet[alphabet.index(header[42]) ^ 1] + "="

    assert not signature.verify(b"{}", sibling, [NEW])


def test_an_empty_secret_verifies_nothing() -> None:
    """A secret that was not set is no secret that everybody knows."""
    assert not signature.verify(b"{}", _by_hand(b"{}", ""), ["", ""])
    assert not signature.verify(b"{}", _by_hand(b"{}", NEW), [])


def test_both_families_of_headers_are_read() -> None:
    """Webhooks write X-Shopify-…, events write shopify-…."""
    assert Heads({"HTTP_X_SHOPIFY_TOPIC": "orders/create"}).get("topic") == "orders/create"
    assert Heads({"HTTP_SHOPIFY_TOPIC": "orders/create"}).get("topic") == "orders/create"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_X_SHOPIFY_TOPIC": ""},
        {"HTTP_X_SHOPIFY_TOPIC": "orders/create", "HTTP_SHOPIFY_TOPIC": "shop/redact"},
        {"HTTP_X_SHOPIFY_TOPIC": "orders/create,orders/create"},
        {"HTTP_X_SHOPIFY_TOPIC": "orders/create, shop/redact"},
    ],
)
def test_a_header_that_says_two_things_says_nothing(headers: dict[str, str]) -> None:
    """Doubled headers, joined by the server or spread over the families, are as good as absent."""
    assert Heads(headers).get("topic") is None


class Asked(list[str]):
    """Secrets that count how many of them were looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[str]:
        for secret in super().__iter__():
            self.looked_at += 1
            yield secret


@given(fits=st.sampled_from([NEW, OLD, "shpss_other"]))
def test_every_secret_is_tried_whichever_fits(fits: str) -> None:
    """Shopify's and Magento's alike: how much work a check is does not tell which secret fitted, or that none did."""
    raw = b'{"id":1}'
    checks: tuple[tuple[Callable[[bytes, str, Asked], bool], str], ...] = (
        (signature.verify, _by_hand(raw, fits)),
        (magento.verify_hex, magento.sign(raw, fits)),
        (lambda _raw, header, secrets: magento.verify_secret(header, secrets), fits),
    )
    for verify, header in checks:
        secrets = Asked([NEW, OLD])
        assert verify(raw, header, secrets) == (fits in {NEW, OLD})
        assert secrets.looked_at == 2
