"""The stand-in for App Bridge in a real browser: an app's page inside the sandbox's admin."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from playwright.sync_api import Page, expect

from plugin.sandbox.server import serve
from tests.sandbox.conftest import SECRET

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><title>An app</title>
<meta name="shopify-api-key" content="client"><script src="{bridge}"></script></head><body>
<s-app-nav hidden><s-link href="/app/overview" rel="home">Overview</s-link><s-link href="/app/rules">Rules</s-link></s-app-nav>
<main><form id="rules" data-save-bar><label>Percent <input name="percent" value="10"></label></form><p id="said"></p></main>
<button id="ask">Ask</button><button id="toast">Toast</button><script src="/app.js"></script></body></html>"""

SCRIPT = """
const said = document.getElementById("said");
const form = document.getElementById("rules");
document.getElementById("ask").onclick = async () => (said.textContent = await (await fetch("/who")).text());
document.getElementById("toast").onclick = () => shopify.toast.show("Saved", { action: "Undo", onAction: () => (said.textContent = "undone") });
form.onsubmit = (event) => (event.preventDefault(), (said.textContent = `saved ${new FormData(form).get("percent")}`), form.replaceWith(form.cloneNode(true)));
document.addEventListener("shopify:navigate", (event) => {
  history.pushState(null, "", event.target.getAttribute("href"));
  said.textContent = `went to ${location.pathname}`;
});
"""


class App:
    """A server with one page, its script, and an address that says who asks; the first question is answered 401."""

    def __init__(self) -> None:
        self.bridge, self.asked = "", []
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/who":
                    app.asked.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
                    self.answer(200 if len(app.asked) > 1 else 401, "text/plain", f"asked {len(app.asked)} times")
                elif self.path == "/app.js":
                    self.answer(200, "text/javascript", SCRIPT)
                else:
                    self.answer(200, "text/html", PAGE.format(bridge=app.bridge))

            def answer(self, status: int, kind: str, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header(
                    "Content-Security-Policy", f"default-src 'none'; connect-src 'self'; script-src 'self' {app.bridge}"
                )
                self.send_header("X-Shopify-Retry-Invalid-Session-Request", "1")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def app() -> Iterator[App]:
    made = App()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def admin(make_store, app, browser) -> Iterator[Page]:
    running = serve(make_store(app_url=app.url), port=0)
    app.bridge = f"{running.url}/app-bridge.js"
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    page.goto(running.admin_url)
    yield page
    page.close()
    running.close()


def test_a_fetch_bears_a_fresh_token_and_is_repeated_once(admin, app):
    """The wrapper adds a session token to the app's own requests, and asks again with a new one when told to."""
    frame = admin.frame_locator("#app")
    frame.locator("#ask").click()
    expect(frame.locator("#said")).to_have_text("asked 2 times")
    first, second = app.asked
    assert first != second
    claims = jwt.decode(
        second,
        SECRET,
        algorithms=["HS256"],
        audience="client",
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims["dest"] == "https://corner.myshopify.com"


def test_the_app_knows_where_it_is(admin):
    """window.shopify.config names shop, host, language and key."""
    config = admin.frames[1].evaluate("() => window.shopify.config")
    assert config["shop"] == "corner.myshopify.com"
    assert config["locale"] == "en"
    assert config["apiKey"] == "client"
    assert config["host"]


def test_the_admins_links_navigate_in_the_app(admin):
    """The app's links stand in the admin; a click there fires shopify:navigate in the app, and marks where one is."""
    frame = admin.frame_locator("#app")
    expect(admin.locator("#links a")).to_have_text(["Overview", "Rules"])
    expect(admin.locator("#links [aria-current]")).to_have_text("Overview")
    admin.get_by_role("link", name="Rules").click()
    expect(frame.locator("#said")).to_have_text("went to /app/rules")
    expect(admin.locator("#links [aria-current]")).to_have_text("Rules")


def test_the_save_bar_follows_the_form(admin):
    """A change shows the bar, taking it back hides it, Save submits, Discard resets."""
    field, bar = admin.frame_locator("#app").locator("input"), admin.locator("#save")
    expect(bar).to_be_hidden()
    field.fill("15")
    expect(bar).to_be_visible()
    field.fill("10")
    expect(bar).to_be_hidden()
    field.fill("20")
    admin.get_by_role("button", name="Discard").click()
    expect(field).to_have_value("10")
    expect(bar).to_be_hidden()
    field.fill("25")
    admin.get_by_role("button", name="Save").click()
    expect(admin.frame_locator("#app").locator("#said")).to_have_text("saved 25")
    expect(bar).to_be_hidden()


def test_a_toast_can_be_acted_on(admin):
    """A toast shows in the admin, and its button calls back into the app."""
    frame = admin.frame_locator("#app")
    frame.locator("#toast").click()
    expect(admin.locator("#toast")).to_contain_text("Saved")
    admin.get_by_role("button", name="Undo").click()
    expect(frame.locator("#said")).to_have_text("undone")
