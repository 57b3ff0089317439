"""Bring the whole environment up in one state folder, keep it up, take it down."""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import httpx2
import yaml

from gaia_vre.core.durable import PRIVATE, write_text
from gaia_vre.core.errors import GaiaError, Unavailable
from gaia_vre.core.examples import examples_folder
from gaia_vre.core.state import StateFolder
from gaia_vre.isolation.bubblewrap import bubblewrap
from gaia_vre.isolation.limits import limits_work
from gaia_vre.isolation.processes import INSTANCE_VARIABLE, end_marked
from gaia_vre.local.checks import check_before_start
from gaia_vre.local.map import install_map
from gaia_vre.local.ports import with_free_ports
from gaia_vre.local.prepare import Preparation, start_pictures, start_preparation
from gaia_vre.local.processes import base_environment, plan
from gaia_vre.local.proxy import install_proxy, installed_proxy
from gaia_vre.local.secrets import Secrets, load_secrets
from gaia_vre.local.status import describe, holding, users, write_status
from gaia_vre.local.supervise import Supervisor
from gaia_vre.look import leaflet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gaia_vre.core.settings import Settings

_FIRST_START_SECONDS = 600.0


class Stopped(Exception):
    """Somebody asked the environment to stop."""


@dataclass
class Environment:
    """One run of everything; `run` returns when somebody asks it to stop."""

    settings: Settings
    say: Callable[[str], None]
    """Takes one line for a person."""

    def run(self) -> None:
        """Start everything, announce it, and keep it running until asked to stop.

        Raises
        ------
        GaiaError
            It cannot start; what was begun has been undone.
        """
        folder = StateFolder(self.settings.state)
        check_before_start(self.settings, folder)
        with _stopping_on_signals(), contextlib.suppress(Stopped), _state(folder) as hold:
            self._run_in(folder, hold)

    def _run_in(self, folder: StateFolder, hold: _Hold) -> None:
        secrets = load_secrets(folder.secrets)
        end_marked(INSTANCE_VARIABLE, secrets.instance, grace_seconds=2)
        settings = self.settings.model_copy(update={"addresses": with_free_ports(self.settings.addresses)})
        write_text(folder.settings, yaml.safe_dump(settings.model_dump(mode="json", exclude_none=True)), PRIVATE)
        self._say_what_is_weak(secrets.instance)
        plans = plan(settings, secrets, self._proxy())
        self._map()
        environment = base_environment(settings, secrets)
        supervisor = Supervisor(plans, folder.logs, secrets.instance, _ProxyRoutes(settings, secrets))
        with supervisor:
            self.say("Starting " + ", ".join(member.plan.name for member in supervisor.members) + " ...")
            preparation = start_preparation(folder.data, examples_folder() / "data", environment, folder.logs)
            supervisor.others.add(preparation.process.pid)
            self._bring_up(supervisor, preparation, lambda: _report(folder, settings, secrets, supervisor, preparation))
            hold.keep = True
            self._announce(settings, secrets, preparation)
            pictures = start_pictures(folder.data, environment, folder.logs)
            supervisor.others.add(pictures.process.pid)
            while True:
                time.sleep(0.25)
                pictures.process.poll()  # so that it does not stay as a zombie
                if supervisor.step():
                    _report(folder, settings, secrets, supervisor, preparation)

    def _bring_up(self, supervisor: Supervisor, preparation: Preparation, report: Callable[[], None]) -> None:
        """Wait until everything is of use, telling what is under way."""
        deadline = time.monotonic() + _FIRST_START_SECONDS
        told: set[str] = set()
        while not (supervisor.ready and preparation.done):
            if time.monotonic() > deadline:
                waiting = [member.plan.name for member in supervisor.members if not member.ready] or ["the data"]
                raise Unavailable(f"not ready after {_FIRST_START_SECONDS:.0f} s: {', '.join(waiting)}")
            if supervisor.step():
                report()
            ready = [f"{member.plan.name} is ready" for member in supervisor.members if member.ready]
            for line in [*ready, preparation.progress or ""]:
                if line and line not in told:
                    told.add(line)
                    self.say(f"  {line}")
            time.sleep(0.05)
        report()

    def _announce(self, settings: Settings, secrets: Secrets, preparation: Preparation) -> None:
        for problem in preparation.problems:
            self.say(f"  data: {problem}")
        lines = ["", f"  GAIA Data is ready at {settings.addresses.public_url}", ""]
        for user in users(settings, secrets):
            kind = "administrator" if user["admin"] else "user, as any other name"
            lines.append(f"    {user['name']:<12} password {user['password']}   ({kind})")
        if settings.login.oidc:
            lines.append(f"    Sign in with {settings.login.oidc.name}")
        lines += ["", f"  Files are kept in {settings.state}", "  Stop it with Ctrl-C here, or: gaia-vre down", ""]
        self.say("\n".join(lines))

    def _say_what_is_weak(self, instance: str) -> None:
        if self.settings.labs.isolation == "off" or bubblewrap() is None:
            self.say(
                "Labs are NOT separated from each other: "
                + (
                    "labs.isolation is off"
                    if self.settings.labs.isolation == "off"
                    else "bubblewrap does not work here"
                )
                + ". Let only people in who may read each other's files."
            )
        if not limits_work(instance):
            self.say("Memory and processor limits are not enforced: this machine gives us no control groups.")

    def _proxy(self) -> Path:
        program = installed_proxy()
        if program is None:
            self.say("Installing the proxy (once) ...")
            program = install_proxy()
        return program

    def _map(self) -> None:
        """Install the library of the maps; without it the pages have maps that stand still."""
        if leaflet.installed_leaflet() is None:
            self.say("Installing the map of the catalog (once) ...")
            try:
                install_map()
            except GaiaError as error:
                self.say(f"  {error.message}. The catalog's maps stand still until then.")


class _ProxyRoutes:
    """Give a restarted proxy its routes back at once: it keeps them in memory only."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self.url = f"{settings.addresses.hub_api_url}/proxy"
        self.headers = {"Authorization": f"token {secrets.supervisor_token}"}

    def __call__(self, name: str) -> None:
        if name in ("proxy", "hub"):
            with contextlib.suppress(httpx2.HTTPError):
                httpx2.post(self.url, headers=self.headers, timeout=10, trust_env=False)


def _report(
    folder: StateFolder, settings: Settings, secrets: Secrets, supervisor: Supervisor, preparation: Preparation
) -> None:
    """Write the status; a full disk must not end what runs."""
    with contextlib.suppress(OSError):
        write_status(folder, describe(settings, secrets, supervisor.members, prepared=preparation.done))


@dataclass
class _Hold:
    """The held state folder; once it has been of use to somebody it is kept."""

    keep: bool = False


@contextlib.contextmanager
def _state(folder: StateFolder) -> Iterator[_Hold]:
    """Make and hold the state folder; a first start that fails takes away what it made."""
    hold = _Hold()
    made = next((path for path in reversed((folder.root, *folder.root.parents)) if not path.exists()), None)
    try:
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in (folder.logs, folder.hub, folder.service, folder.gateway, folder.homes, folder.data):
            part.mkdir(mode=0o700, exist_ok=True)
        with holding(folder.lock):
            try:
                yield hold
            finally:
                folder.status.unlink(missing_ok=True)
    except Stopped:
        raise
    except Exception:
        if made and not hold.keep:
            shutil.rmtree(made, ignore_errors=True)
        raise


@contextlib.contextmanager
def _stopping_on_signals() -> Iterator[None]:
    def stop(number: int, _: object) -> NoReturn:
        for again in watched:
            signal.signal(again, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in watched}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
