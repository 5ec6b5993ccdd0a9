"""OAuth 1.0a as Magento checks it: who signed, with what, and whether this nonce came before.

Old timestamps are accepted; only those from more than ten minutes ahead are not.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from oauthlib.oauth1.rfc5849 import signature

from plugin.sandbox.magento.refusals import Refused

AHEAD = timedelta(seconds=600)
METHOD = "HMAC-SHA256"
#: the number that consumers are told by
CONSUMER_ID = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The four values of the integration."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str


def check(
    connection: sqlite3.Connection,
    integrations: Sequence[Keys],
    *,
    method: str,
    url: str,
    query: str,
    headers: Mapping[str, str],
    now: datetime,
) -> None:
    """Returns for a request that one of the integrations signed. Raises Refused otherwise."""
    told = signed_parameters(query, headers)
    held = dict(told)
    if held.get("oauth_signature_method") != METHOD:
        raise Refused(400, "Signature method %1 is not supported", [held.get("oauth_signature_method", "")])
    keys = next((one for one in integrations if one.consumer_key == held.get("oauth_consumer_key")), None)
    if keys is None:
        raise Refused(401, "A consumer having the specified key does not exist")
    stamp = held.get("oauth_timestamp", "")
    if not stamp.isdigit() or int(stamp) > (now + AHEAD).timestamp():
        raise Refused(401, "The timestamp value in the oauth_timestamp parameter is invalid")
    _use_nonce(connection, keys.consumer_key, held.get("oauth_nonce", ""))
    if held.get("oauth_token") != keys.access_token:
        raise Refused(401, "Specified token does not exist")
    wanted = sign(method, url, told, keys.consumer_secret, keys.access_token_secret)
    given = next((value for name, value in header(headers) if name == "oauth_signature"), "")
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise Refused(401, "The signature is invalid. Verify and try again.")


def signed_parameters(query: str, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was signed: the query and the header's parameters, without the signature."""
    authorization = {"Authorization": headers.get("Authorization", "")}
    return list(signature.collect_parameters(uri_query=query, headers=authorization))


def sign(method: str, url: str, parameters: list[tuple[str, str]], consumer_secret: str, token_secret: str) -> str:
    """The base64 HMAC-SHA256 of RFC 5849, section 3.4."""
    pairs: Any = parameters
    verb: Any = method
    text = signature.signature_base_string(verb, signature.base_string_uri(url), signature.normalize_parameters(pairs))
    key = f"{quote(consumer_secret, safe='~')}&{quote(token_secret, safe='~')}"
    return b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


def header(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """What stands in the header, the signature with it."""
    authorization = {"Authorization": headers.get("Authorization", "")}
    return list(signature.collect_parameters(headers=authorization, exclude_oauth_signature=False))


def _use_nonce(connection: sqlite3.Connection, consumer: str, nonce: str) -> None:
    added = connection.execute("INSERT INTO nonces VALUES (?, ?) ON CONFLICT DO NOTHING", (consumer, nonce))
    if added.rowcount != 1:
        raise Refused(401, "The nonce is already being used by the consumer with ID %1", [CONSUMER_ID])
