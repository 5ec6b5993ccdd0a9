"""What the pages are served with, put together once by ``plugin.app``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from plugin.buckets import Buckets
from plugin.pages.assets import Assets
from plugin.pages.launch import UsedLinks
from plugin.pages.previews import Previews
from plugin.runtime import Runtime

OnFirstOpen = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The runtime, our own files, the links that were used, and what installs a store that opens us first."""

    runtime: Runtime
    assets: Assets
    #: called with the store's domain and the session token that proves it
    on_first_open: OnFirstOpen
    #: how often each shop's people may ask
    asks: Buckets
    used_links: UsedLinks = field(default_factory=UsedLinks)
    previews: Previews = field(default_factory=Previews)
