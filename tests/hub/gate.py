"""A gate before the identity provider, which lets requests through or fails as providers do."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import httpx2

Mode = Literal["open", "down", "slow", "broken", "busy", "token refused", "forgets the hub"]
_PASSED = ("content-type", "location", "set-cookie", "www-authenticate")


class Gate:
    """The same provider under another address."""

    def __init__(self, provider: str) -> None:
        self.provider, self.mode, self.asked = provider, "open", 0
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Gate:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                gate.answer(self)

            def do_POST(self) -> None:
                gate.answer(self)

            def log_message(self, *_: Any) -> None:
                return

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer as the mode says."""
        who = request.path.startswith("/userinfo")
        self.asked += who
        mode = self.mode
        if mode == "down":
            request.close_connection = True
        elif mode == "slow":
            self.closing.wait(20)
        elif mode == "broken":
            _send(request, 503, b"under maintenance")
        elif mode == "busy":
            _send(request, 429, b"too many requests")
        elif mode == "forgets the hub":
            _send(request, 401, b'{"error": "invalid_token"}' if who else b'{"error": "invalid_client"}')
        elif mode == "token refused" and who:
            self.mode = "open"  # the one that comes by the refresh token is good
            _send(request, 401, b'{"error": "invalid_token"}')
        else:
            self._pass_on(request)

    def _pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        url = f"{self.provider}{request.path}"
        headers = {name: value for name, value in request.headers.items() if name.lower() != "connection"}
        found = httpx2.request(request.command, url, content=body, headers=headers, trust_env=False)
        sent = [(name, value) for name, value in found.headers.multi_items() if name.lower() in _PASSED]
        _send(request, found.status_code, found.content, sent)


def _send(
    request: BaseHTTPRequestHandler, status: int, body: bytes, headers: list[tuple[str, str]] | None = None
) -> None:
    request.send_response(status)
    for name, value in headers or [("content-type", "application/json")]:
        request.send_header(name, value)
    request.send_header("content-length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
