"""Deliveries are kept on connections of their own, whatever the pages do with theirs; a server that vanished is noticed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text

from plugin import assembly
from storage.engine import SERVER_CONNECTIONS, SERVER_OVERFLOW, Database
from tests.campaigns import senders, town


def test_deliveries_are_kept_while_pages_hold_every_connection(fresh_postgresql_url: str, tmp_path: Path) -> None:
    """Whoever looks something up or writes it down for a delivery waits for no page, also where nothing is remembered."""
    with town.opened(tmp_path, fresh_postgresql_url, seed=5) as opened, ExitStack() as held:
        told = opened.live(3)
        web = assembly.web(opened.runtime)
        held.callback(web.close)
        for _ in range(SERVER_CONNECTIONS + SERVER_OVERFLOW):
            held.enter_context(opened.runtime.database.reading()).execute(text("SELECT 1"))

        client = web.app.test_client()
        path = "/webhooks/shopify/"
        answers = [client.post(path + one.topic, data=one.body, headers=senders.headers(one)) for one in told]

        assert {answer.status_code for answer in answers} == {200}


def test_a_server_that_vanished_is_given_up(postgresql_database: Database) -> None:
    """A machine that is gone says nothing: connecting, waiting for an answer and sending each end by themselves."""
    with postgresql_database.reading() as db:
        driver = db.connection.driver_connection
        assert driver is not None
        told = driver.info.get_parameters()

    assert int(told["connect_timeout"]) <= 10
    assert int(told["tcp_user_timeout"]) <= 30_000
    assert int(told["keepalives_idle"]) + int(told["keepalives_interval"]) * int(told["keepalives_count"]) <= 60
