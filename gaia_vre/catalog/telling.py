"""Tell the service which datasets are opened, behind whoever opens them: nothing waits for it, nothing fails with it.

A sandbox's manifest and the page of a project name them; the service knows by the token whose lab this is.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from gaia_vre.core.project_links import NAME, PROJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AGAIN_SECONDS = 600
"""A dataset that is opened again so soon is no news."""
PAUSE_SECONDS = 2.0
_MOST = 100
_PATIENCE_SECONDS = 5.0
_AT_EXIT_SECONDS = 1.0


class Teller:
    """Sends what is opened in bundles, by a thread that lives while there is something to send.

    Parameters
    ----------
    send
        Sends ids of datasets; whatever it raises means that they are told when they are opened again.
    """

    def __init__(
        self,
        send: Callable[[list[str]], None],
        clock: Callable[[], float] = time.monotonic,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._send, self._clock, self._pause = send, clock, pause_seconds
        self._told: dict[str, float] = {}
        self._waiting: list[str] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ends = threading.Event()

    def opened(self, dataset_id: str) -> None:
        """Note that a dataset is opened; returns at once."""
        with self._lock:
            now = self._clock()
            if now - self._told.get(dataset_id, -AGAIN_SECONDS) < AGAIN_SECONDS or len(self._waiting) >= _MOST:
                return
            if len(self._told) >= 10 * _MOST:
                self._told.clear()
            self._told[dataset_id] = now
            self._waiting.append(dataset_id)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gaia-opened", daemon=True)
                self._thread.start()

    def finish(self, seconds: float = _AT_EXIT_SECONDS) -> None:
        """Send what waits, for at most so long; the session ends."""
        self._ends.set()
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        while names := self._taken():
            try:
                self._send(names)
            except Exception:  # the service is away or refuses: nobody opens anything for its sake
                self._forget(names)
            self._ends.wait(self._pause)

    def _taken(self) -> list[str]:
        with self._lock:
            names, self._waiting = self._waiting, []
            if not names:
                self._thread = None
            return names

    def _forget(self, names: list[str]) -> None:
        with self._lock:
            for name in names:
                self._told.pop(name, None)


def opened(dataset_id: str) -> None:
    """Tell the service of this lab, if there is one, that a dataset is opened; returns at once."""
    global _teller  # noqa: PLW0603 - one for each session
    if "GAIA_VRE_URL" not in os.environ or "JUPYTERHUB_API_TOKEN" not in os.environ:
        return
    if _teller is None:
        _teller = Teller(_post)
        atexit.register(_teller.finish)
    _teller.opened(dataset_id)


_teller: Teller | None = None


def project_here(environment: Mapping[str, str], folder: Path) -> str | None:
    """Return the project in whose folder somebody works; None outside of them."""
    root = environment.get(PROJECTS)
    if not root or not folder.is_relative_to(root):
        return None
    below = folder.relative_to(root).parts
    return below[0] if below and NAME.fullmatch(below[0]) else None


def _post(names: list[str]) -> None:
    server = os.environ.get("JUPYTERHUB_SERVER_NAME", "")
    told = {"datasets": names, "project": project_here(os.environ, Path.cwd()), "server": server}
    request = urllib.request.Request(  # noqa: S310 - the service's own address
        f"{os.environ['GAIA_VRE_URL'].rstrip('/')}/api/openings",
        json.dumps(told).encode(),
        {"Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}", "Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=_PATIENCE_SECONDS):
        pass
