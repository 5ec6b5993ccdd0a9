"""The application as a whole: probes, metrics, errors in one shape, headers on every answer."""

from __future__ import annotations

import logging
import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from plugin.app import create_app
from plugin.platforms.protocol import NotSent
from plugin.readiness import REMEMBERED_SECONDS, Readiness
from storage import migrations
from storage.engine import Database
from tests.pages.world import Visit, World, deaf


def test_it_is_alive_and_ready(world: World) -> None:
    """Ready means that it can write and that the schema is current."""
    client = world.app().test_client()

    assert [client.get(path).status_code for path in ("/livez", "/readyz")] == [200, 200]


def test_it_is_not_ready_on_an_old_schema(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    """503 and the command that helps; it is alive all the same."""
    empty = Database(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'x.db'}")
    world.runtime = replace(world.runtime, database=empty)
    client = world.app().test_client()

    assert (client.get("/livez").status_code, client.get("/readyz").status_code) == (200, 503)
    assert "regulars migrate" in client.get("/readyz").text
    empty.close()


def test_it_is_ready_on_a_newer_schema(world: World) -> None:
    """While a newer program takes over, the old one goes on: steps only add."""
    with world.runtime.database.transaction() as db:
        db.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608 - a constant
    try:
        assert world.app().test_client().get("/readyz").status_code == 200
        migrations.migrate(world.runtime.database)
        assert migrations.current(world.runtime.database) == "9999"
    finally:
        with world.runtime.database.transaction() as db:
            newest = {"newest": migrations.newest()}
            db.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = :newest"), newest)  # noqa: S608


def test_it_is_not_ready_on_a_disk_that_is_almost_full(world: World) -> None:
    """Under five percent free it says so and what to do; it looks once a second, as each look is a commit."""
    free, now = [0.049], [0.0]
    readiness = Readiness(world.runtime, share=lambda _path: free[0], monotonic=lambda: now[0])
    assert "make room" in (readiness.trouble() or "")
    free[0] = 0.051
    assert readiness.trouble() is not None
    now[0] = REMEMBERED_SECONDS
    assert readiness.trouble() is None


def test_it_is_not_ready_where_nothing_can_be_written(world: World, sqlite_database: Database) -> None:
    """A database that refuses every write is 503, says what to look at, and tells nothing of what was tried."""
    with sqlite_database.transaction() as db:
        fault = f"CREATE TRIGGER no BEFORE UPDATE ON {migrations.VERSION_TABLE} BEGIN SELECT RAISE(ABORT, 'x'); END"
        db.execute(text(fault))
    client = replace(world, runtime=replace(world.runtime, database=sqlite_database)).app().test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, client.get("/livez").status_code) == (503, 200)
    assert "cannot be written" in answer.text


def test_metrics_count_answers_by_route_and_tell_the_queues(world: World) -> None:
    """Routes, never addresses: no number of customers can blow them up, and nothing personal is in them."""
    client = world.app().test_client()
    client.get("/app/rules?shop=secret.myshopify.com")
    client.get("/app/unheard-of")
    told = client.get("/metrics").text

    assert 'regulars_http_answers_total{method="GET",route="/app/rules",status="200"} 1.0' in told
    assert re.search(r"^regulars_inbox_waiting 0.0$", told, re.MULTILINE)
    assert "unheard-of" not in told
    assert "secret" not in told


def broken(world: World, error: Exception) -> Flask:
    """An application whose installation of new stores fails."""

    def fail(_domain: str, _token: str) -> None:
        raise error

    return create_app(world.runtime, ear=deaf(world.clock), on_first_open=fail)


def test_a_fault_of_ours_has_a_number_that_the_log_knows(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The page says no more; the log has the number, the path and the cause, and no token."""
    token = world.id_token(shop="new.myshopify.com")
    with caplog.at_level(logging.ERROR):
        answer = broken(world, ValueError("deep inside")).test_client().get(f"/app/rules?id_token={token}")
    number = re.search(r"Error number: ([0-9a-f]{8})", answer.text)

    assert answer.status_code == 500
    assert "deep inside" not in answer.text
    assert number is not None
    assert number[1] in caplog.text
    assert token not in caplog.text


def test_a_store_that_cannot_be_reached_is_no_fault_of_ours(world: World) -> None:
    """502, and the advice to try again."""
    token = world.id_token(shop="new.myshopify.com")
    answer = broken(world, NotSent("no way")).test_client().get(f"/app/rules?id_token={token}")

    assert answer.status_code == 502
    assert "Your store could not be reached." in answer.text


def test_an_unknown_address_has_a_page_and_an_unknown_call_has_json(world: World) -> None:
    """Both with a number, both 404."""
    client = world.app().test_client()
    page, call = client.get("/app/nothing"), client.get("/api/v1/nothing")

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "This page does not exist" in page.text
    assert (call.status_code, call.json["error"]["code"], len(call.json["error"]["id"])) == (404, "not_found", 8)


def test_a_wrong_method_is_told_which_are_right(world: World) -> None:
    """405 with Allow."""
    answer = world.app().test_client().delete("/api/v1/program")

    assert answer.status_code == 405
    assert "PUT" in answer.headers["Allow"]


def test_every_answer_is_hardened(world: World) -> None:
    """Pages, calls, errors, files and probes alike; pages are never stored."""
    visit = Visit(world)
    answers = [
        visit.client.get(path) for path in ("/app/rules", "/app/nothing", "/api/v1/nothing", "/livez", "/metrics", world.launch())
    ] + [visit.fragment("/app/rules"), visit.api("GET", "/program")]  # fmt: skip

    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"no-referrer"}
    assert {answer.headers["Server"] for answer in answers} == {"regulars"}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert not any("Access-Control-Allow-Origin" in answer.headers for answer in answers)
    assert all("Content-Security-Policy" in answer.headers for answer in answers if answer.mimetype == "text/html")


def test_pages_are_compressed_but_not_with_a_secret_inside(world: World) -> None:
    """A document that hands out a session goes out as it is, so that its length tells nothing."""
    visit = Visit(world)
    packed = {"Accept-Encoding": "gzip"}
    fragment = visit.client.get("/app/rules", headers=visit.headers() | packed | {"X-Fragment": "1"})
    document = visit.client.get(world.launch(), headers=packed)

    assert fragment.headers.get("Content-Encoding") == "gzip"
    assert "Content-Encoding" not in document.headers
