"""Waits for the keeper on an event loop: no thread waits, and all deliveries of one commit are woken together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from storage.inbox import Delivery
from webhooks.keeper import CannotKeep, Keeper, Ticket


class LoopKeeper:
    """``keeper`` for those who run on ``loop``; nothing of it may be called from anywhere else."""

    def __init__(self, keeper: Keeper, loop: asyncio.AbstractEventLoop) -> None:
        self._keeper = keeper
        self._loop = loop
        self._waiting: dict[Ticket, asyncio.Future[None]] = {}
        # one and the same for all, so that the keeper sees that they belong together
        self._settled = self._on_loop

    async def keep(self, delivery: Delivery) -> bool:
        """As ``Keeper.keep``."""
        # it is told on this loop, so not before it waits
        ticket = self._keeper.enter(delivery, self._settled)
        settled = self._waiting[ticket] = self._loop.create_future()
        timer = self._loop.call_later(self._keeper.patience_seconds, self._give_up, ticket)
        try:
            await settled
        finally:
            timer.cancel()
            self._waiting.pop(ticket, None)
        return ticket.answer()

    def _on_loop(self, tickets: Sequence[Ticket]) -> None:
        """Called by the writer's thread. A loop that is closed has nobody left to tell."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake, tickets)

    def _wake(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            settled = self._waiting.get(ticket)
            if settled is not None and not settled.done():
                settled.set_result(None)

    def _give_up(self, ticket: Ticket) -> None:
        settled = self._waiting.get(ticket)
        if settled is not None and not settled.done():
            self._keeper.withdraw(ticket)
            settled.set_exception(CannotKeep("not durable in time"))
