"""Who may write what of a shop at the same time: locks that end with the transaction.

SQLite has one writer at a time and needs none of them. On PostgreSQL two workers may take in the facts of one shop side
by side, but not those of the same order or customer, so that what one reads to decide is what it decides about.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, RootTransaction, bindparam, text

from storage.columns import NUMBERS, spelled

#: more names than this and the whole shop is taken: the server's table of locks is finite
MOST_NAMES = 400
WHOLE = text("SELECT pg_advisory_xact_lock(:whole)")
#: a part of the room: whoever wants the whole of it has to wait
SOME = text(
    "SELECT pg_advisory_xact_lock_shared(:whole) "
    "UNION ALL SELECT pg_advisory_xact_lock(number) FROM unnest(:numbers) AS number"
).bindparams(bindparam("numbers", type_=NUMBERS))

#: what each open transaction holds already: asking the server again would be a message for nothing
_HELD: WeakKeyDictionary[RootTransaction, set[int]] = WeakKeyDictionary()


def take(db: Connection, shop_id: int, room: str, names: Collection[str] | None = None) -> None:
    """Holds the named things of a room of this shop until the transaction ends; without names all of the room.

    Names are taken in one order, so that two takers of one room never wait for each other in a circle.
    """
    if db.dialect.name != "postgresql":
        return
    held, whole = _held(db), _number(room, shop_id)
    if whole in held:
        return
    if names is None or len(names) > MOST_NAMES:
        db.execute(WHOLE, {"whole": whole})
        held.add(whole)
    elif missing := {_number(room, shop_id, name) for name in names} - held:
        db.execute(SOME, {"whole": whole, "numbers": spelled(sorted(missing))})
        held |= missing


def _held(db: Connection) -> set[int]:
    transaction = db.get_transaction()
    return set() if transaction is None else _HELD.setdefault(transaction, set())


def _number(*parts: object) -> int:
    packed = "\x1f".join(str(part) for part in parts).encode()
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), signed=True)
