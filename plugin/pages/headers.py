"""What every answer tells the browser not to do."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Response, g

from plugin.config import Config

NOBODY = ("'none'",)
SHOPIFY_ADMIN = "https://admin.shopify.com"
APP_BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
SHOPIFY_STORES = "https://{shop}"


def bridge_address(config: Config) -> str:
    """Where App Bridge comes from: Shopify asks for its own address; a sandbox store brings its own."""
    if config.shopify_origin == SHOPIFY_STORES:
        return APP_BRIDGE
    return f"{_origin(config.shopify_origin)}/app-bridge.js"


def shopify_ancestors(config: Config, domain: str) -> tuple[str, ...]:
    """Who may frame the page of one store: that store and Shopify's admin, and a sandbox where one is set."""
    ours = (f"https://{domain}", SHOPIFY_ADMIN)
    return ours if config.shopify_origin == SHOPIFY_STORES else (*ours, _origin(config.shopify_origin))


def store_origin(domain: str) -> str:
    """The origin of a store that is known by its host, or by its whole address."""
    return _origin(domain if "://" in domain else f"https://{domain}")


def allow_frame(ancestors: Sequence[str]) -> None:
    """Lets these origins frame the answer to the present request; without this nobody may."""
    g.ancestors = tuple(ancestors)


def allow_script(address: str) -> None:
    """Lets the answer to the present request run a script from this address besides our own."""
    g.script = _origin(address)


def harden(answer: Response) -> Response:
    """Adds the headers to an answer, whoever made it."""
    head = answer.headers
    head["X-Content-Type-Options"] = "nosniff"
    head["Referrer-Policy"] = "no-referrer"
    # a server that finds none here names itself
    head["Server"] = "regulars"
    if answer.mimetype == "text/html":
        head["Content-Security-Policy"] = _policy(g.get("ancestors", ()), g.get("script", ""))
    if "Cache-Control" not in head:
        head["Cache-Control"] = "no-store"
    return answer


def _policy(ancestors: Sequence[str], script: str) -> str:
    return "; ".join((
        "default-src 'none'",
        f"script-src 'self' {script}".strip(),
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        f"frame-ancestors {' '.join(ancestors or NOBODY)}",
    ))  # fmt: skip


def _origin(address: str) -> str:
    parts = urlsplit(address.replace("{shop}.", ""))
    return f"{parts.scheme}://{parts.netloc}"
