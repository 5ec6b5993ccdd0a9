"""``regulars program preview``: what rules in a file would have done over the last year, beside the saved ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from plugin.cli import context, rules_file
from plugin.cli.counting import counted
from plugin.cli.progress import bar
from plugin.rewards import stored
from plugin.rewards.decision import Benefit
from plugin.rewards.program import Program
from plugin.runtime import Runtime
from plugin.usecases import preview
from plugin.usecases.backtest.past import Past
from plugin.usecases.backtest.summary import Summary
from plugin.usecases.preview import Change, Comparison
from storage import programs
from storage.columns import EPOCH, MICROSECOND
from storage.money import to_decimal_text
from storage.shops import Shop

Row = tuple[str, str, str]


@click.command("preview")
@click.argument("shop")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
def preview_(shop: str, file: Path, *, as_json: bool) -> None:
    """What the rules in FILE would have done with all customers over the last year, beside the saved rules."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        changed = rules_file.read(file)
        store, saved = _past(built, found)
        compared = _compared(store, saved, changed)
    told = json.dumps(_figures(store, compared, changed), indent=2, ensure_ascii=False)
    click.echo(told if as_json else "\n".join(_lines(store, compared, changed)))


def _past(built: Runtime, shop: Shop) -> tuple[Past, Program]:
    with built.database.reading() as db:
        current = programs.current(db, shop.shop_id)
        store = preview.past(db, shop, now=built.now(), sample=None)
    if current is None or store is None:
        raise context.Problem(f"{shop.domain} was not measured yet: nothing can be replayed.")
    return store, stored.from_stored(current.body)


def _compared(store: Past, saved: Program, changed: Program) -> Comparison:
    with bar(2 * preview.nights(store), "Replaying the year", "days") as progress:
        first = preview.year(store, saved, progress.update)
        second = preview.year(store, changed, progress.update)
    return preview.compare(store, (saved, first), (changed, second))


def _lines(store: Past, found: Comparison, program: Program) -> Iterator[str]:
    saved, changed = found.saved, found.changed
    yield f"The last twelve months under these rules, beside the saved ones: {counted(changed.replayed, 'customer')}, day by day."
    yield _known_since(store)
    yield ""
    yield from _table([("", "saved", "new"), *_totals(saved, changed, program.currency)])
    yield ""
    yield from _table(
        [
            ("Customers by tier", "", ""),
            *((f"  {row.name}", f"{row.saved:,}", f"{row.changed:,}") for row in found.tiers),
        ]
    )
    yield f"{counted(found.moved, 'customer changes', 'customers change')} tier."
    yield ""
    weeks = sorted({*saved.by_week, *changed.by_week})
    rows = [(f"  {week}", f"{saved.by_week.get(week, 0):,}", f"{changed.by_week.get(week, 0):,}") for week in weeks]
    yield from _table([("Offers by week from", "", ""), *rows])
    yield ""
    yield "Customers whom this changes most:" if found.changes else "It changes no customer."
    for one in found.changes:
        yield f"  {one.customer_id}: {_change(one, program.currency)}"
    yield ""
    yield "Counted as if nobody ordered more because of an offer, and as if all who ordered used the best one open."


def _totals(saved: Summary, changed: Summary, currency: str) -> Iterator[Row]:
    def money(name: str, before: int, after: int) -> Row:
        shown = [f"{to_decimal_text(minor, currency)} {currency}" for minor in (before, after)]
        return (name, shown[0], shown[1])

    for kind in sorted({*saved.by_kind, *changed.by_kind}):
        yield (
            f"Offers, {kind.replace('_', '-')}",
            f"{saved.by_kind.get(kind, 0):,}",
            f"{changed.by_kind.get(kind, 0):,}",
        )
        yield ("  ordered again by themselves", _share(saved.came_back.get(kind)), _share(changed.came_back.get(kind)))
    yield money("Expected cost a month", saved.cost_a_month, changed.cost_a_month)
    yield money("Worst case a month", saved.worst_a_month, changed.worst_a_month)
    yield ("Months that ran out of budget", f"{len(saved.ran_out)}", f"{len(changed.ran_out)}")
    for month in sorted({*saved.ran_out, *changed.ran_out}):
        yield (f"  {month}, on day", str(saved.ran_out.get(month, "-")), str(changed.ran_out.get(month, "-")))
    yield ("Times at which two offers met", f"{saved.overlaps:,}", f"{changed.overlaps:,}")


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _table(rows: list[Row]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        yield f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}".rstrip()


def _known_since(store: Past) -> str:
    if store.since is None:
        return "What was known on each day is reckoned from the orders; nothing was kept of it."
    day = EPOCH + store.since * MICROSECOND
    return f"What was known on each day was kept since {day:%Y-%m-%d}; before, it is reckoned from the orders."


def _change(one: Change, currency: str) -> str:
    before, after = one.tiers
    tiers = f"{before} -> {after}; " if before != after else ""
    return f"{tiers}{_gifts(one.saved, currency)} -> {_gifts(one.changed, currency)}"


def _gifts(gifts: tuple[Benefit, ...], currency: str) -> str:
    return ", ".join(_gift(gift, currency) for gift in gifts) or "no offers"


def _gift(gift: Benefit, currency: str) -> str:
    if gift.type == "percent":
        return f"{gift.value} %"
    return f"{to_decimal_text(gift.value, currency)} {currency}" if gift.type == "fixed" else gift.type


def _figures(store: Past, found: Comparison, program: Program) -> dict[str, Any]:
    def of(each: Summary) -> dict[str, Any]:
        return {
            "offers_by_week": {str(week): count for week, count in each.by_week.items()},
            "offers_by_kind": dict(each.by_kind),
            "came_back_by_themselves": {kind: round(share, 4) for kind, share in each.came_back.items()},
            "expected_cost_a_month": to_decimal_text(each.cost_a_month, program.currency),
            "worst_cost_a_month": to_decimal_text(each.worst_a_month, program.currency),
            "budget_used_up_on_day": dict(each.ran_out),
            "two_offers_met": each.overlaps,
        }

    return {
        "currency": program.currency,
        "from": found.changed.since.isoformat(),
        "until": store.now.isoformat(),
        "known_since": None if store.since is None else (EPOCH + store.since * MICROSECOND).isoformat(),
        "customers": found.changed.replayed,
        "saved": of(found.saved),
        "new": of(found.changed),
        "tiers": [{"name": row.name, "saved": row.saved, "new": row.changed} for row in found.tiers],
        "customers_changing_tier": found.moved,
        "changes": [
            {
                "customer_id": one.customer_id,
                "tier": {"saved": one.tiers[0], "new": one.tiers[1]},
                "offers": {"saved": _gifts(one.saved, program.currency), "new": _gifts(one.changed, program.currency)},
            }
            for one in found.changes
        ],
    }
