"""Switches codes off in the store whose reason is gone: the customer was erased, the offer is unwanted."""

from __future__ import annotations

from plugin.platforms.protocol import Platform


def code(platform: Platform, name: str) -> bool:
    """Makes sure that a code is not live. Raises PlatformError where the store could not be asked; ask again then.

    A code that the store does not know yet may still land from a request in flight, so not found is not an end:
    the answer is False, and the caller looks again later.
    """
    found = platform.find_discount(name)
    if found is None:
        return False
    if found.live:
        platform.deactivate_discount(found.ref)
    return True
