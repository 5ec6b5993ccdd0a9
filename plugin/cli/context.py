"""What every command needs: the running program out of the environment, and the shop that was named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import DBAPIError

from plugin import config, runtime
from plugin.runtime import Runtime
from plugin.vault import KeyFileError
from storage import migrations, shops
from storage.shops import Shop

#: days outside of these years are slips of the pen, and the calendar of the machine ends near them
FIRST_YEAR, LAST_YEAR = 1900, 9998


class Problem(click.ClickException):
    """What was asked for does not hold; the message says what to do."""

    exit_code = 1


def settings() -> config.Config:
    """The settings of this process. Raises ConfigError."""
    return config.from_env(os.environ)


@contextmanager
def opened(*, migrated: bool = True) -> Iterator[Runtime]:
    """The running program, closed again afterwards; refuses a database with an old schema unless told otherwise."""
    chosen = settings()
    if chosen.sqlite_path is not None and migrated and not chosen.sqlite_path.exists():
        raise Problem(f"There is no database at {chosen.sqlite_path} yet: run regulars migrate first.")
    try:
        built = runtime.build(chosen)
    except KeyFileError as error:
        raise Problem(str(error)) from error
    try:
        if migrated:
            require_schema(built)
        yield built
    except DBAPIError as error:
        raise Problem(
            f"The database cannot be used ({type(error.orig).__name__}): check REGULARS_DATABASE_URL."
        ) from error
    finally:
        built.database.close()


def require_schema(built: Runtime) -> None:
    """Raises Problem where the database has not seen the newest schema of this program."""
    have = migrations.current(built.database)
    if not migrations.fits(have):
        want = migrations.newest()
        raise Problem(
            f"The database is at schema {have or 'none'} and this program needs {want}: run regulars migrate."
        )


def shop_named(built: Runtime, name: str) -> Shop:
    """The shop with this domain or number. Raises Problem with the names there are."""
    with built.database.reading() as db:
        known = shops.every(db)
    for shop in known:
        if name in {shop.domain, str(shop.shop_id)}:
            return shop
    there = ", ".join(shop.domain for shop in known) or "none; connect one with regulars shops add"
    raise Problem(f"There is no shop {name!r}; known: {there}.")


def end_of(day: date, timezone: str) -> datetime:
    """The last instant of a day in a time zone, in UTC. Raises BadParameter for a day that nothing can be asked about."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise click.BadParameter(f"{day} is no day to ask about: the years go from {FIRST_YEAR} to {LAST_YEAR}.")
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


#: the option --as-of DATE
as_of_option = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The end of this day in the shop's time zone; nothing later is seen. Default: now.",
)


def instant(built: Runtime, shop: Shop, as_of: datetime | None) -> datetime:
    """The instant that --as-of names, or now."""
    return built.now() if as_of is None else end_of(as_of.date(), shop.timezone)


def past_instant(built: Runtime, shop: Shop, as_of: datetime | None) -> datetime:
    """The same for what is written: now where the day is not over. Raises BadParameter for a day that has not begun."""
    now = built.now()
    if as_of is not None and as_of.date() > now.astimezone(ZoneInfo(shop.timezone)).date():
        raise click.BadParameter(f"{as_of:%Y-%m-%d} has not begun.", param_hint="--as-of")
    return min(now, instant(built, shop, as_of))
