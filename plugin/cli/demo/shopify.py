"""The demo's store on Shopify: it tells of its orders by webhooks, and shows every visitor the codes that are theirs."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from plugin.cli.demo import past
from plugin.cli.demo.live import CANCELLED, DELIVERED_TWICE, REFUNDED, Life
from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.stage import TIMEZONE
from plugin.cli.demo.world import World, opened
from plugin.sandbox import diary, discounts
from plugin.sandbox.discounts import CodeRefused
from plugin.sandbox.history import Purchase, customer_name, purchases
from plugin.sandbox.postman import Chaos


class ShopifyLife(Life):
    """The life of a Shopify store; its past comes as a file that the merchant brings."""

    def __init__(self, world: World, directory: Path, bought: Sequence[Purchase], *, stop_at: datetime) -> None:
        super().__init__(world, world.store, Merchant(world), bought, stop_at=stop_at)
        self.world, self._directory = world, directory

    def live_before(self, purchases: Sequence[Purchase]) -> None:
        """Lets the store live through purchases that no webhook tells of."""
        past.happen(self.world, purchases)

    def tell_the_past(self) -> None:
        """Imports those purchases."""
        past.become_known(self.world, self._directory)

    def ask_now_and_then(self, *, asks: bool) -> None:
        """Nothing gets lost on the way to these days."""
        self.world.worker.reconciling.on = asks

    def buy(self, who: int, purchase: Purchase, *, at: datetime, code: str | None, fate: float) -> None:
        """With the code where the shop takes it; a few orders are cancelled, a few refunded."""
        store = self.world.store
        if diary.has_bought(store, who, at):
            return
        diary.know(store, who, customer_name(purchase.customer_number), at)
        try:
            placed = store.checkout(customer_id=who, total=purchase.total, code=code, at=at)
        except CodeRefused:
            placed = store.checkout(customer_id=who, total=purchase.total, at=at)
        if fate < CANCELLED:
            store.cancel(placed.order_id)
        elif fate < CANCELLED + REFUNDED:
            store.refund(placed.order_id, str(placed.total))

    def codes(self, who: int) -> Sequence[tuple[float, str]]:
        """Those that the shop shows to this visitor, by the share that they take off."""
        with self.world.store.transaction() as connection:
            meant = discounts.meant_for(connection, who)
        now = self.world.clock.now()
        fit = [one for one in meant if one.status(now) == "ACTIVE" and not one.times_used]
        return [(float(one.terms.fraction or 0), one.terms.code) for one in fit]

    def tell(self, rng: random.Random) -> None:
        """By webhooks."""
        self.world.postman.deliver(chaos=Chaos(rng=rng, duplicate_share=DELIVERED_TWICE, shuffle=True))

    def show(self, link: str) -> Sequence[str]:
        """Where to look, a line each."""
        return (
            f"The merchant's page       {self.world.shop_url}/admin   (in the store's admin)",
            f"                          {link}   (by itself; the link opens once)",
            f"The shop, as a customer   {self.world.shop_url}/",
        )

    def go_on(self) -> None:
        """A moment of the store's ordinary life."""
        self.world.postman.deliver()


@contextmanager
def beginning(directory: Path, port: int) -> Iterator[ShopifyLife]:
    """A store in a folder, ready to live until now."""
    with opened(directory, port) as world:
        bought = purchases(ends_on=world.ends_on, zone=TIMEZONE)
        yield ShopifyLife(world, directory, bought, stop_at=datetime.now(UTC))
