"""Two customers who turn out to be one have their history, their tier and their offers together, whenever it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from plugin.rewards.holdout import is_held_out
from plugin.rewards.propose import propose
from plugin.rewards.stored import to_stored
from plugin.usecases import absorb, make_offers, merge_offers, opt_out
from plugin.usecases.make_offers import Issuer
from storage import customers, decisions, offers, orders, programs, shops, snapshots
from storage.engine import Database
from storage.facts import CustomerFact, MergeFact, OrderFact
from storage.offers import NewOffer
from tests.storage.dumps import dump
from tests.storage.worlds import new_shop, order, take

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBERS = count()
BY = Issuer(environment="test", key=b"k" * 32, key_id="00")
KINDS = ("win_back", "loyalty", "surprise")
#: everything happens to these two; the store keeps the first
KEPT, GONE = "k1", "g2"

facts = st.lists(
    st.builds(order, st.sampled_from(["o1", "o2", "o3"]), st.sampled_from([KEPT, GONE])), min_size=1, max_size=4
)
made = st.lists(
    st.tuples(st.sampled_from([KEPT, GONE]), st.sampled_from(KINDS), st.sampled_from(["planned", "issued", "expired"])),
    max_size=6,
)


@settings(deadline=None, max_examples=40)
@given(told=facts, place=st.integers(0, 4), again=st.integers(0, 2))
def test_history_is_one_whenever_the_merge_is_told(
    sqlite_database: Database, told: list[OrderFact], place: int, again: int
) -> None:
    """Before, between or after the orders, once or more often: the same rows, measured for the kept one alone."""
    merge = MergeFact(kept_id=KEPT, gone_id=GONE, merged_at=NOW)
    with sqlite_database.transaction() as db:
        one, other = new_shop(db), new_shop(db)
        take(db, one, [merge])
        take(db, one, told)
        take(db, other, told[:place])
        for _ in range(again + 1):
            take(db, other, [merge])
        take(db, other, told[place:])
        for shop_id in (one, other):
            absorb.follow_up(db, shop_id, {KEPT, GONE}, [fact.order_id for fact in told], now=NOW, issuer=BY)
            assert snapshots.get(db, shop_id, GONE) is None
            assert orders.purchases(db, shop_id).customer_ids in ([KEPT] * n for n in range(1, 4))
        left, right = dump(db, one), dump(db, other)
        assert (left["orders"], left["customers"]) == (right["orders"], right["customers"])
        assert left["snapshots"] == right["snapshots"]


@settings(deadline=None, max_examples=60)
@given(held=made)
def test_of_each_kind_the_earliest_open_offer_stays(
    sqlite_database: Database, held: list[tuple[str, str, str]]
) -> None:
    """After a merge there is at most one open, wanted offer of a kind, it is the oldest, and no other was touched."""
    with sqlite_database.transaction() as db:
        shop_id = new_shop(db)
        ids = [_offer(db, shop_id, *one) for one in held]
        told = customers.merge(db, shop_id, MergeFact(kept_id=KEPT, gone_id=GONE, merged_at=NOW))
        merge_offers.settle(db, shop_id, told, now=NOW)
        after = offers.some(db, shop_id, ids)
        wanted = {one for one in ids if after[one].state in offers.OPEN and not after[one].unwanted}
        oldest: dict[str, str] = {}
        for offer_id, (_, kind, state) in zip(ids, held, strict=True):
            if state in offers.OPEN:
                oldest.setdefault(kind, offer_id)
        assert wanted == set(oldest.values())
        assert {after[one].customer_id for one in ids} <= {KEPT}
        assert merge_offers.settle(db, shop_id, told, now=NOW) == 0


def test_one_of_the_control_group_keeps_no_open_code(database: Database, shop_id: int) -> None:
    """Kept under an id that is held out, they have no open code, and what was used before stays used; the other way round codes stay."""
    with database.transaction() as db:
        shop = shops.get(db, shop_id)
        proposed = propose(currency="EUR", spends_365d=[], order_values=[], monthly_revenue=0)
        program = replace(proposed, holdout_percent=50)
        programs.append(db, shop_id, body=to_stored(program), author="a test", note="", now=NOW)
        name = f"{shop.platform}|{shop.domain}"
        lots = {
            str(one): is_held_out(key=program.key, shop=name, customer_id=str(one), percent=50) for one in range(1, 60)
        }
        held, free = (next(one for one, lot in lots.items() if lot is arm) for arm in (True, False))
        other_held, other_free = ([one for one, lot in lots.items() if lot is arm][1] for arm in (True, False))
        issued = _offer(db, shop_id, free, "win_back", "issued")
        planned = _offer(db, shop_id, free, "loyalty", "planned")
        used = _offer(db, shop_id, free, "surprise", "redeemed")
        stays = _offer(db, shop_id, other_free, "win_back", "issued")
        for kept, gone in ((held, free), (other_free, other_held)):
            told = customers.merge(db, shop_id, MergeFact(kept_id=kept, gone_id=gone, merged_at=NOW))
            merge_offers.settle(db, shop_id, told, now=NOW)

        after = offers.some(db, shop_id, [issued, planned, used, stays])
        assert not [one for one in (issued, planned) if after[one].state in offers.OPEN and not after[one].unwanted]
        assert (after[used].state, after[used].customer_id) == ("redeemed", held)
        assert (after[stays].state, after[stays].unwanted) == ("issued", False)


def test_one_who_was_to_be_left_alone_stays_so(database: Database, shop_id: int) -> None:
    """A wish of either, to get no offers or not to be measured, holds for the one customer that they are."""
    with database.transaction() as db:
        customers.record_many(db, shop_id, [CustomerFact(customer_id=KEPT, updated_at=NOW)])
        customers.leave_unscored(db, shop_id, GONE, unscored=True)
        customers.merge(db, shop_id, MergeFact(kept_id=KEPT, gone_id=GONE, merged_at=NOW))

        assert customers.unscored(db, shop_id, [KEPT]) == {KEPT}
        assert customers.left_out(db, shop_id, [KEPT]) == {KEPT}


def test_who_wishes_not_to_be_measured_is_not(database: Database, shop_id: int) -> None:
    """Measurement and decision go at once and do not come back with the next order; the orders stay."""
    with database.transaction() as db:
        shop = shops.get(db, shop_id)
        told = [order("o1", KEPT, ordered_at=NOW - timedelta(days=3)), order("o2", "other")]
        _buy(db, shop_id, told)
        offer_id = _offer(db, shop_id, KEPT, "win_back", "planned")
        opt_out.opt_out(db, shop_id=shop_id, customer_id=KEPT, unscored=True, now=NOW)
        assert snapshots.get(db, shop_id, KEPT) is None
        assert decisions.get(db, shop_id, KEPT) is None
        assert offers.some(db, shop_id, [offer_id])[offer_id].state == "cancelled"

        _buy(db, shop_id, [order("o3", KEPT, ordered_at=NOW - timedelta(days=1))])
        assert snapshots.ids(db, shop_id) == {"other"}
        assert orders.purchases(db, shop_id).customer_ids == [KEPT, KEPT, "other"]
        assert make_offers.for_customers(db, shop, [KEPT], as_of=NOW, issuer=BY) == {}

        opt_out.opt_out(db, shop_id=shop_id, customer_id=KEPT, unscored=False, now=NOW)
        assert shops.get(db, shop_id).nightly_due_at == NOW


def _buy(db: Connection, shop_id: int, told: Sequence[OrderFact]) -> None:
    touched = take(db, shop_id, told)
    absorb.follow_up(db, shop_id, touched, [one.order_id for one in told], now=NOW, issuer=BY)


def _offer(db: Connection, shop_id: int, who: str, kind: str, state: str) -> str:
    number = next(NUMBERS)
    new = NewOffer(
        offer_id=f"offer{number:08d}",
        customer_id=who,
        kind=kind,
        step="offer",
        rule=kind,
        cycle=f"cycle {number}",
        program_version=1,
        state=state,
        code=f"CODE{number:08d}",
        benefit={"type": "percent", "value": 10, "cap": 100, "minimum": 0},
        currency="USD",
        created_at=NOW - timedelta(days=10) + timedelta(seconds=number),
        starts_at=NOW,
        ends_at=NOW + timedelta(days=9),
        reasons=[],
        inputs={},
    )
    offers.open_many(db, shop_id, [new])
    return new.offer_id
