"""What stands above a page because it holds for all of them: who looks may not change; the store is not connected."""

from __future__ import annotations

from plugin.pages.access import Visitor
from plugin.pages.attention import Item, disconnected
from plugin.pages.say import _

#: says by itself what is wrong with the store, among other things
SAYS_IT = "overview"


def notices(visitor: Visitor, page: str) -> list[Item]:
    """For a page of this name."""
    found = []
    if visitor.read_only:
        found.append(Item(text=_("You can look but not change. Ask the store owner.")))
    if page != SAYS_IT and (trouble := disconnected(visitor.shop)):
        found.append(trouble)
    return found
