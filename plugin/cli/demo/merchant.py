"""The merchant of the demo: opens the app from the store's admin, and goes live and turns win-back on once there is something to see."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click
import requests

from plugin.cli.demo.world import DOMAIN, World
from plugin.usecases.install import PROPOSAL
from storage import programs, shops

#: the longest wait for a page
SECONDS = 30
#: what the merchant is ready to give away in a month, and the order up to which the worst case is reckoned
MONTHLY_BUDGET, ORDER_GUARD = Decimal(2_500), Decimal(60)
#: days between two offers to one customer
WAIT_DAYS = 60
#: tiers above the first that get nothing: the discounts are for the best
TIERS_WITHOUT = 1


class Merchant:
    """Acts through the pages and their API, as a person with the app open would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.decided = False

    def install(self) -> None:
        """Opens the app's page for the first time, from the store's admin."""
        with self.world.runtime.database.reading() as db:
            if shops.find(db, platform="shopify", domain=DOMAIN) is not None:
                return
        answer = requests.get(
            f"{self.world.app_url}/app/overview",
            params={"shop": DOMAIN, "embedded": "1", "id_token": self.world.store.id_token()},
            timeout=SECONDS,
        )
        if not answer.ok:
            raise click.ClickException(f"The app could not be installed: the page answered {answer.status_code}.")

    def look_in(self) -> None:
        """Once the rules are proposed from the shop's own orders: changes them a little and turns win-back on."""
        if self.decided:
            return
        with self.world.runtime.database.reading() as db:
            current = programs.current(db, self.world.shop().shop_id)
        if current is None or (current.version < 2 and current.author == PROPOSAL):
            return
        self.decided = True
        if current.author == PROPOSAL:
            self._turn_win_back_on()

    def _turn_win_back_on(self) -> None:
        kept = self._api("GET", "/api/v1/program")
        program = kept["program"]
        program["mode"] = "live"
        # all who are late are written to on their day: the store is gone through in minutes, not in two years
        program["win_back"] |= {"enabled": True, "daily_ramp": 0}
        program["limits"] |= {
            "monthly_budget": str(MONTHLY_BUDGET),
            "order_guard": str(ORDER_GUARD),
            "wait_days": WAIT_DAYS,
        }
        for tier in program["loyalty"]["tiers"][1 : 1 + TIERS_WITHOUT]:
            tier["percent"] = 0
        self._api("PUT", "/api/v1/program", {"program": program, "base_version": kept["version"]})

    def _token(self) -> str:
        """What the store's admin proves the merchant with."""
        return self.world.store.id_token()

    def _api(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = requests.request(
            method,
            self.world.app_url + path,
            json=body,
            headers={"Authorization": f"Bearer {self._token()}"},
            timeout=SECONDS,
        )
        if not answer.ok:
            raise click.ClickException(
                f"The app's API answered {answer.status_code} to {method} {path}: {answer.text[:200]}"
            )
        told: dict[str, Any] = answer.json()
        return told
