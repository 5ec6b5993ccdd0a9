"""The tags of customers: the newest answer wins, and a change makes what was known unknown."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from storage import customers, disclosure, erasure
from storage.engine import Database
from storage.facts import MergeFact
from tests.storage.worlds import START, new_shop

answers = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b"])), max_size=6, unique_by=lambda one: one[0])


@given(told=answers, at=st.integers(0, 5), data=st.data())
def test_the_answer_to_the_newest_question_stays(
    database: Database, told: list[tuple[int, str]], at: int, data: st.DataObject
) -> None:
    """Whatever the order of the answers, and wherever a change falls between: only what was asked since then is known."""
    place = data.draw(st.integers(0, len(told)))
    mixed = data.draw(st.permutations(told))
    with database.transaction() as db:
        shop_id = new_shop(db)
        customers.keep_tags(db, shop_id, "c1", ["old"], asked_at=START - timedelta(days=1))
        for hour, tag in mixed[:place]:
            customers.keep_tags(db, shop_id, "c1", [tag], asked_at=START + timedelta(hours=hour))
        newest = max((hour for hour, _ in mixed[:place]), default=0)
        changed = max(at, newest)
        customers.forget_tags(db, shop_id, ["c1"], now=START + timedelta(hours=changed, minutes=30))
        assert customers.tags(db, shop_id, ["c1"]) == {}
        for hour, tag in mixed[place:]:
            customers.keep_tags(db, shop_id, "c1", [tag], asked_at=START + timedelta(hours=hour))
        since = [(hour, (tag,)) for hour, tag in mixed[place:] if hour > changed]
        assert customers.tags(db, shop_id, ["c1"]) == ({"c1": max(since)[1]} if since else {})


def test_a_merge_makes_tags_unknown(database: Database) -> None:
    """Whose tags two customers bear together is asked anew, and an answer about the one that is gone changes nothing."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        for who in ("c1", "c2"):
            customers.keep_tags(db, shop_id, who, ["staff"], asked_at=START)
        customers.merge(db, shop_id, MergeFact(kept_id="c1", gone_id="c2", merged_at=START))
        assert not customers.keep_tags(db, shop_id, "c2", ["late"], asked_at=START + timedelta(hours=1))
        assert customers.tags(db, shop_id, ["c1", "c2"]) == {}
        assert customers.forget_tags(db, shop_id, ["c2"], now=START) == {"c1"}


def test_tags_are_told_and_erased_with_their_customer(database: Database) -> None:
    """Who asks what is kept is told the tags; after an erasure they are gone."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        customers.keep_tags(db, shop_id, "c1", ["staff"], asked_at=START)
        assert disclosure.everything(db, shop_id, ["c1"])["customers"][0]["tags"] == ["staff"]
        erasure.erase_customer(db, shop_id, "c1", fingerprint="f", needles=[], now=START)
        assert disclosure.everything(db, shop_id, ["c1"]) == {}
        assert customers.tags(db, shop_id, ["c1"]) == {}
