"""What a signed token (RFC 7519) says: the library checks the signature and that nothing is missing, and no more.

The clock is given to us, and each kind of token has rules of its own for who may say what; whoever asks checks those.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import jwt


def read(
    token: str, key: jwt.PyJWK | str | bytes, *, algorithm: Literal["HS256", "RS256"], required: Iterable[str]
) -> dict[str, Any]:
    """The claims of a token that this key signed with this algorithm. Values are as they came, of any type.

    Raises jwt.InvalidSignatureError, jwt.MissingRequiredClaimError and other jwt.PyJWTError; of malformed tokens also
    ValueError, TypeError and RecursionError.
    """
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[algorithm],
        options={
            "require": [*required],
            "verify_aud": False,
            "verify_exp": False,
            "verify_iat": False,
            "verify_iss": False,
            "verify_jti": False,
            "verify_nbf": False,
            "verify_sub": False,
        },
    )
    return claims
