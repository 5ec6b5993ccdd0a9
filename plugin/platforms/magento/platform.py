"""Magento as a Platform: what Regulars asks of a store, put to the REST API."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime

from plugin.platforms import shape
from plugin.platforms.magento import reading, store, tidying
from plugin.platforms.magento.answers import Missing
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.coupons import Coupons, Whose
from plugin.platforms.magento.rulebook import Rulebook
from plugin.platforms.protocol import DiscountPage, DiscountSpec, FetchedOrder, StoredDiscount, StoreInfo
from webhooks.magento.people import GUEST, People

#: the group of those without an account
NOT_LOGGED_IN = "NOT LOGGED IN"


class MagentoPlatform:
    """One Magento store; see ``Platform`` for what each method means and raises.

    Open one for a batch of calls: it remembers the rules that it found. ``timezone`` is the shop's, ``whose`` tells
    which offer a code belongs to.
    """

    def __init__(
        self, client: MagentoClient, *, people: People, timezone: str, whose: Whose, now: Callable[[], datetime]
    ) -> None:
        self._client, self._people = client, people
        book = Rulebook(client, currency=people.currency)
        self._coupons = Coupons(client, book, whose=whose, timezone=timezone, now=now)

    def create_discount(self, spec: DiscountSpec) -> StoredDiscount:
        """Puts the code into the store."""
        return self._coupons.create(spec)

    def find_discount(self, code: str) -> StoredDiscount | None:
        """The coupon with this code, or None."""
        return self._coupons.find(code)

    def find_discounts(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        """Those of these coupons that are still there."""
        return self._coupons.find_many(refs)

    def list_discounts(self, *, changed_since: datetime, after: str | None) -> DiscountPage:
        """A page of the coupons under rules that were not over then; the newest first."""
        return self._coupons.list_live(changed_since=changed_since, after=after)

    def deactivate_discount(self, ref: str) -> None:
        """Puts the coupon where nothing is good any more."""
        self._coupons.bury(ref)

    def tidy_rules(self, *, ended_before: date, after: str) -> str:
        """Takes rules out of the store that ended before this day and hold nothing."""
        return tidying.tidy(self._client, self._coupons, ended_before=ended_before, after=after)

    def fetch_order(self, order_id: str) -> FetchedOrder | None:
        """The order as it is now, or None."""
        return reading.fetch_order(self._client, order_id, people=self._people)

    def customer_tags(self, customer_id: str) -> tuple[str, ...] | None:
        """Magento has no tags: the name of the customer's group stands for them. None for an account that is gone."""
        if customer_id.startswith(GUEST):
            return (NOT_LOGGED_IN,)
        try:
            customer = shape.mapping(self._client.get(f"/V1/customers/{int(customer_id)}", FIELDS), "customer")
            number = shape.count(customer.get("group_id"), "group")
            group = shape.mapping(self._client.get(f"/V1/customerGroups/{number}"), "group")
        except (Missing, ValueError):
            return None
        return (shape.text(group.get("code"), "group"),)

    def store_info(self) -> StoreInfo:
        """What the store says of itself."""
        return store.info(self._client)


FIELDS = (("fields", "group_id"),)
