"""What granian loads: the same application as ``wsgi``, in front of it what answers deliveries on the event loop."""

from __future__ import annotations

from plugin import wsgi
from plugin.assembly import Web
from plugin.collecting import collect_rarely
from plugin.gateway import Gateway
from webhooks.door import Door


def web_only() -> Gateway:
    """The web side alone. Raises ConfigError for settings or a database that cannot work."""
    return fronted(wsgi.opened(worker_inside=False))


def with_worker() -> Gateway:
    """The web side with the background side on a thread of its own. Raises ConfigError."""
    return fronted(wsgi.opened(worker_inside=True))


def fronted(web: Web) -> Gateway:
    """The web side as granian takes it."""
    door = web.app.wsgi_app
    collect_rarely()
    return Gateway(web.app, door=door if isinstance(door, Door) else None, keeper=web.keeper, threads=wsgi.THREADS)
