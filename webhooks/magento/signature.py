"""Proves that the store's module (or Adobe) sent these bytes.

Only the body is signed: neither event nor time nor store is, so that whoever saw a delivery can send it again. That
does no harm: every delivery is a hint, and what it hints at is read from the store.
Sources: mage-os/mageos-async-events; Adobe I/O Events, "Validate webhook signatures".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

#: where Mage-OS puts the signature; our template for other modules uses one of our own
MAGE_OS = "x-magento-signature"
GENERIC = "x-regulars-signature"
#: where a module that cannot sign puts the secret itself
SECRET = "x-regulars-secret"  # noqa: S105 - the name of a header
#: Adobe's two signatures, one of them made with the key that is coming or going
ADOBE = ("x-adobe-digital-signature-1", "x-adobe-digital-signature-2")
ADOBE_KEYS = ("x-adobe-public-key1-path", "x-adobe-public-key2-path")

_HEX = re.compile(r"[0-9a-f]{64}")
#: the paths of Adobe's keys, and of nothing else on its host
_KEY_PATH = re.compile(r"/[A-Za-z0-9_-]{1,40}(?:/[A-Za-z0-9_-]{1,40}){0,4}/[A-Za-z0-9_.-]{1,80}\.pem")
LONGEST_SIGNATURE = 1024


def verify_hex(raw: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether ``header`` is the hex HMAC-SHA256 of ``raw`` under one of the secrets.

    False for anything else a header can hold; an empty secret never fits. Takes the same time whichever byte is wrong.
    """
    if header is None or not _HEX.fullmatch(header):
        return False
    # every secret is tried, so that the time does not tell which one fits
    fits = [hmac.compare_digest(header, sign(raw, secret)) for secret in secrets if secret]
    return any(fits)


def sign(raw: bytes, secret: str) -> str:
    """The signature of ``raw`` as it stands in the header."""
    return hmac.digest(secret.encode(), raw, hashlib.sha256).hex()


def verify_secret(header: str | None, secrets: Sequence[str]) -> bool:
    """Whether ``header`` is one of the secrets itself: proves less than a signature, and is for https only."""
    if header is None or not header.isascii():
        return False
    fits = [hmac.compare_digest(header.encode(), secret.encode()) for secret in secrets if secret]
    return any(fits)


def key_path(header: str | None) -> str | None:
    """The path of a key on Adobe's host; None for anything that does not look like one."""
    return header if header is not None and _KEY_PATH.fullmatch(header) and ".." not in header else None


def verify_rsa(raw: bytes, signatures: Iterable[str | None], keys: Iterable[bytes]) -> bool:
    """Whether one of Adobe's signatures (base64, RSA-SHA256) fits ``raw`` under one of its public keys (PEM).

    While keys are rotated a delivery carries two signatures: one that fits is enough.
    """
    given = [found for one in signatures if (found := _bytes(one)) is not None]
    known = [key for pem in keys if (key := _key(pem)) is not None]
    return any(_fits(raw, one, key) for one in given for key in known)


def _bytes(header: str | None) -> bytes | None:
    if header is None or len(header) > LONGEST_SIGNATURE or not header.isascii():
        return None
    try:
        return b64decode(header, validate=True)
    except NotBase64:
        return None


def _key(pem: bytes) -> RSAPublicKey | None:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _fits(raw: bytes, signature: bytes, key: RSAPublicKey) -> bool:
    try:
        key.verify(signature, raw, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
