"""Planted bugs in the calls to the store: how a code is asked for, and what is made of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, update

from plugin.platforms.protocol import DiscountPage, InDoubt, PlatformError, Rejected, StoredDiscount, Taken
from plugin.runtime import Runtime
from plugin.usecases import cancel_offers, deliver, sweep
from plugin.usecases.cancel_offers import CANCEL
from plugin.usecases.close_ended import CLOSE
from plugin.usecases.deliver import Answer, Task
from plugin.usecases.make_offers import ISSUE
from plugin.usecases.switch_off import SWITCH_OFF
from plugin.worker.calls import KINDS, Call
from storage.offers import Offer
from storage.outbox import OutboxRow
from storage.tables import offers as offers_table
from tests.simulator.parts import Parts
from tests.simulator.store import FakeStore

Told = Sequence[tuple[OutboxRow, Any, Any]]


def _issuing(**changed: Any) -> Callable[[], Parts]:
    return lambda: Parts(kinds={**KINDS, ISSUE: replace(KINDS[ISSUE], **changed)})


def _switching_off(**changed: Any) -> Callable[[], Parts]:
    return lambda: Parts(kinds={**KINDS, SWITCH_OFF: replace(KINDS[SWITCH_OFF], **changed)})


def _another_code(store: FakeStore, task: Task) -> Answer:
    return deliver.ask(store, replace(task, spec=replace(task.spec, code=f"{task.spec.code}{len(store.codes)}")))


def _another_code_when_taken(store: FakeStore, task: Task) -> Answer:
    try:
        return Answer(found=store.create_discount(task.spec))
    except Taken:
        return _another_code(store, task)
    except PlatformError as error:
        return Answer(error=error)


def _taken_is_a_failure(store: FakeStore, task: Task) -> Answer:
    try:
        return Answer(found=store.create_discount(task.spec))
    except Taken:
        return Answer(error=Rejected("taken", code="TAKEN"))
    except PlatformError as error:
        return Answer(error=error)


def _too_generous(store: FakeStore, task: Task) -> Answer:
    return deliver.ask(store, replace(task, spec=replace(task.spec, percent=task.spec.percent + 50)))


def _doubt_becomes(error: PlatformError | None) -> Callable[[Runtime, Connection, Told], None]:
    """A doubt is a failure, or (None) a success."""

    def conclude(runtime: Runtime, db: Connection, told: Told) -> None:
        KINDS[ISSUE].conclude(runtime, db, [(row, task, _decided(task, said, error)) for row, task, said in told])

    return conclude


def _decided(task: Task, said: Answer, error: PlatformError | None) -> Answer:
    if not isinstance(said.error, InDoubt):
        return said
    spec = task.spec
    hoped = StoredDiscount(ref="hoped", code=spec.code, tags=(spec.tag,), live=True, usage_count=0)
    return Answer(error=error) if error else Answer(found=hoped)


def _prepare_without_a_note(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> Sequence[Task | None]:
    tasks = KINDS[ISSUE].prepare(runtime, db, rows)
    _set_state(db, [task for task in tasks if task is not None and not task.asked_before], "sending", "planned")
    return tasks


def _conclude_without_a_note(runtime: Runtime, db: Connection, told: Told) -> None:
    _set_state(db, [task for _, task, said in told if said.found is not None], "planned", "sending")
    KINDS[ISSUE].conclude(runtime, db, told)


def _set_state(db: Connection, tasks: Sequence[Task], old: str, new: str) -> None:
    for task in tasks:
        mine = (offers_table.c.shop_id == task.offer.shop_id, offers_table.c.offer_id == task.offer.offer_id)
        db.execute(update(offers_table).where(*mine, offers_table.c.state == old).values(state=new))


def _not_found_is_off(runtime: Runtime, db: Connection, told: Told) -> None:
    KINDS[SWITCH_OFF].conclude(runtime, db, [(row, asked, said is False or said) for row, asked, said in told])


def _deletes(store: FakeStore, asked: Mapping[str, Any]) -> bool:
    found = store.find_discount(str(asked["code"]))
    if found is not None:
        store.delete(found.ref)
    return found is not None


def _cancelling(**changed: Any) -> Callable[[], Parts]:
    return lambda: Parts(kinds={**KINDS, CANCEL: replace(KINDS[CANCEL], **changed)})


def _off_by_belief(_store: FakeStore, task: cancel_offers.Task) -> StoredDiscount:
    return StoredDiscount(ref="believed", code=task.spec.code, tags=(task.spec.tag,), live=False, usage_count=0)


def _off_when_not_found(store: FakeStore, task: cancel_offers.Task) -> StoredDiscount:
    if store.find_discount(task.spec.code) is None:
        return _off_by_belief(store, task)
    return cancel_offers.ask(store, task)


def _sees_nothing_wrong(store: FakeStore, task: sweep.Task) -> sweep.Seen:
    if task.since is not None:
        return sweep.Seen(page=DiscountPage(discounts=(), after=None))
    said: dict[str, StoredDiscount | None] = {
        one.offer_id: StoredDiscount(
            ref=str(one.store_ref), code=str(one.code), tags=(one.offer_id,), live=True, usage_count=0
        )
        for one in task.offers
    }
    return sweep.Seen(found=said)


def _blind() -> Parts:
    looks = {kind: replace(KINDS[kind], ask=_sees_nothing_wrong) for kind in (sweep.SWEEP, sweep.LOOK)}
    return Parts(kinds={**KINDS, **looks})


def closing_early() -> Mapping[str, Call]:
    """The calls, with offers closed days before their end as if the store had nothing of them."""

    def prepare(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> Sequence[Any]:
        later = runtime.now() + timedelta(days=6)
        return KINDS[CLOSE].prepare(replace(runtime, now=lambda: later), db, rows)

    def ask(_store: FakeStore, page: Sequence[Offer]) -> Mapping[str, None]:
        return {offer.offer_id: None for offer in page}

    return {**KINDS, CLOSE: replace(KINDS[CLOSE], prepare=prepare, ask=ask)}


#: name → the world's parts with this bug in them
CALLS: Mapping[str, Callable[[], Parts]] = {
    "another code for every try": _issuing(ask=_another_code),
    "another code when one is taken": _issuing(ask=_another_code_when_taken),
    "a time-out is a failure": _issuing(conclude=_doubt_becomes(Rejected("no answer", code="TIMEOUT"))),
    "a time-out is a success": _issuing(conclude=_doubt_becomes(None)),
    "taken is a failure": _issuing(ask=_taken_is_a_failure),
    "more than the merchant allows": _issuing(ask=_too_generous),
    "not written before the wire": _issuing(prepare=_prepare_without_a_note, conclude=_conclude_without_a_note),
    "not found is off": _switching_off(conclude=_not_found_is_off),
    "deleted, not switched off": _switching_off(ask=_deletes),
    "cancelled and not switched off": _cancelling(ask=_off_by_belief),
    "cancelled on one empty look-up": _cancelling(ask=_off_when_not_found),
    "the sweep is blind": _blind,
}
