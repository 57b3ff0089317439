"""The signing service of Theia and DINAMIS: ``GET …/sign?url=`` with two keys answers ``{"href", "expiry"}``."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2

from gaia_vre.catalog.signing.contract import Signed
from gaia_vre.catalog.signing.hosts import host_of
from gaia_vre.core.errors import Unavailable

_MARGIN = timedelta(minutes=2)
_REMEMBERED = 10_000
_ANSWER_BYTES = 65_536


class TeledetectionSigner:
    """Ask for signed addresses, and remember each until shortly before its end."""

    def __init__(
        self, name: str, url: str, hosts: frozenset[str], keys: tuple[str, str], seconds: float = 10.0
    ) -> None:
        self.name, self._url, self._hosts, self._seconds = name, url, hosts, seconds
        self._headers = {"access-key": keys[0], "secret-key": keys[1], "Accept": "application/json"}
        self._remembered: OrderedDict[str, Signed] = OrderedDict()
        self._lock = threading.Lock()

    def sign(self, href: str, now: datetime) -> Signed:
        """Return a signed address; see `Signer`."""
        with self._lock:
            known = self._remembered.get(href)
        if known and known.expires and known.expires - now > _MARGIN:
            return known
        signed = self._checked(self._asked(href), now)
        with self._lock:
            self._remembered[href] = signed
            self._remembered.move_to_end(href)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return signed

    def _asked(self, href: str) -> Any:
        client = httpx2.Client(timeout=self._seconds, follow_redirects=False, trust_env=False)
        try:
            with client, client.stream("GET", self._url, params={"url": href}, headers=self._headers) as answer:
                if answer.status_code in (401, 403):
                    raise Unavailable(f"{self.name} refuses the keys of this service; the operators have to look")
                if answer.status_code != 200:
                    raise Unavailable(f"{self.name} could not sign the address (status {answer.status_code})")
                return json.loads(self._body(answer))
        except httpx2.HTTPError as error:
            raise Unavailable(f"{self.name} does not answer ({type(error).__name__})") from error
        except (ValueError, RecursionError) as error:
            raise Unavailable(f"{self.name} answered something that is no JSON") from error

    def _checked(self, found: Any, now: datetime) -> Signed:
        href, expiry = (found.get("href"), found.get("expiry")) if isinstance(found, dict) else (None, None)
        if not isinstance(href, str) or not isinstance(expiry, str):
            raise Unavailable(f"{self.name} answered without 'href' and 'expiry'")
        if host_of(href) not in self._hosts:
            raise Unavailable(f"{self.name} answered an address of another host, {urlsplit(href).hostname!r}")
        expires = self._instant(expiry)
        if expires <= now:
            raise Unavailable(f"{self.name} answered an address that has ended already, at {expires.isoformat()}")
        return Signed(href, expires=expires)

    def _instant(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError as error:
            raise Unavailable(f"{self.name} answered the end {text[:40]!r}, which is no instant") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _body(self, answer: httpx2.Response) -> bytes:
        taken, deadline = b"", time.monotonic() + self._seconds
        for part in answer.iter_bytes():
            taken += part
            if len(taken) > _ANSWER_BYTES:
                raise Unavailable(f"{self.name} answered over {_ANSWER_BYTES:,} bytes")
            if time.monotonic() > deadline:
                raise Unavailable(f"{self.name} takes over {self._seconds:g} s to answer")
        return taken
