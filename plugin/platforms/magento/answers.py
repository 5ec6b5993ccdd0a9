"""What an answer of Magento's stands for, by its status and the shape of its body, never by the words of its message.

Messages are translated, come with placeholders and change between versions. They are shown to people, after their
placeholders are filled in, and decide nothing.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Any

from plugin.platforms.line import Reply
from plugin.platforms.protocol import (
    InDoubt,
    PlatformError,
    Rejected,
    ShopUnavailable,
    Throttled,
    Unauthorized,
)
from webhooks import decoder

LONGEST_MESSAGE = 300
#: when the store asks to wait and does not say how long
USUAL_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 3600.0
#: Magento refuses signatures from more than ten minutes ahead of its own clock
LARGEST_SKEW = timedelta(minutes=5)
REPORT = re.compile(r"webapi-[0-9a-f]{6,32}")
PLACEHOLDER = re.compile(r"%([A-Za-z_][A-Za-z0-9_]*|[1-9][0-9]?)")
IN_FRONT = "something in front of the store does not let us in"
ELSEWHERE = "the store's address leads elsewhere: use the one that it leads to"
NO_API = "there is no REST API of Magento's at this address: check the store's address"
UNAVAILABLE = {402: IN_FRONT, 403: IN_FRONT} | dict.fromkeys((301, 302, 303, 307, 308), ELSEWHERE)
#: what may be shown of a name that the store has told
RESOURCE = re.compile(r"[A-Za-z0-9]+_[A-Za-z0-9]+::[A-Za-z0-9_]+")


class NotAllowed(ShopUnavailable):
    """The integration lacks a resource; ``resources`` names it as Magento does."""

    def __init__(self, resources: tuple[str, ...]) -> None:
        named = ", ".join(resources)
        super().__init__(
            f"the store does not let the integration use {named}: tick it in System, Extensions, Integrations, and save"
        )
        self.resources = resources


class ClockSkew(ShopUnavailable):
    """The clocks of this machine and of the store are too far apart for a signature."""

    def __init__(self, ahead: timedelta) -> None:
        minutes = round(abs(ahead) / timedelta(minutes=1))
        word = "ahead of" if ahead > timedelta(0) else "behind"
        super().__init__(f"this machine's clock is {minutes} minutes {word} the store's: set it right")
        self.ahead = ahead


class Missing(Rejected):
    """The store has no such entity, or no such address."""


def value(reply: Reply, *, now: datetime, store_time: datetime | None) -> Any:
    """The JSON value of an answer that went well. Raises the PlatformError that any other answer stands for."""
    if reply.status in {200, 202}:
        return _json(reply)
    raise refusal(reply, now=now, store_time=store_time)


def refusal(reply: Reply, *, now: datetime, store_time: datetime | None) -> PlatformError:
    """The error that an answer other than 200 stands for."""
    body = _body(reply)
    if reply.status == 401 or (reply.status == 400 and body is None and _skewed(now, store_time)):
        return _unauthorized(body, now, store_time)
    if reply.status == 429:
        return Throttled("the store asks to wait (429)", retry_after_seconds=_retry_after(reply))
    if reply.status in UNAVAILABLE or (reply.status == 404 and body is None):
        return ShopUnavailable(f"{UNAVAILABLE.get(reply.status, NO_API)} ({reply.status})")
    if reply.status == 404:
        return Missing(message_of(body) or "the store has no such thing", code="404")
    if reply.status == 400 and body is not None:
        return Rejected(message_of(body) or "the store refuses this", code="400")
    why = "is in maintenance or overloaded (503)" if reply.status == 503 else f"answered {reply.status}"
    return InDoubt(f"the store {why}{_report(body)}")


def message_of(body: Any) -> str:
    """The message for people: placeholders filled in from ``parameters``, a list or an object; cut, one line."""
    if not isinstance(body, dict) or not isinstance(body.get("message"), str):
        return ""
    told = _filled(body["message"], body.get("parameters"))
    more = body.get("errors")
    if isinstance(more, list):
        told = " ".join([told, *(message_of(one) for one in more[:5])])
    return " ".join(told.split())[:LONGEST_MESSAGE]


def _json(reply: Reply) -> Any:
    try:
        return decoder.decode(reply.body)
    except decoder.Undecodable as wrong:
        kind = "a page (HTML)" if reply.body.lstrip()[:1] == b"<" else f"no JSON ({wrong.reason})"
        raise InDoubt(f"the store answered with {kind} where data was asked for") from None


def _body(reply: Reply) -> Any:
    """What the answer holds; None where that is no JSON."""
    try:
        return decoder.decode(reply.body)
    except decoder.Undecodable:
        return None


def _unauthorized(body: Any, now: datetime, store_time: datetime | None) -> PlatformError:
    parameters = body.get("parameters") if isinstance(body, dict) else None
    named = parameters.get("resources") if isinstance(parameters, dict) else None
    resources = tuple(RESOURCE.findall(str(named))) if named is not None else ()
    if resources:
        return NotAllowed(resources)
    if _skewed(now, store_time):
        return ClockSkew(now - (store_time or now))
    told = message_of(body)
    return Unauthorized(f"the store does not know the integration's values (any more){f': {told}' if told else ''}")


def _skewed(now: datetime, store_time: datetime | None) -> bool:
    return store_time is not None and abs(now - store_time) > LARGEST_SKEW


def _report(body: Any) -> str:
    """The number under which the store's own log tells what went wrong."""
    found = REPORT.search(message_of(body))
    return f": its log tells why under {found[0]}" if found else ""


def _filled(message: str, parameters: Any) -> str:
    if isinstance(parameters, list):
        known = {str(number): one for number, one in enumerate(parameters, start=1)}
    else:
        known = parameters if isinstance(parameters, dict) else {}

    def fill(found: re.Match[str]) -> str:
        one = known.get(found[1])
        return str(one) if isinstance(one, str | int) else found[0]

    return PLACEHOLDER.sub(fill, message[: 4 * LONGEST_MESSAGE])


def _retry_after(reply: Reply) -> float:
    try:
        seconds = float(reply.headers.get("Retry-After", ""))
    except ValueError:
        return USUAL_WAIT_SECONDS
    return min(seconds, LONGEST_WAIT_SECONDS) if math.isfinite(seconds) and seconds >= 0 else USUAL_WAIT_SECONDS
