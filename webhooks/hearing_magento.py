"""What a delivery of a Magento store is answered: signature first, then the address; then it is kept. As ``hearing`` does.

Three senders are told apart by the header that proves them: Mage-OS and our own template sign the raw body with the
connection's secret, Adobe signs with its own keys, and a module that cannot sign sends the secret itself. Nothing but
the body is signed; so the same bytes at the same address are one delivery, however often they come.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from storage.inbox import Delivery
from webhooks import decoder
from webhooks.hearing import (
    BAD_SIGNATURE,
    CANNOT_KEEP,
    KEPT,
    KNOWN,
    UNKNOWN_SHOP,
    UNKNOWN_TOPIC,
    UNPROVED,
    WRONG_SHOP,
    Ear,
    Outcome,
    Sender,
)
from webhooks.keeper import CannotKeep
from webhooks.magento import hints, signature

#: what Adobe asks to be answered with, when a merchant registers the address
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_CONNECTION = re.compile(r"[0-9a-z]{16,64}")


def hear(ear: Ear, environ: Mapping[str, Any], connection: str, topic: str, raw: bytes | Outcome) -> Outcome:
    """Hears a delivery at a connection's address; counts and logs the outcome. Raises what the ear's functions raise.

    In place of a body there may be the outcome that its reading led to.
    """
    sender = _sender(ear, connection)
    outcome = raw if isinstance(raw, Outcome) else _outcome(ear, sender, environ, topic, raw)
    ear.count(outcome.name)
    if outcome is not KEPT and outcome is not KNOWN:
        proved = outcome not in UNPROVED and sender is not None
        ear.log(
            outcome.name, topic if topic in ear.magento_topics else "-", sender.domain if proved and sender else "-"
        )
    return outcome


def challenge(ear: Ear, connection: str, asked: str) -> str | None:
    """What Adobe's question is answered with, None where nobody awaits it."""
    sender = _sender(ear, connection)
    expected = sender is not None and sender.adobe_client_id
    return asked if expected and CHALLENGE.fullmatch(asked) else None


def _sender(ear: Ear, connection: str) -> Sender | None:
    return ear.sender_of(connection) if _CONNECTION.fullmatch(connection) else None


def _outcome(ear: Ear, sender: Sender | None, environ: Mapping[str, Any], topic: str, raw: bytes) -> Outcome:
    # an address that nobody has looks like one whose secret is not known
    if sender is None or not _proved(ear, sender, environ, raw):
        return BAD_SIGNATURE
    if topic not in ear.magento_topics:
        return UNKNOWN_TOPIC
    if _head(environ, signature.ADOBE[0]) and not _for_us(raw, sender):
        return WRONG_SHOP
    if sender.shop_id is None:
        return UNKNOWN_SHOP
    delivery = Delivery(
        shop_id=sender.shop_id,
        delivery_id=_delivery_id(topic, raw),
        topic=hints.TOPIC + topic,
        received_at=ear.now(),
        body=raw,
    )
    try:
        return KEPT if ear.keep(delivery) else KNOWN
    except CannotKeep:
        return CANNOT_KEEP


def _proved(ear: Ear, sender: Sender, environ: Mapping[str, Any], raw: bytes) -> bool:
    """By the one header that is there; where several stand, the strongest decides."""
    if _head(environ, signature.ADOBE[0]) or _head(environ, signature.ADOBE[1]):
        return bool(sender.adobe_client_id) and _by_adobe(ear, environ, raw)
    for name in (signature.MAGE_OS, signature.GENERIC):
        if header := _head(environ, name):
            return signature.verify_hex(raw, header, sender.secrets)
    return signature.verify_secret(_head(environ, signature.SECRET), sender.secrets)


def _by_adobe(ear: Ear, environ: Mapping[str, Any], raw: bytes) -> bool:
    paths = [signature.key_path(_head(environ, name)) for name in signature.ADOBE_KEYS]
    keys: Sequence[bytes] = [key for path in paths if path and (key := ear.adobe_key(path))]
    return signature.verify_rsa(raw, [_head(environ, name) for name in signature.ADOBE], keys)


def _for_us(raw: bytes, sender: Sender) -> bool:
    """Adobe's keys sign for all its customers: the body must say that this one is meant."""
    try:
        told = decoder.decode(raw)
    except decoder.Undecodable:
        return False
    named = (told.get("recipientclientid"), told.get("recipient_client_id")) if isinstance(told, dict) else ()
    return sender.adobe_client_id in named


def _delivery_id(topic: str, raw: bytes) -> str:
    said = topic.encode() + b"\0" + raw
    return f"sha256:{hashlib.sha256(said).hexdigest()}"


def _head(environ: Mapping[str, Any], name: str) -> str | None:
    """A header's value; None where it is absent, empty or came twice (servers join it with a comma)."""
    value: str = environ.get(f"HTTP_{name.upper().replace('-', '_')}") or ""
    return value.strip() if value.strip() and "," not in value else None
