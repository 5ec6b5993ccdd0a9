"""Bodies are waited for before a request takes one of the few places inside."""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin.turnstile import LONGEST_BODY_BYTES, LONGEST_ELSEWHERE_BYTES, SMALL_BODY_BYTES, Turnstile

SIZES = st.one_of(
    st.integers(0, 100),
    st.integers(SMALL_BODY_BYTES - 2, SMALL_BODY_BYTES + 2),
    st.integers(LONGEST_BODY_BYTES - 2, LONGEST_BODY_BYTES + 2),
)


def _asked(app: Any, body: bytes, *, chunked: bool = False) -> tuple[str, bytes]:
    """Status and answer to one request."""
    said: list[str] = []
    told = {"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": str(len(body))}
    answer = app(
        {"PATH_INFO": "/webhooks/x", "wsgi.input": io.BytesIO(body), **told},
        lambda status, _headers: said.append(status),
    )
    return said[0], b"".join(answer)


def _reader(most: int) -> Callable[..., Iterable[bytes]]:
    """An application that answers how much it could read, up to what it takes."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [str(len(environ["wsgi.input"].read(most))).encode()]

    return app


@given(size=SIZES, chunked=st.booleans())
def test_any_body_comes_through_whole(size: int, *, chunked: bool) -> None:
    """The application reads what it would have read without a turnstile before it."""
    body = bytes(size)
    app = _reader(LONGEST_BODY_BYTES)

    assert _asked(Turnstile(app, inside=1), body, chunked=chunked) == _asked(app, body, chunked=chunked)


def test_large_bodies_are_few_at_a_time() -> None:
    """While the places for large bodies are taken the next one is 503, a small one is not; then it is taken as well."""
    inside, go_on = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        if environ.get("waits"):
            inside.set()
            go_on.wait(10)
        return [b"done"]

    door, large = Turnstile(app, inside=2, large=1), bytes(SMALL_BODY_BYTES + 1)
    told = {
        "PATH_INFO": "/webhooks/x",
        "wsgi.input": io.BytesIO(large),
        "CONTENT_LENGTH": str(len(large)),
        "waits": True,
    }
    first = threading.Thread(target=lambda: list(door(told, lambda *_: None)))
    first.start()
    assert inside.wait(10)

    assert _asked(door, large)[0].startswith("503")
    assert _asked(door, b"small") == ("200 OK", b"done")
    go_on.set()
    first.join()
    assert _asked(door, large) == ("200 OK", b"done")


def test_no_more_are_inside_than_there_are_places() -> None:
    """Of many requests at once only so many are in the application."""
    places, now, most, guard = 3, [0], [0], threading.Lock()

    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        start_response("200 OK", [])
        threading.Event().wait(0.01)
        with guard:
            now[0] -= 1
        return [b""]

    door = Turnstile(app, inside=places)
    threads = [threading.Thread(target=_asked, args=(door, b"x")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most[0] == places


def test_a_body_that_is_too_long_is_not_read() -> None:
    """What says that it is longer than anything we take is left to the application, unread."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("413 Too Large", [])
        return [str(environ["wsgi.input"].tell()).encode()]

    for length, path in (
        (str(LONGEST_BODY_BYTES + 1), "/webhooks/x"),
        ("9" * 5_000, "/webhooks/x"),
        (str(LONGEST_ELSEWHERE_BYTES + 1), "/api/v1/program"),
    ):
        told = {"PATH_INFO": path, "wsgi.input": io.BytesIO(b"x"), "CONTENT_LENGTH": length}
        assert list(Turnstile(app, inside=1)(told, lambda *_: None)) == [b"0"]


def test_where_no_deliveries_come_a_body_without_an_end_is_cut_off_early() -> None:
    """A body in chunks is read as far as shows that it is too large for a page, and takes no place of a large one."""
    app = _reader(LONGEST_BODY_BYTES)
    told = {"PATH_INFO": "/app/rules", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(bytes(10**6))}

    assert list(Turnstile(app, inside=1, large=0)(told, lambda *_: None)) == [str(LONGEST_ELSEWHERE_BYTES).encode()]
