"""The signed launch of an admin's module: whoever is logged in there comes in here once, within a minute.

The module posts one field, ``launch``: base64url (without padding) of a JSON object, a point, and the hex HMAC-SHA256 of
those base64url characters under the connection's launch secret. The object says ``connection``, ``user`` (the admin's
number), ``change`` (false: may only look), ``origin`` (of the admin, for the frame), ``locale``, ``iat``, ``exp`` and
``jti``. Nothing else is accepted, and nothing twice.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from webhooks import decoder

LONGEST = 4096
LIVES_SECONDS = 60
#: how far two machines' clocks may differ
LEEWAY_SECONDS = 30
FIELDS = frozenset({"connection", "user", "change", "origin", "locale", "iat", "exp", "jti"})
_ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?")
_WORD = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_LOCALE = re.compile(r"|[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8}){0,2}")


class BadLaunch(Exception):
    """What was posted does not let anybody in; ``clock`` where the two machines' clocks differ."""

    def __init__(self, *, clock: bool = False) -> None:
        super().__init__("the launch does not hold")
        self.clock = clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Who comes in."""

    user: str
    may_change: bool
    origin: str
    locale: str


def read(
    posted: str, *, connection: str, secret: str, now: datetime, first_time: Callable[[str, datetime], bool]
) -> Launch:
    """The launch that was posted. ``first_time`` gets its name and end, and says whether it was not there before.

    Raises BadLaunch, the same for every reason but a wrong clock.
    """
    told = _signed(posted, secret)
    if told.keys() != FIELDS or told["connection"] != connection or type(told["change"]) is not bool:
        raise BadLaunch
    words = {name: told[name] for name in ("user", "jti", "origin", "locale")}
    if not all(isinstance(word, str) for word in words.values()):
        raise BadLaunch
    fits = _WORD.fullmatch(words["user"]) and _WORD.fullmatch(words["jti"]) and _LOCALE.fullmatch(words["locale"])
    if not fits or not _ORIGIN.fullmatch(words["origin"]):
        raise BadLaunch
    until = _until(told["iat"], told["exp"], now)
    if not first_time(f"magento launch {connection} {words['jti']}", until):
        raise BadLaunch
    return Launch(user=words["user"], may_change=told["change"], origin=words["origin"], locale=words["locale"])


def _signed(posted: str, secret: str) -> dict[str, Any]:
    body, point, given = posted.partition(".")
    if len(posted) > LONGEST or not point or not posted.isascii():
        raise BadLaunch
    fits = hmac.compare_digest(given, hmac.digest(secret.encode(), body.encode(), hashlib.sha256).hex())
    if not fits:
        raise BadLaunch
    try:
        told = decoder.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (NotBase64, ValueError):
        raise BadLaunch from None
    if not isinstance(told, dict):
        raise BadLaunch
    return told


def _until(issued: Any, expires: Any, now: datetime) -> datetime:
    if type(issued) is not int or type(expires) is not int or not 0 < expires - issued <= LIVES_SECONDS:
        raise BadLaunch
    if not issued - LEEWAY_SECONDS <= now.timestamp() < expires + LEEWAY_SECONDS:
        raise BadLaunch(clock=True)
    return datetime.fromtimestamp(expires + LEEWAY_SECONDS, UTC)
