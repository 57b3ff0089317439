"""A Git server of this machine: repositories made on the spot, served over HTTP as the hosts of the field do."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"), ("DATE", "2026-10-08T10:00:00Z"))
    },
}


class GitServer:
    """Serves the bare repositories of a folder; `host` is its HOST:PORT."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.moved: dict[str, str] = {}
        """Beginnings of paths that are answered with another place."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, name: str) -> str:
        return f"http://{self.host}/{name}"

    def make(self, name: str, files: Mapping[str, bytes | Path], tag: str = "") -> str:
        """Make a repository of these files, a Path being a symbolic link; return its commit."""
        work = self.folder / f"{name}.work"
        work.mkdir(parents=True)
        for path, content in files.items():
            place = work / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(content) if isinstance(content, Path) else place.write_bytes(content)
        for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "First", "--allow-empty")):
            git(work, *command)
        if tag:
            git(work, "tag", tag)
        bare = self.folder / name
        git(self.folder, "clone", "-q", "--bare", str(work), str(bare))
        git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
        return git(work, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str, given: bytes | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=_ENVIRONMENT, input=given, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, body: bytes) -> None:
            server.asked.append(self.path)
            path, _, query = self.path.partition("?")
            for start, place in server.moved.items():
                if path.startswith(start):
                    self.send_response(301)
                    self.send_header("Location", place + self.path[len(start) :])
                    self.end_headers()
                    return
            self._pass_on(path, query, body)

        def _pass_on(self, path: str, query: str, body: bytes) -> None:
            environment = _ENVIRONMENT | {
                "GIT_PROJECT_ROOT": str(server.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }
            done = subprocess.run(
                ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                self.close_connection = True

    return Handler
