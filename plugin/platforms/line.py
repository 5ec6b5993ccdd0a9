"""A line to one store: one attempt per question, and the truth about what became of it.

Three outcomes: a Reply, NotSent (nothing left this machine), or InDoubt (the store may have heard it). The line follows
no redirects, repeats nothing, takes nothing from the environment (no proxies, no .netrc),
keeps no cookies, and does not wait or read
without end. What it raises holds no header, no body and no address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.structures import CaseInsensitiveDict

from plugin.platforms.guard import GuardedAdapter, NeverConnectedError
from plugin.platforms.protocol import InDoubt, NotSent, PlatformError

CHUNK_BYTES = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how much: seconds to connect, between two pieces of an answer, and for all of it; bytes of it."""

    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    whole_seconds: float = 60.0
    longest_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that came whole. The body is decoded from its encodings, and not shown: it may hold tokens."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Line:
    """``monotonic`` is a clock that only runs forward, in seconds. Plain http needs ``allow_private_hosts``."""

    def __init__(
        self, *, allow_private_hosts: bool, monotonic: Callable[[], float], patience: Patience | None = None
    ) -> None:
        self._allow_plain = allow_private_hosts
        self._monotonic = monotonic
        self._patience = patience or Patience()
        # what the last answer said of the store's clock, and when it began to come
        self._told: tuple[datetime | None, float] = (None, 0.0)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._session.headers.update({"User-Agent": "Regulars"})
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, GuardedAdapter(allow_private_hosts=allow_private_hosts))

    @property
    def store_time(self) -> datetime | None:
        """The store's clock as its last answer told it, in whole seconds; None where it did not."""
        return self._told[0]

    def store_clock(self, *, within_seconds: float) -> datetime | None:
        """What that clock shows now, if the last answer told it and is no older than so many seconds."""
        told, at = self._told
        age = self._monotonic() - at
        return None if told is None or age > within_seconds else told + timedelta(seconds=age)

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        """Sends once and reads the whole answer, whatever its status. Raises NotSent or InDoubt."""
        return self.send("POST", url, headers=headers, body=body)

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """As ``post``, with any method."""
        if not url.startswith("https://") and not self._allow_plain:
            raise NotSent("a store is only spoken to over https (a test store on loopback: allow private hosts)")
        outcome = self._attempt(method, url, headers, body)
        # raised out here, so that no exception of the HTTP client, which knows the headers, hangs on to it
        if isinstance(outcome, PlatformError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Hangs up."""
        self._session.close()

    def _attempt(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply | PlatformError:
        hang_up_at = self._monotonic() + self._patience.whole_seconds
        try:
            with self._session.request(
                method,
                url,
                data=body,
                headers=dict(headers),
                stream=True,
                allow_redirects=False,
                timeout=(self._patience.connect_seconds, self._patience.read_seconds),
            ) as response:
                # the body may take a minute to come, and the date was written before
                self._told = _instant(response.headers.get("Date", "")), self._monotonic()
                return self._read(response, hang_up_at)
        except (NeverConnectedError, requests.ConnectTimeout) as error:
            return NotSent(f"the store could not be reached ({_cause(error)})")
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError) as error:
            return NotSent(f"the request cannot be sent ({type(error).__name__})")
        except (requests.RequestException, OSError) as error:
            return InDoubt(f"the answer was lost ({type(error).__name__})")

    def _read(self, response: requests.Response, hang_up_at: float) -> Reply | PlatformError:
        pieces: list[bytes] = []
        length = 0
        for piece in response.iter_content(CHUNK_BYTES):
            length += len(piece)
            if length > self._patience.longest_bytes:
                return InDoubt(f"the answer is longer than {self._patience.longest_bytes} bytes")
            if self._monotonic() > hang_up_at:
                return InDoubt("the answer came too slowly")
            pieces.append(piece)
        return Reply(status=response.status_code, headers=CaseInsensitiveDict(response.headers), body=b"".join(pieces))


def _cause(error: Exception) -> str:
    return str(error) if isinstance(error, NeverConnectedError) else type(error).__name__


def _instant(date: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return told if told.tzinfo is not None else None
