"""Writes on customers in the store what we know of them: group, tier, next step, early access. Only what has changed.

A round goes once an hour through all who were measured, in the order of their ids, and then through those on whom
something of ours stands although nobody wants it any more. It writes a call for each who differs, a few at a time with
a pause between, so that a large store is told over hours and the store's other work never waits for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from plugin.platforms.in_store import NAMESPACE, OFFERED_BY, CustomerMark, side
from plugin.platforms.protocol import Platform, PlatformError, Rejected
from plugin.rewards.announced import has_early_access
from plugin.rewards.granted import may_write, writes_customers
from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from plugin.usecases import put_off
from storage import customers, disclosure, notes, outbox, programs, shops
from storage.outbox import OutboxRow
from storage.shops import Shop

ROUND, TELL, DEFINE = "tell_store", "tell_customer", "define_fields"
#: customers looked at in one step, and pages of them; customers written to in one
LOOKED_AT, PAGES, AT_ONCE = 500, 40, 25
PAUSE = timedelta(seconds=10)
KEEP = timedelta(days=2)
NONE = "none"

Wanted = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to change on a customer, and how it will stand then; None: nothing of ours."""

    mark: CustomerMark
    wanted: Wanted | None


def due(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Whether a round should begin; read without a lock."""
    rules = _rules(db, shop)
    if rules is None or shop.platform not in OFFERED_BY or not may_write(shop.scopes):
        return False
    if not writes_customers(rules) and not notes.any_told(db, shop.shop_id):
        return False
    return not outbox.known(db, shop.shop_id, _key(shop, now)) and not disclosure.waiting(db, shop.shop_id, ROUND)


def begin(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Begins this hour's round, unless one is under way; whether it did."""
    for kind in (ROUND, TELL):
        outbox.forget(db, shop.shop_id, kind, before=now - KEEP)
    rules = _rules(db, shop)
    if rules is not None and rules.in_store.metafields:
        outbox.put(db, shop.shop_id, key=f"define/{shop.generation}", kind=DEFINE, payload={}, now=now)
    key = _key(shop, now)
    payload = {"round": key, "part": "measured", "after": ""}
    return outbox.put(db, shop.shop_id, key=key, kind=ROUND, payload=payload, now=now)


def go_on(db: Connection, row: OutboxRow, *, now: datetime) -> None:
    """Looks at the next customers and writes down what to tell of them; then the next step of the round."""
    if not outbox.done(db, row, now):
        return
    shop, part, after = shops.get(db, row.shop_id), str(row.payload["part"]), str(row.payload["after"])
    rules = _rules(db, shop)
    for _ in range(PAGES):
        ids = _page(db, shop.shop_id, part, after)
        changed = _changed(db, shop, rules, ids, now=now)[:AT_ONCE] if ids else []
        if changed:
            calls = {f"{row.payload['round']}/{who}": {"customer_id": who} for who in changed}
            outbox.put_many(db, shop.shop_id, kind=TELL, payloads=calls, now=now)
            # those behind the last one who was told of are looked at in the next step
            _next(db, row, part, changed[-1], now + PAUSE)
            return
        if ids:
            after = ids[-1]
        elif part == "measured":
            part, after = "told", ""
        else:
            return
    _next(db, row, part, after, now + PAUSE)


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> Task | None:
    """How it is to stand as of now; None where the store has it so."""
    shop, who = shops.get(db, row.shop_id), str(row.payload["customer_id"])
    told = notes.told(db, shop.shop_id, [who]).get(who)
    wanted = _wanted(db, shop, _rules(db, shop), [who], now=now)[who]
    if wanted == told:
        outbox.done(db, row, now)
        return None
    return Task(mark=_mark(who, told, wanted), wanted=wanted)


def ask(platform: Platform, task: Task) -> None:
    """Writes it. Raises PlatformError."""
    side(platform).mark_customer(task.mark)


def conclude(db: Connection, row: OutboxRow, task: Task, answer: PlatformError | None, *, now: datetime) -> None:
    """What stands there now. Of a customer whom the store has no more nothing is written again."""
    if isinstance(answer, PlatformError) and not isinstance(answer, Rejected):
        put_off.call(db, row, answer, now=now)
    elif outbox.done(db, row, now):
        notes.keep_told(db, row.shop_id, {task.mark.customer_id: task.wanted}, now=now)


def define(platform: Platform, _asked: object) -> None:
    """Makes the fields known to the store's segments. Raises PlatformError."""
    side(platform).define_fields()


def _rules(db: Connection, shop: Shop) -> Program | None:
    current = programs.current(db, shop.shop_id)
    return from_stored(current.body) if current else None


def _page(db: Connection, shop_id: int, part: str, after: str) -> list[str]:
    if part == "measured":
        return [one.customer_id for one in notes.page(db, shop_id, after=after, limit=LOOKED_AT)]
    return notes.told_after(db, shop_id, after=after, limit=LOOKED_AT)


def _changed(db: Connection, shop: Shop, rules: Program | None, ids: Collection[str], *, now: datetime) -> list[str]:
    told, wanted = notes.told(db, shop.shop_id, ids), _wanted(db, shop, rules, ids, now=now)
    return [who for who in ids if wanted[who] != told.get(who)]


def _wanted(
    db: Connection, shop: Shop, rules: Program | None, ids: Collection[str], *, now: datetime
) -> dict[str, Wanted | None]:
    """How each of these customers is to stand in the store."""
    found: dict[str, Wanted | None] = dict.fromkeys(ids)
    if rules is None or not writes_customers(rules):
        return found
    steps = notes.steps(db, shop.shop_id, ids, now=now)
    out = customers.left_out(db, shop.shop_id, ids)
    name = f"{shop.platform}|{shop.domain}"
    for one in notes.some(db, shop.shop_id, ids):
        who = one.customer_id
        early = has_early_access(rules, shop=name, customer_id=who, tier=one.tier, left_out=who in out)
        told = {"group": one.group, "tier": one.tier or NONE, "next_step": steps.get(who, NONE)}
        fields = told | {"early_access": "true" if early else "false"}
        found[who] = {
            "fields": fields if rules.in_store.metafields else {},
            "tags": _tags(told, early=early) if rules.in_store.tags else [],
        }
    return found


def _tags(told: Mapping[str, str], *, early: bool) -> list[str]:
    words = [f"{NAMESPACE}: {key.replace('_', ' ')} {_plain(value)}" for key, value in told.items() if value != NONE]
    return sorted([*words, f"{NAMESPACE}: early access"] if early else words)


def _plain(value: str) -> str:
    """A tag holds no comma: stores divide by it."""
    return " ".join(value.replace(",", " ").replace("_", " ").split())


def _mark(who: str, told: Mapping[str, Any] | None, wanted: Wanted | None) -> CustomerMark:
    before, after = told or {"fields": {}, "tags": []}, wanted or {"fields": {}, "tags": []}
    put = {key: value for key, value in after["fields"].items() if before["fields"].get(key) != value}
    return CustomerMark(
        customer_id=who,
        put=put,
        drop=tuple(sorted(before["fields"].keys() - after["fields"].keys())),
        add_tags=tuple(tag for tag in after["tags"] if tag not in before["tags"]),
        remove_tags=tuple(tag for tag in before["tags"] if tag not in after["tags"]),
    )


def _next(db: Connection, row: OutboxRow, part: str, after: str, at: datetime) -> None:
    payload = {"round": row.payload["round"], "part": part, "after": after}
    key = f"{row.payload['round']}/{part}/{after}/on"
    outbox.put(db, row.shop_id, key=key, kind=ROUND, payload=payload, now=at, run_at=at)


def _key(shop: Shop, now: datetime) -> str:
    return f"tell/{shop.generation}/{now:%Y-%m-%dT%H}"
