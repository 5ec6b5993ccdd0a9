"""How fast one store may be asked: its bucket of points as its last answer told it, so that no question is asked in vain.

A store gives each app a bucket of points that fills at a steady rate, and says with every answer what is left. A question
that the bucket cannot hold is not sent: it is told when to come back, behind those that were told so before it. Each
store has a pace of its own, so a throttled one slows nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from plugin.platforms.protocol import Throttled
from plugin.platforms.shopify.answers import bounded_wait

#: waited on top, so that a clock's rounding does not bring the question back a moment too early
SPARE_SECONDS = 0.1
#: documents whose price is remembered; we have far fewer
MOST_PRICES = 200


class Pace:
    """One store's points as far as this process knows. Safe to use from many threads.

    Nothing is held up before the store has told its rate, nor a document before its price is known. Seconds are those
    of any clock; when it goes back, nothing flows.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._prices: dict[str, float] = {}
        self._rate = 0.0
        self._available = self._maximum = float("inf")
        self._seen = 0.0
        #: points of questions under way, which the store may or may not have counted yet
        self._flying = 0.0
        #: when the last of those comes back who were told to
        self._promised_until = float("-inf")

    @contextmanager
    def turn(self, document: str, *, at: float) -> Iterator[None]:
        """Around one question. Raises Throttled, and nothing was sent, when the bucket would not hold it."""
        price = self._enter(document, at)
        try:
            yield
        finally:
            with self._lock:
                self._flying = max(0.0, self._flying - price)

    def told(
        self, document: str, *, requested: float, available: float, maximum: float, rate: float, at: float
    ) -> None:
        """What an answer said of the bucket, in points and points a second."""
        with self._lock:
            if len(self._prices) < MOST_PRICES or document in self._prices:
                self._prices[document] = requested
            self._available, self._maximum, self._rate, self._seen = available, maximum, rate, at

    def left(self, *, at: float) -> float:
        """Points that are there now, as far as it is known; endless before the first answer."""
        with self._lock:
            return self._left(at)

    def _enter(self, document: str, at: float) -> float:
        with self._lock:
            price = self._prices.get(document, 0.0)
            left = self._left(at) - self._flying
            # a price above the whole bucket is for the store to refuse
            if self._rate > 0 and left < min(price, self._maximum):
                raise Throttled(
                    "the store's bucket does not hold this question",
                    retry_after_seconds=self._wait(price - left, price, at),
                )
            self._flying += price
            return price

    def _wait(self, missing: float, price: float, at: float) -> float:
        """Seconds until the points are there for this one, after those who were sent away before."""
        first = at + missing / self._rate
        mine = first if self._promised_until <= at else max(first, self._promised_until + price / self._rate)
        # those who were sent away come back within a bucket's time, or not at all
        mine = min(mine, first + self._maximum / self._rate)
        self._promised_until = mine
        return bounded_wait(mine - at + SPARE_SECONDS)

    def _left(self, at: float) -> float:
        return min(self._maximum, self._available + max(0.0, at - self._seen) * self._rate)
