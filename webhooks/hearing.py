"""What one delivery is answered: signature first, then the address, the headers, the shop; then it is kept.

The order is the promise. 200 only for what is durable or does not concern us, 503 for what the store should send again.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from storage.inbox import Delivery
from webhooks import decoder, readers
from webhooks.keeper import CannotKeep
from webhooks.shopify import events, signature, versions

#: where a body says whose it is: what it says must be what the header says
SHOP_IN_BODY = MappingProxyType({
    "app/uninstalled": "myshopify_domain",
    "shop/update": "myshopify_domain",
    "customers/data_request": "shop_domain",
    "customers/redact": "shop_domain",
    "shop/redact": "shop_domain",
})  # fmt: skip
#: what stands beside a delivery in a queue
QUEUED_HEADERS = tuple(
    family + name
    for family in signature.FAMILIES
    for name in ("topic", "shop-domain", "webhook-id", "event-id", "api-version", "triggered-at")
)

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.:-]{0,252}")
_TOKEN = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who may speak at an address of its own (Magento)."""

    #: None while the store is not connected
    shop_id: int | None
    domain: str
    #: what its modules sign with, or send
    secrets: tuple[str, ...] = field(repr=False)
    #: whom Adobe's events are for; "" where none are awaited
    adobe_client_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """What the door is given: names, answers, a place to keep things. No function of it may ask a database but ``keep``."""

    #: the topics of manifest.json
    topics: frozenset[str]
    #: (platform, domain) → the secrets a signature may be made with, newest first; domain is "" if the header is unfit
    secrets_for: Callable[[str, str], Sequence[str]]
    #: (platform, domain) → the shop, None for one that has not installed us
    shop_id_of: Callable[[str, str], int | None]
    #: durable when it returns; True if new; raises CannotKeep
    keep: Callable[[Delivery], bool]
    now: Callable[[], datetime]
    #: called with the name of every outcome
    count: Callable[[str], None]
    #: the topics that stores with an address of their own may use, and who speaks at which address (from memory, mostly)
    magento_topics: frozenset[str] = frozenset()
    sender_of: Callable[[str], Sender | None] = lambda _connection: None
    #: Adobe's public key (PEM) at a path of its host; None where there is none
    adobe_key: Callable[[str], bytes | None] = lambda _path: None
    #: (platform, domain) → whether both are answered from memory, so that nobody has to wait for a database
    remembers: Callable[[str, str], bool] = lambda _platform, _domain: False
    #: called with (outcome, topic, domain) of everything that was not simply kept; "-" for what is not proved or known
    log: Callable[[str, str, str], None] = lambda _outcome, _topic, _domain: None


class Outcome(NamedTuple):
    """How a delivery was answered."""

    name: str
    status: int


KEPT = Outcome("kept", 200)
KNOWN = Outcome("known", 200)
UNKNOWN_SHOP = Outcome("unknown_shop", 200)
MISSING_HEADER = Outcome("missing_header", 400)
TRUNCATED = Outcome("truncated", 400)
BAD_SIGNATURE = Outcome("bad_signature", 401)
WRONG_TOPIC = Outcome("wrong_topic", 401)
WRONG_SHOP = Outcome("wrong_shop", 401)
UNKNOWN_TOPIC = Outcome("unknown_topic", 404)
TOO_LARGE = Outcome("too_large", 413)
CANNOT_KEEP = Outcome("cannot_keep", 503)
#: every outcome there is, for who counts them
OUTCOMES = (
    KEPT, KNOWN, UNKNOWN_SHOP, MISSING_HEADER, TRUNCATED, BAD_SIGNATURE, WRONG_TOPIC, WRONG_SHOP, UNKNOWN_TOPIC,
    TOO_LARGE, CANNOT_KEEP,
)  # fmt: skip
#: answered before anybody had proved anything: what the headers say is anybody's
UNPROVED = frozenset({TRUNCATED, BAD_SIGNATURE, TOO_LARGE})


def shopify(ear: Ear, environ: Mapping[str, Any], topic: str, raw: bytes | Outcome) -> Outcome:
    """Hears a delivery of Shopify's, told by its WSGI environment, its address and its body; counts and logs the outcome.

    In place of a body there may be the outcome that its reading led to. Raises what the ear's functions raise.
    """
    heads = Heads(environ)
    heard = weigh(ear, heads, topic, raw)
    outcome = heard if isinstance(heard, Outcome) else _keep(ear, heard)
    tell(ear, heads, topic, outcome)
    return outcome


def weigh(ear: Ear, heads: Heads, topic: str, raw: bytes | Outcome) -> Outcome | Delivery:
    """The first half of ``shopify``: what is to be kept, or how it is answered without; nothing is counted yet."""
    if isinstance(raw, Outcome):
        return raw
    domain = heads.domain
    return _refusal(ear, heads, raw, topic=topic, domain=domain) or _known(ear, heads, raw, topic=topic, domain=domain)


def tell(ear: Ear, heads: Heads, topic: str, outcome: Outcome) -> None:
    """The other half: counts and logs how it was answered."""
    ear.count(outcome.name)
    if outcome is not KEPT and outcome is not KNOWN:
        # nothing that a stranger could write gets into the log
        proved = outcome not in UNPROVED
        ear.log(outcome.name, topic if topic in ear.topics else "-", (proved and heads.domain) or "-")


def queued(ear: Ear, headers: Mapping[str, str], raw: bytes) -> Outcome:
    """Hears a delivery that came through a queue, whose sender was proved before; counts and logs the outcome.

    It bears no signature and has no address: its topic is what stands beside it. Raises what the ear's functions raise.
    """
    given = {name.lower(): value for name, value in headers.items()}
    heads = Heads({_key(name): given[name] for name in QUEUED_HEADERS if name in given})
    topic, domain = heads.get("topic") or "", heads.domain
    heard = _unfit(ear, heads, raw, topic=topic, domain=domain) or _known(ear, heads, raw, topic=topic, domain=domain)
    outcome = heard if isinstance(heard, Outcome) else _keep(ear, heard)
    ear.count(outcome.name)
    if outcome is not KEPT and outcome is not KNOWN:
        ear.log(outcome.name, topic if topic in ear.topics else "-", domain or "-")
    return outcome


class Heads:
    """The platform's headers in a WSGI environment."""

    __slots__ = ("domain", "environ")

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self.environ = environ
        domain = (self.get("shop-domain") or "").lower()
        #: the shop that the headers name, "" for none or one that no shop can have
        self.domain = domain if _DOMAIN.fullmatch(domain) else ""

    def get(self, name: str) -> str | None:
        """The value of a header, None where it is absent, empty or not clear."""
        former, latter = _keys(name)
        return signature.clear(self.environ.get(former), self.environ.get(latter))

    def token(self, name: str) -> str | None:
        """The same for a value that is one word."""
        value = self.get(name)
        return value if value is not None and _TOKEN.fullmatch(value) else None


@cache
def _keys(name: str) -> tuple[str, str]:
    """Where a header of either family stands in a WSGI environment."""
    former, latter = (_key(family + name) for family in signature.FAMILIES)
    return former, latter


def _key(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def _known(ear: Ear, heads: Heads, raw: bytes, *, topic: str, domain: str) -> Outcome | Delivery:
    if (shop_id := ear.shop_id_of("shopify", domain)) is None:
        return UNKNOWN_SHOP
    return _delivery(heads, raw, shop_id=shop_id, topic=topic, now=ear.now())


def _keep(ear: Ear, delivery: Delivery) -> Outcome:
    try:
        return KEPT if ear.keep(delivery) else KNOWN
    except CannotKeep:
        return CANNOT_KEEP


def _refusal(ear: Ear, heads: Heads, raw: bytes, *, topic: str, domain: str) -> Outcome | None:
    """Why these bytes are not taken, None if they are. Whoever has no secret learns nothing but that."""
    if not signature.verify(raw, heads.get("hmac-sha256"), ear.secrets_for("shopify", domain)):
        return BAD_SIGNATURE
    return _unfit(ear, heads, raw, topic=topic, domain=domain)


def _unfit(ear: Ear, heads: Heads, raw: bytes, *, topic: str, domain: str) -> Outcome | None:
    """What is wrong with a delivery whose sender is proved, None if nothing is."""
    if topic not in ear.topics:
        return UNKNOWN_TOPIC
    told_topic = heads.get("topic")
    if not (domain and told_topic and heads.token("webhook-id")):
        return MISSING_HEADER
    if told_topic not in {topic, events.KIND.get(topic)}:
        return WRONG_TOPIC
    return None if _is_of_shop(raw, topic, domain) else WRONG_SHOP


def _is_of_shop(raw: bytes, topic: str, domain: str) -> bool:
    """False if the body names another shop; one that cannot be read or names none is for the intake to set aside."""
    if (key := SHOP_IN_BODY.get(topic)) is None:
        return True
    try:
        payload = decoder.decode(raw)
    except decoder.Undecodable:
        return True
    named = payload.get(key) if isinstance(payload, dict) else None
    return not isinstance(named, str) or named.lower() == domain


def _delivery(heads: Heads, raw: bytes, *, shop_id: int, topic: str, now: datetime) -> Delivery:
    try:
        triggered_at = readers.instant(heads.get("triggered-at"))
    except ValueError:
        triggered_at = None
    # none beside what came through a queue
    signed = heads.get("hmac-sha256")
    return Delivery(
        shop_id=shop_id,
        delivery_id=heads.token("webhook-id") or "",
        topic=topic,
        event_id=heads.token("event-id"),
        api_version=heads.token("api-version"),
        triggered_at=triggered_at,
        received_at=now,
        body=raw,
        version=versions.told(topic, raw),
        proof=None if signed is None else a2b_base64(signed),
    )
