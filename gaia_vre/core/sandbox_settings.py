"""Settings of sandboxes: how long, how many, how large, how far they see."""

from __future__ import annotations

import re
from collections.abc import Sequence  # noqa: TC003 - pydantic reads annotations
from typing import Literal

from pydantic import Field, field_validator

from gaia_vre.core.part import Part
from gaia_vre.core.quotas import Limits
from gaia_vre.core.repository_settings import Repositories
from gaia_vre.core.visitor_settings import Visitors

Network = Literal["open", "allow-list", "none"]

_HOST = r"^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"


class SandboxGrant(Part):
    """What the members of a group may have beyond others."""

    group: str = Field(min_length=1, max_length=255, description="Group, as the identity provider names it.")
    most: int = Field(ge=0, le=100, description="Sandboxes that one of its members may have at a time.")


class Sandboxes(Part):
    """Disposable sessions, counted down and closed in."""

    enabled: bool = Field(default=True, description="Whether people may make sandboxes.")
    minutes: float = Field(default=120, ge=0.1, le=10080, description="How long a sandbox lives.")
    idle_minutes: float = Field(default=30, ge=1, description="A sandbox without activity ends after this.")
    extensions: int = Field(default=2, ge=0, le=20, description="How many times its life may be made longer.")
    extension_minutes: float = Field(default=60, ge=1, le=10080, description="By how much each time.")
    frozen_hours: float = Field(
        default=24, ge=0, le=720, description="How long the files of a sandbox that has ended can be kept still."
    )
    most: int = Field(default=2, ge=0, le=100, description="Sandboxes that one person may have at a time.")
    grants: tuple[SandboxGrant, ...] = Field(
        default=(), description="Groups whose members may have another number of them; the largest counts."
    )
    pool: int = Field(
        default=0,
        ge=0,
        le=20,
        description="Empty sandboxes that are kept started ahead, so that the next ones are ready sooner; each holds "
        "some 100 MB of memory, is charged to nobody until it is somebody's, and serves one person once. On one "
        "machine only.",
    )
    size: str | None = Field(default=None, description="Name of the size that they have, of labs.sizes; empty: first.")
    home_gib: float = Field(default=5, gt=0, le=16384, description="Most GiB that its temporary home may hold.")
    home_files: int = Field(
        default=200_000, ge=100, le=10**8, description="Most files and folders that its home may hold."
    )
    processes: int = Field(
        default=1000,
        ge=50,
        le=100_000,
        description="Most processes and threads, where control groups can limit them.",
    )
    network: Network = Field(
        default="open",
        description="How a sandbox reaches the world, through a proxy that refuses private networks always: open: "
        "every public host; allow-list: those of allowed_hosts; none: no host at all.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts for network: allow-list, such as github.com or *.copernicus.eu."
    )
    ports: tuple[int, ...] = Field(default=(80, 443), description="Ports of other hosts that a sandbox may reach.")
    repositories: Repositories = Field(
        default_factory=Repositories, description="Git repositories that sandboxes may start from."
    )
    budget: Limits = Field(
        default=Limits(cores=40, memory_gib=160, days=30),
        description="Limits of the account community:sandboxes, which pays for all sandboxes of people.",
    )
    anonymous: Visitors = Field(default_factory=Visitors, description="Sandboxes for visitors without an account.")

    @field_validator("grants")
    @classmethod
    def _groups_stand_once(cls, grants: tuple[SandboxGrant, ...]) -> tuple[SandboxGrant, ...]:
        names = [one.group for one in grants]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the group {name} stands twice")
        return grants

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not re.fullmatch(_HOST, host):
                raise ValueError(f"{host!r} is no host name; write github.com or *.copernicus.eu, in lower case")
        return hosts

    def check(self, sizes: Sequence[str], *, catalog_is_public: bool) -> None:
        """Refuse what does not go with other settings; raises ValueError."""
        if self.size is not None and self.size not in sizes:
            raise ValueError(f"sandboxes.size: there is no size {self.size!r}; there are {', '.join(sizes)}")
        if self.anonymous.enabled and not catalog_is_public:
            raise ValueError(
                "sandboxes.anonymous.enabled: visitors read the catalog, which needs service.catalog_anonymous: true"
            )

    def most_of(self, groups: frozenset[str]) -> int:
        """Return how many sandboxes somebody in these groups may have at a time."""
        return max([self.most, *(one.most for one in self.grants if one.group in groups)])
