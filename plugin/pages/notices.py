"""What stands above a page because it holds for all of them: who looks may not change; the store gets no offers."""

from __future__ import annotations

from typing import Any

from plugin.pages import attention
from plugin.pages.access import MAGENTO, SHOPIFY, Visitor
from plugin.pages.attention import Item
from plugin.pages.front import Front
from plugin.pages.say import _


def shown(front: Front, visitor: Visitor) -> dict[str, Any]:
    """What the template gets: the notices, and where a store that shut us out is opened from again."""
    found = []
    if visitor.read_only:
        found.append(Item(text=_("You can look but not change. Ask the store owner.")))
    if wrong := attention.trouble(visitor.shop):
        found.append(wrong)
    if lacking := _lacking(front, visitor):
        text = _("Your store has not granted everything that Regulars needs: %(scopes)s.", scopes=", ".join(lacking))
        path = f"/auth/shopify?shop={visitor.shop.domain}"
        found.append(Item(text=text, link=_("Grant it"), path=path, critical=True, outside=True))
    return {"notices": found, **_again(front, visitor)}


def _lacking(front: Front, visitor: Visitor) -> list[str]:
    """The scopes that a Shopify store has not granted, once it lets us in; writing includes reading."""
    granted = set(visitor.shop.scopes.split())
    granted |= {scope.replace("write_", "read_") for scope in granted}
    if visitor.host != SHOPIFY or visitor.shop.access_trouble or not granted:
        return []
    return [scope for scope in front.runtime.manifest.shopify.scopes if scope not in granted]


def _again(front: Front, visitor: Visitor) -> dict[str, str]:
    """In Shopify's admin a look at the page connects; from elsewhere one goes there first."""
    shop = visitor.shop
    if shop.platform == MAGENTO:
        told = _("In your store's admin, activate the integration Regulars again under System, Integrations.")
        return {"again_path": "", "again_text": told}
    path = (
        "" if visitor.host == SHOPIFY else f"https://{shop.domain}/admin/apps/{front.runtime.config.shopify_client_id}"
    )
    return {"again_path": path, "again_text": ""}
