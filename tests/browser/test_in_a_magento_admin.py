"""A Magento store's admin: its module posts a signed launch into a frame, and the page opens there and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from plugin.integrations import LAUNCHES, new_connection_id, new_held
from plugin.platforms.protocol import StoreInfo
from plugin.usecases import connect
from storage import connections, programs
from tests.browser.axe import sideways
from tests.browser.conftest import Running, Screen, Window, listening

pytestmark = pytest.mark.browser
STORE = "magento.example"
#: what the module's block writes into the admin's page: a form that goes into the frame by itself
MODULE = """<!doctype html><html lang="en"><head><title>Magento Admin</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><style>body{{margin:0;display:grid;grid-template-columns:88px 1fr}}
nav{{background:#373330;color:#fff;padding:12px;font:12px sans-serif}}iframe{{border:0;width:100%;height:100vh}}
@media(max-width:600px){{body{{grid-template-columns:1fr}}nav{{padding:6px}}}}</style></head><body><nav>Admin</nav>
<main><iframe name="regulars" id="app" title="Regulars"></iframe></main>
<form method="post" target="regulars" action="{action}"><input type="hidden" name="launch" value="{launch}"></form>
<script>document.forms[0].submit()</script></body></html>"""


@dataclass
class Admin:
    """The admin at an origin of its own, with the connection's launch secret."""

    running: Running
    url: str
    shop_id: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    posted: list[str] = field(default_factory=list)

    def page(self) -> str:
        """The admin's page with a launch signed now; what a test tells stands in place of what is right."""
        with self.running.world.runtime.database.reading() as db:
            way = connections.get(db, self.shop_id)
        assert way is not None
        now = int(self.running.world.clock.at.timestamp())
        told = {
            "connection": way.connection_id, "user": "1", "change": True, "origin": self.url, "locale": "en_US",
            "iat": now, "exp": now + 60, "jti": f"launch-{len(self.posted)}",
        } | self.told  # fmt: skip
        body = urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
        secret = self.running.world.runtime.integrations.open(way).derived(LAUNCHES)
        launch = f"{body}.{hmac.digest(secret.encode(), body.encode(), hashlib.sha256).hex()}"
        self.posted.append(launch)
        return MODULE.format(action=f"{self.running.url}/auth/magento/{way.connection_id}/launch", launch=launch)


@pytest.fixture
def admin(running_new: Running) -> Iterator[Admin]:
    """A connected Magento store, and its admin on a port of its own."""
    runtime, now = running_new.world.runtime, running_new.world.clock.at
    way = new_connection_id()
    sealed = runtime.integrations.seal_held(way, new_held())
    info = StoreInfo(name="Corner Shop", currency="USD", timezone="UTC", scopes=())
    with runtime.database.transaction() as db:
        shop_id = connect.shop_of(db, domain=STORE, now=now)
        connections.begin(
            db, shop_id, connection_id=way, base_url=f"https://{STORE}", sealed=sealed,
            open_until=datetime.max.replace(tzinfo=UTC),
        )  # fmt: skip
        connect.done(db, shop_id, domain=STORE, info=info, sealed=b"sealed", views={}, now=now)
    app = Flask("admin")
    with listening(app) as (_server, url):
        made = Admin(running_new, url, shop_id)
        app.add_url_rule("/", view_func=made.page)
        yield made


def framed(page: Page) -> FrameLocator:
    """The app inside the admin."""
    return page.frame_locator("#app")


@pytest.mark.parametrize(("locale", "width"), [("en_US", 1280), ("zh_Hans_CN", 390)])
def test_the_module_opens_the_page_and_rules_are_changed_in_it(
    admin: Admin, window: Window, screen: Screen, locale: str, width: int
) -> None:
    """Signed in by the admin: look, edit, save, undo and reload inside the frame, in the admin's language."""
    admin.told = {"locale": locale}
    page = window.open(admin.url, width=width)
    app = framed(page)
    words = ("Rules", "Save", "Undo") if locale == "en_US" else ("规则", "保存", "撤销")
    expect(app.locator("html")).to_have_attribute("data-host", "magento")
    expect(app.locator("h1")).to_be_visible()
    expect(app.locator("main[aria-busy=true]")).to_have_count(0)
    screen(page, f"magento-overview-{width}-{locale}")
    app.get_by_role("link", name=words[0], exact=True).click()
    wait = app.locator('[name="limits.wait_days"]')
    wait.fill("60")
    expect(app.locator("#s-in-store")).to_be_hidden()
    screen(page, f"magento-rules-{width}-{locale}")
    app.locator("#savebar").get_by_role("button", name=words[1]).click()
    app.locator("#toast").get_by_role("button", name=words[2]).click()
    expect(wait).to_have_value("45")
    page.frames[1].evaluate("() => location.reload()")
    expect(wait).to_have_value("45")
    with admin.running.world.runtime.database.reading() as db:
        kept = programs.history(db, admin.shop_id)

    assert len(kept) == 3
    assert sideways(page) == 0
    assert "launch" not in page.frames[1].url
    assert page.context.cookies() == []


def test_an_admin_who_may_only_look_can_change_nothing(admin: Admin, window: Window) -> None:
    """What Magento's own permissions say is carried in by the launch."""
    admin.told = {"change": False}
    app = framed(window.open(admin.url))
    app.get_by_role("link", name="Rules", exact=True).click()
    expect(app.locator('[role="note"]')).to_have_text("You can look but not change. Ask the store owner.")


def test_another_sites_page_cannot_frame_it(admin: Admin, window: Window) -> None:
    """A launch that says the admin's origin, posted from elsewhere, shows nothing; the admin still opens."""
    window.expected = ("frame-ancestors", "refused to connect", "Framing")
    stranger = Flask("stranger")
    stranger.add_url_rule("/", view_func=admin.page)
    admin.told = {"origin": admin.url}
    with listening(stranger) as (_server, elsewhere):
        page = window.open(elsewhere)
        expect(page.locator("nav")).to_have_text("Admin")
        page.wait_for_function(
            "() => { try { return document.getElementById('app').contentDocument === null } catch { return true } }"
        )
        page.wait_for_load_state("networkidle")
        assert page.frames[1].locator("main").count() == 0
        page.context.close()
    expect(framed(window.open(admin.url)).locator("h1")).to_have_text("Overview")


def test_a_launch_that_came_before_says_so_in_the_frame(admin: Admin, window: Window) -> None:
    """Readable where the merchant looks, with what to do."""
    window.expected = ("403",)
    admin.told = {"jti": "once"}
    expect(framed(window.open(admin.url)).locator("h1")).to_have_text("Overview")
    again = framed(window.open(admin.url))
    expect(again.locator("h1")).to_have_text("This link does not open anything")
    expect(again.locator("main")).to_contain_text("Open Regulars from your store's admin once more.")
