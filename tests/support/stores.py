"""A folder handed out by each kind of store: files, HTTP, S3 (rclone) and iRODS (a fake of its session)."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from irods import exception as problems

KEYS = {"AWS_ACCESS_KEY_ID": "ocean", "AWS_SECRET_ACCESS_KEY": "secret-of-the-tests", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass
class Web:
    """What the HTTP server does wrong, if anything, and what it was asked."""

    url: str = ""
    fault: str | None = None
    sent: int = 0
    asked: list[str] = field(default_factory=list)


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        self.web.asked.append(f"{self.command} {self.path} {self.headers.get('Range', '')}".strip())
        if self.web.fault == "slow":
            time.sleep(1.5)
        if self.web.fault in ("500", "403", "404"):
            self._send(int(self.web.fault), b"", body=body)
            return
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.web.fault != "no listing":
            names = "".join(
                f'<a href="{one.name}{"/" * one.is_dir()}">{one.name}</a>' for one in sorted(path.iterdir())
            )
            self._send(200, f"<html>{names}</html>".encode(), body=body, kind="text/html")
        elif path.is_file():
            self._send_file(path.read_bytes(), body=body)
        else:
            self._send(404, b"", body=body)

    def _send_file(self, content: bytes, *, body: bool) -> None:
        asked = self.headers.get("Range")
        if not asked:
            self._send(200, content, body=body)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(len(content) - int(last), 0)
        end = min(int(last), len(content) - 1) if first and last else len(content) - 1
        if start >= len(content):
            self._send(416, b"", body=body)
            return
        place = {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
        self._send(206, content[start : end + 1], body=body, headers=place)

    def _send(self, status, content, *, body, kind="application/octet-stream", headers=None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Accept-Ranges": "bytes",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            cut = self.web.fault == "cut"
            self.wfile.write(content[: len(content) // 2] if cut else content)
            self.web.sent += len(content)
            self.close_connection = cut


@contextlib.contextmanager
def web_of(folder: Path) -> Iterator[Web]:
    web = Web()
    handler = type("Handler", (_Handler,), {"web": web, "directory": str(folder)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: handler(*args, directory=str(folder)))
    server.daemon_threads = True
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield web
    server.shutdown()
    server.server_close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def amazon_of(folder: Path, *, anonymous: bool = False) -> Iterator[str]:
    """A real S3 server: `folder` holds the buckets."""
    keys = [] if anonymous else ["--auth-key", f"{KEYS['AWS_ACCESS_KEY_ID']},{KEYS['AWS_SECRET_ACCESS_KEY']}"]
    with _served("s3", folder, *keys) as port:
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def webdav_of(folder: Path) -> Iterator[str]:
    """A real WebDAV server over a folder."""
    keys = ["--user", KEYS["AWS_ACCESS_KEY_ID"], "--pass", KEYS["AWS_SECRET_ACCESS_KEY"]]
    with _served("webdav", folder, *keys) as port:
        yield f"webdav://127.0.0.1:{port}"


@contextlib.contextmanager
def _served(kind: str, folder: Path, *more: str) -> Iterator[int]:
    program = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    port = free_port()
    command = [program, "serve", kind, str(folder), "--addr", f"127.0.0.1:{port}", "--config", os.devnull, *more]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)


class FakeGrid:
    """What python-irodsclient's session answers, over a folder; `fault` is an exception that each call raises."""

    folder: Path
    fault: Exception | None = None

    def __init__(self, irods_env_file: str, host: str, port: int) -> None:
        self.connection_timeout = 120
        self.data_objects, self.collections = _Objects(self), _Collections(self)

    def cleanup(self) -> None:
        """Sign out."""

    def _real(self, path: str) -> Path:
        if self.fault:
            raise self.fault
        real = self.folder / path.removeprefix("/gaiaZone/home/")
        if not real.exists():
            raise problems.DataObjectDoesNotExist
        return real

    def _place(self, path: str) -> Path:
        return self.folder / path.removeprefix("/gaiaZone/home/")


@dataclass
class _Object:
    path: str
    size: int


class _Objects:
    def __init__(self, grid: FakeGrid) -> None:
        self._grid = grid

    def get(self, path: str) -> _Object:
        real = self._grid._real(path)
        if real.is_dir():
            raise problems.DataObjectDoesNotExist
        return _Object(path, real.stat().st_size)

    def unlink(self, path: str, force: bool = False) -> None:
        self._grid._real(path).unlink()

    def open(self, path: str, mode: str):
        if mode == "w":
            return self._grid._place(path).open("wb")
        self.get(path)
        return self._grid._real(path).open("rb")


@dataclass
class _Collection:
    path: str
    subcollections: list
    data_objects: list


class _Collections:
    def __init__(self, grid: FakeGrid) -> None:
        self._grid = grid

    def exists(self, path: str) -> bool:
        return self._grid._place(path).is_dir()

    def create(self, path: str, recurse: bool) -> None:
        self._grid._place(path).mkdir(parents=recurse, exist_ok=True)

    def move(self, path: str, to: str) -> None:
        self._grid._real(path).rename(self._grid._place(to))

    def get(self, path: str) -> _Collection:
        real = self._grid._real(path)
        if not real.is_dir():
            raise problems.CollectionDoesNotExist
        parts = [(f"{path}/{one.name}", one) for one in sorted(real.iterdir())]
        return _Collection(
            path,
            [_Collection(name, [], []) for name, one in parts if one.is_dir()],
            [_Object(name, one.stat().st_size) for name, one in parts if one.is_file()],
        )
