"""A file of lines that a store offers for download: read as it comes, in bounded memory, and taken up again where it broke.

The address comes out of a store's answer. So it is called like the store itself: over https, at public addresses only,
without cookies, redirects and proxies, and never with a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy

import requests

from plugin.platforms.guard import GuardedAdapter, NeverConnectedError
from plugin.platforms.line import Patience
from plugin.platforms.protocol import InDoubt, NotSent, PlatformError, Refused

#: what a connection brought since the last piece is lost when it breaks
PIECE_BYTES = 8 * 1024
#: no line of ours is nearly as long
LONGEST_LINE_BYTES = 2 * 1024 * 1024
#: connections that break without having brought anything, one after the other
MOST_VAIN = 4
OVER = frozenset({400, 401, 403, 404, 410})


class Gone(Refused):
    """There is no file under this address (any more): a fresh address has to be asked for."""


def lines(url: str, *, allow_private_hosts: bool, patience: Patience | None = None) -> Iterator[bytes]:
    """The lines of a file, without their ends and without empty ones. Raises Gone, NotSent or InDoubt.

    A connection that breaks is taken up where it broke (by Range), as long as it goes forward.
    """
    if not url.startswith("https://") and not allow_private_hosts:
        raise NotSent("a file is only downloaded over https (a test store on loopback: allow private hosts)")
    rest = b""
    for piece in _pieces(url, patience or Patience(), allow_private_hosts=allow_private_hosts):
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > LONGEST_LINE_BYTES:
            raise InDoubt(f"a line of the file is longer than {LONGEST_LINE_BYTES} bytes")
        yield from filter(None, whole)
    if rest:
        yield rest


def _pieces(url: str, patience: Patience, *, allow_private_hosts: bool) -> Iterator[bytes]:
    place = vain = 0
    with _session(allow_private_hosts=allow_private_hosts) as session:
        while True:
            before = place
            try:
                for piece in _from(session, url, place, patience):
                    place += len(piece)
                    yield piece
            except (NeverConnectedError, requests.RequestException, OSError) as error:
                failure = _failure(error)
            else:
                return
            vain = 0 if place > before else vain + 1
            if vain >= MOST_VAIN:
                # raised out here, so that no exception that knows the address hangs on to it
                raise failure


def _session(*, allow_private_hosts: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for scheme in ("https://", "http://"):
        session.mount(scheme, GuardedAdapter(allow_private_hosts=allow_private_hosts))
    return session


def _from(session: requests.Session, url: str, place: int, patience: Patience) -> Iterator[bytes]:
    # packed on the way, its bytes could not be counted and asked for again
    headers = {"User-Agent": "Regulars", "Accept-Encoding": "identity", "Range": f"bytes={place}-"}
    wait = (patience.connect_seconds, patience.read_seconds)
    with session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=wait) as answer:
        if answer.status_code == 416 and place:
            return
        if answer.status_code in OVER:
            raise Gone(f"the file is not there ({answer.status_code})")
        if answer.status_code not in {200, 206}:
            raise InDoubt(f"the file's address answered {answer.status_code}")
        skip = place if answer.status_code == 200 else 0
        for piece in answer.iter_content(PIECE_BYTES):
            # one who knows no Range begins again: what is here already is passed over
            if skip < len(piece):
                yield piece[skip:]
            skip = max(0, skip - len(piece))


def _failure(error: Exception) -> PlatformError:
    if isinstance(error, NeverConnectedError | requests.ConnectTimeout):
        return NotSent("the file's address could not be reached")
    return InDoubt(f"the download broke off ({type(error).__name__})")
