"""``regulars backup``: a copy of the database while everything runs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from plugin.cli import context
from storage import backup as kept
from storage import migrations


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def backup(file: Path, *, as_json: bool) -> None:
    """Writes the SQLite database into FILE, as of this moment, while it is used; the README says how to restore it."""
    with context.opened(migrated=False) as built:
        if built.config.sqlite_path is None:
            raise context.Problem(
                "The database is on a PostgreSQL server: back it up with pg_dump --format=custom, "
                "and keep REGULARS_SECRET_KEYS with it."
            )
        if not (schema := migrations.current(built.database)):
            raise context.Problem(f"There is nothing at {built.config.sqlite_path} to back up.")
        try:
            size = kept.copy(built.database, file.absolute())
        except kept.BackupError as error:
            raise context.Problem(str(error)) from error
        keys = "REGULARS_SECRET_KEYS" if built.config.secret_keys else str(built.config.key_path)
    if as_json:
        click.echo(json.dumps({"file": str(file), "bytes": size, "schema": schema, "keys": keys}))
        return
    click.echo(f"Wrote {file}: {size:,} bytes at schema {schema}.")
    click.echo(f"It is of no use without the keys in {keys}; keep those too, in another place.")


COMMANDS = (backup,)
