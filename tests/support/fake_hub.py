"""A hub's API as a lab sees it: version, activity, who a token belongs to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeHub:
    """Answer a lab on a port of loopback, and remember what it reported."""

    token = "t" * 32
    guest_token = "g" * 32
    """Of Grace, with whom the lab is shared."""

    def __init__(self, username: str = "ada") -> None:
        self.username = username
        self.activity: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # so that closing waits for answers under way
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environment(self, lab_port: int) -> dict[str, str]:
        """Return the variables that JupyterHub gives to a lab."""
        prefix = f"/user/{self.username}/"
        return {
            "JUPYTERHUB_ACTIVITY_URL": f"{self.url}/hub/api/users/{self.username}/activity",
            "JUPYTERHUB_API_TOKEN": self.token,
            "JUPYTERHUB_API_URL": f"{self.url}/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{self.username}",
            "JUPYTERHUB_HOST": "",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([f"access:servers!server={self.username}/"]),
            "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{prefix}oauth_callback",
            "JUPYTERHUB_SERVER_NAME": "",
            "JUPYTERHUB_SERVICE_PREFIX": prefix,
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{lab_port}{prefix}",
            "JUPYTERHUB_USER": self.username,
        }

    def __enter__(self) -> FakeHub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, Any]:
        """Return status and JSON for one request."""
        if method == "GET" and path == "/hub/api":
            return 200, {"version": "6.1.1"}
        if token not in (self.token, self.guest_token):
            return 403, {"message": "unknown token"}
        if path == "/hub/api/user":
            scopes = [f"access:servers!server={self.username}/"]
            name = self.username if token == self.token else "grace"
            return 200, {"name": name, "kind": "user", "admin": False, "groups": [], "scopes": scopes}
        if method == "POST" and path.endswith("/activity"):
            self.activity.append(json.loads(body))
            return 200, {}
        return 404, {"message": path}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers.get("Authorization", "").rpartition(" ")[2]
                status, answer = hub.answer(self.command, self.path.partition("?")[0], token, body)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("X-JupyterHub-Version", "6.1.1")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *_: object) -> None:
                pass

        return Handler
