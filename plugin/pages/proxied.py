"""``/proxy/shopify``: where shoppers reach us under the store's own address. So far it says whether we serve the store.

The pages of a shop run in the merchant's origin, so nothing but JSON goes out, and nothing about a person: whose browser
it is, is no proof of who holds it.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, jsonify, request

from plugin.platforms.shopify import proxy
from plugin.platforms.shopify.proxy import BadProxyQuery
from plugin.runtime import Runtime
from storage import shops

SHOPIFY = "shopify"
LONGEST_QUERY = 2048


def blueprint(runtime: Runtime) -> Blueprint:
    """``GET`` of the address that the manifest names."""
    pages = Blueprint("proxied", __name__)
    declared = runtime.manifest.shopify.app_proxy
    prefix = f"/{declared.prefix}/{declared.subpath}"

    @pages.get(declared.uri, strict_slashes=False)
    def serving() -> Response:
        if len(request.query_string) > LONGEST_QUERY:
            abort(400)
        query = [(name, value) for name in request.args for value in request.args.getlist(name)]
        try:
            asks = proxy.shopper(query, prefix=prefix, secrets=runtime.config.shopify_secrets, now=runtime.now())
        except BadProxyQuery:
            abort(401)
        # all shoppers come from a few addresses of the platform's
        g.proven = True
        with runtime.database.reading() as db:
            shop = shops.find(db, platform=SHOPIFY, domain=asks.shop_domain)
        if shop is None or shop.state == "uninstalled":
            abort(404)
        return jsonify(serving=shop.state == "active", signed_in=asks.customer_id is not None)

    return pages
