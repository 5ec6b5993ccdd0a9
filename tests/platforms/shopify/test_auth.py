"""A session token is believed only when every claim of it holds."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.platforms.shopify.auth import BadSessionToken, SessionClaims, check_session_token
from tests.platforms.shopify.samples import NOW, SHOP
from tests.vault import forged

CLIENT = "0123456789abcdef0123456789abcdef"
SECRET, OLD, OTHER = (f"shpss_{letter * 32}" for letter in "abc")
SECONDS = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": f"https://{SHOP}/admin",
    "dest": f"https://{SHOP}",
    "aud": CLIENT,
    "sub": "42",
    "exp": SECONDS + 60,
    "nbf": SECONDS,
    "iat": SECONDS,
    "jti": "f8912129-1af6-4cad-9ca3-76b0f7621087",
    "sid": "aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685",
    "sig": "f07cf3740270c17fb61c700b2f0f2e7f2f4fc8cc48426221738f7a39e4c475bf",
}


def _token(*, key: str = SECRET, header: dict[str, Any] | None = None, **claims: Any) -> str:
    told = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    return forged.token(told, key=key.encode(), header=header)


def _check(token: str, *, now: datetime = NOW, secrets: tuple[str, ...] = (SECRET, OLD)) -> SessionClaims:
    return check_session_token(token, client_id=CLIENT, secrets=secrets, now=now)


GOOD = _token()
HEAD, BODY, SIGNATURE = GOOD.split(".")


@pytest.mark.parametrize("key", [SECRET, OLD])
def test_a_good_token_tells_who_asks(key: str) -> None:
    """Store, person and end, under the new secret and under the old one."""
    assert _check(_token(key=key)) == SessionClaims(
        shop_domain=SHOP, user_id="42", expires_at=NOW + timedelta(seconds=60)
    )


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-11, False), (-10, True), (0, True), (60, True), (69, True), (70, False), (3600, False)]
)
def test_clocks_may_differ_by_ten_seconds(seconds: int, *, holds: bool) -> None:
    """Before nbf and after exp; outside it the token is stale, which asks for a fresh one."""
    if holds:
        assert _check(GOOD, now=NOW + timedelta(seconds=seconds))
    else:
        with pytest.raises(BadSessionToken) as raised:
            _check(GOOD, now=NOW + timedelta(seconds=seconds))
        assert raised.value.stale


def _shops(host: str) -> str:
    return _token(iss=f"https://{host}/admin", dest=f"https://{host}")


def _head(algorithm: str) -> str:
    return _token(header={"alg": algorithm}).split(".")[0]


BAD: dict[str, str] = {
    "empty": "",
    "words": "not a token",
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.x",
    "dots": "..",
    "no signature": f"{HEAD}.{BODY}.",
    "a cut signature": GOOD[:-2],
    "another body": f"{HEAD}.{_token(sub='43').split('.')[1]}.{SIGNATURE}",
    "another's secret": _token(key=OTHER),
    "an empty secret": _token(key=""),
    "unsigned": f"{_head('none')}.{BODY}.",
    "unsigned in capitals": f"{_head('NONE')}.{BODY}.",
    "no algorithm": _token(header={"typ": "JWT"}),
    "says RS256": _token(header={"alg": "RS256"}),
    "says ES256": _token(header={"alg": "ES256"}),
    "HS512": forged.token(CLAIMS, key=SECRET.encode(), header={"alg": "HS512"}, digest=hashlib.sha512),
    "HS384": forged.token(CLAIMS, key=SECRET.encode(), header={"alg": "HS384"}, digest=hashlib.sha384),
    "hs256 in small letters": _token(header={"alg": "hs256"}),
    "a critical header": _token(header={"alg": "HS256", "crit": ["b64"], "b64": False}),
    "a kid that is a number": _token(header={"alg": "HS256", "kid": 1}),
    "claims in a list": forged.token([CLAIMS], key=SECRET.encode()),
    "claims that are no JSON": forged.token("{", key=SECRET.encode()),
    "claims that are very deep": forged.token("[" * 3000, key=SECRET.encode()),
    "not ASCII": "é.é.é",
    "half a character": "\ud800.x.y",
    "one megabyte": "a" * 1_000_000,
    "one megabyte of claims": _token(note="x" * 1_000_000),
    **{
        f"no {name}": _token(**{name: ...}) for name in ("iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid")
    },
    **{
        f"{name} is null": _token(**{name: None})
        for name in ("iss", "dest", "aud", "sub", "exp", "nbf", "iat", "jti", "sid")
    },
    **{f"{name} is empty": _token(**{name: ""}) for name in ("iss", "dest", "aud", "sub", "jti", "sid")},
    "sub is a number": _token(sub=42),
    "exp is text": _token(exp=str(SECONDS + 60)),
    "exp is true": _token(exp=True),
    "exp is a fraction": _token(exp=SECONDS + 60.5),
    "exp is endless": _token(exp=10**30),
    "nbf is negative": _token(nbf=-1),
    "expired": _token(exp=SECONDS - 10),
    "from the future": _token(nbf=SECONDS + 11),
    "made in the future": _token(iat=SECONDS + 11),
    "another app": _token(aud="f" * 32),
    "several apps": _token(aud=[CLIENT, "f" * 32]),
    "our app in a list": _token(aud=[CLIENT]),
    "our app and a blank": _token(aud=f"{CLIENT} "),
    "two stores": _token(iss="https://other.myshopify.com/admin"),
    "a foreign host": _shops("evil.example.com"),
    "a store's name in front": _shops(f"{SHOP}.evil.example"),
    "a store's name behind": _shops(f"evil.example/{SHOP}"),
    "a person in front": _shops(f"evil@{SHOP}"),
    "a port": _shops(f"{SHOP}:8443"),
    "a line's end": _shops(f"{SHOP}\n"),
    "capitals": _shops(SHOP.upper()),
    "no name": _shops(".myshopify.com"),
    "two names": _shops("a.b.myshopify.com"),
    "a hyphen first": _shops("-a.myshopify.com"),
    "Shopify itself": _shops("admin.shopify.com"),
    "plain http": _token(iss=f"http://{SHOP}/admin", dest=f"http://{SHOP}"),
    "no scheme": _token(iss=f"{SHOP}/admin", dest=SHOP),
    "a query": _token(dest=f"https://{SHOP}?x=1"),
    "an endless store": _shops("a" * 300 + ".myshopify.com"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused(name: str) -> None:
    """Whatever is wrong with it, the one error comes, it names a fixed word, and it repeats nothing of the token."""
    with pytest.raises(BadSessionToken) as raised:
        _check(BAD[name])

    assert raised.value.reason.replace("_", "").isalpha()
    assert raised.value.stale is (name in {"expired", "from the future", "made in the future"})


def test_foreign_keys_in_the_header_are_not_looked_at() -> None:
    """A token is proven by our secret, wherever its header points to."""
    pointing = {
        "alg": "HS256",
        "jku": "https://evil.example/keys",
        "kid": "../../../dev/null",
        "x5u": "https://evil.example",
    }

    assert _check(_token(header=pointing)).shop_domain == SHOP
    with pytest.raises(BadSessionToken):
        _check(_token(header=pointing, key=OTHER))


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_without_a_secret_nothing_holds(secrets: tuple[str, ...]) -> None:
    """An app that is not set up believes nobody, not even a token signed with nothing."""
    with pytest.raises(BadSessionToken):
        _check(_token(key=""), secrets=secrets)


@given(position=st.integers(0, len(GOOD) - 1), letter=st.sampled_from("AZaz09-_.="))
@settings(max_examples=150)
def test_a_token_with_another_letter_is_not_another_person(position: int, letter: str) -> None:
    """A changed token is refused or, where the letter carries no bits, is still the same one."""
    try:
        claims = _check(GOOD[:position] + letter + GOOD[position + 1 :])
    except BadSessionToken:
        return
    assert claims == _check(GOOD)


@given(token=st.text(max_size=60) | st.lists(st.text("eyJ0-_{}", max_size=20), min_size=3, max_size=3).map(".".join))
@settings(max_examples=100)
def test_nothing_else_is_ever_raised(token: str) -> None:
    """Any text is refused with the one error."""
    with pytest.raises(BadSessionToken):
        _check(token)
