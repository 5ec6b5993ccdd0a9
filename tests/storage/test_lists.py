"""Many values travel as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, func, select

from storage.columns import NUMBERS, WORDS, spelled
from storage.engine import Database

words = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8), max_size=6)


@given(words=words, numbers=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=6))
def test_a_list_arrives_as_it_was(postgresql_database: Database, words: list[str], numbers: list[int]) -> None:
    """PostgreSQL reads every name and number of a list, whatever is written in it."""
    with postgresql_database.reading() as db:
        for given_one, kind in ((words, WORDS), (numbers, NUMBERS)):
            told = func.unnest(bindparam("told", spelled(given_one), type_=kind))
            assert list(db.execute(select(told)).scalars()) == given_one
