"""Settings of repositories that sandboxes start from: which hosts, how large, how long."""

from __future__ import annotations

from pydantic import Field

from gaia_vre.core.part import Part

HOST = r"^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
TRIED = r"^[a-z0-9.-]{1,253}:[0-9]{1,5}$"


class Repositories(Part):
    """Git repositories that a sandbox may start from; the service fetches them and runs nothing of theirs."""

    hosts: tuple[str, ...] = Field(
        default=("*",),
        description="Hosts that repositories may come from, such as github.com or *.ifremer.fr; *: every public one; "
        "none: sandboxes do not start from repositories.",
    )
    most_mib: float = Field(
        default=500, gt=0, le=102_400, description="Most MiB that a repository may have at the reference asked for."
    )
    most_files: int = Field(default=20_000, ge=1, le=10**7, description="Most files of it.")
    seconds: float = Field(default=120, ge=1, le=3600, description="How long fetching one may take.")
    tried_hosts: tuple[str, ...] = Field(
        default=(),
        description="For trying out only: HOST:PORT of servers of this machine that are asked without encryption.",
    )
