"""What a server is opened in on one machine: its home, what else it sees, and how its lab is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gaia_vre.core import app_rooms
from gaia_vre.core.examples import VARIABLE as EXAMPLES
from gaia_vre.core.kinds import ServerKind, app_of, kind_of, project_of
from gaia_vre.core.names import slug
from gaia_vre.core.project_links import PROJECTS, link
from gaia_vre.hub import project_folders
from gaia_vre.hub.refusal import Refusal
from gaia_vre.hub.rescue import ADDRESS, RESCUE_ARGUMENTS, empty_home, open_home, too_full
from gaia_vre.hub.sandbox_rooms import sandbox_confinement, sandbox_environment
from gaia_vre.isolation.bubblewrap import Confinement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gaia_vre.core.state import StateFolder


LAB = "gaia_vre.lab"
"""What is run where nothing else is said."""
PROJECT = "GAIA_VRE_PROJECT"
"""Variable that tells a lab whose server it is."""
_NO_EXAMPLES = {EXAMPLES: ""}
"""None are put into a folder that is not a person's home."""


@dataclass(frozen=True)
class Room:
    """What one start of a server runs in."""

    confinement: Confinement
    arguments: tuple[str, ...] = ()
    """What its lab's command has besides."""
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str = LAB

    @property
    def home(self) -> Path:
        return self.confinement.home


@dataclass(frozen=True)
class Opening:
    """What is known of a server that starts.

    Parameters
    ----------
    granted
        What the service answered when it admitted the start; empty where it was silent.
    projects
        Folder below which each project has its own.
    bound
        What is put into the room is mounted there when the lab starts; otherwise it is linked.
    """

    username: str
    server: str
    folder: StateFolder
    granted: Mapping[str, Any]
    projects: Path
    bound: bool

    @property
    def temporary(self) -> Path:
        """Return the home that is made for one start, where the person's own does not serve."""
        return self.folder.rescue / slug(f"{self.username}/{self.server}")


def open_room(opening: Opening) -> Room:
    """Make what a server runs in ready, by its kind."""
    return _ROOMS[kind_of(opening.username, opening.server)](opening)


def personal_room(opening: Opening) -> Room:
    """Return the room of a person's own server: the home, or in rescue a temporary one beside the full home.

    The folders of the person's projects stand beside it, and links to them in it.
    """
    full = too_full(opening.granted)
    home = open_home(opening.folder.home(opening.username), opening.temporary, full, bound=opening.bound)
    shared = project_folders.shared_folders(opening.granted, opening.projects)
    link(home.home, [one.path.name for one in shared], opening.projects)
    room = project_folders.opened_to(home, shared)
    environment = {PROJECTS: str(opening.projects)}
    if full is None:
        return Room(room, environment=environment)
    return Room(room, RESCUE_ARGUMENTS, environment | {"JUPYTERHUB_DEFAULT_URL": ADDRESS})


def sandbox_room(opening: Opening) -> Room:
    """Return the room of a sandbox: nothing of its person is in it."""
    environment = _NO_EXAMPLES | sandbox_environment(opening.server, opening.granted)
    return Room(sandbox_confinement(opening), environment=environment)


def project_room(opening: Opening) -> Room:
    """Return the room of a project's server: the project's folder is its home.

    Nobody's home is in it, and what its kernels do they do as the project.
    """
    name = project_of(opening.username) or ""
    home = opening.projects / name
    shared = project_folders.shared_folders({"folders": [{"slug": name, "writable": True}]}, opening.projects)
    if not name or not shared:
        raise Refusal(f"The folder of the project {name} is not there yet; try again", reason="folder", status=503)
    environment = _NO_EXAMPLES | {PROJECT: name, PROJECTS: str(opening.projects)}
    return Room(Confinement(home), environment=environment)


def app_room(opening: Opening) -> Room:
    """Return the room of an app: the project's folder to read, and a home that is empty at each start."""
    name = project_of(opening.username) or ""
    shared = project_folders.shared_folders({"folders": [{"slug": name, "writable": False}]}, opening.projects)
    if not name or not shared:
        raise Refusal(f"The folder of the project {name} is not there yet; try again", reason="folder", status=503)
    home = Confinement(empty_home(opening.temporary))
    environment = _NO_EXAMPLES | {PROJECT: name, PROJECTS: str(opening.projects)}
    environment |= app_environment(opening.username, opening.server, opening.granted)
    return Room(project_folders.opened_to(home, shared), environment=environment, module=app_rooms.MODULE)


def app_environment(username: str, server: str, granted: Mapping[str, Any]) -> dict[str, str]:
    """Return what an app's server is told of it; raises Refusal for one that the service did not grant."""
    app = granted.get("app") or {}
    if app.get("number") is None or app["number"] != app_of(username, server):
        raise Refusal("Only the service starts apps, and this is none of them", reason="app", status=403)
    return {
        app_rooms.APP: str(app["path"]),
        app_rooms.KIND: str(app["kind"]),
        app_rooms.IDLE_SECONDS: f"{60 * float(app['idle_minutes']):.0f}",
        app_rooms.OPEN_TO_ALL: "1" if app.get("open_to_all") is True else "",
    }


_ROOMS: dict[ServerKind, Callable[[Opening], Room]] = {
    "personal": personal_room,
    "project": project_room,
    "app": app_room,
    "sandbox": sandbox_room,
}
