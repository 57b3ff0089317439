"""Settings of projects: who may make one, and what it is given."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from gaia_vre.core.app_settings import Apps
from gaia_vre.core.part import Part
from gaia_vre.core.quotas import AccountName, Limits


class CommunityPolicy(Part):
    """What the members of a community may make."""

    community: AccountName | None = Field(
        default=None, description="The account above such projects, community:…; empty: the one of everybody."
    )
    groups: tuple[str, ...] = Field(default=(), description="Groups whose members may make one; none: everybody.")
    months: int = Field(default=12, ge=1, le=60, description="How long a project lasts if nothing is said.")
    budget: Limits = Field(
        default=Limits(servers=10, clusters=10, cores=40, memory_gib=160, credits=500),
        description="Limits of a new project's account; budgets count from its start to its end.",
    )

    @field_validator("community")
    @classmethod
    def _is_a_community(cls, community: str | None) -> str | None:
        if community is not None and not community.startswith("community:"):
            raise ValueError(f"{community} is no community: its name begins with community:")
        return community


class Archive(Part):
    """Where ended projects are kept."""

    to: str = Field(
        default="",
        max_length=1000,
        description="Place of the bags: a folder, s3://, webdavs:// or irods://; empty: archives in the state folder. "
        "Keys and passwords stand in the service's environment, never here.",
    )
    s3_endpoint: str | None = Field(
        default=None, pattern=r"^https?://", description="Address of the S3 service; empty: Amazon's own."
    )
    purge_days: int | None = Field(
        default=30, ge=0, le=3660, description="Days from the archive to the removal of the folder; empty: it stays."
    )

    @field_validator("to")
    @classmethod
    def _holds_no_password(cls, place: str) -> str:
        if "@" in urlsplit(place).netloc:
            raise ValueError("a name or password stands in the address; set it in the service's environment")
        return place


class Snapshots(Part):
    """Earlier states of projects' folders, where the file system keeps them."""

    folder: str = Field(
        default="",
        max_length=100,
        pattern=r"^$|^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?$",
        description="Folder in which the file system shows earlier states, as .zfs/snapshot, .snapshots, .snap or "
        ".snapshot; empty: whichever of these stands in a project's folder or above it on the same mount; off: none "
        "are shown. The service needs the right to read it.",
    )
    restore_gib: float = Field(
        default=20, gt=0, le=1_000_000, description="Most that is copied back from an earlier state at once, in GiB."
    )

    @field_validator("folder")
    @classmethod
    def _stays_below(cls, folder: str) -> str:
        if any(step in (".", "..") for step in folder.split("/")):
            raise ValueError(f"{folder} leads elsewhere: name a folder below the project's")
        return folder


class Projects(Part):
    """Spaces that people share."""

    communities: tuple[CommunityPolicy, ...] = Field(
        default=(CommunityPolicy(),),
        description="Who may make projects, and with what; none: nobody makes any.",
    )
    most_owned: int = Field(default=10, ge=0, le=1000, description="Projects that one person may have made and own.")
    grace_days: int = Field(
        default=30,
        ge=0,
        le=3660,
        description="Days after its end in which a project can be read, before it is archived.",
    )
    extended_by: Literal["owners", "managers", "community"] = Field(
        default="owners",
        description="Who may move the end of a project: its owners, its managers too, or the managers of its "
        "community alone. Administrators always may.",
    )
    archive: Archive = Field(default_factory=Archive, description="Where ended projects are kept.")
    import_gib: float = Field(
        default=20, gt=0, le=1_000_000, description="Largest project that is brought in from a bag, unpacked, in GiB."
    )

    leaving_minutes: int = Field(
        default=10,
        ge=0,
        le=1440,
        description="Minutes after which the own lab of somebody who left a project is stopped if it still has the "
        "project's folder; restarted before, it goes on without. All else is taken away at once.",
    )
    trash_days: int = Field(
        default=14, ge=1, le=3660, description="Days that deleted files of projects stay in their trash."
    )

    snapshots: Snapshots = Field(default_factory=Snapshots, description="Earlier states of projects' folders.")

    public_results: bool = Field(
        default=False,
        description="Let editors publish notebooks and apps to everybody, without signing in; "
        "where this is off, what was published so is for those who are signed in.",
    )

    apps: Apps = Field(default_factory=Apps, description="Programs of projects that others visit.")

    @field_validator("communities")
    @classmethod
    def _communities_are_unique(cls, communities: tuple[CommunityPolicy, ...]) -> tuple[CommunityPolicy, ...]:
        names = [one.community for one in communities]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name or 'the community of everybody'} stands twice")
        return communities
