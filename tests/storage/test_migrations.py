"""The frozen steps lead to the schema that the program speaks to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from storage import migrations
from storage.engine import Database
from storage.tables import metadata


def test_the_steps_lead_to_the_schema_that_the_program_speaks_to(database: Database, database_url: str, tmp_path: Path):
    """A migrated database has the very tables, keys, checks and indexes of storage.tables, and no others."""
    with database.transaction() as db:
        migrated = _described(db)
        for table in reversed(metadata.sorted_tables):
            table.drop(db)
        metadata.create_all(db)
        assert _described(db) == migrated
    assert "orders" in migrated


def test_sqlite_tables_are_strict(sqlite_database: Database):
    """A SQLite table takes no text where a number belongs."""
    with sqlite_database.reading() as db:
        rows = db.execute(
            text("SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'")
        )
        tables = {name: (strict, without_rowid) for name, strict, without_rowid in rows}
    assert tables.pop(migrations.VERSION_TABLE) == (0, 0)
    assert tables == dict.fromkeys(metadata.tables, (1, 0))


def test_bodies_are_compressed_once(postgresql_database: Database):
    """PostgreSQL keeps a delivery's body beside its row, as it is."""
    with postgresql_database.reading() as db:
        kept = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'inbox'::regclass AND attname = 'body'"
        assert db.execute(text(kept)).scalar_one() == "e"


def test_migrating_again_changes_nothing(database: Database):
    """Migrating is done once however often it is asked for, and the database says how new it is."""
    assert migrations.current(database) == migrations.newest()
    migrations.migrate(database)
    assert migrations.current(database) == migrations.newest()


def test_an_empty_database_has_no_version(tmp_path: Path):
    """A database that was never migrated says so."""
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert migrations.current(database) is None
    database.close()


def _described(db: Connection) -> dict[str, Any]:
    if db.dialect.name == "sqlite":
        return _of_sqlite(db)
    return _of_postgresql(db)


def _of_sqlite(db: Connection) -> dict[str, Any]:
    schema = inspect(db)
    return {
        name: {
            "columns": {
                column["name"]: {**column, "type": repr(column["type"])} for column in schema.get_columns(name)
            },
            "primary key": schema.get_pk_constraint(name),
            "foreign keys": sorted(map(repr, schema.get_foreign_keys(name))),
            "unique": sorted(map(repr, schema.get_unique_constraints(name))),
            "checks": sorted(map(repr, schema.get_check_constraints(name))),
            "indexes": sorted(
                db.execute(
                    text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :name"), {"name": name}
                ).scalars(),
                key=str,
            ),
            "options": sorted(
                set(
                    db.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
                    .scalar_one()
                    .split()
                )
                & {"STRICT", "AUTOINCREMENT", "WITHOUT"}
            ),
        }
        for name in schema.get_table_names()
        if name != migrations.VERSION_TABLE
    }


def _of_postgresql(db: Connection) -> dict[str, Any]:
    asked = {
        "columns": """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, l.collname,
            pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            LEFT JOIN pg_collation l ON l.oid = a.attcollation
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
        "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace""",
        "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }
    found: dict[str, Any] = {}
    for what, statement in asked.items():
        for table, *rest in db.execute(text(statement)):
            if table != migrations.VERSION_TABLE:
                found.setdefault(table, {}).setdefault(what, []).append(repr(rest))
    return {table: {what: sorted(rows) for what, rows in parts.items()} for table, parts in found.items()}
