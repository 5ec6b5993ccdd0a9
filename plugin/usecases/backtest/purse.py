"""The months' money of one replay."""

from __future__ import annotations

from plugin.rewards import settle
from plugin.usecases.backtest.made import Made


class Purse:
    """What is set aside and spent. ``scale``: customers of the store for each one that is replayed."""

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        #: how often anything has changed
        self.moves = 0
        self._used: dict[str, float] = {}
        #: month and day -> money set aside for the day's offers, win-back messages of the day
        self._days: dict[tuple[str, int], tuple[float, float]] = {}

    def used(self, month: str) -> int:
        """Set aside or booked, minor units of the whole store."""
        return round(self._used.get(month, 0.0))

    def of_day(self, month: str, day: int) -> tuple[int, int]:
        """Minor units set aside for the offers of a day, and its win-back messages, of the whole store."""
        money, messages = self._days.get((month, day), (0.0, 0.0))
        return round(money), round(messages)

    def open(self, one: Made, *, day: tuple[str, int], win_back: bool) -> None:
        """Sets the worst case aside, or takes over what an earlier offer has cost already."""
        if not one.state and not one.held_out:
            one.reserved = one.spec.reserve
        if one.reserved or one.cost:
            self._move(one.month, one.reserved + one.cost)
        self.moves += 1
        money, messages = self._days.get(day, (0.0, 0.0))
        given = 0 if one.held_out else one.spec.reserve
        self._days[day] = (money + given * self._scale, messages + win_back * self._scale)

    def release(self, one: Made) -> None:
        """It ended unused."""
        self._move(one.month, -one.reserved)
        one.reserved = 0

    def use(self, one: Made, order_id: str, discount: int, *, cap: int) -> None:
        """An order took it; ``cap`` is the month's budget."""
        left = round((cap - self._used.get(one.month, 0.0)) / self._scale)
        move = settle.redeemed(held=one.reserved, discount=discount, left=left)
        self._move(one.month, move.reserved + move.booked)
        one.reserved, one.state, one.view = 0, "redeemed", None
        one.cost += move.booked
        one.uses[order_id] = discount

    def take_back(self, one: Made, order_id: str) -> None:
        """The order was cancelled or refunded."""
        del one.uses[order_id]
        cost = min(one.cost, sum(one.uses.values()))
        self._move(one.month, cost - one.cost)
        one.cost = cost

    def _move(self, month: str, amount: int) -> None:
        self.moves += 1
        self._used[month] = self._used.get(month, 0.0) + amount * self._scale
