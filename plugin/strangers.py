"""Before the pages: who proves nothing is answered so often for each address, and then told to come later.

Deliveries pass by: telling a signed one from another is all the work that an unsigned one makes, and whoever signs is
never sent away. A visitor who proves who they are takes nothing, and who asks without trying to takes nothing from those
who try. An address of a private network is that of a proxy, or of somebody who may do as they like: behind a proxy either
the proxy limits, or REGULARS_PROXIES says how many stand there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, ip_address
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response

from plugin.buckets import Buckets
from plugin.turnstile import DELIVERIES

#: set in the WSGI environment once it is known who asks
PROVEN = "regulars.proven"
#: where a query carries what may prove somebody
CREDENTIALS = frozenset({"id_token", "t", "hmac", "signature"})
#: a page takes some ten requests, and many people share an address
MOST_AT_ONCE = 300
PER_SECOND = 10.0
#: the part of an IPv6 address that one customer of a provider has to themselves
HOST_BITS = 64


class Strangers:
    """Before ``app``. ``proxies`` stand before us, ``finish`` is what is done to each answer, ``seen`` counts ours."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        buckets: Buckets,
        proxies: int,
        finish: Callable[[Response], Response],
        seen: Callable[[], None],
    ) -> None:
        self._app = app
        self._buckets = buckets
        self._proxies = proxies
        self._finish = finish
        self._seen = seen

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer, or 429 and when to come again."""
        address = None if environ["PATH_INFO"].startswith(DELIVERIES) else whose(environ, proxies=self._proxies)
        if address is None:
            return self._app(environ, start_response)
        key = address, _tries(environ)
        if wait := self._buckets.wait(key):
            self._seen()
            later = {"Retry-After": str(math.ceil(wait))}
            answer = Response("too many requests\n", 429, later, content_type="text/plain")
            return self._finish(answer)(environ, start_response)
        body = self._app(environ, start_response)
        if PROVEN not in environ:
            self._buckets.take(key)
        return body


def whose(environ: WSGIEnvironment, *, proxies: int) -> int | None:
    """The address that a request came from, of IPv6 the network; None where it tells nobody apart."""
    told: str = environ.get("REMOTE_ADDR") or ""
    if proxies:
        # each proxy adds whom it heard; what stands further to the left anybody may have written
        heard = (environ.get("HTTP_X_FORWARDED_FOR") or "").split(",")
        told = heard[-proxies] if len(heard) >= proxies else told
    try:
        address = ip_address(told.strip().strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return int(address) >> HOST_BITS if address.is_global else None
        address = address.ipv4_mapped
    return int(address) if address.is_global else None


def _tries(environ: WSGIEnvironment) -> bool:
    """Whether there is something about the request that may prove who asks."""
    names = {part.partition("=")[0] for part in (environ.get("QUERY_STRING") or "").split("&")}
    return "HTTP_AUTHORIZATION" in environ or not names.isdisjoint(CREDENTIALS)
