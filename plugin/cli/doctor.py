"""``regulars doctor``: what is well and what is not, one line each, with the remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from plugin import runtime
from plugin.cli import context, doctor_history, doctor_magento, doctor_offers, doctor_shopify
from plugin.cli.counting import counted
from plugin.platforms.protocol import PlatformError
from plugin.readiness import CLOCKS_APART_SECONDS, LEAST_DISK_SHARE, free_share
from plugin.runtime import Runtime
from plugin.usecases import keep_currency
from plugin.usecases.disclose import DATA_REQUEST
from plugin.usecases.forget_left import KEEP_LEFT
from plugin.vault import KeyFileError, Unsealable
from plugin.worker import notice_step
from storage import disclosure, inbox, ledger, migrations, offers, outbox, shops, soundness
from storage.shops import Shop

#: a delivery should not wait longer than this
OLD_DELIVERY = timedelta(minutes=5)
#: a call whose outcome is not known should be settled within this
OLD_DOUBT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    ok: bool
    told: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines.")
def doctor(*, as_json: bool) -> int:
    """Looks at configuration, database, clock, disk, every shop and the queues; exits 1 if something is wrong."""
    try:
        built = runtime.build(context.settings())
    except KeyFileError as error:
        raise context.Problem(str(error)) from error
    try:
        found = list(examine(built))
    finally:
        built.database.close()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False))
    else:
        for finding in found:
            click.echo(f"{'ok  ' if finding.ok else 'FAIL'} {finding.about}: {finding.told}")
    return 0 if all(finding.ok for finding in found) else 1


def examine(built: Runtime) -> Iterator[Finding]:
    """Everything that is looked at, the cheapest first; nothing more where the database does not fit."""
    yield Finding("configuration", ok=True, told=f"{built.config.environment}, log {built.config.log_format}")
    yield _disk(built)
    file = _file(built)
    yield file
    if not file.ok:
        return
    schema = _schema(built)
    yield schema
    if not schema.ok:
        return
    yield _clock(built)
    yield from _server_clock(built)
    with built.database.reading() as db:
        known = shops.every(db)
    if not known:
        yield Finding("shops", ok=True, told="none connected yet")
    yield from (Finding(*said) for said in doctor_shopify.app(built, known))
    yield from (Finding(*said) for said in doctor_shopify.address(built, known))
    for shop in known:
        yield from _shop(built, shop)
    yield from _queues(built)


def _disk(built: Runtime) -> Finding:
    share = free_share(built.config.sqlite_path or Path.cwd() / "any")
    return Finding(
        "disk",
        ok=share >= LEAST_DISK_SHARE,
        told=f"{share:.0%} free"
        + ("" if share >= LEAST_DISK_SHARE else "; make room, nothing can be kept on a full disk"),
    )


def _schema(built: Runtime) -> Finding:
    try:
        have, want = migrations.current(built.database), migrations.newest()
    except DBAPIError as error:
        return Finding(
            "database", ok=False, told=f"cannot be opened ({type(error.orig).__name__}); check REGULARS_DATABASE_URL"
        )
    told = f"{built.database.dialect}, schema {have or 'none'}"
    ok = migrations.fits(have)
    return Finding("database", ok=ok, told=told if ok else f"{told}, but {want} is needed; run regulars migrate")


def _file(built: Runtime) -> Finding:
    wrong = soundness.damage(built.database)
    told = "whole" if built.database.path is not None else "the server's affair"
    if wrong:
        told = f"damaged ({wrong}); stop everything and restore the newest backup"
    return Finding("database file", ok=wrong is None, told=told)


def _clock(built: Runtime) -> Finding:
    now = built.now()
    with built.database.reading() as db:
        newest = max((shop.installed_at for shop in shops.every(db)), default=now)
    ok = newest <= now + timedelta(minutes=1)
    return Finding(
        "clock",
        ok=ok,
        told=f"{now:%Y-%m-%d %H:%M} UTC" + ("" if ok else "; it is behind what was recorded before, set it right"),
    )


def _server_clock(built: Runtime) -> Iterator[Finding]:
    """On a server: machines that share a database should share the time."""
    told = built.database.server_time()
    if told is not None:
        yield _apart("clock of the database", built.now() - told)


def _apart(about: str, apart: timedelta) -> Finding:
    seconds = abs(apart.total_seconds())
    ok = seconds <= CLOCKS_APART_SECONDS
    told = f"{seconds:.0f} s from this machine's" + ("" if ok else "; set this machine's clock right, by NTP")
    return Finding(about, ok=ok, told=told)


def _shop(built: Runtime, shop: Shop) -> Iterator[Finding]:
    about = f"shop {shop.domain}"
    if shop.state == "uninstalled":
        when = f" since {shop.uninstalled_at:%Y-%m-%d}" if shop.uninstalled_at else ""
        told = f"uninstalled{when}; opening the app in the store's admin connects it again"
        if shop.uninstalled_at:
            told += f", on {shop.uninstalled_at + KEEP_LEFT:%Y-%m-%d} what is known of it is forgotten"
        yield Finding(about, ok=True, told=told)
        with built.database.reading() as db:
            yield from [Finding(*said) for said in doctor_magento.findings(db, shop, built.now())]
        return
    if shop.state == "paused":
        yield Finding(about, ok=False, told=_paused(shop))
    try:
        info = built.open_platform(shop).store_info()
    except (PlatformError, Unsealable) as error:
        yield Finding(about, ok=False, told=f"its API cannot be used: {error}")
    else:
        yield _scopes(built, shop, info.scopes)
        yield from _clocks(built, shop)
    if shop.platform == doctor_shopify.SHOPIFY:
        yield from (Finding(*said) for said in doctor_shopify.way(built, shop))
        yield from (Finding(*said) for said in doctor_shopify.subscriptions(built, shop))
    notice_step.run(built)
    with built.database.reading() as db:
        asked = disclosure.waiting(db, shop.shop_id, DATA_REQUEST)
        aside = inbox.aside(db, shop.shop_id, 3)
        count = inbox.count_aside(db, shop.shop_id)
        wrong = ledger.disagreements(db, shop.shop_id)
        of_offers = [Finding(*said) for said in doctor_offers.findings(db, shop, built.now())]
        of_history = [Finding(*said) for said in doctor_history.findings(db, shop, built.now())]
        of_connection = [Finding(*said) for said in doctor_magento.findings(db, shop, built.now())]
    yield from of_connection
    yield from of_history
    yield from of_offers
    if wrong:
        told = f"of {', '.join(wrong)}, the sum of the moves is not what the month holds; restore the newest backup"
        yield Finding(f"money of {shop.domain}", ok=False, told=told)
    if asked:
        ids = ", ".join(str(request["customer_id"]) for request in asked)
        who = f"customer {ids} asks" if len(asked) == 1 else f"customers {ids} ask"
        told = f"{who} what is kept about them; regulars disclose {shop.domain} --customer ID"
        yield Finding(f"requests to {shop.domain}", ok=False, told=told)
    if count:
        listed = "; ".join(f"{row.topic}: {row.reason}" for row in aside)
        yield Finding(
            f"deliveries of {shop.domain}",
            ok=False,
            told=f"{count} set aside ({listed}); once they can be understood, regulars inbox rerun {shop.domain}",
        )


def _scopes(built: Runtime, shop: Shop, granted: tuple[str, ...]) -> Finding:
    about = f"shop {shop.domain}"
    if shop.platform == doctor_magento.PLATFORM:
        missing: Sequence[str] = doctor_magento.lacking(granted)
        heals = "tick them in System, Extensions, Integrations, and save"
    else:
        missing = sorted(set(built.manifest.shopify.scopes) - set(granted))
        heals = doctor_shopify.to_grant(built, shop)
    if missing:
        return Finding(about, ok=False, told=f"scopes are missing: {', '.join(missing)}; {heals}")
    return Finding(about, ok=True, told=f"token works, {counted(len(granted), 'scope')}")


def _paused(shop: Shop) -> str:
    if (shop.trouble or "").startswith(keep_currency.BEGINS):
        return f"paused: {shop.trouble}"
    return f"paused: {shop.trouble or 'by hand'}; regulars shops resume {shop.domain}"


def _clocks(built: Runtime, shop: Shop) -> Iterator[Finding]:
    """Our clock against the store's: sessions and signatures are good for a minute, offers begin and end by the store's."""
    told = built.lines[shop.domain].store_time
    if told is not None:
        yield _apart(f"clock of {shop.domain}", built.now() - told)


def _queues(built: Runtime) -> Iterator[Finding]:
    now = built.now()
    with built.database.reading() as db:
        oldest = inbox.oldest_waiting(db)
        waiting, calls = inbox.waiting(db), outbox.waiting(db)
        doubtful = offers.in_doubt(db, now - OLD_DOUBT)
    late = oldest is not None and now - oldest > OLD_DELIVERY
    yield Finding(
        "inbox",
        ok=not late,
        told=f"{waiting} waiting"
        + (f", the oldest since {oldest:%Y-%m-%d %H:%M} UTC; is a worker running?" if late else ""),
    )
    yield Finding("outbox", ok=True, told=f"{counted(calls, 'call')} waiting")
    yield Finding(
        "offers in doubt", ok=not doubtful, told=f"{len(doubtful)} for more than 15 minutes" if doubtful else "none"
    )


COMMANDS = (doctor,)
