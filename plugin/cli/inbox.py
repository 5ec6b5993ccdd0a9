"""``regulars inbox``: deliveries that could not be understood, and letting them be taken in again."""

from __future__ import annotations

import json
from datetime import datetime

import click

from plugin.cli import context
from plugin.cli.counting import counted
from storage import inbox as kept
from storage.inbox import Aside


@click.group()
def inbox() -> None:
    """Deliveries that were set aside: list, rerun."""


@inbox.command("list")
@click.argument("shop")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines.")
def list_(shop: str, limit: int, *, as_json: bool) -> None:
    """Prints what was set aside in SHOP, newest first: row, topic, when it came, why."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            aside, count = kept.aside(db, found.shop_id, limit), kept.count_aside(db, found.shop_id)
    if as_json:
        click.echo(json.dumps([_told(one) for one in aside], ensure_ascii=False))
        return
    for one in aside:
        click.echo(f"{one.delivery_row}\t{one.topic}\t{_instant(one.received_at)}\t{one.reason}")
    if count > len(aside):
        click.echo(
            f"regulars: {counted(count - len(aside), 'older one is', 'older ones are')} not shown; ask with a higher --limit.",
            err=True,
        )


@inbox.command()
@click.argument("shop")
@click.argument("rows", type=int, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a line.")
def rerun(shop: str, rows: tuple[int, ...], *, as_json: bool) -> None:
    """Lets the ROWS that were set aside in SHOP wait again, or all of them when none is named.

    The worker takes them in as if they had just come; one that still cannot be understood is set aside again.
    """
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.transaction() as db:
            count = kept.reopen(db, found.shop_id, rows or None)
            if count < len(set(rows)):
                raise context.Problem(
                    f"Not all of these rows are set aside in {found.domain}; regulars inbox list {found.domain} "
                    "says which are. Nothing was changed."
                )
    click.echo(
        json.dumps({"reopened": count})
        if as_json
        else f"{counted(count, 'delivery waits', 'deliveries wait')} to be taken in again."
    )


def _told(one: Aside) -> dict[str, str | int]:
    return {
        "row": one.delivery_row,
        "topic": one.topic,
        "received_at": _instant(one.received_at),
        "reason": one.reason,
    }


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


COMMANDS = (inbox,)
