"""Decides for customers of a shop, and turns what is decided into rows: offers, reserved money, calls to make."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from plugin.platforms.in_store import OFFERED_BY
from plugin.rewards import benefit, code, made
from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, Decision, OfferSpec, PastOffer, Standing
from plugin.rewards.inputs import freeze
from plugin.rewards.limits import SURPRISE
from plugin.rewards.program import Program
from plugin.rewards.spending import asks_of_the_day
from plugin.rewards.tagged import UNREAD
from plugin.rewards.win_back import KIND as WIN_BACK
from plugin.usecases import ask_tags, flow, keep_currency, standings
from plugin.usecases.measured import Kept, Measured
from plugin.usecases.purses import Purses, account_of, month_of
from plugin.usecases.rules_for import rules_for
from plugin.usecases.spec import POOLED, end_of_pool
from plugin.vault import Vault
from storage import decisions, locks, offers, outbox, programs
from storage.budgets import Cause
from storage.offers import Made, NewOffer, Offer, Today
from storage.programs import StoredProgram
from storage.shops import Shop

ISSUE, ISSUE_POOLED = "issue_offer", "issue_pooled"
#: a customer is not looked at again sooner for time's sake alone
SOONEST = timedelta(minutes=1)
#: held by the one worker that may add to a day's offers
DAY_ROOM = "offers of a day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """What codes are derived from beside the reason itself."""

    environment: str
    key: bytes
    key_id: str


def issuer(vault: Vault, environment: str) -> Issuer:
    """The issuer of a running program."""
    return Issuer(environment=environment, key=vault.subkey("codes"), key_id=vault.key_id())


def for_customers(
    db: Connection,
    shop: Shop,
    customer_ids: Collection[str],
    *,
    as_of: datetime,
    issuer: Issuer,
    current: StoredProgram | None = None,
    measured: Measured | None = None,
) -> dict[str, Decision]:
    """Decides for the named customers of an active shop; keeps every decision with its reasons and inputs.

    The offer, its reserved money and the call to the store are written together or not at all. ``current`` is the rules
    in force, where they have just been read; ``measured`` is how the customers were, if not as the tables have it.
    """
    measured = measured or Kept(db, shop.shop_id)
    current = current or programs.current(db, shop.shop_id)
    if current is None or shop.state != "active":
        return {}
    outcomes: dict[str, Decision] = {}
    for version, program, theirs in rules_for(db, shop, current, customer_ids):
        if keep_currency.differs(shop, program.currency):
            continue
        desk = _Desk(db, shop, program, version=version, newest=current, as_of=as_of, issuer=issuer)
        known = standings.of_customers(db, shop, theirs, measured, program=program, as_of=as_of)
        earlier = offers.made_to(db, shop.shop_id, list(known))
        # where a day has room for some only, those who spend most come first
        in_turn = sorted(known, key=lambda who: (-known[who].spend_365d, who)) if desk.counts_days else list(known)
        decided = {who: desk.settle(known[who], earlier.get(who, [])) for who in in_turn}
        desk.write(decided)
        outcomes |= decided
    # who has nothing to be decided about must not come up again and again
    measured.plan_checks({who: _next(outcomes.get(who), as_of) for who in customer_ids})
    return outcomes


def past(offer: Offer | Made, *, currency: str) -> PastOffer:
    """An offer as the next decision, about money in a currency, sees it."""
    known = made.of_row(
        kind=offer.kind,
        step=offer.step,
        rule=offer.rule,
        cycle=offer.cycle,
        state=offer.state,
        benefit=offer.benefit,
        # what was set aside stays written after it was used or given back
        spent=offer.cost_minor if offer.state == "redeemed" else offer.reserved_minor,
        created_at=offer.created_at,
        ends_at=offer.ends_at,
    )
    # what was given in another currency takes nothing of a customer's year in this one
    return known if offer.currency == currency else msgspec.structs.replace(known, spent=0)


def budget_month(shop: Shop, moment: datetime) -> str:
    """The calendar month in the shop's zone, YYYY-MM."""
    return f"{moment.astimezone(ZoneInfo(shop.timezone)):%Y-%m}"


class _Desk:
    """One sitting of decisions: the month's money goes down as offers are made, and all is written at the end."""

    def __init__(
        self,
        db: Connection,
        shop: Shop,
        program: Program,
        *,
        version: int,
        newest: StoredProgram,
        as_of: datetime,
        issuer: Issuer,
    ) -> None:
        self.db, self.shop, self.program, self.version, self.as_of, self.issuer = (
            db,
            shop,
            program,
            version,
            as_of,
            issuer,
        )
        self.month = budget_month(shop, as_of)
        self.account = month_of(db, shop, as_of, currency=program.currency, newest=newest)
        self.purses = Purses(db, shop.shop_id, self.account, program)
        self.counts_days = asks_of_the_day(program)
        self.alone = False
        self.today = self._made_today()
        self.offers: list[NewOffer] = []
        self.inputs: dict[str, dict[str, Any]] = {}

    def settle(self, standing: Standing, known: Sequence[Made]) -> Decision:
        earlier = [past(offer, currency=self.program.currency) for offer in known]
        decision = self._decide(standing, earlier)
        if decision.offer and self.counts_days and not self.alone:
            # no other worker counts this day's offers until ours are written down
            locks.take(self.db, self.shop.shop_id, DAY_ROOM)
            self.alone, self.today = True, self._made_today()
            decision = self._decide(standing, earlier)
        while decision.outcome == "issue" and decision.offer and not self._reserve(decision.offer):
            # another worker took the money meanwhile: the account is as good as spent
            decision = self._decide(standing, earlier)
        if decision.offer and decision.outcome in {"issue", "held_out"}:
            self.offers.append(self._offer(standing.customer_id, decision, decision.offer))
            self._count(decision.offer, issued=decision.outcome == "issue")
        return decision

    def _decide(self, standing: Standing, earlier: Sequence[PastOffer]) -> Decision:
        given: dict[str, Any] = {
            "standing": standing,
            "past": earlier,
            "budget": Budget(
                month=self.month,
                cap=self.program.limits.monthly_budget,
                used=self.purses.used(self.account),
                surprise_used=self.purses.used(account_of(SURPRISE, self.account)),
                day_used=self.today.money_minor,
                win_backs_today=self.today.win_backs,
            ),
            "as_of": self.as_of,
            "program_shop": f"{self.shop.platform}|{self.shop.domain}",
            "timezone": self.shop.timezone,
        }
        self.inputs[standing.customer_id] = freeze(**given)
        return decide(program=self.program, **given)

    def _made_today(self) -> Today:
        """What the shop's day has seen so far; nothing under rules that do not ask."""
        if not self.counts_days:
            return Today(0, 0)
        midnight = self.as_of.astimezone(ZoneInfo(self.shop.timezone)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        since, currency = midnight.astimezone(UTC), self.program.currency
        return offers.made_since(self.db, self.shop.shop_id, since, kind=WIN_BACK, currency=currency)

    def _count(self, spec: OfferSpec, *, issued: bool) -> None:
        if self.counts_days:
            money = self.today.money_minor + (spec.reserve if issued else 0)
            self.today = Today(money_minor=money, win_backs=self.today.win_backs + (spec.kind == WIN_BACK))

    def _reserve(self, offer: OfferSpec) -> bool:
        account = account_of(offer.kind, self.account)
        return not offer.reserve or self.purses.take(account, offer.reserve, at=self.as_of)

    def _offer(self, customer_id: str, decision: Decision, spec: OfferSpec) -> NewOffer:
        issued = decision.outcome == "issue"
        reminder = issued and spec.benefit.type == "none"
        state = ("issued" if reminder else "planned") if issued else "held_out"
        with_code = issued and not reminder
        pool = with_code and self.program.in_store.pooled and self.shop.platform in OFFERED_BY
        return NewOffer(
            offer_id=self._derived(customer_id, f"id:{spec.rule}", spec.cycle, prefix="").lower(),
            customer_id=customer_id,
            kind=spec.kind,
            step=spec.step,
            rule=spec.rule,
            cycle=spec.cycle,
            generation=0,
            program_version=self.version,
            state=state,
            code=self._derived(customer_id, spec.rule, spec.cycle, self.program.code_prefix) if with_code else None,
            code_key_id=self.issuer.key_id if with_code else None,
            benefit=benefit.to_plain(spec.benefit) | ({POOLED: True} if pool else {}),
            budget_month=account_of(spec.kind, self.account) if with_code else None,
            reserved_minor=spec.reserve if with_code else 0,
            currency=self.program.currency,
            created_at=self.as_of,
            starts_at=spec.starts_at,
            ends_at=end_of_pool(spec.ends_at) if pool else spec.ends_at,
            issued_at=self.as_of if reminder else None,
            closed_at=None if issued else self.as_of,
            reasons=_reasons(decision),
            inputs=self.inputs[customer_id],
        )

    def _derived(self, customer_id: str, rule: str, cycle: str, prefix: str) -> str:
        return code.derive(
            key=self.issuer.key,
            environment=self.issuer.environment,
            platform=self.shop.platform,
            shop=self.shop.domain,
            customer_id=customer_id,
            rule=rule,
            cycle=cycle,
            generation=0,
            prefix=prefix,
        )

    def write(self, outcomes: dict[str, Decision]) -> None:
        shop_id = self.shop.shop_id
        opened = offers.open_many(self.db, shop_id, self.offers)
        self._follow_up(opened)
        waiting = [who for who, decision in outcomes.items() if any(one.code == UNREAD for one in decision.reasons)]
        ask_tags.of_customers(self.db, shop_id, waiting, now=self.as_of)
        rows = [self._decision_row(who, decision) for who, decision in outcomes.items()]
        decisions.keep_many(self.db, shop_id, rows)

    def _follow_up(self, opened: Collection[str]) -> None:
        planned = [offer for offer in self.offers if offer.state == "planned"]
        to_issue = {
            f"issue/{offer.offer_id}": {"offer_id": offer.offer_id} for offer in planned if offer.offer_id in opened
        }
        kind = ISSUE_POOLED if any(POOLED in one.benefit for one in planned) else ISSUE
        outbox.put_many(self.db, self.shop.shop_id, kind=kind, payloads=to_issue, now=self.as_of)
        if self.program.in_store.flow:
            reminders = [one.offer_id for one in self.offers if one.state == "issued" and one.offer_id in opened]
            flow.issued(self.db, self.shop.shop_id, reminders, now=self.as_of)
        # what was made already is not set aside twice
        kept = [
            (offer.budget_month, offer.reserved_minor, Cause(f"reserve/{offer.offer_id}", self.as_of, offer.offer_id))
            for offer in planned
            if offer.offer_id in opened and offer.reserved_minor and offer.budget_month
        ]
        self.purses.close(kept)

    def _decision_row(self, customer_id: str, decision: Decision) -> dict[str, Any]:
        return {
            "customer_id": customer_id,
            "decided_at": self.as_of,
            "program_version": self.version,
            "outcome": decision.outcome,
            # written as they are, field by field
            "reasons": decision.reasons,
            "inputs": self.inputs[customer_id],
        }


def _next(decision: Decision | None, as_of: datetime) -> datetime | None:
    if decision is None or decision.next_check_at is None:
        return None
    return max(decision.next_check_at, as_of + SOONEST)


def _reasons(decision: Decision) -> list[dict[str, Any]]:
    return [
        {"code": reason.code, "ok": reason.ok, "detail": reason.detail, "numbers": dict(reason.numbers)}
        for reason in decision.reasons
    ]
