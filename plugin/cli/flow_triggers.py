"""The triggers that Shopify Flow offers to merchants: two extensions of the app, one file each.

They are put as ``extensions/<handle>/shopify.extension.toml`` beside the app file and deployed with it.
"""

from __future__ import annotations

import json

from plugin.usecases import flow

#: handle → what a merchant reads where they choose it
TRIGGERS = {
    flow.ISSUED: ("Offer issued", "Starts when Regulars has issued an offer, or a reminder, to a customer."),
    flow.ENDING: ("Offer about to end", "Starts three days before an unused offer of Regulars ends."),
}
#: the texts that a start carries beside the customer
TEXTS = ("Kind", "Step", "Code", "Gives", "Ends at", "E-mail consent")


def toml() -> str:
    """Both files, one after the other, each under a line that names it."""
    return "\n".join(_one(handle, name, told) for handle, (name, told) in TRIGGERS.items())


def _one(handle: str, name: str, told: str) -> str:
    lines = [
        f"# extensions/{handle}/shopify.extension.toml",
        "[[extensions]]",
        f"name = {json.dumps(name)}",
        'type = "flow_trigger"',
        f"handle = {json.dumps(handle)}",
        f"description = {json.dumps(told)}",
        "",
        "[settings]",
        "",
        "[[settings.fields]]",
        'type = "customer_reference"',
    ]
    for text in TEXTS:
        lines += ["", "[[settings.fields]]", 'type = "single_line_text_field"', f"key = {json.dumps(text)}"]
    return "\n".join(lines) + "\n"
