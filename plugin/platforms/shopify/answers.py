"""What the status of an answer says, before anybody reads its body."""

from __future__ import annotations

import math

from plugin.platforms.line import Reply
from plugin.platforms.protocol import InDoubt, PlatformError, ShopUnavailable, Throttled, Unauthorized

UNAVAILABLE = {
    402: "the store is frozen until its owner pays",
    403: "the store does not allow this",
    404: "there is no such store",
    423: "the store is locked",
}
#: when the store asks to wait and does not say how long
USUAL_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 3600.0


def refusal(reply: Reply) -> PlatformError | None:
    """The error that an answer other than 200 stands for; None for a 200, whose body decides."""
    if reply.status == 200:
        return None
    if reply.status == 401:
        return Unauthorized("the store does not know the token (401)")
    if reply.status == 429:
        return Throttled("the store asks to wait (429)", retry_after_seconds=_retry_after(reply))
    if reply.status in UNAVAILABLE:
        return ShopUnavailable(f"{UNAVAILABLE[reply.status]} ({reply.status})")
    return InDoubt(f"the store answered {reply.status}")


def bounded_wait(seconds: float) -> float:
    """A wait that can be kept: the usual one for nonsense, and never more than an hour."""
    if not math.isfinite(seconds) or seconds < 0:
        return USUAL_WAIT_SECONDS
    return min(seconds, LONGEST_WAIT_SECONDS)


def _retry_after(reply: Reply) -> float:
    # Shopify writes seconds as "2.0"; a date, which the standard also knows, it never sends
    try:
        return bounded_wait(float(reply.headers.get("Retry-After", "")))
    except ValueError:
        return USUAL_WAIT_SECONDS
