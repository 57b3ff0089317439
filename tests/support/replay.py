"""A small server on 127.0.0.1 that replays a source's answers, with the faults that sources have."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">]><lolz>&lol2;</lolz>"""
READ_A_FILE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


Route = Callable[[Asked], Any]


@dataclass
class Replay:
    """Routes by path: a value, or a function of what was asked; `faults` come first, one per request."""

    url: str
    routes: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    always: str | None = None
    delay: float = 0
    """Seconds before each answer."""
    asked: list[Asked] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    replay: Replay

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        asked = Asked(self.command, parts.path, query, json.loads(body) if body else None, dict(self.headers))
        self.replay.asked.append(asked)
        time.sleep(self.replay.delay)
        fault = self.replay.faults.pop(0) if self.replay.faults else self.replay.always
        if fault:
            with contextlib.suppress(OSError):
                getattr(self, f"_{fault}")(asked)
        else:
            self._answer(asked)

    def _answer(self, asked: Asked) -> None:
        route = self.replay.routes.get(asked.path)
        content = route(asked) if callable(route) else route
        if content is None:
            return self._send(404, b"{}")
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        etag = f'"{sha256(content).hexdigest()[:12]}"'
        if asked.headers.get("If-None-Match") == etag:
            return self._send(304, b"")
        return self._send(200, content, ETag=etag)

    def _send(self, status: int, content: bytes, length: int | None = None, **headers: str) -> None:
        self.replay.statuses.append(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def _error(self, _: Asked) -> None:
        self._send(500, b"<html>oops</html>")

    def _refused(self, _: Asked) -> None:
        self._send(401, b'{"detail": "who are you"}')

    def _busy(self, _: Asked) -> None:
        self._send(429, b"", **{"Retry-After": "0"})

    def _slow(self, _: Asked) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(20):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.05)
        self.close_connection = True

    def _cut(self, _: Asked) -> None:
        self._send(200, b'{"collections": [{"id"', length=5000)
        self.close_connection = True

    def _page(self, _: Asked) -> None:
        self._send(200, b"<html><body>maintenance</body></html>")

    def _huge(self, _: Asked) -> None:
        self._send(200, b" " * 400_000)

    def _away(self, _: Asked) -> None:
        self._send(302, b"", Location="http://127.0.0.2:9/elsewhere")

    def _circle(self, asked: Asked) -> None:
        self._send(302, b"", Location=asked.path)

    def _list(self, _: Asked) -> None:
        self._send(200, b'[1, "two", null]')

    def _laughs(self, _: Asked) -> None:
        self._send(200, BILLION_LAUGHS)

    def _entity(self, _: Asked) -> None:
        self._send(200, READ_A_FILE)


@contextlib.contextmanager
def running_replay() -> Iterator[Replay]:
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.replay = Replay(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield handler.replay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
