"""What stands between an app and those who visit it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError

from gaia_vre.lab.app import Told, Watch, told, without_sign_in
from tests.support.environment import free_port

TOLD = {
    "GAIA_VRE_PROJECT": "heat",
    "GAIA_VRE_APP": "plots/slide.py",
    "GAIA_VRE_APP_KIND": "panel",
    "GAIA_VRE_APP_IDLE_SECONDS": "1",
    "GAIA_VRE_APP_OPEN": "1",
}


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    program = tmp_path / "heat" / "plots" / "slide.py"
    program.parent.mkdir(parents=True)
    program.write_text("import panel as pn\npn.pane.Str('here').servable()\n")
    return tmp_path


class Visitor:
    """A websocket of somebody, at a hub that knows the tokens of those who may be here."""

    def __init__(self, token: str, allowed: set[str]) -> None:
        self.ws_connection, self.hub_scopes, self.closed = object(), {"access"}, 0
        self.hub_auth = SimpleNamespace(
            get_token=lambda _: token,
            get_session_id=lambda _: "",
            user_for_token=self._user,
            check_scopes=lambda wanted, model: wanted & model["scopes"],
        )
        self._allowed = allowed

    async def _user(self, token: str, **_: object) -> dict[str, Any] | None:
        if token == "silent":
            raise HTTPError(502, "the hub does not answer")
        return {"scopes": {"access"} if token in self._allowed else set()} if token != "unknown" else None

    def close(self, code: int, _reason: str) -> None:
        self.closed = code


def test_an_app_is_not_given_by_what_its_visitors_are_signed_in() -> None:
    given = HTTPHeaders({"Authorization": "token secret", "Accept": "text/html"})
    given.add("Cookie", "jupyterhub-user-p-heat=a; theme=dark; _xsrf=b; __Host-jupyterhub-session-id=c")
    assert dict(without_sign_in(given)) == {"Accept": "text/html", "Cookie": "theme=dark"}
    assert "Cookie" not in without_sign_in(HTTPHeaders({"Cookie": "jupyterhub-session-id=c"}))


def test_who_may_not_be_here_any_more_is_cut_off() -> None:
    watch, allowed = Watch(lambda: 0.0), {"ada", "bob"}
    ada, bob, gone = (Visitor(name, allowed) for name in ("ada", "bob", "unknown"))
    for one in (ada, bob, gone):
        watch.opened(one)  # type: ignore[arg-type]
    allowed.remove("bob")
    asyncio.run(watch.look())
    assert (ada.closed, bob.closed, gone.closed) == (0, 1008, 1008)


def test_nobody_is_cut_off_because_the_hub_is_silent() -> None:
    watch, ada = Watch(lambda: 0.0), Visitor("silent", set())
    watch.opened(ada)  # type: ignore[arg-type]
    asyncio.run(watch.look())
    assert ada.closed == 0


def test_an_app_is_quiet_since_its_last_visitor_did_something() -> None:
    now = [0.0]
    watch = Watch(lambda: now[0])
    now[0] = 30
    assert watch.quiet_seconds == 30
    watch.touched()
    assert watch.quiet_seconds == 0


def test_the_environment_says_what_is_served(projects: Path) -> None:
    found = told(TOLD | {"GAIA_VRE_PROJECTS": str(projects)})
    assert found == Told(projects / "heat" / "plots" / "slide.py", "panel", 1.0, open_to_all=True)
    assert not told(TOLD | {"GAIA_VRE_PROJECTS": str(projects), "GAIA_VRE_APP_OPEN": ""}).open_to_all


def run(projects: Path, **more: str) -> subprocess.CompletedProcess[str]:
    url = f"http://127.0.0.1:{free_port()}/user/p-heat/app-7/"
    environment = os.environ | TOLD | {"GAIA_VRE_PROJECTS": str(projects), "JUPYTERHUB_SERVICE_URL": url} | more
    command = [sys.executable, "-m", "gaia_vre.lab.app"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_program_that_is_gone_is_told_in_words(projects: Path) -> None:
    done = run(projects, GAIA_VRE_APP="gone.py")
    assert (done.returncode, done.stderr) == (1, "gone.py is not in the project's folder any more\n")


def test_a_kind_that_is_not_installed_is_told_in_words(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaia_vre.lab.programs.find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match="Streamlit is not installed in this environment"):
        told(TOLD | {"GAIA_VRE_PROJECTS": str(projects), "GAIA_VRE_APP_KIND": "streamlit"})


def test_an_app_that_nobody_visits_ends_in_order(projects: Path) -> None:
    done = run(projects)
    assert done.returncode == 0, done.stderr
