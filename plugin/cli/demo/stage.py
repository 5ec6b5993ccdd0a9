"""What stands on every demo's stage, whatever the platform: a clock, Regulars' web side and its worker, and a store beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date

import click

from plugin.cli.demo.clock import Clock
from plugin.runtime import Runtime
from plugin.worker.loop import Worker
from storage.shops import Shop

HOST = "127.0.0.1"
TIMEZONE = "America/New_York"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(ABC):
    """What the same story is played on."""

    clock: Clock
    runtime: Runtime
    worker: Worker
    app_url: str
    shop_url: str
    #: the last day of the purchase history; fixed when the folder is first used
    ends_on: date

    @abstractmethod
    def known(self) -> Shop | None:
        """The sandbox store as Regulars knows it; None before it is connected."""

    def shop(self) -> Shop:
        """The sandbox store as Regulars knows it. Raises ClickException before it is connected."""
        if (found := self.known()) is None:
            raise click.ClickException("The sandbox store is not connected; remove the demo's folder and try again.")
        return found
