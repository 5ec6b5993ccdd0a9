"""The tokens of the stores: kept sealed, renewed by one process at a time, never lost.

A pair lies in one sealed value that is replaced whole, and only where nobody has put a newer one there. Who renews holds a
lease of the store's; if that process dies, at whatever step, the lease falls, and the refresh token that is still stored
is used again: the store takes it until its successor is used. What the store does not take any more is found out by
asking, and only the merchant's next visit heals it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.metrics import Metrics
from plugin.platforms.line import Line
from plugin.platforms.protocol import AccessLost, PlatformError, Throttled, Unauthorized
from plugin.platforms.shopify import tokens
from plugin.platforms.shopify.tokens import Credentials
from plugin.vault import Unsealable, Vault
from storage import access
from storage.access import Kept
from storage.engine import Database
from storage.shops import Shop

#: longer than a line waits for an answer (``line.Patience``), so that no two are under way
LEASE_SECONDS = 90.0
#: an old token is used while another process renews it, but not to its last moment
LEAST_LIFE = timedelta(seconds=20)
ASK_AGAIN_SECONDS = 2.0
#: a pair whose access token ended this long ago is renewed for its own sake; a refresh token lives 90 days
LONGEST_REST = timedelta(days=1)
OPEN_ONCE = "open Regulars once from the store's admin"
NEW_TOKEN = "give a new token with regulars shops add shopify"  # noqa: S105 - says what to do


@dataclass(slots=True)
class _Turn:
    """A store's lease, as its holder knows it."""

    until: datetime
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKeeper:
    """The keeper of one process. ``renewing`` has a lock for each store's domain."""

    database: Database
    vault: Vault
    app: tokens.App
    lines: Mapping[str, Line]
    renewing: MutableMapping[str, threading.Lock]
    metrics: Metrics
    now: Callable[[], datetime]

    def seal(self, domain: str, credentials: Credentials) -> bytes:
        """Credentials as they lie in the database."""
        return self.vault.seal(credentials.to_json(), about=_about(domain))

    def unsealed(self, domain: str, sealed: bytes) -> bytes:
        """The other way round. Raises Unsealable."""
        return self.vault.unseal(sealed, about=_about(domain))

    def credentials(self, shop: Shop) -> Credentials | None:
        """What opens a store's API, or None where it was never given or is gone with the uninstall.

        Raises AccessLost where the present keys do not open it.
        """
        found = self._read(shop)
        return None if found is None else found[1]

    def fresh(self, shop: Shop) -> Credentials:
        """Credentials with a token that the store should know; renewed first where they have to be. Raises PlatformError.

        AccessLost: the stored ones are of no use any more.
        """
        with self.renewing[shop.domain]:
            kept, credentials = self._usable(shop)
            if credentials.usable(self.now()) and not kept.distrusted:
                return credentials
            with self._lease(shop.shop_id) as turn:
                if turn is not None:
                    return self._renew(shop, turn)
            if credentials.lives(self.now() + LEAST_LIFE) and not kept.distrusted:
                return credentials
            raise Throttled("another process renews the token", retry_after_seconds=ASK_AGAIN_SECONDS)

    def rest_ended(self, shop: Shop) -> bool:
        """Renews a pair that nobody has used for a day, before its refresh token dies unused. Raises PlatformError."""
        credentials = self.credentials(shop)
        idle = credentials is not None and not credentials.lives(self.now() - LONGEST_REST)
        if idle:
            self.fresh(shop)
        return idle

    def seal_again(self, shop: Shop) -> bool:
        """Seals under the newest key what lies under an older one, so that the older one can be thrown away."""
        with self.database.reading() as db:
            kept = access.kept(db, shop.shop_id)
        if kept is None or self.vault.sealed_with_newest(kept.sealed):
            return False
        anew = self.vault.seal(self.vault.unseal(kept.sealed, about=_about(shop.domain)), about=_about(shop.domain))
        with self.database.transaction() as db:
            return access.replace(db, shop.shop_id, old=kept.sealed, new=anew)

    @contextmanager
    def alone(self, shop_id: int, domain: str) -> Iterator[bool]:
        """Whether nobody else is getting tokens for the store; nobody will, until this ends."""
        with self.renewing[domain], self._lease(shop_id) as turn:
            yield turn is not None

    @contextmanager
    def _lease(self, shop_id: int) -> Iterator[_Turn | None]:
        with self.database.transaction() as db:
            until = access.lease(db, shop_id, now=self.now(), seconds=LEASE_SECONDS)
        if until is None:
            yield None
            return
        turn = _Turn(until)
        try:
            yield turn
        finally:
            if not turn.over:
                with self.database.transaction() as db:
                    access.release(db, shop_id, until)

    def _renew(self, shop: Shop, turn: _Turn) -> Credentials:
        kept, credentials = self._usable(shop)
        if credentials.usable(self.now()) and not kept.distrusted:
            # whoever had the lease before has done it
            return credentials
        try:
            renewed = self._asked(shop, credentials)
        except Unauthorized:
            return self._newer_than(shop, kept)
        anew = self.seal(shop.domain, renewed)
        with self.database.transaction() as db:
            saved = access.replace(db, shop.shop_id, old=kept.sealed, new=anew, scopes=" ".join(renewed.scopes))
        # new tokens end the lease in the same commit
        turn.over = saved
        return renewed if saved else self._newer_than(shop, kept)

    def _asked(self, shop: Shop, credentials: Credentials) -> Credentials:
        line = self.lines[shop.domain]
        try:
            renewed = tokens.refresh(
                line, self.app, shop=shop.domain, refresh_token=credentials.refresh_token or "", now=self.now()
            )
        except PlatformError as error:
            self.metrics.renewed(error)
            raise
        self.metrics.renewed(None)
        return renewed.of_the_app(credentials.app_secret)

    def _newer_than(self, shop: Shop, old: Kept) -> Credentials:
        """What a merchant's visit has put there meanwhile. Raises AccessLost where nothing was."""
        kept, credentials = self._usable(shop)
        if kept.sealed != old.sealed and credentials.usable(self.now()):
            return credentials
        raise AccessLost(f"the store does not renew the token any more: {OPEN_ONCE}")

    def _usable(self, shop: Shop) -> tuple[Kept, Credentials]:
        """Raises AccessLost where there is nothing, or nothing that could still be renewed."""
        found = self._read(shop)
        if found is None:
            raise AccessLost(f"there is no token: {OPEN_ONCE}")
        kept, credentials = found
        good = credentials.usable(self.now()) and not kept.distrusted
        if not good and not credentials.refreshable(self.now()):
            gone = f"the token cannot be renewed any more: {OPEN_ONCE}"
            raise AccessLost(f"the store does not know the token: {NEW_TOKEN}" if credentials.lasting else gone)
        return kept, credentials

    def _read(self, shop: Shop) -> tuple[Kept, Credentials] | None:
        with self.database.reading() as db:
            kept = access.kept(db, shop.shop_id)
        if kept is None:
            return None
        try:
            return kept, Credentials.from_json(self.vault.unseal(kept.sealed, about=_about(shop.domain)))
        except (Unsealable, ValueError) as error:
            # the trouble of one store, and not of the step that serves them all
            raise AccessLost(
                f"the token cannot be opened with the present keys: restore them, or {OPEN_ONCE}"
            ) from error


def _about(domain: str) -> str:
    return f"shop:{domain}:credentials"
