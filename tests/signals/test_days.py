"""Local days are the calendar's."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.signals.days import local_days, to_seconds

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu",
         "Pacific/Apia", "Africa/Casablanca", "Asia/Shanghai"]  # fmt: skip


@given(st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=8), st.sampled_from(ZONES))
def test_every_instant_falls_on_the_day_that_a_calendar_shows(instants: list[int], zone: str) -> None:
    """The vectorised day equals the one that datetime and zoneinfo give, in any zone, through every change."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
    expected = [datetime.fromtimestamp(at, ZoneInfo(zone)).date().toordinal() - epoch for at in instants]
    assert local_days(np.array(instants, np.int64), zone).tolist() == expected


def test_the_second_of_a_change_of_clocks_is_exact() -> None:
    """A second before and at the end of the day that is an hour short, the days differ."""
    midnight = to_seconds(datetime(2026, 3, 30, 0, 0, tzinfo=ZoneInfo("Europe/Berlin")))
    days = local_days(np.array([midnight - 1, midnight], np.int64), "Europe/Berlin")
    assert np.diff(days).tolist() == [1]


@pytest.mark.parametrize("zone", ZONES)
def test_the_ends_of_the_calendar_have_days(zone: str) -> None:
    """The first instant of the year 1, which programs write for "no date", and the last of the year 9999 have days anywhere."""
    first, last = (to_seconds(end.replace(tzinfo=UTC)) for end in (datetime.min, datetime.max))  # noqa: DTZ901
    days = local_days(np.array([first, 0], np.int64), zone)
    assert abs(int(days[0]) - first // 86_400) <= 1
    assert abs(int(local_days(np.array([last], np.int64), zone)[0]) - last // 86_400) <= 1


def test_no_instants_no_days() -> None:
    """An empty column stays empty."""
    assert local_days(np.zeros(0, np.int64), "Asia/Tokyo").size == 0


def test_a_time_without_a_zone_is_refused() -> None:
    """A naive datetime is a guess and raises."""
    with pytest.raises(ValueError, match="without a zone"):
        to_seconds(datetime(2026, 1, 1))  # noqa: DTZ001
