"""The room of a sandbox on one machine: a temporary home, no network but its doors, a keeper outside."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gaia_vre.core.kinds import SANDBOX_SERVER
from gaia_vre.hub.refusal import Refusal
from gaia_vre.isolation.bubblewrap import Confinement
from gaia_vre.isolation.enclosure import Enclosure
from gaia_vre.isolation.keeper import DEADLINE, ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gaia_vre.core.settings import Settings
    from gaia_vre.core.state import StateFolder
    from gaia_vre.hub.rooms import Opening

SANDBOX, PERSON = "GAIA_VRE_SANDBOX", "GAIA_VRE_PERSON"
"""Variables that tell a lab which sandbox it is, and whose."""
SANDBOX_SCOPES = ["users:activity!user", "access:servers!server", "access:services!service=gaia"]
"""What its token may: tell of its activity, and ask the service what that leaves to it."""
_GIB = 2**30


def sandbox_confinement(opening: Opening) -> Confinement:
    """Return what a sandbox sees: its temporary home, which the service made.

    Raises
    ------
    Refusal
        The service did not say that this is a sandbox of its, or nothing here can close it in.
    """
    folder = folder_of(opening.folder, opening.server)
    if opening.granted.get("sandbox") != folder.name or not (folder / DEADLINE).is_file():
        raise Refusal("Only the service makes sandboxes, and this is none of them", reason="sandbox", status=403)
    if not opening.bound:
        raise Refusal(
            "A sandbox cannot be closed in here: bubblewrap is missing or switched off", reason="isolation", status=503
        )
    with contextlib.suppress(FileNotFoundError):
        (folder / ENDED).unlink()
    return Confinement(folder / "home", apart=True)


def sandbox_environment(server: str, granted: Mapping[str, Any]) -> dict[str, str]:
    """Return what a lab is told of the sandbox that it is."""
    return {SANDBOX: server.removeprefix(SANDBOX_SERVER), PERSON: str(granted.get("person") or "")}


def folder_of(folder: StateFolder, server: str) -> Path:
    """Return the folder of a sandbox by the name of its server."""
    return folder.sandboxes / server.removeprefix(SANDBOX_SERVER)


def enclosure_of(settings: Settings, folder: Path, username: str, server: str) -> Enclosure:
    """Return what closes a sandbox in."""
    policy, addresses = settings.sandboxes, settings.addresses
    ours = {urlsplit(one).hostname or "" for one in (addresses.public_url, addresses.listen_url)}
    return Enclosure(
        folder=folder,
        username=username,
        server=server,
        hub=addresses.hub_api_url,
        service=addresses.service_url,
        network=policy.network,
        hosts=policy.allowed_hosts,
        ports=policy.ports,
        refused=tuple(sorted(ours)),
        home_bytes=int(policy.home_gib * _GIB),
        home_files=policy.home_files,
        processes=policy.processes,
    )


def end_told(folder: Path) -> str | None:
    """Return why a sandbox ended, as its keeper or the service left word; None when they left none."""
    try:
        return str(json.loads((folder / ENDED).read_text())["why"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def tell_end(folder: Path, why: str) -> None:
    """Leave word why a sandbox ended, where nobody did."""
    if folder.is_dir() and not (folder / ENDED).exists():
        (folder / ENDED).write_text(json.dumps({"why": why}))
