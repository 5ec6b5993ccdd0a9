"""Secrets of the product: what is sealed at rest, what is signed, and one key per purpose.

There are one or more keys, newest first. The newest seals and signs; older ones still open and verify, so that keys can
be rotated without a stop. No key is used as it is: each purpose has its own, derived by HKDF-SHA256 (RFC 5869).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plugin import signed_claims

FORMAT = b"\x01"
KEY_ID_BYTES = 8
NONCE_BYTES = 12
TAG_BYTES = 16
LONGEST_TOKEN = 8192
OWN_CLAIMS = frozenset({"iat", "exp", "aud"})
#: how far two machines' clocks may differ, seconds
CLOCK_LEEWAY = 10
CLAIMS = ("aud", "exp", "iat")


class Unsealable(Exception):
    """Sealed bytes that no key opens: changed, cut, sealed about something else, or under a key that is gone."""


class BadToken(Exception):
    """A token that does not hold: not ours, for another purpose, changed, or run out."""


class KeyFileError(Exception):
    """The key file cannot be used; the message says what to do."""


class Vault:
    """Seals, signs and derives with the given keys (newest first). Raises ValueError without a key."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or not all(keys):
            raise ValueError("a vault needs at least one key, and no empty one")
        self._keys = tuple(key.encode() for key in keys)
        self._ids = tuple(_derive(key, "key id", KEY_ID_BYTES) for key in self._keys)
        # asked for with every customer of every order
        self._recognising = tuple(_derive(key, "fingerprint") for key in self._keys)

    def seal(self, plain: bytes, *, about: str) -> bytes:
        """Bytes that only this vault opens, and only when told the same ``about`` ("shop:7:credentials")."""
        nonce = os.urandom(NONCE_BYTES)
        head = FORMAT + self._ids[0] + nonce
        return head + _cipher(self._keys[0], about).encrypt(nonce, plain, _bound(head, about))

    def unseal(self, sealed: bytes, *, about: str) -> bytes:
        """What was sealed. Raises Unsealable."""
        head, body = _split(sealed)
        key_id, nonce = head[1 : 1 + KEY_ID_BYTES], head[1 + KEY_ID_BYTES :]
        if key_id not in self._ids:
            raise Unsealable("sealed under a key that is not among the present ones")
        key = self._keys[self._ids.index(key_id)]
        try:
            return _cipher(key, about).decrypt(nonce, body, _bound(head, about))
        except InvalidTag:
            raise Unsealable("the sealed bytes were changed, or are about something else") from None

    def sealed_with_newest(self, sealed: bytes) -> bool:
        """False for what should be sealed again, so that an old key can be thrown away."""
        return _split(sealed)[0][1 : 1 + KEY_ID_BYTES] == self._ids[0]

    def subkey(self, purpose: str, *, key_id: str | None = None) -> bytes:
        """32 bytes for one purpose, of the newest key or of the one named. Raises KeyError for an unknown key."""
        return _derive(self._key(key_id), f"subkey/{purpose}")

    def key_id(self) -> str:
        """The newest key's name in hex; says nothing about the key."""
        return self._ids[0].hex()

    def fingerprints(self, *parts: str) -> list[str]:
        """A keyed hash of the parts under every key, newest first, in hex: recognises without saying who."""
        message = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts)
        return [hmac.digest(key, message, hashlib.sha256).hex() for key in self._recognising]

    def sign(self, claims: dict[str, Any], *, purpose: str, lives_seconds: int, now: datetime) -> str:
        """A token (HS256 JWT) that holds for one purpose and some time. Raises ValueError for a claim of the vault's own."""
        if taken := OWN_CLAIMS & claims.keys():
            raise ValueError(f"the vault itself sets {sorted(taken)}")
        life = {"iat": int(now.timestamp()), "exp": int((now + timedelta(seconds=lives_seconds)).timestamp())}
        return jwt.encode(
            {**claims, **life, "aud": purpose}, _derive(self._keys[0], f"token/{purpose}"), algorithm="HS256"
        )

    def verify(self, token: str, *, purpose: str, now: datetime) -> dict[str, Any]:
        """The claims that were signed for this purpose. Raises BadToken."""
        claims = self._signed_claims(token, purpose)
        issued, expires = claims.pop("iat"), claims.pop("exp")
        if type(issued) is not int or type(expires) is not int or claims.pop("aud") != purpose:
            raise BadToken("a claim is not as the vault writes it")
        if not issued - CLOCK_LEEWAY <= now.timestamp() < expires:
            raise BadToken("run out, or from the future")
        return claims

    def _key(self, key_id: str | None) -> bytes:
        if key_id is None:
            return self._keys[0]
        return dict(zip((name.hex() for name in self._ids), self._keys, strict=True))[key_id]

    def _signed_claims(self, token: str, purpose: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise BadToken("too long")
        for key in self._keys:
            try:
                return signed_claims.read(token, _signing_key(key, purpose), algorithm="HS256", required=CLAIMS)
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError, RecursionError):
                raise BadToken("not a token of this vault") from None
        raise BadToken("no key of this vault signed it for this purpose")


def load_or_make_keys(path: Path) -> tuple[str, ...]:
    """The keys in the file beside a SQLite database, newest first, one a line; made once, readable by the owner only.

    Two processes that start at once get the same keys: the file appears whole or not at all, and the first one stays.
    Raises KeyFileError.
    """
    if not path.exists():
        _make(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"Others can read the keys in {path}; run: chmod 600 {path}")
    keys = tuple(filter(None, (line.strip() for line in path.read_text(encoding="ascii").splitlines())))
    if not keys:
        raise KeyFileError(f"{path} holds no key; restore it from a backup, without it nothing sealed can be read.")
    return keys


def _make(path: Path) -> None:
    # mkstemp makes it 0600; a hard link refuses to replace a file that another process made meanwhile
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()


def _derive(key: bytes, label: str, length: int = 32) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"regulars/1/{label}".encode()).derive(key)


def _signing_key(key: bytes, purpose: str) -> bytes:
    return _derive(key, f"token/{purpose}")


def _cipher(key: bytes, about: str) -> AESGCM:
    # each thing sealed has a data key of its own, so that random nonces never come near their limit under one key
    return AESGCM(_derive(key, f"seal/{about}"))


def _bound(head: bytes, about: str) -> bytes:
    return head + about.encode()


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    length = len(FORMAT) + KEY_ID_BYTES + NONCE_BYTES
    if len(sealed) < length + TAG_BYTES or not sealed.startswith(FORMAT):
        raise Unsealable("not sealed bytes")
    return sealed[:length], sealed[length:]
