"""Who we are to one store: the address of its API and what each request is signed or opened with.

Two editions, one face: OAuth 1.0a with HMAC-SHA256 for everything that runs on somebody's server, and the bearer tokens
of Adobe's identity service for Adobe Commerce as a Cloud Service, which has neither ``/rest`` nor a store in its paths.
Secrets stand in no ``repr``. What is random, and the clock, are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests_oauthlib import OAuth1

#: visible ASCII: what may stand in a header
SECRET = re.compile(r"[\x21-\x7e]{1,16384}")
STORE_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: reads across all views, and writes what holds for all of them
ALL_VIEWS = "all"


class Access(Protocol):
    """How a store's API is addressed and opened."""

    def url(self, path: str) -> str:
        """The address of a path such as ``/V1/orders``."""
        ...

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """What opens this one request; a second attempt asks for its own."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The four values of an integration, and the address that the store has told or the merchant has typed."""

    base_url: str
    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    access_token_secret: str = field(repr=False)

    def to_json(self) -> bytes:
        """For sealing; nothing else should ever hold it."""
        return json.dumps({"edition": "server", **asdict(self)}).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Credentials:
        """What ``to_json`` wrote. Raises ValueError for anything else."""
        return cls(**_fields(raw, "server", cls))


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudCredentials:
    """What opens a store of Adobe Commerce as a Cloud Service: a project's client and the organisation it belongs to.

    ``base_url`` is ``https://<region>.api.commerce.adobe.com/<tenant>``.
    """

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    organisation: str

    def to_json(self) -> bytes:
        """For sealing; nothing else should ever hold it."""
        return json.dumps({"edition": "cloud", **asdict(self)}).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> CloudCredentials:
        """What ``to_json`` wrote. Raises ValueError for anything else."""
        return cls(**_fields(raw, "cloud", cls))


class SignedAccess:
    """OAuth 1.0a: every request carries its own nonce and the hour, so a repeated one is signed anew.

    ``nonce`` gives a text that never came before. Raises ValueError for what cannot be an address or a secret.
    """

    def __init__(self, credentials: Credentials, *, now: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        check_address(credentials.base_url)
        secrets = (credentials.consumer_key, credentials.consumer_secret, credentials.access_token,
                   credentials.access_token_secret)  # fmt: skip
        if not all(SECRET.fullmatch(one) for one in secrets):
            raise ValueError("the four values of an integration are visible ASCII characters; one of these is not")
        self._root = credentials.base_url.rstrip("/") + f"/rest/{ALL_VIEWS}"
        self._credentials, self._now, self._nonce = credentials, now, nonce

    def url(self, path: str) -> str:
        """The address of a path, for all views of the store."""
        return self._root + path

    def headers(self, method: str, url: str) -> Mapping[str, str]:
        """The signature over method, address and query; a JSON body is no part of it."""
        held = self._credentials
        auth = OAuth1(
            held.consumer_key,
            held.consumer_secret,
            held.access_token,
            held.access_token_secret,
            signature_method="HMAC-SHA256",
            timestamp=str(int(self._now().timestamp())),
            nonce=self._nonce(),
        )
        signed = auth(requests.Request(method, url).prepare())
        told: Any = signed.headers["Authorization"]
        return {"Authorization": told.decode() if isinstance(told, bytes) else told}


class CloudAccess:
    """Adobe Commerce as a Cloud Service: a bearer token of the identity service. ``token`` gives one that still holds."""

    def __init__(self, credentials: CloudCredentials, *, token: Callable[[], str]) -> None:
        check_address(credentials.base_url)
        if not SECRET.fullmatch(credentials.client_id) or not SECRET.fullmatch(credentials.organisation):
            raise ValueError("a client and an organisation are visible ASCII characters")
        self._root = credentials.base_url.rstrip("/")
        self._credentials, self._token = credentials, token

    def url(self, path: str) -> str:
        """The address of a path; there is no ``/rest`` and no view in it."""
        return self._root + path

    def headers(self, method: str, url: str) -> Mapping[str, str]:  # noqa: ARG002 - a bearer token opens them all alike
        """The token, whose it is, and that all views are meant."""
        return {
            "Authorization": f"Bearer {self._token()}",
            "x-api-key": self._credentials.client_id,
            "x-gw-ims-org-id": self._credentials.organisation,
            "Store": ALL_VIEWS,
        }


def credentials_from(raw: bytes) -> Credentials | CloudCredentials:
    """The kept credentials of either edition. Raises ValueError."""
    cloud = _read(raw).get("edition") == "cloud"
    return CloudCredentials.from_json(raw) if cloud else Credentials.from_json(raw)


def check_address(base_url: str) -> None:
    """Raises ValueError for what is no store's address: http or https, a host, no user, no query."""
    parts = urlsplit(base_url)
    odd = parts.username is not None or parts.password is not None or parts.query or parts.fragment
    if parts.scheme not in {"https", "http"} or not parts.hostname or odd:
        raise ValueError(f"not the address of a store: {base_url[:80]!r}")


def _fields(raw: bytes, edition: str, kind: type[Any]) -> dict[str, str]:
    held = _read(raw)
    if held.pop("edition", None) != edition or held.keys() != set(kind.__dataclass_fields__):
        raise ValueError("these are no credentials of this edition")
    return {name: str(value) for name, value in held.items()}


def _read(raw: bytes) -> dict[str, Any]:
    held = json.loads(raw)
    return held if isinstance(held, dict) else {}
