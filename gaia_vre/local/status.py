"""What runs in a state folder, as `gaia-vre status` and other programs read it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from typing import IO, TYPE_CHECKING, Any

from gaia_vre.core.durable import PRIVATE, write_text
from gaia_vre.core.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gaia_vre.core.settings import Settings
    from gaia_vre.core.state import StateFolder
    from gaia_vre.local.secrets import Secrets
    from gaia_vre.local.supervise import Supervised

Status = dict[str, Any]


def describe(settings: Settings, secrets: Secrets, members: list[Supervised], *, prepared: bool) -> Status:
    """Return the status of a running environment; see `read_status` for its keys."""
    return {
        "url": settings.addresses.public_url,
        "ready": prepared and all(member.ready for member in members),
        "state": str(settings.state),
        "pid": os.getpid(),
        "users": users(settings, secrets),
        "processes": [{"name": "up", "pid": os.getpid(), "ready": True}]
        + [{"name": member.plan.name, "pid": member.pid, "ready": member.ready} for member in members],
    }


def users(settings: Settings, secrets: Secrets) -> list[dict[str, Any]]:
    """Return one administrator and one ordinary example, with passwords; none where an institution signs in."""
    login = settings.login
    if login.kind != "shared-password":
        return []
    return [
        {"name": login.administrators[0], "password": secrets.administrator_password, "admin": True},
        {"name": login.example_user, "password": secrets.user_password, "admin": False},
    ]


def write_status(folder: StateFolder, status: Status) -> None:
    """Replace what `read_status` reads."""
    write_text(folder.status, json.dumps(status), PRIVATE)


def read_status(folder: StateFolder) -> Status:
    """Return what runs here: ``url``, ``ready``, ``users``, ``processes`` (``name``, ``pid``, ``ready``).

    A folder where nothing runs has ``ready`` false, no url and no processes.
    """
    stopped: Status = {
        "url": None,
        "ready": False,
        "state": str(folder.root),
        "pid": None,
        "users": [],
        "processes": [],
    }
    if not is_locked(folder.lock):
        return stopped
    try:
        status: Status = json.loads(folder.status.read_text())
    except (OSError, ValueError):
        return stopped
    return status if _alive(status["pid"]) else stopped


def stop(folder: StateFolder, seconds: float) -> bool:
    """Ask the environment in this folder to stop and wait for it. Return whether one was running.

    Raises
    ------
    Unavailable
        It still runs after this many seconds.
    """
    if not is_locked(folder.lock):
        return False
    pid = int(folder.lock.read_text() or 0)
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while is_locked(folder.lock):
        if time.monotonic() > deadline:
            raise Unavailable(f"process {pid} still runs after {seconds:.0f} s: see the logs in {folder.logs}")
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def holding(lock: Path) -> Iterator[IO[str]]:
    """Hold the state folder for this process; the kernel lets go of it however we end.

    Raises
    ------
    Conflict
        Another `gaia-vre up` has it.
    """
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                f"{lock.parent} is in use by another gaia-vre: stop it with `gaia-vre down --state {lock.parent}`, "
                "or choose another folder with --state"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield file
        finally:
            file.truncate(0)


def is_locked(lock: Path) -> bool:
    """Whether a running process holds this state folder."""
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
