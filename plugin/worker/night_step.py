"""A shop's night: everything measured anew, in pieces that never hold the lock for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from plugin.rewards import stored
from plugin.runtime import Runtime
from plugin.usecases import install, measure, report_effect, tell_card, tell_figures, tell_habits
from plugin.usecases.stages import Stage, Watch, unwatched
from storage import figures, known, programs, shops, snapshots
from storage.shops import Shop

#: how long it is remembered what was known when: a year of replay, and its lead
KEEP_KNOWN = timedelta(days=460)


def run(runtime: Runtime, *, pages_too: bool = True) -> int:
    """Measures every shop whose night has come; answers how many."""
    now = runtime.now()
    with runtime.database.reading() as db:
        due = shops.due(db, now)
    for shop in due:
        measure_shop(runtime, shop, as_of=now, pages_too=pages_too)
    return len(due)


def measure_shop(
    runtime: Runtime, shop: Shop, *, as_of: datetime, pages_too: bool = True, watch: Watch = unwatched
) -> int:
    """Fits the store's numbers, measures all customers, proposes rules to a new shop; answers how many were measured.

    Without ``pages_too`` the figures that only pages show stay those of an earlier night: nothing is decided by them.
    ``watch`` is told of each part as it begins.
    """
    with runtime.database.reading() as db:
        current = programs.current(db, shop.shop_id)
        program = stored.from_stored(current.body) if current else None
        night = measure.night(db, shop, as_of=as_of, program=program, watch=watch)
        watch(Stage.EFFECT, 0)
        added = report_effect.measure(db, shop, night.history, as_of=as_of) if pages_too else None
        drawn = pages_too and tell_card.stale(figures.get(db, shop.shop_id, tell_card.NAME), night.model)
        habits = None
        if pages_too and tell_habits.stale(figures.get(db, shop.shop_id, tell_habits.NAME), as_of=as_of):
            watch(Stage.HABITS, 0)
            habits = tell_habits.tell(db, shop, night.history, night.model, as_of=as_of)
    watch(Stage.FIGURES, 0)
    told = tell_figures.tell(night.history, night.model, as_of=as_of, columns=night.columns) if pages_too else None
    if drawn:
        watch(Stage.CARD, 0)
    card = tell_card.tell(night.history, night.model, as_of=as_of) if drawn else None
    with runtime.database.transaction() as db:
        measure.keep_model(db, shop, night.model, as_of=as_of, everyone=True)
    for done, piece in enumerate(night.pieces()):
        watch(Stage.KEEP, done * measure.ROWS_AT_ONCE / night.count)
        runtime.database.carry_out(partial(snapshots.keep_columns, shop_id=shop.shop_id, columns=piece))
    with runtime.database.transaction() as db:
        if night.gone:
            snapshots.forget(db, shop.shop_id, night.gone)
        shops.plan_nightly(db, shop.shop_id, install.next_night(shop.timezone, as_of))
        install.propose_again(db, shop, now=as_of)
        if told is not None and added is not None:
            figures.keep(db, shop.shop_id, tell_figures.NAME, told, as_of)
            report_effect.keep(db, shop, added, as_of=as_of)
        if card is not None:
            figures.keep(db, shop.shop_id, tell_card.NAME, card, as_of)
        if habits is not None:
            figures.keep(db, shop.shop_id, tell_habits.NAME, habits, as_of)
        known.prune(db, shop.shop_id, as_of - KEEP_KNOWN)
    return night.count
