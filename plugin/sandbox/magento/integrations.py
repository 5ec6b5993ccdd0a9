"""The store's integrations beside its first one: the merchant adds and activates them, and they say hello where told to.

An integration without a callback has its four values at once. One with a callback has posted to it a key, a secret and a
verifier, unsigned; the access token exists once both exchanges were made. Activated again it keeps its key and gets a new
token. Observed on Magento Open Source 2.4.6.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sqlite3
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

from plugin.sandbox.magento import oauth
from plugin.sandbox.magento.oauth import Keys

KEY = "integrations"
LETTERS = string.ascii_lowercase + string.digits
LENGTH = 32
REQUEST, ACCESS = "request", "access"
UNKNOWN = "Specified token does not exist"
NO_CONSUMER = "A consumer having the specified key does not exist"
INVALID = "The signature is invalid. Verify and try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One of them. A text that is empty is not there (yet): the two addresses, the verifier, the tokens."""

    name: str
    consumer_key: str
    consumer_secret: str
    callback: str = ""
    identity: str = ""
    verifier: str = ""
    request_token: str = ""
    request_secret: str = ""
    access_token: str = ""
    access_secret: str = ""

    @property
    def active(self) -> bool:
        """Whether it may speak to the API."""
        return bool(self.access_token)

    def hello(self, base_url: str) -> dict[str, str]:
        """What is posted to its callback."""
        return {
            "oauth_consumer_key": self.consumer_key, "oauth_consumer_secret": self.consumer_secret,
            "store_base_url": base_url, "oauth_verifier": self.verifier,
        }  # fmt: skip


def every(connection: sqlite3.Connection) -> list[Integration]:
    """All of them, the oldest first."""
    row = connection.execute("SELECT value FROM settings WHERE key = ?", (KEY,)).fetchone()
    return [Integration(**one) for one in json.loads(row["value"])] if row else []


def add(connection: sqlite3.Connection, new: Integration) -> Integration:
    """One more. Without a callback it is active as soon as it is there."""
    made = new if new.callback else replace(new, access_token=value(), access_secret=value())
    _keep(connection, [*every(connection), made])
    return made


def activate(connection: sqlite3.Connection, consumer_key: str) -> Integration:
    """The merchant presses Activate: what it had is good no longer, and a verifier waits. Raises LookupError."""
    held = _of(connection, consumer_key)
    fresh = Integration(
        name=held.name, consumer_key=held.consumer_key, consumer_secret=held.consumer_secret, callback=held.callback,
        identity=held.identity, verifier=value(),
    )  # fmt: skip
    return _put(connection, fresh)


def exchange(connection: sqlite3.Connection, kind: str, *, url: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """The answer to a signed POST to ``url``: a status, and form-encoded text, which is Magento's way at these two."""
    told = dict(oauth.header(headers))
    try:
        held = _of(connection, told.get("oauth_consumer_key", ""))
    except LookupError:
        return 401, _problem(NO_CONSUMER)
    if kind == ACCESS and (not held.request_token or told.get("oauth_token") != held.request_token):
        return 401, _problem(UNKNOWN)
    proved = told.get("oauth_verifier") == held.verifier or kind == REQUEST
    pairs = [pair for pair in told.items() if pair[0] != "oauth_signature"]
    wanted = oauth.sign("POST", url, pairs, held.consumer_secret, held.request_secret if kind == ACCESS else "")
    fits = hmac.compare_digest(wanted.encode(), told.get("oauth_signature", "").encode())
    if not held.verifier or not proved or not fits or told.get("oauth_signature_method") != oauth.METHOD:
        return 401, _problem(INVALID)
    token, secret = value(), value()
    if kind == REQUEST:
        _put(connection, replace(held, request_token=token, request_secret=secret))
    else:
        used = replace(held, request_token="", request_secret="", verifier="")
        _put(connection, replace(used, access_token=token, access_secret=secret))
    return 200, urlencode({"oauth_token": token, "oauth_token_secret": secret})


def opening(connection: sqlite3.Connection) -> list[Keys]:
    """The four values of those that are active."""
    return [
        Keys(consumer_key=one.consumer_key, consumer_secret=one.consumer_secret, access_token=one.access_token,
             access_token_secret=one.access_secret)
        for one in every(connection) if one.active
    ]  # fmt: skip


def value() -> str:
    """A key, a secret, a token, a verifier."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def _problem(text: str) -> str:
    return urlencode({"oauth_problem": text})


def _of(connection: sqlite3.Connection, consumer_key: str) -> Integration:
    found = [one for one in every(connection) if one.consumer_key == consumer_key]
    if not found:
        raise LookupError(NO_CONSUMER)
    return found[0]


def _put(connection: sqlite3.Connection, changed: Integration) -> Integration:
    _keep(connection, [changed if one.consumer_key == changed.consumer_key else one for one in every(connection)])
    return changed


def _keep(connection: sqlite3.Connection, held: list[Integration]) -> None:
    told = json.dumps([asdict(one) for one in held])
    connection.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (KEY, told))
