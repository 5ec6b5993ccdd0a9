"""Customers with an account, and the groups that they are in."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from plugin.sandbox.magento.order_bodies import STREET, Buyer
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.magento.searching import Source
from plugin.sandbox.magento.values import Body, stamp

CUSTOMERS = Source(
    table="customers",
    key="entity_id",
    columns={"entity_id": "entity_id", "id": "entity_id", "email": "email", "website_id": "website_id",
             "group_id": "group_id", "created_at": "created_at", "updated_at": "updated_at"},
)  # fmt: skip
GROUPS = Source(
    table="customer_groups",
    key="customer_group_id",
    columns={"id": "customer_group_id", "customer_group_id": "customer_group_id", "code": "code"},
)
FIRST_GROUPS = ("NOT LOGGED IN", "General", "Wholesale", "Retailer")
GENERAL = 1
TAX_CLASS = {"tax_class_id": 3, "tax_class_name": "Retail Customer"}
#: what a customer's body may be written with
FIELDS = frozenset({
    "id", "group_id", "default_billing", "default_shipping", "confirmation", "created_at", "updated_at", "created_in",
    "dob", "email", "firstname", "lastname", "middlename", "prefix", "suffix", "gender", "store_id", "taxvat",
    "website_id", "addresses", "disable_auto_group_change", "extension_attributes", "custom_attributes",
})  # fmt: skip


def add(connection: sqlite3.Connection, customer_id: int, name: str, *, email: str | None, at: datetime) -> Body:
    """A customer makes an account. Raises Refused when the address is taken."""
    first, _, last = name.partition(" ")
    address = {"id": customer_id, "customer_id": customer_id, "firstname": first, "lastname": last or first,
               "region": {"region_code": "TX", "region": "Texas", "region_id": 57}, "default_shipping": True,
               "default_billing": True} | {k: STREET[k] for k in ("region_id", "country_id", "street", "telephone",
                                                                  "postcode", "city")}  # fmt: skip
    body: Body = {
        "id": customer_id, "group_id": GENERAL, "default_billing": str(customer_id),
        "default_shipping": str(customer_id), "created_at": stamp(at), "updated_at": stamp(at),
        "created_in": "Default Store View", "email": email or f"customer.{customer_id}@example.com",
        "firstname": first, "lastname": last or first, "store_id": 1, "website_id": 1, "addresses": [address],
        "disable_auto_group_change": 0, "extension_attributes": {"is_subscribed": False},
    }  # fmt: skip
    try:
        connection.execute(
            "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (customer_id, body["email"], 1, GENERAL, body["created_at"], body["updated_at"], json.dumps(body)),
        )
    except sqlite3.IntegrityError as error:
        told = "A customer with the same email address already exists in an associated website."
        raise Refused(400, told) from error
    return body


def get(connection: sqlite3.Connection, customer_id: int) -> Body:
    """The customer as the API shows them. Raises Refused."""
    row = connection.execute("SELECT body FROM customers WHERE entity_id = ?", (customer_id,)).fetchone()
    if row is None:
        parameters = {"fieldName": "customerId", "fieldValue": customer_id}
        raise Refused(404, "No such entity with %fieldName = %fieldValue", parameters)
    body: Body = json.loads(row["body"])
    return body


def change(connection: sqlite3.Connection, customer_id: int, given: Body, now: datetime) -> Body:
    """What is given is changed, the rest kept; an empty list of addresses removes them all. Raises Refused."""
    body = get(connection, customer_id) | {name: given[name] for name in given if name != "id"}
    body["updated_at"] = stamp(now)
    if not body["addresses"]:
        body = {name: value for name, value in body.items() if not name.startswith("default_")}
    connection.execute(
        "UPDATE customers SET email = ?, group_id = ?, updated_at = ?, body = ? WHERE entity_id = ?",
        (body["email"], body["group_id"], body["updated_at"], json.dumps(body), customer_id),
    )
    return body


def delete(connection: sqlite3.Connection, customer_id: int) -> None:
    """Deletes the account: its orders lose their customer and nothing else, and do not count as changed."""
    get(connection, customer_id)
    connection.execute("DELETE FROM customers WHERE entity_id = ?", (customer_id,))
    for row in connection.execute(
        "SELECT entity_id, body FROM orders WHERE customer_id = ?", (customer_id,)
    ).fetchall():
        body = json.loads(row["body"])
        del body["customer_id"]
        connection.execute(
            "UPDATE orders SET customer_id = NULL, body = ? WHERE entity_id = ?", (json.dumps(body), row["entity_id"])
        )


def buyer(connection: sqlite3.Connection, customer_id: int) -> Buyer:
    """A customer who buys. Raises Refused."""
    body = get(connection, customer_id)
    return Buyer(
        customer_id=customer_id,
        email=body["email"],
        first_name=body["firstname"],
        last_name=body["lastname"],
        group_id=body["group_id"],
    )


def guest(email: str) -> Buyer:
    """Somebody who buys without an account."""
    return Buyer(customer_id=None, email=email, first_name="Ada", last_name="Byron")


def add_group(connection: sqlite3.Connection, code: str) -> Body:
    """A group of customers; its code is cut silently. Raises Refused when there is one of this code."""
    try:
        row = connection.execute(
            "INSERT INTO customer_groups VALUES ((SELECT max(customer_group_id) + 1 FROM customer_groups), ?, 3)"
            " RETURNING *",
            (code[:32],),
        ).fetchone()
    except sqlite3.IntegrityError as error:
        raise Refused(400, "Customer Group already exists.") from error
    return group_body(row)


def group_body(row: Any) -> Body:
    """A group as the API shows it."""
    return {"id": row["customer_group_id"], "code": row["code"]} | TAX_CLASS
