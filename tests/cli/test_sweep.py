"""A whole round is asked for by hand, as after a restored backup."""

from pathlib import Path

from storage import outbox, shops
from storage.engine import Database
from tests.cli.conftest import Regulars


def test_a_whole_round_is_put_down_for_the_worker(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """The command only writes down that the store is to be asked; a second time it is asked again."""
    for _ in range(2):
        said = regulars("shops", "sweep", shop)
        assert (said.code, said.out.startswith(f"All discounts of {shop}")) == (0, True)

    database = Database(f"sqlite:///{tmp_path / 'shop.db'}")
    with database.reading() as db:
        found = outbox.newest(db, shops.every(db)[0].shop_id, "sweep")
        assert outbox.waiting(db) == 2 * 2  # both parts, each time
    database.close()
    assert found is not None
    assert (found[1]["part"], found[1]["after"]) == ("in_store", "")
