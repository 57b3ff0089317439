"""Take a repository at one reference: bounded in bytes, files and seconds, and nothing of it is executed.

Git runs with its protections on, without hooks, submodules, helpers, filters or configuration of anybody's, where
bubblewrap works in a room that holds the new folder alone. The host is resolved once and asked at that address.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from gaia_vre.core.errors import GaiaError, InvalidInput, NotFound, TooLarge, Unavailable
from gaia_vre.isolation.bubblewrap import Confinement, bubblewrap, confined
from gaia_vre.sandboxes.addresses import HEAD, Address, public_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gaia_vre.core.repository_settings import Repositories

_MIB = 2**20
_BLOCK = 512
_MEMORY_BYTES = 2 * 2**30
_LIMITED = 'ulimit -c 0 -f "$1" && ulimit -v "$2"; shift 2; exec "$@"'
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.askPass=true",
    "credential.helper=",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "http.followRedirects=false",
    "http.proxy=",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.fsckObjects=true",
    "fetch.fsck.zeroPaddedFilemode=ignore",
    "fetch.unpackLimit=1",  # one pack, so that the limit of a file's size is the limit of all that comes
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "init.defaultBranch=main",
)

_COMPLAINTS = {
    "elsewhere": ("redirect", "returned error: 30"),
    "reference": ("couldn't find remote ref", "not our ref", "no such ref"),
    "repository": ("not found", "could not read username", "authentication failed"),
    "large": ("file size limit", "file too large", "no space left", "signal 25"),
    "memory": ("out of memory", "malloc", "mmap failed"),
    "silent": ("could not resolve", "failed to connect", "timed out", "ssl"),
}
"""What git says, by what it means."""


@dataclass(frozen=True)
class Taken:
    """A repository that stands in its folder."""

    commit: str
    files: int
    size: int
    """Of its files, in bytes."""


def take_repository(address: Address, reference: str, folder: Path, rules: Repositories) -> Taken:
    """Put the files of a repository at a reference into a new folder; nothing is left there when it fails.

    Raises
    ------
    NotFound
        There is no such repository for everybody, or no such reference in it.
    TooLarge
        It passes a bound.
    Unavailable
        Its host does not answer, or not in time.
    """
    folder.mkdir()
    try:
        return _Git(address, folder, rules).take(reference)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class _Git:
    def __init__(self, address: Address, folder: Path, rules: Repositories) -> None:
        self.address = address
        self.folder = folder
        self.rules = rules
        self.most_bytes = int(rules.most_mib * _MIB)
        self.ends = time.monotonic() + rules.seconds
        self.pinned = public_address(address)

    def take(self, reference: str) -> Taken:
        self._run("init", "--quiet", "--template=")
        self._run("config", "core.symlinks", "false")
        self._run("remote", "add", "origin", self.address.url)
        self._fetch(reference or HEAD)
        files, size = self._measured()
        self._run("checkout", "--quiet", "--detach", "FETCH_HEAD")
        return Taken(self._run("rev-parse", "FETCH_HEAD").strip(), files, size)

    def _fetch(self, reference: str) -> None:
        """Fetch from the address; hosts that redirect to the name with .git are asked under that, once."""
        try:
            self._fetch_from(self.address.url, reference)
        except _Redirected:
            if self.address.url.endswith(".git"):
                raise
            self._fetch_from(f"{self.address.url.rstrip('/')}.git", reference)

    def _fetch_from(self, url: str, reference: str) -> None:
        asked = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", url, reference)
        self._run(*asked, reference=reference)

    def _measured(self) -> tuple[int, int]:
        """Return files and bytes of what was fetched, before any of it is written; raises TooLarge."""
        files = size = 0
        with self._listed() as lines:
            for line in lines:
                told = line.split(b"\t", 1)[0].split()
                if len(told) == 4 and told[1] == b"blob":
                    files, size = files + 1, size + int(told[3])
                if files > self.rules.most_files:
                    raise self._too_large(f"more than {self.rules.most_files:,} files")
                if size > self.most_bytes:
                    raise self._too_large(f"more than {self.rules.most_mib:g} MiB of files")
                if time.monotonic() > self.ends:
                    raise self._too_slow()
        return files, size

    @contextlib.contextmanager
    def _listed(self) -> Iterator[IO[bytes]]:
        command = self._command(("ls-tree", "-r", "-l", "FETCH_HEAD"))
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(self.folder),
            cwd=self.folder,
            start_new_session=True,
        )
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            yield process.stdout
        finally:
            _kill(process)

    def _run(self, *arguments: str, reference: str = "") -> str:
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            process = subprocess.Popen(
                self._command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=complained,
                env=_environment(self.folder),
                cwd=self.folder,
                start_new_session=True,
            )
            try:
                code = process.wait(timeout=max(0.1, self.ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise self._too_slow() from None
            finally:
                _kill(process)
            if code:
                raise self._problem(_text(complained), reference)
            return _text(said)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        program = shutil.which("git")
        if program is None:
            raise Unavailable("Repositories cannot be taken here: git is not installed")
        settings = [*_SETTINGS, f"http.curloptResolve={self.address.host}:{self.address.port}:{self.pinned}"]
        if self.address.tried:
            settings.append("protocol.http.allow=always")
        git = [program, *(part for one in settings for part in ("-c", one)), *arguments]
        blocks, kib = self.most_bytes // _BLOCK + 1, (_MEMORY_BYTES + 2 * self.most_bytes) // 1024
        limited = ["/bin/sh", "-c", _LIMITED, "limited", str(blocks), str(kib), *git]
        room = bubblewrap()
        return confined(limited, Confinement(self.folder), room) if room else limited

    def _problem(self, complaint: str, reference: str) -> GaiaError:
        """Return what a person reads of git's words."""
        url, host, why = self.address.url, self.address.host, _last_line(complaint)
        said = complaint.casefold()
        found = next((what for what, words in _COMPLAINTS.items() if any(word in said for word in words)), "")
        if not said:
            found = "large"  # ended by the limit of a file's size, without a word
        what = "nothing yet" if reference == HEAD else f"no branch, tag or whole commit {reference!a}"
        answers: dict[str, GaiaError] = {
            "elsewhere": _Redirected(f"{host} sends elsewhere for {url}; give the address that it sends to"),
            "reference": NotFound(f"{url} has {what}"),
            "repository": NotFound(f"There is no public repository {url}"),
            "large": self._too_large(f"more than {self.rules.most_mib:g} MiB"),
            "memory": self._too_large("objects that need too much memory"),
            "silent": Unavailable(f"{host} does not answer ({why})"),
        }
        return answers.get(found, InvalidInput(f"{url} cannot be taken ({why})"))

    def _too_large(self, what: str) -> TooLarge:
        return TooLarge(
            f"{self.address.url} has {what}; a sandbox starts from at most "
            f"{self.rules.most_mib:g} MiB in {self.rules.most_files:,} files"
        )

    def _too_slow(self) -> Unavailable:
        return Unavailable(f"{self.address.url} did not come within {self.rules.seconds:g} s")


class _Redirected(InvalidInput):
    pass


def _environment(folder: Path) -> dict[str, str]:
    """Return all that git is told of this machine: no configuration, no keys, no questions."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_LFS_SKIP_SMUDGE": "1",
    }


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(20_000).decode("utf-8", "replace")


def _last_line(complaint: str) -> str:
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    return "".join(one for one in lines[-1][:160] if one.isprintable()) if lines else "git gives no reason"
