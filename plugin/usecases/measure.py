"""Measures customers of a shop from their orders and keeps the snapshots."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Connection

from plugin.rewards.program import Program
from plugin.rewards.standing_tier import is_plain
from plugin.rewards.tiers import tier_of
from plugin.signals import history as purchase_history
from plugin.signals.columns import NO_TIME, Signals
from plugin.signals.measure import measure
from plugin.signals.model import StoreModel, fit
from plugin.usecases import hold_tiers
from plugin.usecases.measured import Columns, Fresh
from plugin.usecases.stages import Stage, Watch, unwatched
from storage import all_purchases, known, orders, shops, snapshots
from storage import customers as stored_customers
from storage.shops import Shop

#: microseconds
SECOND = 1_000_000
#: customers per statement when a whole shop is written
ROWS_AT_ONCE = 1_000
INSTANTS = ("first_order_at", "last_order_at", "expected_next_order_at", "late_at", "lapsing_at", "lost_at")
WHOLE = ("order_count", "recency_days", "tenure_days", "r", "f", "m")
NUMBERS = ("median_gap_days", "usual_gap_days", "p_order_90d")
#: parts of a model that no decision looks at, left out of what is remembered of each night
NOT_DECIDED_BY: dict[str, Any] = {
    "mixtures": [], "trees": None, "season": [], "regular": None, "spend": None, "tried": []
}  # fmt: skip
WORDS = ("group", "gap_trend", "lateness")


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A whole shop measured, not yet written."""

    history: purchase_history.PurchaseHistory
    model: StoreModel
    columns: Columns
    #: customers with a snapshot of whom no valid order is left
    gone: frozenset[str]

    @property
    def count(self) -> int:
        """How many customers were measured."""
        return len(self.columns["customer_id"])

    def pieces(self) -> Iterator[Columns]:
        """Portions that are written without holding the lock for long."""
        for start in range(0, self.count, ROWS_AT_ONCE):
            yield {name: column[start : start + ROWS_AT_ONCE] for name, column in self.columns.items()}


def night(
    db: Connection,
    shop: Shop,
    *,
    as_of: datetime,
    program: Program | None,
    afresh: bool = False,
    watch: Watch = unwatched,
) -> Night:
    """Fits the store-wide numbers on everything up to ``as_of`` and measures every customer with them.

    What the last nights have learnt is taken over for as long as it stays good, unless asked ``afresh``. ``watch`` is
    told of each part as it begins.
    """
    watch(Stage.READ, 0)
    history = _history(db, shop, None, as_of)
    watch(Stage.LEARN, 0)
    model = fit(history, as_of, earlier=None if afresh else _kept_model(db, shop, as_of))
    watch(Stage.MEASURE, 0)
    signals = measure(history, model, as_of)
    there = snapshots.ids(db, shop.shop_id)
    columns = _measurable(snapshot_columns(signals, program, history), stored_customers.unscored(db, shop.shop_id))
    return Night(
        history=history, model=model, columns=columns, gone=frozenset(there - set(columns["customer_id"])),
    )  # fmt: skip


def known_model(db: Connection, shop: Shop, *, as_of: datetime) -> StoreModel:
    """The store-wide numbers of the last night; fitted now for a shop that has not had one yet."""
    kept = _kept_model(db, shop, as_of)
    if kept is not None:
        return kept
    model = fit(_history(db, shop, None, as_of), as_of)
    keep_model(db, shop, model, as_of=as_of, everyone=False)
    return model


def keep_model(db: Connection, shop: Shop, model: StoreModel, *, as_of: datetime, everyone: bool) -> None:
    """Puts the store-wide numbers in force, and remembers since when, for replays; ``everyone``: a night's."""
    shops.keep_model(db, shop.shop_id, model.to_json(), as_of)
    known.keep_model(db, shop.shop_id, model.to_json() | NOT_DECIDED_BY, at=as_of, everyone=everyone)


def _kept_model(db: Connection, shop: Shop, as_of: datetime) -> StoreModel | None:
    """The last night's numbers; None where there are none, or not in this program's form, or from after ``as_of``."""
    kept = shops.model(db, shop.shop_id)
    model = None if kept is None else _read_model(kept)
    return model if model and model.as_of <= as_of.timestamp() else None


@lru_cache(maxsize=16)
def _read_model(text: str) -> StoreModel | None:
    """It is asked for with every batch, and changes once a night."""
    try:
        return StoreModel.from_json(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None


def compute(
    db: Connection, shop: Shop, customer_ids: Collection[str] | None, *, as_of: datetime, model: StoreModel
) -> Signals:
    """Signals of the named customers, or of all, as of an instant; nothing is written."""
    return measure(_history(db, shop, customer_ids, as_of), model, as_of)


def customers(
    db: Connection,
    shop: Shop,
    customer_ids: Collection[str],
    *,
    as_of: datetime,
    program: Program | None,
    model: StoreModel,
) -> None:
    """Measures the named customers and keeps their snapshots; who has no valid order left is forgotten."""
    afresh(db, shop, customer_ids, as_of=as_of, program=program, model=model).write(db, shop.shop_id)


def afresh(
    db: Connection,
    shop: Shop,
    customer_ids: Collection[str],
    *,
    as_of: datetime,
    program: Program | None,
    model: StoreModel,
) -> Fresh:
    """Measures the named customers; nothing is written yet."""
    barred = stored_customers.barred(db, shop.shop_id, customer_ids)
    wished = {who for who in customer_ids if not barred.get(who)}
    found = orders.purchases(db, shop.shop_id, customer_ids=wished, until=as_of)
    history = _built(found, shop, as_of)
    signals = measure(history, model, as_of)
    return Fresh(
        columns=snapshot_columns(signals, program, history),
        # the last of each, oldest first
        orders=dict(zip(found.customer_ids, found.order_ids, strict=True)),
        barred=frozenset(barred),
        gone=frozenset(customer_ids) - frozenset(signals.customer_ids),
    )


def snapshot_columns(signals: Signals, program: Program | None, history: purchase_history.PurchaseHistory) -> Columns:
    """Signals as columns of the snapshots' table, without ``next_check_at``, which belongs to the decision.

    Instants are microseconds since 1970, as the table keeps them.
    """
    columns: dict[str, list[Any]] = {"customer_id": list(signals.customer_ids)}
    columns |= {name: getattr(signals, name).tolist() for name in WHOLE}
    columns |= {name: _micros(getattr(signals, name).tolist()) for name in INSTANTS}
    columns |= {name: _numbers(getattr(signals, name).tolist()) for name in NUMBERS}
    columns |= {name: [word or None for word in getattr(signals, name).tolist()] for name in WORDS}
    spends = signals.spend_365d.tolist()
    columns["spend_total_minor"] = signals.spend_total.tolist()
    columns["spend_365d_minor"] = spends
    predicted = _numbers(signals.predicted_spend_365d.tolist())
    columns["predicted_spend_365d_minor"] = [None if value is None else round(value) for value in predicted]
    columns["tier"] = _tiers(signals, spends, program, history)
    columns["as_of"] = [signals.as_of * SECOND] * len(spends)
    return columns


def _measurable(columns: Columns, unscored: Collection[str]) -> Columns:
    """The columns without those who wish not to be measured."""
    if not unscored:
        return columns
    stay = [place for place, who in enumerate(columns["customer_id"]) if who not in unscored]
    return {name: [column[place] for place in stay] for name, column in columns.items()}


def _tiers(
    signals: Signals, spends: Sequence[int], program: Program | None, history: purchase_history.PurchaseHistory
) -> list[str | None]:
    """By the present spend, or replayed from all orders where the rules want it."""
    if program is None:
        return [None] * len(spends)
    if is_plain(program.loyalty):
        return [tier_of(program, spend).name for spend in spends]
    who = map(history.customer_ids.__getitem__, history.customer.tolist())
    rows = zip(who, (history.at * SECOND).tolist(), history.value.tolist(), strict=True)
    held = hold_tiers.replayed(rows, program, as_of=signals.as_of * SECOND)
    return [program.loyalty.tiers[held[one].place].name for one in signals.customer_ids]


def _history(
    db: Connection, shop: Shop, customer_ids: Collection[str] | None, as_of: datetime
) -> purchase_history.PurchaseHistory:
    if customer_ids is None:
        return whole_history(db, shop, as_of)
    return _built(orders.purchases(db, shop.shop_id, customer_ids=customer_ids, until=as_of), shop, as_of)


def _built(found: orders.Purchases, shop: Shop, as_of: datetime) -> purchase_history.PurchaseHistory:
    return purchase_history.build(
        customer_ids=found.customer_ids,
        at_micros=found.at_micros,
        net_minor=found.net_minor,
        timezone=shop.timezone,
        until=as_of,
    )


def whole_history(db: Connection, shop: Shop, as_of: datetime) -> purchase_history.PurchaseHistory:
    """The purchases of a whole shop up to an instant, streamed."""
    found = all_purchases.read(db, shop.shop_id, until=as_of)
    columns = (np.asarray(column, np.int64) for column in (found.customer, found.at_micros, found.net_minor))
    return purchase_history.of_columns(found.customer_ids, *columns, timezone=shop.timezone, until=as_of)


def _micros(seconds: list[int]) -> list[int | None]:
    return [None if value == NO_TIME else value * SECOND for value in seconds]


def _numbers(values: list[float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]
