"""Values of sandboxes: what one starts from, how far it has come, what was kept of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from gaia_vre.core.kinds import SANDBOX_SERVER, number_of, sandbox_user

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SourceKind = Literal["blank", "example", "dataset", "git", "notebook", "project"]
State = Literal["making", "running", "frozen", "destroying", "destroyed"]
"""making: its files are fetched and its lab starts; frozen: it has ended, its files can still be kept; destroying: what
is left of it goes."""
Why = Literal[
    "", "asked", "deadline", "idle", "memory", "disk", "files", "processes", "crashed", "failed", "operator", "lost"
]
"""Why it ended: disk and files: its home was full; processes: it started too many; failed: it never came up."""

LIVING: tuple[State, ...] = ("making", "running")
THERE: tuple[State, ...] = ("making", "running", "frozen")


@dataclass(frozen=True)
class Source:
    """What a sandbox starts from.

    Parameters
    ----------
    reference
        Name of the example, id of the dataset, address of the repository, notebook or project.
    revision
        Branch, tag or commit of a repository.
    path
        The file in it that is opened.
    """

    kind: SourceKind = "blank"
    reference: str = ""
    revision: str = ""
    path: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        return cls(**kept)

    def stored(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Receipt:
    """What was kept, and where."""

    at: datetime
    place: str
    """``home`` or ``project:<name>``."""
    folder: str
    """In it."""
    files: int
    size: int
    """In bytes."""
    left_out: tuple[str, ...] = ()
    """What was not copied: links that lead out, devices."""


@dataclass(frozen=True)
class Sandbox:
    """A sandbox."""

    id: str
    username: str
    title: str
    source: Source
    state: State
    created: datetime
    deadline: datetime
    why: Why = ""
    ended: datetime | None = None
    frozen_until: datetime | None = None
    destroyed: datetime | None = None
    extensions: int = 0
    """How often it was made longer."""
    warned: int = 0
    kept: Receipt | None = None
    problem: str = ""
    """Why it could not be made, in words."""

    @property
    def visitor(self) -> str | None:
        """Its number, if it is a visitor's, who has no account; None for that of a person."""
        return number_of(self.username)

    @property
    def server(self) -> str:
        """The hub knows it as a server of this name."""
        return f"{SANDBOX_SERVER}{self.id}"

    @property
    def user(self) -> str:
        """The hub's user that has this server, and nothing else."""
        return sandbox_user(self.id)


@dataclass(frozen=True)
class Wish:
    """A sandbox that somebody asks for."""

    source: Source = field(default_factory=Source)
    title: str = ""
