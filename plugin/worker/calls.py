"""The kinds of calls in the outbox: what is written before, what is asked of the store, what is written after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.platforms.protocol import Platform, PlatformError
from plugin.runtime import Runtime
from plugin.usecases import (
    cancel_offers,
    close_ended,
    compare,
    deliver,
    deliver_pooled,
    end_on_time,
    erase,
    flow,
    freeze,
    put_off,
    read_groups,
    read_scopes,
    read_tags,
    reconcile,
    redact_shop,
    refetch,
    sweep,
    switch_off,
    tell_store,
    tidy_pools,
    tidy_rules,
    tidy_up,
)
from plugin.usecases.absorb import REFETCH
from plugin.usecases.ask_scopes import READ_SCOPES
from plugin.usecases.ask_tags import READ_TAGS
from plugin.usecases.disclose import DATA_REQUEST
from plugin.usecases.make_offers import ISSUE, ISSUE_POOLED, issuer
from plugin.usecases.switch_off import SWITCH_OFF
from storage import offers, outbox
from storage.offers import Offer
from storage.outbox import OutboxRow

RETRY = timedelta(minutes=1)
#: a request for data waits for the merchant, and is looked at again now and then
MERCHANT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Call:
    """One kind. ``prepare`` answers for each row, None where nothing is left to ask; ``ask`` may raise PlatformError.

    ``conclude`` gets rows with what ``prepare`` and ``ask`` answered, or the error instead.
    """

    prepare: Callable[[Runtime, Connection, Sequence[OutboxRow]], Sequence[Any]]
    ask: Callable[[Platform, Any], Any]
    conclude: Callable[[Runtime, Connection, Sequence[tuple[OutboxRow, Any, Any]]], None]


def _prepare_issues(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> Sequence[deliver.Task | None]:
    return deliver.prepare_many(db, rows, now=runtime.now())


def _conclude_issues(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, deliver.Task, Any]]) -> None:
    answers = [
        (row, task, deliver.Answer(error=said) if isinstance(said, PlatformError) else said) for row, task, said in told
    ]
    deliver.conclude_many(db, answers, now=runtime.now())


def _conclude_pooled(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, Any, Any]]) -> None:
    for _row, batch, answer in told:
        deliver_pooled.conclude(db, batch, answer, now=runtime.now())


def _payloads(_runtime: Runtime, _db: Connection, rows: Sequence[OutboxRow]) -> Sequence[Mapping[str, Any]]:
    return [row.payload for row in rows]


def _each(
    conclude: Callable[[Runtime, Connection, OutboxRow, Any], None],
) -> Callable[[Runtime, Connection, Sequence[tuple[OutboxRow, Any, Any]]], None]:
    def all_of_them(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, Any, Any]]) -> None:
        for row, _asked, answer in told:
            conclude(runtime, db, row, answer)

    return all_of_them


def _one_by_one(
    prepare: Callable[..., Any],
) -> Callable[[Runtime, Connection, Sequence[OutboxRow]], Sequence[Any]]:
    def all_of_them(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> Sequence[Any]:
        return [prepare(db, row, now=runtime.now()) for row in rows]

    return all_of_them


def _settled(
    conclude: Callable[..., None],
) -> Callable[[Runtime, Connection, Sequence[tuple[OutboxRow, Any, Any]]], None]:
    """Concludes each call that was answered, and puts the others off."""

    def all_of_them(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, Any, Any]]) -> None:
        for row, asked, answer in told:
            if isinstance(answer, PlatformError):
                put_off.call(db, row, answer, now=runtime.now())
            else:
                conclude(db, row, asked, answer, now=runtime.now())

    return all_of_them


def _whatever(
    conclude: Callable[..., None],
) -> Callable[[Runtime, Connection, Sequence[tuple[OutboxRow, Any, Any]]], None]:
    """Concludes each call, answered or not."""

    def all_of_them(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, Any, Any]]) -> None:
        for row, asked, answer in told:
            conclude(db, row, asked, answer, now=runtime.now())

    return all_of_them


def _step(
    go_on: Callable[..., None],
) -> Callable[[Runtime, Connection, Sequence[OutboxRow]], Sequence[None]]:
    """What is done without asking the store."""

    def all_of_them(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> Sequence[None]:
        for row in rows:
            go_on(db, row, now=runtime.now())
        return [None] * len(rows)

    return all_of_them


def _done(db: Connection, row: OutboxRow, _asked: Any, _answer: Any, *, now: datetime) -> None:
    outbox.done(db, row, now)


def _prepare_disown(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> Sequence[Any]:
    """A code that an offer belongs to by now stays; one that waited for a person has its chance after that."""
    known = {row.outbox_row: _belongs_to(db, row) for row in rows}
    outbox.done_many(db, [row for row in rows if known[row.outbox_row] is not None], runtime.now())
    asked: list[Any] = []
    for row in rows:
        until = None if known[row.outbox_row] is not None else freeze.chance_until(db, row.shop_id)
        if waits := until is not None and until > runtime.now():
            outbox.retry(db, row, run_at=until, reason="may be decided again")
        asked.append(None if waits or known[row.outbox_row] is not None else row.payload)
    return asked


def _belongs_to(db: Connection, row: OutboxRow) -> Offer | None:
    """The offer of a code, by the mark on it, or where it bears none by the code itself."""
    code = str(row.payload["code"])
    return offers.get(db, row.shop_id, str(row.payload["tag"])) or offers.by_codes(db, row.shop_id, [code.upper()]).get(
        code.upper()
    )


def _conclude_refetch(runtime: Runtime, db: Connection, row: OutboxRow, answer: Any) -> None:
    if isinstance(answer, PlatformError):
        outbox.retry(db, row, run_at=runtime.now() + RETRY, reason=str(answer))
    elif answer is None and row.payload.get("hinted") and row.attempts < refetch.TRIES_FOR_A_HINT:
        # told of within the store's own transaction: it may not be there for others yet
        put_off.later(db, row, "the store does not have the order (yet)", now=runtime.now())
    elif outbox.done(db, row, runtime.now()) and answer is not None:
        by = issuer(runtime.vault, runtime.config.environment)
        refetch.keep(db, row.shop_id, answer, now=runtime.now(), vault=runtime.vault, issuer=by)


def _conclude_tags(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, Any, Any]]) -> None:
    for row, asked, answer in told:
        if isinstance(answer, PlatformError):
            put_off.call(db, row, answer, now=runtime.now())
        elif outbox.done(db, row, runtime.now()):
            by = issuer(runtime.vault, runtime.config.environment)
            read_tags.keep(db, row.shop_id, asked, answer, now=runtime.now(), vault=runtime.vault, issuer=by)


def _conclude_switch_off(runtime: Runtime, db: Connection, row: OutboxRow, answer: Any) -> None:
    # after its end the code is dead by itself, whether the store ever had it or not
    if answer is True or runtime.now() >= datetime.fromisoformat(row.payload["until"]):
        if outbox.done(db, row, runtime.now()) and row.key.startswith(erase.OFF):
            # of somebody erased not even this stays
            outbox.forget_keys(db, row.shop_id, [row.key])
            runtime.unscrubbed.set()
    elif isinstance(answer, PlatformError):
        put_off.call(db, row, answer, now=runtime.now())
    else:
        put_off.later(db, row, "the store does not know the code (yet)", now=runtime.now())


def _conclude_redaction(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, Any, Any]]) -> None:
    for row, _asked, answer in told:
        if redact_shop.conclude(db, row, answer, now=runtime.now()):
            runtime.unscrubbed.set()


def _conclude_reconciling(runtime: Runtime, db: Connection, told: Sequence[tuple[OutboxRow, Any, Any]]) -> None:
    for row, asked, answer in told:
        if isinstance(answer, PlatformError):
            put_off.call(db, row, answer, now=runtime.now())
        else:
            runtime.metrics.found(reconcile.conclude(db, row, asked, answer, now=runtime.now()))


def _leave_to_the_merchant(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> Sequence[None]:
    for row in rows:
        outbox.retry(db, row, run_at=runtime.now() + MERCHANT, reason="waits for the merchant")
    return [None] * len(rows)


def _never(*_: Any) -> None:
    raise AssertionError("nothing is asked of the store for this kind")


KINDS: Mapping[str, Call] = {
    ISSUE: Call(_prepare_issues, deliver.ask, _conclude_issues),
    ISSUE_POOLED: Call(
        lambda runtime, db, rows: deliver_pooled.prepare_many(db, rows, now=runtime.now()),
        deliver_pooled.ask,
        _conclude_pooled,
    ),
    REFETCH: Call(_payloads, lambda store, asked: store.fetch_order(str(asked["order_id"])), _each(_conclude_refetch)),
    READ_TAGS: Call(
        _one_by_one(read_tags.prepare),
        lambda store, asked: store.customer_tags(str(asked["customer_id"])),
        _conclude_tags,
    ),
    SWITCH_OFF: Call(
        _payloads, lambda store, asked: switch_off.code(store, str(asked["code"])), _each(_conclude_switch_off)
    ),
    close_ended.CLOSE: Call(_one_by_one(close_ended.prepare), close_ended.ask, _settled(close_ended.conclude)),
    cancel_offers.CANCEL: Call(_one_by_one(cancel_offers.prepare), cancel_offers.ask, _settled(cancel_offers.conclude)),
    end_on_time.END: Call(_one_by_one(end_on_time.prepare), cancel_offers.ask, _settled(end_on_time.conclude)),
    sweep.SWEEP: Call(_one_by_one(sweep.prepare), sweep.ask, _settled(sweep.conclude)),
    sweep.LOOK: Call(_one_by_one(sweep.prepare), sweep.ask, _settled(sweep.conclude)),
    compare.DISOWN: Call(
        _prepare_disown, lambda store, asked: switch_off.code(store, str(asked["code"])), _each(_conclude_switch_off)
    ),
    tell_store.ROUND: Call(_step(tell_store.go_on), _never, _never),
    tell_store.TELL: Call(_one_by_one(tell_store.prepare), tell_store.ask, _whatever(tell_store.conclude)),
    tell_store.DEFINE: Call(_payloads, tell_store.define, _settled(_done)),
    flow.FLOW: Call(_one_by_one(flow.prepare), flow.ask, _whatever(flow.conclude)),
    read_groups.READ: Call(_one_by_one(read_groups.prepare), read_groups.ask, _settled(read_groups.conclude)),
    READ_SCOPES: Call(_payloads, read_scopes.ask, _settled(read_scopes.conclude)),
    tidy_up.TIDY: Call(_one_by_one(tidy_up.prepare), tidy_up.ask, _settled(tidy_up.conclude)),
    tidy_pools.TIDY_POOLS: Call(_one_by_one(tidy_pools.prepare), tidy_pools.ask, _settled(tidy_pools.conclude)),
    tidy_rules.TIDY_RULES: Call(_one_by_one(tidy_rules.prepare), tidy_rules.ask, _settled(tidy_rules.conclude)),
    reconcile.RECONCILE: Call(_one_by_one(reconcile.prepare), reconcile.ask, _conclude_reconciling),
    redact_shop.CHECK: Call(_payloads, redact_shop.ask, _conclude_redaction),
    DATA_REQUEST: Call(_leave_to_the_merchant, _never, _never),
}
