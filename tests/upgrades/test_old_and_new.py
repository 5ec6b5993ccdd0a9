"""While a new version takes over, the old one goes on: each step of the schema only adds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, MetaData, Table, delete, insert, inspect, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage import migrations
from storage.engine import Database
from tests.storage import filled
from tests.storage.worlds import new_shop

STEPS = [
    step.revision for step in reversed(list(ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()))
]
#: (step, table) -> why an older program may not go on writing this table
BROKEN = {
    ("0004", "budgets"): "2026-11-22: money without a ledger is refused; no version from before was ever released",
}
#: written once and never changed, by any program
APPENDED = frozenset({"budget_entries"})
#: numbers that rows are given
GIVEN = ("delivery_row", "outbox_row")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any schema, of each kind."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield made
        made.close()
        return
    server_url = request.getfixturevalue("postgresql_url")
    server, name = Database(server_url), f"regulars_empty_{uuid.uuid4().hex[:12]}"
    server.run_alone(f"CREATE DATABASE {name}")
    made = Database(make_url(server_url).set(database=name).render_as_string(hide_password=False))
    yield made
    made.close()
    server.run_alone(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


def test_steps_only_add(empty: Database) -> None:
    """No step takes a table or column away, changes one, or asks of an old program's rows what it cannot give."""
    with empty.transaction() as db:
        migrations.run(db, to=STEPS[0])
        before = _shape(inspect(db))
        for step in STEPS[1:]:
            migrations.run(db, to=step)
            after = _shape(inspect(db))
            broken = {name: wrong for name in before if (wrong := _broken(before[name], after.get(name)))}
            assert broken.keys() == {table for of, table in BROKEN if of == step}, (step, broken)
            before = after


def test_the_statements_of_older_programs_go_on(empty: Database) -> None:
    """Rows with an old program's columns alone are written, replaced, changed, read and removed in the newest schema."""
    olds = []
    with empty.transaction() as db:
        for step in STEPS:
            migrations.run(db, to=step)
            olds.append((step, _known(db)))
    with empty.transaction() as db:
        new = new_shop(db)
        filled.fill(db, new, range(3))
        for step, known in olds:
            late = {table for of, table in BROKEN if of > step}
            written = [table for table in known.sorted_tables if table.name not in {*late, migrations.VERSION_TABLE}]
            assert _lives(db, written, new) > len(written)


def _lives(db: Connection, tables: list[Table], like: int) -> int:
    """An old program's life with a shop like another; how many rows it wrote."""
    shop_id, count = like + 1000, 0
    for table in tables:
        rows = [_as_of(dict(row), shop_id) for row in db.execute(_of(table, like)).mappings()]
        if rows:
            db.execute(insert(table), rows)
            _again(db, table, rows)
        count += len(rows)
    for table in tables:
        if table.name not in APPENDED:
            same = {column.name: column for column in table.columns}
            db.execute(update(table).where(table.c.shop_id == shop_id).values(same))
        found = db.execute(_of(table, shop_id)).all()
        assert len(found) == len(db.execute(_of(table, like)).all()), table.name
    for table in reversed(tables):
        db.execute(delete(table).where(table.c.shop_id == shop_id))
    return count


def _of(table: Table, shop_id: int) -> Any:
    return select(table).where(table.c.shop_id == shop_id)


def _as_of(row: dict[str, Any], shop_id: int) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in GIVEN}
    return kept | {"shop_id": shop_id} | ({"domain": "old.myshopify.com"} if "domain" in kept else {})


def _again(db: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """The two ways in which programs write a row that may be there: do nothing, and replace."""
    words = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    db.execute(words(table).on_conflict_do_nothing(), rows)
    keys = [column.name for column in table.primary_key]
    if table.name not in APPENDED and not set(keys) & set(GIVEN):
        replace = words(table)
        changed = {name: replace.excluded[name] for name in rows[0] if name not in keys}
        if changed:
            db.execute(replace.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def _known(db: Connection) -> MetaData:
    known = MetaData()
    known.reflect(db)
    return known


def _shape(schema: Inspector) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "columns": {column["name"]: column for column in schema.get_columns(name)},
            "key": schema.get_pk_constraint(name)["constrained_columns"],
            "checks": {str(one["name"]): one["sqltext"] for one in schema.get_check_constraints(name)},
            "unique": {
                tuple(map(str, one["column_names"]))
                for one in [
                    *schema.get_unique_constraints(name),
                    *[index for index in schema.get_indexes(name) if index["unique"]],
                ]
            },
            "foreign": {tuple(one["constrained_columns"]) for one in schema.get_foreign_keys(name)},
        }
        for name in schema.get_table_names()
        if name != migrations.VERSION_TABLE
    }


def _broken(before: dict[str, Any], after: dict[str, Any] | None) -> list[str]:
    """What an old program would stumble over."""
    if after is None:
        return ["the table is gone"]
    old, new = before["columns"], after["columns"]
    added = new.keys() - old.keys()
    wrong = [f"{name} is gone" for name in old.keys() - new.keys()]
    wrong += [f"{name} is another" for name in old.keys() & new.keys() if _kind(old[name]) != _kind(new[name])]
    wrong += [f"{name} must be given" for name in added if not new[name]["nullable"] and new[name]["default"] is None]
    wrong += ["another key"] if before["key"] != after["key"] else []
    wrong += [f"check {name}" for name, said in after["checks"].items() if before["checks"].get(name, said) != said]
    for kind in ("unique", "foreign"):
        wrong += [f"{kind} {one}" for one in after[kind] - before[kind] if not set(one) & added]
    new_checks = after["checks"].keys() - before["checks"].keys()
    wrong += [f"check {name}" for name in new_checks if not any(column in after["checks"][name] for column in added)]
    return wrong


def _kind(column: dict[str, Any]) -> tuple[str, bool, str]:
    return repr(column["type"]), column["nullable"], str(column["default"])
