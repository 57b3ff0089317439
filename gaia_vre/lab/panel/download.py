"""The work of a sandbox as one archive, for a visitor who can keep it nowhere else."""

from __future__ import annotations

import asyncio
import io
import os
import re
import stat
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tornado import web
from tornado.iostream import StreamClosedError

from gaia_vre.core.errors import GaiaError
from gaia_vre.lab.configuration import SANDBOX_VARIABLE
from gaia_vre.lab.panel.handlers import PanelHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_server.serverapp import ServerApp

_PIECE_BYTES = 2**20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Work(PanelHandler):
    """All files below the lab's own folder, without hidden ones and without links; nothing of it is held in memory."""

    @web.authenticated
    async def get(self) -> None:
        try:
            self.check_owner()
        except GaiaError as error:
            self.refuse(error)
            return
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", 'attachment; filename="sandbox.zip"')
        root, sink = _root(self.settings["server_root_dir"]), _Sink()
        try:
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in await asyncio.to_thread(lambda: list(_files(root))):
                    await self._add(archive, sink, root, path)
            self.write(sink.taken())
            await self.finish()
        except StreamClosedError:
            self.log.info("The download of the work was broken off")

    async def _add(self, archive: zipfile.ZipFile, sink: _Sink, root: Path, path: Path) -> None:
        try:
            descriptor = os.open(path, _READ)
        except OSError:
            return  # gone meanwhile, or closed to its own lab
        with os.fdopen(descriptor, "rb") as read:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return
            name = str(path.relative_to(root)).encode("utf-8", "replace").decode()
            about = zipfile.ZipInfo(name)
            about.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(about, "w", force_zip64=True) as member:
                while piece := await asyncio.to_thread(read.read, _PIECE_BYTES):
                    await asyncio.to_thread(member.write, piece)
                    self.write(sink.taken())
                    await self.flush()


class _Sink(io.RawIOBase):
    """Takes what an archive writes, which cannot go back in it, until it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self._waiting += piece
        return len(piece)

    def taken(self) -> bytes:
        piece = bytes(self._waiting)
        self._waiting.clear()
        return piece


def add_handler(server: ServerApp) -> None:
    """Serve the archive in the lab of a sandbox."""
    if SANDBOX_VARIABLE in os.environ:
        path = re.escape(f"{server.base_url.rstrip('/')}/gaia/work.zip")
        server.web_app.add_handlers(".*$", [(path, Work)])  # type: ignore[no-untyped-call]


def _root(folder: str) -> Path:
    return Path(folder).expanduser()


def _files(root: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(one for one in inner if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(folder) / name
