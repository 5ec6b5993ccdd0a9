"""When a store is asked next, by what came of asking it before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plugin.usecases import polled
from plugin.usecases.polled import Polled

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MOMENTS = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
POLLED = st.builds(
    Polled, orders_at=MOMENTS, creditmemos_at=MOMENTS, swept_at=MOMENTS, lost_at=MOMENTS, asked_at=MOMENTS,
    sweep_after=st.none() | st.integers(0), heard=st.integers(0), lost=st.integers(0), failures=st.integers(0, 9),
    past_done=st.booleans(), events=st.booleans(), trouble=st.text(max_size=9),
    refused=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)  # fmt: skip
DONE = Polled(past_done=True, asked_at=NOW)


@given(POLLED)
def test_what_is_kept_comes_back(state: Polled):
    """The document holds all of it; a field of another version is passed over."""
    document = polled.to_document(state)
    assert polled.from_document({**document, "of a newer program": 1}) == state


def test_every_five_minutes_and_every_fifteen_while_events_bring_everything():
    """Fifteen only where events are sent, have brought something, and missed nothing for a day; else five."""
    minutes = {
        name: (state.next_at(NOW) - NOW) / timedelta(minutes=1)
        for name, state in {
            "no events": DONE,
            "silent": replace(DONE, events=True),
            "healthy": replace(DONE, events=True, heard=1),
            "lost today": replace(DONE, events=True, heard=9, lost_at=NOW - timedelta(hours=3)),
            "lost long ago": replace(DONE, events=True, heard=9, lost_at=NOW - timedelta(days=2)),
            "with a past": replace(DONE, past_done=False),
        }.items()
    }
    assert minutes == {
        "no events": 5, "silent": 5, "healthy": 15, "lost today": 5, "lost long ago": 15, "with a past": 0,
    }  # fmt: skip


@given(POLLED)
def test_a_store_that_does_not_answer_is_asked_again_soon_but_not_at_once(state: Polled):
    """After a failure it waits between half a minute and five; an answer ends that."""
    failed = state.unanswered("why")
    assert timedelta(seconds=30) <= failed.next_at(NOW) - NOW <= timedelta(minutes=5)
    assert (failed.answered(NOW).failures, failed.answered(NOW).trouble) == (0, "")


def test_the_last_days_are_read_again_once_a_day():
    """A sweep is due when none was ever, a day after the last, and while one is under way."""
    assert DONE.sweep_due(NOW)
    assert not replace(DONE, swept_at=NOW - timedelta(hours=23)).sweep_due(NOW)
    assert replace(DONE, swept_at=NOW - timedelta(hours=24)).sweep_due(NOW)
    assert replace(DONE, swept_at=NOW, sweep_after=7).sweep_due(NOW)
