"""Connections that go to public addresses only, and that say when they never came about.

A store's address comes from outside. Unless private hosts are allowed (a test store on loopback), a name that resolves
to a loopback, private, link-local or otherwise special address is not called: it is looked at before the connection is
made and once more on the connected socket, before a byte is sent, so that a name that changes its mind gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NeverConnectedError(Exception):
    """There was no connection: not a byte of the request left this machine."""


class PrivateAddressError(OSError):
    """The name leads to an address inside a private network."""


class GuardedAdapter(HTTPAdapter):
    """A requests adapter without retries whose connections keep the module's promise."""

    def __init__(self, *, allow_private_hosts: bool) -> None:
        self._pools = OPEN_POOLS if allow_private_hosts else PUBLIC_POOLS
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As in requests, with connections of our own."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def is_public(address: str) -> bool:
    """Whether an IP address is reachable by everyone. An IPv4 address inside an IPv6 one counts as itself."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (inner := _inner_address(ip)) is not None:
        ip = inner
    return ip.is_global and not ip.is_multicast


def _inner_address(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _check_public(addresses: set[str]) -> None:
    for address in addresses:
        if not is_public(address):
            raise PrivateAddressError("the name leads to a private address")


class _Announced:
    """Whatever goes wrong until the connection stands is a NeverConnectedError."""

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except Exception as error:
            raise NeverConnectedError(type(error).__name__) from error


class _Public(_Announced):
    """Looks at the addresses before it calls, and at who answered before it speaks."""

    def _new_conn(self: Any) -> socket.socket:
        found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        _check_public({str(entry[4][0]) for entry in found})
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        try:
            _check_public({str(connected.getpeername()[0])})
        except OSError:
            connected.close()
            raise
        return connected


class _OpenConnection(_Announced, HTTPConnection):
    pass


class _OpenTlsConnection(_Announced, HTTPSConnection):
    pass


class _PublicConnection(_Public, HTTPConnection):
    pass


class _PublicTlsConnection(_Public, HTTPSConnection):
    pass


class _OpenPool(HTTPConnectionPool):
    ConnectionCls = _OpenConnection


class _OpenTlsPool(HTTPSConnectionPool):
    ConnectionCls = _OpenTlsConnection


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTlsConnection


OPEN_POOLS = {"http": _OpenPool, "https": _OpenTlsPool}
PUBLIC_POOLS = {"http": _PublicPool, "https": _PublicTlsPool}
