"""Read a bag that somebody gives: nothing is placed that its checksums do not vouch for, nothing leads out of it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import posixpath
import stat
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import ValidationError

from gaia_vre.bundles.files import BLOCK, walk
from gaia_vre.bundles.model import (
    CRATE,
    DECLARATION,
    INFO,
    MANIFEST,
    PAYLOAD,
    PROJECT,
    TAG_MANIFEST,
    TREE,
    ProjectFacts,
)
from gaia_vre.bundles.names import bag_name, check_path, check_raw
from gaia_vre.bundles.sinks import ZipSink
from gaia_vre.core.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TAGS = (DECLARATION, INFO, MANIFEST, PROJECT, TREE)
_TAG_BYTES = 1 << 28
_LINE_BYTES = 1 << 14


@dataclass(frozen=True)
class Bounds:
    """How much one bag may hold."""

    size_bytes: int
    files: int = 1_000_000


class ZipBag:
    """A bag in a ZIP file.

    Raises
    ------
    InvalidInput
        It is no bag of a project, a path in it leads out of it, or it does not hold what its manifests say.
    TooLarge
        Unpacked it would hold more than the bounds.
    """

    def __init__(self, file: BinaryIO, bounds: Bounds) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise InvalidInput(f"This is no ZIP file ({str(error)[:80]})") from None
        self._entries = _entries(self._zip, bounds)
        for name in (*_TAGS, TAG_MANIFEST, CRATE):
            if name not in self._entries:
                raise InvalidInput(f"This is no bag of a project: it has no {name}")
        if not self._whole(DECLARATION).startswith(b"BagIt-Version: 1.0\n"):
            raise InvalidInput("This is no bag of BagIt 1.0")
        self._check_tags()
        self.facts = self._facts()

    @property
    def files(self) -> int:
        """How many files its payload has, the metadata among them."""
        return sum(name.startswith("data/") for name in self._entries)

    @property
    def size_bytes(self) -> int:
        """How much it holds unpacked."""
        return sum(one.file_size for one in self._entries.values())

    @property
    def digest(self) -> str:
        """SHA-256 of the tag manifest."""
        return hashlib.sha256(self._whole(TAG_MANIFEST)).hexdigest()

    def unpack(self, folder: Path) -> int:
        """Make a project's folder of the payload, checking each file on its way; return how many files it has.

        Parameters
        ----------
        folder
            Empty, and nobody else's while this works.
        """
        raws, others = self._tree()
        digests = dict(self._manifest(MANIFEST))
        self._check_complete(digests)
        files = 0
        try:
            for path, digest in digests.items():
                if path.startswith(PAYLOAD):
                    self._place(path, digest, folder, raws.get(path) or path.removeprefix(PAYLOAD).encode())
                    files += 1
                else:
                    self._check(path, digest)
            for kind, raw, target in others:
                _make(folder, kind, raw, target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise InvalidInput(f"Two entries of the bag are in each other's place ({error.strerror})") from None
        return files

    def _place(self, path: str, digest: str, folder: Path, raw: bytes) -> None:
        target = os.path.join(os.fsencode(folder), check_raw(raw))  # noqa: PTH118 - bytes
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - bytes
        zeros = bytes(BLOCK)
        found = hashlib.sha256()
        with open(target, "xb") as file:  # noqa: PTH123 - bytes
            for chunk in self._chunks(path):
                found.update(chunk)
                if chunk == zeros[: len(chunk)]:
                    file.seek(len(chunk), os.SEEK_CUR)
                else:
                    file.write(chunk)
            file.truncate()
        _compare(path, digest, found.hexdigest())

    def _check(self, path: str, digest: str) -> None:
        found = hashlib.sha256()
        for chunk in self._chunks(path):
            found.update(chunk)
        _compare(path, digest, found.hexdigest())

    def _check_tags(self) -> None:
        said = dict(self._manifest(TAG_MANIFEST))
        for name in _TAGS:
            if name not in said:
                raise InvalidInput(f"The tag manifest does not name {name}")
        for name, digest in said.items():
            if name not in self._entries:
                raise InvalidInput(f"The bag is not whole: {name[:80]!a} is missing")
            self._check(name, digest)

    def _check_complete(self, digests: dict[str, str]) -> None:
        there = {name for name in self._entries if name.startswith("data/")}
        for name in sorted(there ^ digests.keys())[:1]:
            what = "is in no manifest" if name in there else "is missing"
            raise InvalidInput(f"The bag is not whole: {name[:80]!a} {what}")

    def _manifest(self, name: str) -> Iterator[tuple[str, str]]:
        for line in self._lines(name):
            digest, _, path = line.partition("  ")
            if len(digest) != 64 or not path:
                raise InvalidInput(f"{name} has a line that is none: {line[:80]!a}")
            yield check_path(path), digest

    def _tree(self) -> tuple[dict[str, bytes], list[tuple[str, bytes, bytes]]]:
        """Return the names of files that are none in a bag, and the folders and links."""
        raws: dict[str, bytes] = {}
        others = []
        for line in self._lines(TREE):
            try:
                said = json.loads(line)
                kind, path, raw = str(said["kind"]), str(said["path"]), base64.b64decode(said["raw"], validate=True)
                target = base64.b64decode(said.get("target", ""), validate=True)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise InvalidInput(f"{TREE} has a line that is none: {line[:80]!a}") from None
            if PAYLOAD + bag_name(check_raw(raw)) != path:
                raise InvalidInput(f"{TREE} gives {path[:80]!a} another file's name")
            if kind == "file":
                raws[path] = raw
            elif kind in ("folder", "link"):
                others.append((kind, raw, target))
        # Links last: nothing is written through them.
        return raws, sorted(others, key=lambda one: one[0] == "link")

    def _facts(self) -> ProjectFacts:
        try:
            return ProjectFacts.model_validate_json(self._whole(PROJECT))
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(one) for one in problem["loc"])
            raise InvalidInput(f"{PROJECT}: {place[:80]}: {problem['msg'][:120]}") from None

    def _whole(self, path: str) -> bytes:
        if self._entries[path].file_size > _TAG_BYTES:
            raise TooLarge(f"{path} has {self._entries[path].file_size:,} bytes; {_TAG_BYTES:,} are the limit")
        return b"".join(self._chunks(path))

    def _lines(self, path: str) -> Iterator[str]:
        with self._opened(path) as file:
            while line := file.readline(_LINE_BYTES):
                try:
                    yield line.decode().rstrip("\n")
                except UnicodeDecodeError:
                    raise InvalidInput(f"{path} is not UTF-8") from None

    def _chunks(self, path: str) -> Iterator[bytes]:
        with self._opened(path) as file:
            while chunk := self._read(path, file):
                yield chunk

    def _opened(self, path: str) -> Any:
        try:
            return self._zip.open(self._entries[path])
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise InvalidInput(f"{path[:80]!a} cannot be read ({str(error)[:80]})") from None

    @staticmethod
    def _read(path: str, file: Any) -> bytes:
        import zlib

        try:
            return bytes(file.read(BLOCK))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InvalidInput(f"{path[:80]!a} is damaged ({str(error)[:80]})") from None


def pack(folder: Path, stream: BinaryIO) -> None:
    """Write a bag that is a folder as a ZIP file; raises InvalidInput where a link stands in it."""
    sink = ZipSink(stream, "bag", "")
    if not (folder / DECLARATION).is_file():
        raise InvalidInput(f"{folder} is no bag: it has no {DECLARATION}")
    for found in walk(folder):
        if found.kind == "link":
            raise InvalidInput(f"{os.fsdecode(found.raw)!a} in the bag is a link")
        if found.kind == "file":
            sink.put(check_path(os.fsdecode(found.raw)), found.chunks)
    sink.finish()


def _entries(archive: zipfile.ZipFile, bounds: Bounds) -> dict[str, zipfile.ZipInfo]:
    """Return the files of a ZIP file below its one folder."""
    infos = archive.infolist()
    if len(infos) > bounds.files:
        raise TooLarge(f"The bag has {len(infos):,} entries; {bounds.files:,} are the limit")
    size = sum(one.file_size for one in infos)
    if size > bounds.size_bytes:
        raise TooLarge(f"Unpacked the bag has {size:,} bytes; {bounds.size_bytes:,} are the limit here")
    found: dict[str, zipfile.ZipInfo] = {}
    tops = set()
    for info in infos:
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InvalidInput(f"{info.filename[:80]!a} in the bag is a link, or no file")
        # What another program reads under another name than zipfile does is none of ours.
        path = check_path(info.orig_filename.rstrip("/"))
        top, _, rest = path.partition("/")
        tops.add(top)
        if info.is_dir():
            continue
        if rest in found:
            raise InvalidInput(f"{rest[:80]!a} stands twice in the bag")
        found[rest] = info
    if len(tops) != 1 or "" in found:
        raise InvalidInput("This is no bag: a bag is one folder, alone in its ZIP file")
    return found


def _make(folder: Path, kind: str, raw: bytes, target: bytes) -> None:
    path = os.path.join(os.fsencode(folder), raw)  # noqa: PTH118 - bytes
    if kind == "folder":
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - bytes
    elif leads_inside(raw, target):
        parent = os.path.dirname(path)  # noqa: PTH120 - bytes
        os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - bytes
        if os.path.realpath(parent) != os.path.join(os.path.realpath(os.fsencode(folder)), raw).rpartition(b"/")[0]:  # noqa: PTH118 - bytes
            raise InvalidInput(f"{raw[:80]!r} in the bag stands behind a link")
        with suppress(OSError):  # its target has a length that no link has here
            os.symlink(target, path)  # noqa: PTH211 - bytes


def leads_inside(raw: bytes, target: bytes) -> bool:
    """Say whether a link leads to something below the same project's folder, by its words alone."""
    if not target or target.startswith(b"/") or b"\0" in target:
        return False
    # A link through another link could lead elsewhere than its words say: `..` after a name is refused.
    parts = [one for one in target.split(b"/") if one not in (b"", b".")]
    ups = next((number for number, one in enumerate(parts) if one != b".."), len(parts))
    if b".." in parts[ups:]:
        return False
    end = posixpath.normpath(posixpath.join(posixpath.dirname(raw), target))
    return not end.startswith(b"..")


def _compare(path: str, digest: str, found: str) -> None:
    if found != digest:
        raise InvalidInput(f"The bag is damaged: {path[:80]!a} is not what its manifest says")
