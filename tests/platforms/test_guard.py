"""Private addresses are not called, whatever name leads to them."""

from __future__ import annotations

import socket
import threading

import pytest

from plugin.platforms.guard import is_public
from plugin.platforms.line import Line
from plugin.platforms.protocol import NotSent
from tests.platforms.loopback import answers, store

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
)  # fmt: skip
PUBLIC = ("23.227.38.33", "8.8.8.8", "172.32.0.1", "2620:127:f00f:5::", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known(address: str) -> None:
    """Loopback, private, link-local, shared, documentation, multicast and reserved ones, also inside IPv6."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_known(address: str) -> None:
    """What everyone can reach may be called."""
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
def test_a_private_host_is_not_even_connected_to(host: str) -> None:
    """Whatever way loopback is spelt, nobody knocks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        line = Line(allow_private_hosts=False, monotonic=lambda: 0.0)
        with pytest.raises(NotSent):
            line.post(f"https://{host}:{listener.getsockname()[1]}/x", headers={}, body=b"")
        line.close()
        with pytest.raises(TimeoutError):
            listener.accept()


def test_private_hosts_can_be_allowed() -> None:
    """A test store on loopback is reachable when the setting says so."""
    line = Line(allow_private_hosts=True, monotonic=lambda: 0.0)
    with store(answers(b"yes")) as shop:
        assert line.post(f"{shop.origin}/x", headers={}, body=b"").body == b"yes"
    line.close()


def test_one_line_serves_several_threads() -> None:
    """Answers do not get mixed up."""
    line = Line(allow_private_hosts=True, monotonic=lambda: 0.0)
    found: list[bytes] = []

    with store(answers(b"yes")) as shop:
        calls = [
            threading.Thread(target=lambda: found.append(line.post(f"{shop.origin}/x", headers={}, body=b"").body))
            for _ in range(8)
        ]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
    line.close()

    assert found == [b"yes"] * 8
