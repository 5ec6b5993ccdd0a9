"""The door and what a line can carry: methods, spellings of the address, sizes, chunks, broken lengths."""

from __future__ import annotations

import zlib

import pytest

from storage.engine import Database
from tests.webhooks import bodies
from tests.webhooks.door import Door, request_bytes, signed
from tests.webhooks.test_views import kept
from webhooks import decoder

BODY = bodies.raw("order")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_the_content_type_does_not_matter(open_door: Door, sqlite_database: Database, content_type: str) -> None:
    """The bytes are signed, not what they are called; a form is not taken apart."""
    headers = {**signed("orders/create", BODY), "Content-Type": content_type, "Content-Length": str(len(BODY))}

    assert open_door.write(request_bytes(list(headers.items()), BODY)).startswith(b"HTTP/1.1 200")
    assert zlib.decompress(kept(sqlite_database)[0].body) == BODY


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_405(open_door: Door, sqlite_database: Database, method: str) -> None:
    """Only POST is heard, on known and unknown addresses."""
    for topic in ("orders/create", "customers/redact", "products/update"):
        assert open_door.post(topic, BODY, method=method).status == 405
    assert kept(sqlite_database) == []


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/shopify/orders/create/",
        "/webhooks/shopify/orders//create",
        "//webhooks/shopify/orders/create",
        "/webhooks/shopify/orders/create?x=1",
    ],
)
def test_no_address_is_redirected(open_door: Door, path: str) -> None:
    """3xx is a failure to Shopify: a slash too many is heard or not there, never sent on."""
    assert open_door.post("orders/create", BODY, path=path).status in {200, 404}


def test_a_trailing_slash_is_heard(open_door: Door, sqlite_database: Database) -> None:
    """An address that was registered with a slash at its end works, and leaves the same row."""
    assert open_door.post("orders/create", BODY, path="/webhooks/shopify/orders/create/").status == 200
    assert kept(sqlite_database)[0].topic == "orders/create"


def test_the_largest_body(open_door: Door, sqlite_database: Database) -> None:
    """8 MiB are kept; one byte more is 413, told or found out in chunks."""
    largest = b" " * decoder.LONGEST_BODY_BYTES

    assert open_door.post("orders/create", largest).status == 200
    assert open_door.post("orders/create", largest + b" ").status == 413
    headers = [*signed("orders/create", largest + b" ").items(), ("Transfer-Encoding", "chunked")]
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(largest) + 1, largest + b" ")
    assert open_door.write(request_bytes(headers, chunk)).startswith(b"HTTP/1.1 413")
    assert len(kept(sqlite_database)) == 1


def test_chunks_are_one_body(open_door: Door, sqlite_database: Database) -> None:
    """A body in chunks is verified and kept as the whole that it is."""
    headers = [*signed("orders/create", BODY).items(), ("Transfer-Encoding", "chunked")]
    pieces = [BODY[start : start + 1000] for start in range(0, len(BODY), 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"

    assert open_door.write(request_bytes(headers, b""), chunks).startswith(b"HTTP/1.1 200")
    assert zlib.decompress(kept(sqlite_database)[0].body) == BODY


def test_a_truncated_body_is_not_kept(open_door: Door, sqlite_database: Database) -> None:
    """A sender that hangs up halfway has said nothing."""
    headers = [*signed("orders/create", BODY).items(), ("Content-Length", str(len(BODY)))]

    answer = open_door.write(request_bytes(headers, BODY[:-1]), hang_up=True)

    assert answer[9:12] in {b"", b"400", b"401"}
    assert kept(sqlite_database) == []


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999999999999999999"])
def test_a_false_length_is_not_kept(open_door: Door, sqlite_database: Database, length: str) -> None:
    """A length that cannot be is refused by the server or fails the signature."""
    headers = [*signed("orders/create", BODY).items(), ("Content-Length", length)]

    assert open_door.write(request_bytes(headers, BODY), hang_up=True)[9:10] in {b"", b"4"}
    assert kept(sqlite_database) == []
