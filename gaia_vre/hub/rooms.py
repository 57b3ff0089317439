"""What a server is opened in on one machine: its home, what else it sees, and how its lab is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gaia_vre.core.kinds import SANDBOX_SERVER, ServerKind, kind_of
from gaia_vre.core.names import slug
from gaia_vre.hub.rescue import ADDRESS, RESCUE_ARGUMENTS, open_home, too_full
from gaia_vre.hub.sandbox_rooms import SANDBOX, sandbox_confinement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gaia_vre.core.state import StateFolder
    from gaia_vre.isolation.bubblewrap import Confinement


@dataclass(frozen=True)
class Room:
    """What one start of a server runs in."""

    confinement: Confinement
    arguments: tuple[str, ...] = ()
    """What its lab's command has besides."""
    environment: Mapping[str, str] = field(default_factory=dict)

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
    bound
        What is put into the room is mounted there when the lab starts; otherwise it is linked.
    """

    username: str
    server: str
    folder: StateFolder
    granted: Mapping[str, Any]
    bound: bool

    @property
    def temporary(self) -> Path:
        """Return the home that is made for one start, where the person's own does not serve."""
        return self.folder.rescue / slug(f"{self.username}/{self.server}")


def open_room(opening: Opening) -> Room:
    """Make what a server runs in ready, by its kind."""
    return _ROOMS.get(kind_of(opening.username, opening.server), personal_room)(opening)


def personal_room(opening: Opening) -> Room:
    """Return the room of a person's own server: the home, or in rescue a temporary one beside the full home."""
    full = too_full(opening.granted)
    home = open_home(opening.folder.home(opening.username), opening.temporary, full, bound=opening.bound)
    return Room(home, RESCUE_ARGUMENTS, {"JUPYTERHUB_DEFAULT_URL": ADDRESS}) if full else Room(home)


def sandbox_room(opening: Opening) -> Room:
    """Return the room of a sandbox: nothing of its person is in it."""
    environment = {SANDBOX: opening.server.removeprefix(SANDBOX_SERVER), "GAIA_VRE_EXAMPLES": ""}
    return Room(sandbox_confinement(opening), environment=environment)


_ROOMS: dict[ServerKind, Callable[[Opening], Room]] = {"personal": personal_room, "sandbox": sandbox_room}
