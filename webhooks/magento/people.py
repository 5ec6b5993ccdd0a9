"""Who is who in one Magento store: a guest is recognised by a keyed hash of the e-mail address within a website.

The key belongs to the connection, so the hashes of two stores have nothing in common, and nobody without it can look
for an address. The address itself is not kept anywhere.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from webhooks.facts import Unexpected

#: what the ids of guests begin with; no number of Magento's does
GUEST = "guest-"
HEX_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What is needed to recognise the guests of one store, and the currency that it counts in."""

    #: of the connection; never changes while it lasts
    secret: bytes = field(repr=False)
    #: store view → website, as ``GET /V1/store/storeViews`` says
    websites: Mapping[int, int]
    #: the base currency of the default website
    currency: str

    def guest(self, email: str, *, store_id: int | None) -> str:
        """The id of whoever orders with this address in this view's website. Raises Unexpected for an unknown view."""
        website = self.websites.get(store_id) if store_id is not None else None
        if website is None:
            raise Unexpected("store_id: a store view that is not known yet")
        message = f"{website}\n{email.strip().lower()}".encode()
        return GUEST + hmac.digest(self.secret, message, hashlib.sha256).hex()[:HEX_DIGITS]
