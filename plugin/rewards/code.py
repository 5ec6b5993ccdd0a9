"""Derives the code of an offer from its reason: the same reason gives the same code, and nobody can guess it.

A code is the prefix and 16 letters without a sign between them: letters and digits are what every store, till and
keyboard takes, and a double click marks the whole of it. The letters are Crockford's base 32 (no I, L, O, U) of the
first 80 bits of an HMAC-SHA256. Stores compare codes without regard to case; ours are upper case.
"""

from __future__ import annotations

import hashlib
import hmac

from plugin.rewards.fields import joined

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = 16
LABEL = "regulars code 1"


def derive(
    *,
    key: bytes,
    environment: str,
    platform: str,
    shop: str,
    customer_id: str,
    rule: str,
    cycle: str,
    generation: int,
    prefix: str,
) -> str:
    """The code for one reason: a rule's turn (``cycle``) for a customer of a shop, in the ``generation``-th making.

    The prefix is for people and has no part in the 16 letters.
    """
    reason = joined(LABEL, environment, platform, shop, customer_id, rule, cycle, str(generation))
    number = int.from_bytes(hmac.new(key, reason, hashlib.sha256).digest()[:10], "big")
    return prefix.upper() + "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (LETTERS - 1), -1, -5))
