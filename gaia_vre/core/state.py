"""Where things stand in the state folder of one machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gaia_vre.core.names import slug

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class StateFolder:
    """Paths below one root; nothing is created here."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def status(self) -> Path:
        """What ``gaia-vre status`` reads; holds passwords, mode 0600."""
        return self.root / "status.json"

    @property
    def secrets(self) -> Path:
        """Generated passwords and tokens, mode 0600."""
        return self.root / "secrets.json"

    @property
    def settings(self) -> Path:
        """The settings in force, as every process of the environment reads them."""
        return self.root / "settings.yaml"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def hub(self) -> Path:
        return self.root / "hub"

    @property
    def service(self) -> Path:
        return self.root / "service"

    @property
    def backups(self) -> Path:
        """Backups of the service's database, those before migrations among them."""
        return self.service / "backups"

    @property
    def gateway(self) -> Path:
        return self.root / "gateway"

    @property
    def homes(self) -> Path:
        return self.root / "homes"

    @property
    def scratch(self) -> Path:
        """Folders for what need not last, one for each person."""
        return self.root / "scratch"

    @property
    def projects(self) -> Path:
        """Folders that the members of projects share, one for each project."""
        return self.root / "projects"

    @property
    def data(self) -> Path:
        """Prepared datasets, read-only for users."""
        return self.root / "data"

    @property
    def restricted(self) -> Path:
        """Prepared datasets with rights, a folder each; no lab sees it, the service hands files out."""
        return restricted_beside(self.data)

    @property
    def catalog(self) -> Path:
        """The STAC catalog of the prepared datasets."""
        return self.data / "catalog"

    @property
    def rescue(self) -> Path:
        """Temporary homes of servers whose own home is too full, a folder each."""
        return self.root / "rescue"

    @property
    def sandboxes(self) -> Path:
        """What sandboxes consist of, a folder each."""
        return self.root / "sandboxes"

    def lab_log(self, username: str, server: str) -> Path:
        """The output of a lab; only operators read it."""
        return self.logs / "labs" / f"{slug(f'{username}/{server}')}.log"

    def home(self, username: str) -> Path:
        return self.homes / slug(username)


def restricted_beside(data: Path) -> Path:
    """Return the folder of the datasets with rights that belongs to a data folder."""
    return data.parent / "restricted"
