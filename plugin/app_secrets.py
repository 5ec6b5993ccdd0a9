"""What a Shopify store's deliveries may be signed with: our app's secrets, and its own where its people made the app.

Asked for with every delivery, so it answers from memory; the memory is renewed as a whole every few seconds, so that
whoever makes up names of stores costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from plugin.platforms.shopify.tokens import Credentials
from plugin.runtime import Runtime
from plugin.vault import Unsealable
from storage import access

SHOPIFY = "shopify"
#: also how long deliveries of a store that was connected just now may be refused; it sends them again
REMEMBERED_SECONDS = 5.0


class AppSecrets:
    """The secrets by store. ``monotonic`` is a clock that only runs forward, in seconds."""

    def __init__(self, runtime: Runtime, *, monotonic: Callable[[], float]) -> None:
        self._runtime = runtime
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._own: Mapping[str, str] = {}
        #: sealed credentials → the secret in them, so that what did not change is not opened again
        self._opened: dict[bytes, str] = {}
        self._until = float("-inf")

    def of(self, _platform: str, domain: str) -> tuple[str, ...]:
        """The secrets that a delivery of this store may be signed with, newest first."""
        ours = self._runtime.config.shopify_secrets
        if self._monotonic() >= self._until and self._lock.acquire(blocking=False):
            try:
                self._renew()
            finally:
                self._lock.release()
        own = self._own.get(domain)
        return ours if own is None else (*ours, own)

    @property
    def fresh(self) -> bool:
        """Whether the next answer comes from memory."""
        return self._monotonic() < self._until

    def _renew(self) -> None:
        with self._runtime.database.reading() as db:
            found = access.everyone(db, platform=SHOPIFY)
        before = self._opened
        opened = {
            sealed: before[sealed] if sealed in before else self._open(domain, sealed) for domain, sealed in found
        }
        self._own = {domain: opened[sealed] for domain, sealed in found if opened[sealed]}
        self._opened = opened
        self._until = self._monotonic() + REMEMBERED_SECONDS

    def _open(self, domain: str, sealed: bytes) -> str:
        try:
            kept = Credentials.from_json(self._runtime.keeper.unsealed(domain, sealed))
        except (Unsealable, ValueError):
            return ""
        return kept.app_secret or ""
