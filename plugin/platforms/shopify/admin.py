"""Shopify's Admin GraphQL API for one store: one question, one attempt, an answer or an error that says what happened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plugin.platforms.line import Line, Reply
from plugin.platforms.protocol import InDoubt, PlatformError, ShopUnavailable, Throttled
from plugin.platforms.shopify import notices
from plugin.platforms.shopify.answers import bounded_wait, refusal
from plugin.platforms.shopify.notices import Notices
from plugin.platforms.shopify.origin import address
from plugin.platforms.shopify.pacing import SPARE_SECONDS, Pace
from webhooks import decoder

#: visible ASCII: what may stand in a header
TOKEN = re.compile(r"[\x21-\x7e]{1,512}")
LONGEST_MESSAGE = 300
#: a bucket that restores nothing, or says nothing: ask again after this
USUAL_WAIT_SECONDS = 1.0
#: what an error may be called without an alarm; whatever else comes is in doubt, and somebody should look at it
KNOWN_CODES = frozenset({"THROTTLED", "SHOP_INACTIVE", "ACCESS_DENIED", "INTERNAL_SERVER_ERROR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphqlError:
    """One entry of an answer's ``errors``. ``path`` leads to the field that could not be given; () when it names none."""

    code: str
    message: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a question cost, and what is left in the store's bucket, in Shopify's points (restored per second)."""

    requested: float
    available: float
    maximum: float
    restore_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: fields that could be given, and errors about those that could not."""

    data: Mapping[str, Any]
    errors: tuple[GraphqlError, ...]
    cost: Cost | None
    #: the version that really answered; another than asked means that ours is retired
    api_version: str

    def root(self, name: str) -> Any:
        """A field of the operation itself.

        Raises InDoubt when it is missing, or null with an error about it: then null does not mean "there is none".
        """
        if name not in self.data:
            raise InDoubt(f"the answer lacks {name}")
        value = self.data[name]
        if value is None and (about := [error for error in self.errors if error.path[:1] in {(), (name,)}]):
            raise InDoubt(f"{name} could not be given: {_listed(about)}")
        return value

    def whole(self, name: str) -> Any:
        """As ``root``, where nothing under it may be missing either. Raises InDoubt for any error about a part of it."""
        value = self.root(name)
        if about := [error for error in self.errors if error.path[:1] in {(), (name,)}]:
            raise InDoubt(f"parts of {name} could not be given: {_listed(about)}")
        return value


class AdminClient:
    """One store's Admin API. ``origin`` is the setting, ``access_token`` is never shown. Raises ValueError for nonsense.

    ``pace`` is shared by all that ask this store, ``ticks`` is its clock in seconds; without a pace nothing is held back.
    ``noticed`` hears what answers say beside what was asked.
    """

    def __init__(
        self,
        line: Line,
        *,
        shop: str,
        origin: str,
        api_version: str,
        access_token: str,
        pace: Pace | None = None,
        ticks: Callable[[], float] = lambda: 0.0,
        noticed: Notices | None = None,
    ) -> None:
        if not TOKEN.fullmatch(access_token):
            raise ValueError("an access token is visible ASCII characters; this one is not")
        self.shop = shop
        self._line = line
        self._version = api_version
        self._pace, self._ticks = pace, ticks
        self._noticed = noticed or Notices()
        self._url = address(origin, shop=shop, path=f"/admin/api/{api_version}/graphql.json")
        self._headers = {
            "X-Shopify-Access-Token": access_token,
            "X-Shopify-Shop-Domain": shop,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def run(self, document: str, variables: Mapping[str, Any]) -> Answer:
        """Asks once, if the store's bucket holds it. Raises a PlatformError unless the answer holds data."""
        body = json.dumps({"query": document, "variables": variables}, allow_nan=False).encode()
        with (self._pace or Pace()).turn(document, at=self._ticks()):
            reply = self._line.post(self._url, headers=self._headers, body=body)
            if error := refusal(reply):
                raise error
            return self._understand(document, reply)

    def notice(self, kind: str, words: str) -> None:
        """Something that an answer said, and that somebody should look at; Shopify's or our words, nothing personal."""
        self._noticed.tell(self.shop, kind, words)

    def _understand(self, document: str, reply: Reply) -> Answer:
        envelope = _envelope(reply.body)
        errors = _errors(envelope.get("errors"))
        cost = _cost(envelope.get("extensions"))
        self._learn(document, cost)
        if error := _definite_no(errors, cost):
            raise error
        data = envelope.get("data")
        if errors:
            self._alarm(errors)
        if not isinstance(data, dict):
            raise InDoubt(f"the answer holds no data: {_listed(errors)}")
        return Answer(data=data, errors=errors, cost=cost, api_version=self._answered_by(reply))

    def _learn(self, document: str, cost: Cost | None) -> None:
        if self._pace is not None and cost is not None and cost.restore_rate > 0:
            self._pace.told(
                document, requested=cost.requested, available=cost.available, maximum=cost.maximum,
                rate=cost.restore_rate, at=self._ticks(),
            )  # fmt: skip

    def _alarm(self, errors: tuple[GraphqlError, ...]) -> None:
        """Names codes and fields only: a message may repeat what was sent."""
        strange = [error for error in errors if error.code not in KNOWN_CODES]
        kind = notices.UNKNOWN if strange else notices.PARTIAL
        self._noticed.tell(self.shop, kind, _listed(strange or errors))

    def _answered_by(self, reply: Reply) -> str:
        version = reply.headers.get("X-Shopify-API-Version", self._version)
        if version != self._version:
            self._noticed.tell(
                self.shop, notices.VERSION, f"answered by {_plain(version, 20)}, asked was {self._version}"
            )
        if reason := reply.headers.get("X-Shopify-API-Deprecated-Reason"):
            self._noticed.tell(self.shop, notices.DEPRECATED, _plain(reason, notices.LONGEST_WORDS))
        return version


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        envelope = decoder.decode(body)
    except decoder.Undecodable as wrong:
        raise InDoubt(f"the answer is not JSON ({wrong.reason})") from None
    if not isinstance(envelope, dict):
        raise InDoubt("the answer is no GraphQL answer")
    return envelope


def _errors(found: Any) -> tuple[GraphqlError, ...]:
    if found is None:
        return ()
    if not isinstance(found, list):
        # Shopify answers some refusals with a plain text here
        return (GraphqlError(code="", message=str(found)[:LONGEST_MESSAGE], path=()),)
    return tuple(_error(entry) for entry in found)


def _error(entry: Any) -> GraphqlError:
    entry = entry if isinstance(entry, dict) else {"message": entry}
    extensions = entry.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    path = entry.get("path")
    return GraphqlError(
        code=code[:80] if isinstance(code, str) else "",
        message=str(entry.get("message", ""))[:LONGEST_MESSAGE],
        path=tuple(str(step) for step in path) if isinstance(path, list) else (),
    )


def _cost(extensions: Any) -> Cost | None:
    try:
        cost = extensions["cost"]
        status = cost["throttleStatus"]
        return Cost(
            requested=float(cost["requestedQueryCost"]),
            available=float(status["currentlyAvailable"]),
            maximum=float(status["maximumAvailable"]),
            restore_rate=float(status["restoreRate"]),
        )
    except (TypeError, KeyError, ValueError, OverflowError):
        return None


def _definite_no(errors: tuple[GraphqlError, ...], cost: Cost | None) -> PlatformError | None:
    for error in errors:
        if error.code == "THROTTLED":
            return Throttled("the store asks to wait (THROTTLED)", retry_after_seconds=_wait(cost))
        if error.code == "SHOP_INACTIVE":
            return ShopUnavailable("the store is not active (SHOP_INACTIVE)")
        # denied further in, the operation itself may have been done
        if error.code == "ACCESS_DENIED" and len(error.path) == 1:
            return ShopUnavailable(f"the store does not allow this (ACCESS_DENIED): {error.message}")
    return None


def _wait(cost: Cost | None) -> float:
    """Seconds until the bucket holds what was asked for: (requested - available) / restore rate, and a little more."""
    if cost is None or not cost.restore_rate > 0:
        return USUAL_WAIT_SECONDS
    return bounded_wait(max(0.0, (cost.requested - cost.available) / cost.restore_rate) + SPARE_SECONDS)


def _listed(errors: tuple[GraphqlError, ...] | list[GraphqlError]) -> str:
    return (
        "; ".join(f"{error.code or 'error'} at {'.'.join(error.path) or 'top'}" for error in errors[:5]) or "no reason"
    )


def _plain(header: str, longest: int) -> str:
    return "".join(letter for letter in header[:longest] if letter.isascii() and letter.isprintable())
