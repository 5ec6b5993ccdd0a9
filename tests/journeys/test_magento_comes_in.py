"""How a Magento store and its admin come in: the handshake, and the signed launch of a module in the admin."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import requests

from plugin import connecting
from plugin.integrations import LAUNCHES
from plugin.sandbox.magento import integrations
from storage import connections, shops
from tests.journeys.magento import Magento, opened

SHARED = Path(__file__).resolve().parents[2] / "../shared/captures/magento/oauth_handshake_sync.json"
SECONDS = 20


@pytest.fixture
def magento(tmp_path) -> Iterator[Magento]:
    """A store that is not connected yet."""
    with opened(tmp_path) as made:
        yield made


def activated(magento: Magento, awaited: connecting.Awaited) -> dict[str, str]:
    """What Magento posts when the merchant has added the integration and presses Activate."""
    made = magento.store.add_integration("Regulars", callback=awaited.callback, identity=awaited.identity)
    return magento.store.activate(made.consumer_key).hello(magento.store.base_url)


def hello(awaited: connecting.Awaited, told: dict[str, str], **other: str) -> int:
    """Posts it, or something else in its place."""
    return requests.post(awaited.callback, data=told | other, timeout=SECONDS).status_code


def confirm(awaited: connecting.Awaited, key: str, back: str = "") -> requests.Response:
    """What the merchant's browser posts from the identity page."""
    told = {"oauth_consumer_key": key, "success_call_back": back}
    return requests.post(awaited.identity, data=told, timeout=SECONDS)


def test_a_store_says_hello_and_its_admin_confirms(magento: Magento):
    """Callback, identity page, button: the store is connected, its pages open once, and nothing is awaited any more."""
    awaited = connecting.awaiting(magento.runtime, magento.running.url)
    assert magento.shop().state == "uninstalled"
    told = activated(magento, awaited)
    key = told["oauth_consumer_key"]
    assert hello(awaited, told) == 200
    back = f"{magento.running.url}/admin/done"
    asked = requests.get(
        awaited.identity, params={"oauth_consumer_key": key, "success_call_back": back}, timeout=SECONDS
    )
    assert (asked.status_code, magento.shop().state) == (200, "uninstalled")
    assert magento.running.url in asked.text
    done = confirm(awaited, key, back=back)
    assert done.status_code == 200
    assert back in done.text
    assert magento.shop().state == "active"
    opens = done.text.split('href="')[1:]
    link = next(one.split('"')[0] for one in opens if "/app/overview?t=" in one)
    assert "data-session" in requests.get(link, timeout=SECONDS).text
    assert "data-session" not in requests.get(link, timeout=SECONDS).text
    assert hello(awaited, told) == 404
    assert confirm(awaited, key).status_code == 200
    magento.clock.set(magento.clock.now() + timedelta(minutes=6))
    assert confirm(awaited, key).status_code == 404


def test_the_token_of_a_handshake_opens_the_store(magento: Magento):
    """What the store gave in exchange reads its orders; activated once more in its admin, by the page there, it still does."""
    awaited = connecting.awaiting(magento.runtime, magento.running.url)
    root = f"{magento.running.url}/admin/integrations"
    told = {"name": "Regulars", "callback": awaited.callback, "identity": awaited.identity}
    assert "inactive" in requests.post(root, data=told, timeout=SECONDS).text
    with magento.store.transaction() as connection:
        (made,) = integrations.every(connection)
    for _ in range(2):
        asked = requests.post(f"{root}/{made.consumer_key}/activate", timeout=SECONDS)
        assert f"Connect {magento.running.url} to Regulars?" in html.unescape(asked.text)
        assert confirm(awaited, made.consumer_key).status_code == 200
        placed = magento.store.checkout(customer_id=None, total="40.00")
        magento.passes(minutes=6)
        assert magento.order(placed.order_id) is not None
        assert "(active)" in requests.get(root, timeout=SECONDS).text
        awaited = connecting.awaiting(magento.runtime, magento.running.url)


def test_a_store_that_was_not_declared_is_not_heard(magento: Magento):
    """An unsigned callback that names another store is refused: nothing is kept, nobody is called, nobody comes in."""
    awaited = connecting.awaiting(magento.runtime, magento.running.url)
    told = activated(magento, awaited)
    for foreign in ("https://evil.example/", "http://127.0.0.1:1/", "http://169.254.169.254/", "x"):
        assert hello(awaited, told, store_base_url=foreign) == 404
        assert confirm(awaited, told["oauth_consumer_key"]).status_code == 404
    assert magento.shop().state == "uninstalled"


def test_a_callback_is_heard_while_it_is_awaited_only(magento: Magento):
    """A guessed address, a day later, or something that is no callback: refused, and nothing changes."""
    awaited = connecting.awaiting(magento.runtime, magento.running.url)
    told = activated(magento, awaited)
    key = told["oauth_consumer_key"]
    guessed = connecting.Awaited(
        callback=awaited.callback.replace(awaited.callback.split("/")[-2], "0" * 32), identity="", until=awaited.until
    )
    assert hello(guessed, told) == 404
    assert hello(awaited, told, oauth_verifier="<script>") == 400
    assert requests.get(awaited.callback, timeout=SECONDS).status_code == 405
    assert hello(awaited, told) == 200
    assert confirm(awaited, "0" * 32).status_code == 404
    magento.clock.set(magento.clock.now() + timedelta(seconds=301))
    assert confirm(awaited, key).status_code == 404
    magento.clock.set(magento.clock.now() + timedelta(days=1))
    assert hello(awaited, told) == 404


def test_a_store_that_does_not_confirm_connects_nobody(magento: Magento):
    """Values that the declared store does not know are worth nothing: a sentence, and no connection."""
    awaited = connecting.awaiting(magento.runtime, magento.running.url)
    told = activated(magento, awaited)
    for other in ({"oauth_consumer_key": "0" * 32}, {"oauth_consumer_secret": "0" * 32}, {"oauth_verifier": "0" * 32}):
        assert hello(awaited, told, **other) == 200
        answer = confirm(awaited, (told | other)["oauth_consumer_key"])
        assert answer.status_code == 502
        assert "Activate the integration" in answer.text
    assert magento.shop().state == "uninstalled"


@pytest.mark.skipif(not SHARED.is_file(), reason="the captures of a real Magento are not beside the repository")
def test_what_a_real_magento_posted_is_heard(magento: Magento):
    """The very body that a Magento 2.4.6 posted is understood, for the address that it names."""
    posted = json.loads(SHARED.read_text(encoding="utf-8"))["callback_post"]
    declared = parse_qs(posted["body"])["store_base_url"][0].rstrip("/")
    awaited = connecting.awaiting(magento.runtime, declared)
    heads = {name: posted["headers"][name] for name in ("Content-Type", "User-Agent", "Accept")}
    assert requests.post(awaited.callback, data=posted["body"], headers=heads, timeout=SECONDS).status_code == 200


def launch(magento: Magento, **other: object) -> tuple[str, str]:
    """The address of a launch, and what a module in the admin posts there."""
    shop = magento.shop()
    with magento.runtime.database.reading() as db:
        way = connections.get(db, shop.shop_id)
    assert way is not None
    now = int(magento.clock.now().timestamp())
    told = {
        "connection": way.connection_id, "user": "1", "change": True, "origin": "https://admin.example",
        "locale": "en_US", "iat": now, "exp": now + 60, "jti": "one", **other,
    }  # fmt: skip
    body = urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    secret = magento.runtime.integrations.open(way).derived(LAUNCHES)
    signed = hmac.digest(secret.encode(), body.encode(), hashlib.sha256).hex()
    return f"{magento.app_url}/auth/magento/{way.connection_id}/launch", f"{body}.{signed}"


def post(address: str, posted: str) -> requests.Response:
    return requests.post(address, data={"launch": posted}, timeout=SECONDS, allow_redirects=False)


def test_the_admins_module_opens_the_page_in_its_frame_once(magento: Magento):
    """A signed launch leads to the page, which only the store and its proved admin may frame; replayed it opens nothing."""
    magento.connect()
    address, posted = launch(magento)
    answer = post(address, posted)
    assert answer.status_code == 303
    page = requests.get(answer.headers["Location"], timeout=SECONDS)
    assert 'data-host="magento"' in page.text
    assert "data-session" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors {magento.running.url} https://admin.example" in policy
    assert "X-Frame-Options" not in page.headers
    assert post(address, posted).status_code == 403


ODD: list[dict[str, object]] = [
    {"exp": 10**10}, {"connection": "another"}, {"change": 1}, {"user": "<b>"}, {"more": 1}, {"jti": None},
    {"origin": "https://a.example/path"}, {"origin": "javascript:alert(1)"}, {"locale": "../etc"},
]  # fmt: skip


def test_a_launch_that_says_anything_else_opens_nothing(magento: Magento):
    """A launch that lives longer, is for another connection, or holds what is not awaited, is refused though signed."""
    magento.connect()
    for other in ODD:
        assert post(*launch(magento, **other)).status_code == 403


def test_a_forged_or_late_launch_opens_nothing_and_a_wrong_clock_is_named(magento: Magento):
    """Without the secret nobody comes in; where the clocks differ the page says that they do."""
    magento.connect()
    address, posted = launch(magento)
    for forged in ("", ".", "a.b", posted.replace(".", ""), "ü." + posted.partition(".")[2], "x" * 5000):
        assert post(address, forged).status_code == 403
    now = int(magento.clock.now().timestamp())
    late = post(*launch(magento, iat=now - 600, exp=now - 540, jti="late"))
    assert late.status_code == 403
    assert "clocks" in late.text
    with magento.runtime.database.transaction() as db:
        shops.uninstall(db, magento.shop().shop_id, magento.clock.now())
    assert post(*launch(magento, jti="two")).status_code == 404


def test_who_may_only_look_may_only_look(magento: Magento):
    """A launch of an admin who may not change anything opens pages that change nothing."""
    magento.connect()
    answer = post(*launch(magento, change=False))
    page = requests.get(answer.headers["Location"], timeout=SECONDS)
    session = page.text.split('data-session="')[1].split('"')[0]
    head = {"Authorization": f"Bearer {session}"}
    body = {"program": {}, "base_version": 1}
    assert (
        requests.put(f"{magento.app_url}/api/v1/program", json=body, headers=head, timeout=SECONDS).status_code == 403
    )
