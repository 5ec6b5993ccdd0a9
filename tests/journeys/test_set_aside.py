"""A delivery that nobody could take in holds nobody up, is seen, and has its effect once the cause is mended."""

import json

import pytest
from sqlalchemy import text

from plugin.cli import run
from plugin.cli.demo.world import World
from storage import inbox, orders, shops
from tests.journeys import people
from tests.journeys.people import REGULAR

OTHER = REGULAR + 1
#: stands for whatever a program could not do with one customer's orders
FAULT = """CREATE TRIGGER fault BEFORE INSERT ON orders WHEN NEW.customer_id = '{customer}'
           BEGIN SELECT RAISE(ABORT, 'somebody@example.com cannot be recorded'); END"""


@pytest.fixture
def said(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command line on the world's database; its exit code and what it printed."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", world.runtime.config.database_url)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_the_effect_comes_once_after_the_cause_is_mended(world: World, said) -> None:
    """Poison is set aside with a reason and no payload; others go on; after inbox rerun there is one order and one code."""
    people.rules(world)
    domain, shop_id = world.shop().domain, world.shop().shop_id
    with world.runtime.database.transaction() as db:
        db.execute(text(FAULT.format(customer=REGULAR)))
    number = people.buys(world)
    people.buys(world, OTHER)
    world.worker.drain()

    assert (len(people.live_codes(world)), len(people.live_codes(world, OTHER))) == (0, 1)
    code, out, err = said("inbox", "list", domain, "--json")
    aside = json.loads(out)
    assert (code, err) == (0, "")
    assert aside
    assert "somebody@example.com" not in out
    assert all(one["reason"] == "IntegrityError while it was recorded" for one in aside)
    assert f"regulars inbox rerun {domain}" in said("doctor")[1]

    assert said("inbox", "rerun", domain) == (0, f"{len(aside)} deliveries wait to be taken in again.\n", "")
    world.worker.drain()
    assert len(json.loads(said("inbox", "list", domain, "--json")[1])) == len(aside)

    with world.runtime.database.transaction() as db:
        db.execute(text("DROP TRIGGER fault"))
    first, *rest = [str(one["row"]) for one in aside]
    assert json.loads(said("inbox", "rerun", domain, first, "--json")[1]) == {"reopened": 1}
    world.worker.drain()
    assert said("inbox", "rerun", domain, *rest)[0] == 0
    world.worker.drain()

    assert len(people.live_codes(world)) == 1
    assert len(people.all_codes(world)) == 1
    with world.runtime.database.reading() as db:
        assert inbox.count_aside(db, shop_id) == 0
        assert orders.get(db, shop_id, str(number)) is not None


def test_a_row_that_is_not_set_aside_is_refused(world: World, said) -> None:
    """Naming a row that does not wait for this changes nothing, and says where to look."""
    code, out, err = said("inbox", "rerun", world.shop().domain, "1", "999999")

    assert (code, out) == (1, "")
    assert "regulars inbox list" in err


def test_a_token_that_the_keys_do_not_open_stops_nobody(world: World, said) -> None:
    """A store whose token was sealed under lost keys is in trouble by itself; the worker's steps go on, doctor says why."""
    people.rules(world)
    with world.runtime.database.transaction() as db:
        shops.keep_credentials(db, world.shop().shop_id, b"sealed under other keys")
    people.buys(world)
    world.worker.drain()

    assert people.all_codes(world) == []
    assert "cannot be" in said("doctor")[1]
