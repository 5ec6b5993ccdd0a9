"""How a Magento store and its admin come in: the store says hello, whoever activated us confirms, its module launches.

``/auth/magento/<connection>/callback`` is posted to by the store, unsigned; ``…/identity`` is opened by the admin's
browser; ``…/launch`` is posted to by a module in the admin (``plugin.magento_launch``). Nothing is changed by a GET, and
the connection in the address is random: who guesses one learns nothing.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from plugin import connecting, magento_launch
from plugin.connecting import Unwelcome
from plugin.integrations import LAUNCHES
from plugin.magento_launch import BadLaunch
from plugin.pages import headers, views
from plugin.pages.access import STANDALONE
from plugin.pages.front import Front
from plugin.pages.launch import launch_url
from plugin.pages.say import _
from plugin.platforms.magento.address import same_host
from plugin.platforms.magento.handshake import VALUE, Hello
from plugin.platforms.protocol import PlatformError
from plugin.vault import Unsealable
from storage.shops import Shop

PREFIX = "/auth/magento/<connection>"
LARGEST_POST = 16 * 1024
#: how long the page that follows can be opened
OPENS_SECONDS = 300


def blueprint(front: Front) -> Blueprint:
    """``/auth/magento/…``."""
    auth = Blueprint("magento", __name__)

    @auth.before_request
    def limit() -> None:
        request.max_content_length = LARGEST_POST
        request.max_form_memory_size = LARGEST_POST

    auth.add_url_rule(
        f"{PREFIX}/callback", "callback", lambda connection: _callback(front, connection), methods=["POST"]
    )
    auth.add_url_rule(f"{PREFIX}/identity", "identity", lambda connection: _asked(front, connection), methods=["GET"])
    auth.add_url_rule(f"{PREFIX}/identity", "confirm", lambda connection: _confirm(front, connection), methods=["POST"])
    auth.add_url_rule(f"{PREFIX}/launch", "launch", lambda connection: _launch(front, connection), methods=["POST"])
    return auth


def _callback(front: Front, connection: str) -> Response:
    """What the store posts; it ignores what is answered."""
    given = {
        name: request.form.get(name, "") for name in ("oauth_consumer_key", "oauth_consumer_secret", "oauth_verifier")
    }
    base_url = request.form.get("store_base_url", "")
    if not all(VALUE.fullmatch(one) for one in given.values()) or len(base_url) > connecting.LONGEST_ADDRESS:
        abort(400)
    hello = Hello(
        consumer_key=given["oauth_consumer_key"],
        consumer_secret=given["oauth_consumer_secret"],
        verifier=given["oauth_verifier"],
    )
    try:
        connecting.greeted(front.runtime, connection, hello, base_url=base_url)
    except (Unwelcome, Unsealable):
        abort(404)
    return Response("heard\n", content_type="text/plain")


def _asked(front: Front, connection: str) -> Response:
    """The admin's browser, sent by Magento: asks whether this store is meant; the button does what is to be done."""
    key = request.args.get("oauth_consumer_key", "")
    back = request.args.get("success_call_back", "")
    if not VALUE.fullmatch(key):
        abort(404)
    try:
        way = connecting.awaited(front.runtime, connection)
    except Unwelcome:
        return _page(front, _("Nobody is awaited here"), 404, text=_nobody())
    return _page(
        front, _("Connect your store"), 200,
        text=_("Connect %(store)s to Regulars?", store=way.base_url),
        action=f"/auth/magento/{connection}/identity", key=key, back=back,
    )  # fmt: skip


def _confirm(front: Front, connection: str) -> Response:
    key, back = request.form.get("oauth_consumer_key", ""), request.form.get("success_call_back", "")
    if not VALUE.fullmatch(key):
        abort(404)
    try:
        done = connecting.identified(front.runtime, connection, key)
    except (Unwelcome, Unsealable):
        return _page(front, _("Nobody is awaited here"), 404, text=_nobody())
    except PlatformError as error:
        return _page(front, _("Your store was not connected"), 502, text=_not_connected(), detail=str(error))
    return _connected(front, done.shop, missing=done.missing, back=back)


def _connected(front: Front, shop: Shop, *, missing: tuple[str, ...], back: str) -> Response:
    opens = launch_url(front.runtime, shop, origin=_origin(front), lives_seconds=OPENS_SECONDS)
    base_url = front.runtime.integrations.base_url(shop)
    return _page(
        front, _("Your store is connected"), 200,
        text=_("Regulars reads your past orders now. You can close this window."),
        detail=_("The integration may not use %(resources)s. Allow this in System, Extensions, Integrations, and save.",
                 resources=", ".join(missing)) if missing else "",
        opens=opens, finish=back if same_host(back, base_url) else "",
    )  # fmt: skip


def _launch(front: Front, connection: str) -> AnyResponse:
    """A module in the store's admin posts who is logged in there; the page opens in its frame."""
    runtime = front.runtime
    found = connecting.known(runtime, connection)
    if found is None:
        abort(404)
    shop, held = found
    now = runtime.now()
    # what goes wrong is to be read in the admin's frame, too
    headers.allow_frame((headers.store_origin(shop.domain), *filter(None, (held.admin_origin,))))
    try:
        launch = magento_launch.read(
            request.form.get("launch", ""), connection=connection, secret=held.derived(LAUNCHES), now=now,
            first_time=lambda name, until: front.used_links.use(name, until=until, now=now),
        )  # fmt: skip
    except BadLaunch as wrong:
        text = _clocks() if wrong.clock else _("Open Regulars from your store's admin once more.")
        return _page(front, _("This link does not open anything"), 403, text=text)
    connecting.framed_by(runtime, connection, launch.origin)
    opens = launch_url(runtime, shop, origin=_origin(front), locale=launch.locale, read_only=not launch.may_change)
    return redirect(opens, 303)


def _page(front: Front, heading: str, status: int, **shown: Any) -> Response:
    body = render_template("magento.html", heading=heading, title=views.window_title(heading), **shown)
    return make_response(views.document(front, host=STANDALONE, body=body, page="", heading=heading), status)


def _origin(front: Front) -> str:
    return front.runtime.config.public_url or request.host_url


def _nobody() -> str:
    return _(
        "This address has run out, or the store has not called yet. Activate the integration in its admin once more."
    )


def _not_connected() -> str:
    return _("Your store did not confirm what it sent. Activate the integration in its admin once more.")


def _clocks() -> str:
    return _("The clocks of your store and of Regulars differ by more than half a minute. Set them right, by NTP.")
