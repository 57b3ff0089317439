"""What is opened is told behind whoever opens it."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gaia_vre.catalog import telling
from gaia_vre.catalog.telling import AGAIN_SECONDS, Teller, project_here
from tests.support.environment import until


class Ear:
    """Takes what is told; fails as often as it is to."""

    def __init__(self, failures: int = 0, seconds: float = 0) -> None:
        self.heard: list[list[str]] = []
        self._failures, self._seconds = failures, seconds

    def __call__(self, names: list[str]) -> None:
        time.sleep(self._seconds)
        if self._failures:
            self._failures -= 1
            raise OSError("the service is away")
        self.heard.append(names)

    @property
    def all(self) -> list[str]:
        return [name for names in self.heard for name in names]


def test_each_dataset_is_told_once_in_a_while() -> None:
    ear, now = Ear(), [0.0]
    teller = Teller(ear, lambda: now[0], 0.01)
    for name in ("a", "b", "a"):
        teller.opened(name)
    until(lambda: sorted(ear.all) == ["a", "b"], 5, "both are told")
    now[0] = AGAIN_SECONDS
    teller.opened("a")
    until(lambda: sorted(ear.all) == ["a", "a", "b"], 5, "it is told again")


def test_what_comes_meanwhile_is_told_together() -> None:
    ear = Ear(seconds=0.1)
    teller = Teller(ear, pause_seconds=0.1)
    for number in range(20):
        teller.opened(str(number))
    until(lambda: len(ear.all) == 20, 5, "all are told")
    assert len(ear.heard) <= 2


def test_a_slow_service_slows_nobody() -> None:
    teller, begun = Teller(Ear(seconds=1)), time.monotonic()
    for number in range(1000):
        teller.opened(str(number))
    assert time.monotonic() - begun < 0.5
    teller.finish(0)


def test_what_could_not_be_told_is_told_when_it_is_opened_again() -> None:
    ear = Ear(failures=1)
    teller = Teller(ear, pause_seconds=0.01)
    teller.opened("a")
    until(lambda: teller._thread is None, 5, "it was tried")
    teller.opened("a")
    until(lambda: ear.all == ["a"], 5, "it is told")


def test_what_waits_is_told_before_the_session_ends() -> None:
    ear = Ear(seconds=0.05)
    teller = Teller(ear, pause_seconds=60)
    teller.opened("a")
    until(lambda: ear.all == ["a"], 5, "the first is told")
    teller.opened("b")
    teller.finish(5)
    assert ear.all == ["a", "b"]


@pytest.mark.parametrize(
    ("folder", "project"),
    [
        ("/projects/heat", "heat"),
        ("/projects/heat/run/1", "heat"),
        ("/projects", None),
        ("/projects/.trash/x", None),
        ("/home/ada", None),
        ("/projects-of-others/heat", None),
    ],
)
def test_the_project_is_that_of_the_folder(folder: str, project: str | None) -> None:
    assert project_here({"GAIA_VRE_PROJECTS": "/projects"}, Path(folder)) == project
    assert project_here({}, Path(folder)) is None


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.append({"path": self.path, "token": self.headers["Authorization"], **body})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(telling, "_teller", None)
    monkeypatch.setenv("GAIA_VRE_URL", f"http://127.0.0.1:{server.server_port}/services/gaia")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    yield told
    server.shutdown()
    server.server_close()


def test_an_open_is_told_with_the_labs_own_token(
    service: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "heat").mkdir()
    monkeypatch.chdir(tmp_path / "heat")
    monkeypatch.setenv("GAIA_VRE_PROJECTS", str(tmp_path))
    monkeypatch.setenv("JUPYTERHUB_SERVER_NAME", "app-1")
    telling.opened("ostia-monthly")
    until(lambda: service, 5, "it is told")
    told = {"datasets": ["ostia-monthly"], "project": "heat", "server": "app-1"}
    assert service == [{"path": "/services/gaia/api/openings", "token": "token secret", **told}]


def test_without_a_service_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_teller", None)
    monkeypatch.delenv("GAIA_VRE_URL", raising=False)
    telling.opened("ostia-monthly")
    assert telling._teller is None
