"""Ask a source over HTTP within bounds: retried, remembered by ETag, never led to another host."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx2
import stamina

from gaia_vre.catalog.harvest.contract import Kept, NotAnswering, NotFollowed, OverBound, SourceFault, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gaia_vre.catalog.harvest.contract import Limits, Memory

Read = TypeVar("Read")
_REDIRECTS = 5
_LONGEST_WAIT = 30.0
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)


class Fetcher:
    """Asks the hosts of one source, one request after the other."""

    def __init__(
        self,
        url: str,
        limits: Limits,
        memory: Memory,
        *,
        hosts: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._home = urlsplit(url).netloc
        self._hosts = {self._home, *hosts}
        self._limits, self._memory, self._headers = limits, memory, dict(headers or {})
        self._taken = 0
        self._deadline = time.monotonic() + limits.seconds
        self._client = httpx2.Client(timeout=min(limits.request_seconds, 30.0), headers={"User-Agent": "gaia-vre"})

    def close(self) -> None:
        self._client.close()

    def get_json(self, url: str) -> Any:
        """Return the JSON behind an address.

        Raises
        ------
        SourceFault
            The source does not answer rightly after all attempts.
        NotFollowed
            The address, or one it redirects to, is not of this source.
        OverBound
            The answer is too large, or the run has taken too much or too long.
        """
        return self._attempt(url, lambda: read_json(self._get(url, "application/json, application/geo+json"), url))

    def post_json(self, url: str, question: Any) -> Any:
        """Return the JSON answer to a question sent as JSON; raises as `get_json`."""
        body = json.dumps(question, sort_keys=True).encode()
        return self._attempt(url, lambda: read_json(self._ask("POST", url, {}, body)[1], url))

    def get(self, url: str, read: Callable[[bytes], Read], accept: str = "application/xml, text/xml") -> Read:
        """Return what `read` makes of an answer; it raises `Unreadable` where another attempt may help."""
        return self._attempt(url, lambda: read(self._get(url, accept)))

    def check_time(self) -> None:
        """Raise `OverBound` when the run has lasted too long."""
        if time.monotonic() > self._deadline:
            raise OverBound(f"the run lasts longer than {self._limits.seconds:g} s; the next one goes on from here")

    def _attempt(self, url: str, ask: Callable[[], Read]) -> Read:
        retries = stamina.retry_context(
            on=_wait_before_retry,
            attempts=self._limits.attempts,
            timeout=None,
            wait_initial=self._limits.first_wait_seconds,
            wait_max=_LONGEST_WAIT,
            wait_jitter=self._limits.first_wait_seconds / 2,
        )
        self._check_address(url)
        for attempt in retries:
            with attempt:
                self.check_time()
                return ask()
        raise SourceFault(f"{url} does not answer")

    def _get(self, url: str, accept: str) -> bytes:
        key = hashlib.sha256(f"{accept} {url}".encode()).hexdigest()
        kept = self._memory.answer(key)
        headers = {"Accept": accept}
        if kept and kept.etag:
            headers["If-None-Match"] = kept.etag
        if kept and kept.modified:
            headers["If-Modified-Since"] = kept.modified
        answer, body = self._ask("GET", url, headers, None)
        if answer.status_code == httpx2.codes.NOT_MODIFIED:
            if kept is None:
                raise NotAnswering(f"{url} answers 304 although nothing was asked on condition")
            return kept.body
        etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        if etag or modified:
            self._memory.keep(key, Kept(etag, modified, body))
        return body

    def _ask(
        self, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> tuple[httpx2.Response, bytes]:
        if content is not None:
            headers = {**headers, "Content-Type": "application/json", "Accept": "application/json"}
        for _ in range(_REDIRECTS + 1):
            self._check_address(url)
            own = self._headers if urlsplit(url).netloc == self._home else {}
            try:
                with self._client.stream(method, url, headers={**headers, **own}, content=content) as answer:
                    if not answer.has_redirect_location:
                        return answer, self._body(answer, url)
                    url = urljoin(url, answer.headers["location"])
            except httpx2.TransportError as error:
                raise NotAnswering(f"{url}: {_why(error)}") from error
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                raise SourceFault(f"{url}: {_why(error)}") from error
        raise SourceFault(f"{url}: more than {_REDIRECTS} redirects")

    def _body(self, answer: httpx2.Response, url: str) -> bytes:
        status = answer.status_code
        if status in _TEMPORARY:
            raise NotAnswering(f"{url} answers {status}", _seconds(answer.headers.get("retry-after")))
        if status >= 400:
            raise SourceFault(f"{url} answers {status}")
        ends = time.monotonic() + self._limits.request_seconds
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            self._taken += len(piece)
            if len(body) > self._limits.page_bytes:
                raise OverBound(f"{url}: the answer is larger than {self._limits.page_bytes} bytes")
            if self._taken > self._limits.total_bytes:
                raise OverBound(
                    f"more than {self._limits.total_bytes} bytes in one run; the next one goes on from here"
                )
            if time.monotonic() > ends:
                raise NotAnswering(f"{url}: no whole answer within {self._limits.request_seconds:g} s")
        return bytes(body)

    def _check_address(self, url: str) -> None:
        try:
            parts = urlsplit(url)
        except ValueError:
            raise NotFollowed(f"{url[:200]!r} is no address") from None
        if parts.scheme not in ("http", "https") or parts.netloc not in self._hosts:
            raise NotFollowed(f"{url[:200]!r} is not on {' or '.join(sorted(self._hosts))}; it is not followed")


def read_json(body: bytes, url: str) -> Any:
    """Return the JSON of a body; NaN and the like are no JSON."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{url}: the answer is no JSON or was cut off ({_why(error)})") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _wait_before_retry(error: Exception) -> bool | float:
    if isinstance(error, NotAnswering) and error.wait is not None:
        return error.wait
    return isinstance(error, NotAnswering | Unreadable)


def _seconds(text: str | None) -> float | None:
    """Return the seconds of a Retry-After; dates and nonsense leave the wait to us."""
    return min(float(text), _LONGEST_WAIT) if text and text.isascii() and text.isdigit() else None


def _why(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
