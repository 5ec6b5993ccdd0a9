"""Tokens: the session token of a member of staff, and what the app may exchange it for."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from plugin.sandbox.times import kept, read

SESSION_LIFE = timedelta(minutes=1)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
#: a refresh token whose answer was lost may be tried again for so long, while its replacement is not used
RETRY_LIFE = timedelta(days=30)


class TokenRefused(Exception):
    """The grant is not given; ``error`` is the word that OAuth has for it."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A token for the API; without refresh token it never ends."""

    access_token: str
    refresh_token: str | None


def session_token(*, domain: str, client_id: str, client_secret: str, user_id: str, now: datetime) -> str:
    """What the store's admin hands to the app's page: a JWT that lives one minute."""
    claims = {
        "iss": f"https://{domain}/admin",
        "dest": f"https://{domain}",
        "aud": client_id,
        "sub": user_id,
        "exp": int((now + SESSION_LIFE).timestamp()),
        "nbf": int(now.timestamp()),
        "iat": int(now.timestamp()),
        "jti": secrets.token_hex(16),
        "sid": secrets.token_hex(16),
    }
    return jwt.encode(claims, client_secret, algorithm="HS256")


def check_session_token(token: str, *, domain: str, client_id: str, client_secret: str, now: datetime) -> None:
    """Raises TokenRefused unless this store issued it for this app and it still lives."""
    try:
        claims = jwt.decode(
            token,
            client_secret,
            algorithms=["HS256"],
            audience=client_id,
            issuer=f"https://{domain}/admin",
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "require": ["exp", "nbf", "dest", "sub"],
            },
        )
    except jwt.InvalidTokenError as error:
        raise TokenRefused("invalid_subject_token", "The session token is not valid.") from error
    if not claims["nbf"] - 10 <= now.timestamp() < claims["exp"] + 10 or claims["dest"] != f"https://{domain}":
        raise TokenRefused("invalid_subject_token", "The session token has expired or is of another store.")


def exchange(connection: sqlite3.Connection, *, expiring: bool, now: datetime) -> Grant:
    """A new token. The refresh token of the one before is worth nothing from now on."""
    connection.execute("UPDATE tokens SET refresh_token = NULL WHERE refresh_token IS NOT NULL")
    return _issue(connection, expiring=expiring, replaces=None, now=now)


def refresh(connection: sqlite3.Connection, refresh_token: str, *, now: datetime) -> Grant:
    """A new pair for an old one. Raises TokenRefused."""
    row = connection.execute(
        "SELECT * FROM tokens WHERE refresh_token = ? AND revoked = 0", (refresh_token,)
    ).fetchone()
    if row is None or read(row["refresh_ends_at"]) <= now or _retried_too_late(connection, row, now):
        raise TokenRefused("invalid_grant", "The refresh token is not valid.")
    connection.execute(
        "UPDATE tokens SET first_used_at = coalesce(first_used_at, ?) WHERE id = ?", (kept(now), row["id"])
    )
    return _issue(connection, expiring=True, replaces=row["id"], now=now)


def issue_code(connection: sqlite3.Connection, *, now: datetime) -> str:
    """A code that can be traded for a token once, within a minute. It opens nothing itself."""
    code = secrets.token_hex(16)
    connection.execute(
        "INSERT INTO tokens (access_token, access_ends_at, revoked) VALUES (?, ?, 1)",
        (f"code {code}", kept(now + SESSION_LIFE)),
    )
    return code


def redeem_code(connection: sqlite3.Connection, code: str, *, expiring: bool, now: datetime) -> Grant:
    """A new token for a code. Raises TokenRefused for one that is unknown, used or too old."""
    used = connection.execute(
        "UPDATE tokens SET first_used_at = ? WHERE access_token = ? AND first_used_at IS NULL AND access_ends_at > ?",
        (kept(now), f"code {code}", kept(now)),
    )
    if not used.rowcount:
        raise TokenRefused("invalid_request", "The authorization code was not found or was already used.")
    return exchange(connection, expiring=expiring, now=now)


def lives(connection: sqlite3.Connection, access_token: str, *, now: datetime) -> bool:
    """Whether the API accepts the token."""
    row = connection.execute("SELECT * FROM tokens WHERE access_token = ? AND revoked = 0", (access_token,)).fetchone()
    return row is not None and (row["access_ends_at"] is None or now < read(row["access_ends_at"]))


def revoke_all(connection: sqlite3.Connection) -> None:
    """What uninstalling the app does to its tokens."""
    connection.execute("UPDATE tokens SET revoked = 1")


def _retried_too_late(connection: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> bool:
    if row["first_used_at"] is None:
        return False
    successor_used = connection.execute(
        "SELECT 1 FROM tokens WHERE replaces = ? AND first_used_at IS NOT NULL", (row["id"],)
    ).fetchone()
    return successor_used is not None or now >= read(row["first_used_at"]) + RETRY_LIFE


def _issue(connection: sqlite3.Connection, *, expiring: bool, replaces: int | None, now: datetime) -> Grant:
    grant = Grant(
        access_token=f"shpat_{secrets.token_hex(16)}",
        refresh_token=f"shprt_{secrets.token_hex(16)}" if expiring else None,
    )
    connection.execute(
        "INSERT INTO tokens (access_token, access_ends_at, refresh_token, refresh_ends_at, replaces) VALUES (?, ?, ?, ?, ?)",
        (
            grant.access_token,
            kept(now + ACCESS_LIFE) if expiring else None,
            grant.refresh_token,
            kept(now + REFRESH_LIFE) if expiring else None,
            replaces,
        ),
    )
    return grant
