"""Access to a store's API: a session token is exchanged for a pair of tokens, and the pair is renewed before it dies.

Access tokens live an hour, refresh tokens 90 days. There is one pair per app and store, and a new exchange ends the old
refresh token: callers keep the pair under a lock and exchange only when no pair is usable. An answer that was lost
(InDoubt) is asked for again with the same refresh token, which Shopify accepts until its successor is used.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from plugin.platforms import shape
from plugin.platforms.line import Line, Reply
from plugin.platforms.protocol import AppUnknown, InDoubt, PlatformError, Unauthorized
from plugin.platforms.shopify.admin import TOKEN
from plugin.platforms.shopify.answers import refusal
from plugin.platforms.shopify.origin import address
from webhooks import decoder

PATH = "/admin/oauth/access_token"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_SUBJECT = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE_ACCESS = "urn:shopify:params:oauth:token-type:offline-access-token"
#: renewed this long before the end, so that no request dies on its way
MARGIN = timedelta(minutes=5)
RENEWABLE_FOR = "refresh_token_expires_in"
LONGEST_LIFE_SECONDS = 400 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What opens a store's API; tokens are never shown.

    Without ``expires_at`` the access token does not end (custom apps); without ``refresh_expires_at`` the end of the
    refresh token is not known.
    """

    access_token: str = field(repr=False)
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    #: of an app that the store's own people made: what its webhooks are signed with
    app_secret: str | None = field(default=None, repr=False)

    @property
    def lasting(self) -> bool:
        """Whether the token never ends, and can never be renewed (custom apps)."""
        return self.expires_at is None and self.refresh_token is None

    def lives(self, now: datetime) -> bool:
        """Whether the access token has not run out by then."""
        return self.expires_at is None or now < self.expires_at

    def usable(self, now: datetime) -> bool:
        """Whether the access token still holds for the next five minutes."""
        return self.expires_at is None or now + MARGIN < self.expires_at

    def refreshable(self, now: datetime) -> bool:
        """Whether there is a refresh token that has not run out."""
        return self.refresh_token is not None and (self.refresh_expires_at is None or now < self.refresh_expires_at)

    def of_the_app(self, app_secret: str | None) -> Credentials:
        """The same for an app with a secret of its own."""
        return replace(self, app_secret=app_secret)

    def to_json(self) -> bytes:
        """For sealing; nothing else should ever hold it."""
        told = asdict(self)
        if self.app_secret is None:
            # a program from before there was one must go on reading the others
            del told["app_secret"]
        return json.dumps(told, default=datetime.isoformat).encode()

    @classmethod
    def from_json(cls, stored: bytes) -> Credentials:
        """What ``to_json`` gave. Raises ValueError."""
        values = json.loads(stored)
        try:
            for name in ("expires_at", "refresh_expires_at"):
                values[name] = datetime.fromisoformat(values[name]) if values[name] else None
            values["scopes"] = tuple(values["scopes"])
            return cls(**values)
        except (TypeError, KeyError, ValueError):
            raise ValueError("not stored credentials of a Shopify store") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Who we are to Shopify. The secret is never shown."""

    client_id: str
    client_secret: str = field(repr=False)
    #: the setting; may hold ``{shop}``
    origin: str


def exchange(line: Line, app: App, *, shop: str, session_token: str, now: datetime) -> Credentials:
    """An expiring offline pair for a checked session token. Raises PlatformError; Unauthorized: ask for a fresh token."""
    grant = {
        "grant_type": EXCHANGE_GRANT,
        "subject_token": session_token,
        "subject_token_type": ID_SUBJECT,
        "requested_token_type": OFFLINE_ACCESS,
        "expiring": "1",
    }
    return _granted(line, app, shop=shop, grant=grant, now=now)


def redeem(line: Line, app: App, *, shop: str, code: str, now: datetime) -> Credentials:
    """An expiring offline pair for the code that a merchant came back with. Raises PlatformError.

    A code is good once; Unauthorized: begin anew.
    """
    return _granted(line, app, shop=shop, grant={"code": code, "expiring": "1"}, now=now)


def refresh(line: Line, app: App, *, shop: str, refresh_token: str, now: datetime) -> Credentials:
    """The next pair. Raises PlatformError; Unauthorized: the merchant has to open the app once."""
    grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _granted(line, app, shop=shop, grant=grant, now=now)


def _granted(line: Line, app: App, *, shop: str, grant: dict[str, str], now: datetime) -> Credentials:
    form = {"client_id": app.client_id, "client_secret": app.client_secret, **grant}
    headers = {
        "X-Shopify-Shop-Domain": shop,
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    reply = line.post(address(app.origin, shop=shop, path=PATH), headers=headers, body=urlencode(form).encode())
    if error := _refusal(reply):
        raise error
    return _credentials(_fields(reply.body), now)


def _refusal(reply: Reply) -> PlatformError | None:
    # RFC 6749 5.2: a grant that does not hold is answered with 400; the text may repeat it, so it stays out of the message
    if reply.status in {400, 401} and _names(reply.body, "invalid_client", "application_cannot_be_found"):
        return AppUnknown(
            "the store does not know the app by this id and secret: check REGULARS_SHOPIFY_CLIENT_ID and _SECRET"
        )
    if reply.status == 400:
        return Unauthorized("the store did not accept the grant (400)")
    return refusal(reply)


def _names(body: bytes, *errors: str) -> bool:
    try:
        told = decoder.decode(body)
    except decoder.Undecodable:
        return False
    return isinstance(told, dict) and told.get("error") in errors


def _fields(body: bytes) -> dict[str, Any]:
    try:
        return shape.mapping(decoder.decode(body), "token")
    except decoder.Undecodable as wrong:
        raise InDoubt(f"the answer is not JSON ({wrong.reason})") from None


def _credentials(fields: dict[str, Any], now: datetime) -> Credentials:
    refresh_token = fields.get("refresh_token")
    scopes = shape.text(fields.get("scope", ""), "scope")
    return Credentials(
        access_token=_token(fields.get("access_token")),
        expires_at=_end(fields, "expires_in", now),
        refresh_token=None if refresh_token is None else _token(refresh_token),
        refresh_expires_at=_end(fields, RENEWABLE_FOR, now) if RENEWABLE_FOR in fields else None,
        scopes=tuple(sorted(filter(None, (scope.strip() for scope in scopes.split(","))))),
    )


def _token(value: Any) -> str:
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise InDoubt("the answer holds no token")
    return value


def _end(fields: dict[str, Any], name: str, now: datetime) -> datetime:
    """A life that is not told has no length: the next use renews it, instead of a token that is trusted for ever."""
    seconds = shape.count(fields.get(name, 0), name)
    return now.astimezone(UTC) + timedelta(seconds=min(seconds, LONGEST_LIFE_SECONDS))
