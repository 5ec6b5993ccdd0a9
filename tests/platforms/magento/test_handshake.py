"""The two exchanges at the end of a handshake: what we send and what we make of a real store's answers."""

from __future__ import annotations

import re
from itertools import count
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import pytest

from plugin.platforms.line import Line
from plugin.platforms.magento import handshake
from plugin.platforms.magento.access import Credentials
from plugin.platforms.magento.handshake import Hello
from plugin.platforms.protocol import InDoubt, NotSent, PlatformError, Unauthorized
from plugin.sandbox.magento import oauth
from tests.platforms import loopback
from tests.platforms.magento import captures
from tests.platforms.magento.conftest import NOW

PARAMETER = re.compile(r'(oauth_[a-z_]+)="([^"]*)"')
GREETED = Hello(consumer_key="c" * 32, consumer_secret="s" * 32, verifier="v" * 32)
GOOD = "oauth_token=" + "t" * 32 + "&oauth_token_secret=" + "u" * 32


def finished(line: Line, base_url: str, hello: Hello = GREETED) -> Credentials:
    """Both exchanges with the store at an address."""
    turns = count()
    return handshake.finish(line, hello, base_url=base_url, now=lambda: NOW, nonce=lambda: f"nonce{next(turns)}")


def text(status: int, body: str) -> loopback.Act:
    """Form-encoded text under Magento's own content type."""
    return loopback.answers(body.encode(), status=status, Content_Type="text/html; charset=UTF-8")


@pytest.fixture(params=captures.HANDSHAKES)
def captured(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A handshake of a real store: what it posted, and its three answers."""
    return captures.handshake(request.param)


def test_a_real_stores_answers_become_the_four_values(line: Line, captured: dict[str, Any]) -> None:
    """The captured callback and answers give the captured tokens; the third answer says that they are not known."""
    posted = dict(parse_qsl(captured["callback_post"]["body"]))
    hello = Hello(
        consumer_key=posted["oauth_consumer_key"],
        consumer_secret=posted["oauth_consumer_secret"],
        verifier=posted["oauth_verifier"],
    )
    first, second, third = captured["exchange"]
    with loopback.store(text(first[1], first[3]), text(second[1], second[3]), text(third[1], third[2])) as store:
        got = finished(line, store.origin, hello)
        told = parse_qs(second[3])
        assert (got.access_token, got.access_token_secret) == (told["oauth_token"][0], told["oauth_token_secret"][0])
        assert (got.consumer_key, got.consumer_secret) == (hello.consumer_key, hello.consumer_secret)
        with pytest.raises(Unauthorized):
            finished(line, store.origin, hello)
    assert [one.path for one in store.heard[:2]] == [handshake.REQUEST, handshake.ACCESS]
    ours, real = (dict(PARAMETER.findall(head)) for head in (store.heard[0].headers["Authorization"], first[4]))
    assert ours.keys() == real.keys()
    assert ours["oauth_signature_method"] == real["oauth_signature_method"]


def test_what_we_sign_is_signed_as_a_real_store_accepted_it(line: Line) -> None:
    """Both signatures are RFC 5849's over the address, with the verifier and the request token in the second."""
    with loopback.store(text(200, GOOD)) as store:
        finished(line, store.origin)
    for heard, secret in zip(store.heard, ("", "u" * 32), strict=True):
        told = {"Authorization": heard.headers["Authorization"]}
        pairs = oauth.signed_parameters("", told)
        wanted = oauth.sign("POST", store.origin + heard.path, pairs, GREETED.consumer_secret, secret)
        assert dict(oauth.header(told))["oauth_signature"] == wanted
    second = dict(PARAMETER.findall(store.heard[1].headers["Authorization"]))
    assert (second["oauth_token"], second["oauth_verifier"]) == ("t" * 32, GREETED.verifier)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (text(401, "oauth_problem=Specified+token+does+not+exist"), Unauthorized),
        (text(301, ""), NotSent),
        (text(200, "<html>maintenance</html>"), InDoubt),
        (text(200, GOOD.upper()), InDoubt),
        (text(503, GOOD), InDoubt),
        (loopback.resets, PlatformError),
    ],
)
def test_anything_but_two_tokens_connects_nobody(line: Line, act: loopback.Act, error: type[Exception]) -> None:
    """A refusal, another address, a page, tokens of another shape, maintenance and a cut answer each raise."""
    with loopback.store(act) as store, pytest.raises(error):
        finished(line, store.origin)
