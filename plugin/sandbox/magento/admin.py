"""The admin's page of integrations, as small as can be, and the two addresses at which a handshake ends.

It has no login: whoever reaches the port is the merchant.
"""

from __future__ import annotations

import http.client
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, redirect, request
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from plugin.sandbox.magento import integrations
from plugin.sandbox.magento.integrations import ACCESS, REQUEST, Integration
from plugin.sandbox.magento.store import MagentoStore

#: how long the store waits for who was said hello to; it ignores what is answered
PATIENCE_SECONDS = 5.0
PAGE = Markup("""<!doctype html><html lang="en"><head><title>Magento Admin</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><style>body{{font:15px/1.5 sans-serif;max-width:46rem;margin:2rem auto;
padding:0 1rem}}dt{{color:#555}}dd{{margin:0 0 .5rem;font-family:monospace;overflow-wrap:anywhere}}
input{{width:100%;box-sizing:border-box;margin-bottom:.5rem}}</style></head><body><h1>{heading}</h1>{body}</body></html>""")
FORM = Markup("""<h2>Add an integration</h2><form method="post" action="/admin/integrations">
<label>Name <input name="name" value="Regulars" required></label>
<label>Callback URL <input name="callback"></label><label>Identity link URL <input name="identity"></label>
<button>Save</button></form>""")
BUTTON = Markup("""<form method="post" action="/admin/integrations/{key}/activate"><button>Activate</button></form>""")


def admin_pages(store: MagentoStore) -> Blueprint:
    """``/admin/integrations`` and ``/oauth/token/…``."""
    pages = Blueprint("magento_admin", __name__)

    @pages.get("/admin")
    def home() -> AnyResponse:
        return redirect("/admin/integrations")

    @pages.get("/admin/integrations")
    def listed() -> str:
        with store.transaction() as connection:
            held = integrations.every(connection)
        return PAGE.format(heading="Integrations", body=Markup("").join(map(_shown, held)) + FORM)

    @pages.post("/admin/integrations")
    def add() -> AnyResponse:
        told = {name: request.form.get(name, "").strip() for name in ("name", "callback", "identity")}
        store.add_integration(told["name"], callback=told["callback"], identity=told["identity"])
        return redirect("/admin/integrations", 303)

    @pages.post("/admin/integrations/<key>/activate")
    def activate(key: str) -> AnyResponse:
        try:
            made = store.activate(key)
        except LookupError:
            abort(404)
        say_hello(made, store.base_url)
        asked = {"oauth_consumer_key": key, "success_call_back": f"{store.base_url}admin/done"}
        # the query is put behind a plain question mark, as the admin's script does
        return redirect(f"{made.identity}?{urlencode(asked)}", 303)

    @pages.get("/admin/done")
    def done() -> str:
        back = Markup('<p><a href="/admin/integrations">Integrations</a></p>')
        return PAGE.format(heading="The integration is active.", body=back)

    @pages.post("/oauth/token/<kind>")
    def token(kind: str) -> Response:
        if kind not in {REQUEST, ACCESS}:
            abort(404)
        with store.transaction() as connection:
            status, text = integrations.exchange(connection, kind, url=request.base_url, headers=dict(request.headers))
        return Response(text, status, content_type="text/html; charset=UTF-8")

    return pages


def say_hello(made: Integration, base_url: str) -> None:
    """Posts what the store posts when an integration is activated: unsigned, once, whatever comes back."""
    target = urlsplit(made.callback)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    wire = kind(target.netloc, timeout=PATIENCE_SECONDS)
    headers = {
        "User-Agent": "Laminas\\Http\\Client",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "*/*",
    }
    try:
        wire.request("POST", target.path, body=urlencode(made.hello(base_url)), headers=headers)
        wire.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
    finally:
        wire.close()


def _shown(one: Integration) -> Markup:
    told = {
        "Consumer Key": one.consumer_key, "Consumer Secret": one.consumer_secret,
        "Access Token": one.access_token, "Access Token Secret": one.access_secret,
    }  # fmt: skip
    state = "active" if one.active else "inactive"
    lines = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(name, value) for name, value in told.items())
    values = Markup("<dl>{}</dl>").format(lines) if one.active and not one.callback else Markup("")
    button = BUTTON.format(key=one.consumer_key) if one.callback else Markup("")
    return Markup("<h2>{} ({})</h2>").format(escape(one.name), state) + values + button
