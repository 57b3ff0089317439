"""For whom a project publishes something, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gaia_vre.core.errors import NotAllowed
from gaia_vre.projects import rules

if TYPE_CHECKING:
    from gaia_vre.projects.model import Actor, Role

Audience = Literal["members", "signed-in", "public"]


@dataclass(frozen=True)
class Wanted:
    """What somebody says of a notebook or an app that is to be published."""

    path: str
    title: str = ""
    audience: Audience = "members"
    listed: bool = False


@dataclass(frozen=True)
class Changes:
    """What somebody says anew of a publication; None: as it is."""

    title: str | None = None
    audience: Audience | None = None
    listed: bool | None = None


def is_for(audience: Audience, role: Role | None, who: Actor | None, *, public: bool) -> bool:
    """Say whether somebody, or anybody, may see what is published for an audience.

    Parameters
    ----------
    role
        What they are in the project.
    public
        Whether the operator lets everybody see what is published so; otherwise that is for those who are signed in.
    """
    return role is not None or (audience == "public" and public) or (audience != "members" and who is not None)


def title_of(wanted: Wanted, *, public: bool) -> str:
    """Return its title, without one that of its file; raises InvalidInput, or NotAllowed for a closed audience."""
    if wanted.audience == "public" and not public:
        raise NotAllowed("Here nothing is published to everybody: choose those who are signed in")
    title = wanted.title.strip() or wanted.path.rpartition("/")[2].rpartition(".")[0][: rules.TITLE]
    rules.check_words(title, "")
    return title
