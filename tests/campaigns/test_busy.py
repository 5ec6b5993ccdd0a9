"""A database that others hold: 503 before the store hangs up, and deliveries are kept again by themselves."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.campaigns import checks, running, senders
from tests.campaigns.programs import Starter, asked, wait_until
from tests.campaigns.senders import Book, Postman
from tests.campaigns.town import Town

#: stores hang up after so many seconds
PLATFORM_SECONDS = 5.0
#: once nobody holds it any more
RECOVERS_SECONDS = 10


def test_a_database_that_isheld(starter: Starter, a_town: Callable[..., Town], database_url: str) -> None:
    """While another program holds the inbox, a delivery is answered 503 within 5 s and pages go on; then it is kept."""
    town, book = a_town(database_url), Book()
    first, second, *_ = town.live(4)
    with running.serving(starter, town) as (server, port):
        postman = Postman(port, book)
        assert postman.deliver(first) == 200
        with held(town):
            began = time.monotonic()
            assert postman.deliver(second) == 503
            took = time.monotonic() - began
            assert asked(port, "/livez") == asked(port, "/app/overview") == 200
        seconds = wait_until(lambda: postman.deliver(second) == 200, seconds=RECOVERS_SECONDS, lives=[server])
        postman.close()
    assert not book.without_retry_after
    assert took < PLATFORM_SECONDS
    assert seconds < RECOVERS_SECONDS
    assert checks.kept(town.runtime.database) == {senders.name(first.number), senders.name(second.number)}
    checks.nothing_is_doubled(town)


@contextmanager
def held(town: Town) -> Iterator[None]:
    """What every writer has to wait for, taken by somebody who does not give it back: the file's lock, or the table's."""
    if town.runtime.database.dialect == "postgresql":
        with town.runtime.database.transaction() as db:
            db.exec_driver_sql("LOCK TABLE inbox IN EXCLUSIVE MODE")
            yield
        return
    file = Path(f"{make_url(town.url).database}.lock-file")
    with file.open("r+b") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
