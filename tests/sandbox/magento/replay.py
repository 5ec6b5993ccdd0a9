"""The captured requests, put to a sandbox store that has lived through about the same, and what it answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from flask.testing import FlaskClient

from plugin.sandbox.magento import coupons, merchant, oauth, orders, routes
from plugin.sandbox.magento.server import application
from plugin.sandbox.magento.store import MagentoStore
from plugin.sandbox.order_bodies import Line
from tests.platforms.magento import captures

START = datetime(2026, 11, 22, 2, 39, 14, tzinfo=UTC)
TEA, POT = Line(title="Item TEA-1", price=Decimal(20), product_id=1), Decimal("35.5")
EVERYTHING = frozenset(route.resource for route in routes.ROUTES)


@dataclass
class Replay:
    """A store, its clock, and the answers so far: name of the capture → (status, value)."""

    store: MagentoStore
    client: FlaskClient
    clock: list[datetime]
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    nonces: int = 0

    def ask(self, *names: str, signed: bool = True, instead: dict[str, str] | None = None, **oauth_parts: str) -> None:
        """Puts captured requests to the store; ``instead`` changes parts of their paths."""
        for name in names:
            request = captures.one(name)["request"]
            path = request["path"]
            for old, new in (instead or {}).items():
                path = path.replace(old, new)
            self.clock[0] += timedelta(seconds=2)
            headers = {"Authorization": self.signed(request["method"], path, **oauth_parts)} if signed else {}
            self.answers[name] = self._send(request["method"], path, request["body"], headers)

    def goods_back(self, name: str, number: int) -> None:
        """A captured request for goods, put to an order of ours: its lines have other numbers."""
        self.clock[0] += timedelta(seconds=2)
        with self.store.transaction() as connection:
            line = orders.get(connection, number)["items"][0]["item_id"]
        body = json.loads(json.dumps(captures.one(name)["request"]["body"]))
        for item in body["items"]:
            item["order_item_id"] = line
        path = f"/rest/V1/order/{number}/refund"
        self.answers[name] = self._send("POST", path, body, {"Authorization": self.signed("POST", path)})

    def bearer(self, name: str, token: str) -> None:
        """The same with a bearer token."""
        request = captures.one(name)["request"]
        self.answers[name] = self._send(
            request["method"], request["path"], None, {"Authorization": f"Bearer {token}"}
        )  # fmt: skip

    def signed(self, method: str, path: str, **other: str) -> str:
        """An Authorization header of the integration's; ``other`` replaces parts of it."""
        self.nonces += 1
        keys, (where, _, query) = self.store.keys, path.partition("?")
        told = {
            "oauth_consumer_key": keys.consumer_key, "oauth_token": keys.access_token,
            "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": str(int(self.clock[0].timestamp())),
            "oauth_nonce": f"n{self.nonces}", "oauth_version": "1.0",
        } | {name: value for name, value in other.items() if name != "oauth_signature"}  # fmt: skip
        pairs = [*told.items(), *parse_qsl(query, keep_blank_values=True)]
        made = oauth.sign(method, f"http://localhost{where}", pairs, keys.consumer_secret, keys.access_token_secret)
        told["oauth_signature"] = other.get("oauth_signature", made)
        return "OAuth " + ", ".join(f'{name}="{quote(value, safe="~")}"' for name, value in told.items())

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        where, _, query = path.partition("?")
        asked = "&".join(f"{quote(k)}={quote(v)}" for k, v in parse_qsl(query, keep_blank_values=True))
        raw = body if isinstance(body, str) else None if body is None else json.dumps(body)
        answer = self.client.open(where, method=method, query_string=asked, data=raw, headers=headers)
        return answer.status_code, json.loads(answer.data)


def everything(folder: Path) -> Replay:
    """A store that has lived through what the captured one had, with every answer on the way."""
    clock = [START]
    store = MagentoStore(folder / "replayed.db", now=lambda: clock[0], timezone="UTC", resources=EVERYTHING)
    replay = Replay(store=store, client=application(store).test_client(), clock=clock)
    for act in (_nothing_yet, _rules, _coupons, _orders, _questions, _customers, _ways_in, _bulk):
        act(replay)
    store.close()
    return replay


def _nothing_yet(replay: Replay) -> None:
    replay.ask("orders_empty", "auth_limited_orders", "oauth_old_timestamp")
    replay.store.add_customer(1, "Ada Byron", email="ada@example.com")
    replay.ask("customer_create", "customer_get", "customers_search_email", "get_customerGroups_search")


def _rules(replay: Replay) -> None:
    replay.ask(
        "rule_create_minimal", "rule_create_autogen_percent", "rule_get", "rule_search", "rule_create_specific_cart_fixed",
        "rule_bad_simple_action_to_percent", "rule_bad_simple_action_to_fixed", "rule_bad_simple_action_percent",
        "rule_bad_simple_action_BY_PERCENT",
    )  # fmt: skip
    with replay.store.transaction() as connection:
        connection.execute("INSERT INTO rules (name, is_active, body) VALUES ('other', 0, '{}')")
    replay.ask(
        "rule_bad_coupon_type", "rule_create_AUTO", "rule_no_website_ids", "rule_no_groups", "rule_no_amount",
        "rule_create_strict_valid", "rule_bad_date_order", "rule_delete", "rule_delete_again",
    )  # fmt: skip


def _coupons(replay: Replay) -> None:
    replay.ask(
        "coupon_create_own_code_type1", "coupon_search_by_code", "coupon_create_duplicate",
        "coupon_create_no_type_on_autogen", "coupon_create_type0_on_autogen", "coupon_create_on_no_coupon_rule",
        "coupon_create_primary", "coupon_create_second_on_specific", "coupons_after_rule_put_specific",
        "coupon_create_strict_valid", "coupon_generate", "coupon_generate_no_format", "coupon_generate_bad_format",
        "coupon_generate_no_length", "coupon_generate_no_rule", "coupon_generate_on_non_auto_rule",
        "coupon_generate_length_too_short", "coupon_deleteByIds_missing", "coupon_deleteByIds_strict",
        "coupon_delete_missing", "coupon_search_page_beyond_end",
    )  # fmt: skip


def _orders(replay: Replay) -> None:
    store, two_teas = replay.store, [Line(title="Item TEA-1", price=Decimal(20), quantity=2, product_id=1)]
    both = [TEA, Line(title="Item TEA-2", price=POT, quantity=2, product_id=2)]
    store.checkout(customer_id=None, total="40", lines=two_teas, shipping="10", paid=False)
    replay.ask("order_guest_pending", "order_cancel", "order_guest_canceled")
    store.checkout(customer_id=1, total="91", lines=both, shipping="15", code="WB-ADA-1", paid=False)
    replay.ask("order_cust_pending", "order_invoice", "order_cust_processing", "order_ship", "order_cust_complete")
    replay.goods_back("order_refund_partial", 2)
    replay.ask("order_cust_partially_refunded", "order_refund_again", "order_refund_rest", "creditmemos_search")
    store.checkout(customer_id=1, total="40", lines=two_teas, shipping="10", code="WB-ADA-1")
    store.checkout(customer_id=None, total="40", lines=two_teas, shipping="10")
    replay.goods_back("order_refund_eu", 4)
    replay.goods_back("order_refund_full", 3)
    replay.ask("order_cust_closed", "creditmemos_poll_updated_at")
    for turn in range(17):
        # somebody with an account buys without signing in
        who = None if turn == 2 else 1
        store.checkout(customer_id=who, email="ada@example.com", total="40", lines=two_teas, shipping="10")
    shirts = [Line(title="Shirt", price=Decimal(30), quantity=2, product_id=3)]
    store.checkout(customer_id=None, total="60", lines=shirts, shipping="10", paid=False, configurable=True)
    replay.ask("order_configurable_pending", "order_configurable_items", "order_refund_adjust_bad")


def _customers(replay: Replay) -> None:
    replay.ask(
        "customer_group_create", "customer_group_duplicate", "customer_group_code_too_long", "customer_put_group_only",
        "customer_put_group_min", "customer_put_no_website", "customer_put_empty_addresses", "customer_delete",
    )  # fmt: skip


def _questions(replay: Replay) -> None:
    replay.ask(
        *(name for name in captures.names() if name.startswith(("err_", "get_"))), "orders_bad_sort_dir",
        "orders_by_email_case", "orders_default_sort_dir", "orders_in_nested_fields", "orders_iso8601_filter",
        "orders_page_beyond_end", "orders_poll_updated_at_page1", "creditmemos_page_beyond_end",
        "customers_page_beyond_end", "rule_put_deactivate", "rule_put_activate", "rule_put_partial",
        "rule_put_to_date_datetime",
    )  # fmt: skip
    replay.ask("orders_by_increment", instead={"2000000001": "000000004"})
    names = [name for name in captures.names() if name.startswith("asyncevents_subscribe")]
    replay.ask(*names, "asyncevents_list")


def _ways_in(replay: Replay) -> None:
    ask: Callable[..., None] = replay.ask
    ask("auth_anonymous_401", signed=False)
    replay.bearer("auth_bad_bearer_401", "nonsense")
    replay.bearer("auth_integration_bearer_default_401", replay.store.keys.access_token)
    replay.store.bearer_allowed = True
    replay.bearer("auth_integration_bearer_enabled", replay.store.keys.access_token)
    replay.store.resources = frozenset({routes.SALES})
    ask("auth_limited_forbidden", "auth_limited_storeConfigs")
    replay.store.resources = EVERYTHING
    ask("oauth_bad_signature", oauth_signature="nonsense")
    ask("oauth_hmac_sha1", oauth_signature_method="HMAC-SHA1")
    ask("oauth_unknown_consumer", oauth_consumer_key="nobody")
    ask("oauth_unknown_token", oauth_token="nothing")
    ask("oauth_nonce_reuse", oauth_nonce="n1")
    for name, state in (
        ("admin_token_2fa", merchant.TO_SET_UP), ("admin_token_2fa_google", merchant.GOOGLE),
        ("admin_token_2fa_not_configured", merchant.NOT_SET_UP), ("admin_token_bad_password", merchant.GOOGLE),
    ):  # fmt: skip
        replay.store.second_factor = state
        ask(name, signed=False)
    ask("tfa_google_bad_otp", signed=False)


def _bulk(replay: Replay) -> None:
    replay.ask("async_coupon_accept", "bulk_coupons_accept")
    number = replay.answers["bulk_coupons_accept"][1]["bulk_uuid"]
    known = {"9feb0b89-ead8-4e7b-87d7-d8bcc593b4c2": number}
    replay.ask("bulk_status_open", instead=known)
    replay.store.work_queue()
    replay.ask("bulk_status_done", "bulk_detailed_status", instead=known)
    with replay.store.transaction() as connection:
        assert coupons.by_code(connection, "BULK-1") is not None
    replay.ask("coupon_deleteByCodes")
