"""What things are called on the pages: groups, states, kinds and steps of offers, degrees of lateness, authors."""

from __future__ import annotations

from plugin.pages.say import _, later

GROUPS = {
    "champions": (later("Champions"), later("Bought very recently, very often, for the most.")),
    "loyal": (later("Loyal"), later("Buy recently, often, for much.")),
    "active": (later("Active"), later("Bought recently, at a medium pace and value.")),
    "new": (later("New"), later("Made their first order very recently.")),
    "promising": (later("Promising"), later("Bought recently, not often yet.")),
    "needs_attention": (later("Needs attention"), later("Bought a while ago, at a medium pace and value.")),
    "at_risk": (later("At risk"), later("Have not bought for long, were good customers.")),
    "almost_lost": (later("Almost lost"), later("Have not bought for a while, bought little before.")),
    "previously_loyal": (later("Previously loyal"), later("Have not bought for long, were among your best.")),
    "dormant": (later("Dormant"), later("Have not bought for very long, bought little before.")),
    "prospects": (later("Prospects"), later("Have not ordered yet.")),
}
LATENESS = {
    "on_time": (later("On time"), later("Within their usual rhythm.")),
    "late": (later("Late"), later("Longer silent than they usually are.")),
    "lapsing": (later("Slipping away"), later("Silent for so long that they seldom return by themselves.")),
    "lost": (later("Lost"), later("Silent for so long that hardly anyone returns.")),
}
OFFER_STATES = {
    "held_out": later("In control group"),
    "planned": later("Planned"),
    "sending": later("Being sent"),
    "issued": later("Open"),
    "redeemed": later("Redeemed"),
    "expired": later("Expired"),
    "revoked": later("Withdrawn"),
    "cancelled": later("Cancelled"),
    "rejected": later("Rejected by store"),
}
CONSENTS = {
    "subscribed": later("Subscribed"),
    "not_subscribed": later("Not subscribed"),
    "unsubscribed": later("Unsubscribed"),
    "pending": later("Not confirmed yet"),
    "invalid": later("The address is invalid"),
    "redacted": later("Erased"),
}
TONES = {"issued": "accent", "redeemed": "good", "rejected": "critical", "held_out": ""}
KINDS = {
    "loyalty": later("Loyalty"),
    "win_back": later("Win-back"),
    "occasion": later("Occasion"),
    "surprise": later("Surprise"),
}
STEPS = {"reminder": later("Reminder"), "offer": later("Offer"), "last_offer": later("Last offer")}
NOTES = {
    "undo": later("Undone"),
    "the first proposal": later("The first proposal"),
    "from the shop's own orders": later("Proposed from your own orders"),
}
REGULARS = "Regulars"
STANDALONE = "standalone"
SHOPIFY_STAFF = "shopify:"


def group(key: str) -> str:
    """The name of a group of customers."""
    return str(GROUPS[key][0]) if key in GROUPS else key


def state(key: str) -> str:
    """What the state of an offer is called."""
    return str(OFFER_STATES.get(key, key))


def kind(key: str) -> str:
    """What a kind of offer is called."""
    return str(KINDS.get(key, key))


def step(kind_key: str, key: str) -> str:
    """What a step is called; loyalty's are the merchant's own tier names, kept as they were written."""
    if kind_key == "surprise":
        return _("Gift %(number)s", number=key.rpartition("_")[2])
    if kind_key == "occasion":
        return occasion(key)
    return str(STEPS.get(key, key)) if kind_key == "win_back" else key


def occasion(key: str) -> str:
    """What an occasion is called: order 5, year 2, a group."""
    what, _point, which = key.partition("_")
    if what == "group":
        return _("Group: %(group)s", group=group(which))
    if what == "order":
        return _("Order %(number)s", number=which)
    return (
        _("Year %(number)s since the first order", number=which) if which != "0" else _("A year since the first order")
    )


def author(name: str) -> str:
    """Who saved something, as far as is known: no names are kept, only the store's number of the person."""
    if name == REGULARS:
        return _("Proposed by Regulars")
    if name == STANDALONE:
        return _("Someone with a launch link")
    if name.startswith(SHOPIFY_STAFF):
        return _("Staff member %(number)s", number=name.removeprefix(SHOPIFY_STAFF))
    return name


def note(text: str) -> str:
    """A note beside a version; those that Regulars writes itself in the reader's language."""
    return str(NOTES.get(text, text))
