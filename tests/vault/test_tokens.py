"""Signed tokens hold for one purpose and some time, under every present key."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.vault import BadToken, Vault, _signing_key
from tests.vault import forged

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OLD, NEW = "old-key-" * 5, "new-key-" * 5
VAULT = Vault([NEW, OLD])
TOKEN = VAULT.sign({"shop": 7}, purpose="launch", lives_seconds=60, now=NOW)


def test_a_token_gives_back_its_claims_and_no_others() -> None:
    """What was signed comes back; the vault's own claims do not."""
    assert VAULT.verify(TOKEN, purpose="launch", now=NOW) == {"shop": 7}


def test_a_token_of_before_the_rotation_holds() -> None:
    """An old key's token is accepted while the old key is present."""
    token = Vault([OLD]).sign({"shop": 7}, purpose="launch", lives_seconds=60, now=NOW)

    assert VAULT.verify(token, purpose="launch", now=NOW) == {"shop": 7}
    with pytest.raises(BadToken):
        Vault([NEW]).verify(token, purpose="launch", now=NOW)


@pytest.mark.parametrize(("seconds", "holds"), [(-11, False), (-10, True), (0, True), (59, True), (60, False)])
def test_a_token_lives_as_long_as_said(seconds: int, *, holds: bool) -> None:
    """Ten seconds of another clock are forgiven before its time, none after it."""
    moment = NOW + timedelta(seconds=seconds)
    if holds:
        assert VAULT.verify(TOKEN, purpose="launch", now=moment)
    else:
        with pytest.raises(BadToken):
            VAULT.verify(TOKEN, purpose="launch", now=moment)


def test_a_token_for_one_purpose_opens_no_other() -> None:
    """The purpose is part of the key."""
    with pytest.raises(BadToken):
        VAULT.verify(TOKEN, purpose="unsubscribe", now=NOW)


def _forged(claims: Any, **how: Any) -> str:
    # signed by the right key, so that nothing but the claims can be what is refused
    return forged.token(claims, key=_signing_key(NEW.encode(), "launch"), **how)


LIFE = {"iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 60, "aud": "launch"}
FORGED = {
    "no life": _forged({"aud": "launch"}),
    "no purpose": _forged({name: LIFE[name] for name in ("iat", "exp")}),
    "another purpose": _forged({**LIFE, "aud": "unsubscribe"}),
    "two purposes": _forged({**LIFE, "aud": ["launch", "unsubscribe"]}),
    "an end that is text": _forged({**LIFE, "exp": str(LIFE["exp"])}),
    "an end that is true": _forged({**LIFE, "exp": True}),
    "an end that is a fraction": _forged({**LIFE, "exp": LIFE["exp"] + 0.5}),
    "from the future": _forged({**LIFE, "iat": LIFE["iat"] + 600, "exp": LIFE["iat"] + 900}),
    "unsigned": _forged(LIFE, header={"alg": "none"}),
    "another algorithm": _forged(LIFE, header={"alg": "HS512"}, digest=hashlib.sha512),
    "a critical header": _forged(LIFE, header={"alg": "HS256", "crit": ["exp"]}),
    "no object": _forged("[]"),
    "no JSON": _forged("{"),
    "cut": TOKEN[:-5],
    "empty": "",
    "words": "not a token",
    "not ascii": "é.é.é",
    "endless": "a" * 1_000_000,
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str) -> None:
    """Every claim is required and of its type; only HS256 signs; nothing else is raised than BadToken."""
    with pytest.raises(BadToken):
        VAULT.verify(FORGED[name], purpose="launch", now=NOW)


@pytest.mark.parametrize("name", ["iat", "exp", "aud"])
def test_the_vaults_own_claims_cannot_be_given(name: str) -> None:
    """Nobody signs a longer life than was asked for."""
    with pytest.raises(ValueError, match=name):
        VAULT.sign({name: 1}, purpose="launch", lives_seconds=60, now=NOW)
