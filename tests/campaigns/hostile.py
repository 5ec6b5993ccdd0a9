"""Requests by somebody who means harm: everything that parsers, decoders, databases and templates have stumbled over.

All of them are HTTP; what is not, or not quite, is in ``rough``.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes

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
    "Authorization", "X-Shopify-Hmac-Sha256", "X-Shopify-Topic", "X-Shopify-Shop-Domain", "Cookie", "X-Shopify-Webhook-Id",
    "X-Shopify-Triggered-At", "X-Forwarded-Host", "X-Forwarded-For", "Host", "X-HTTP-Method-Override", "Accept-Language", "Accept",
    "Accept-Encoding", "If-None-Match", "Range", "If-Modified-Since", "X-Fragment", "Content-Encoding", "Origin", "Referer", "TE",
    "Content-Type", "X-Magento-Signature", "X-Regulars-Secret", "X-Adobe-Digital-Signature-1", "X_Shopify_Topic",
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


CONTROLS = bytes([*range(0x20), 0x7F])
#: of so many requests one is of HTTP/1.0, has a body in chunks, waits for a word before its body, has an address that is not ASCII
OLD, IN_CHUNKS, EXPECTING, NOT_ASCII = 25, 8, 30, 10


@dataclass(frozen=True)
class Request:
    """One request that is HTTP, whatever else it is; ``rule`` is the address of the application that it was made for."""

    rule: str
    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    version: bytes = b"1.1"
    in_chunks: bool = False

    @property
    def raw(self) -> bytes:
        """As it goes over the line."""
        lines = [b"%s %s HTTP/%s" % (self.method.encode(), self.target, self.version)]
        lines += [b"%s: %s" % header for header in self.headers]
        if self.in_chunks:
            lines.append(b"Transfer-Encoding: chunked")
        elif self.body or self.method not in {"GET", "HEAD"}:
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join([*lines, b"", b""]) + (_chunks(self.body) if self.in_chunks else self.body)

    def __repr__(self) -> str:
        """Enough to tell which it was."""
        return f"{self.raw[:1500]!r}"


def request(routes: Map, rng: random.Random, *, authority: str | None = None) -> Request:
    """The next request of a seed: to an address that there is, mostly; with ``authority`` as a merchant's browser."""
    rule = rng.choice(list(routes.iter_rules()))
    body = rng.choice(BODIES)(rng) if rng.randrange(3) else b""
    headers = {"Host": b"127.0.0.1:8000", "Content-Type": _words(rng.choice(CONTENT_TYPES))}
    for _ in range(rng.randrange(5)):
        headers[rng.choice(HEADERS)] = _header(rng)
    if authority is not None:
        headers["Authorization"] = f"Bearer {authority}".encode()
    old = not rng.randrange(OLD)
    if body and not rng.randrange(EXPECTING):
        headers["Expect"] = b"100-continue"
    return Request(
        rule=str(rule.rule),
        method=_method(rule, rng),
        target=_path(rule, rng) + _query(rng),
        headers=tuple((name.encode(), value) for name, value in headers.items()),
        body=body,
        version=b"1.0" if old else b"1.1",
        in_chunks=bool(body) and not old and not rng.randrange(IN_CHUNKS),
    )


def _chunks(body: bytes) -> bytes:
    middle = len(body) // 2
    parts = [part for part in (body[:middle], body[middle:]) if part]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _method(rule: Any, rng: random.Random) -> str:
    """Mostly one that is heard there; now and then one that nobody has ever used."""
    if rng.randrange(3):
        return str(rng.choice(sorted(rule.methods)))
    return rng.choice(METHODS) if rng.randrange(10) else f"M{rng.randrange(10**9)}"


def _path(rule: Any, rng: random.Random) -> bytes:
    """One of the strange ones, or the address of a rule with something hostile or harmless in its gaps."""
    if not rng.randrange(6):
        return rng.choice(RAW_PATHS)
    path = str(rule.rule)
    for name in rule.arguments:
        value = rng.choice([*TEXTS, "orders/create", "customers/redact", "1", "app.js"])
        path = path.replace(f"<path:{name}>", value).replace(f"<int:{name}>", value).replace(f"<{name}>", value)
    told = path.encode("utf-8", "surrogatepass")[:8_000]
    kept = "".join(map(chr, range(0x21, 0x7F))) if rng.randrange(2) else "/"
    # a few as they are, which is for the server to refuse or to take
    return (
        told
        if not rng.randrange(NOT_ASCII) and not set(told) & set(b" \r\n?#")
        else quote_from_bytes(told, kept).encode()
    )


def _query(rng: random.Random) -> bytes:
    if not rng.randrange(60):
        return b"?" + b"&".join(b"a%d=1" % number for number in range(2_000))
    pairs = [(rng.choice(PARAMETERS), rng.choice(TEXTS)) for _ in range(rng.randrange(4))]
    told = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)[:20_000]
    return b"?" + told.encode() if told else b""


def _header(rng: random.Random) -> bytes:
    """Any bytes but a line's end; servers refuse what controls them, so most have none of that."""
    kind = rng.randrange(4)
    if kind == 0:
        return _token(rng).encode()
    value = rng.choice(TEXTS).encode() if kind == 1 else rng.randbytes(rng.randrange(60))
    if kind == 3:
        value = b"x=" + b"y" * rng.choice((10, 1_000, 100_000))
    return value.translate(None, CONTROLS if rng.randrange(20) else b"\r\n\0")


def _words(text: str) -> bytes:
    return text.encode().replace(b"\0", b" ")


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
