"""Reading a store's past: orders a second and memory, from a bulk file whose lines lie in any order.

A million orders of three lines each by default; ``python -m tests.benchmarks.bench_import 100000`` reads fewer. Each case
is a process of its own, so that its memory is its own; the file is served by another.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from plugin.config import Config
from plugin.platforms.shopify.past_orders import facts_of, root_of
from plugin.platforms.shopify.tokens import Credentials
from plugin.runtime import Runtime, build
from plugin.usecases import import_history, take_in
from plugin.worker.history_step import Histories
from storage import imports, migrations, orders, shops
from storage.shops import Shop
from tests.benchmarks import servers, tables
from tests.benchmarks.options import Options
from tests.house.sources import ROOT

ORDERS = 1_000_000
#: what loads the whole file writes so many of its orders: the rate is the same after that
NAIVE_ORDERS = 1_000
#: and it loads no larger file, for it takes four times the file's size
NAIVE_FILE = 100_000
SHOP = "corner-records.myshopify.com"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BEGIN = NOW - timedelta(days=1_460)
#: children lie so far from their order, in a circle: no divisor of the usual numbers of orders
FAR = 7_919
OURS, NAIVE = "Regulars: parted on disk, 250 orders a commit", "all of it loaded, an order a commit"
LIMIT_MB = 500


def run(_given: Options) -> None:
    """Prints orders a second of wall and processor time, and the peak of memory, of both cases."""
    compare(ORDERS)


def compare(count: int) -> None:
    """Writes the file, serves it, and runs both."""
    with servers.new_folder() as folder:
        ours = measured("ours", folder, count)
        naive = measured("naive", folder, min(count, NAIVE_FILE))
    rows = [_row(OURS, ours), _row(NAIVE, naive)]
    tables.show(
        f"\nOn SQLite; the first {NAIVE_ORDERS:,} orders are written of what is loaded as a whole, {NAIVE_FILE:,} at most"
    )
    headings = ["", "orders in the file", "MB", "orders/s", "orders/s of processor time", "peak memory, MB"]
    tables.show(tables.table(headings, rows))
    ratio = (ours["orders"] / ours["cpu"]) / (naive["orders"] / naive["cpu"])
    tables.show(f"ours ÷ the other, of processor time: {ratio:.2f}; of memory: {ours['peak'] / naive['peak']:.2f}")
    if ours["peak"] > LIMIT_MB or ours["kept"] != count:
        sys.exit(f"It took {ours['peak']:,.0f} MB of {LIMIT_MB}, and kept {ours['kept']:,} orders of {count:,}.")


def measured(case: str, folder: Path, count: int) -> dict[str, float]:
    """Writes a file, serves it and runs a case in a process of its own."""
    path, home = folder / f"{case}.jsonl", folder / case
    home.mkdir()
    lines = write(path, count)
    size = path.stat().st_size
    tables.say(f"a file of {count:,} orders, {lines:,} lines, {size / 1e6:,.0f} MB")
    with serving(path, lines=lines, count=count) as origin:
        words = [sys.executable, "-m", "tests.benchmarks.bench_import", case, origin, str(home), str(count)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    path.unlink()
    if done.returncode:
        sys.exit(done.stderr)
    told: dict[str, float] = json.loads(done.stdout) | {"size": size}
    return told


def write(path: Path, count: int) -> int:
    """The file; how many lines it has. A line of goods lies far from its order, before or after it."""
    lines = 0
    with path.open("w", encoding="utf-8") as file:
        for place in range(count):
            away = place * FAR % count if count % FAR else place
            for told in (order(place), goods(away, 0), goods((away + count // 2) % count, 1), *shipping(away)):
                file.write(json.dumps(told, separators=(",", ":")) + "\n")
                lines += 1
    return lines


def order(number: int) -> dict[str, Any]:
    """An order of the store, of one of its customers; every twentieth was refunded in part."""
    at = (BEGIN + timedelta(days=1_459) * (number % 100_000) / 100_000).strftime("%Y-%m-%dT%H:%M:%SZ")
    back = "5.00" if number % 20 == 0 else None
    refund = {"id": f"gid://shopify/Refund/{number + 1}", "createdAt": at, "processedAt": at}
    return {
        "id": f"gid://shopify/Order/{number + 1}",
        "customer": {"id": f"gid://shopify/Customer/{number % 300_000 + 1}", "updatedAt": at},
        "createdAt": at, "processedAt": at, "updatedAt": at, "cancelledAt": None, "test": False,
        "displayFinancialStatus": "PARTIALLY_REFUNDED" if back else "PAID", "currencyCode": "USD",
        "totalPriceSet": money("64.00"), "currentTotalPriceSet": money("59.00" if back else "64.00"),
        "discountCodes": ["SPRING"] if number % 7 == 0 else [], "subtotalLineItemsQuantity": 3,
        "refunds": [{**refund, "totalRefundedSet": money(back)}] if back else [],
        "transactions": [{"kind": "SALE", "status": "SUCCESS", "amountSet": money("64.00")}]
        + ([{"kind": "REFUND", "status": "SUCCESS", "amountSet": money(back)}] if back else []),
    }  # fmt: skip


def goods(number: int, place: int) -> dict[str, Any]:
    """A line of an order."""
    share = {
        "allocatedAmountSet": money("1.50"),
        "discountApplication": {"__typename": "DiscountCodeApplication", "code": "SPRING"},
    }
    return {
        "__typename": "LineItem", "id": f"gid://shopify/LineItem/{10 * (number + 1) + place}", "quantity": 1 + place,
        "currentQuantity": 1 + place, "isGiftCard": False, "product": {"id": f"gid://shopify/Product/{number % 5_000 + 1}"},
        "variant": {"id": f"gid://shopify/ProductVariant/{number % 9_000 + 1}"}, "originalUnitPriceSet": money("20.00"),
        "discountAllocations": [share] if number % 7 == 0 else [],
        "__parentId": f"gid://shopify/Order/{number + 1}",
    }  # fmt: skip


def shipping(number: int) -> list[dict[str, Any]]:
    """The shipping of every second order."""
    told = {"__typename": "ShippingLine", "id": f"gid://shopify/ShippingLine/{number + 1}", "discountAllocations": []}
    return [{**told, "__parentId": f"gid://shopify/Order/{number + 1}"}] if number % 2 else []


def money(amount: str) -> dict[str, Any]:
    """A sum in the store's currency."""
    return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}


class serving:  # noqa: N801 (a context like a function)
    """The store's API as far as an import needs it, and the file."""

    def __init__(self, path: Path, *, lines: int, count: int) -> None:
        told = {
            "id": "gid://shopify/BulkOperation/1", "status": "COMPLETED", "errorCode": None, "query": "",
            "createdAt": "2026-11-22T12:00:00Z", "objectCount": str(lines), "rootObjectCount": str(count),
            "fileSize": str(path.stat().st_size), "partialDataUrl": None,
        }  # fmt: skip

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                operation = {**told, "url": f"http://{self.headers['Host']}/file"}
                run_query = {"bulkOperation": operation, "userErrors": []}
                data = {"bulkOperation": operation, "bulkOperationRunQuery": run_query, "bulkOperations": {"nodes": []}}
                body = json.dumps({"data": data}).encode()
                self._answer(len(body))
                self.wfile.write(body)

            def do_GET(self) -> None:
                self._answer(path.stat().st_size)
                with path.open("rb") as file:
                    while piece := file.read(1 << 20):
                        self.wfile.write(piece)

            def _answer(self, length: int) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(length))
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def opened(origin: str, folder: Path) -> tuple[Runtime, Shop]:
    """A program with a shop whose past nobody has read."""
    runtime = build(
        Config(
            database_url=f"sqlite:///{folder / 'shop.db'}", secret_keys=("0" * 64,), shopify_client_id="benchmark",
            shopify_origin=origin, allow_private_hosts=True,
        )
    )  # fmt: skip
    migrations.migrate(runtime.database)
    with runtime.database.transaction() as db:
        shop = shops.install(
            db, platform="shopify", domain=SHOP, scopes="read_orders read_all_orders", now=NOW, nightly_due_at=NOW,
            credentials=runtime.seal(SHOP, Credentials(access_token="benchmark")),
        )  # fmt: skip
        import_history.ask(db, shop, now=runtime.now())
    return runtime, shop


def ours(runtime: Runtime, shop: Shop, _origin: str) -> int:
    """The worker's step, until the end."""
    histories = Histories(runtime, shop_id=shop.shop_id)
    while histories.run():
        pass
    histories.close()
    with runtime.database.reading() as db:
        found = imports.get(db, shop.shop_id)
    if found is None or found.state != "done":
        sys.exit(f"The import has not ended: {found}.")
    return found.orders_read


def naive(runtime: Runtime, shop: Shop, origin: str) -> int:
    """The file in memory, put together in a dictionary, an order written at a time."""
    by_order: dict[int, list[bytes]] = {}
    for line in requests.get(f"{origin}/file", timeout=600).content.split(b"\n"):
        if line:
            json.loads(line)
            by_order.setdefault(root_of(line) or 0, []).append(line)
    written = sorted(by_order)[:NAIVE_ORDERS]
    for number in written:
        for past in facts_of(by_order[number], currency=shop.currency):
            with runtime.database.transaction() as db:
                told = [past.facts] if past.facts else []
                take_in.history(db, shop.shop_id, told, now=NOW, vault=runtime.vault)
    return len(written)


def child(case: str, origin: str, folder: str, count: str) -> None:
    """Runs one case and tells its figures."""
    runtime, shop = opened(origin, Path(folder))
    began, spent = time.monotonic(), time.process_time()
    done = {"ours": ours, "naive": naive}[case](runtime, shop, origin)
    seconds, cpu = time.monotonic() - began, time.process_time() - spent
    with runtime.database.reading() as db:
        kept = orders.count(db, shop.shop_id)
    runtime.database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    told = {"orders": done, "seconds": seconds, "cpu": cpu, "peak": peak, "kept": kept, "asked": int(count)}
    sys.stdout.write(json.dumps(told))


def _row(name: str, told: dict[str, float]) -> list[str]:
    per = [told["orders"] / told["seconds"], told["orders"] / told["cpu"]]
    return [name, *(f"{one:,.0f}" for one in (told["asked"], told["size"] / 1e6, *per, told["peak"]))]


def _words() -> Iterator[str]:
    yield from sys.argv[1:]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        child(*_words())
    else:
        compare(int(next(_words(), str(ORDERS))))
