"""A Magento store's address as the merchant declares it: written in one way, and named by its host where that is enough."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from plugin.platforms.magento.access import check_address

SECURE = "https://"
LONGEST = 200
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?|\[[0-9a-f:]{2,45}\]")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]{1,60}){0,4}")


def declared(text: str, *, plain_allowed: bool) -> str:
    """The address without a slash at its end, its host in small letters. Raises ValueError with a sentence.

    Without a scheme https is meant. ``plain_allowed`` lets http pass, for a test store.
    """
    given = text.strip()
    check_address(url := given if "://" in given else SECURE + given)
    parts = urlsplit(url)
    host, path = (parts.hostname or "").lower(), parts.path.rstrip("/")
    host = f"[{host}]" if ":" in host else host
    if len(url) > LONGEST or not _HOST.fullmatch(host) or not _PATH.fullmatch(path):
        raise ValueError(f"{text[:80]!r} is not the address of a store; it looks like https://shop.example.com")
    if parts.scheme != "https" and not plain_allowed:
        raise ValueError(
            "a store is only spoken to over https (a test store on loopback: REGULARS_ALLOW_PRIVATE_HOSTS=1)"
        )
    port = f":{parts.port}" if parts.port is not None and parts.port != (443 if parts.scheme == "https" else 80) else ""
    return f"{parts.scheme}://{host}{port}{path}"


def domain_of(base_url: str) -> str:
    """How the shop is named: the address less https, whole where it is http."""
    return base_url.removeprefix(SECURE)


def url_of(domain: str) -> str:
    """The address of a shop that is named so."""
    return domain if "://" in domain else SECURE + domain


def same_place(told: str, base_url: str) -> bool:
    """Whether what somebody told is the declared store: the same scheme, host, port and path, however it is spelled."""
    try:
        return declared(told, plain_allowed=True) == base_url
    except ValueError:
        return False


def same_host(address: str, base_url: str) -> bool:
    """Whether an address lies on the declared store's host, by the same scheme and port."""
    one, other = urlsplit(address), urlsplit(base_url)
    try:
        ports = one.port, other.port
    except ValueError:
        return False
    return (
        (one.scheme, one.hostname) == (other.scheme, other.hostname) and ports[0] == ports[1] and "@" not in one.netloc
    )
