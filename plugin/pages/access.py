"""Who is asking: proven by the store platform's session token, or by our own launch link and session. Never a cookie."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from flask import Request, g
from werkzeug.exceptions import TooManyRequests

from plugin.pages import headers, launch
from plugin.pages.front import Front
from plugin.platforms.protocol import PlatformError
from plugin.platforms.shopify import auth
from plugin.vault import BadToken
from storage import shops
from storage.shops import Shop

log = logging.getLogger(__name__)
SHOPIFY = "shopify"
MAGENTO = "magento"
STANDALONE = "standalone"
HOSTS = (SHOPIFY, MAGENTO, STANDALONE)
#: whose admin frames the page
FRAMING = (SHOPIFY, MAGENTO)
UNINSTALLED = "uninstalled"
LONGEST_PLACE = 300


class NoAccess(Exception):
    """The token does not hold, or names no store that is connected; ``stale`` where a fresh one would help."""

    def __init__(self, *, stale: bool = False) -> None:
        super().__init__()
        self.stale = stale


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A proven visitor: of which shop, in which host, and who is written down as the author of a change."""

    shop: Shop
    host: str
    author: str
    #: a session token to hand out with the answer, or ""
    session: str = ""
    #: may look, not change
    read_only: bool = False

    @property
    def place(self) -> str:
        """What a reload needs to find the shop's frame again; no secret."""
        return f"{self.host}:{self.shop.domain if self.host in FRAMING else self.shop.shop_id}"


def of_document(front: Front, request: Request) -> Visitor | None:
    """The visitor that a document's address proves, or None: the page then asks again with a fresh token."""
    try:
        if token := request.args.get("id_token", ""):
            return _remember(front, _by_session_token(front, token))
        if token := request.args.get("t", ""):
            return _remember(front, _by_launch(front, token))
    except NoAccess:
        return None
    return None


def of_bearer(front: Front, request: Request) -> Visitor:
    """The visitor that the Authorization header proves. Raises NoAccess."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NoAccess
    try:
        session = launch.read_session(front.runtime.vault, token.strip(), now=front.runtime.now())
    except BadToken:
        return _remember(front, _by_session_token(front, token.strip()))
    return _remember(front, _by_session(front, session))


def known_place(front: Front, request: Request) -> tuple[str, Shop | None]:
    """The host and the shop that an unproven address names; only a connected shop of a platform is told."""
    host, _, name = request.args.get("s", "").partition(":")
    if not name and request.args.get("shop"):
        host, name = SHOPIFY, request.args["shop"]
    if host not in FRAMING or len(name) > LONGEST_PLACE:
        return (host if host in HOSTS else STANDALONE), None
    with front.runtime.database.reading() as db:
        shop = shops.find(db, platform=host, domain=name.lower())
    return host, None if shop is None or shop.state == UNINSTALLED else shop


def admit_frame(front: Front, host: str, shop: Shop | None) -> None:
    """Lets the shop's own admin frame the answer, and nobody else."""
    if host == SHOPIFY:
        headers.allow_script(headers.bridge_address(front.runtime.config))
        if shop is not None:
            headers.allow_frame(headers.shopify_ancestors(front.runtime.config, shop.domain))
    elif host == MAGENTO and shop is not None:
        admin = front.runtime.integrations.admin_origin(shop)
        headers.allow_frame((headers.store_origin(shop.domain), *filter(None, (admin,))))


def _by_session_token(front: Front, token: str) -> Visitor:
    config = front.runtime.config
    if not config.shopify_client_id:
        raise NoAccess
    try:
        claims = auth.check_session_token(
            token, client_id=config.shopify_client_id, secrets=config.shopify_secrets, now=front.runtime.now()
        )
    except auth.BadSessionToken as wrong:
        raise NoAccess(stale=wrong.stale) from None
    shop = _let_in(front, claims.shop_domain, token)
    if shop is None:
        raise NoAccess
    return Visitor(shop=shop, host=SHOPIFY, author=f"shopify:{claims.user_id}")


def _let_in(front: Front, domain: str, token: str) -> Shop | None:
    """A store that is not connected, or has shut us out since, is let in by this visit."""
    shop = _connected(front, domain)
    if shop is not None and shop.access_trouble is None:
        return shop
    try:
        front.on_first_open(domain, token)
    except PlatformError as error:
        if shop is None:
            raise
        # the pages say themselves that the store is not connected
        log.warning("shop %d still lets nobody in: %s", shop.shop_id, type(error).__name__)
    return _connected(front, domain)


def _connected(front: Front, domain: str) -> Shop | None:
    with front.runtime.database.reading() as db:
        shop = shops.find(db, platform=SHOPIFY, domain=domain)
    return None if shop is None or shop.state == UNINSTALLED else shop


def _by_launch(front: Front, token: str) -> Visitor:
    now = front.runtime.now()
    try:
        session = launch.enter(front.runtime.vault, front.used_links, token, now=now)
    except BadToken:
        raise NoAccess from None
    g.locale_wish = session.locale
    return _standalone(front, session, hand_out=True)


def _by_session(front: Front, session: launch.Session) -> Visitor:
    return _standalone(front, session, hand_out=launch.due_for_renewal(session, now=front.runtime.now()))


def _standalone(front: Front, session: launch.Session, *, hand_out: bool) -> Visitor:
    try:
        with front.runtime.database.reading() as db:
            shop = shops.get(db, session.shop_id)
    except LookupError:
        raise NoAccess from None
    if shop.state == UNINSTALLED:
        raise NoAccess
    token = launch.session_token(front.runtime.vault, session, now=front.runtime.now()) if hand_out else ""
    host = MAGENTO if shop.platform == MAGENTO else STANDALONE
    return Visitor(shop=shop, host=host, author=STANDALONE, session=token, read_only=session.read_only)


def _remember(front: Front, visitor: Visitor) -> Visitor:
    """Raises TooManyRequests where the shop's people, or a program of theirs, take what others need."""
    if wait := front.asks.wait(visitor.shop.shop_id):
        raise TooManyRequests(retry_after=math.ceil(wait))
    front.asks.take(visitor.shop.shop_id)
    # dates are written on the shop's clock, a fresh session goes out with whatever is answered, and no stranger asks
    g.proven = True
    g.timezone = visitor.shop.timezone
    g.session = visitor.session
    return visitor
