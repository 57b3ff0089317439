"""Settings of storage: how much homes, scratch folders and projects may hold, and how they are measured."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - pydantic reads it at run time
from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gaia_vre.core.amounts import LARGEST
from gaia_vre.core.part import Part

Area = Literal["home", "scratch", "project"]


def _in_bounds(value: float | str) -> float | str:
    if isinstance(value, float) and not 0 < value <= LARGEST:
        raise ValueError(f"must be above 0 and at most {LARGEST:,}, or 'unlimited'")
    return value


Gib = Annotated[float | Literal["unlimited"], AfterValidator(_in_bounds)]


class Room(Part):
    """How much a folder may hold."""

    soft_gib: Gib | None = Field(default=None, description="GiB above which people are told, or 'unlimited'.")
    hard_gib: Gib | None = Field(
        default=None, description="GiB above which a lab starts in rescue, a full home beside it, or 'unlimited'."
    )

    @model_validator(mode="after")
    def _soft_comes_first(self) -> Room:
        soft, hard = self.soft_gib, self.hard_gib
        if isinstance(soft, float) and isinstance(hard, float) and soft > hard:
            raise ValueError(f"soft_gib {soft:g} is above hard_gib {hard:g}")
        return self


class GivenRoom(Room):
    """Another room than the default, for one account or for the members of a group."""

    account: Annotated[str, Field(pattern=r"^(person|project):[^\x00-\x20\x7f:/]{1,100}$")] | None = Field(
        default=None, description="Account whose folder this is, such as person:ada or project:heat."
    )
    group: str | None = Field(
        default=None, min_length=1, max_length=255, description="Or a group; of several the largest room counts."
    )
    area: Area = Field(default="home", description="Which folder: home, scratch or project.")
    until: date | None = Field(default=None, description="First day on which it holds no longer.")

    @model_validator(mode="after")
    def _is_about_one(self) -> GivenRoom:
        if (self.account is None) == (self.group is None):
            raise ValueError("name either an account or a group")
        if self.account and self.account.startswith("project:") != (self.area == "project"):
            raise ValueError(f"{self.account} has no {self.area}")
        if self.group and self.area == "project":
            raise ValueError(f"the group {self.group!r} has no project; name the project's account")
        return self


class StorageFolders(Part):
    """Where the folders stand, one for each person or project."""

    home: Path | None = Field(default=None, description="Folder of the homes; empty: in the state folder.")
    scratch: Path | None = Field(default=None, description="Folder of the scratch folders.")
    project: Path | None = Field(default=None, description="Folder of the projects.")


class Storage(Part):
    """How much folders may hold, and how they are measured."""

    home: Room = Field(default_factory=Room, description="Room of a home.")
    scratch: Room = Field(default_factory=Room, description="Room of a person's scratch folder.")
    project: Room = Field(default_factory=Room, description="Room of a project.")
    given: tuple[GivenRoom, ...] = Field(default=(), max_length=10_000, description="Other rooms than these.")
    folders: StorageFolders = Field(default_factory=StorageFolders, description="Where the folders stand.")
    hours: float = Field(default=6, ge=0.01, le=720, description="Hours between two measures of a folder.")
    nice: int = Field(default=19, ge=0, le=19, description="How far measuring stands back behind other work.")
    longest_seconds: float = Field(
        default=1800, ge=1, le=86400, description="Longest measure of one folder; then it counts as at least so large."
    )
    project_quotas: Literal["auto", "off"] = Field(
        default="auto",
        description="Hard limits held by XFS itself: auto uses its project quotas where they are on and this is root.",
    )
