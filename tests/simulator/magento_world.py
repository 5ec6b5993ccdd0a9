"""The simulated world with a Magento store in it: the same scheduler, the same invariants, another store."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from plugin.rewards.holdout import is_held_out
from plugin.usecases import install
from storage import offers
from storage.engine import Database
from tests.simulator.chaos import Run, _Director
from tests.simulator.checks import Violation, Watch
from tests.simulator.magento_store import MagentoShop
from tests.simulator.parts import Parts
from tests.simulator.rules import HOLDOUT_PERCENT
from tests.simulator.world import World

DOMAIN = "magento.simulated.test"
#: an order that was placed at the end may come, and the round that closes comes once an hour
SETTLED = timedelta(hours=4)


class MagentoWorld(World):
    """A world whose shop is a Magento store."""

    def install(self) -> None:
        """The merchant connects the store, or does it again."""
        if not isinstance(self.store, MagentoShop):
            self.store = self.town.store = MagentoShop(self.store, self._whose)
        with self.database.transaction() as db:
            self.shop = install.begin(
                db, platform="magento", domain=DOMAIN, info=self.store.store_info(), sealed=b"", now=self.time
            )
        self.store.away = False

    def _whose(self, codes: Collection[str]) -> Mapping[str, str]:
        with self.database.reading() as db:
            return {code: one.offer_id for code, one in offers.by_codes(db, self.shop.shop_id, codes).items()}


class MagentoWatch(Watch):
    """The same eyes, and what only a store without ends by the hour can get wrong."""

    def quiet(self) -> None:
        """Raises Violation also for a code that is good although its offer's end is long past."""
        super().quiet()
        now = self.world.now()
        for one in self.world.store.usable():
            owner = self.made.get(one.spec.tag)
            known = owner is not None and one.spec.tag not in self.world.store.meddled | self.lost
            if known and owner is not None and owner.ends_at + SETTLED < now:
                raise Violation(f"I2: {one.spec.code} is good, and was to end at {owner.ends_at}")

    def _holdout(self) -> None:
        key = self.world.program.key
        for one in self.world.store.codes.values():
            who = one.spec.customer_id
            if is_held_out(key=key, shop=f"magento|{DOMAIN}", customer_id=who, percent=HOLDOUT_PERCENT):
                raise Violation(f"I9: {one.spec.code} for {who} of the control group")


def play(
    database: Database,
    seed: int,
    parts: Callable[[], Parts] = Parts,
    troubles: frozenset[str] | None = None,
    change: Callable[[MagentoShop], None] = lambda _shop: None,
) -> Run:
    """Plays one schedule as ``chaos.play`` does; ``change`` plants a bug in the platform."""
    world = MagentoWorld(database, seed, parts())
    assert isinstance(world.store, MagentoShop)
    change(world.store)
    run = Run(seed, hits=world.hits)
    director = _Director(world, run, troubles)
    director.watch = MagentoWatch(world)
    try:
        director.chaos()
        director.rest()
    except Violation as broken:
        run.violation = str(broken)
    except Exception as broken:  # noqa: BLE001 - what the product did not foresee is a finding as well
        where = traceback.extract_tb(broken.__traceback__)[-1]
        run.violation = f"{type(broken).__name__} in {where.filename} {where.name}, line {where.lineno}: {broken}"[:300]
    finally:
        world.leave()
    return replace(run)
