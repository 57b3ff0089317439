"""Keep an enclosure from outside: its doors, its deadline, the size of its home, also when hub and service are gone.

It is the parent of the enclosure and stands outside its view and its limits; what is inside dies with it. Only the
standard library: it is started for each sandbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gaia_vre.isolation import doors, inner

DEADLINE, ENDED = "deadline", "ended.json"
WAITING, CLAIMED, OWNER = "waiting", "claimed", "owner"
"""Beside a home that was made ahead: it is nobody's yet, it is becoming somebody's, and whose it became."""
_LOOK_SECONDS = 1.0
_READY_SECONDS = 0.02
_DIAL_SECONDS = 10.0
_FULL_LOOKS = 3


class Keeper:
    """One enclosure from outside."""

    def __init__(self, specification: dict[str, Any], kept: subprocess.Popen[bytes], control: socket.socket) -> None:
        self.told, self.kept, self.control = specification, kept, control
        self.folder = Path(specification["folder"])
        self.entrance = socket.socket()
        self.entrance.bind(("127.0.0.1", specification["port"]))  # held from now on, open when the lab answers
        self._dialing = asyncio.Lock()
        self._full = 0
        self._measure_at = 0.0

    def stay(self) -> None:
        """Serve and watch until it ends, or has to; end with its status."""
        signal.signal(signal.SIGTERM, lambda *_: self.end("asked"))
        threading.Thread(target=self.open_doors, name="doors", daemon=True).start()
        status = self.watch()
        os._exit(status if status >= 0 else 128 - status)

    # Watch --------------------------------------------------------------------------------------

    def watch(self) -> int:
        """Wait for the end; bring it about at the deadline, or when the home or the processes are too many."""
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.kept.wait(_LOOK_SECONDS)
            if why := self.over(time.time()):
                self.end(why)

    def over(self, now: float) -> str | None:
        """Say why it has to end now; None if it need not."""
        try:
            deadline = float((self.folder / DEADLINE).read_text())
        except (OSError, ValueError):
            return "deadline"  # it was taken away: nobody wants this any more
        if now >= deadline:
            return "deadline"
        return self._processes() or self._home(time.monotonic())

    def _processes(self) -> str | None:
        """Say whether it has had as many processes as it may for some looks on end."""
        full = False
        for group in self.told["groups"]:
            with contextlib.suppress(OSError, ValueError):
                current, most = ((Path(group) / f"pids.{name}").read_text() for name in ("current", "max"))
                full = full or int(current) >= int(most) - 1
        self._full = self._full + 1 if full else 0
        return "processes" if self._full >= _FULL_LOOKS else None

    def _home(self, now: float) -> str | None:
        if now < self._measure_at:
            return None
        files, size = measured(self.folder / "home", self.told["home_files"], self.told["home_bytes"])
        # A home of many files takes long to measure: at most a tenth of the time goes there.
        self._measure_at = now + max(_LOOK_SECONDS, 10 * (time.monotonic() - now))
        if files > self.told["home_files"]:
            return "files"
        return "disk" if size > self.told["home_bytes"] else None

    def end(self, why: str) -> None:
        """Kill everything in the enclosure, and leave a word why."""
        with contextlib.suppress(OSError):
            if why != "asked" and not (self.folder / ENDED).exists():
                (self.folder / ENDED).write_text(json.dumps({"why": why}))
        self.kept.kill()

    # Doors --------------------------------------------------------------------------------------

    def open_doors(self) -> None:
        """Serve until the process ends."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        listeners = await loop.run_in_executor(None, self._listeners)
        for kind, listener in zip(self.told["doors"], listeners, strict=True):
            await asyncio.start_server(getattr(self, f"_{kind}"), sock=listener, limit=65_536)
        self.control.settimeout(_DIAL_SECONDS)
        (await loop.run_in_executor(None, self._first)).close()
        server = await asyncio.start_server(self._lab, sock=self.entrance)
        async with server:
            await server.serve_forever()

    def _listeners(self) -> list[socket.socket]:
        _, descriptors, *_ = socket.recv_fds(self.control, 1, 16)
        return [socket.socket(fileno=one) for one in descriptors]

    def _first(self) -> socket.socket:
        """Return the first connection to the lab, as soon as it answers; one that waits has none."""
        while True:
            if not (self.folder / WAITING).exists() and (made := self._dialed()) is not None:
                return made
            time.sleep(_READY_SECONDS)

    def _owner(self) -> str:
        """Return whose it is; one that was made ahead learns it later."""
        name: str = self.told["username"] or (self.folder / OWNER).read_text()
        return name

    def _dialed(self) -> socket.socket | None:
        """Return a connection to the lab; None where it does not answer."""
        self.control.send(inner.DIAL)
        answer, descriptors, *_ = socket.recv_fds(self.control, 1, 1)
        if not answer:
            os._exit(0) if self.kept.poll() is not None else time.sleep(_LOOK_SECONDS)
        made = [socket.socket(fileno=one) for one in descriptors]
        if answer != inner.DIALED or not made or made[0].family != socket.AF_INET:
            return None
        made[0].setblocking(False)
        return made[0]

    async def _lab(self, reader: doors.Reader, writer: doors.Writer) -> None:
        """Carry a visitor to the lab."""
        with contextlib.closing(writer), contextlib.suppress(OSError):
            async with self._dialing:
                made = await asyncio.get_running_loop().run_in_executor(None, self._dialed)
            if made is not None:
                other = await asyncio.open_connection(sock=made)
                with contextlib.closing(other[1]):
                    await doors.relay((reader, writer), other)

    async def _hub(self, reader: doors.Reader, writer: doors.Writer) -> None:
        await self._asked(reader, writer, self.told["hub"], "hub")

    async def _service(self, reader: doors.Reader, writer: doors.Writer) -> None:
        await self._asked(reader, writer, self.told["service"], "service")

    async def _asked(self, reader: doors.Reader, writer: doors.Writer, address: str, door: str) -> None:
        """Pass one request on, if it is one that may be asked."""
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            try:
                head = await doors.read_head(reader)
                body = await doors.read_body(reader, head)
                if door == "hub":
                    doors.check_hub(head, body, self._owner(), self.told["server"])
                else:
                    doors.check_service(head)
                place = urlsplit(address)
                other = await doors.reach(place.hostname or "", place.port or 80, public=False)
            except doors.Refused as refused:
                await doors.refuse(writer, str(refused))
                return
            with contextlib.closing(other[1]):
                other[1].write(doors.head_bytes(head, head.target, len(body)) + body)
                await doors.carry(other[0], writer)  # what else is said here is asked of nobody

    async def _proxy(self, reader: doors.Reader, writer: doors.Writer) -> None:
        """Carry to another host, if it is one that may be reached."""
        with contextlib.closing(writer), contextlib.suppress(OSError):
            try:
                head = await doors.read_head(reader)
                connect = head.method == "CONNECT"
                place = urlsplit(f"//{head.target}" if connect else head.target)
                if not connect and place.scheme != "http":
                    raise doors.Refused("A proxy is asked with CONNECT, or for an address that begins with http://")
                port = place.port or 80
                self._reach().check(place.hostname or "", port)
                other = await doors.reach(place.hostname or "", port)
            except (doors.Refused, ValueError) as refused:
                await doors.refuse(writer, str(refused))
                return
            with contextlib.closing(other[1]):
                if connect:
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    target = place.path or "/"
                    other[1].write(doors.head_bytes(head, f"{target}?{place.query}" if place.query else target))
                await doors.relay((reader, writer), other)

    def _reach(self) -> doors.Reach:
        told = self.told
        return doors.Reach(told["network"], tuple(told["hosts"]), tuple(told["ports"]), tuple(told["refused"]))


def measured(folder: Path, most_files: int, most_bytes: int) -> tuple[int, int]:
    """Return how many files and bytes a folder holds; stops counting once it is too much."""
    files = size = 0
    waiting = [str(folder)]
    while waiting and files <= most_files and size <= most_bytes:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # so deep that nobody can count it
                return most_files + 1, size
            continue
        for entry in entries:
            files += 1
            with contextlib.suppress(OSError):
                size += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return files, size
