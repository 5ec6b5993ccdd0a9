"""``regulars program``: the merchant's reward rules as JSON."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import click

from plugin.cli import context, rules_file
from plugin.cli.previewing import preview_
from plugin.rewards import stored, wire
from plugin.rewards.granted import ungranted
from plugin.rewards.possible import impossible
from plugin.usecases import change_program
from storage import programs


@click.group()
def program() -> None:
    """The reward rules of a shop: show, set, preview, history, undo."""


@program.command()
@click.argument("shop")
def show(shop: str) -> None:
    """Prints the rules that are in force."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            current = programs.current(db, found.shop_id)
        if current is None:
            raise context.Problem(f"{found.domain} has no rules yet.")
        click.echo(json.dumps(wire.to_wire(stored.from_stored(current.body)), indent=2, ensure_ascii=False))


@program.command("set")
@click.argument("shop")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", default="", help="Why, for the history.")
def set_(shop: str, file: Path, note: str) -> None:
    """Puts the rules in FILE in force as a new version; what is wrong is said field by field."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        wanted = rules_file.read(file)
        if refused := [*impossible(wanted, found.platform)] or [*ungranted(wanted, found.scopes)]:
            raise context.Problem("; ".join(f"{one.field}: {one.message}" for one in refused))
        with built.database.transaction() as db:
            current = programs.current(db, found.shop_id)
            version = change_program.save(
                db,
                shop_id=found.shop_id,
                program=wanted,
                author=_author(),
                note=note,
                now=built.now(),
                base_version=current.version if current else 0,
            )
        click.echo(f"Rules of {found.domain} are now version {version}.")


@program.command("history")
@click.argument("shop")
def history_(shop: str) -> None:
    """Prints all versions, newest first."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            for kept in programs.history(db, found.shop_id):
                click.echo(f"{kept.version}\t{kept.saved_at:%Y-%m-%d %H:%M} UTC\t{kept.author}\t{kept.note}")


@program.command()
@click.argument("shop")
@click.option("--cancel-codes", is_flag=True, help="Also cancel the offers of the undone rules that are not used yet.")
def undo(shop: str, cancel_codes: bool) -> None:
    """Puts the rules before the newest ones in force again, as a new version."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.transaction() as db:
            current = programs.current(db, found.shop_id)
            if current is None or current.version < 2:
                raise context.Problem(f"{found.domain} has no earlier rules to go back to.")
            version = change_program.undo(
                db,
                shop_id=found.shop_id,
                author=_author(),
                now=built.now(),
                base_version=current.version,
                cancel_codes=cancel_codes,
            )
        click.echo(f"Rules of {found.domain} are now version {version}, equal to version {current.version - 1}.")


def _author() -> str:
    return f"{getpass.getuser()} (command line)"


program.add_command(preview_)

COMMANDS = (program,)
