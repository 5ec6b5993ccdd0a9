"""Which version of a thing a body tells, read off its bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.shopify import versions

TIMES = st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda time: time.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001


@given(times=st.tuples(TIMES, TIMES), topic=st.sampled_from(sorted(versions.FIELD)))
def test_later_versions_are_greater(times: tuple[datetime, datetime], topic: str):
    """Of two bodies as stores write them the one with the later time has the greater version, and it fits into six bytes."""
    bodies = [
        json.dumps({"id": 1, "created_at": time.isoformat(), "updated_at": time.isoformat()}, separators=(",", ":"))
        for time in times
    ]
    first, second = (versions.told(topic, body.encode()) for body in bodies)
    assert first is not None
    assert second is not None
    assert (first < second, first == second) == (times[0] < times[1], times[0] == times[1])
    assert max(first, second).to_bytes(6)


@given(raw=st.binary(max_size=60), topic=st.sampled_from(sorted(versions.FIELD)))
def test_whatever_stands_there(raw: bytes, topic: str):
    """Any bytes behind the field's name are a version that fits into six bytes; without the name there is none."""
    field = versions.FIELD[topic]
    told = versions.told(topic, b"{" + field + raw)
    assert told is not None
    assert told.to_bytes(6)
    assert versions.told(topic, raw.replace(field, b"")) is None


@pytest.mark.parametrize(
    ("topic", "raw", "version"),
    [
        ("orders/create", b'{"id":1,"updated_at":"2026-11-22T09:15:31-05:00"}', 20261122091531),
        ("refunds/create", b'{"created_at":"2026-11-22T09:15:31-05:00","updated_at":"x"}', 20261122091531),
        ("orders/create", b'{"updated_at" : "2026-11-22T09:15:31-05:00"}', 0),
        ("orders/create", b'{"updated_at":null}', 0),
        ("orders/create", b'{"updated_at":"2026-11-2', 0),
        ("orders/delete", b'{"id":1,"updated_at":"2026-11-22T09:15:31-05:00"}', None),
    ],
)
def test_a_version_is_the_digits_of_its_time(topic: str, raw: bytes, version: int | None):
    """The digits as they stand; nought for a time that is written otherwise; none for what may be meant again."""
    assert versions.told(topic, raw) == version
