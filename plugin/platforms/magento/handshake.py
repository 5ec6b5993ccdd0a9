"""The last steps of activating an integration: what the store has sent is traded for the token that stays.

The store posts a key, a secret and a verifier to our callback, unsigned; only the store that the merchant declared is
then asked whether they are its own. They die 300 seconds after the post.
Source: Adobe, "OAuth-based authentication"; observed on Magento Open Source 2.4.6.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import requests
from requests_oauthlib import OAuth1

from plugin.platforms.line import Line, Reply
from plugin.platforms.magento.access import Credentials, check_address
from plugin.platforms.protocol import InDoubt, NotSent, Unauthorized

REQUEST, ACCESS = "/oauth/token/request", "/oauth/token/access"
#: keys, secrets, tokens and verifiers alike
VALUE = re.compile(r"[0-9a-z]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What the store posted."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    verifier: str = field(repr=False)


def finish(
    line: Line, hello: Hello, *, base_url: str, now: Callable[[], datetime], nonce: Callable[[], str]
) -> Credentials:
    """The four values that stay. Raises Unauthorized where the store does not know what was posted, or PlatformError."""
    check_address(base_url)
    root = base_url.rstrip("/")

    def ask(path: str, *, token: tuple[str, str] | None) -> tuple[str, str]:
        key, secret = token or (None, None)
        signed = OAuth1(
            hello.consumer_key,
            hello.consumer_secret,
            key,
            secret,
            verifier=hello.verifier if token else None,
            signature_method="HMAC-SHA256",
            timestamp=str(int(now().timestamp())),
            nonce=nonce(),
        )
        head: Any = signed(requests.Request("POST", root + path).prepare()).headers["Authorization"]
        header = head.decode() if isinstance(head, bytes) else str(head)
        return _token(line.send("POST", root + path, headers={"Authorization": header}, body=b""))

    return _credentials(hello, root, ask(ACCESS, token=ask(REQUEST, token=None)))


def _credentials(hello: Hello, base_url: str, token: tuple[str, str]) -> Credentials:
    return Credentials(
        base_url=base_url, consumer_key=hello.consumer_key, consumer_secret=hello.consumer_secret,
        access_token=token[0], access_token_secret=token[1],
    )  # fmt: skip


def _token(reply: Reply) -> tuple[str, str]:
    """Form-encoded text, whatever its type says."""
    told = parse_qs(reply.body[:4096].decode("ascii", "replace"))
    if reply.status in {400, 401}:
        raise Unauthorized("the store does not know what was sent to us: activate the integration once more")
    if reply.status in {301, 302, 303, 307, 308}:
        raise NotSent("the store's address leads elsewhere: declare the one that it leads to")
    found = (told.get("oauth_token", [""])[0], told.get("oauth_token_secret", [""])[0])
    if reply.status != 200 or not all(VALUE.fullmatch(one) for one in found):
        raise InDoubt(f"the store answered {reply.status} and no token")
    return found
