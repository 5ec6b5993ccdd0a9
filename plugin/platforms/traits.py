"""What stores of a platform do by themselves, and what has to be done for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from plugin.platforms.magento import templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Of one platform."""

    #: a code ends at its hour by itself; else it ends some time that day, and has to be switched off at the hour
    ends_by_the_hour: bool = True
    #: a code for one use is refused the second time; else it may be used again until somebody has counted
    counts_at_once: bool = True
    #: codes hang on rules, which stay in the store when they are over; else each is a discount of its own
    hangs_on_rules: bool = False
    #: a benefit's type and what it combines with → why it cannot be given, in a sentence; "" where it can
    cannot: Callable[[str, Sequence[str]], str] = lambda _kind, _combines: ""


PLATFORMS: Mapping[str, Traits] = MappingProxyType({
    "shopify": Traits(),
    "magento": Traits(
        ends_by_the_hour=False,
        counts_at_once=False,
        hangs_on_rules=True,
        cannot=lambda kind, combines: templates.cannot(kind, combines=combines),
    ),
})  # fmt: skip


def of(platform: str) -> Traits:
    """The traits of a shop's platform; of one that is not known, those that need nothing."""
    return PLATFORMS.get(platform, Traits())
