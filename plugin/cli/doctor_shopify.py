"""What the doctor says of the way between Shopify and us: our address, what is delivered to it, what each store tells us."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from plugin.cli.counting import counted
from plugin.platforms.line import Reply
from plugin.platforms.protocol import PlatformError
from plugin.runtime import Runtime
from plugin.worker import subscribing
from storage import inbox
from storage.shops import Shop

SHOPIFY = "shopify"
#: about, whether it is well, what is told
Said = tuple[str, bool, str]
#: a store that sells tells something every few days
SILENCE = timedelta(days=7)
#: a lost share of deliveries above this is no accident
REFUSED_SHARE = 0.05
OUTCOME = re.compile(r'^regulars_webhook_answers_total\{outcome="([a-z_]+)"\} ([0-9.e+]+)$', re.MULTILINE)


def address(built: Runtime, shops: Sequence[Shop]) -> Iterator[Said]:
    """Whether stores reach us: the address that they are given, and how what came to it was answered."""
    if not any(shop.platform == SHOPIFY and shop.state != "uninstalled" for shop in shops):
        return
    config, about = built.config, "public address"
    home = config.public_url.rstrip("/")
    if not home:
        yield about, False, "is not set, so no store can deliver; set REGULARS_PUBLIC_URL"
        return
    if not home.startswith("https://") and not config.allow_private_hosts:
        yield about, False, f"{home} is not https, and Shopify delivers to nothing else; set REGULARS_PUBLIC_URL"
        return
    alive = _asked(built, f"{home}/livez")
    if isinstance(alive, str):
        yield (
            about,
            False,
            f"{home} cannot be reached from here ({alive}); is the server running, and does the name lead to it?",
        )
    elif (alive.status, alive.body.strip()) != (200, b"alive"):
        yield about, False, f"at {home} something else answers ({alive.status}); set REGULARS_PUBLIC_URL to this server"
    else:
        yield about, True, f"{home} is this server"
        yield from _signatures(built, home)


def app(built: Runtime, shops: Sequence[Shop]) -> Iterator[Said]:
    """Whether we have a name and a secret, where stores have let an app of ours in."""
    there = [shop for shop in shops if shop.platform == SHOPIFY and shop.state != "uninstalled"]
    if there and not built.config.shopify_client_id and not all(_by_hand(built, shop) for shop in there):
        told = (
            "is not set, so no token can be renewed; set REGULARS_SHOPIFY_CLIENT_ID and REGULARS_SHOPIFY_CLIENT_SECRET"
        )
        yield "Shopify app", False, told


def way(built: Runtime, shop: Shop) -> Iterator[Said]:
    """What is known of a store's way in without asking it."""
    about = f"connection of {shop.domain}"
    if shop.access_lost_at is not None:
        told = f"shut since {shop.access_lost_at:%Y-%m-%d %H:%M} UTC: {shop.access_trouble}"
        yield about, False, told
    with built.database.reading() as db:
        last = inbox.last_heard(db, shop.shop_id)
    since = max(filter(None, (last, shop.granted_at, shop.installed_at)))
    if shop.state == "active" and built.now() - since > SILENCE:
        heard = f"since {last:%Y-%m-%d}" if last else "ever"
        told = f"nothing was delivered {heard}; look at the webhooks in Shopify's Dev Dashboard, and import what is missing"
        yield f"deliveries from {shop.domain}", False, told


def subscriptions(built: Runtime, shop: Shop) -> Iterator[Said]:
    """Whether a custom app is subscribed to what we read; others have that in their app file. Asks the store."""
    about = f"subscriptions of {shop.domain}"
    try:
        wrong = subscribing.found_wrong(built, shop)
    except PlatformError as error:
        yield about, False, f"cannot be listed: {error}"
        return
    if wrong is None:
        return
    parts = (("missing", [one.topic for one in wrong.missing]), ("wrong", [want.topic for _, want in wrong.wrong]))
    listed = "; ".join(f"{word}: {', '.join(topics)}" for word, topics in parts if topics)
    doubled = f"{len(wrong.doubled)} doubled" if wrong.doubled else ""
    if wrong:
        told = f"{'; '.join(filter(None, (listed, doubled)))}; a running worker puts that right within the hour"
        yield about, False, told
    else:
        yield about, True, "as the manifest names them"


def to_grant(built: Runtime, shop: Shop) -> str:
    """What to do about scopes that a store has not granted."""
    home = built.config.public_url.rstrip("/")
    if not home or _by_hand(built, shop):
        return "grant them to the app in the store's admin"
    return f"open the app in the store's admin, or {home}/auth/shopify?shop={shop.domain}, and agree"


def _by_hand(built: Runtime, shop: Shop) -> bool:
    try:
        kept = built.credentials(shop)
    except PlatformError:
        return False
    return kept is not None and kept.lasting


def _signatures(built: Runtime, home: str) -> Iterator[Said]:
    """Of what came since the server began: whether the secret is the one that it was signed with."""
    told_of = _asked(built, f"{home}/metrics")
    if isinstance(told_of, str) or told_of.status != 200:
        return
    counts = {name: float(value) for name, value in OUTCOME.findall(told_of.body.decode("utf-8", "replace"))}
    bad, every = counts.get("bad_signature", 0.0), sum(counts.values())
    if bad and bad / every > REFUSED_SHARE:
        told = (
            f"{bad:,.0f} of {counted(every, 'delivery', 'deliveries')} came signed with another secret; compare REGULARS_SHOPIFY_CLIENT_SECRET "
            "with the Dev Dashboard, or a custom app's --secret with the store's admin"
        )
        yield "signatures", False, told
    elif every:
        yield (
            "signatures",
            True,
            f"{counted(every, 'delivery', 'deliveries')} since the server began, {bad:,.0f} with a wrong signature",
        )


def _asked(built: Runtime, url: str) -> Reply | str:
    try:
        return built.lines["our own address"].send("GET", url, headers={"Accept": "text/plain"})
    except PlatformError as error:
        return str(error)
