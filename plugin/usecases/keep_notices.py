"""What stores' answers said beside what was asked, written beside the shop: for the doctor, who is another process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.shopify.notices import FULL, Notice
from storage import figures, shops

NAME = "notices"
#: the newest of them
MOST_KEPT = 30
#: what was not said again for so long is over
OVER_AFTER = timedelta(days=7)
#: a store that has room again is not told of for longer; while it has none, it says so each day
FULL_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One notice and when it was written down last; each process writes it once a day."""

    kind: str
    words: str
    at: datetime


def keep(db: Connection, notices: Sequence[Notice], *, now: datetime) -> None:
    """Writes down what is new."""
    for domain in sorted({one.shop for one in notices}):
        shop = shops.find(db, platform="shopify", domain=domain)
        if shop is not None:
            known = {(one.kind, one.words): one.at for one in of_shop(db, shop.shop_id, now=now)}
            known |= {(one.kind, one.words): now for one in notices if one.shop == domain}
            newest = sorted(known.items(), key=lambda one: (one[1], one[0]), reverse=True)[:MOST_KEPT]
            told = [[kind, words, at.isoformat()] for (kind, words), at in newest]
            figures.keep(db, shop.shop_id, NAME, {"told": told}, now)


def is_full(db: Connection, shop_id: int, *, now: datetime) -> bool:
    """Whether the store has said of late that it takes no more discounts."""
    return any(one.kind == FULL and now - one.at <= FULL_FOR for one in of_shop(db, shop_id, now=now))


def of_shop(db: Connection, shop_id: int, *, now: datetime) -> list[Kept]:
    """What was noticed in the last days, the newest first."""
    kept = figures.get(db, shop_id, NAME)
    told = kept.body["told"] if kept is not None else []
    found = [Kept(kind=kind, words=words, at=datetime.fromisoformat(at)) for kind, words, at in told]
    return [one for one in found if now - one.at <= OVER_AFTER]
