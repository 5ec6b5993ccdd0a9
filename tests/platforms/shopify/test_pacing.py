"""A store is asked as fast as its bucket fills, and no faster; and each store by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from plugin.platforms.line import Line
from plugin.platforms.protocol import Throttled
from plugin.platforms.shopify import notices
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.notices import Notices
from plugin.platforms.shopify.pacing import Pace
from tests.platforms.shopify.samples import SHOP, TOKEN, failed, throttled

ORIGIN = "http://127.0.0.1:9"
DEAR, CHEAP = "query Dear { shop { id } }", "query Cheap { shop { name } }"
FULL = {"maximum": 2000.0, "rate": 100.0}


def _entered(pace: Pace, document: str, at: float) -> float:
    """0 where the question may be asked, else the seconds to wait."""
    try:
        with pace.turn(document, at=at):
            return 0.0
    except Throttled as wait:
        return wait.retry_after_seconds


def test_nothing_is_held_up_before_the_store_has_spoken() -> None:
    """The first questions go out, whatever they cost."""
    pace = Pace()

    assert [_entered(pace, DEAR, 0.0) for _ in range(50)] == [0.0] * 50


def test_what_the_bucket_does_not_hold_is_not_asked() -> None:
    """A dear question waits until the points are there; a cheap one goes out meanwhile."""
    pace = Pace()
    pace.told(CHEAP, requested=10, available=400, at=0.0, **FULL)
    pace.told(DEAR, requested=500, available=200, at=0.0, **FULL)

    assert _entered(pace, DEAR, 0.0) == pytest.approx(3.1)
    assert _entered(pace, CHEAP, 0.0) == 0.0
    assert _entered(pace, DEAR, 3.0) == 0.0


def test_who_was_sent_away_comes_back_one_after_the_other() -> None:
    """Ten questions that find the bucket empty are spread over the time in which it fills for all of them."""
    pace = Pace()
    pace.told(DEAR, requested=100, available=0, at=0.0, **FULL)

    waits = [_entered(pace, DEAR, 0.0) for _ in range(10)]
    assert waits == pytest.approx([1.1 + place for place in range(10)])


def test_questions_under_way_count() -> None:
    """Two at once are asked for what the bucket holds together, for the store has not told of the first yet."""
    pace = Pace()
    pace.told(DEAR, requested=600, available=1000, at=0.0, **FULL)

    with pace.turn(DEAR, at=0.0), pytest.raises(Throttled), pace.turn(DEAR, at=0.0):
        pass
    assert _entered(pace, DEAR, 0.0) == 0.0


def test_a_question_dearer_than_the_bucket_is_the_stores_to_refuse() -> None:
    """It is sent once the bucket is full, so that nobody waits for ever."""
    pace = Pace()
    pace.told(DEAR, requested=5000, available=2000, at=0.0, **FULL)

    assert _entered(pace, DEAR, 0.0) == 0.0


@given(
    prices=st.lists(st.integers(1, 900), min_size=1, max_size=60),
    rate=st.integers(1, 1000),
    back=st.lists(st.integers(-100, 100), max_size=5),
)
def test_a_store_never_has_to_say_throttled(prices: list[int], rate: int, back: list[int]) -> None:
    """Whoever asks when told to is let in by a bucket that keeps count as Shopify's does, and nobody waits for ever."""
    pace, at, held = Pace(), 0.0, 1000.0
    for price in prices:
        document = f"query {price}"
        pace.told(document, requested=price, available=held, maximum=1000, rate=rate, at=at)
        for _ in range(100):
            wait = _entered(pace, document, at)
            if not wait:
                break
            assert wait <= 3600
            at, held = at + wait, min(1000.0, held + wait * rate)
        assert held >= price
        held -= price
    for step in back:
        assert pace.left(at=at + step) <= 1000


def _client(line: Line, shop: str, pace: Pace, heard: Notices | None = None) -> AdminClient:
    return AdminClient(
        line, shop=shop, origin=ORIGIN, api_version="2026-10", access_token=TOKEN, pace=pace, ticks=lambda: 0.0,
        noticed=heard,
    )  # fmt: skip


@responses.activate
def test_a_throttled_store_is_left_alone_and_the_others_are_not(line: Line) -> None:
    """After one THROTTLED the next question of that store is not sent; another store's is."""
    url = f"{ORIGIN}/admin/api/2026-10/graphql.json"
    responses.post(url, json=throttled(requested=52, available=2, rate=100))
    slow, other = _client(line, SHOP, Pace()), _client(line, "other.myshopify.com", Pace())

    for _ in range(3):
        with pytest.raises(Throttled):
            slow.run(DEAR, {})
    assert len(responses.calls) == 1
    with pytest.raises(Throttled):
        other.run(DEAR, {})
    assert len(responses.calls) == 2


ANSWERS: dict[str, tuple[dict[str, Any], dict[str, str], tuple[str, str] | None]] = {
    "fine": ({"data": {}}, {"X-Shopify-API-Version": "2026-10"}, None),
    "retired": (
        {"data": {}},
        {"X-Shopify-API-Version": "2027-01"},
        (notices.VERSION, "answered by 2027-01, asked was 2026-10"),
    ),
    "deprecated": (
        {"data": {}},
        {"X-Shopify-API-Deprecated-Reason": "Shop.products, Shop.x"},
        (notices.DEPRECATED, "Shop.products, Shop.x"),
    ),
    "a part is missing": (
        failed("ACCESS_DENIED", path=["shop", "email"], data={"shop": {}}),
        {},
        (notices.PARTIAL, "ACCESS_DENIED at shop.email"),
    ),
    "unheard of": (
        failed("BRAND_NEW", path=["shop"], data={"shop": None}),
        {},
        (notices.UNKNOWN, "BRAND_NEW at shop"),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
@responses.activate
def test_what_an_answer_says_beside_is_told_once(name: str, line: Line) -> None:
    """A retired version, a field that will go, a part that is missing, an error that nobody knows; each is counted every time."""
    body, headers, expected = ANSWERS[name]
    responses.post(f"{ORIGIN}/admin/api/2026-10/graphql.json", json=body, headers=headers)
    counted: list[str] = []
    heard = Notices(count=counted.append)
    for _ in range(2):
        _client(line, SHOP, Pace(), heard).run(DEAR, {})

    found = [(notice.kind, notice.words) for notice in heard.take()]
    assert found == ([expected] if expected else [])
    assert counted == ([expected[0]] * 2 if expected else [])
    assert heard.take() == []


@responses.activate
def test_a_notice_holds_nothing_that_could_be_a_persons(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Messages of errors, which may repeat what was sent, are neither kept nor logged; headers lose what is not plain."""
    body = {"data": {}, "errors": [{"message": "no ada@example.com", "path": ["x"]}]}
    headers = {"X-Shopify-API-Deprecated-Reason": "caf\xe9"}
    responses.post(f"{ORIGIN}/admin/api/2026-10/graphql.json", json=body, headers=headers)
    heard = Notices()
    _client(line, SHOP, Pace(), heard).run(DEAR, {})

    told = caplog.text + "".join(notice.words for notice in heard.take())
    assert "ada@" not in told
    assert "caf" in told
    assert "\xe9" not in told


def test_notices_do_not_pile_up() -> None:
    """A store that says something else with every answer does not fill the memory."""
    heard = Notices()
    tell: Callable[[int], None] = lambda place: heard.tell(SHOP, notices.UNKNOWN, str(place))  # noqa: E731
    for place in range(3000):
        tell(place)
        heard.take()
    tell(2999)

    assert heard.take() == []


def test_what_goes_on_is_told_again_on_another_day() -> None:
    """A process that runs for weeks does not fall silent about what is still so."""
    heard, days = Notices(), [date(2026, 11, 22), date(2026, 11, 23)]
    heard.take(days[0])

    def told(day: date) -> int:
        heard.take(day)
        heard.tell(SHOP, notices.FULL, "no more discount codes")
        return len(heard.take(day))

    assert [told(day) for day in (days[0], days[0], days[1], days[1])] == [1, 0, 1, 0]
