"""Deliveries that come through a queue: taken out of Amazon's and Google's envelopes, headers and body.

What is a header over HTTPS lies beside the body in them. They carry no signature: who may write into the queue is the
business of its owner, and who may push to us is proved before an envelope is opened.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webhooks import decoder

MOST_HEADERS = 40


class BadEnvelope(ValueError):
    """Not what the queue of Shopify's deliveries holds; ``reason`` repeats nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What was in the envelope."""

    headers: Mapping[str, str]
    body: bytes


def from_eventbridge(text: str) -> Letter:
    """An event of Amazon's EventBridge, as SQS hands it out. Raises BadEnvelope.

    The body in it is JSON inside of JSON, so it is written anew: the same values, not the same bytes.
    """
    event = _decoded(text.encode("utf-8", "surrogatepass"))
    detail = event.get("detail") if isinstance(event, dict) else None
    if not isinstance(detail, dict) or not isinstance(detail.get("payload"), dict):
        raise BadEnvelope("no event of Shopify's")
    payload = json.loads(text)["detail"]["payload"]
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Letter(headers=_headers(detail.get("metadata")), body=body)


def from_pubsub(raw: bytes) -> Letter:
    """A message that Google Pub/Sub pushes. Raises BadEnvelope."""
    pushed = _decoded(raw)
    message = pushed.get("message") if isinstance(pushed, dict) else None
    data = message.get("data") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(data, str):
        raise BadEnvelope("no message of Pub/Sub")
    try:
        body = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise BadEnvelope("data that is not base64") from None
    return Letter(headers=_headers(message.get("attributes")), body=body)


def _decoded(raw: bytes) -> Any:
    try:
        # base64 makes a third more of a body
        return decoder.decode(raw, longest_bytes=2 * decoder.LONGEST_BODY_BYTES)
    except decoder.Undecodable as wrong:
        raise BadEnvelope(wrong.reason) from None


def _headers(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or len(found) > MOST_HEADERS:
        raise BadEnvelope("no headers beside the body")
    return {name: value for name, value in found.items() if isinstance(value, str)}
