"""The way in without a store's admin around the page: a signed link, good once and for a minute, then a session.

A session token lives 15 minutes, is renewed while it is used, and ends for good after 8 hours. It is kept by the
page's script, never in a cookie. Used links are remembered per process; a link shown to two processes within its
minute opens twice, which hands out nothing that the holder of the link did not have already.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from plugin.runtime import Runtime
from plugin.vault import BadToken, Vault
from storage.shops import Shop

LAUNCH_SECONDS = 60
SESSION_SECONDS = 15 * 60
RENEW_AFTER = timedelta(minutes=5)
SESSION_ENDS_AFTER = timedelta(hours=8)
LAUNCH = "page launch"
SESSION = "page session"


@dataclass(slots=True)
class UsedLinks:
    """The links that this process has let in, until they would have run out by themselves."""

    ends: dict[str, datetime] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, link_id: str, *, until: datetime, now: datetime) -> bool:
        """True the first time."""
        with self.lock:
            for old in [name for name, end in self.ends.items() if end <= now]:
                del self.ends[old]
            return self.ends.setdefault(link_id, until) is until


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a session token says."""

    shop_id: int
    started: datetime
    renewed: datetime
    locale: str
    #: may look, not change
    read_only: bool = False


def launch_url(
    runtime: Runtime, shop: Shop, *, origin: str, path: str = "/app/overview", locale: str = "",
    lives_seconds: int = LAUNCH_SECONDS, read_only: bool = False,
) -> str:  # fmt: skip
    """A link that opens a shop's page once. ``origin`` is where the app is reached, as http://127.0.0.1:8000.

    Who comes by a ``read_only`` link can look and change nothing.
    """
    now = runtime.now()
    claims = {"jti": secrets.token_hex(8), "shop": shop.shop_id, "until": int(now.timestamp()) + lives_seconds}
    if locale:
        claims["locale"] = locale
    if read_only:
        claims["look"] = True
    token = runtime.vault.sign(claims, purpose=LAUNCH, lives_seconds=lives_seconds, now=now)
    return f"{origin.rstrip('/')}{path}?{urlencode({'t': token})}"


def enter(vault: Vault, used: UsedLinks, token: str, *, now: datetime) -> Session:
    """The session that a launch token begins. Raises BadToken, also for one that was used."""
    claims = vault.verify(token, purpose=LAUNCH, now=now)
    if not used.use(str(claims["jti"]), until=_instant(claims["until"]), now=now):
        raise BadToken("the link was used")
    return Session(
        shop_id=int(claims["shop"]), started=now, renewed=now, locale=str(claims.get("locale", "")),
        read_only=bool(claims.get("look")),
    )  # fmt: skip


def session_token(vault: Vault, session: Session, *, now: datetime) -> str:
    """A token for a session, renewed now; its life ends with the session's."""
    left = int((session.started + SESSION_ENDS_AFTER - now).total_seconds())
    claims = {"shop": session.shop_id, "started": int(session.started.timestamp()), "renewed": int(now.timestamp())}
    if session.read_only:
        claims["look"] = True
    return vault.sign(claims, purpose=SESSION, lives_seconds=max(1, min(SESSION_SECONDS, left)), now=now)


def read_session(vault: Vault, token: str, *, now: datetime) -> Session:
    """What a session token says. Raises BadToken."""
    claims = vault.verify(token, purpose=SESSION, now=now)
    started = _instant(claims["started"])
    if now >= started + SESSION_ENDS_AFTER:
        raise BadToken("the session has ended")
    return Session(
        shop_id=int(claims["shop"]), started=started, renewed=_instant(claims["renewed"]), locale="",
        read_only=bool(claims.get("look")),
    )  # fmt: skip


def due_for_renewal(session: Session, *, now: datetime) -> bool:
    """Whether the next answer should carry a fresh token."""
    return now - session.renewed >= RENEW_AFTER


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
