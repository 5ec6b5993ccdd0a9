"""Brings codes into a discount that holds many: one for each benefit and end, made with the first code that it gets.

The steps are those of ``deliver``, for all offers of a pool that are due at once. The code's name is unique in the
store here, too, so it happens once. Weaker is: the code is not bound to its customer, the store adds it a while after
it was asked, and a code that was taken out leaves its name free until a discount that is over has taken it. An offer is
issued once the store has shown its code in the discount.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from plugin.platforms.in_store import side
from plugin.platforms.protocol import InDoubt, Platform, PlatformError, StoredDiscount, Taken
from plugin.usecases import deliver, tidy_pools
from plugin.usecases.deliver import Answer, Task
from plugin.usecases.spec import is_ours
from storage import figures
from storage.outbox import OutboxRow

WAITS = "the store has not shown the code yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Offers of one pool of one shop whose codes are due, and the pool's discount as far as it is known."""

    shop_id: int
    tag: str
    rows: tuple[OutboxRow, ...]
    tasks: tuple[Task, ...]
    ref: str | None


def prepare_many(db: Connection, rows: Sequence[OutboxRow], *, now: datetime) -> list[Batch | None]:
    """One batch for each pool, in the place of its first row; None for the other rows and where nothing is to ask."""
    found: dict[tuple[int, str], list[tuple[OutboxRow, Task]]] = {}
    for row, task in zip(rows, deliver.prepare_many(db, rows, now=now), strict=True):
        if task is not None:
            found.setdefault((row.shop_id, task.spec.tag), []).append((row, task))
    first: dict[int, Batch] = {}
    for (shop_id, tag), pairs in found.items():
        kept = figures.get(db, shop_id, tag)
        batch = Batch(
            shop_id=shop_id,
            tag=tag,
            rows=tuple(row for row, _ in pairs),
            tasks=tuple(task for _, task in pairs),
            ref=None if kept is None else str(kept.body["ref"]),
        )
        first[pairs[0][0].outbox_row] = batch
    return [first.get(row.outbox_row) for row in rows]


def ask(platform: Platform, batch: Batch) -> list[Answer]:
    """What the store has of each code, in the order of the batch. Raises PlatformError where it cannot be asked at all."""
    answers = {task.spec.code: _found(platform, task) for task in batch.tasks if task.asked_before}
    missing = [task for task in batch.tasks if answers.get(task.spec.code) is None]
    parent = _parent(platform, batch)
    if parent is None and missing:
        made = deliver.ask(platform, replace(missing[0], asked_before=False))
        answers[missing[0].spec.code] = made
        parent, missing = made.found, missing[1:]
    if parent is not None and missing:
        answers |= _add(platform, parent, missing)
    return [answers.get(task.spec.code) or Answer(error=InDoubt(WAITS)) for task in batch.tasks]


def conclude(db: Connection, batch: Batch, answer: Sequence[Answer] | PlatformError, *, now: datetime) -> None:
    """Writes down what came of each, and which discount the next codes of the pool are added to."""
    answers = [Answer(error=answer)] * len(batch.tasks) if isinstance(answer, PlatformError) else answer
    deliver.conclude_many(db, list(zip(batch.rows, batch.tasks, answers, strict=True)), now=now)
    refs = set(filter(None, map(_ref, batch.tasks, answers)))
    if refs and batch.ref not in refs:
        ends_at = batch.tasks[0].spec.ends_at
        tidy_pools.remember(db, batch.shop_id, batch.tag, ref=min(refs), ends_at=ends_at, now=now)


def _ref(task: Task, answer: Answer) -> str | None:
    found = answer.found
    return found.ref if found is not None and found.live and is_ours(task.offer, found) else None


def _found(platform: Platform, task: Task) -> Answer | None:
    found = platform.find_discount(task.spec.code)
    return None if found is None else Answer(found=found)


def _parent(platform: Platform, batch: Batch) -> StoredDiscount | None:
    """The discount of the pool while the store has it and it is live; else another is made."""
    found = None if batch.ref is None else platform.find_discounts([batch.ref]).get(batch.ref)
    return found if found is not None and found.live and batch.tag in found.tags else None


def _add(platform: Platform, parent: StoredDiscount, tasks: Sequence[Task]) -> dict[str, Answer | None]:
    told = side(platform).add_codes(parent.ref, [task.spec.code for task in tasks])
    answers: dict[str, Answer | None] = {}
    for code, refused in told.items():
        if refused is None:
            answers[code] = Answer(found=replace(parent, code=code, usage_count=0))
        elif isinstance(refused, Taken):
            # ours from an earlier attempt, or somebody else's: the store says which
            found = platform.find_discount(code)
            answers[code] = Answer(found=found) if found else Answer(error=InDoubt(str(refused)))
        else:
            answers[code] = Answer(error=refused)
    return answers
