"""Who belongs to the control group: decided by a hash of program, shop and customer, and by nothing else, for ever."""

from __future__ import annotations

import hashlib

from plugin.rewards.fields import joined

#: part of every hash: changing it would deal all customers anew
LABEL = "regulars holdout 1"


def is_held_out(*, key: str, shop: str, customer_id: str, percent: int) -> bool:
    """Whether this customer is in the control group of ``percent`` in a hundred.

    ``key`` is the program's, ``shop`` is platform + "|" + domain. Who is held out at 10 % is held out at 20 %, too,
    so that a larger group keeps the smaller one. No date, no version and no other setting has a say.
    """
    digest = hashlib.sha256(joined(LABEL, key, shop, customer_id)).digest()
    return int.from_bytes(digest[:8], "big") * 100 < percent << 64
