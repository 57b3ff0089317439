"""A real enclosure around a small web server that runs what it is sent."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

from gaia_vre.isolation.bubblewrap import Confinement, bubblewrap, confined
from gaia_vre.isolation.enclosure import Enclosure
from gaia_vre.isolation.limits import LimitGroup
from tests.support.environment import free_port, until

LAB = """
import contextlib, http.server, io, sys, traceback
class Lab(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        code = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            try:
                exec(code, {})
            except BaseException:
                print(traceback.format_exc())
        body = said.getvalue().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Lab).serve_forever()
"""


class _Listening(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._heard()

    def do_POST(self) -> None:
        self._heard()

    def _heard(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.heard.append((self.command, self.path, body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        pass


class Listening(ThreadingHTTPServer):
    """A web server outside that remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Listening)
        self.heard: list[tuple[str, str, bytes]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@dataclass
class Enclosed:
    """What runs in an enclosure, seen from outside."""

    folder: Path
    hub: Listening = field(default_factory=Listening)
    service: Listening = field(default_factory=Listening)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def start(self, seconds: float = 3600, group: LimitGroup | None = None, **given: Any) -> Enclosed:
        self.home.mkdir(parents=True)
        self.live(seconds)
        values: dict[str, Any] = {
            "folder": self.folder,
            "username": "ada",
            "server": "sandbox-abcd",
            "hub": f"{self.hub.url}/hub/api",
            "service": f"{self.service.url}/services/gaia",
            "network": "open",
            "hosts": (),
            "ports": (80, 443, self.hub.server_port),
            "refused": ("gaia.example.org",),
            "home_bytes": 50_000_000,
            "home_files": 2000,
            "processes": 100,
        }
        enclosure = Enclosure(**values | given)
        program = bubblewrap()
        assert program
        inside = enclosure.inside([sys.executable, "-I", "-S", "-c", LAB, str(self.port)], self.port)
        command = confined(inside, Confinement(self.home, apart=True), program)
        groups = group.folders if group else ()
        self.process = subprocess.Popen(
            enclosure.kept(group.entered_by(command) if group else command, self.port, groups),
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), **enclosure.environment},
        )
        until(self._answers, 20, "the lab answers")
        return self

    def live(self, seconds: float) -> None:
        (self.folder / "deadline").write_text(str(time.time() + seconds))

    def run(self, code: str) -> str:
        """Return what a piece of Python prints inside."""
        return httpx2.post(f"http://127.0.0.1:{self.port}", content=code, timeout=60, trust_env=False).text

    def ended(self, seconds: float = 20) -> str:
        """Wait for the end and return the reason that was left."""
        assert self.process
        self.process.wait(seconds)
        told = self.folder / "ended.json"
        return told.read_text() if told.exists() else ""

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
        for server in (self.hub, self.service):
            server.shutdown()
            server.server_close()

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None
        try:
            return self.run("print('hello')") == "hello\n"
        except httpx2.HTTPError:
            return False


@contextlib.contextmanager
def enclosed(folder: Path, **given: Any) -> Iterator[Enclosed]:
    """Start an enclosure and stop it."""
    made = Enclosed(folder)
    try:
        yield made.start(**given)
    finally:
        made.stop()
