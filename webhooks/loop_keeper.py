"""Waits for the keeper on an event loop: no thread waits, and all deliveries of one commit are woken together.

A commit costs nearly the same for one delivery as for thirty. So it begins when the loop has nothing more to enter, or
when many wait; nobody sleeps for the sake of company.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from storage.inbox import Delivery
from webhooks.keeper import CannotKeep, Keeper, Ticket

#: turns of the loop without anything new after which there is nothing more to wait for
STILL_TURNS = 4
#: enough for one commit, even while more come in; what most of 64 connections bring
ENOUGH = 48


class _Wait(NamedTuple):
    settled: asyncio.Future[None]
    #: by the loop's clock
    until: float


class LoopKeeper:
    """``keeper`` for those who run on ``loop``; nothing of it may be called from anywhere else."""

    def __init__(self, keeper: Keeper, loop: asyncio.AbstractEventLoop) -> None:
        self._keeper = keeper
        self._loop = loop
        #: the first gives up first
        self._waiting: dict[Ticket, _Wait] = {}
        self._entered = 0
        # whether there is a look ahead at what was entered, and one at who has waited too long
        self._gathering = self._watching = False
        # one and the same for all, so that the keeper sees that they belong together
        self._settled = self._on_loop

    async def keep(self, delivery: Delivery) -> bool:
        """As ``Keeper.keep``."""
        # it is told on this loop, so not before it waits
        ticket = self._keeper.enter(delivery, self._settled)
        wait = _Wait(self._loop.create_future(), self._loop.time() + self._keeper.patience_seconds)
        self._waiting[ticket] = wait
        self._entered += 1
        self._look_ahead(wait.until)
        try:
            await wait.settled
        finally:
            self._waiting.pop(ticket, None)
        return ticket.answer()

    def _look_ahead(self, until: float) -> None:
        if not self._gathering:
            self._gathering = True
            self._loop.call_soon(self._begin_when_still, self._entered)
        if not self._watching:
            self._watching = True
            self._loop.call_at(until, self._give_up)

    def _begin_when_still(self, before: int, still: int = 0) -> None:
        """Called once in every turn of the loop; ``still`` turns before this one brought nothing."""
        now = 0 if self._entered != before else still + 1
        if self._keeper.waiting < ENOUGH and now <= STILL_TURNS:
            self._loop.call_soon(self._begin_when_still, self._entered, now)
        else:
            self._gathering = False
            self._keeper.begin()

    def _on_loop(self, tickets: Sequence[Ticket]) -> None:
        """Called by the writer's thread. A loop that is closed has nobody left to tell."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake, tickets)

    def _wake(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            wait = self._waiting.get(ticket)
            if wait is not None and not wait.settled.done():
                wait.settled.set_result(None)

    def _give_up(self) -> None:
        """Called when the first of those who waited then has waited too long; it may have been told long ago."""
        self._watching = False
        now = self._loop.time()
        for ticket, wait in self._waiting.items():
            if wait.until > now:
                self._watching = True
                self._loop.call_at(wait.until, self._give_up)
                return
            if not wait.settled.done():
                self._keeper.withdraw(ticket)
                wait.settled.set_exception(CannotKeep("not durable in time"))
