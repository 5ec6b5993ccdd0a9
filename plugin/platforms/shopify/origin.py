"""Where a store's API is, built from a checked name and the setting, from nothing else."""

from __future__ import annotations

import re

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")


def is_shop_domain(value: str) -> bool:
    """Whether this is the permanent name of a Shopify store, whole and in lower case."""
    return SHOP_DOMAIN.fullmatch(value) is not None


def address(origin: str, *, shop: str, path: str) -> str:
    """The address of ``path`` at a store.

    ``{shop}`` in the origin stands for the store's domain; an origin without it is one machine for all stores, which
    learns from the X-Shopify-Shop-Domain header which one is meant.
    Raises ValueError for what is no store's domain.
    """
    if not is_shop_domain(shop):
        raise ValueError(f"not a domain of a Shopify store: {shop[:80]!r}")
    return origin.replace("{shop}", shop).rstrip("/") + path
