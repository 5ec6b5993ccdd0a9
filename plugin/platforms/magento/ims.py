"""The bearer tokens of Adobe Commerce as a Cloud Service: asked for with a project's client, kept until they run out.

Source: Adobe, "REST authentication" of Adobe Commerce as a Cloud Service (server-to-server). Tokens live a day; they
are kept in memory only, one for each client, and asked for one at a time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlencode

from plugin.platforms import shape
from plugin.platforms.line import Line, Reply
from plugin.platforms.magento.access import SECRET, CloudCredentials
from plugin.platforms.protocol import InDoubt, ShopUnavailable, Throttled, Unauthorized
from webhooks import decoder

IDENTITY_SERVICE = "https://ims-na1.adobelogin.com"
PATH = "/ims/token/v3"
SCOPES = "openid,AdobeID,email,profile,additional_info.roles,additional_info.projectedProductContext,commerce.accs"
#: renewed this long before the end, so that no request dies on its way
MARGIN = timedelta(minutes=5)
LONGEST_LIFE_SECONDS = 30 * 86_400
LONGEST_TOKEN = 16_384
WAIT_SECONDS = 30.0


class CloudTokens:
    """The tokens of one process. ``origin`` is the identity service."""

    def __init__(self, *, origin: str = IDENTITY_SERVICE) -> None:
        self._url = origin + PATH
        self._lock = Lock()
        self._kept: dict[tuple[str, str], tuple[str, datetime]] = {}

    def token(self, line: Line, credentials: CloudCredentials, *, now: datetime) -> str:
        """A token that still holds. Raises Unauthorized where the client is not known, or another PlatformError."""
        whose = (credentials.client_id, credentials.client_secret)
        with self._lock:
            token, until = self._kept.get(whose, ("", now))
            if not token or now + MARGIN >= until:
                token, life = _granted(self._ask(line, credentials))
                self._kept[whose] = token, now + timedelta(seconds=life)
            return token

    def _ask(self, line: Line, credentials: CloudCredentials) -> Reply:
        form = {
            "grant_type": "client_credentials", "client_id": credentials.client_id,
            "client_secret": credentials.client_secret, "scope": SCOPES,
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return line.post(self._url, headers=headers, body=urlencode(form).encode())


def _granted(reply: Reply) -> tuple[str, int]:
    """The token and its life in seconds."""
    if reply.status in {400, 401}:
        raise Unauthorized("Adobe's identity service does not know the client: check its id, secret and organisation")
    if reply.status == 403:
        raise ShopUnavailable(
            "Adobe's identity service does not let the client use Commerce: add the API to its project"
        )
    if reply.status == 429:
        raise Throttled("Adobe's identity service asks to wait (429)", retry_after_seconds=WAIT_SECONDS)
    if reply.status != 200:
        raise InDoubt(f"Adobe's identity service answered {reply.status}")
    try:
        told = shape.mapping(decoder.decode(reply.body), "token")
    except decoder.Undecodable as wrong:
        raise InDoubt(f"Adobe's identity service answered with no JSON ({wrong.reason})") from None
    token = shape.text(told.get("access_token"), "token", longest=LONGEST_TOKEN)
    life = shape.count(told.get("expires_in"), "token's life")
    if not SECRET.fullmatch(token) or not 0 < life <= LONGEST_LIFE_SECONDS:
        raise InDoubt("Adobe's identity service gave no token that can be used")
    return token, life
