"""Requests by somebody who means harm: everything that parsers, decoders, databases and templates have stumbled over."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote

from werkzeug.routing import Map

METHODS = ("GET", "GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW", "get")
TEXTS = (
    "", "0", "-1", "1e309", "NaN", "Infinity", "null", "true", "[]", "{}", "1_000\n", "١٢٣", "9" * 5_000, str(2**63), "0x10",
    "\x00", "a\x00b", "\r\nX-Evil: 1", "../../etc/passwd", "..\\..\\", "%2e%2e%2f", "ａcme.myshopify.com", "ß" * 50, "\u202e",
    "'; DROP TABLE shops; --", '" OR 1=1', "{{7*7}}", "{% raw %}", "${7*7}", "<script>alert(1)</script>", "javascript:alert(1)",
    "a" * 10_000, "shop.myshopify.com\n", "shop.myshopify.com.evil.example", "evil.example/.myshopify.com", "//evil.example",
    "0000-01-01", "9999-12-31T23:59:59-14:00", "2026-02-30", "1970-01-01T00:00:00+99:99", "en-" * 500, "*" * 100, "__proto__",
)  # fmt: skip
RAW_PATHS = (
    b"/%00", b"/webhooks/shopify/%00", b"/%c0%af", b"/\xff\xfe", b"/%ed%a0%80", b"//evil.example/app", b"/app/../livez", b"/app//",
    b"/webhooks/shopify/orders/create/../../../", b"/app;jsessionid=1", b"/static/../../etc/passwd", b"/.env", b"/.git/config",
    b"/" + b"a/" * 2_000, b"*", b"/app/customers/%2e%2e", b"/webhooks/shopify/orders%2fcreate", b"/auth/shopify/callback",
)  # fmt: skip
PARAMETERS = (
    "shop", "host", "id_token", "hmac", "embedded", "session", "s", "as_of", "page", "sort", "q", "state", "code", "timestamp",
    "locale", "filter", "after", "limit", "month", "format",
)  # fmt: skip
HEADERS = (
    "HTTP_AUTHORIZATION", "HTTP_X_SHOPIFY_HMAC_SHA256", "HTTP_X_SHOPIFY_TOPIC", "HTTP_X_SHOPIFY_SHOP_DOMAIN", "HTTP_COOKIE",
    "HTTP_X_SHOPIFY_WEBHOOK_ID", "HTTP_X_SHOPIFY_TRIGGERED_AT", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_HOST",
    "HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_RANGE",
    "HTTP_IF_MODIFIED_SINCE", "HTTP_X_FRAGMENT", "HTTP_EXPECT", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING", "HTTP_ORIGIN",
    "CONTENT_TYPE", "CONTENT_LENGTH",
)  # fmt: skip
CONTENT_TYPES = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data",
    "application/json; charset=utf-16", "application/json; charset=\x00", "application/xml", "x" * 5_000, "",
)  # fmt: skip
BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    lambda _: b"", lambda _: b"null", lambda _: b"[]", lambda _: b'"', lambda _: b"{", lambda _: b"\xef\xbb\xbf{}", lambda _: b"\xff" * 50,
    lambda _: b'{"id":' + b"9" * 5_000 + b"}", lambda _: b"[" * 20_000, lambda _: b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    lambda _: b'{"id":NaN,"x":Infinity}', lambda _: b'{"id":1e400}', lambda _: b'{"id":1,"id":2}', lambda _: b'{"id":"\\ud800"}',
    lambda _: '{"id":1}'.encode("utf-16"), lambda _: b'{"id":"\\u0000"}', lambda _: b'{"\\u0000":1}', lambda _: b"\x00" * 1_000,
    lambda _: json.dumps({"id": 2**63, "total_price": "1_000\n", "updated_at": "0000-01-01"}).encode(),
    lambda _: b"a=1&" * 3_000, lambda _: b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n' * 1_500 + b"--x--",
    lambda _: gzip.compress(bytes(1 << 20)), lambda rng: rng.randbytes(rng.randrange(3_000)), lambda _: b"<?xml version='1.0'?><!DOCTYPE a>",
    lambda _: b'{"id":1,' + b'"k":[' * 63 + b"]" * 63 + b"}", lambda _: b" " * 100_000 + b"{}",
    lambda rng: json.dumps({rng.choice(TEXTS): rng.choice(TEXTS) for _ in range(20)}).encode(),
)  # fmt: skip


@dataclass
class Request:
    """One request as a WSGI server hands it on."""

    environ: dict[str, Any]
    errors: BytesIO = field(default_factory=BytesIO)

    def __repr__(self) -> str:
        """Enough to tell which it was."""
        told = {name: value for name, value in self.environ.items() if not name.startswith("wsgi.")}
        return f"{self.environ['REQUEST_METHOD']} {self.environ['PATH_INFO']!r:.300} {told!r:.1500}"


def request(routes: Map, rng: random.Random, *, authority: str | None = None) -> Request:
    """The next request of a seed: to an address that there is, mostly; with ``authority`` as a merchant's browser."""
    rule = rng.choice(list(routes.iter_rules()))
    path = rng.choice(RAW_PATHS) if rng.randrange(6) == 0 else _filled(rule, rng)
    body = rng.choice(BODIES)(rng) if rng.randrange(3) else b""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": _method(rule, rng),
        "SCRIPT_NAME": "", "PATH_INFO": path.decode("latin-1"), "QUERY_STRING": _query(rng), "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000",
        "CONTENT_TYPE": rng.choice(CONTENT_TYPES), "CONTENT_LENGTH": str(len(body)), "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body), "wsgi.errors": BytesIO(), "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False, "wsgi.input_terminated": True,
    }  # fmt: skip
    for _ in range(rng.randrange(5)):
        environ[rng.choice(HEADERS)] = _header(rng)
    if authority is not None:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {authority}"
    return Request(environ)


def ask(app: Callable[..., Iterable[bytes]], asked: Request) -> int:
    """The status of the answer, which is read to its end."""
    said: list[str] = []
    answer = app(asked.environ, lambda status, _headers, *_rest: said.append(status))
    try:
        for _ in answer:
            pass
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return int(said[-1][:3])


def _method(rule: Any, rng: random.Random) -> str:
    """Mostly one that is heard there; now and then one that nobody has ever used."""
    if rng.randrange(3):
        return str(rng.choice(sorted(rule.methods)))
    return rng.choice(METHODS) if rng.randrange(10) else f"M{rng.randrange(10**9)}"


def _filled(rule: Any, rng: random.Random) -> bytes:
    """The address of a rule, with something hostile or harmless in its gaps."""
    path = str(rule.rule)
    for name in rule.arguments:
        value = rng.choice([*TEXTS, "orders/create", "customers/redact", "1", "app.js"])
        path = path.replace(f"<path:{name}>", value).replace(f"<int:{name}>", value).replace(f"<{name}>", value)
    return path.encode("utf-8", "surrogatepass")[:8_000]


def _query(rng: random.Random) -> str:
    if not rng.randrange(60):
        return "&".join(f"a{number}=1" for number in range(2_000))
    pairs = [(rng.choice(PARAMETERS), rng.choice(TEXTS)) for _ in range(rng.randrange(4))]
    return "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)[:20_000]


def _header(rng: random.Random) -> str:
    """A value as servers hand it on: any character of latin-1 but a line's end."""
    kind = rng.randrange(4)
    if kind == 0:
        return _token(rng)
    value = rng.choice(TEXTS) if kind == 1 else rng.randbytes(rng.randrange(60)).decode("latin-1")
    if kind == 3:
        value = "x=" + "y" * rng.choice((10, 1_000, 100_000))
    return value.encode("utf-8", "replace").decode("latin-1").replace("\r", " ").replace("\n", " ").replace("\0", " ")


def _token(rng: random.Random) -> str:
    """Something that looks like a session token, signed by nobody or by the wrong one."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head = {"alg": rng.choice(["none", "HS256", "RS256", "HS512", 5]), "typ": "JWT", "kid": rng.choice(TEXTS)[:100]}
    claims = {
        "iss": "https://a.myshopify.com/admin",
        "dest": "https://a.myshopify.com",
        "aud": "campaign",
        "exp": 10**10,
    }
    claims |= {rng.choice(["exp", "nbf", "iat", "dest", "sub"]): rng.choice([None, -1, "x", 10**30, [], {}])}
    return f"Bearer {part(head)}.{part(claims)}.{rng.choice(['', 'AAAA', 'A' * 43, '.' * 20])}"
