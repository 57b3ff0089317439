"""Sandboxes in a notebook: ``gaia.sandbox.new()``, ``gaia.sandbox("1a2b3c4d").keep()``."""

from __future__ import annotations

import html
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gaia_vre.client import ServiceClient


_LOOK_SECONDS = 0.3


class SandboxView:
    """A sandbox as it was when it was asked for.

    Attributes
    ----------
    id, title, state, why, problem, url : str
        What it is, how far it has come, why it ended, why it could not be made, and the path of its lab.
    seconds_left, extensions_left : int
        Until it ends, or while frozen until it is destroyed.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self.id: str = facts["id"]
        self.title: str = facts["title"]
        self.state: str = facts["state"]
        self.why: str = facts["why"]
        self.problem: str = facts["problem"]
        self.url: str = facts["url"]
        self.seconds_left: int = facts["seconds_left"]
        self.extensions_left: int = facts["extensions_left"]
        self.kept: dict[str, Any] | None = facts["kept"]

    @property
    def facts(self) -> dict[str, Any]:
        """Everything that the service tells."""
        return dict(self._facts)

    def __repr__(self) -> str:
        return f"<Sandbox {self.id}: {self.title!r}, {self.state}, {self._left}>"

    def _repr_html_(self) -> str:
        said = " · ".join((self.id, self.state, self._left))
        return f"<p><strong>{html.escape(self.title)}</strong><br>{html.escape(said)}</p>"

    @property
    def _left(self) -> str:
        if self.state == "destroyed":
            return "nothing is left of it"
        return f"{self.seconds_left // 3600} h {self.seconds_left % 3600 // 60} min left"

    def extend(self) -> SandboxView:
        """Make its life longer; raises Conflict when it has ended or was made longer as often as it may."""
        with _service() as service:
            return SandboxView(service.ask("POST", f"/sandboxes/{self.id}/extend"))

    def keep(self, to: str = "home", name: str = "") -> dict[str, Any]:
        """Copy its work and return the receipt: where it is, how many files, what was left out.

        Parameters
        ----------
        to
            ``home``, or ``project:`` and the name of a project in which you may write.
        name
            Of the new folder; from the title when left out.

        Raises
        ------
        gaia_vre.core.errors.DoesNotFit
            It does not fit there; ``facts["choices"]`` says where it does.
        """
        with _service() as service:
            receipt: dict[str, Any] = service.ask("POST", f"/sandboxes/{self.id}/keep", {"to": to, "name": name})
            return receipt

    def destroy(self) -> None:
        """Destroy it now, with its files."""
        with _service() as service:
            service.ask("DELETE", f"/sandboxes/{self.id}")


class SandboxDoor:
    """My sandboxes: call it with an id, iterate over it, or make a `new` one."""

    def __call__(self, number: str | None = None) -> SandboxView:
        """Return a sandbox; without an id the one that this runs in. Raises NotFound."""
        from gaia_vre.core.errors import NotFound

        number = number or os.environ.get("GAIA_VRE_SANDBOX")
        if not number:
            raise NotFound("This is no sandbox: say which one, as gaia.sandbox('1a2b3c4d')")
        with _service() as service:
            return SandboxView(service.ask("GET", f"/sandboxes/{_word(number)}"))

    def __iter__(self) -> Iterator[SandboxView]:
        with _service() as service:
            return iter([SandboxView(one) for one in service.ask("GET", "/sandboxes")])

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "You have no sandbox: gaia.sandbox.new() makes one."

    def new(
        self, kind: str = "blank", reference: str = "", revision: str = "", path: str = "", title: str = ""
    ) -> SandboxView:
        """Make a sandbox and wait until what it starts from is there; its lab is ready some seconds later.

        Parameters
        ----------
        kind
            What it starts from: ``blank``, ``example``, ``dataset``, ``git``, ``notebook`` or ``project``.
        reference
            Name of the example, id of the dataset, address of the repository, notebook or project.
        revision
            Branch, tag or commit of a repository.
        path
            The file that is opened first.

        Raises
        ------
        gaia_vre.core.errors.Conflict
            You have as many as one may, or it could not be made, as its problem says.
        gaia_vre.core.errors.InvalidInput
            It cannot start from that.
        """
        source = {"kind": kind, "reference": reference, "revision": revision, "path": path}
        with _service() as service:
            facts = service.ask("POST", "/sandboxes", {"source": source, "title": title})
            return SandboxView(_when_made(service, facts))

    def history(self) -> list[SandboxView]:
        """Return what I tried, newest first."""
        with _service() as service:
            return [SandboxView(one) for one in service.ask("GET", "/sandboxes/history")]


sandbox = SandboxDoor()


def _service() -> ServiceClient:
    from gaia_vre.client import ServiceClient

    return ServiceClient()


def _when_made(service: ServiceClient, facts: dict[str, Any]) -> dict[str, Any]:
    """Return how a sandbox stands when it is in the making no longer; raises Conflict with its problem."""
    from gaia_vre.core.errors import Conflict

    while facts["state"] == "making":
        time.sleep(_LOOK_SECONDS)
        facts = service.ask("GET", f"/sandboxes/{facts['id']}")
    if facts["why"] == "failed":
        raise Conflict(facts["problem"] or f"The sandbox {facts['id']} could not be made")
    return facts


def _word(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")
