"""What a custom app hears of: its subscriptions are its own to make, and the store deletes them after failures."""

from __future__ import annotations

from plugin.platforms.shopify import subscriptions
from plugin.platforms.shopify.subscriptions import Differences, Wanted
from plugin.runtime import Runtime
from storage.shops import Shop


def wanted(runtime: Runtime) -> tuple[Wanted, ...]:
    """What a store should tell us, and where; nothing while we have no address."""
    home = runtime.config.public_url.rstrip("/")
    if not home:
        return ()
    return tuple(
        Wanted(topic=hook.topic, uri=home + hook.uri, include_fields=hook.include_fields)
        for hook in runtime.manifest.shopify.webhooks
    )


def found_wrong(runtime: Runtime, shop: Shop) -> Differences | None:
    """What a custom app's subscriptions lack; None where they are not ours to keep. Raises PlatformError."""
    want, credentials = wanted(runtime), runtime.credentials(shop)
    if not want or credentials is None or not credentials.lasting:
        return None
    return subscriptions.differences(subscriptions.listed(runtime.client(shop.domain, credentials)), want)


def look_after(runtime: Runtime, shop: Shop) -> None:
    """Makes what is missing, corrects what is wrong, removes what is doubled, and counts it. Raises PlatformError."""
    wrong = found_wrong(runtime, shop)
    if not wrong or (credentials := runtime.credentials(shop)) is None:
        return
    client = runtime.client(shop.domain, credentials)
    runtime.metrics.missing(len(wrong.missing))
    for want in wrong.missing:
        subscriptions.create(client, want)
        runtime.metrics.connection("subscription_made")
    for one, want in wrong.wrong:
        subscriptions.correct(client, one, want)
        runtime.metrics.connection("subscription_corrected")
    for one in wrong.doubled:
        subscriptions.remove(client, one)
        runtime.metrics.connection("subscription_removed")
