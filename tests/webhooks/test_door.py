"""The short way before the application says and does what the application would, whatever comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from storage.inbox import Delivery
from tests.webhooks import bodies, door
from webhooks.keeper import CannotKeep

ORDER = bodies.raw("order")
HEADERS = ("hmac_sha256", "topic", "shop_domain", "webhook_id", "api_version", "triggered_at", "event_id")
PATHS = ("{}", "{}/", "{}//", "/{}", "x/{}", "{}/x", "é{}", "{}\n", "")
ODD = st.sampled_from([None, "", "é", "a,b", "x" * 300, "../etc", " orders/create ", "ORDERS/CREATE"])


@dataclass
class Told:
    """An application, and what it told of the requests that it had."""

    front: bool
    #: what keeping answers
    keeps: bool | Exception = True
    counted: list[str] = field(default_factory=list)
    logged: list[tuple[str, str, str]] = field(default_factory=list)
    kept: list[Delivery] = field(default_factory=list)

    def ask(self, environ: dict[str, Any]) -> tuple[Any, ...]:
        """The answer: status, headers, body."""
        made = door.app(
            self.keep,
            shop_id=7,
            count=self.counted.append,
            log=lambda *what: self.logged.append(what),
            front=self.front,
        )
        made.logger.disabled = True
        body, status, headers = run_wsgi_app(made, environ, buffered=True)
        return status, sorted(headers), b"".join(body)

    def keep(self, delivery: Delivery) -> bool:
        if isinstance(self.keeps, Exception):
            raise self.keeps
        self.kept.append(delivery)
        return self.keeps


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """WSGI environments: mostly what Shopify sends, with one thing or another that it would not."""
    topic = draw(st.sampled_from([*sorted(door.TOPICS), "products/update", ""]))
    raw = draw(st.sampled_from([ORDER, b"", b'{"myshopify_domain":"other.example","shop_domain":"other.example"}']))
    headers = door.signed(topic, raw, secret=draw(st.sampled_from([door.NEW, door.OLD, door.NEW, "wrong"])))
    for name in draw(st.sets(st.sampled_from(HEADERS), max_size=2)):
        key, value = f"X-Shopify-{name.replace('_', '-').title()}", draw(ODD)
        headers |= {key: value} if value is not None else {}
        if value is None:
            del headers[key]
    path = draw(st.sampled_from(PATHS)) if draw(st.integers(0, 3)) == 0 else "{}"
    method = "POST" if draw(st.integers(0, 9)) else draw(st.sampled_from(["GET", "PUT", "HEAD", "OPTIONS"]))
    environ = EnvironBuilder(method=method, headers=[*headers.items()]).get_environ()
    environ["PATH_INFO"] = "/webhooks/shopify/" + path.format(topic)
    environ["CONTENT_LENGTH"] = str(len(raw))
    if draw(st.integers(0, 3)) == 0:
        odd = [
            "",
            "-1",
            "+1",
            "1e3",
            "٣",
            " 5",
            str(len(raw) + 1),
            str(max(len(raw) - 1, 0)),
            "8388609",
            "9" * 30,
            "0008",
        ]
        environ["CONTENT_LENGTH"] = draw(st.sampled_from(odd))
    if draw(st.integers(0, 9)) == 0:
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    return environ | {"body": raw}


@given(requests(), st.sampled_from([True, False, CannotKeep("full"), OSError("no disk")]))
def test_both_ways_answer_and_do_the_same(environ: dict[str, Any], keeps: bool | Exception) -> None:
    """Status, headers, body, the row, what is counted and what is logged do not tell which way a delivery came."""
    raw = environ.pop("body")
    short, long = Told(front=True, keeps=keeps), Told(front=False, keeps=keeps)

    answers = [told.ask({**environ, "wsgi.input": BytesIO(raw)}) for told in (short, long)]

    assert answers[0] == answers[1]
    assert (short.counted, short.logged, short.kept) == (long.counted, long.logged, long.kept)


@pytest.mark.parametrize("topic", sorted(door.TOPICS))
def test_a_plain_delivery_goes_the_short_way(topic: str) -> None:
    """A signed delivery with a length never reaches the application: that is where the time would go."""
    told = Told(front=True)
    made = door.app(told.keep, shop_id=7)
    # whoever gets that far finds nothing
    made.wsgi_app.inner = None  # type: ignore[attr-defined]
    raw = b'{"id":1}'
    environ = EnvironBuilder(method="POST", headers=[*door.signed(topic, raw).items()], data=raw).get_environ()

    _, status, _ = run_wsgi_app(made, environ | {"PATH_INFO": f"/webhooks/shopify/{topic}"}, buffered=True)

    assert (status, len(told.kept)) == ("200 OK", 1)
