"""The surprise: drawn by lot, the same however often it is asked, from money of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from plugin.rewards.decide import primary_reason
from plugin.rewards.decision import Budget, Decision
from plugin.rewards.made import of_spec
from plugin.rewards.program import Gift, Program, Surprise
from tests.rewards.worlds import after, customer, decided, usual_program

NOON = datetime(2026, 11, 1, tzinfo=UTC)
GIFTS = (
    Gift(percent=0, weight=1, type="gift", amount=500, product="7001"),
    Gift(percent=0, weight=3, type="shipping", amount=400),
)


def program(**changes: Any) -> Program:
    """Nothing but surprises, for everyone."""
    usual = usual_program()
    surprise = Surprise(enabled=True, pool="everyone", odds_percent=10, monthly_budget=100_000, gifts=GIFTS)
    return replace(
        usual,
        loyalty=replace(usual.loyalty, enabled=False),
        win_back=replace(usual.win_back, enabled=False),
        surprise=replace(surprise, **changes),
    )


def asked(who: int, at: datetime, rules: Program, **more: Any) -> Decision:
    """The decision about one of many customers."""
    return decided(at, standing=customer(customer_id=str(who), last_order_at=after(0)), program=rules, **more)


LAST = datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_about_as_many_are_drawn_as_the_odds_say() -> None:
    """Of a thousand customers about a hundred at 10 in 100, three of four with the gift of three times the weight."""
    drawn = [one.offer for who in range(1_000) if (one := asked(who, LAST, program())).offer]
    assert 70 < len(drawn) < 130
    assert 0.6 < sum(offer.step == "gift_2" for offer in drawn) / len(drawn) < 0.9
    assert {(offer.kind, offer.cycle) for offer in drawn} == {("surprise", "month:2026-11")}


def test_the_lot_falls_on_a_day_that_is_known_beforehand() -> None:
    """Asked at the beginning of the month, who is drawn is looked at again on the day; then the gift is made, once."""
    for who in range(40):
        early = asked(who, NOON, program())
        if early.offer is not None or early.next_check_at is None or early.next_check_at > LAST:
            continue
        assert asked(who, early.next_check_at, program()).outcome == "issue"
        spec = asked(who, early.next_check_at, program()).offer
        assert spec is not None
        again = asked(who, LAST, program(), past=(of_spec(spec, state="redeemed"),))
        assert again.offer is None
        assert "surprise_given" in {reason.code for reason in again.reasons}


def test_every_month_is_another_draw() -> None:
    """Who was drawn in November is not therefore drawn in December; both follow from the customer and the month."""
    december = datetime(2026, 12, 31, 12, tzinfo=UTC)
    first = {who for who in range(400) if asked(who, LAST, program()).offer}
    second = {who for who in range(400) if asked(who, december, program()).offer}
    assert first != second
    assert first == {who for who in range(400) if asked(who, LAST, program(odds_percent=10)).offer}
    assert first <= {who for who in range(400) if asked(who, LAST, program(odds_percent=40)).offer}


def test_the_lot_and_its_number_are_written_down() -> None:
    """A merchant can see that a customer was drawn fairly."""
    for who in range(60):
        decision = asked(who, LAST, program())
        reason = next(one for one in decision.reasons if one.code.startswith("surprise_"))
        assert (reason.numbers["number"] < 1_000) == (reason.code == "surprise_drawn")


def test_surprises_have_money_of_their_own() -> None:
    """The rules' budget being used up holds back none, and their own being used up holds back all."""
    who = next(who for who in range(400) if asked(who, LAST, program()).offer)
    nothing_else = Budget(month="2026-11", cap=50_000, used=50_000)
    assert asked(who, LAST, program(), budget=nothing_else).outcome == "issue"
    spent = msgspec.structs.replace(nothing_else, used=0, surprise_used=100_000)
    reason = primary_reason(asked(who, LAST, program(), budget=spent))
    assert reason is not None
    assert reason.code == "budget_used_up"


def test_only_the_pool_takes_part() -> None:
    """A surprise for the best is none for the rest."""
    assert customer().group == "loyal"
    codes = {reason.code for reason in asked(1, LAST, program(pool="champions")).reasons}
    assert "surprise_not_in_pool" in codes
