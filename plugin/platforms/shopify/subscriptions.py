"""What a store tells a custom app: listed, compared with what is wanted, made, corrected, removed.

The list of a token shows this app's own subscriptions and nobody else's. A subscription to a compliance topic cannot be
made here, and those in an app file are not listed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugin.platforms import shape
from plugin.platforms.protocol import InDoubt, Rejected
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.subscription_documents import (
    CORRECT_SUBSCRIPTION,
    CREATE_SUBSCRIPTION,
    LIST_SUBSCRIPTIONS,
    REMOVE_SUBSCRIPTION,
)

MOST_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A topic as the manifest writes it, the whole address it is to be told to, and what of the body is asked for."""

    topic: str
    uri: str
    include_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription as the store has it; ``topic`` as GraphQL writes it."""

    ref: str
    topic: str
    uri: str
    include_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What is missing, what is there and wrong, and what is there once more than needed."""

    missing: tuple[Wanted, ...]
    wrong: tuple[tuple[Subscription, Wanted], ...]
    doubled: tuple[Subscription, ...]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.missing or self.wrong or self.doubled)


def topic_name(topic: str) -> str:
    """``orders/create`` as GraphQL writes it: ``ORDERS_CREATE``."""
    return re.sub(r"[/.]", "_", topic).upper()


def listed(client: AdminClient) -> list[Subscription]:
    """All subscriptions of this app in the store. Raises PlatformError."""
    found: list[Subscription] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        page = shape.mapping(client.run(LIST_SUBSCRIPTIONS, {"after": after}).whole("webhookSubscriptions"), "list")
        found += [_subscription(node) for node in shape.items(page.get("nodes"), "subscriptions")]
        info = shape.mapping(page.get("pageInfo"), "page")
        if info.get("hasNextPage") is not True:
            return found
        after = shape.text(info.get("endCursor"), "cursor")
    raise InDoubt("the list of subscriptions has no end")


def differences(found: Sequence[Subscription], wanted: Sequence[Wanted]) -> Differences:
    """What has to change so that each wanted topic is told once, rightly. Topics that nobody wants are left alone."""
    by_topic: defaultdict[str, list[Subscription]] = defaultdict(list)
    for one in found:
        by_topic[one.topic].append(one)
    missing, wrong, doubled = [], [], []
    for want in wanted:
        there = sorted(by_topic[topic_name(want.topic)], key=lambda one: (not _right(one, want), one.ref))
        if not there:
            missing.append(want)
        elif not _right(there[0], want):
            wrong.append((there[0], want))
        doubled += there[1:]
    return Differences(missing=tuple(missing), wrong=tuple(wrong), doubled=tuple(doubled))


def create(client: AdminClient, want: Wanted) -> None:
    """Subscribes. A second one to the same topic and address is Rejected by the store. Raises PlatformError."""
    variables = {"topic": topic_name(want.topic), "subscription": _input(want)}
    _done(client, CREATE_SUBSCRIPTION, variables, "webhookSubscriptionCreate")


def correct(client: AdminClient, one: Subscription, want: Wanted) -> None:
    """Puts address and fields right. Raises PlatformError."""
    _done(client, CORRECT_SUBSCRIPTION, {"id": one.ref, "subscription": _input(want)}, "webhookSubscriptionUpdate")


def remove(client: AdminClient, one: Subscription) -> None:
    """Ends a subscription. Raises PlatformError."""
    _done(client, REMOVE_SUBSCRIPTION, {"id": one.ref}, "webhookSubscriptionDelete")


def _done(client: AdminClient, document: str, variables: Mapping[str, object], field: str) -> None:
    payload = shape.mapping(client.run(document, variables).root(field), field)
    if errors := shape.items(payload.get("userErrors"), "user errors"):
        told = shape.mapping(errors[0], "user error").get("message")
        raise Rejected(f"the store does not take the subscription: {str(told)[:200]}", code="SUBSCRIPTION")


def _input(want: Wanted) -> dict[str, object]:
    # an empty list takes a narrower one back
    return {"uri": want.uri, "format": "JSON", "includeFields": list(want.include_fields)}


def _right(one: Subscription, want: Wanted) -> bool:
    return one.uri == want.uri and set(one.include_fields) == set(want.include_fields)


def _subscription(node: object) -> Subscription:
    told = shape.mapping(node, "subscription")
    return Subscription(
        ref=shape.text(told.get("id"), "id"),
        topic=shape.text(told.get("topic"), "topic"),
        uri=shape.text(told.get("uri"), "address"),
        include_fields=shape.texts(told.get("includeFields"), "fields"),
    )
