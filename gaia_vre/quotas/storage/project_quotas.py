"""Hard limits that the file system holds by itself: the project quotas of XFS, a project for each folder.

Notes
-----
A project is a number on each file of a folder; the file system counts the blocks of each number
and refuses to go beyond its limit (``xfs_quota(8)``). The number is read back from the folder, so
nothing is kept of it here. Needs a mount with ``prjquota``, xfsprogs, and root.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

_READ_ATTRIBUTES = 0x801C581F
"""FS_IOC_FSGETXATTR of linux/fs.h."""
_ATTRIBUTES = struct.Struct("=IIIII8s")
_FIRST, _NUMBERS = 2**20, 2**30
_KIB = 1024
_SECONDS = 600
_SPARE_PARTS, _MOST_SPARE = 100, 64 * 2**20
_ON = frozenset({"prjquota", "pquota"})


@dataclass(frozen=True)
class Mount:
    """A mounted file system."""

    place: Path
    kind: str
    options: frozenset[str]

    @property
    def counts_projects(self) -> bool:
        """Whether it is an XFS that holds limits of projects."""
        return self.kind == "xfs" and not _ON.isdisjoint(self.options)


class ProjectQuotas:
    """Gives folders their projects and limits, where the file system has them; elsewhere does nothing."""

    def __init__(self, *, wanted: bool = True) -> None:
        self._wanted = wanted
        self._usable: dict[Path, Mount | None] = {}
        self._set: dict[Path, int | None] = {}

    def hold(self, folder: Path, limit: int | None) -> bool:
        """Have the file system hold the limit of a folder, in bytes; False where it cannot."""
        mount = self._mount(folder.parent)
        if mount is None:
            return False
        if folder in self._set and self._set[folder] == limit:
            return True
        try:
            number = project_of(folder) or (0 if limit is None else self._begin(folder, mount))
            if number == 0:
                return False  # nothing to hold
            _xfs_quota(f"limit -p bhard={0 if limit is None else limit // _KIB}k {number}", mount)
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("XFS holds no limit of %s: %s; it is measured only", folder, _said(error))
            return False
        self._set[folder] = limit
        return True

    def spare(self, folder: Path, limit: int | None) -> int:
        """Return how many bytes below its limit a folder counts as full, as it never gets beyond."""
        if limit is None or self._mount(folder.parent) is None:
            return 0
        return min(limit // _SPARE_PARTS, _MOST_SPARE)

    def _begin(self, folder: Path, mount: Mount) -> int:
        """Give a folder and all that stands in it a project of its own."""
        taken = {project_of(one) for one in folder.parent.iterdir() if one.is_dir() and not one.is_symlink()}
        number = _FIRST + int.from_bytes(hashlib.sha256(os.fsencode(folder)).digest()[:4]) % _NUMBERS
        while number in taken:
            number += 1
        # A file of projects, as a command of xfs_quota ends at a space.
        with tempfile.NamedTemporaryFile("w", suffix=".projects") as projects:
            projects.write(f"{number}:{folder}\n")
            projects.flush()
            _xfs_quota(f"project -s {number}", mount, "-D", projects.name)
        return number

    def _mount(self, root: Path) -> Mount | None:
        if root not in self._usable:
            if not root.is_dir():
                return None  # nobody has a folder there yet
            self._usable[root] = self._look(root) if self._wanted else None
        return self._usable[root]

    def _look(self, root: Path) -> Mount | None:
        """Return the file system of a folder if it holds limits; say loudly if it could and does not."""
        mount = mount_of(root)
        if mount is None or mount.kind != "xfs":
            return None
        missing = [
            *([] if mount.counts_projects else [f"{mount.place} is mounted without prjquota"]),
            *([] if shutil.which("xfs_quota") else ["xfs_quota (xfsprogs) is missing"]),
            *([] if os.geteuid() == 0 else ["the service is not root"]),
        ]
        if missing:
            log.warning("XFS holds no limits below %s: %s; folders are measured only", root, ", ".join(missing))
            return None
        return mount


def project_of(folder: Path) -> int:
    """Return the project of a folder; 0 is none."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        answer = fcntl.ioctl(handle, _READ_ATTRIBUTES, bytes(_ATTRIBUTES.size))
    finally:
        os.close(handle)
    return int(_ATTRIBUTES.unpack(answer)[3])


def mount_of(folder: Path, table: Path = Path("/proc/self/mountinfo")) -> Mount | None:
    """Return the file system that a folder stands on; the last mounted of those at one place counts."""
    real = folder.resolve()
    found = None
    for line in table.read_text(errors="surrogateescape").splitlines():
        mount = _mount(line)
        if real.is_relative_to(mount.place) and (found is None or len(mount.place.parts) >= len(found.place.parts)):
            found = mount
    return found


def _mount(line: str) -> Mount:
    """Read a line of mountinfo, see proc(5): spaces of paths stand as octal numbers."""
    before, _, after = line.partition(" - ")
    kind, _, options = after.split(" ", 2)
    place = before.split(" ")[4].encode("utf-8", "surrogateescape").decode("unicode_escape")
    return Mount(Path(place), kind, frozenset(options.split(",")))


def _xfs_quota(command: str, mount: Mount, *arguments: str) -> None:
    subprocess.run(
        ["xfs_quota", *arguments, "-x", "-c", command, str(mount.place)],
        check=True,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )


def _said(error: Exception) -> str:
    return str(getattr(error, "stderr", "") or error).strip()[:300]
